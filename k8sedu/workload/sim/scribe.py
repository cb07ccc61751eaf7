"""The scribe: writes down what a manager decides, in words that are the same for all managers.

Mesos, Swarm and Borg differ in *how* they decide. What follows from a decision is the same everywhere: a task is placed, refused,
preempted, finished, lost. So each driver keeps a `Cluster` and tells a scribe, which books the change there and records the step. The
picture of a schedule and the table that compares managers read nothing else. A manager's own steps (an offer, an election) stand between.

The frame after each step, all of it `Frozen`:

    machines   name -> capacity, used (short name -> number), tasks (names in the order of placement), up, attributes
    tasks      name -> job, user, priority, request, state ("pending", "running", "finished"), machine ("" while pending)
    queue      the pending tasks, in the order in which the manager holds them
    verdicts   what the manager looked at for the last task, or None: task, chosen (or ""), machines: name -> (reason or "", score or None)
    more       whatever the manager adds of its own, by name

Left out: tasks that were finished long ago; a frame forgets a finished task at the next step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Frozen, freeze
from k8sedu.workload.cluster import Cluster, Placed
from k8sedu.workload.jobs import Job, Machine, Workload

KINDS = {
    "submit": "a job arrives: job, user, priority, tasks, request",
    "place": "a task was given a machine: task, machine, score",
    "refuse": "no machine can take a task now: task, reasons (reason -> number of machines)",
    "preempt": "a task is taken off for a more important one: task, machine, by",
    "finish": "a task has done its work: task, machine",
    "delete": "somebody wants a task no longer: task, machine (\"\" if it was waiting)",
    "fail": "a task crashed, and waits again: task, machine",
    "lost": "a task died with its machine: task, machine",
    "machine_down": "a machine fails (the actor)",
    "machine_up": "a machine is back, empty (the actor)",
}
"""The words of a schedule, each with what its step's detail holds."""


