"""What a scheduler remembers of the machines that it has examined for a class: everything, or a sample.

`Table` knows a score for every machine. Before it answers, it looks again at those that have changed since (their `version`), so its answer
is what a scheduler without memory would say.

`Sample` is relaxed randomization. It walks over the machines in a random order until it has *enough* feasible ones, and then it is the same
table, of those alone. When most of them are full it walks on. What is relaxed is that the best machine of the cell may not be among them.

Source: Verma et al., EuroSys 2015, section 3.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from k8sedu.borg.classes import Group
from k8sedu.borg.examine import OUT, Examiner, Scores
from k8sedu.borg.jobs import BorgJob
from k8sedu.borg.room import Whole

REFRESH = 32
"""Every so many answers a sample looks again at everything that has changed."""

FEW = 6
"""Up to so many machines are examined one by one: columns of a few rows are all overhead."""

NOBODY: Whole = np.zeros(0, dtype=np.int64)


class Found(NamedTuple):
    """The best machine for a task, and its score."""

    at: int
    score: float


class Table:
    """Scores of machines, and the version of each machine for which its score holds. O(machines) per answer, in columns."""

    def __init__(self, examiner: Examiner, group: Group) -> None:
        self.examiner = examiner
        self.group = group
        self.machines: Whole = NOBODY
        self.scores: Scores = np.zeros(0)
        self.seen: Whole = NOBODY

    def best(self, job: BorgJob) -> Found | None:
        """The machine with the highest score, the first one of several; None if none is feasible."""
        if len(self.machines):
            self._refresh()
        else:
            self.machines, self.seen = self.examiner.everything, self.examiner.cell.room.version.copy()
            self.scores = self.examiner.examine(self.group)
        return self._highest(job)

    def _highest(self, job: BorgJob) -> Found | None:
        scores, weight = self.scores, self.examiner.weights.spread
        if not len(scores):
            return None
        if weight:
            scores = scores - weight * self.examiner.cell.domains.crowds(job.name, self.machines, tasks=job.tasks)
        place = int(scores.argmax())
        score = float(scores[place])
        return None if score == OUT else Found(int(self.machines[place]), score)

    def _add(self, machines: Whole) -> int:
        """Examine machines for the first time; how many of them are feasible."""
        scores = self.examiner.examine(self.group, machines)
        self.machines = np.concatenate([self.machines, machines])
        self.scores = np.concatenate([self.scores, scores])
        self.seen = np.concatenate([self.seen, self.examiner.cell.room.version[machines]])
        return int(np.count_nonzero(scores != OUT))

    def _refresh(self) -> None:
        """Look again at those that have changed."""
        version = self.examiner.cell.room.version[self.machines]
        changed = np.flatnonzero(self.seen != version)
        if len(changed) <= FEW:
            for place in changed.tolist():
                self.scores[place] = self.examiner.examine_one(self.group, int(self.machines[place]))
        else:
            self.scores[changed] = self.examiner.examine(self.group, self.machines[changed])
        self.seen[changed] = version[changed]


class Sample(Table):
    """Enough feasible machines out of a random order.

    Args:
        examiner: who looks at machines.
        group: for which class.
        ring: all machines in a random order.
        start: where on the ring to begin.
        enough: how many feasible machines are enough.
    """

    def __init__(self, examiner: Examiner, group: Group, *, ring: Whole, start: int, enough: int) -> None:
        super().__init__(examiner, group)
        self.ring = ring
        self.start = start
        self.enough = enough
        self.feasible = 0
        """How many of the sample are, as far as one knows."""
        self.crowds: Scores = np.zeros(0)
        """By how much each score was lowered for the sake of spreading."""
        self.gains = -1
        self.answers = 0
        self.top = -1
        """Where the highest score stands; -1 when scores have changed since somebody looked."""

    def best(self, job: BorgJob) -> Found | None:
        """The best machine of the sample; None if no machine of the cell is feasible."""
        if self.feasible <= self.enough // 4 and len(self.machines) < len(self.ring):
            self._walk(job)
        if self.answers % REFRESH == 0 or not self.feasible:
            self._refresh_all(job)
        self.answers += 1
        versions = self.examiner.cell.room.versions
        while self.feasible:
            place = self.top = self.top if self.top >= 0 else int(self.scores.argmax())
            at = self.machines.item(place)
            crowd = self._crowd(job, at)
            if self.seen.item(place) == versions[at] and self.crowds.item(place) == crowd:
                return Found(at, self.scores.item(place))
            self._look_again(place, at, crowd)
        all_known = len(self.machines) == len(self.ring) and self.gains == self.examiner.cell.gains
        return None if all_known else self.best(job)  # the sample has run dry: whoever has gained something meanwhile is looked at again

    def _crowd(self, job: BorgJob, at: int) -> float:
        spread = self.examiner.weights.spread
        return spread * self.examiner.cell.domains.crowd(job.name, at, tasks=job.tasks) if spread else 0.0

    def _look_again(self, place: int, at: int, crowd: float) -> None:
        """The best has changed since it was examined: that is seen only now, when its turn has come."""
        score = self.examiner.examine_one(self.group, at)
        self.feasible -= score == OUT
        self.top = -1
        self.scores[place], self.crowds[place] = score - crowd, crowd
        self.seen[place] = self.examiner.cell.room.versions[at]

    def _walk(self, job: BorgJob) -> None:
        """Go on along the ring until there are enough, or once around."""
        self.top = -1
        while self.feasible < self.enough and len(self.machines) < len(self.ring):
            begin = (self.start + len(self.machines)) % len(self.ring)
            block = self.ring[begin : begin + min(self.enough, len(self.ring) - len(self.machines))]
            self.feasible += self._add(block)
            self.crowds = np.concatenate([self.crowds, np.zeros(len(block))])
            self._spread(job, slice(len(self.machines) - len(block), None))

    def _refresh_all(self, job: BorgJob) -> None:
        """Look again at all that have changed, so that what has become better meanwhile is seen once in a while.

        Where nothing is feasible, only a machine that has gained something is worth it.
        """
        if self.gains == self.examiner.cell.gains and not self.feasible:
            return
        self.gains, self.top = self.examiner.cell.gains, -1
        self.scores += self.crowds
        self.crowds[:] = 0.0
        self._refresh()
        self._spread(job, slice(None))
        self.feasible = int(np.count_nonzero(self.scores != OUT))

    def _spread(self, job: BorgJob, part: slice) -> None:
        spread = self.examiner.weights.spread
        if spread:
            self.crowds[part] = spread * self.examiner.cell.domains.crowds(job.name, self.machines[part], tasks=job.tasks)
            self.scores[part] -= self.crowds[part]
