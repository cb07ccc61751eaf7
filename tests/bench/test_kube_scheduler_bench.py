"""How fast the scheduler of Kubernetes is, in the only unit that all machines share: bare NumPy passes over the same columns of nodes.

A bare pass compares cpu, memory and pods of every node with a request, subtracts it, divides what is left by what there is, and takes the
best: what nobody who looks at all nodes can do without.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import Cluster, Framework, NodeTable, Snapshot
from k8sedu.kube.scheduler.sampling import num_feasible_nodes_to_find

NODES, PODS, PASSES = 5_000, 10_000, 1_000
MOST_PASSES = 25
"""A pod may take as long as so many bare passes."""
MOST_GROWTH = 6
"""Ten times the nodes, every one scored, may cost so many times as much."""
MOST_FOR_NEIGHBOURS = 10
"""A pod that minds its neighbours may cost so many times a basic one."""


def node(number: int) -> Node:
    labels = {"kubernetes.io/hostname": f"n{number}", "topology.kubernetes.io/zone": f"zone-{number % 3}"}
    there = {"cpu": "32", "memory": "128Gi", "pods": "110"}
    return Node.of({"metadata": {"name": f"n{number}", "labels": labels}, "status": {"allocatable": there}})


def pod(number: int, **spec: Any) -> Pod:
    requests = {"cpu": f"{100 + 50 * (number % 7)}m", "memory": f"{128 * (1 + number % 5)}Mi"}
    containers = [{"name": "c", "image": f"app:{number % 20}", "resources": {"requests": requests}}]
    metadata = {"name": f"p{number}", "namespace": "default", "labels": {"app": f"app-{number % 20}"}}
    return Pod.of({"metadata": metadata, "spec": {"containers": containers, **spec}})


def with_affinity(number: int) -> Pod:
    """Away from its like on the same host, and rather near another application in the same zone."""
    own, other = ({"labelSelector": {"matchLabels": {"app": f"app-{(number + step) % 20}"}}} for step in (0, 1))
    far = {"requiredDuringSchedulingIgnoredDuringExecution": [{**own, "topologyKey": "kubernetes.io/hostname"}]}
    wish = {"weight": 10, "podAffinityTerm": {**other, "topologyKey": "topology.kubernetes.io/zone"}}
    near = {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}
    return pod(number, affinity={"podAntiAffinity": far, "podAffinity": near})


def with_spread(number: int) -> Pod:
    """Evenly over the zones, and rather evenly over the hosts."""
    own = {"maxSkew": 1, "labelSelector": {"matchLabels": {"app": f"app-{number % 20}"}}}
    zones = {**own, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
    hosts = {**own, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
    return pod(number, topologySpreadConstraints=[zones, hosts])


def of_a_thousand_apps(number: int) -> Pod:
    """Away from its like, and no two pods with the same labels: as a thousand StatefulSets would have it."""
    app = {"app": f"app-{number % 1_000}"}
    own = {"labelSelector": {"matchLabels": app}, "topologyKey": "kubernetes.io/hostname"}
    far = {"requiredDuringSchedulingIgnoredDuringExecution": [own]}
    made = pod(number, affinity={"podAntiAffinity": far})
    return made.evolve(metadata=made.metadata.evolve(labels={**app, "pod-name": f"p{number}"}))


@pytest.fixture(autouse=True)
def no_garbage_collector() -> Iterator[None]:
    """It would scan everything that is kept, again and again; runs of k8sedu put it to sleep as well."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def cluster_of(nodes: int, running: int = 0) -> Cluster:
    cluster = Cluster(map(node, range(nodes)))
    for number in range(running):
        cluster.table.add_pod(pod(1_000_000 + number), f"n{number % nodes}")
    return cluster


