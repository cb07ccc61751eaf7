"""A plan: what somebody has wished for so far, and the run that follows from it.

A laboratory adds a wish at the instant at which its reader stands. Whatever was wished for *later* is dropped, so the past stays what it
was and the future is new: that is a fork. A wish takes effect a microsecond after the instant, so that the instant itself does not change.

Left out: wishes about links between replicas, which lesson 1 cuts.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.borg.sim import simulate
from k8sedu.borg.sim.settings import MASTER, SCHEDULER
from k8sedu.sim import faults as make
from k8sedu.sim.faults import Fault
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload import arrivals
from k8sedu.workload.jobs import Job, Workload
from k8sedu.workload.resources import GIB, Resources

FUTURE_MS = 14_000
"""After every wish the run goes on for at least this long: long enough for another master to be elected."""

USER = "you"
KINDS = {"crash": make.crash, "restart": make.restart, "pause": make.pause, "resume": make.resume}


class Draft(NamedTuple):
    """The next job that will be submitted; nothing of it is in the run yet. Each task has a GiB of memory for each core."""

    priority: int = 200
    cores: int = 2
    tasks: int = 3


class Plan(NamedTuple):
    """Everything that the run depends on.

    >>> plan = Plan.new(seed=5).until(6_000_000)
    >>> plan.with_fault("crash", "m2", now_us=6_000_000).faults[0].format()
    'at 6000.001 crash m2'
    """

    workload: Workload
    seed: int = 5
    duration_ms: int = 20_000
    jobs: tuple[Job, ...] = ()
    faults: tuple[Fault, ...] = ()
    scorers: tuple[tuple[int, str], ...] = ()
    order: str = "round robin"
    preemption: bool = True

    @classmethod
    def new(cls, *, seed: int = 5, workload: Workload | None = None) -> Plan:
        """A plan without any wish, for a made workload or for one of your own."""
        made = workload or arrivals.make(stream(seed, "workload"), arrivals.Mix(machines=6, jobs=10, users=3))
        return cls(made, seed=seed)

    def run(self) -> Trace:
        """The run of this plan."""
        workload = Workload.of(self.workload.machines, (*self.workload.jobs, *self.jobs))
        return simulate(
            workload, seed=self.seed, duration_ms=self.duration_ms, faults=self.faults, scorers=self.scorers, order=self.order,
            preemption=self.preemption, think_ms=5,
        )  # fmt: skip

    @property
    def scorer(self) -> str:
        """How machines are scored in the end."""
        return self.scorers[-1][1] if self.scorers else "hybrid"

    def until(self, now_us: int) -> Plan:
        """The same without what was wished for later than now, and with a future."""
        return self._replace(
            jobs=tuple(job for job in self.jobs if job.arrival_ms * 1_000 <= now_us),
            faults=tuple(fault for fault in self.faults if fault.at_us <= now_us),
            scorers=tuple(one for one in self.scorers if one[0] * 1_000 <= now_us),
            duration_ms=max(self.duration_ms, now_us // 1_000 + FUTURE_MS),
        )

    def with_fault(self, kind: str, name: str, *, now_us: int) -> Plan:
        """A machine or replica fails, or returns, now: "crash", "restart", "pause", "resume"."""
        now = self.until(now_us)
        return now._replace(faults=(*now.faults, KINDS[kind](name, at_ms=(now_us + 1) / 1_000)))

    def without_master(self, *, now_us: int) -> Plan:
        """Whoever leads now is stopped."""
        return self.with_fault("crash", MASTER, now_us=now_us)

    def with_scheduler(self, *, works: bool, now_us: int) -> Plan:
        """The scheduler is started or stopped now."""
        return self.with_fault("restart" if works else "crash", SCHEDULER, now_us=now_us)

    def with_scorer(self, scorer: str, *, now_us: int) -> Plan:
        """From the next millisecond on, machines are scored in another way."""
        now = self.until(now_us)
        return now._replace(scorers=(*now.scorers, (now_us // 1_000 + 1, scorer)))

    def with_job(self, draft: Draft, *, now_us: int) -> Plan:
        """The draft is submitted in the next millisecond, by `USER`."""
        now = self.until(now_us)
        request = Resources(cpu_millicores=1_000 * draft.cores, memory_bytes=draft.cores * GIB)
        name, arrival_ms = f"mine-{len(now.jobs) + 1}", now_us // 1_000 + 1
        return now._replace(jobs=(*now.jobs, Job(name, USER, request, draft.tasks, draft.priority, arrival_ms)))
