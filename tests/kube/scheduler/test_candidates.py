"""Laws of the choice among candidates: the node that the real scheduler takes, and each question where it decides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.candidates import CRITERIA, NoCandidateError, candidates_wanted, choose
from k8sedu.kube.scheduler.sketch import pod
from k8sedu.kube.scheduler.victims import Candidate


def candidate(node: str, *victims: tuple[int, int], pdb_violations: int = 0) -> Candidate:
    """A candidate from pairs of priority and start."""
    pods = (pod(f"{node}-{number}", node=node, priority=priority, started_ms=start) for number, (priority, start) in enumerate(victims))
    return Candidate(node, tuple(pods), pdb_violations)


@pytest.mark.conformance("k8s/preemption_select_candidate.json")
def test_the_real_scheduler_takes_the_same(conformance_path: Path) -> None:
    """Of the candidates of each case, one of the nodes is taken that the real scheduler may take."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        pods = {found["metadata"]["name"]: Pod.of(found) for found in case["existing_pods"]}
        found, _ = choose([_read(each, pods) for each in case["candidates"]])
        assert found.node in case["expected_any_of"], case["name"]


def _read(found: dict[str, Any], pods: dict[str, Pod]) -> Candidate:
    return Candidate(found["node"], tuple(pods[name] for name in found["victims"]), found["num_pdb_violations"])


DECIDED = [
    ("pdb_violations", candidate("a", (9, 0)), candidate("b", (0, 0), pdb_violations=1)),
    ("highest_priority", candidate("a", (5, 0), (5, 0)), candidate("b", (6, 0))),
    ("sum_of_priorities", candidate("a", (5, 0), (1, 0)), candidate("b", (5, 0), (2, 0))),
    ("latest_start", candidate("a", (5, 9_000), (1, 0)), candidate("b", (5, 8_000), (1, 9_000))),
]


@pytest.mark.parametrize(("criterion", "better", "worse"), DECIDED, ids=[case[0] for case in DECIDED])
def test_each_question_decides_where_those_before_do_not(criterion: str, better: Candidate, worse: Candidate) -> None:
    """The first question with different answers decides, and the account of the choice names it."""
    found, rounds = choose([worse, better])
    assert (found, rounds[-1].criterion, rounds[-1].left) == (better, criterion, ("a",))


def test_few_of_a_negative_priority_cost_less_than_many() -> None:
    """The sum is shifted, so a pod of priority -5 is cheaper than three of them."""
    few, many = candidate("few", (-5, 0)), candidate("many", (-5, 0), (-5, 0), (-5, 0))
    assert choose([many, few])[0] is few


def test_the_first_is_taken_where_all_are_equal() -> None:
    """After all five questions the order of the search decides."""
    found, rounds = choose([candidate("b", (1, 0)), candidate("a", (1, 0))])
    assert (found.node, [each.criterion for each in rounds]) == ("b", [each.name for each in CRITERIA])


VICTIM = st.tuples(st.integers(-2, 2), st.integers(0, 3))
CANDIDATE = st.tuples(st.lists(VICTIM, min_size=1, max_size=4), st.integers(0, 1))


@given(st.lists(CANDIDATE, min_size=1, max_size=6))
def test_it_is_the_smallest_of_all_answers_together(drawn: list[tuple[list[tuple[int, int]], int]]) -> None:
    """Asking one question after the other gives the first of those whose answers, read as one list, are the smallest."""
    found = [candidate(f"n{number}", *victims, pdb_violations=broken) for number, (victims, broken) in enumerate(drawn)]
    assert choose(found)[0] is min(found, key=lambda each: [criterion.cost(each) for criterion in CRITERIA])


def test_nobody_cannot_be_chosen() -> None:
    """Without candidates there is an error; and so many are looked for that a large cluster is not searched to its end."""
    with pytest.raises(NoCandidateError, match="there is no candidate for preemption, expected at least one"):
        choose([])
    assert [candidates_wanted(nodes) for nodes in (0, 99, 1_000, 15_000)] == [0, 99, 100, 1_500]
