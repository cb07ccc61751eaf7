"""Borg's jobs, tasks and allocs: what a user submits.

A job is many tasks of one binary. Its tasks are alike, which the scheduler lives on (`classes`), but single tasks may ask for more or less
(`overrides`). A *hard* constraint must hold on the machine; a *soft* one is a wish, and counts in the score only. An *alloc* is room that
is reserved on a machine whatever runs in it: a web server and its log saver live in one and go together. An alloc set is to allocs what a
job is to tasks, so here it is a job as well, one that starts nothing (`is_alloc_set`), and a job may ask to run inside it (`alloc_set`).

What a task asks for is a row of whole numbers, one for each of `COLUMNS`: the scheduler compares thousands of machines at once and needs
columns, not objects.

Source: Verma et al., EuroSys 2015, sections 2.3 and 2.4.
Left out: BCL, the language in which jobs are configured, and updates of running jobs.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from k8sedu.borg.bands import band_of, is_prod
from k8sedu.errors import K8sEduError
from k8sedu.workload.jobs import Job
from k8sedu.workload.resources import NAMES, Resources

COLUMNS = (*NAMES, "ports")
"""What a machine has of each: millicores, bytes of memory, bytes of disk, thousandths of a GPU, TCP ports."""

Vector: TypeAlias = tuple[int, ...]
"""An amount of each of `COLUMNS`, in their order."""


class JobError(K8sEduError, ValueError):
    """A job that no cell could run: no task, less than nothing, an override of a task that is not there."""


class Constraint(NamedTuple):
    """What a machine must be (or, with `wanted=False`, must not be): `Constraint("arch", "x86")`."""

    key: str
    value: str
    wanted: bool = True

    def __str__(self) -> str:
        return f"{self.key}{'=' if self.wanted else '!='}{self.value}"


class BorgJob(NamedTuple):
    """A job, or an alloc set.

    `limit` is what each task asks for, and the most it may use. `ports` are so many TCP ports of the machine's one address. `packages`
    have to be on the machine; where they are already, a task starts sooner. `overrides` are pairs (index of a task, its own limit).
    """

    name: str
    user: str
    limit: Resources
    tasks: int = 1
    priority: int = 0
    ports: int = 0
    hard: tuple[Constraint, ...] = ()
    soft: tuple[Constraint, ...] = ()
    packages: tuple[str, ...] = ()
    overrides: tuple[tuple[int, Resources], ...] = ()
    alloc_set: str = ""
    is_alloc_set: bool = False

    @classmethod
    def of(cls, job: Job) -> BorgJob:
        """A job of the common workload: its constraints are hard ones.

        >>> BorgJob.of(Job("web", "ann", Resources.of(cpu="1"), tasks=2, priority=200)).is_prod
        True
        """
        hard = tuple(Constraint(key, value) for key, value in job.constraints.items())
        return cls(job.name, job.user, job.request, job.tasks, job.priority, hard=hard)

    @property
    def is_prod(self) -> bool:
        """Whether it is in the production or the monitoring band."""
        return is_prod(self.priority)

    def limit_of(self, index: int) -> Resources:
        """What one task asks for: its own limit, or the job's."""
        return dict(self.overrides).get(index, self.limit)

    def total(self) -> Vector:
        """What all tasks ask for together; what quota is compared with."""
        common = vector(self.limit, self.ports)
        whole = [amount * (self.tasks - len(self.overrides)) for amount in common]
        for _, own in self.overrides:
            whole = [mine + theirs for mine, theirs in zip(whole, vector(own, self.ports), strict=True)]
        return tuple(whole)

    def checked(self) -> BorgJob:
        """The same job, if it can be.

        Raises:
            JobError: see the class.
            PriorityError: a priority below zero.
        """
        band_of(self.priority)
        if self.tasks < 1:
            raise JobError(f"the job {self.name!r} has {self.tasks} tasks, expected at least 1")
        if min(self.limit) < 0 or self.ports < 0 or any(min(own) < 0 for _, own in self.overrides):
            raise JobError(f"the job {self.name!r} asks for less than nothing, expected amounts of 0 or more")
        strays = [index for index, _ in self.overrides if not 0 <= index < self.tasks]
        if strays or len(dict(self.overrides)) < len(self.overrides):
            met = [index for index, _ in self.overrides]
            raise JobError(f"the job {self.name!r} overrides the tasks {met}, expected each of 0 to {self.tasks - 1} at most once")
        return self


class Requirement(NamedTuple):
    """Everything about a task that a machine's feasibility and score depend on: tasks with equal ones are of one equivalence class."""

    limit: Vector
    priority: int
    hard: tuple[Constraint, ...] = ()
    soft: tuple[Constraint, ...] = ()
    packages: tuple[str, ...] = ()
    alloc_set: str = ""

    @classmethod
    def of(cls, job: BorgJob, index: int = -1) -> Requirement:
        """What one task of a job asks for; without an index, what all those ask for that override nothing."""
        return cls(vector(job.limit_of(index), job.ports), job.priority, job.hard, job.soft, job.packages, job.alloc_set)


class Task:
    """One task of a job, or one alloc of an alloc set. It never changes; where it runs stands in the cell's books.

    >>> job = BorgJob("web", "ann", Resources.of(cpu="1"), tasks=2, priority=200)
    >>> Task(job, 1).name, Task(job, 1).limit
    ('web/1', (1000, 0, 0, 0, 0))
    """

    __slots__ = ("index", "job", "requirement")

    def __init__(self, job: BorgJob, index: int, requirement: Requirement | None = None) -> None:
        self.job = job
        self.index = index
        self.requirement = requirement or Requirement.of(job, index)

    @property
    def name(self) -> str:
        """`job/index`."""
        return f"{self.job.name}/{self.index}"

    @property
    def priority(self) -> int:
        """Its job's priority."""
        return self.requirement.priority

    @property
    def limit(self) -> Vector:
        """What it asks for, and the most that it may use."""
        return self.requirement.limit

    def __repr__(self) -> str:
        return f"Task({self.name})"


def tasks_of(job: BorgJob) -> list[Task]:
    """All tasks of a job; tasks that are alike share their requirement, so that 200,000 of them fit into memory."""
    alike, own = Requirement.of(job), dict(job.overrides)
    return [Task(job, index, Requirement.of(job, index) if index in own else alike) for index in range(job.tasks)]


def vector(resources: Resources, ports: int = 0) -> Vector:
    """Resources and ports as a row in the order of `COLUMNS`.

    >>> vector(Resources.of(cpu="1"), ports=2)
    (1000, 0, 0, 0, 2)
    """
    return (*resources, ports)
