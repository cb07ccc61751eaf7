"""A cell: thousands of machines as columns, and the books of what runs on them.

A scheduler that asks ten thousand machine objects one after the other is lost. So a cell is a set of columns: row `r`, column `m` of
`capacity` is how much machine `m` has of resource `COLUMNS[r]`, in whole numbers. One comparison of NumPy then looks at all machines.

How much *room* a machine has depends on who asks. A production task may push out batch tasks, so their room counts as free; it must not
lean on promises, so it sees what others may use at most (their limits). A batch task pushes out nobody above it, and sees what others are
expected to use (their reservations, `reclamation`). The room therefore has a plane per *level*, that is per pair of (evicts below which
priority, counts limits). The first two levels evict nobody: they say whether a place is really free.

Every change of a machine gives it a new version (`room`). What a scheduler has once worked out about it holds until then.

Source: Verma et al., EuroSys 2015, sections 2.4, 3.2 and 5.5.
Left out: machines that join or leave for good; make another cell.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import gt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.borg.allocs import Allocs
from k8sedu.borg.bands import HIGHEST, is_prod, preempts_below
from k8sedu.borg.domains import Domains
from k8sedu.borg.jobs import COLUMNS, Task, Vector, vector
from k8sedu.borg.room import Room, Whole
from k8sedu.errors import K8sEduError
from k8sedu.workload.jobs import Machine

Truth: TypeAlias = NDArray[np.bool_]

PORTS = 28_232
"""So many ports a machine can give away: those of Linux' ephemeral range, 32768 to 60999."""

BY_LIMIT, BY_RESERVATION = 0, 1
"""The two levels that evict nobody: counting what others may use, and what they are expected to."""


class CellError(K8sEduError, ValueError):
    """A booking that cannot be: no such machine, no room, or the task is elsewhere already."""


class Level(NamedTuple):
    """From where somebody sees a machine: tasks below `threshold` count as gone; `limits` says in which measure the others count."""

    threshold: int
    limits: bool


