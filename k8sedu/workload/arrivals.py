"""Workloads out of a seed: machines and jobs as a lesson needs them, stated openly.

Nobody can carry a real cell into a lecture. So these are made: the shares and sizes below are assumptions, written down as numbers with
names, and whoever doubts one changes it and runs again. The same generator gives the same workload everywhere.

Source: the mix follows what Verma et al. (Borg, EuroSys 2015) tell of a cell: services of high priority that stay, batch work of low
priority that comes and goes, many small requests (section 3.2: a fifth of the work asks for less than a tenth of a core), a few large ones.
Left out: usage below the request, and the daily rhythm.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import GIB, Resources


class Mix(NamedTuple):
    """The assumptions behind a made workload.

    Machines are of three sizes. A share of the jobs are services: they stay, have a high priority, and many tasks. The rest is batch: it
    arrives over time, runs for some seconds, and has a low priority.
    """

    machines: int = 12
    zones: int = 3
    jobs: int = 30
    users: int = 4
    service_share: float = 0.3
    service_priority: int = 200
    batch_priority: int = 100
    tasks_max: int = 6
    mean_gap_ms: int = 500
    mean_duration_ms: int = 8_000
    machine_cores: tuple[int, ...] = (4, 8, 16)
    gib_per_core: int = 4


def make(rng: Random, mix: Mix = Mix()) -> Workload:  # noqa: B008  # a NamedTuple never changes, so sharing the default is safe
    """Machines and jobs after these assumptions, drawn from this generator.

    >>> workload = make(Random(7))
    >>> len(workload.machines), len(workload.jobs), workload == make(Random(7))
    (12, 30, True)
    """
    machines = [_machine(number, rng, mix) for number in range(1, mix.machines + 1)]
    arrival_ms, jobs = 0, []
    for number in range(1, mix.jobs + 1):
        arrival_ms += round(rng.expovariate(1 / mix.mean_gap_ms))
        make_job = _service if rng.random() < mix.service_share else _batch
        jobs.append(make_job(number, arrival_ms, rng, mix))
    return Workload.of(machines, jobs)


def _machine(number: int, rng: Random, mix: Mix) -> Machine:
    cores = rng.choice(mix.machine_cores)
    capacity = Resources(cpu_millicores=cores * 1000, memory_bytes=cores * mix.gib_per_core * GIB)
    zone = "abcdefghijklmnopqrstuvwxyz"[(number - 1) % mix.zones]
    return Machine(f"m{number}", capacity, Frozen(zone=zone))


def _service(number: int, arrival_ms: int, rng: Random, mix: Mix) -> Job:
    return Job(
        name=f"service-{number}",
        user=_user(rng, mix),
        request=_request(rng),
        tasks=rng.randint(1, mix.tasks_max),
        priority=mix.service_priority,
        arrival_ms=arrival_ms,
    )


def _batch(number: int, arrival_ms: int, rng: Random, mix: Mix) -> Job:
    return Job(
        name=f"batch-{number}",
        user=_user(rng, mix),
        request=_request(rng),
        tasks=rng.randint(1, mix.tasks_max),
        priority=mix.batch_priority,
        arrival_ms=arrival_ms,
        duration_ms=1_000 + round(rng.expovariate(1 / mix.mean_duration_ms)),
    )


def _user(rng: Random, mix: Mix) -> str:
    return f"user-{rng.randint(1, mix.users)}"


def _request(rng: Random) -> Resources:
    """Small ones are frequent: a fifth asks for less than a tenth of a core, few for several cores."""
    small = rng.random() < 0.2
    millicores = rng.randrange(10, 100, 10) if small else rng.choice((250, 500, 1_000, 2_000, 4_000))
    memory_gib_eighths = rng.randint(1, 2) if small else rng.choice((4, 8, 16, 32, 64, 128))
    return Resources(cpu_millicores=millicores, memory_bytes=memory_gib_eighths * GIB // 8)
