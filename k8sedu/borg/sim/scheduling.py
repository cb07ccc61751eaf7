"""The scheduler in simulated time: fetch, update the copy, decide, tell the master; again and again.

It runs on a machine of its own and knows only its copy. A decision takes `think_ms`, so that the last one of a long pass rests on a copy
that is some seconds old. With `fetch_every_ms` the copy gets older still, and the master has more to refuse.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import Any, Protocol

import simpy

from k8sedu.borg.borgmaster import CellState, change
from k8sedu.borg.cached_copy import CachedCopy
from k8sedu.borg.cell import PORTS
from k8sedu.borg.examine import OUT, Examiner
from k8sedu.borg.feasibility import why_not
from k8sedu.borg.invariants import (
    OF_A_DECISION,
    BrokenPromiseError,
    nobody_runs_on_a_dead_machine,
    nobody_waits_in_vain,
    prod_is_within_limits,
)
from k8sedu.borg.jobs import BorgJob, Task, Vector
from k8sedu.borg.queue import FifoQueue, PendingQueue
from k8sedu.borg.scheduler import Decision, Scheduler
from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.sim.settings import Settings
from k8sedu.workload.sim import reasons_of

NEWS_MAX = 100_000


class Listener(Protocol):
    """Who is told what the scheduler does, and takes its decisions to the master."""

    has_frames: bool

    def fetched(self, *, changes: int, pending: int) -> None:
        """The copy was brought up to date."""

    def considered(self, task: str, verdicts: dict[str, tuple[str, float | None]], chosen: str) -> None:
        """What was found out about each machine for a task."""

    def refused(self, task: str, reasons: dict[str, int]) -> None:
        """A task fits nowhere."""

    def assign(self, line: str) -> bool:
        """Tell the master; False when nobody listens."""

    def fresh_state(self) -> CellState | None:
        """The working master's state, or None."""

    def reservations(self) -> dict[str, Vector]:
        """What the master expects running tasks to use; empty without reclamation."""


