"""Laws of the choice among many nodes: what a picture shows of a large cluster."""

from __future__ import annotations

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.explain import Explanation
from k8sedu.kube.scheduler.views import cycle_film
from k8sedu.kube.scheduler.views.chosen import left_over, shown_nodes


@pytest.fixture(scope="module")
def many() -> Explanation:
    """Sixty nodes, of which every third is tainted, and one cordoned."""
    nodes = [sketch.node(f"n{n}", taints=["gpu=yes:NoSchedule"] if n % 3 == 0 else (), unschedulable=n == 50) for n in range(60)]
    return scheduler.explain(sketch.pod("web", cpu="1"), scheduler.Cluster(nodes))


def test_few_nodes_are_all_shown(placed: Explanation) -> None:
    """Nothing is left out where there is room."""
    assert shown_nodes(placed, 11) == list(placed.nodes)
    assert left_over(placed, placed.nodes) is None


def test_of_many_the_chosen_one_and_every_reason_are_shown(many: Explanation) -> None:
    """The winner is there, one node of each reason is there, in the order of the cluster, and no more than there is room for."""
    shown = shown_nodes(many, 11)
    assert len(shown) == 11
    assert {many.node, "n50"} <= set(shown)
    assert {many.verdicts[name].plugin for name in shown} == {"", "TaintToleration", "NodeUnschedulable"}
    assert shown == sorted(shown, key=many.nodes.index)


def test_the_rest_is_counted(many: Explanation) -> None:
    """Shown and counted nodes together are all nodes."""
    shown = shown_nodes(many, 11)
    rest = left_over(many, shown)
    assert rest is not None
    passing = sum(many.verdicts[name].is_success for name in many.nodes if name not in shown)
    assert rest.en == f"and 49 more nodes: {passing} pass, {49 - passing} are out"
    assert cycle_film(many).frames[-1].scene.find("rest")


def test_a_node_that_must_be_there_is_there(many: Explanation) -> None:
    """The node of which a preemption tells is shown even if nothing else speaks for it."""
    assert "n33" in shown_nodes(many, 11, ["n33"])