def bare_pass_seconds(table: NodeTable) -> float:
    """Compare, subtract, divide and take the best, over cpu, memory and pods."""
    there = [table.allocatable("cpu"), table.allocatable("memory"), table.allocatable("pods")]
    taken = [table.requested("cpu"), table.requested("memory"), table.pod_count]
    start = time.process_time()
    for _ in range(PASSES):
        possible = np.ones(len(there[0]), dtype=bool)
        score = np.zeros(len(there[0]))
        for allocatable, requested, asked in zip(there, taken, (250, 128 << 20, 1), strict=True):
            left = allocatable - requested
            possible &= left >= asked
            score += (left - asked) / allocatable
        int(np.where(possible, score, -1).argmax())
    return (time.process_time() - start) / PASSES


def seconds_per_pod(cluster: Cluster, pods: int, make: Callable[[int], Pod] = pod, *, every_node: bool = False) -> float:
    """Schedule and book so many pods, one after the other, as the scheduler does it: from where the last search has ended."""
    framework, table, start_at = Framework(None, cluster), cluster.table, 0
    want = 0 if every_node else num_feasible_nodes_to_find(len(table))
    queue = [make(number) for number in range(pods)]
    start = time.process_time()
    for each in queue:
        decision = framework.schedule(each, start=start_at, want=want)
        start_at = (start_at + decision.evaluated) % len(table)
        table.add_pod(decision.cycle.pod, decision.node)
    return (time.process_time() - start) / pods


@pytest.mark.bench
def test_a_pod_costs_a_few_bare_passes() -> None:
    """The default profile at 5,000 nodes with 10,000 pods running: 1,000 pods in the time of 25,000 bare passes."""
    cluster = cluster_of(NODES, PODS)
    ratio = seconds_per_pod(cluster, 1_000) / bare_pass_seconds(cluster.table)
    print(f"\na pod costs {ratio:.1f} bare passes")
    assert ratio <= MOST_PASSES


@pytest.mark.bench
def test_ten_times_the_nodes_cost_less_than_ten_times_as_much() -> None:
    """With every node scored, from 500 to 5,000 nodes."""
    small, large = (seconds_per_pod(cluster_of(nodes, 2 * nodes), 500, every_node=True) for nodes in (NODES // 10, NODES))
    print(f"\n{small * 1e6:.0f} µs at 500 nodes, {large * 1e6:.0f} µs at 5,000: {large / small:.1f} times")
    assert large / small <= MOST_GROWTH


@pytest.mark.bench
@pytest.mark.parametrize("make", [with_affinity, with_spread, of_a_thousand_apps])
@pytest.mark.parametrize("every_node", [False, True])
def test_minding_the_neighbours_costs_little_more(make: Callable[[int], Pod], every_node: bool) -> None:
    """Affinity and spread at 5,000 nodes, against a basic pod."""
    pods = 2_000 if make is of_a_thousand_apps else 500
    basic = seconds_per_pod(cluster_of(NODES, PODS), 500, every_node=every_node)
    minding = seconds_per_pod(cluster_of(NODES, PODS), pods, make, every_node=every_node)
    print(f"\n{make.__name__}: {minding / basic:.1f} times a basic pod ({basic * 1e6:.0f} µs)")
    assert minding / basic <= MOST_FOR_NEIGHBOURS


@pytest.mark.bench
def test_a_snapshot_costs_what_has_changed() -> None:
    """A hundred changes cost as much at 5,000 nodes as at 500, and far less than a copy."""

    def refresh_seconds(nodes: int) -> tuple[float, float]:
        table = cluster_of(nodes, 2 * nodes).table
        start = time.process_time()
        snapshot = Snapshot(table)
        copied = time.process_time() - start
        spent = 0.0
        for turn in range(20):
            for number in range(100):
                table.add_pod(pod(turn * 100 + number), f"n{number % nodes}")
            start = time.process_time()
            assert snapshot.refresh() == 100
            spent += time.process_time() - start
        return spent / 20, copied

    (small, _), (large, copied) = refresh_seconds(NODES // 10), refresh_seconds(NODES)
    print(f"\n100 changes: {small * 1e6:.0f} µs at 500 nodes, {large * 1e6:.0f} µs at 5,000; a copy {copied * 1e6:.0f} µs")
    assert large <= 2 * small + 1e-4
    assert large <= copied / 10
