"""Classic Swarm in time: users say `docker run`, the manager looks for a host, hosts and the manager fail.

Classic Swarm has no queue. A `docker run` that fits nowhere fails, and whoever typed it may try again; here each user does so once a
second. The manager keeps no state of its own. What it knows it has read from the hosts, and when it comes back after a failure it reads
it again, host by host, while everything that runs goes on running. That is the course notes' claim, and here it can be watched.

A host that fails takes its containers with it. The manager notices after a while, and by default does *nothing*: only containers that were
started with `reschedule:on-node-failure` are started elsewhere, and one for which there is no room then is not tried again. A host that
comes back still has its containers, stopped; they count in every weight until somebody removes them.

Source: docker-archive/classicswarm, cluster/swarm/cluster.go, cluster/watchdog.go (rescheduleContainers, removeDuplicateContainers).
Left out: a second manager that stands by (`--replication`); how an engine's failure is noticed is one number, `detect_ms` (in Swarm the
engines are read every 30 to 60 s).
"""

from __future__ import annotations

from random import Random
from typing import Any

import simpy

from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.swarm.classic import STRATEGIES, Engine, Wanted, put, remove, stop
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.filters import select, verdicts
from k8sedu.trace import Trace, freeze
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Workload
from k8sedu.workload.sim import Scribe, reasons_of

MANAGER = "manager"
RESCHEDULE = ("", "on-node-failure")
SETTINGS = {"retry_every_ms": 1_000, "detect_ms": 5_000, "refresh_ms": 400, "removes_finished": True}
"""How often a user tries again; when a host's failure is noticed; how long reading one host takes; `docker run --rm` or not."""

NO_MANAGER = "Cannot connect to the Docker daemon. Is the docker daemon running on this host?"
NO_HOST = "No healthy node available in the cluster"


def settings(*, strategy: str, reschedule: str, **more: Any) -> dict[str, Any]:
    """All settings of a run.

    Raises:
        SwarmError: a strategy, a policy or a setting that is not known.
    """
    if strategy not in STRATEGIES:
        raise SwarmError(f"the strategy {strategy!r} is not known, expected one of {', '.join(STRATEGIES)}")
    if reschedule not in RESCHEDULE:
        raise SwarmError(f"the reschedule policy {reschedule!r} is not known, expected '' or 'on-node-failure'")
    for name in more:
        if name not in SETTINGS:
            raise SwarmError(f"the setting {name!r} is not known, expected one of {', '.join(SETTINGS)}")
    return {"strategy": strategy, "reschedule": reschedule, **SETTINGS, **more}


def run(workload: Workload, recorder: Recorder, chosen: dict[str, Any], faults: tuple[Fault, ...], duration_ms: int) -> Trace:
    """One run; `k8sedu.swarm.simulate` says the arguments.

    Raises:
        SwarmError: a fault of something that is not there, or no time.
    """
    check_faults(faults, known=[MANAGER, *(machine.name for machine in workload.machines)], duration_ms=duration_ms)
    world = World(workload, recorder, chosen)
    world.env.process(world.arrive())
    world.env.process(world.try_again())
    for fault in faults:
        world.env.process(world.happen(fault))
    world.env.run(until=duration_ms * 1_000)
    world.scribe.note(duration_ms * 1_000, "end", "", {})
    return recorder.trace()


def check_faults(faults: tuple[Fault, ...], *, known: list[str], duration_ms: int) -> None:
    """Refuse what cannot happen.

    Raises:
        SwarmError: another kind than crash and restart, a name that is not there, no time.
    """
    if duration_ms <= 0:
        raise SwarmError(f"duration_ms is {duration_ms}, expected a time above 0")
    for fault in faults:
        if fault.kind not in {"crash", "restart"} or fault.arguments.get("node") not in known:
            raise SwarmError(f"met the fault {fault.format()!r}, expected 'crash' or 'restart' of one of {', '.join(known)}")


