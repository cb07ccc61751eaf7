"""A cluster's books: which task runs on which machine, and what is free where.

Every manager of this course keeps the same books, whoever decides. So the books are one small machine: it can place a task, take it off
again, lose a machine and get it back, and it refuses whatever would be wrong (a machine that is down, twice the same task, more than
there is). Deciding is not its business.

Left out: how tasks are started. A placed task runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.resources import Resources


class ClusterError(K8sEduError, ValueError):
    """A booking that cannot be: no such machine, no room, or the task is elsewhere already."""


class Placed(NamedTuple):
    """A task that runs: whose it is, and where."""

    task: str
    job: Job
    machine: str


class Cluster:
    """The machines of a cluster with what runs on them.

    >>> web = Job("web", "ann", Resources.of(cpu="3"), tasks=2)
    >>> cluster = Cluster([Machine("m1", Resources.of(cpu="4"))])
    >>> cluster.place("web/0", web, "m1").machine
    'm1'
    >>> cluster.place("web/1", web, "m1")
    Traceback (most recent call last):
        ...
    k8sedu.workload.cluster.ClusterError: no room for web/1 on m1: too little cpu
    >>> cluster.remove("web/0").task, cluster.free("m1").cpu_millicores
    ('web/0', 4000)

    Args:
        machines: all of them, up.
        overcommit: whether more may be placed on a machine than it has, as reclamation does on purpose.
    """

    def __init__(self, machines: Iterable[Machine], *, overcommit: bool = False) -> None:
        self.machines = {machine.name: machine for machine in machines}
        self.overcommit = overcommit
        self._used = dict.fromkeys(self.machines, Resources())
        self._on: dict[str, dict[str, Placed]] = {name: {} for name in self.machines}
        self._where: dict[str, str] = {}
        self._down: dict[str, None] = {}

    def __contains__(self, task: str) -> bool:
        """Whether the task runs somewhere."""
        return task in self._where

    def place(self, task: str, job: Job, machine: str) -> Placed:
        """Book a task on a machine. O(1).

        Raises:
            ClusterError: see the class.
        """
        if machine not in self.machines:
            raise ClusterError(f"there is no machine {machine!r}, expected one of {', '.join(list(self.machines)[:5])} …")
        if machine in self._down:
            raise ClusterError(f"{machine} is down, so {task} cannot be placed there")
        if task in self._where:
            raise ClusterError(f"{task} runs on {self._where[task]} already, so it cannot be placed on {machine}")
        lacking = job.request.lacking(self.free(machine))
        if lacking and not self.overcommit:
            raise ClusterError(f"no room for {task} on {machine}: too little {' and '.join(lacking)}")
        placed = Placed(task, job, machine)
        self._where[task] = machine
        self._on[machine][task] = placed
        self._used[machine] = self._used[machine].plus(job.request)
        return placed

    def remove(self, task: str) -> Placed:
        """Take a task off its machine. O(1).

        Raises:
            ClusterError: it runs nowhere.
        """
        if task not in self._where:
            raise ClusterError(f"{task} runs nowhere, so it cannot be taken off")
        machine = self._where.pop(task)
        placed = self._on[machine].pop(task)
        self._used[machine] = self._used[machine].minus(placed.job.request)
        return placed

    def lose(self, machine: str) -> tuple[Placed, ...]:
        """A machine goes down: everything on it is lost, in the order in which it was placed."""
        lost = tuple(self._on[machine].values())
        for placed in lost:
            self.remove(placed.task)
        self._down[machine] = None
        return lost

    def return_(self, machine: str) -> None:
        """A machine is back, and empty."""
        self._down.pop(machine, None)

    def is_up(self, machine: str) -> bool:
        """Whether tasks can run there."""
        return machine not in self._down

    def up(self) -> Iterator[Machine]:
        """The machines that are up, in their order."""
        return (machine for name, machine in self.machines.items() if name not in self._down)

    def used(self, machine: str) -> Resources:
        """What the tasks on a machine asked for, together."""
        return self._used[machine]

    def free(self, machine: str) -> Resources:
        """What is not asked for; below zero where a cluster overcommits."""
        return self.machines[machine].capacity.minus(self._used[machine])

    def on(self, machine: str) -> tuple[Placed, ...]:
        """The tasks of a machine, in the order in which they were placed."""
        return tuple(self._on[machine].values())

    def where(self, task: str) -> str | None:
        """The machine of a task, or None."""
        return self._where.get(task)

    def placed(self) -> Iterator[Placed]:
        """All tasks that run, machine by machine."""
        return (placed for tasks in self._on.values() for placed in tasks.values())

    def check(self) -> None:
        """Assert that the books agree with each other; O(tasks)."""
        assert sorted(self._where) == sorted(placed.task for placed in self.placed())
        for name, tasks in self._on.items():
            summed = Resources()
            for placed in tasks.values():
                assert placed.machine == name == self._where[placed.task], placed
                summed = summed.plus(placed.job.request)
            assert summed == self._used[name], name
            assert self.overcommit or summed.fits_in(self.machines[name].capacity), name
            assert not (tasks and name in self._down), name
