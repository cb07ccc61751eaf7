"""Which node pays for a preemption: six questions, one after the other, until one node is left.

1. Where are the fewest budgets broken?
2. Where is the most important victim the least important?
3. Where is the sum of the victims' priorities the smallest? To each 2³¹ is added, so that few pods of a negative priority cost less than
   many.
4. Where are the fewest victims?
5. Where has the oldest of the most important victims started last? Least work is lost there.
6. The first of those that are left.

Source: kubernetes 1.35, pkg/scheduler/framework/preemption/preemption.go (pickOneNodeForPreemption, GetOffsetAndNumCandidates).
Left out: that the real scheduler goes through a Go map in the sixth question, whose order is chance. Here it is the order of the search.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.scheduler.victims import Candidate, priority_of, started_ns
from k8sedu.language import Words

SHIFT = 1 << 31
MIN_CANDIDATES_PERCENTAGE, MIN_CANDIDATES_ABSOLUTE = 10, 100


class NoCandidateError(K8sEduError, ValueError):
    """Nobody to choose among."""


class Criterion(NamedTuple):
    """One of the questions: its name, and the number that is the smaller the better a candidate is."""

    name: str
    title: Words
    cost: Callable[[Candidate], int]


class Round(NamedTuple):
    """How one question was decided: what each node answered, and which are left."""

    criterion: str
    costs: tuple[tuple[str, int], ...]
    left: tuple[str, ...]


def _latest_start(candidate: Candidate) -> int:
    top = max(map(priority_of, candidate.victims))
    return -min(started_ns(pod) for pod in candidate.victims if priority_of(pod) == top)


CRITERIA = (
    Criterion("pdb_violations", Words("fewest budgets broken", "违反的中断预算最少"), lambda found: found.pdb_violations),
    Criterion("highest_priority", Words("least important top victim", "最重要的牺牲者优先级最低"),
              lambda found: max(map(priority_of, found.victims))),
    Criterion("sum_of_priorities", Words("smallest sum of priorities", "优先级之和最小"),
              lambda found: sum(priority_of(pod) + SHIFT for pod in found.victims)),
    Criterion("victims", Words("fewest victims", "牺牲者最少"), lambda found: len(found.victims)),
    Criterion("latest_start", Words("latest start", "启动最晚"), _latest_start),
)  # fmt: skip
"""The five questions that are asked; the sixth takes the first."""


def choose(candidates: Sequence[Candidate]) -> tuple[Candidate, tuple[Round, ...]]:
    """The candidate that is taken, and how it was found. O(victims).

    Raises:
        NoCandidateError: there is none.
    """
    if not candidates:
        raise NoCandidateError("there is no candidate for preemption, expected at least one")
    left, rounds = list(candidates), []
    for criterion in CRITERIA:
        if len(left) == 1:
            break
        costs = [(found.node, criterion.cost(found)) for found in left]
        best = min(cost for _, cost in costs)
        left = [found for found, (_, cost) in zip(left, costs, strict=True) if cost == best]
        rounds.append(Round(criterion.name, tuple(costs), tuple(found.node for found in left)))
    return left[0], tuple(rounds)


def candidates_wanted(nodes: int, *, percentage: int = MIN_CANDIDATES_PERCENTAGE, absolute: int = MIN_CANDIDATES_ABSOLUTE) -> int:
    """After how many candidates the search ends: a tenth of the nodes, but at least 100.

    >>> [candidates_wanted(nodes) for nodes in (7, 500, 5_000)]
    [7, 100, 500]
    """
    return min(nodes, max(nodes * percentage // 100, absolute))
