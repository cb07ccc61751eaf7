from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.plugins.allocation import Point, Share, balanced, broken_line, least_allocated, most_allocated, weighted_mean

AMOUNTS = st.lists(st.tuples(st.integers(1, 10**15), st.integers(0, 10**15)), min_size=1, max_size=8)


@pytest.mark.conformance("k8s/broken_linear_function.json")
def test_broken_lines(conformance_path: Path | None) -> None:
    """A shape is flat outside and cut towards zero inside."""
    assert conformance_path is not None
    for case in json.loads(conformance_path.read_text())["cases"]:
        line = broken_line([Point(each["utilization"], each["score"]) for each in case["points"]])
        asked = np.array([each["p"] for each in case["assertions"]])
        assert line(asked).tolist() == [each["value"] for each in case["assertions"]], case["name"]


@given(AMOUNTS)
def test_least_and_most_by_plain_integers(amounts: list[tuple[int, int]]) -> None:
    """The columns say what whole numbers say one by one, up to a petabyte."""
    allocatable, requested = (np.array(column, dtype=np.int64) for column in zip(*amounts, strict=True))
    least = [0 if taken > there else (there - taken) * 100 // there for there, taken in amounts]
    most = [min(taken, there) * 100 // there for there, taken in amounts]
    assert least_allocated(allocatable, requested).tolist() == least
    assert most_allocated(allocatable, requested).tolist() == most


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60), st.integers(0, 3), st.integers(0, 60)), min_size=1, max_size=6))
def test_a_resource_that_a_node_lacks_does_not_count_there(nodes: list[tuple[int, int, int, int]]) -> None:
    """Its weight is left out of the mean, node by node."""
    columns = [np.array(column, dtype=np.int64) for column in zip(*nodes, strict=True)]
    shares = [Share(columns[0], columns[1], 3), Share(columns[2], columns[3], 5)]

    def expected(node: tuple[int, int, int, int]) -> int:
        pairs = [(node[0], node[1], 3), (node[2], node[3], 5)]
        scores = [((0 if taken > there else (there - taken) * 100 // there), weight) for there, taken, weight in pairs if there]
        return sum(score * weight for score, weight in scores) // sum(weight for _, weight in scores) if scores else 0

    assert weighted_mean(shares, least_allocated).tolist() == [expected(node) for node in nodes]


def test_balance_of_three_is_the_standard_deviation_and_of_one_it_is_perfect() -> None:
    """Two are compared by half of their difference, three by the deviation of the population; a lone resource is in balance."""
    there = np.array([100, 100])
    shares = [Share(there, np.array([20, 50])), Share(there, np.array([40, 50])), Share(np.array([100, 0]), np.array([60, 7]))]
    deviation = float(np.std([0.2, 0.4, 0.6]))
    assert balanced(shares).tolist() == [int((1 - deviation) * 100), 100]
    assert balanced(shares[:1]).tolist() == [100, 100]