class Desk:
    """The scheduler's process.

    Args:
        env: the time.
        settings: of the run.
        extras: what Borg knows of jobs beyond the common words.
        rng: for the order of relaxed randomization.
        listener: the rest of the world.
    """

    def __init__(self, env: simpy.Environment, settings: Settings, *, extras: dict[str, BorgJob], rng: Random, listener: Listener) -> None:
        self.env, self.settings, self.extras, self.rng, self.listener = env, settings, extras, rng, listener
        self.copy: CachedCopy | None = None
        self.scheduler: Scheduler | None = None
        self.scorer = settings.scorer
        self.works = True
        self.fetched_us = 0
        self.examinations = 0
        self._heard: dict[str, str] = {}
        self._news: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._said: dict[str, None] = {}
        """The jobs of which was told that they must wait, until one of their tasks is placed."""

    # -- what reaches it ---------------------------------------------------------------------------------------------------------------

    def touch(self, tasks: tuple[str, ...], machines: tuple[str, ...] = ()) -> None:
        """Something has changed in the master's state; it will be fetched before the next pass."""
        self._news.append((tasks, machines))

    def hear(self, machine: str, how: str) -> None:
        """A machine is "silent", or "answers" again; that too is fetched with the rest."""
        self._heard[machine] = how

    def forget(self) -> None:
        """There is a new master, or the scheduler itself was started anew: its copy is made from nothing."""
        self.copy = self.scheduler = None
        self._news.clear()

    def use(self, scorer: str) -> None:
        """From now on another way to score."""
        self.scorer = scorer
        if self.copy is not None:
            self._hire()

    @property
    def behind(self) -> int:
        """How many changes the copy lacks."""
        return len(self._news)

    def order(self) -> list[str]:
        """The pending tasks in the order in which the next pass looks at them."""
        return [task.name for task in self.copy.queue.order()] if self.copy is not None else []

    # -- its round ---------------------------------------------------------------------------------------------------------------------

    def run(self) -> Generator[simpy.Event, Any, None]:
        """Fetch, update, decide, tell."""
        while True:
            yield self.env.timeout(self.settings.pass_every_ms * 1_000)
            state = self.listener.fresh_state()
            if self.works and state is not None:
                self._fetch(state)
                yield from self._pass()

    def _fetch(self, state: CellState) -> None:
        now_us = int(self.env.now)
        if self.copy is None:
            queue = PendingQueue() if self.settings.order == "round robin" else FifoQueue(blocking=self.settings.order == "blocking")
            self.copy = CachedCopy(state, queue, extras=self.extras, ports=self.settings.ports or PORTS,
                                   reservations=self.listener.reservations())  # fmt: skip
            self.fetched_us = now_us
            self._hire()
            self._follow()
            self.listener.fetched(changes=0, pending=len(self.copy.queue))
        elif (self._news or self._heard) and now_us - self.fetched_us >= self.settings.fetch_every_ms * 1_000:
            news, self._news, self.fetched_us = self._news, [], now_us
            tasks = [task for touched, _ in news for task in touched]
            machines = [machine for _, touched in news for machine in touched]
            self.copy.refresh(state, tasks, machines)
            self._follow()
            self.listener.fetched(changes=len(news), pending=len(self.copy.queue))
        if self.settings.reclamation:
            self.copy.reserve(self.listener.reservations())

    def _follow(self) -> None:
        assert self.copy is not None
        for machine, how in self._heard.items():
            self.copy.say_unreachable(machine, on=how == "silent")
        self._heard.clear()

    def _hire(self) -> None:
        assert self.copy is not None
        scorer = SCORERS[self.scorer]
        if self.scheduler is not None:
            self.examinations += self.scheduler.examiner.examinations
        self.scheduler = Scheduler(self.copy.cell, rng=self.rng, scorer=scorer, switches=self.settings.switches)
        self.pictures = Examiner(self.copy.cell, scorer=scorer)

    def _pass(self) -> Generator[simpy.Event, Any, None]:
        copy, scheduler = self.copy, self.scheduler
        assert copy is not None
        assert scheduler is not None
        decided = list[Decision]()
        for task in copy.queue.scan():
            yield self.env.timeout(self.settings.think_ms * 1_000)
            if self.copy is not copy or self.scheduler is not scheduler or not self.works:
                return
            decision = scheduler.decide(task)
            if decision is not None and decision.victims and not self.settings.preemption:
                decision = None
            self._consider(task, decision)
            if decision is None:
                copy.queue.keep(task)
            elif self._tell(decision):
                decided.append(decision)
            else:
                copy.queue.keep(task)
                return
        scheduler.forget()
        if self.listener.has_frames:
            self._check(copy, decided)

    def _check(self, copy: CachedCopy, decided: list[Decision]) -> None:
        """After a whole pass its promises hold: who preempts whom, production's limits, no priority inversion."""
        told = [holds(decision) for decision in decided for holds in OF_A_DECISION.values()]
        told += [prod_is_within_limits(copy.cell), nobody_runs_on_a_dead_machine(copy.cell)]
        if self.settings.preemption and self.settings.order != "blocking":
            told.append(nobody_waits_in_vain(copy.cell, copy.queue))
        broken = next(filter(None, told), "")
        if broken:
            raise BrokenPromiseError(broken)

    def _tell(self, decision: Decision) -> bool:
        """Take a decision to the master; it counts in the copy as if it had been accepted."""
        assert self.copy is not None
        assert self.scheduler is not None
        task, victims = decision.task.name, [victim.name for victim in decision.victims]
        self.scheduler.apply(decision)
        self.copy.queue.extend(decision.victims)
        self._said.pop(decision.task.job.name, None)
        return self.listener.assign(change("place", task=task, machine=decision.machine, victims=victims, score=round(decision.score, 6)))

    # -- what it found out -------------------------------------------------------------------------------------------------------------

    def _consider(self, task: Task, decision: Decision | None) -> None:
        """Tell of each machine why it is out or what it scored, and of a job that fits nowhere once: its tasks are alike."""
        waits = decision is None and task.job.name not in self._said
        if not waits and not (decision is not None and self.listener.has_frames):
            return
        verdicts = self._verdicts(task, with_scores=self.listener.has_frames)
        self.listener.considered(task.name, verdicts, decision.machine if decision else "")
        if waits:
            self._said[task.job.name] = None
            self.listener.refused(task.name, dict(reasons_of(reason for reason, _ in verdicts.values())))

    def _verdicts(self, task: Task, *, with_scores: bool) -> dict[str, tuple[str, float | None]]:
        assert self.copy is not None
        assert self.scheduler is not None
        cell, group = self.copy.cell, self.scheduler.group(task.requirement)
        found: dict[str, tuple[str, float | None]] = {}
        scores = self.pictures.examine(group).tolist() if with_scores else []
        for at, name in enumerate(cell.names):
            reason = _in_words(why_not(group, at))
            crowd = self.pictures.weights.spread * cell.domains.crowd(task.job.name, at, tasks=task.job.tasks)
            score = None if reason or not with_scores or scores[at] == OUT else round(scores[at] - crowd, 4)
            if not reason and not self.settings.preemption and cell.lacking(task, at):
                reason, score = cell.lacking(task, at), None
            found[name] = (reason, score)
        return found


def _in_words(reason: str) -> str:
    """A reason as a reader understands it: our own two constraints by their names."""
    if reason == "is not unreachable!=yes":
        return "unreachable"
    return "crashed here" if reason.startswith("is not crashed!=") else reason
