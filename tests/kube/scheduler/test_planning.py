"""Laws of a plan: who goes first, what counts as taken, and what is told of those who wait."""

from __future__ import annotations

import pytest

from k8sedu.kube.objects import Deployment, Pod, PriorityClass
from k8sedu.kube.scheduler.configuration import Configuration, load
from k8sedu.kube.scheduler.planning import Placement, Plan, stored
from k8sedu.kube.scheduler.sketch import node, pod
from k8sedu.kube.status import InvalidError

USUAL = load("kind: KubeSchedulerConfiguration")


def told(plan: Plan, **more: bool) -> dict[str, Placement]:
    return {found.pod.name: found for found in plan.run(**more)}


def test_the_important_go_first_and_take_their_room() -> None:
    """Priority, then order; each pod sees what those before it have taken, and pods that run already."""
    there = [node("n1", cpu="4"), pod("runs", cpu="1", node="n1")]
    found = told(Plan(there, [pod("a", cpu="2"), pod("b", cpu="2", priority=5), pod("c", cpu="1")], USUAL))
    assert {name: each.node for name, each in found.items()} == {"b": "n1", "a": "", "c": "n1"}
    assert list(found) == ["b", "a", "c"]
    assert found["a"].message.startswith("0/1 nodes are available: 1 Insufficient cpu. ")


def test_priority_classes_of_both_sides_count() -> None:
    """A class in the cluster or beside the pod gives it its priority."""
    high = PriorityClass.of({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 7})
    urgent = pod("p", cpu="3", priorityClassName="high")
    wanted = urgent.evolve(spec=urgent.spec.without("priority"))
    found = told(Plan([node("n1", cpu="4"), pod("low", cpu="4", node="n1"), high], [wanted], USUAL))
    assert (found["p"].pod.spec.priority, found["p"].nominated_node, found["p"].victims) == (7, "n1", ("default/low",))


def test_what_was_promised_is_left_alone() -> None:
    """Nobody's victims end here, so room that a pod was promised is neither free nor taken by others."""
    there = [node("n1", cpu="4"), pod("low", cpu="3", priority=1, node="n1")]
    found = told(Plan(there, [pod("high", cpu="4", priority=9), pod("small", cpu="1")], USUAL))
    assert [each.node for each in found.values()] == ["", ""]


def test_pods_of_the_cluster_are_placed_where_that_is_asked_for() -> None:
    """Those that wait are counted, and placed with `pending`; those that have ended or are about to go are neither."""
    going = pod("going").evolve(metadata=pod("going").metadata.evolve(deletion_timestamp="2026-01-01T00:00:00Z"))
    there = [node("n1"), pod("waits"), going, Pod.of({**pod("done").document(), "status": {"phase": "Succeeded"}})]
    quiet = Plan(there, [pod("new")], USUAL)
    assert (list(told(quiet)), quiet.ignored) == (["new"], 1)
    assert list(told(Plan(there, [pod("new")], USUAL, pending=True))) == ["waits", "new"]


def test_profiles_are_chosen_by_name_and_gates_hold() -> None:
    """A pod names its scheduler; without such a profile nobody looks at it, and with a gate nobody may."""
    two = load("kind: KubeSchedulerConfiguration\nprofiles:\n- schedulerName: default-scheduler\n- schedulerName: packing\n")
    wanted = [pod("a", schedulerName="packing"), pod("b", schedulerName="nobody"), pod("c", schedulingGates=[{"name": "quota"}])]
    found = told(Plan([node("n1")], wanted, two), explain=True)
    assert found["a"].explanation is not None
    assert (found["a"].node, found["a"].explanation.profile_name) == ("n1", "packing")
    assert found["b"].message == "no profile is called 'nobody', so nobody looks at this pod: there is default-scheduler, packing"
    assert found["c"].message == "waiting for scheduling gates: [quota]"


def test_why_is_told_against_the_average() -> None:
    """The plugins that raised the chosen node above the others stand with it; the only feasible node needs none."""
    found = told(Plan([node("n1", cpu="4"), node("n2", cpu="8")], [pod("p", cpu="2"), pod("q", cpu="5")], USUAL))
    assert (found["p"].node, found["p"].contributors[0].plugin) == ("n2", "NodeResourcesFit")
    assert (found["q"].node, found["q"].score, found["q"].contributors) == ("n2", None, ())


def test_the_search_ends_as_the_configuration_says() -> None:
    """With 1 per cent of two hundred nodes a hundred are enough, and the next search begins behind them."""
    few = load("kind: KubeSchedulerConfiguration\npercentageOfNodesToScore: 1\n")
    assert isinstance(few, Configuration)
    nodes = [node(f"n{number}", cpu="4" if number < 100 else "64", memory="8Gi" if number < 100 else "128Gi") for number in range(200)]
    found = told(Plan(nodes, [pod("a", cpu="1"), pod("b", cpu="1")], few))
    assert [int(each.node[1:]) >= 100 for each in found.values()] == [False, True]


def test_what_the_api_server_would_refuse_is_refused() -> None:
    """Objects are completed and checked before anything is placed."""
    with pytest.raises(InvalidError, match=r'Deployment "x" is invalid: \[spec.selector: Required value, '):
        stored(Deployment.of({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": {}}))
