"""What the tests of the scheduler's pictures share: a small cluster, and what is said of pods that come to it."""

from __future__ import annotations

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.explain import Explanation
from k8sedu.kube.scheduler.preemption import Preemption


def cluster() -> scheduler.Cluster:
    """Seven nodes in three zones: one cordoned, one tainted, one full, one without a zone."""
    zones = {"n1": "a", "n2": "a", "n3": "b", "n4": "b", "n5": "c", "n6": "c", "n7": ""}
    taints = {"n4": ["gpu=yes:NoSchedule"]}
    nodes = [sketch.node(name, zone=zone, taints=taints.get(name, ()), unschedulable=name == "n2") for name, zone in zones.items()]
    running = [
        ("db-0", "n1", "1", "db", 500), ("big-0", "n3", "3800m", "batch", 0), ("web-8", "n5", "1", "web", 0),
        ("web-9", "n6", "2", "web", 0),
    ]  # fmt: skip
    pods = [
        sketch.pod(name, node=node, cpu=cpu, memory="1Gi", labels={"app": app}, priority=priority, started_ms=1_000 * place)
        for place, (name, node, cpu, app, priority) in enumerate(running)
    ]
    return scheduler.Cluster([*nodes, *pods, sketch.budget("keep-web", {"app": "web"}, allowed=0)])


SPREAD = {
    "maxSkew": 1, "topologyKey": sketch.ZONE, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}},
}  # fmt: skip


@pytest.fixture(name="cluster")
def a_cluster() -> scheduler.Cluster:
    """A fresh cluster."""
    return cluster()


@pytest.fixture(scope="session")
def placed() -> Explanation:
    """A pod that is refused for four reasons and fits on three nodes."""
    web = sketch.pod("web-1", cpu="500m", memory="1Gi", labels={"app": "web"}, topologySpreadConstraints=[{**SPREAD, "maxSkew": 3}])
    return scheduler.explain(web, cluster())


@pytest.fixture(scope="session")
def pending() -> Explanation:
    """A pod that fits nowhere, although it is important."""
    return scheduler.explain(sketch.pod("vip", cpu="3500m", priority=1_000, tolerations=[""]), crowded())


@pytest.fixture(scope="session")
def room() -> Preemption:
    """Who would have to go for it."""
    return scheduler.make_room(sketch.pod("vip", cpu="3500m", priority=1_000, tolerations=[""]), crowded())


def crowded() -> scheduler.Cluster:
    """The same cluster without the node that has no zone, and with something on each of the others."""
    full = cluster()
    full.remove(full.table.node("n7"))
    for node in ("n2", "n4"):
        full.add(sketch.pod(f"low-{node}", node=node, cpu="2", labels={"app": "low"}))
    return full


@pytest.fixture(name="crowded")
def a_crowded_cluster() -> scheduler.Cluster:
    """A fresh one."""
    return crowded()
