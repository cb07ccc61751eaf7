"""Each promise is kept by the good and broken by a planted fault, so that none is empty."""

from __future__ import annotations

import pytest

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler import invariants
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.nominator import Nominator
from k8sedu.kube.scheduler.sketch import node, pod


def test_a_gate_is_not_passed() -> None:
    """Who has a gate must not be placed."""
    gated = Pod.of({"metadata": {"name": "p"}, "spec": {"schedulingGates": [{"name": "a"}]}})
    assert invariants.no_gate_is_passed(pod("p")) == ""
    assert invariants.no_gate_is_passed(gated) == "p has a scheduling gate and is placed"


def test_promised_room_is_kept() -> None:
    """Who is no more important may take what is left beside the promise, and no more; who is, may take all of it."""
    table, nominator = Cluster([node("n1", cpu="4")]).table, Nominator()
    nominator.add(pod("q", cpu="3", priority=5), "n1")

    def told(cpu: str, priority: int) -> str:
        return invariants.promised_room_is_kept(table, nominator, pod("p", cpu=cpu, priority=priority), "n1")

    assert told("1", 1) == told("4", 6) == ""
    assert told("2", 5) == (
        "default/p is placed on n1 and takes cpu that was promised to default/q: 5000 are asked for, 4000 are free"
    )
    with pytest.raises(invariants.BrokenPromiseError, match="promised room is kept: default/p is placed on n1"):
        invariants.check_placement(table, nominator, pod("p", cpu="2"), "n1")


def test_no_node_is_overcommitted() -> None:
    """The pods of a node ask for what it has, in every resource."""
    nodes, pods = {"n1": node("n1", cpu="4")}, [pod("a", cpu="3"), pod("b", cpu="1")]
    running = {"n1": {each.key: each for each in pods}, "gone": {"x": pods[0]}}
    invariants.check_running(running, nodes)
    running["n1"]["c"] = pod("c", cpu="1")
    with pytest.raises(invariants.BrokenPromiseError, match="no node is overcommitted: the pods on n1 ask for 5000 cpu, and it has 4000"):
        invariants.check_running(running, nodes)
