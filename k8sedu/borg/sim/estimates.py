"""What the master believes that running tasks are going to use, looked at anew with every round of polls.

The numbers come up with the reports. They are a guess and therefore not in the log: a new master begins with everybody's limit again, and
until it knows better it lends nothing.

Left out: usage that changes while a task runs; here each job uses the same part of what it asks for all the time.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8sedu.borg.borgmaster import CellState
from k8sedu.borg.jobs import Vector, vector
from k8sedu.borg.link_shards import Difference
from k8sedu.borg.reclamation import Estimation, next_reservation


class Estimates:
    """Reservations of all running tasks.

    Args:
        how: how fast they follow.
    """

    def __init__(self, how: Estimation) -> None:
        self.how = how
        self.reservations: dict[str, Vector] = {}
        self._usage: dict[str, Vector] = {}
        self._since_s: dict[str, int] = {}

    def begin(self) -> None:
        """A new master knows nothing."""
        self.reservations.clear()
        self._usage.clear()

    def hear(self, news: Iterable[Difference]) -> None:
        """Reports have told what tasks use."""
        for one in news:
            for task, known in one.changed.items():
                self._usage[task] = vector(known.used)

    def look(self, state: CellState, *, now_s: int) -> None:
        """Move every reservation one step towards the usage. O(tasks)."""
        running = {placed.task: placed.job for placed in state.books.placed()}
        for task in [task for task in self._since_s if task not in running]:
            for forgotten in (self._since_s, self.reservations, self._usage):
                forgotten.pop(task, None)
        for task, job in running.items():
            age_s = now_s - self._since_s.setdefault(task, now_s)
            if task in self._usage:
                limit = vector(job.request)
                now = self.reservations.get(task, limit)
                self.reservations[task] = next_reservation(limit, now, self._usage[task], age_s=age_s, how=self.how)