class Cell:
    """Machines as columns, with what runs on them.

    >>> from k8sedu.borg.jobs import BorgJob
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4")), Machine("m2", Resources.of(cpu="2"))])
    >>> web = Task(BorgJob("web", "ann", Resources.of(cpu="3"), priority=200), 0)
    >>> cell.place(web, "m2")
    Traceback (most recent call last):
        ...
    k8sedu.borg.cell.CellError: no room for web/0 on m2: too little cpu
    >>> cell.place(web, "m1")
    >>> cell.room.columns[BY_LIMIT, 0].tolist(), cell.where(web)
    ([1000, 2000], 'm1')

    Args:
        machines: all of them, up.
        ports: how many ports each can give away.
    """

    def __init__(self, machines: Iterable[Machine], *, ports: int = PORTS) -> None:
        self.machines = tuple(machines)
        self.names = tuple(machine.name for machine in self.machines)
        self.index = {name: number for number, name in enumerate(self.names)}
        self.ports = ports
        rows = [vector(machine.capacity, ports) for machine in self.machines]
        self.capacity: Whole = np.array(rows, dtype=np.int64).reshape(len(rows), len(COLUMNS)).T.copy()
        """(resources, machines)."""
        self.scored = [row for row in range(len(COLUMNS) - 1) if rows and self.capacity[row].min() > 0]
        """The resources that count in a score: those of which every machine has some. Ports are plenty, and say nothing."""
        self.up: Truth = np.ones(len(rows), dtype=bool)
        self.gains = 0
        """How often some machine became more attractive: while it stands still, a machine without room stays without."""
        self.levels: list[Level] = [Level(0, limits=True), Level(0, limits=False)]
        self.room = Room(np.stack([self.capacity, self.capacity]))
        """A plane per level."""
        self.kinds: NDArray[np.int32] = np.zeros((2, len(rows)), dtype=np.int32)
        """(non-prod or prod, machines): how many tasks of either kind run there."""
        self.lowest = HIGHEST
        """The lowest priority that runs: who may only evict tasks below it evicts nobody."""
        self.packages: dict[str, Truth] = {}
        self.attributes: dict[tuple[str, str], Truth] = {}
        self.domains = Domains(self.machines)
        self.allocs = Allocs()
        self._on: list[dict[Task, None]] = [{} for _ in rows]
        self._where: dict[Task, int] = {}
        self._priorities: dict[int, int] = {}
        self._reserved: dict[Task, Vector] = {}
        self._shares: dict[tuple[int, Vector], Whole] = {}
        for number, machine in enumerate(self.machines):
            for key, value in machine.attributes.items():
                self.attribute(key, str(value))[number] = True

    def __len__(self) -> int:
        """How many machines it has."""
        return len(self.names)

    def __contains__(self, task: Task) -> bool:
        """Whether the task runs."""
        return task in self._where

    # -- what runs ---------------------------------------------------------------------------------------------------------------------

    def place(self, task: Task, machine: str | int) -> None:
        """Book a task on a machine, at its limit. O(levels).

        Raises:
            CellError: see the class.
        """
        at = self.number(machine)
        if task in self._where:
            raise CellError(f"{task.name} runs on {self.names[self._where[task]]} already, expected a task that does not run")
        limit, priority, *_ = task.requirement
        if not self.up[at] or any(map(gt, limit, self.room.free(at, self.base(priority)))):
            lacking = self.lacking(task, at)
            if lacking:  # it is not, where only something is overbooked that this task does not ask for
                raise CellError(f"no room for {task.name} on {self.names[at]}: {lacking}")
        self.room.take(at, self._share(priority, limit))
        self._book(task, at)
        if task.job.is_alloc_set:
            self.allocs.open(task)

    def adopt(self, task: Task, machine: str | int, reservation: Vector | None = None) -> None:
        """Book a task that runs there already, whether or not there is room: for who copies somebody else's books. O(levels).

        Raises:
            CellError: the machine is down, or the task is elsewhere.
        """
        at = self.number(machine)
        if task in self._where or not self.up[at]:
            raise CellError(f"{task.name} cannot be adopted on {self.names[at]}, expected a machine that is up and a task at rest")
        self.room.take(at, self._share(task.priority, task.limit))
        self._book(task, at)
        if reservation is not None:
            self.reserve(task, reservation)

    def place_inside(self, task: Task, alloc: Task) -> None:
        """Book a task in a running alloc: it lives on what the alloc has reserved, and takes no room of the machine.

        Raises:
            CellError: the alloc does not run, or has no room left.
        """
        if task in self._where or alloc not in self._where or not self.allocs.has_room(task, alloc):
            raise CellError(f"{task.name} cannot run in {alloc.name}, expected a task that does not run and an alloc with room for it")
        self.allocs.put(task, alloc)
        self._book(task, self._where[alloc])
        self.room.touch(self._where[alloc])

    def remove(self, task: Task) -> str:
        """Take a task off its machine, whose name is given back. O(levels).

        Raises:
            CellError: it runs nowhere, or is an alloc in which somebody runs.
        """
        at = self._where.get(task, -1)
        if at < 0:
            raise CellError(f"{task.name} runs nowhere, so it cannot be taken off")
        if self.allocs.inside(task):
            raise CellError(f"{task.name} is an alloc in which tasks run, expected an empty one: take them off first")
        self.room.give(at, self._share_now(task))
        del self._where[task]
        self.allocs.leave(task)
        self._reserved.pop(task, None)
        del self._on[at][task]
        self.kinds[1 if is_prod(task.priority) else 0, at] -= 1
        self._tally(task.priority, -1)
        self.domains.count(task.job.name, at, -1)
        self.gains += 1
        return self.names[at]

    def reserve(self, task: Task, reservation: Vector) -> None:
        """Say what a running task is expected to use, instead of its limit: non-prod work may have the rest. O(levels).

        Raises:
            CellError: it runs nowhere, or the reservation is below zero.
        """
        at = self._where.get(task, -1)
        if at < 0 or min(reservation) < 0:
            raise CellError(f"{task.name} cannot reserve {reservation}, expected a running task and amounts of 0 or more")
        self.room.give(at, self._share_now(task))
        self._reserved[task] = reservation
        self.room.take(at, self._share_now(task))
        self.gains += 1

    def lose(self, machine: str | int) -> tuple[Task, ...]:
        """A machine goes down: everything on it is lost, in the order in which it was placed."""
        at = self.number(machine)
        lost = tuple(self._on[at])
        for task in reversed(lost):  # those inside an alloc before the alloc
            self.remove(task)
        self.up[at] = False
        self.room.touch(at)
        return lost

    def return_(self, machine: str | int) -> None:
        """A machine is back, and empty."""
        at = self.number(machine)
        self.up[at] = True
        self.room.touch(at)
        self.gains += 1

    def mark(self, machine: str | int, key: str, value: str, *, on: bool) -> None:
        """Give a machine an attribute, or take it away."""
        at, column = self.number(machine), self.attribute(key, value)
        if bool(column[at]) != on:
            column[at] = on
            for (other, either), whole in self.attributes.items():
                if other == key and value in either.split("|")[1:] + either.split("|")[:-1]:
                    whole[at] = any(self.attributes[key, part][at] for part in either.split("|"))
            self.room.touch(at)
            self.gains += 1

    # -- what one can ask --------------------------------------------------------------------------------------------------------------

    def number(self, machine: str | int) -> int:
        """The column of a machine.

        Raises:
            CellError: there is no such machine.
        """
        if isinstance(machine, str):
            if machine not in self.index:
                raise CellError(f"there is no machine {machine!r}, expected one of {', '.join(self.names[:5])} …")
            return self.index[machine]
        return machine

    def where(self, task: Task) -> str | None:
        """The machine of a task, or None."""
        at = self._where.get(task)
        return None if at is None else self.names[at]

    def on(self, machine: str | int) -> tuple[Task, ...]:
        """The tasks of a machine, in the order in which they were placed."""
        return tuple(self._on[self.number(machine)])

    def running(self) -> tuple[Task, ...]:
        """All tasks that run, in the order in which they were placed."""
        return tuple(self._where)

    def reservation(self, task: Task) -> Vector:
        """What a running task is expected to use: its limit until somebody knows better."""
        return self._reserved.get(task, task.limit)

    def base(self, priority: int) -> int:
        """The level that says whether a place is free for this priority without evicting anybody."""
        return BY_LIMIT if is_prod(priority) else BY_RESERVATION

    def level(self, priority: int) -> int:
        """The level from which a task of this priority sees the cell; made on first use, which takes O(tasks)."""
        wanted = Level(preempts_below(priority), is_prod(priority))
        if wanted not in self.levels:
            self.levels.append(wanted)
            self._shares.clear()
            self.room.add(self._new_plane(wanted))
        return self.levels.index(wanted)

    def lacking(self, task: Task, machine: str | int) -> str:
        """Why a task cannot run there as things are, without evicting anybody; "" if it can."""
        at = self.number(machine)
        if not self.up[at]:
            return "the machine is down"
        free = self.room.free(at, self.base(task.priority))
        lacking = [name for name, have, need in zip(COLUMNS, free, task.limit, strict=True) if need and have < need]
        return f"too little {' and '.join(lacking)}" if lacking else ""

    def attribute(self, key: str, value: str) -> Truth:
        """The column that says which machines have this attribute; `A|B` is either of them, as in `k8sedu.workload`."""
        if (key, value) not in self.attributes:
            column = np.zeros(len(self), dtype=bool)
            for part in value.split("|") if "|" in value else ():
                column |= self.attribute(key, part)
            self.attributes[key, value] = column
        return self.attributes[key, value]

    def package(self, name: str) -> Truth:
        """The column that says which machines have this package already."""
        if name not in self.packages:
            self.packages[name] = np.zeros(len(self), dtype=bool)
        return self.packages[name]

    def used(self) -> Whole:
        """(resources, machines): what running tasks may use together, by their limits."""
        used: Whole = self.capacity - self.room.columns[BY_LIMIT]
        return used

    # -- the books ---------------------------------------------------------------------------------------------------------------------

    def _book(self, task: Task, at: int) -> None:
        """Write down everything about a task that is there, but for the room."""
        self._where[task] = at
        self._on[at][task] = None
        self.kinds[1 if is_prod(task.requirement.priority) else 0, at] += 1
        self._tally(task.requirement.priority, 1)
        self.domains.count(task.job.name, at, 1)
        for package in task.requirement.packages:
            self.package(package)[at] = True

    def _tally(self, priority: int, change: int) -> None:
        """A task of this priority has come or gone."""
        left = self._priorities.get(priority, 0) + change
        self._priorities[priority] = left
        if left == 1 or not left:
            self.lowest = min((each for each, tasks in self._priorities.items() if tasks), default=HIGHEST)

    def _share(self, priority: int, limit: Vector, reservation: Vector | None = None) -> Whole:
        """(levels, resources): by how much a task narrows the room that each level sees."""
        if reservation is None and (known := self._shares.get((priority, limit))) is not None:
            return known
        expected, nothing = reservation or limit, (0,) * len(COLUMNS)
        planes = [nothing if priority < level.threshold else limit if level.limits else expected for level in self.levels]
        share: Whole = np.array(planes, dtype=np.int64)
        if reservation is None:
            self._shares[priority, limit] = share
        return share

    def _share_now(self, task: Task) -> Whole:
        if task in self.allocs:
            nothing: Whole = np.zeros((len(self.levels), len(COLUMNS)), dtype=np.int64)
            return nothing
        return self._share(task.priority, task.limit, self._reserved.get(task))

    def _new_plane(self, level: Level) -> Whole:
        """The room that a new level sees: that of the level which evicts nobody, and what those have who could be evicted."""
        plane: Whole = self.room.columns[BY_LIMIT if level.limits else BY_RESERVATION].copy()
        for task, at in self._where.items():
            if task.requirement.priority < level.threshold and task not in self.allocs:
                plane[:, at] += np.array(task.limit if level.limits else self.reservation(task), dtype=np.int64)
        return plane

    def _plane(self, level: Level) -> Whole:
        """The room that one level sees, from nothing."""
        plane = self.capacity.copy()
        for task, at in self._where.items():
            if task.priority >= level.threshold and task not in self.allocs:
                plane[:, at] -= np.array(task.limit if level.limits else self.reservation(task), dtype=np.int64)
        return plane

    def check(self) -> None:
        """Assert that the columns are what the tasks say, and that no limit of production is broken; O(tasks × levels)."""
        for number, level in enumerate(self.levels):
            assert np.array_equal(self.room.columns[number], self._plane(level)), level
        assert sorted(map(repr, self._where)) == sorted(repr(task) for tasks in self._on for task in tasks)
        for at, tasks in enumerate(self._on):
            assert all(self._where[task] == at for task in tasks), self.names[at]
            prod = sum(is_prod(task.priority) for task in tasks)
            assert self.kinds[:, at].tolist() == [len(tasks) - prod, prod], self.names[at]
            assert self.up[at] or not tasks, self.names[at]
        assert self.lowest == min((task.priority for task in self._where), default=HIGHEST)
        self.domains.check(self._where)
        self.room.check()
        self.allocs.check(self._where)
