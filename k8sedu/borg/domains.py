"""Failure domains: what fails together, and how a job is spread over it.

A rack shares a switch, a power domain shares a fuse. If all tasks of a job are in one rack, one switch takes the job down. So for each job
the cell counts how many of its tasks are in which domain; the machine itself is the smallest domain. The scheduler asks for the *crowd*
at a place: the mean share of the job's tasks that would fail together with it there.

Source: Verma et al., EuroSys 2015, sections 3.2 ("spreading tasks across power and failure domains") and 4.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from k8sedu.workload.jobs import Machine

if TYPE_CHECKING:
    from k8sedu.borg.jobs import Task

KEYS = ("zone", "power", "rack")
"""The attributes of a machine that name a failure domain, if it has them."""


class Domains:
    """Which machine is in which domain, and how many tasks of each job are there.

    >>> from k8sedu.trace import Frozen
    >>> from k8sedu.workload.resources import Resources
    >>> racks = [Machine(f"m{i}", Resources.of(cpu="4"), Frozen(rack="ab"[i // 2])) for i in range(4)]
    >>> domains = Domains(racks)
    >>> domains.count("web", 0, 1)
    >>> [domains.crowd("web", at, tasks=2) for at in range(4)]
    [0.5, 0.25, 0.0, 0.0]
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.columns: list[NDArray[np.int32]] = [np.arange(len(machines), dtype=np.int32)]
        """A column per kind of domain, the machines themselves first: the number of the domain in which each machine is."""
        for key in KEYS:
            values = [str(machine.attributes.get(key, "")) for machine in machines]
            names = {name: number for number, name in enumerate(dict.fromkeys(values))}
            if len(names) > 1:
                self.columns.append(np.array([names[value] for value in values], dtype=np.int32))
        self._rows: list[tuple[int, ...]] = list(zip(*(column.tolist() for column in self.columns), strict=True))
        self._sizes = [int(column.max()) + 1 if len(column) else 0 for column in self.columns]
        self._counts: dict[str, list[array[int]]] = {}
        """job → how many of its tasks are in each domain, a row per kind; `np.frombuffer` sees such a row as a column, without a copy."""

    def count(self, job: str, at: int, change: int) -> None:
        """A task of the job has come to this machine, or left it. O(kinds of domains)."""
        counts = self._counts.get(job)
        if counts is None:
            counts = self._counts[job] = self._nobody()
        for column, domain in zip(counts, self._rows[at], strict=True):
            column[domain] += change

    def crowd(self, job: str, at: int, *, tasks: int) -> float:
        """The share of the job's tasks that would fail together with this machine, as a mean over the kinds of domains."""
        counts = self._counts.get(job)
        if counts is None:
            return 0.0
        together = sum([column[domain] for column, domain in zip(counts, self._rows[at], strict=True)])
        return together / (tasks * len(counts))

    def crowds(self, job: str, where: NDArray[np.int64] | slice, *, tasks: int) -> NDArray[np.float64] | float:
        """The same for many machines at once."""
        counts = self._counts.get(job)
        if counts is None:
            return 0.0
        together = sum(np.frombuffer(row, dtype=np.int32)[column[where]] for row, column in zip(counts, self.columns, strict=True))
        return np.asarray(together, dtype=np.int64) / (tasks * len(counts))

    def check(self, where: Mapping[Task, int]) -> None:
        """Assert that the counts are what the tasks say; O(tasks)."""
        fresh = {job: self._nobody() for job in self._counts}
        for task, at in where.items():
            for row, domain in zip(fresh[task.job.name], self._rows[at], strict=True):
                row[domain] += 1
        assert fresh == self._counts

    def _nobody(self) -> list[array[int]]:
        """The counts of a job that runs nowhere."""
        return [array("i", bytes(4 * size)) for size in self._sizes]
