"""The scheduler: task by task from the pending queue, feasibility, scoring, a machine, and maybe victims.

Without help it examines every machine for every task: a hundred thousand tasks and ten thousand machines are a thousand million
examinations. Three ideas save nearly all of them, and each can be switched off:

- *equivalence classes*: what was found for one task holds for all that ask for the same, as long as the machine does not change;
- *score caching*: it also holds in the next pass, instead of being forgotten at the end of this one;
- *relaxed randomization*: not all machines are examined, only so many in random order that enough feasible ones are found.

The first two change no decision: they are memory. The third does, and the question is how much worse the machines are filled.

A scheduler has no clock. It works on the cell that it is given: the master's own, or a copy whose decisions the master checks (`copy`).

Source: Verma et al., EuroSys 2015, sections 3.2 and 3.4.
Left out: several schedulers with a policy each, threads, and the tolerance that lets a cached score live through small changes: here
every change counts, so that a remembered score is always the true one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from random import Random
from typing import NamedTuple

import numpy as np

from k8sedu.borg.cell import Cell
from k8sedu.borg.classes import Group
from k8sedu.borg.examine import Examiner
from k8sedu.borg.jobs import Requirement, Task
from k8sedu.borg.memory import Found, Sample, Table
from k8sedu.borg.preemption import victims
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scoring import Scorer, hybrid
from k8sedu.borg.weights import Weights


class Switches(NamedTuple):
    """The three ideas of section 3.4, each on or off; `enough` is how many feasible machines relaxed randomization looks for."""

    score_caching: bool = True
    equivalence_classes: bool = True
    relaxed_randomization: bool = True
    enough: int = 128


ALL_ON = Switches()
ALL_OFF = Switches(score_caching=False, equivalence_classes=False, relaxed_randomization=False)


class Decision(NamedTuple):
    """Where a task shall run, and who has to leave for it."""

    task: Task
    machine: str
    score: float
    victims: tuple[Task, ...] = ()
    alloc: Task | None = None
    """The alloc in which it runs, if its job asks for one."""


class Pass(NamedTuple):
    """What one pass over the pending queue came to."""

    placed: list[Decision]
    refused: list[Task]


class Scheduler:
    """Chooses machines in one cell.

    >>> from k8sedu.borg.jobs import BorgJob, tasks_of
    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4")), Machine("m2", Resources.of(cpu="4"))])
    >>> batch = BorgJob("batch", "ann", Resources.of(cpu="3"), tasks=2, priority=100)
    >>> web = BorgJob("web", "bob", Resources.of(cpu="2"), priority=200)
    >>> scheduler = Scheduler(cell, rng=Random(7))
    >>> len(scheduler.schedule(PendingQueue(tasks_of(batch))).placed)
    2
    >>> victims = scheduler.schedule(queue := PendingQueue(tasks_of(web))).placed[0].victims
    >>> [victim.job.name for victim in victims], list(victims) == list(queue)
    (['batch'], True)

    Args:
        cell: the machines; decisions are booked there at once.
        scorer: how a machine is judged, see `scoring`.
        weights: what counts beside.
        switches: what of section 3.4 is on.
        rng: for the order of relaxed randomization.
    """

    def __init__(
        self,
        cell: Cell,
        *,
        rng: Random,
        scorer: Scorer = hybrid,
        weights: Weights = Weights(),  # noqa: B008  # a NamedTuple never changes
        switches: Switches = ALL_ON,
    ) -> None:
        self.cell = cell
        self.examiner = Examiner(cell, scorer=scorer, weights=weights)
        self.switches = switches
        self.rng = rng
        self._groups: dict[Requirement, Group] = {}
        self._memory: dict[Hashable, Table | Sample] = {}
        ring = list(range(len(cell)))
        rng.shuffle(ring)
        self._ring = np.array(ring, dtype=np.int64)

    # -- a pass ------------------------------------------------------------------------------------------------------------------------

    def schedule(self, queue: PendingQueue) -> Pass:
        """One pass over all pending tasks. Who is placed, and who is a victim, is booked in the cell and in the queue."""
        done = Pass([], [])
        for task, decision in self.run(queue):
            if decision is None:
                done.refused.append(task)
            else:
                done.placed.append(decision)
        return done

    def run(self, queue: PendingQueue) -> Iterator[tuple[Task, Decision | None]]:
        """The same pass, task by task, for whoever wants to stop or to tell the time in between."""
        try:
            for task in queue.scan():
                decision = self.decide(task)
                if decision is None:
                    queue.keep(task)
                else:
                    self.apply(decision)
                    queue.extend(decision.victims)
                yield task, decision
        finally:
            self.forget()

    def apply(self, decision: Decision) -> None:
        """Book a decision: victims off, task on. O(victims + 1)."""
        for victim in decision.victims:
            self.cell.remove(victim)
        if decision.alloc is None:
            self.cell.place(decision.task, decision.machine)
        else:
            self.cell.place_inside(decision.task, decision.alloc)
        if not self.switches.equivalence_classes:
            self._memory.pop(decision.task, None)  # nobody will ask for this one again

    def forget(self) -> None:
        """The pass is over: without score caching, everything that was found out is forgotten."""
        if not self.switches.score_caching:
            self._memory.clear()

    # -- a decision --------------------------------------------------------------------------------------------------------------------

    def decide(self, task: Task) -> Decision | None:
        """The best machine for a task, with those who have to leave; None if it fits nowhere. Nothing is booked."""
        if task.requirement.alloc_set:
            alloc = self.cell.allocs.choose(task)
            return None if alloc is None else Decision(task, self.cell.where(alloc) or "", 0.0, alloc=alloc)
        found = self._memory_of(task).best(task.job)
        if found is None:
            return None
        return Decision(task, self.cell.names[found.at], found.score, self._victims(task, found))

    def _victims(self, task: Task, found: Found) -> tuple[Task, ...]:
        if self.cell.lowest >= task.priority:
            return ()
        chosen = victims(self.cell, task.priority, task.limit, found.at)
        assert chosen is not None, f"{self.cell.names[found.at]} was found feasible for {task.name}, and is not"
        return chosen

    def group(self, requirement: Requirement) -> Group:
        """The equivalence class of a requirement, prepared for this cell."""
        if requirement not in self._groups:
            self._groups[requirement] = Group(self.cell, requirement)
        return self._groups[requirement]

    def _memory_of(self, task: Task) -> Table | Sample:
        """What is known about machines for this task; nothing yet, if it is new or may not be remembered."""
        switches = self.switches
        if not (switches.equivalence_classes or switches.score_caching):
            return self._blank(task)
        spreads = bool(self.examiner.weights.spread)
        key: Hashable = (task.requirement, task.job.name if spreads else "") if switches.equivalence_classes else task
        known = self._memory.get(key)
        if known is None:
            known = self._memory[key] = self._blank(task)
        return known

    def _blank(self, task: Task) -> Table | Sample:
        group = self.group(task.requirement)
        if not self.switches.relaxed_randomization:
            return Table(self.examiner, group)
        start = self.rng.randrange(max(len(self._ring), 1))
        return Sample(self.examiner, group, ring=self._ring, start=start, enough=self.switches.enough)
