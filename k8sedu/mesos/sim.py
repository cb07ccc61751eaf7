"""Mesos in time: jobs arrive at frameworks, the master offers, frameworks think, accept and refuse, agents and the master fail.

Each user of the workload is a framework with a queue of its own. Once a second the master offers what is free; a framework thinks for a
moment and launches as many of its tasks as fit, in the order of its queue. What it cannot use it refuses. A framework may be picky: a
job's constraints are about the agents' attributes, and the master knows nothing of them, so agents are offered, refused, and offered to
somebody else.

When the master fails, running tasks go on; only nothing new is offered until another master has been elected and all agents and
frameworks have registered with it.

Source: Hindman et al., NSDI 2011, sections 3 and 3.6 (a new master rebuilds its state from agents and frameworks; 4 to 8 s in section
6.5).
Left out: the election itself (lesson 1 shows one), executors, and lost messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import simpy

from k8sedu.errors import K8sEduError
from k8sedu.mesos.delay import Patience
from k8sedu.mesos.master import Master, Offer
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.trace import Frozen, Trace, freeze
from k8sedu.workload.arrivals import Mix, make
from k8sedu.workload.cluster import Cluster, Placed
from k8sedu.workload.jobs import Job, Workload
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import Scribe, parameters_of

MASTER = "master"


class MesosRunError(K8sEduError, ValueError):
    """A run that cannot be: a fault of something that is not there, or no time."""


def simulate(
    workload: Workload | None = None,
    *,
    seed: int = 0,
    duration_ms: int = 30_000,
    faults: Iterable[Fault | str] = (),
    offer_every_ms: int = 1_000,
    think_ms: int = 100,
    refuse_ms: int = 5_000,
    offer_timeout_ms: int | None = None,
    failover_ms: int = 6_000,
    patience_ms: int = 0,
    sleeping: Iterable[str] = (),
    frameworks: Literal["users", "kinds"] = "users",
    frames: bool = True,
) -> Trace:
    """Run a workload under Mesos; the users of the jobs are the frameworks.

    >>> trace = simulate(seed=5, duration_ms=10_000)
    >>> trace.system, len(trace.where("offer")) > 10
    ('mesos', True)

    `think_ms` is how long a framework looks at an offer; one that is `sleeping` never answers, and holds what it was offered until
    `offer_timeout_ms`. With `frameworks="kinds"` there are two of them for all users: `services` for jobs that never end, `batch` for the
    others. With `patience_ms` a job waits so long for an agent that carries its attribute `data` before it takes any. `faults`
    are crashes and restarts of agents by name, or of `master`, which is replaced after `failover_ms`.

    Raises:
        MesosRunError, FaultError: see the classes.
    """
    if workload is None:
        workload = make(stream(seed, "workload"), Mix(machines=6, jobs=18, users=3))
    planned = tuple(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults)
    _check(workload, planned, duration_ms)
    settings: dict[str, Any] = {
        "duration_ms": duration_ms, "offer_every_ms": offer_every_ms, "think_ms": think_ms, "refuse_ms": refuse_ms,
        "offer_timeout_ms": offer_timeout_ms, "failover_ms": failover_ms, "patience_ms": patience_ms, "sleeping": tuple(sleeping),
        "frameworks": frameworks,
        "faults": tuple(fault.format() for fault in planned),
    }  # fmt: skip
    recorder = Recorder("mesos", seed=seed, parameters=parameters_of(workload, **settings), frames=frames)
    run = _Run(workload, recorder, settings)
    run.env.process(run.allocate())
    run.env.process(run.arrive())
    for fault in planned:
        run.env.process(run.happen(fault))
    run.env.run(until=duration_ms * 1_000)
    run.scribe.note(duration_ms * 1_000, "end", "", {})
    return recorder.trace()


def _check(workload: Workload, faults: tuple[Fault, ...], duration_ms: int) -> None:
    if duration_ms <= 0:
        raise MesosRunError(f"duration_ms is {duration_ms}, expected a time above 0")
    known = {MASTER, *(machine.name for machine in workload.machines)}
    for fault in faults:
        node = fault.arguments.get("node")
        if fault.kind not in {"crash", "restart"} or node not in known:
            raise MesosRunError(f"met the fault {fault.format()!r}, expected 'crash' or 'restart' of an agent or of 'master'")


class _Run:
    """Everything that moves: the master, the frameworks' queues, and the books."""

    def __init__(self, workload: Workload, recorder: Recorder, settings: dict[str, Any]) -> None:
        self.env = simpy.Environment()
        self.workload, self.settings = workload, settings
        self.master = Master(
            {machine.name: machine.capacity for machine in workload.machines}, refuse_ms=settings["refuse_ms"],
            offer_timeout_ms=settings["offer_timeout_ms"],
        )  # fmt: skip
        self.scribe = Scribe(recorder, Cluster(workload.machines), actor=MASTER)
        self.machines = {machine.name: machine for machine in workload.machines}
        self.jobs = {job.name: job for job in workload.jobs}
        self.queues: dict[str, list[str]] = {}
        self.patience: dict[str, Patience] = {}
        self.leads = True
        self.failures = 0
        for framework in dict.fromkeys(map(self._framework, workload.jobs)):
            self.queues[framework] = []
            self.master.register(framework)
        self._redraw()

    @property
    def now_ms(self) -> int:
        """Simulated time in milliseconds."""
        return int(self.env.now) // 1_000

    # -- what happens by itself ----------------------------------------------------------------------------------------------------------

    def arrive(self) -> Any:
        """Jobs come to their frameworks."""
        for job in self.workload.jobs:
            yield self.env.timeout(max(0, job.arrival_ms * 1_000 - int(self.env.now)))
            self.queues[self._framework(job)].extend(job.task_names)
            self.patience[job.name] = Patience(wait_ms=self.settings["patience_ms"])
            if self.leads:
                self.master.revive(self._framework(job))  # it has new work, so it wants to be asked again
            self._redraw()
            self.scribe.submit(int(self.env.now), job)

    def allocate(self) -> Any:
        """The master's round: take back what nobody answered, offer what is free."""
        while True:
            yield self.env.timeout(self.settings["offer_every_ms"] * 1_000)
            if not self.leads:
                continue
            for offer in self.master.rescind(now_ms=self.now_ms):
                self._tell("rescind", offer)
            for offer in self.master.offers(now_ms=self.now_ms):
                self._tell("offer", offer, share=float(self.master.share(offer.framework)))
                self.env.process(self._answer(offer))

    def happen(self, fault: Fault) -> Any:
        """A fault of the plan."""
        yield self.env.timeout(fault.at_us)
        node = fault.arguments.node
        if node == MASTER:
            if fault.kind == "crash":
                self.env.process(self._fail_over())
        elif fault.kind == "crash" and self.scribe.cluster.is_up(node):
            self._lose(node)
        elif fault.kind == "restart" and not self.scribe.cluster.is_up(node):
            self.master.agents[node] = self.machines[node].capacity
            self._redraw()
            self.scribe.machine_up(int(self.env.now), node)

    # -- answers -------------------------------------------------------------------------------------------------------------------------

    def _answer(self, offer: Offer) -> Any:
        if offer.framework in self.settings["sleeping"]:
            return
        yield self.env.timeout(self.settings["think_ms"] * 1_000)
        if not self.leads or offer.offer_id not in self.master.outstanding:
            return
        wanted = self._choose(offer)
        if not wanted:
            self.master.decline(offer.offer_id, now_ms=self.now_ms)
            self._tell("decline", offer)
            return
        self.master.accept(offer.offer_id, {task: self._job(task).request for task in wanted}, now_ms=self.now_ms)
        self._tell("accept", offer, tasks=tuple(wanted))
        for task in wanted:
            self.queues[offer.framework].remove(task)
            self._redraw()
            placed = self.scribe.place(int(self.env.now), task, self._job(task), offer.agent)
            self.env.process(self._live(placed))

    def _choose(self, offer: Offer) -> list[str]:
        """The tasks that a framework launches in an offer: in the order of its queue, what fits and what it likes."""
        left, wanted = offer.resources, list[str]()
        for task in self.queues[offer.framework]:
            job = self._job(task)
            if job.request.fits_in(left) and self._likes(job, offer.agent):
                wanted.append(task)
                left = left.minus(job.request)
        return wanted

    def _likes(self, job: Job, agent: str) -> bool:
        others = Frozen({key: value for key, value in job.constraints.items() if key != "data"})
        if not job._replace(constraints=others).may_run_on(self.machines[agent]):
            return False
        if "data" not in job.constraints:
            return True
        local = self.machines[agent].attributes.get("data") == job.constraints["data"]
        return self.patience[job.name].takes(local=local, now_ms=self.now_ms)

    def _live(self, placed: Placed) -> Any:
        if placed.job.duration_ms is None:
            return
        lives = self.master.running[placed.task]
        yield self.env.timeout(placed.job.duration_ms * 1_000)
        if self.master.running.get(placed.task) is lives:  # not lost, and not another try
            self.master.finish(placed.task)
            self._redraw()
            self.scribe.finish(int(self.env.now), placed.task)

    # -- failures ------------------------------------------------------------------------------------------------------------------------

    def _lose(self, agent: str) -> None:
        self.master.lose(agent)
        for placed in self.scribe.cluster.on(agent):
            self.queues[self._framework(placed.job)].append(placed.task)
            self.master.revive(self._framework(placed.job))
        self._redraw()
        self.scribe.machine_down(int(self.env.now), agent)

    def _fail_over(self) -> Any:
        """The master is gone; another one is elected, and hears from agents and frameworks what there is."""
        self.failures += 1
        mine = self.failures
        self.leads = False
        self.master.outstanding.clear()
        self.master.filters.clear()
        self._redraw()
        self.scribe.note(int(self.env.now), "master_down", MASTER, {"running": len(self.master.running)})
        yield self.env.timeout(self.settings["failover_ms"] * 1_000)
        if mine == self.failures:
            self.leads = True
            self._redraw()
            detail = {"agents": len(self.master.agents), "running": len(self.master.running)}
            self.scribe.note(int(self.env.now), "master_elected", MASTER, detail)

    # -- the trace -----------------------------------------------------------------------------------------------------------------------

    def _framework(self, job: Job) -> str:
        if self.settings["frameworks"] == "users":
            return job.user
        return "services" if job.duration_ms is None else "batch"

    def _job(self, task: str) -> Job:
        return self.jobs[task.rpartition("/")[0]]

    def _tell(self, kind: str, offer: Offer, **more: Any) -> None:
        self._redraw()
        actor = offer.framework if kind in {"accept", "decline"} else MASTER
        detail = {"offer": offer.offer_id, "framework": offer.framework, "agent": offer.agent, "resources": _named(offer.resources), **more}
        self.scribe.note(int(self.env.now), kind, actor, detail)

    def _redraw(self) -> None:
        """What Mesos adds to the picture: whether a master leads, each framework's share and queue, and the open offers."""
        if not self.scribe.recorder.frames:
            return
        frameworks = {
            name: {
                "share": round(float(self.master.share(name)), 4),
                "waiting": len(self.queues[name]),
                "refused": [agent for (who, agent), until in self.master.filters.items() if who == name and until > self.now_ms],
            }
            for name in self.master.frameworks
        }
        offers = {
            str(offer.offer_id): {"framework": offer.framework, "agent": offer.agent, "resources": _named(offer.resources)}
            for offer in self.master.outstanding.values()
        }
        self.scribe.more = freeze({"leads": self.leads, "frameworks": frameworks, "offers": offers})


def _named(resources: Resources) -> Frozen:
    return Frozen(resources.named)
