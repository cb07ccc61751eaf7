"""Everything that moves in one run of Borg: users, masters, link shards, borglets, the scheduler, and who writes it down.

The agreed log is the hinge. Whoever wants something changed proposes a line; when a majority has it, it takes effect here, once: in the
books, as orders to borglets, and as a step of the trace. So the run is the same whichever replica happened to lead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from typing import Any

import simpy

from k8sedu.borg.borgmaster import REPLICAS, CellState, change, job_as_json
from k8sedu.borg.jobs import BorgJob, Vector
from k8sedu.borg.quota import Quota
from k8sedu.borg.reachability import Reachability
from k8sedu.borg.sim.estimates import Estimates
from k8sedu.borg.sim.machines import Machines
from k8sedu.borg.sim.masters import Applied, Masters
from k8sedu.borg.sim.picture import picture
from k8sedu.borg.sim.polls import Polls
from k8sedu.borg.sim.scheduling import Desk
from k8sedu.borg.sim.settings import MASTER, MASTERS, SCHEDULER, Settings
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Workload
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import Scribe

BORGMASTER = "borgmaster"
RETRY_US = 500_000
USED_PERCENT = (30, 90)
"""A task uses a part of what it asks for: so many per cent, drawn once for each job."""


class World:
    """One cell in time."""

    def __init__(self, workload: Workload, settings: Settings, recorder: Recorder, *, seed: int) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.workload, self.settings, self.seed = workload, settings, seed
        self.has_frames = recorder.frames
        self.scribe = Scribe(recorder, Cluster(workload.machines, overcommit=settings.reclamation), actor=BORGMASTER)
        self.jobs = {job.name: job for job in workload.jobs}
        self.machines = Machines(self.env, [machine.name for machine in workload.machines], told=self._machine, crashes=settings.crashes)
        self.masters = Masters(self.env, REPLICAS, self._new_state, seed=seed, told=self._master, settled=self._settle)
        self.watch = Reachability(missed_max=settings.missed_max, drain_every_ms=settings.drain_every_ms)
        self.polls = Polls(self.masters, self.machines, self.watch, told=self.note)
        self.desk = Desk(self.env, settings, extras=settings.borg_jobs(workload), rng=stream(seed, "scheduler"), listener=self)
        self.polls.heard = self.desk.hear
        self.opened = self.env.event()
        """Happens when the first master works: before that, nobody is there to whom a job could be submitted."""
        self.estimates = Estimates(settings.estimation)
        self.quota = Quota(list(settings.quota)) if settings.quota is not None else None
        self.failed_us: dict[str, int] = {}
        self.left: dict[str, int] = {}
        """How many tasks of each job have not yet ended, where quota is counted."""
        self.taken: dict[str, None] = {}
        """The jobs that were taken in."""
        self._verdicts: dict[str, tuple[dict[str, tuple[str, float | None]], str]] = {}
        self._lost_master: str | None = None

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    def run(self) -> None:
        """Let everything happen, to the end."""
        self.polls.deal()
        self.masters.start()
        for process in (self.desk.run(), self._poll(), self._checkpoint()):
            self.env.process(process)
        for job in self.workload.jobs:
            self.env.process(self._arrive(job))
        for fault in self.settings.faults:
            self._at(fault.at_us, lambda fault=fault: FAULTS[fault.kind](self, fault))  # type: ignore[misc]  # a default argument binds the loop's value
        for at_ms, scorer in self.settings.scorers:
            self._at(at_ms * 1_000, lambda scorer=scorer: self._use(scorer))  # type: ignore[misc]  # as above
        self.env.run(until=self.settings.duration_ms * 1_000)
        self.note("end", "", {"examinations": self._examinations()})

    def note(self, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        """Write down a step of Borg's own."""
        self._redraw()
        self.scribe.note(self.now_us, kind, actor, detail)

    def _new_state(self) -> CellState:
        settings = self.settings
        return CellState(self.workload.machines, overcommit=settings.reclamation, avoids_crashed_pairs=settings.avoid_crashed_pairs)

    # -- what happens by itself --------------------------------------------------------------------------------------------------------

    def _arrive(self, job: Job) -> Generator[simpy.Event, Any, None]:
        """A user submits a job, and asks again while nobody answers."""
        yield self.opened
        yield self.env.timeout(max(0, job.arrival_ms * 1_000 - self.now_us))
        told = False
        if self.quota is not None and (why := self.quota.why_not(self._borg_job(job), now_s=self.now_us // 1_000_000)):
            self.note("refuse_job", job.user, {"job": job.name, "why": why})
            return
        while job.name not in self.taken:  # also a master that died with the request in its hands is asked again
            if not self.masters.propose(change("submit", job=job_as_json(job))) and not told:
                told = True
                self.note("no_master", job.user, {"job": job.name})
            yield self.env.timeout(RETRY_US)

    def _poll(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self.env.timeout(self.settings.poll_every_ms * 1_000)
            self.polls.round()
            self._estimate()
            self.polls.give_up(self.now_us // 1_000)

    def _estimate(self) -> None:
        """With the usage of the last round: what is everybody expected to use?"""
        state = self.masters.state
        if self.settings.reclamation and state is not None:
            self.estimates.hear(self.polls.news)
            self.estimates.look(state, now_s=self.now_us // 1_000_000)

    def _checkpoint(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self.env.timeout(self.settings.checkpoint_every_ms * 1_000)
            self.masters.compact()

    def _use(self, scorer: str) -> None:
        self.desk.use(scorer)
        self.note("scorer", SCHEDULER, {"scorer": scorer})

    # -- the scheduler's side ----------------------------------------------------------------------------------------------------------

    def fresh_state(self) -> CellState | None:
        """The working master's state."""
        return self.masters.state

    def fetched(self, *, changes: int, pending: int) -> None:
        """The scheduler has brought its copy up to date."""
        self.note("fetch", SCHEDULER, {"changes": changes, "pending": pending})

    def reservations(self) -> dict[str, Vector]:
        """What running tasks are expected to use."""
        return self.estimates.reservations

    def considered(self, task: str, verdicts: dict[str, tuple[str, float | None]], chosen: str) -> None:
        """What the scheduler found out; the step of the placement shows it."""
        if self.has_frames:
            self._verdicts[task] = (verdicts, chosen)

    def refused(self, task: str, reasons: dict[str, int]) -> None:
        """A task fits nowhere now."""
        if task in self.scribe.queue:
            self._show(task)
            self._redraw()
            self.scribe.refuse(self.now_us, task, reasons)

    def assign(self, line: str) -> bool:
        """Take a decision to the master."""
        return self.masters.propose(line)

    def _show(self, task: str) -> None:
        if task in self._verdicts:
            verdicts, chosen = self._verdicts.pop(task)
            self.scribe.consider(task, verdicts, chosen=chosen)

    # -- what takes effect -------------------------------------------------------------------------------------------------------------

    def _settle(self, applied: Applied) -> None:
        what = json.loads(applied.line)
        machine = what.get("machine")
        victims = tuple(what.get("victims", ()))
        self.desk.touch((*applied.outcome.tasks, *((what["task"], *victims) if "task" in what else ())), (machine,) if machine else ())
        SETTLED[what["do"]](self, what, applied)
        if self.has_frames:
            self._check(applied.replica)

    def _check(self, replica: str) -> None:
        """The books, the replica that applied the change, and the scheduler's copy are each whole; the first two agree."""
        state = self.masters.state_of(replica)
        state.check()
        self.scribe.cluster.check()
        here, there = ({one.task: one.machine for one in books.placed()} for books in (self.scribe.cluster, state.books))
        assert here == there, f"the books differ from {replica}: {here} and {there}"
        assert sorted(self.scribe.queue) == sorted(state.pending), f"the queue differs from {replica}"
        if self.desk.copy is not None:
            self.desk.copy.cell.check()

    def _submitted(self, what: Mapping[str, Any], applied: Applied) -> None:
        job = self.jobs[what["job"][0]]
        if not applied.outcome.refused:
            self.taken[job.name] = None
            if self.quota is not None:
                self.quota.admit(self._borg_job(job), now_s=self.now_us // 1_000_000)
                self.left[job.name] = job.tasks
            late = {"arrived_us": job.arrival_ms * 1_000} if self.now_us - job.arrival_ms * 1_000 > RETRY_US else {}
            self._redraw()
            self.scribe.submit(self.now_us, job, **late)

    def _placed(self, what: Mapping[str, Any], applied: Applied) -> None:
        task, machine = what["task"], what["machine"]
        if applied.outcome.refused:
            self._verdicts.pop(task, None)
            self.note("reject_stale", BORGMASTER, {"task": task, "machine": machine, "why": applied.outcome.refused})
            return
        found = self._verdicts.get(task)
        for victim in applied.outcome.tasks[1:]:
            if found is not None:
                self.scribe.consider(task, found[0], chosen=found[1])
            self._redraw()
            self.scribe.preempt(self.now_us, victim, by=task)
            self.machines.stop(victim, machine)
        self._show(task)
        self._redraw()
        job = self.jobs[task.rpartition("/")[0]]
        self.scribe.place(self.now_us, task, job, machine, score=what["score"])
        self.machines.start(task, job, machine, self._used(job))

    def _finished(self, what: Mapping[str, Any], applied: Applied) -> None:
        for task in applied.outcome.tasks:
            self._redraw()
            self.scribe.finish(self.now_us, task)
            self._ended(task.rpartition("/")[0])
        self.machines.borglets[what["machine"]].forget(what["tasks"])

    def _ended(self, job: str) -> None:
        """When the last task of a job has ended, its quota is free again."""
        if self.quota is not None:
            self.left[job] -= 1
            if not self.left[job]:
                self.quota.release(job)

    def _borg_job(self, job: Job) -> BorgJob:
        return self.desk.extras.get(job.name) or BorgJob.of(job)

    def _failed(self, what: Mapping[str, Any], applied: Applied) -> None:
        self.machines.borglets[what["machine"]].forget([what["task"]])
        for task in applied.outcome.tasks:
            self._redraw()
            self.scribe.fail(self.now_us, task)

    def _lost(self, what: Mapping[str, Any], applied: Applied) -> None:
        for task in applied.outcome.tasks:
            self._redraw()
            self.scribe.lose(self.now_us, task, since_us=self.failed_us.get(what["machine"], self.now_us))

    def _down(self, what: Mapping[str, Any], _applied: Applied) -> None:
        machine = what["machine"]
        if self.scribe.cluster.is_up(machine):
            self._redraw()
            self.scribe.machine_down(self.now_us, machine, since_us=self.failed_us.get(machine, self.now_us))

    def _up(self, what: Mapping[str, Any], _applied: Applied) -> None:
        machine = what["machine"]
        if not self.scribe.cluster.is_up(machine):
            self._redraw()
            self.scribe.machine_up(self.now_us, machine)

    def _used(self, job: Job) -> Resources:
        low, high = USED_PERCENT
        percent = stream(self.seed, "usage", job.name).randint(low, high)
        return Resources(*(amount * percent // 100 for amount in job.request))

    # -- what others tell --------------------------------------------------------------------------------------------------------------

    def _master(self, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        if kind in {"replica_down", "replica_up"} and self.masters.ready is not None and not detail.get("leader"):
            self.polls.deal()
        self.note(kind, actor, detail)
        if kind == "master_ready":
            if not self.opened.triggered:
                self.opened.succeed()
            self.desk.forget()
            self.estimates.begin()
            self.polls.begin()

    def _machine(self, kind: str, machine: str, detail: Mapping[str, Any]) -> None:
        if kind in {"machine_crash", "machine_cut_off"}:
            self.failed_us[machine] = self.now_us
        self.note(kind, machine, detail)

    # -- faults ------------------------------------------------------------------------------------------------------------------------

    def _at(self, time_us: int, action: Callable[[], object]) -> None:
        def happen(_: simpy.Event) -> None:
            action()

        self.env.timeout(time_us).callbacks.append(happen)

    def _stop(self, fault: Fault) -> None:
        for name in self._meant(fault):
            if name == SCHEDULER:
                self._scheduler(on=False)
            elif name in REPLICAS:
                self.masters.crash(name)
            else:
                self.machines.crash(name)

    def _start(self, fault: Fault) -> None:
        for name in self._meant(fault):
            if name == SCHEDULER:
                self._scheduler(on=True)
            elif name in REPLICAS:
                self.masters.restart(name)
            else:
                self.machines.restart(name)

    def _meant(self, fault: Fault) -> tuple[str, ...]:
        """The machines or replicas that a fault's name stands for."""
        name = fault.arguments.node
        if name == MASTERS:
            return REPLICAS
        if name != MASTER:
            return (name,)
        if fault.kind == "crash":
            self._lost_master = self.masters.ready or next(iter(self.masters.leading), None)
        return (self._lost_master,) if self._lost_master else ()

    def _scheduler(self, *, on: bool) -> None:
        if self.desk.works != on:
            self.desk.works = on
            self.desk.forget()
            self.note("scheduler_up" if on else "scheduler_down", SCHEDULER, {})

    def _cut(self, fault: Fault) -> None:
        self.machines.reach(fault.arguments.node, on=False)
        if fault.arguments.get("until_us") is not None:
            self._at(fault.arguments.until_us - self.now_us, lambda: self.machines.reach(fault.arguments.node, on=True))

    def _connect(self, fault: Fault) -> None:
        self.machines.reach(fault.arguments.node, on=True)

    def _partition(self, fault: Fault) -> None:
        self.masters.partition(fault.arguments.groups)
        if fault.arguments.get("until_us") is not None:
            self._at(fault.arguments.until_us - self.now_us, self.masters.heal)

    def _heal(self, _fault: Fault) -> None:
        self.masters.heal()

    # -- the trace ---------------------------------------------------------------------------------------------------------------------

    def _examinations(self) -> int:
        scheduler = self.desk.scheduler
        return self.desk.examinations + (scheduler.examiner.examinations if scheduler else 0)

    def _redraw(self) -> None:
        """What Borg adds to the picture."""
        if self.has_frames:
            places = {task: place for place, task in enumerate(self.desk.order())}
            self.scribe.queue.sort(key=lambda task: places.get(task, -1))  # who is decided on and not yet placed stands in front
            self.scribe.more = picture(self.masters, self.polls, self.machines, self.desk)


FAULTS: dict[str, Callable[[World, Fault], None]] = {
    "crash": World._stop,
    "restart": World._start,
    "pause": World._cut,
    "resume": World._connect,
    "partition": World._partition,
    "heal": World._heal,
}

SETTLED: dict[str, Callable[[World, Mapping[str, Any], Applied], None]] = {
    "submit": World._submitted,
    "place": World._placed,
    "finish": World._finished,
    "fail": World._failed,
    "lost": World._lost,
    "down": World._down,
    "up": World._up,
}
"""What follows when a change takes effect."""
