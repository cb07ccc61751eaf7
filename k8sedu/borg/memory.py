"""What a scheduler remembers of the machines that it has examined for a class: everything, or a sample.

`Table` knows a score for every machine. Before it answers, it looks again at those that have changed since (their `version`), so its answer
is what a scheduler without memory would say.

`Sample` is relaxed randomization. It walks over the machines in a random order, until it has *enough* feasible ones, and takes the best of
those. Since tasks of the class keep coming, the sample stays: a heap with the best on top. Whether the best is still what it was is looked
at only when its turn comes; a machine that has become better meanwhile is overlooked. That is what is relaxed. Who is on the heap can
always run the task, though, since a machine is looked at again whenever anything there has changed.

Source: Verma et al., EuroSys 2015, section 3.4.
"""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
from typing import NamedTuple, TypeAlias

import numpy as np

from k8sedu.borg.cell import Cell, Whole
from k8sedu.borg.classes import Group
from k8sedu.borg.examine import OUT, Examiner, Scores
from k8sedu.borg.jobs import BorgJob

BLOCK = 128
"""So many machines a sample looks at in one go."""


class Found(NamedTuple):
    """The best machine for a task, and its score."""

    at: int
    score: float


class Table:
    """A score for every machine, and the version of the machine for which it holds. O(machines) per answer, in columns."""

    def __init__(self, examiner: Examiner, group: Group) -> None:
        self.examiner = examiner
        self.group = group
        self.scores: Scores = np.zeros(0)
        self.seen: Whole = np.zeros(0, dtype=np.int64)

    def best(self, job: BorgJob) -> Found | None:
        """The machine with the highest score, the first one of several; None if none is feasible."""
        self._refresh()
        scores, weight = self.scores, self.examiner.weights.spread
        if weight:
            scores = scores - weight * self.examiner.cell.domains.crowds(job.name, slice(None), tasks=job.tasks)
        at = int(scores.argmax()) if len(scores) else -1
        return None if at < 0 or scores[at] == OUT else Found(at, float(scores[at]))

    def _refresh(self) -> None:
        version = self.examiner.cell.room.version
        if not len(self.scores):
            self.scores, self.seen = self.examiner.examine(self.group), version.copy()
            return
        changed = np.flatnonzero(self.seen != version)
        if len(changed) <= FEW:
            for at in changed.tolist():
                self.scores[at] = self.examiner.examine_one(self.group, at)
        else:
            self.scores[changed] = self.examiner.examine(self.group, changed)
        self.seen[changed] = version[changed]


FEW = 8
"""Up to so many machines are examined one by one: columns of a few rows are all overhead."""


Entry: TypeAlias = tuple[float, int, int, float]
"""A machine on the heap: minus its score, its column, and the version and the crowd for which that holds. The least is on top: the best
score, and of equal ones the first machine."""


class Sample:
    """Enough feasible machines out of a random order, the best on top.

    Args:
        examiner: who looks at machines.
        group: for which class.
        ring: the machines in a random order.
        start: where on the ring to begin.
        enough: how many feasible machines are enough.
    """

    def __init__(self, examiner: Examiner, group: Group, *, ring: Whole, start: int, enough: int) -> None:
        self.examiner = examiner
        self.group = group
        self.ring = ring
        self.position = start
        self.enough = enough
        self.heap: list[Entry] = []
        self.seen: Whole = np.full(len(ring), -1, dtype=np.int64)
        self.exhausted = -1
        """`Cell.gains` when the whole ring had been walked in vain."""

    def best(self, job: BorgJob) -> Found | None:
        """The best machine of the sample; None if no machine of the cell is feasible. O(log sample) where nothing has changed."""
        cell, heap = self.examiner.cell, self.heap
        if len(heap) < self.enough:
            self._walk(cell, job)
        while heap:
            minus_score, at, version, crowd = heap[0]
            if version == cell.room.versions[at] and crowd == self._crowd(cell, job, at):
                return Found(at, -minus_score)
            self._look_again(cell, job, at, version)
            if len(heap) < self.enough:
                self._walk(cell, job)
        return None

    def _look_again(self, cell: Cell, job: BorgJob, at: int, version: int) -> None:
        """The best has changed since it was examined: put it where it belongs now, or drop it."""
        if self.seen[at] != version:
            heappop(self.heap)  # the walk has met it again already, and put a newer entry on the heap
            return
        score = self.examiner.examine_one(self.group, at)
        self.seen[at] = cell.room.versions[at]
        if score == OUT:
            heappop(self.heap)
        else:
            heapreplace(self.heap, self._entry(cell, job, at, score))

    def _walk(self, cell: Cell, job: BorgJob) -> None:
        """Go on along the ring until there are enough, or once around."""
        if self.exhausted == cell.gains:
            return
        walked, ring = 0, self.ring
        while len(self.heap) < self.enough and walked < len(ring):
            block = ring[self.position : self.position + BLOCK]
            walked += len(block)
            self.position = (self.position + len(block)) % len(ring)
            self._meet(cell, job, block[self.seen[block] != cell.room.version[block]])
        if len(self.heap) < self.enough:
            self.exhausted = cell.gains

    def _meet(self, cell: Cell, job: BorgJob, block: Whole) -> None:
        """Examine machines that are new, or have changed, and put the feasible ones on the heap."""
        if not len(block):
            return
        scores = self.examiner.examine(self.group, block)
        self.seen[block] = cell.room.version[block]
        good = scores != OUT
        at, scores = block[good], scores[good]
        crowds = np.zeros(len(at)) + (cell.domains.crowds(job.name, at, tasks=job.tasks) if self.examiner.weights.spread else 0.0)
        minus = self.examiner.weights.spread * crowds - scores
        self.heap += zip(minus.tolist(), at.tolist(), cell.room.version[at].tolist(), crowds.tolist(), strict=True)
        heapify(self.heap)

    def _entry(self, cell: Cell, job: BorgJob, at: int, score: float) -> Entry:
        crowd = self._crowd(cell, job, at)
        return self.examiner.weights.spread * crowd - score, at, cell.room.versions[at], crowd

    def _crowd(self, cell: Cell, job: BorgJob, at: int) -> float:
        return cell.domains.crowd(job.name, at, tasks=job.tasks) if self.examiner.weights.spread else 0.0
