"""Jobs, tasks and machines: the common words of every manager of this course.

Mesos, Swarm, Borg and Kubernetes each have their own names for the same things. To run one workload through all of them it has to be
said once, in words that none of them owns: a *job* of equal *tasks*, submitted by a *user* at a time, with a *priority*, and *machines*
with a capacity. Each manager takes of it what it knows: classic Swarm has no priorities, and that is a result, not a fault of the table.

Left out: jobs whose tasks differ (Borg allows overrides), and dependencies between jobs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen
from k8sedu.workload.resources import Resources


class WorkloadError(K8sEduError, ValueError):
    """A workload that no cluster could be given: a name twice, a job of no task, a machine of nothing."""


class Machine(NamedTuple):
    """One machine: what it has, and what it says of itself (`{"zone": "a", "ssd": "yes"}`)."""

    name: str
    capacity: Resources
    attributes: Frozen = Frozen()


class Job(NamedTuple):
    """Equal tasks that belong together, from one user.

    `duration_ms` is how long a task runs once it was placed; None is a service that never ends. A higher `priority` is more important.
    `constraints` are attributes that a machine must have; a value such as `V100|A10` is satisfied by either.
    """

    name: str
    user: str
    request: Resources
    tasks: int = 1
    priority: int = 0
    arrival_ms: int = 0
    duration_ms: int | None = None
    constraints: Frozen = Frozen()

    @property
    def task_names(self) -> tuple[str, ...]:
        """The names of the tasks: `web/0`, `web/1`, …

        >>> Job("web", "ann", Resources.of(cpu="1"), tasks=2).task_names
        ('web/0', 'web/1')
        """
        return tuple(f"{self.name}/{index}" for index in range(self.tasks))

    def may_run_on(self, machine: Machine) -> bool:
        """Whether the machine has every attribute that the job asks for; room is another question.

        >>> job = Job("train", "ann", Resources.of(gpu="1"), constraints=Frozen(model="V100|A10"))
        >>> [job.may_run_on(Machine(name, Resources(), Frozen(model=name))) for name in ("A10", "T4")]
        [True, False]
        """
        return all(str(machine.attributes.get(key, "")) in str(value).split("|") for key, value in self.constraints.items())


class Workload(NamedTuple):
    """Machines, and the jobs that will be submitted to them, in the order of their arrival.

    >>> Workload.of([Machine("m1", Resources.of(cpu="4"))], [Job("b", "ann", Resources.of(cpu="1")), Job("b", "bob", Resources())])
    Traceback (most recent call last):
        ...
    k8sedu.workload.jobs.WorkloadError: the job 'b' is there twice, expected each name once
    """

    machines: tuple[Machine, ...]
    jobs: tuple[Job, ...]

    @classmethod
    def of(cls, machines: Iterable[Machine], jobs: Iterable[Job]) -> Workload:
        """Check a workload and bring its jobs into the order of their arrival; jobs of one instant keep theirs.

        Raises:
            WorkloadError: see the class.
        """
        workload = cls(tuple(machines), tuple(sorted(jobs, key=lambda job: job.arrival_ms)))
        for what, names in (("machine", [m.name for m in workload.machines]), ("job", [job.name for job in workload.jobs])):
            _refuse_twins(what, names)
        for job in workload.jobs:
            _check_job(job)
        _check_machines(workload.machines)
        return workload

    @property
    def capacity(self) -> Resources:
        """What all machines have together."""
        whole = Resources()
        for machine in self.machines:
            whole = whole.plus(machine.capacity)
        return whole

    def job_of(self, task: str) -> Job:
        """The job of a task, by the task's name; O(jobs)."""
        name = task.rpartition("/")[0]
        return next(job for job in self.jobs if job.name == name)


def _refuse_twins(what: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise WorkloadError(f"the {what} {name!r} is there twice, expected each name once")
        seen.add(name)


def _check_job(job: Job) -> None:
    if job.tasks < 1:
        raise WorkloadError(f"the job {job.name!r} has {job.tasks} tasks, expected at least 1")
    if min(job.request) < 0:
        raise WorkloadError(f"the job {job.name!r} asks for {job.request.named}, expected nothing below zero")
    if job.arrival_ms < 0 or (job.duration_ms is not None and job.duration_ms <= 0):
        raise WorkloadError(f"the job {job.name!r} arrives at {job.arrival_ms} ms for {job.duration_ms} ms, expected times after zero")


def _check_machines(machines: tuple[Machine, ...]) -> None:
    if not machines:
        raise WorkloadError("the workload has no machine, expected at least one")
    for machine in machines:
        if min(machine.capacity) < 0 or not any(machine.capacity):
            raise WorkloadError(f"the machine {machine.name!r} has {machine.capacity.named}, expected something, and nothing below zero")
