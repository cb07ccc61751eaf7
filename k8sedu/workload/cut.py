"""A part of a workload, and the same work in less time: how a month of a real cell becomes a minute on a slide.

A trace of 149 days on 1,523 machines is no picture. The first machines and jobs of it are one, when the days are squeezed into seconds.
What stays the same is what asks for what, and in which order; what changes is said.

Left out: choosing a typical part. The first is the first.
"""

from __future__ import annotations

from k8sedu.workload.jobs import Job, Workload, WorkloadError


def cut(workload: Workload, *, machines: int | None = None, jobs: int | None = None) -> Workload:
    """The first machines and the first jobs; None keeps all.

    >>> from random import Random
    >>> from k8sedu.workload.arrivals import make
    >>> small = cut(make(Random(7)), machines=3, jobs=5)
    >>> len(small.machines), len(small.jobs)
    (3, 5)

    Raises:
        WorkloadError: less than one machine is wanted.
    """
    if machines is not None and machines < 1:
        raise WorkloadError(f"met {machines} machines to keep, expected at least 1")
    return Workload(workload.machines[:machines], workload.jobs[: None if jobs is None else max(jobs, 0)])


def squeeze(workload: Workload, *, span_ms: int) -> Workload:
    """The same jobs, with all times divided so that the last one arrives at `span_ms`; jobs that arrive at once keep their length.

    >>> from k8sedu.workload import Job, Machine, Resources
    >>> jobs = [Job("a", "ann", Resources(), duration_ms=5_000), Job("b", "ann", Resources(), arrival_ms=60_000)]
    >>> early, late = squeeze(Workload.of([Machine("m", Resources.of(cpu="1"))], jobs), span_ms=6_000).jobs
    >>> early.duration_ms, late.arrival_ms
    (500, 6000)

    Raises:
        WorkloadError: there is no time to squeeze into.
    """
    if span_ms <= 0:
        raise WorkloadError(f"met a span of {span_ms} ms, expected more than 0")
    last_ms = max((job.arrival_ms for job in workload.jobs), default=0)
    return workload._replace(jobs=tuple(_squeezed(job, span_ms, last_ms) for job in workload.jobs)) if last_ms else workload


def _squeezed(job: Job, span_ms: int, last_ms: int) -> Job:
    length = None if job.duration_ms is None else max(1, job.duration_ms * span_ms // last_ms)
    return job._replace(arrival_ms=job.arrival_ms * span_ms // last_ms, duration_ms=length)
