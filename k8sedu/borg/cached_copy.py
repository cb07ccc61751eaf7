"""The scheduler's copy of the cell: brought up to date before every pass, and a little old for the rest of it.

The scheduler is a program of its own, so that a long pass never keeps the master from answering. It goes round in four steps: fetch what
has changed, bring the copy up to date, decide, tell the master. Its decisions are booked in the copy at once, or it would give the same
room away twice; the master may refuse them. So being brought up to date means: for whatever was touched, the master is right.

Two things that the master knows become constraints here. A machine that does not answer has the attribute `unreachable`, which no task
wants; and a task that has crashed somewhere does not want that machine.

Source: Verma et al., EuroSys 2015, sections 3.2 (the four steps), 3.4 (the copy) and 4 (crash pairs).
Left out: several schedulers at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from k8sedu.borg.borgmaster import CellState
from k8sedu.borg.cell import PORTS, Cell
from k8sedu.borg.jobs import BorgJob, Constraint, Requirement, Task, Vector
from k8sedu.borg.queue import PendingQueue

UNREACHABLE = Constraint("unreachable", "yes", wanted=False)


class CachedCopy:
    """A cell and a pending queue that follow a master's state.

    >>> from k8sedu.workload import Job, Machine, Resources
    >>> state = CellState([Machine("m1", Resources.of(cpu="4"))])
    >>> copy = CachedCopy(state, PendingQueue())
    >>> state.submit(Job("web", "ann", Resources.of(cpu="1"), tasks=2))
    >>> copy.refresh(state, ["web/0", "web/1"])
    >>> [task.name for task in copy.queue.order()]
    ['web/0', 'web/1']

    Args:
        state: what to begin with.
        queue: an empty one: in which order tasks are looked at.
        reservations: what running tasks are expected to use.
        extras: what Borg knows of a job beyond the common words (ports, packages, soft constraints), by the job's name.
        ports: how many each machine can give away.
    """

    def __init__(
        self, state: CellState, queue: PendingQueue, *, extras: Mapping[str, BorgJob] | None = None, ports: int = PORTS,
        reservations: Mapping[str, Vector] | None = None,
    ) -> None:  # fmt: skip
        self.cell = Cell(state.books.machines.values(), ports=ports)
        self.queue = queue
        self.extras = dict(extras or {})
        self.tasks: dict[str, Task] = {}
        self.reservations: dict[str, Vector] = dict(reservations or {})
        """What running tasks are expected to use, as far as somebody has estimated it."""
        self.unreachable: dict[str, None] = {}
        pending, placed = list(state.pending), [one.task for one in state.books.placed()]
        self.refresh(state, [*placed, *pending], list(self.cell.names))

    def refresh(self, state: CellState, tasks: Iterable[str], machines: Iterable[str] = ()) -> None:
        """For these tasks and machines, the master is right. O(what is touched)."""
        touched = list(dict.fromkeys(tasks))
        for name in touched:
            self._settle(state, name)
        for machine in machines:
            self._follow(state, machine)
        for name in touched:
            self._place(state, name)

    def reserve(self, reservations: Mapping[str, Vector]) -> None:
        """Take over what the master expects running tasks to use."""
        self.reservations = dict(reservations)
        for name, reservation in reservations.items():
            task = self.tasks.get(name)
            if task is not None and task in self.cell and self.cell.reservation(task) != reservation:
                self.cell.reserve(task, reservation)

    def say_unreachable(self, machine: str, *, on: bool) -> None:
        """A machine does not answer, or answers again: nothing new is placed where nobody answers."""
        if on == (machine in self.unreachable):
            return
        (self.unreachable.update({machine: None}) if on else self.unreachable.pop(machine))
        self._mark(UNREACHABLE, machine, on=on)

    def task(self, state: CellState, name: str) -> Task:
        """The task of this name, made on first use."""
        if name not in self.tasks:
            self.tasks[name] = self._new(state, name)
        return self.tasks[name]

    def _new(self, state: CellState, name: str) -> Task:
        job_name, _, index = name.rpartition("/")
        job = self.extras.get(job_name) or BorgJob.of(state.jobs[job_name])
        plain = Requirement.of(job, int(index))
        bad = [machine for task, machine in state.crashed if task == name]
        crashes = [Constraint("crashed", name, wanted=False)] if bad else []
        for machine in bad:
            self._mark(crashes[0], machine, on=True)
        return Task(job, int(index), plain._replace(hard=(*plain.hard, UNREACHABLE, *crashes)))

    def _mark(self, constraint: Constraint, machine: str, *, on: bool) -> None:
        """Let a machine have an attribute or lose it; whoever has examined it looks again."""
        self.cell.mark(machine, constraint.key, constraint.value, on=on)

    def _settle(self, state: CellState, name: str) -> None:
        """Take a task away from wherever the copy has it and the master has not."""
        task = self.task(state, name)
        if self.cell.where(task) not in {None, state.books.where(name)}:
            self.cell.remove(task)
        waits = task in self.queue
        if waits and (name not in state.pending or self._has_crashed(state, task)):
            self.queue.remove(task)
        if self._has_crashed(state, task) and task not in self.cell:
            del self.tasks[name]

    def _has_crashed(self, state: CellState, task: Task) -> bool:
        """Whether there is a crash that this task's requirement does not know yet."""
        known = [constraint for constraint in task.requirement.hard if constraint.key == "crashed"]
        bad = [machine for name, machine in state.crashed if name == task.name]
        return bool(bad) and not (known and all(self.cell.attribute("crashed", task.name)[self.cell.number(machine)] for machine in bad))

    def _follow(self, state: CellState, machine: str) -> None:
        is_up = bool(self.cell.up[self.cell.number(machine)])
        if is_up and not state.books.is_up(machine):
            self.cell.lose(machine)
        elif not is_up and state.books.is_up(machine):
            self.cell.return_(machine)

    def _place(self, state: CellState, name: str) -> None:
        """Put a task where the master has it: on its machine, or into the queue."""
        where = state.books.where(name)
        if where is None and name not in state.pending:
            self.tasks.pop(name, None)
            return
        task = self.task(state, name)
        if where is not None and task not in self.cell:
            self.cell.adopt(task, where, self.reservations.get(name))
        elif where is None and task not in self.queue and task not in self.cell:
            self.queue.add(task)
