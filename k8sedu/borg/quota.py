"""Quota: who may submit how much, at which priority, for how long.

High priority is what everybody wants, so it is sold: a user has, at a priority and for some months, so many cores, so much memory. Quota is
looked at once, when a job is *submitted*, and a job without enough of it is refused at once. Later, when machines are chosen, nobody asks
for quota any more: a job that was let in may still wait, if there is no room. At priority 0 everybody has as much as they like, and no
promise with it.

Source: Verma et al., EuroSys 2015, section 2.5.
Left out: buying and selling quota, and the privileges of administrators.
"""

from __future__ import annotations

from operator import add, sub
from typing import NamedTuple

from k8sedu.borg.jobs import COLUMNS, BorgJob, Vector
from k8sedu.errors import K8sEduError

FREE_PRIORITY = 0
"""At this priority everybody has infinite quota."""


class QuotaError(K8sEduError, ValueError):
    """A job that its user may not submit."""


class Grant(NamedTuple):
    """So much at a priority, from a time until just before another one (in seconds)."""

    user: str
    priority: int
    amount: Vector
    from_s: int
    until_s: int


class Quota:
    """Grants, and the jobs that were admitted on them.

    >>> from k8sedu.workload.resources import Resources
    >>> quota = Quota([Grant("ann", 200, (8_000, 0, 0, 0, 0), from_s=0, until_s=100)])
    >>> quota.admit(BorgJob("web", "ann", Resources.of(cpu="3"), tasks=2, priority=200), now_s=5)
    >>> quota.admit(BorgJob("more", "ann", Resources.of(cpu="3"), priority=200), now_s=6)
    Traceback (most recent call last):
        ...
    k8sedu.borg.quota.QuotaError: the job 'more' asks for 3000 cpu at priority 200, but 'ann' has 2000 left of 8000
    >>> quota.admit(BorgJob("test", "bob", Resources.of(cpu="999")), now_s=6)
    """

    def __init__(self, grants: list[Grant]) -> None:
        self.grants = list(grants)
        self._jobs: dict[str, BorgJob] = {}

    def admit(self, job: BorgJob, *, now_s: int) -> None:
        """Let a job in, and count it until `release`. O(grants + jobs).

        Raises:
            QuotaError: it asks for more than is left, or is in already.
        """
        if job.name in self._jobs:
            raise QuotaError(f"the job {job.name!r} was admitted already, expected a new name")
        refusal = self.why_not(job, now_s=now_s)
        if refusal:
            raise QuotaError(refusal)
        self._jobs[job.name] = job

    def why_not(self, job: BorgJob, *, now_s: int) -> str:
        """Why a job would be refused; "" if it would not."""
        if job.priority == FREE_PRIORITY:
            return ""
        granted = self.granted(job.user, job.priority, now_s=now_s)
        left = tuple(map(sub, granted, self.used(job.user, job.priority)))
        for name, ask, have, whole in zip(COLUMNS, job.total(), left, granted, strict=True):
            if ask > have and ask:
                return f"the job {job.name!r} asks for {ask} {name} at priority {job.priority}, but {job.user!r} has {have} left of {whole}"
        return ""

    def release(self, name: str) -> None:
        """A job is dead: what it had been counted with is free again."""
        self._jobs.pop(name, None)

    def granted(self, user: str, priority: int, *, now_s: int) -> Vector:
        """What a user has at a priority now, all grants together."""
        valid = (each for each in self.grants if (each.user, each.priority) == (user, priority) and each.from_s <= now_s < each.until_s)
        return _sum([each.amount for each in valid])

    def used(self, user: str, priority: int) -> Vector:
        """What the admitted jobs of a user ask for at a priority."""
        return _sum([job.total() for job in self._jobs.values() if (job.user, job.priority) == (user, priority)])

    def check(self, *, now_s: int) -> None:
        """Assert that nobody was admitted beyond their grants, as long as those are valid. O(jobs²)."""
        for job in self._jobs.values():
            granted = self.granted(job.user, job.priority, now_s=now_s)
            assert job.priority == FREE_PRIORITY or not any(granted) or all(
                used <= have for used, have in zip(self.used(job.user, job.priority), granted, strict=True)
            ), job.name


def _sum(amounts: list[Vector]) -> Vector:
    whole: Vector = (0,) * len(COLUMNS)
    for amount in amounts:
        whole = tuple(map(add, whole, amount))
    return whole