class Scribe:
    """Books what a manager decides in its cluster, and records it.

    Args:
        recorder: where the steps go.
        cluster: the books, changed by every call below.
        actor: whose decisions these are: "master", "swarm", "borgmaster".
    """

    def __init__(self, recorder: Recorder, cluster: Cluster, *, actor: str) -> None:
        self.recorder = recorder
        self.cluster = cluster
        self.actor = actor
        self.queue: list[str] = []
        self.more: Frozen = Frozen()
        self._verdicts: Frozen | None = None
        self._machines = {name: _machine(cluster, machine) for name, machine in cluster.machines.items()}
        self._tasks: dict[str, Frozen] = {}
        self._gone: list[str] = []

    def submit(self, time_us: int, job: Job, **more: Any) -> None:
        """A job is taken in; all its tasks wait. One that had come to a closed door says when: `arrived_us`."""
        waiting = {"job": job.name, "user": job.user, "priority": job.priority, "request": job.request.named}
        for task in job.task_names:
            self._tasks[task] = freeze({**waiting, "state": "pending", "machine": ""})
            self.queue.append(task)
        detail = {**waiting, "tasks": job.tasks, "request": Frozen(job.request.named), **more}
        self._record(time_us, "submit", job.user, detail)

    def enqueue(self, task: str, job: Job) -> None:
        """One more task of a job that is here already waits; the next step shows it. Where an orchestrator makes tasks one by one."""
        waiting = {"job": job.name, "user": job.user, "priority": job.priority, "request": job.request.named}
        self._tasks[task] = freeze({**waiting, "state": "pending", "machine": ""})
        self.queue.append(task)
        self._gone = [gone for gone in self._gone if gone != task]

    def withdraw(self, task: str) -> None:
        """A task waits no longer; the next step shows it."""
        self.queue.remove(task)
        self._tasks.pop(task, None)

    def consider(self, task: str, verdicts: Mapping[str, tuple[str, float | None]], *, chosen: str = "") -> None:
        """Keep what the manager looked at for this task: machine → (why not, or ""; score, or None); the next step shows it."""
        self._verdicts = freeze({"task": task, "chosen": chosen, "machines": dict(verdicts)})

    def place(self, time_us: int, task: str, job: Job, machine: str, **more: Any) -> Placed:
        """A task is given a machine."""
        placed = self.cluster.place(task, job, machine)
        self.queue.remove(task)
        self._change(task, state="running", machine=machine)
        self._redraw(machine)
        self._record(time_us, "place", self.actor, {"task": task, "machine": machine, **more})
        return placed

    def refuse(self, time_us: int, task: str, reasons: Mapping[str, int], **more: Any) -> None:
        """No machine can take this task now."""
        self._record(time_us, "refuse", self.actor, {"task": task, "reasons": Frozen(reasons), **more})

    def preempt(self, time_us: int, task: str, *, by: str) -> Placed:
        """A task makes room for a more important one, and waits again."""
        placed = self._take_off(task, state="pending")
        self.queue.append(task)
        self._record(time_us, "preempt", self.actor, {"task": task, "machine": placed.machine, "by": by})
        return placed

    def finish(self, time_us: int, task: str) -> Placed:
        """A task has done its work."""
        return self._end(time_us, task, "finish")

    def delete(self, time_us: int, task: str) -> Placed:
        """Somebody wants a running task no longer, and nobody makes another one."""
        return self._end(time_us, task, "delete")

    def fail(self, time_us: int, task: str) -> Placed:
        """A task crashed, and waits for another try."""
        return self._lose_one(time_us, task, "fail")

    def lose(self, time_us: int, task: str, **more: Any) -> Placed:
        """A single task is gone although its machine is there: it was switched off and on before anybody noticed (`since_us`)."""
        return self._lose_one(time_us, task, "lost", **more)

    def machine_down(self, time_us: int, machine: str, *, requeue: bool = True, **more: Any) -> tuple[Placed, ...]:
        """A machine fails with everything on it; with `requeue` the lost tasks wait for another, else that is left to the user.

        A manager that finds out later than it happened says so: `since_us`.
        """
        lost = self.cluster.lose(machine)
        for placed in lost:
            self._change(placed.task, state="pending" if requeue else "finished", machine="")
        self.queue.extend(placed.task for placed in lost if requeue)
        self._redraw(machine)
        self._record(time_us, "machine_down", machine, more)
        for placed in lost:
            self._record(time_us, "lost", machine, {"task": placed.task, "machine": machine, **more})
        self._gone.extend(placed.task for placed in lost if not requeue)
        return lost

    def machine_up(self, time_us: int, machine: str) -> None:
        """A machine is back, and empty."""
        self.cluster.return_(machine)
        self._redraw(machine)
        self._record(time_us, "machine_up", machine, {})

    def note(self, time_us: int, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        """Record a step of the manager's own, with the same frame behind it."""
        self._record(time_us, kind, actor, detail)

    def frame(self) -> Frozen:
        """The state of the cluster as it is drawn."""
        return Frozen(
            machines=Frozen(self._machines), tasks=Frozen(self._tasks), queue=tuple(self.queue), verdicts=self._verdicts, more=self.more
        )

    def _record(self, time_us: int, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        for task in self._gone:
            self._tasks.pop(task, None)
        self._gone.clear()
        self.recorder.record(time_us, kind, actor, detail, self.frame() if self.recorder.frames else None)
        self._verdicts = None

    def _end(self, time_us: int, task: str, kind: str) -> Placed:
        placed = self._take_off(task, state="finished")
        self._record(time_us, kind, placed.machine, {"task": task, "machine": placed.machine})
        self._gone.append(task)
        return placed

    def _lose_one(self, time_us: int, task: str, kind: str, **more: Any) -> Placed:
        placed = self._take_off(task, state="pending")
        self.queue.append(task)
        self._record(time_us, kind, placed.machine, {"task": task, "machine": placed.machine, **more})
        return placed

    def _take_off(self, task: str, *, state: str) -> Placed:
        placed = self.cluster.remove(task)
        self._change(task, state=state, machine="")
        self._redraw(placed.machine)
        return placed

    def _change(self, task: str, *, state: str, machine: str) -> None:
        self._tasks[task] = self._tasks[task].evolve(state=state, machine=machine)

    def _redraw(self, machine: str) -> None:
        if self.recorder.frames:
            self._machines[machine] = _machine(self.cluster, self.cluster.machines[machine])


def parameters_of(workload: Workload, **more: Any) -> Frozen:
    """What a trace keeps of its workload, so that it can be measured without anything else."""
    machines = {machine.name: {"capacity": machine.capacity.named, "attributes": dict(machine.attributes)} for machine in workload.machines}
    jobs = {job.name: _job(job) for job in workload.jobs}
    frozen: Frozen = freeze({"machines": machines, "jobs": jobs, **more})
    return frozen


def reasons_of(verdicts: Iterable[str]) -> Frozen:
    """How many machines gave which reason, in the order in which the reasons came.

    >>> reasons_of(["too little cpu", "", "too little cpu"])
    Frozen(too little cpu=2)
    """
    counted: dict[str, int] = {}
    for reason in verdicts:
        if reason:
            counted[reason] = counted.get(reason, 0) + 1
    return Frozen(counted)


def _machine(cluster: Cluster, machine: Machine) -> Frozen:
    return Frozen(
        capacity=Frozen(machine.capacity.named),
        used=Frozen(cluster.used(machine.name).named),
        tasks=tuple(placed.task for placed in cluster.on(machine.name)),
        up=cluster.is_up(machine.name),
        attributes=machine.attributes,
    )


def _job(job: Job) -> dict[str, Any]:
    return {
        "user": job.user,
        "priority": job.priority,
        "tasks": job.tasks,
        "request": job.request.named,
        "arrival_ms": job.arrival_ms,
        "duration_ms": job.duration_ms,
        **({"constraints": dict(job.constraints)} if job.constraints else {}),
    }
