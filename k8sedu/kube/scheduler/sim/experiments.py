"""How large may a cluster be? The measurement behind a sentence that many have heard: "Kubernetes schedules only a few hundred machines".

It was true of the first releases, where every pod was compared with every node by a program that asked node after node. Since then the
search ends when enough nodes were found (`sampling`), so ten times as many nodes cost far less than ten times the work. What is counted
here is the work itself: how many nodes were looked at and scored for a pod. From that follows a time, with so many microseconds for a pod
and for each node, as in `simulate`; and who has a clock may hand it in, and see the real time of this model beside it.

Source: Kubernetes documentation, "Considerations for large clusters" (5,000 nodes, 150,000 pods), "Scheduler Performance Tuning".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.node_tree import NodeTree
from k8sedu.kube.scheduler.profiles import Profile, default_profile
from k8sedu.kube.scheduler.sampling import Rotation, num_feasible_nodes_to_find
from k8sedu.kube.scheduler.sim.settings import RunError, Settings
from k8sedu.kube.scheduler.sketch import node, pod
from k8sedu.kube.scheduler.ties import heap_order

SIZES = (100, 500, 1_000, 5_000)
ZONES = "abc"


class Throughput(NamedTuple):
    """What scheduling costs in a cluster of this size."""

    nodes: int
    wanted: int
    """After how many feasible nodes the search ends."""
    visited: float
    """How many nodes were looked at for a pod, on average …"""
    scored: float
    """… and how many were scored."""
    pods_per_s: int
    """In model time: how many pods the scheduler can think about in a second."""
    ratio: float
    """The work for a pod, as a multiple of that in the first cluster measured."""
    seconds: float | None = None
    """How long the pods took on the clock that was handed in."""


def throughput(
    nodes: Iterable[int] = SIZES, *, pods: int = 200, percentage: int = 0, profile: Profile | None = None, settings: Settings | None = None,
    clock: Callable[[], float] | None = None,
) -> tuple[Throughput, ...]:  # fmt: skip
    """Schedule the same pods in clusters of different sizes, and count.

    >>> [(found.nodes, found.wanted, found.visited) for found in throughput((50, 1_000), pods=20)]
    [(50, 50, 50.0), (1000, 420, 420.0)]

    Args:
        nodes: the sizes of the clusters.
        pods: how many pods are scheduled in each.
        percentage: `percentageOfNodesToScore`; 0 lets the size decide, 100 looks at all nodes.
        profile: which plugins decide; the default profile if none is given.
        settings: how long thinking takes, `cycle_us` and `node_us`.
        clock: seconds that only grow, `time.perf_counter`, to measure this model's own speed as well.

    Raises:
        RunError: no pods, or a cluster without nodes.
    """
    sizes, costs = list(nodes), settings or Settings()
    if pods < 1 or min(sizes, default=0) < 1:
        raise RunError(f"met {pods} pods and clusters of {sizes} nodes, expected at least 1 of each")
    found: list[Throughput] = []
    for size in sizes:
        counted = _count(size, pods, percentage, profile or default_profile(), clock)
        thinking_us = costs.cycle_us + costs.node_us * counted.visited
        work = counted.visited + counted.scored
        first = found[0].visited + found[0].scored if found else work
        found.append(counted._replace(pods_per_s=int(1_000_000 // thinking_us), ratio=round(work / first, 2)))
    return tuple(found)


def _count(size: int, pods: int, percentage: int, profile: Profile, clock: Callable[[], float] | None) -> Throughput:
    cluster, tree = Cluster(release=profile.release), NodeTree()
    for number in range(size):
        made = node(f"n{number}", zone=ZONES[number % len(ZONES)], cpu="16", memory="64Gi")
        cluster.add(made)
        tree.add(made)
    framework, rotation = Framework(profile, cluster), Rotation()
    order = np.array([cluster.table.row(name) for name in tree.order()], dtype=np.intp)
    wanted, visited, scored = num_feasible_nodes_to_find(size, percentage), 0, 0
    began = clock() if clock is not None else None
    for number in range(pods):
        each = pod(f"p{number}", cpu="250m", memory="512Mi")
        decision = framework.schedule(each, start=rotation.begin(size), want=wanted, order=order, tie_break=heap_order)
        rotation.advance(decision.advance, nodes=size)
        visited, scored = visited + decision.evaluated, scored + len(decision.rows)
        if decision.node:
            cluster.table.add_pod(each, decision.node)
    seconds = clock() - began if clock is not None and began is not None else None
    return Throughput(size, wanted, visited / pods, scored / pods, 0, 1.0, seconds)
