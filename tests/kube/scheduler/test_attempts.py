"""Laws of attempts in a row: each pod sees those before it, the search goes on where it ended, and nobody is moved on paper."""

from __future__ import annotations

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import attempts
from k8sedu.kube.scheduler.sketch import budget, node, pod


def test_a_pod_sees_those_before_it() -> None:
    """Six equal pods on three equal nodes end two by two; a seventh that is too large gets nothing and takes nothing."""
    cluster = scheduler.Cluster([node(f"n{n}") for n in range(3)])
    pods = [*(pod(f"web-{n}", cpu="1") for n in range(6)), pod("large", cpu="3")]
    placed = attempts.place(pods, cluster)
    assert sorted(decision.node for decision in placed) == ["", "n0", "n0", "n1", "n1", "n2", "n2"]
    assert placed[-1].node == ""
    assert [len(cluster.table.pods_on(f"n{n}")) for n in range(3)] == [2, 2, 2]


def test_the_search_ends_and_goes_on() -> None:
    """Of 1,000 nodes the first pod looks at 420 and the second begins behind them."""
    cluster = scheduler.Cluster([node(f"n{n}") for n in range(1_000)])
    first, second, third = attempts.place([pod(f"web-{n}") for n in range(3)], cluster)
    assert [decision.evaluated for decision in (first, second, third)] == [420, 420, 420]
    assert first.feasible == tuple(f"n{n}" for n in range(420))
    assert second.feasible == tuple(f"n{n}" for n in range(420, 840))
    assert third.feasible[:161] == (*(f"n{n}" for n in range(840, 1_000)), "n0")


def test_a_profile_says_how_many_nodes() -> None:
    """With percentageOfNodesToScore 20 the search ends at 200 of 1,000 nodes."""
    profile = scheduler.default_profile()._replace(percentage_of_nodes_to_score=20)
    (found,) = attempts.place([pod("web")], scheduler.Cluster([node(f"n{n}") for n in range(1_000)]), profile)
    assert len(found.feasible) == 200


def test_nodes_are_visited_zone_by_zone() -> None:
    """One node of each zone, again and again."""
    cluster = scheduler.Cluster([node(name, zone=name[0]) for name in ("a1", "a2", "b1", "c1", "c2")])
    names = [cluster.table.name_of(row) for row in attempts.visiting_order(cluster.table).tolist()]
    assert names == ["a1", "b1", "c1", "a2", "c2"]


def test_nobody_leaves_on_paper() -> None:
    """The account names node, victims and why; the cluster is as it was."""
    pods = [pod("batch", cpu="4", node="n1"), pod("web", cpu="4", node="n2", labels={"app": "web"})]
    cluster = scheduler.Cluster([node("n1"), node("n2"), *pods, budget("keep", {"app": "web"}, allowed=0)])
    found = attempts.make_room(pod("shop", cpu="1", priority=9), cluster)
    assert (found.nominated_node, [victim.name for victim in found.victims]) == ("n1", ["batch"])
    assert found.rounds[0].criterion == "pdb_violations"
    assert [len(cluster.table.pods_on(name)) for name in ("n1", "n2")] == [1, 1]


def test_questions_without_an_answer_are_told() -> None:
    """A pod that fits needs no room, and a profile without preemption makes none."""
    cluster = scheduler.Cluster([node("n1")])
    with pytest.raises(attempts.AttemptError, match="default/web fits on n1, expected a pod that fits nowhere"):
        attempts.make_room(pod("web"), cluster)
    with pytest.raises(attempts.AttemptError, match="expected DefaultPreemption among its plugins"):
        attempts.make_room(pod("web", cpu="5"), cluster, scheduler.default_profile().without("DefaultPreemption"))
