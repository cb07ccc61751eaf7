"""Examining a machine for a class of tasks: is it feasible, and how good is it? And counting how often that is done.

Seconds depend on the computer, examinations do not. So every comparison of schedulers counts these: one feasibility check for each
machine that is looked at, one scoring for each that turned out feasible. Whether they are done one by one or as columns makes no
difference, neither to the count nor, to the last bit, to the score.

Source: Verma et al., EuroSys 2015, sections 3.2 and 3.4.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.borg.cell import Cell, Truth
from k8sedu.borg.classes import ALL, Group, Where
from k8sedu.borg.feasibility import feasible, fits, is_feasible
from k8sedu.borg.preemption import victims
from k8sedu.borg.room import Whole
from k8sedu.borg.scoring import Scorer, hybrid
from k8sedu.borg.weights import Weights, eviction_cost

Scores: TypeAlias = NDArray[np.float64]

OUT = float("-inf")
"""The score of a machine that is not feasible."""


class Examiner:
    """Looks at machines of one cell, and counts.

    >>> from k8sedu.borg.jobs import Requirement
    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> examiner = Examiner(Cell([Machine("m1", Resources.of(cpu="4")), Machine("m2", Resources.of(cpu="1"))]))
    >>> scores = examiner.examine(Group(examiner.cell, Requirement((2000, 0, 0, 0, 0), 200)))
    >>> scores.tolist(), examiner.feasibility_checks, examiner.scorings
    ([0.5, -inf], 2, 1)
    """

    def __init__(self, cell: Cell, *, scorer: Scorer = hybrid, weights: Weights = Weights()) -> None:  # noqa: B008  # a NamedTuple never changes
        self.cell = cell
        self.scorer = scorer
        self.weights = weights
        self.feasibility_checks = 0
        self.scorings = 0
        self.everything: Whole = np.arange(len(cell), dtype=np.int64)
        with np.errstate(divide="ignore"):
            self._inverse = np.where(cell.capacity > 0, 1.0 / cell.capacity, 0.0)
        self._inverses: list[list[float]] = self._inverse.T.tolist()

    @property
    def examinations(self) -> int:
        """Feasibility checks and scorings together."""
        return self.feasibility_checks + self.scorings

    # -- many machines -----------------------------------------------------------------------------------------------------------------

    def examine(self, group: Group, where: Where = ALL) -> Scores:
        """The scores of these machines, `OUT` for those that are not feasible. A dozen operations on columns."""
        possible = feasible(group, where)
        self.feasibility_checks += len(possible)
        self.scorings += int(np.count_nonzero(possible))
        scores = self._fit(group, where)
        self._add_wishes(scores, group, where)
        if group.evicts:
            self._subtract_evictions(scores, group, where, possible)
        np.copyto(scores, OUT, where=~possible)
        return scores

    def _fit(self, group: Group, where: Where) -> Scores:
        if not group.scored:
            return np.zeros(len(self.cell.up[where]))
        room, before, after = self.cell.room.columns[group.base], [], []
        for row, amount in group.scored:
            free, inverse = room[row][where], self._inverse[row][where]
            before.append(np.maximum(free * inverse, 0.0))
            after.append(np.maximum((free - amount) * inverse, 0.0))
        return np.asarray(self.weights.fit * self.scorer(before, after), dtype=np.float64)

    def _add_wishes(self, scores: Scores, group: Group, where: Where) -> None:
        weights = self.weights
        if group.soft and weights.soft:
            for column, wanted in group.soft:
                scores += np.where(column[where] == wanted, weights.soft / len(group.soft), 0.0)
        if group.packages and weights.packages:
            for column in group.packages:
                scores += np.where(column[where], weights.packages / len(group.packages), 0.0)
        if weights.mix:
            scores += np.where(self.cell.kinds[group.other][where] > 0, weights.mix, 0.0)

    def _subtract_evictions(self, scores: Scores, group: Group, where: Where, possible: Truth) -> None:
        """Only machines that are feasible but not free cost anything, and only there the tasks are looked at one by one."""
        costly = possible & ~fits(self.cell.room.columns[group.base], group.asked, where)
        numbers = self.everything[where]
        for position in np.flatnonzero(costly).tolist():
            scores[position] -= self._eviction(group, int(numbers[position]))

    # -- one machine -------------------------------------------------------------------------------------------------------------------

    def examine_one(self, group: Group, at: int) -> float:
        """The score of one machine, or `OUT`: the same number as from `examine`, without the detour through columns."""
        self.feasibility_checks += 1
        evicts, free = group.evicts, self.cell.room.free(at, group.base)
        if not is_feasible(group, at, self.cell.room.free(at, group.level) if evicts else free):
            return OUT
        self.scorings += 1
        score = self._wishes_one(self._fit_one(group, free, self._inverses[at]), group, at)
        if evicts and any(free[row] < amount for row, amount in group.asked):
            score -= self._eviction(group, at)
        return score

    def _fit_one(self, group: Group, free: list[int], inverse: list[float]) -> float:
        if not group.scored:
            return 0.0
        before = [free[row] * inverse[row] for row, _ in group.scored]
        after = [(free[row] - amount) * inverse[row] for row, amount in group.scored]
        if min(after) < 0.0:  # only where somebody is evicted, or where reservations have risen
            before, after = [max(each, 0.0) for each in before], [max(each, 0.0) for each in after]
        score: float = self.weights.fit * self.scorer(before, after)
        return score

    def _wishes_one(self, score: float, group: Group, at: int) -> float:
        weights = self.weights
        if group.soft and weights.soft:
            for column, wanted in group.soft:
                score += weights.soft / len(group.soft) if column[at] == wanted else 0.0
        if group.packages and weights.packages:
            for column in group.packages:
                score += weights.packages / len(group.packages) if column[at] else 0.0
        if weights.mix:
            score += weights.mix if self.cell.kinds[group.other, at] > 0 else 0.0
        return score

    def _eviction(self, group: Group, at: int) -> float:
        """What the victims on one machine cost; one that is feasible always has enough of them."""
        chosen = victims(self.cell, group.requirement.priority, group.requirement.limit, at)
        return self.weights.eviction * eviction_cost(chosen or ())

    # -- for people --------------------------------------------------------------------------------------------------------------------

    def explain(self, group: Group, at: int) -> dict[str, float]:
        """The parts of a feasible machine's score, by the name of their weight; nothing is counted. What a lesson and a picture show."""
        free, weights = self.cell.room.free(at, group.base), self.weights
        soft = sum(column[at] == wanted for column, wanted in group.soft) / max(len(group.soft), 1)
        there = sum(bool(column[at]) for column in group.packages) / max(len(group.packages), 1)
        needy = any(free[row] < amount for row, amount in group.asked)
        return {
            "fit": self._fit_one(group, free, self._inverses[at]),
            "soft": weights.soft * float(soft),
            "packages": weights.packages * there,
            "mix": weights.mix if self.cell.kinds[group.other, at] > 0 else 0.0,
            "eviction": -self._eviction(group, at) if needy else 0.0,
        }
