"""Laws of how many nodes are looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.sampling import Rotation, num_feasible_nodes_to_find


@pytest.mark.conformance("k8s/num_feasible_nodes.json")
def test_the_search_ends_when_the_real_one_does(conformance_path: Path) -> None:
    """For each size of a cluster and each percentage, as many feasible nodes are enough."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        found = num_feasible_nodes_to_find(case["num_all_nodes"], case["percentage_of_nodes_to_score"])
        assert found == case["expected"], case


@given(st.integers(0, 20_000), st.integers(0, 100))
def test_enough_is_never_more_than_there_are(nodes: int, percentage: int) -> None:
    """It is at most all nodes, and at least 100 where there are so many."""
    assert min(nodes, 100) <= num_feasible_nodes_to_find(nodes, percentage) <= nodes


@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(1, 30))
def test_every_node_has_its_turn(visits: list[int], nodes: int) -> None:
    """Searches that follow each other look at the nodes round and round, and leave none out."""
    rotation, walked = Rotation(), []
    for visited in visits:
        start = rotation.begin(nodes)
        walked += [(start + step) % nodes for step in range(min(visited, nodes))]
        rotation.advance(min(visited, nodes), nodes=nodes)
    assert walked == [place % nodes for place in range(len(walked))]


def test_nodes_may_go_between_two_searches() -> None:
    """A search begins within the list, however short it has become; in an empty one it begins at 0."""
    rotation = Rotation()
    rotation.advance(8, nodes=9)
    assert (rotation.begin(3), rotation.begin(0), rotation.advance(0, nodes=0)) == (2, 0, 0)