class World:
    """Hosts as they are, hosts as the manager believes them to be, and users with containers in mind."""

    def __init__(self, workload: Workload, recorder: Recorder, chosen: dict[str, Any]) -> None:
        self.env = simpy.Environment()
        self.workload, self.chosen = workload, chosen
        self.scribe = Scribe(recorder, Cluster(workload.machines, overcommit=True), actor=MANAGER)
        self.jobs = {job.name: job for job in workload.jobs}
        self.rng: Random = stream(recorder.seed, "strategy")
        self.hosts = {
            machine.name: Engine(machine.name, machine.capacity.cpu_millicores, machine.capacity.memory_bytes, labels=machine.attributes)
            for machine in workload.machines
        }
        """What lies on each host, whoever knows it."""
        self.known = dict(self.hosts)
        """The manager's view."""
        self.waiting: list[str] = []
        self.manager_up = True
        self.said: dict[str, str] = {}
        self.lives: dict[str, int] = dict.fromkeys(self.hosts, 0)
        self.manager_lives = 0
        self._redraw()

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    # -- users ---------------------------------------------------------------------------------------------------------------------------

    def arrive(self) -> Any:
        """Jobs come: so many times `docker run`."""
        for job in self.workload.jobs:
            yield self.env.timeout(max(0, job.arrival_ms * 1_000 - self.now_us))
            self.waiting.extend(job.task_names)
            self.scribe.submit(self.now_us, job)
            self._try(list(job.task_names))

    def try_again(self) -> Any:
        """Users whose command failed type it once more."""
        while True:
            yield self.env.timeout(self.chosen["retry_every_ms"] * 1_000)
            self._try(list(self.waiting))

    def _try(self, tasks: list[str]) -> None:
        if self.manager_up and self.known:
            for task in tasks:
                self._run(task)
            return
        message = NO_HOST if self.manager_up else NO_MANAGER
        news = [task for task in tasks if self.said.get(task) != message]
        if news:
            self.said |= dict.fromkeys(news, message)
            self.scribe.note(self.now_us, "no_answer", self._job(news[0]).user, {"tasks": len(news), "message": message})

    def _run(self, task: str, **more: Any) -> bool:
        """`docker run`: filters, strategy, and the container is on its host, or an error."""
        job = self._job(task)
        wanted = self.wanted(task, job)
        out = verdicts(wanted, self.known.values())
        try:
            ranked = select(wanted, self.known.values(), self.chosen["strategy"], rng=self.rng)
        except SwarmError as error:
            self._sorry(task, str(error), out)
            return False
        engine = next((each for each in ranked if self.scribe.cluster.is_up(each.name)), None)
        if engine is None:  # it believes in hosts that are gone
            self._sorry(task, f"{ranked[0].name} does not answer", {ranked[0].name: "no answer"})
            return False
        self._start(task, job, wanted, engine.name, out, **more)
        return True

    def _start(self, task: str, job: Job, wanted: Wanted, host: str, out: dict[str, str], **more: Any) -> None:
        self.hosts[host] = put(wanted, self.hosts[host])
        self.known[host] = put(wanted, self.known[host])
        self.waiting.remove(task)
        self.said.pop(task, None)
        self.scribe.consider(task, {name: (reason, None) for name, reason in out.items() if name != host}, chosen=host)
        self._redraw()
        self.scribe.place(self.now_us, task, job, host, **more)
        if job.duration_ms is not None:
            self.env.process(self._live(task, job.duration_ms, host, self.lives[host]))

    def wanted(self, task: str, job: Job) -> Wanted:
        """A task as a container."""
        return Wanted(
            job.request.cpu_millicores, job.request.memory_bytes, name=task, image=job.name, labels={"user": job.user},
            constraints=tuple(f"{key}=={value}" for key, value in job.constraints.items()), reschedule=self.chosen["reschedule"],
        )  # fmt: skip

    def _sorry(self, task: str, message: str, out: dict[str, str]) -> None:
        """The command fails; said once for each new message."""
        if self.said.get(task) == message:
            return
        self.said[task] = message
        self.scribe.consider(task, {name: (reason, None) for name, reason in out.items()})
        self.scribe.refuse(self.now_us, task, reasons_of(out.values()))

    def _live(self, task: str, duration_ms: int, host: str, life: int) -> Any:
        yield self.env.timeout(duration_ms * 1_000)
        if self.lives[host] != life:
            return
        end = remove if self.chosen["removes_finished"] else stop
        self.hosts[host] = end(task, self.hosts[host])
        if self.manager_up and host in self.known:
            self.known[host] = end(task, self.known[host])
        self._redraw()
        self.scribe.finish(self.now_us, task)

    # -- failures ------------------------------------------------------------------------------------------------------------------------

    def happen(self, fault: Fault) -> Any:
        """A fault of the plan."""
        yield self.env.timeout(fault.at_us)
        name = fault.arguments.node
        if name == MANAGER:
            if fault.kind == "crash" and self.manager_up:
                self._lose_manager()
            elif fault.kind == "restart" and not self.manager_up:
                yield from self._rebuild()
        elif fault.kind == "crash" and self.scribe.cluster.is_up(name):
            yield from self._lose_host(name)
        elif fault.kind == "restart" and not self.scribe.cluster.is_up(name):
            self._return_host(name)

    def _lose_manager(self) -> None:
        self.manager_up = False
        self.manager_lives += 1
        self.known = {}
        self._redraw()
        self.scribe.note(self.now_us, "manager_down", MANAGER, {"running": sum(1 for _ in self.scribe.cluster.placed())})

    def _rebuild(self) -> Any:
        """A manager that knows nothing reads the hosts, one after the other."""
        self.manager_up = True
        life = self.manager_lives
        self._redraw()
        self.scribe.note(self.now_us, "manager_up", MANAGER, {"known": 0})
        for name in self.hosts:
            yield self.env.timeout(self.chosen["refresh_ms"] * 1_000)
            if not self.manager_up or self.manager_lives != life:
                return
            if self.scribe.cluster.is_up(name):
                self.known[name] = self.hosts[name]._replace(is_healthy=True)
                self._redraw()
                self.scribe.note(self.now_us, "refresh", name, {"containers": len(self.hosts[name].containers), "known": len(self.known)})

    def _lose_host(self, name: str) -> Any:
        lost = [placed.task for placed in self.scribe.cluster.on(name)]
        self.lives[name] += 1
        life = self.lives[name]
        for task in lost:
            self.hosts[name] = stop(task, self.hosts[name])
        self._redraw()
        self.scribe.machine_down(self.now_us, name, requeue=False)
        yield self.env.timeout(self.chosen["detect_ms"] * 1_000)
        if self.lives[name] != life or not self.manager_up or name not in self.known:
            return
        self.known[name] = self.known[name]._replace(is_healthy=False, health=0)
        self._redraw()
        detail = {"machine": name, "containers": len(lost), "policy": self.chosen["reschedule"]}
        self.scribe.note(self.now_us, "engine_lost", MANAGER, detail)
        if self.chosen["reschedule"] == "on-node-failure":
            self._reschedule(name, lost)

    def _reschedule(self, name: str, lost: list[str]) -> None:
        """The watchdog: each container once; the one for which there is no room goes back to where it was, dead."""
        for task in lost:
            job = self._job(task)
            self.known[name] = remove(task, self.known[name])
            self.scribe.enqueue(task, job)
            self.waiting.append(task)
            if not self._run(task, rescheduled=True):
                self.waiting.remove(task)
                self.scribe.withdraw(task)
                self.known[name] = put(self.wanted(task, job), self.known[name])

    def _return_host(self, name: str) -> None:
        """Its containers are there, stopped; those that were started elsewhere meanwhile are removed."""
        self.lives[name] += 1
        for container in self.hosts[name].containers:
            if container.wanted.name in self.scribe.cluster:
                self.hosts[name] = remove(container.wanted.name, self.hosts[name])
        if self.manager_up:
            self.known[name] = self.hosts[name]._replace(is_healthy=True, health=100)
        self._redraw()
        self.scribe.machine_up(self.now_us, name)

    # -- the trace -----------------------------------------------------------------------------------------------------------------------

    def _job(self, task: str) -> Job:
        return self.jobs[task.rpartition("/")[0]]

    def _redraw(self) -> None:
        """What Swarm adds to the picture: whether the manager is there, what it knows of each host, and what lies there stopped."""
        if not self.scribe.recorder.frames:
            return
        known = {
            name: {"containers": len(engine.containers), "healthy": engine.is_healthy} for name, engine in self.known.items()
        }
        stopped = {name: sum(not each.is_running for each in engine.containers) for name, engine in self.hosts.items()}
        self.scribe.more = freeze(
            {"mode": "classic", "strategy": self.chosen["strategy"], "manager": self.manager_up, "known": known, "stopped": stopped}
        )
