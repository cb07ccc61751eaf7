"""A synthetic cell: machines and jobs made from a seed, with every assumption a number that has a name.

Nobody outside has a checkpoint of a real cell. So this one is made after what the papers tell of theirs, and whoever doubts a number
changes it and runs again. What an experiment here can show is the *sign* of an effect and roughly its size; not Google's per cent.

- Machines come in a few shapes, with different memory per core, in racks of forty.
- Six of ten jobs are prod. Some jobs have many more tasks than others.
- What a task asks for differs over two orders of magnitude, and jobs differ in memory per core. A fifth of the non-prod jobs ask for less
  than a tenth of a core; some tasks need most of a machine, and these decide how well a policy packs.
- A few jobs are picky: they insist on an attribute that some machines have.
- All requests are scaled together so that they ask for a given part of the cell; none asks for more than nine tenths of the
  smallest machine.

Source: Verma et al., EuroSys 2015, sections 2.1, 2.2, 3.2, 5.1 and 6 (heterogeneous machines; prod has about 70 % of the CPU; half of the
machines run 9 or more tasks); Tirmazi et al., EuroSys 2020 (a few jobs use nearly everything). The distributions are ours.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from k8sedu.borg.jobs import BorgJob, Constraint
from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Machine
from k8sedu.workload.resources import GIB, MIB, Resources


class SyntheticCellError(K8sEduError, ValueError):
    """Assumptions that contradict each other: no machine, fewer tasks than jobs, nothing to fill."""


class Assumptions(NamedTuple):
    """What a made cell is like.

    `shapes` are (cores, GiB, share of the machines). `gib_per_core` are pairs (GiB per core, share of the jobs). `cpu_fill` and
    `memory_fill` say what part of all machines the tasks ask for together. `unevenness` makes few jobs have most tasks: 0 gives all
    the same.
    """

    machines: int = 150
    jobs: int = 300
    tasks: int = 1_200
    users: int = 40
    shapes: tuple[tuple[int, int, float], ...] = ((16, 64, 0.3), (32, 96, 0.3), (32, 192, 0.25), (64, 256, 0.15))
    machines_per_rack: int = 40
    prod_share: float = 0.6
    prod_size: float = 1.0
    gib_per_core: tuple[tuple[float, float], ...] = ((1.0, 0.3), (3.0, 0.3), (6.0, 0.25), (12.0, 0.15))
    cores: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 16.0)
    tiny_share: float = 0.2
    cpu_fill: float = 0.55
    memory_fill: float = 0.55
    unevenness: float = 0.3
    picky_share: float = 0.05


class SyntheticCell(NamedTuple):
    """Machines, the jobs that run on them, and what was assumed."""

    machines: tuple[Machine, ...]
    jobs: tuple[BorgJob, ...]
    assumptions: Assumptions


ROUNDS = 6
"""So often requests are scaled: few are cut, so it is soon right."""

PICKY = (Constraint("flash", "yes"), Constraint("os", "b"))
"""What picky jobs insist on: a third of the machines have the one, a quarter the other."""

PROD_PRIORITIES = (200, 200, 200, 250, 360)
NON_PROD_PRIORITIES = (110, 110, 115, 0, 25)


def make_cell(rng: Random, assumptions: Assumptions = Assumptions()) -> SyntheticCell:  # noqa: B008  # a NamedTuple never changes
    """A cell after these assumptions, drawn from this generator.

    >>> cell = make_cell(Random(7), Assumptions(machines=50, jobs=20, tasks=300))
    >>> len(cell.machines), len(cell.jobs), sum(job.tasks for job in cell.jobs)
    (50, 20, 300)

    Raises:
        SyntheticCellError: see the class.
    """
    if assumptions.machines < 1 or not 1 <= assumptions.jobs <= assumptions.tasks:
        met = f"{assumptions.machines} machines, {assumptions.jobs} jobs and {assumptions.tasks} tasks"
        raise SyntheticCellError(f"met {met}, expected at least one machine, one job, and a task for each job")
    machines = tuple(_machine(number, rng, assumptions) for number in range(assumptions.machines))
    sizes = _sizes(rng, assumptions)
    drafts = [_draft(number, tasks, rng, assumptions) for number, tasks in enumerate(sizes, start=1)]
    return SyntheticCell(machines, _scaled(machines, drafts, assumptions), assumptions)


def _machine(number: int, rng: Random, assumptions: Assumptions) -> Machine:
    cores, gib, _ = rng.choices(assumptions.shapes, [share for *_, share in assumptions.shapes])[0]
    rack = number // assumptions.machines_per_rack
    attributes = Frozen(rack=f"r{rack}", power=f"p{rack // 4}", os=rng.choice(("a", "a", "a", "b")), flash=rng.choice(("no", "no", "yes")))
    return Machine(f"m{number + 1}", Resources(cpu_millicores=cores * 1000, memory_bytes=gib * GIB), attributes)


def _sizes(rng: Random, assumptions: Assumptions) -> list[int]:
    """How many tasks each job has: one each, and the rest shared out by weights of a heavy tail."""
    weights = [(1 - rng.random()) ** -assumptions.unevenness for _ in range(assumptions.jobs)]
    spare, whole = assumptions.tasks - assumptions.jobs, sum(weights)
    sizes = [1 + int(spare * weight / whole) for weight in weights]
    for number in range(assumptions.tasks - sum(sizes)):
        sizes[number % len(sizes)] += 1
    return sizes


def _draft(number: int, tasks: int, rng: Random, assumptions: Assumptions) -> BorgJob:
    """A job whose requests are not scaled yet."""
    prod = rng.random() < assumptions.prod_share
    tiny = not prod and rng.random() < assumptions.tiny_share
    cores = rng.uniform(0.02, 0.09) if tiny else rng.choice(assumptions.cores) * rng.uniform(0.7, 1.4)
    cores *= assumptions.prod_size if prod else 1
    ratio = rng.choices(assumptions.gib_per_core, [share for _, share in assumptions.gib_per_core])[0][0] * rng.uniform(0.7, 1.4)
    return BorgJob(
        name=f"{'service' if prod else 'batch'}-{number}",
        user=f"user-{rng.randint(1, assumptions.users)}",
        limit=Resources(cpu_millicores=round(cores * 1000), memory_bytes=round(cores * ratio * GIB)),
        tasks=tasks,
        priority=rng.choice(PROD_PRIORITIES if prod else NON_PROD_PRIORITIES),
        hard=(rng.choice(PICKY),) if rng.random() < assumptions.picky_share else (),
    )


def _scaled(machines: tuple[Machine, ...], drafts: list[BorgJob], assumptions: Assumptions) -> tuple[BorgJob, ...]:
    """The jobs with requests that ask for the wanted part of all machines together; again and again, since large ones are cut."""
    have = [sum(machine.capacity[row] for machine in machines) for row in range(2)]
    most = [min(machine.capacity[row] for machine in machines) * 9 // 10 for row in range(2)]
    for _ in range(ROUNDS):
        ask = [sum(job.limit[row] * job.tasks for job in drafts) for row in range(2)]
        fills = (assumptions.cpu_fill, assumptions.memory_fill)
        factors = [fill * mine / theirs for fill, mine, theirs in zip(fills, have, ask, strict=True)]
        drafts = [job._replace(limit=_request(job.limit, factors, most)) for job in drafts]
    return tuple(job.checked() for job in drafts)


def _request(limit: Resources, factors: list[float], most: list[int]) -> Resources:
    """Scaled and rounded to ten millicores and a MiB; not more than nine tenths of the smallest machine."""
    millicores = max(10, round(limit.cpu_millicores * factors[0], -1))
    mib = max(1, round(limit.memory_bytes * factors[1] / MIB))
    return Resources(cpu_millicores=min(int(millicores), most[0]), memory_bytes=min(mib * MIB, most[1]))
