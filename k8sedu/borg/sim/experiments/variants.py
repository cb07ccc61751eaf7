"""What costs machines? A worse scorer, walls between users, smaller cells, and sizes rounded up.

Each experiment compacts the same synthetic cell in several ways, eleven times each. Trial number 3 of every way takes the machines in the
same random order, so what differs between two ways is the way.

Source: Verma et al., EuroSys 2015, Figures 4 (scoring), 5 (segregation), 7 (cell sizes) and 9 (bucketing).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

from k8sedu.borg.findings import Compaction
from k8sedu.borg.jobs import BorgJob
from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.sim.experiments.packing import CompactionError, Policy, compact
from k8sedu.borg.synthetic import Assumptions, SyntheticCell, make_cell
from k8sedu.raft.sim.experiments.runner import Block, Executor, measure
from k8sedu.sim.seeds import derive, stream
from k8sedu.workload.resources import GIB, Resources

TRIALS = 11
HALF_A_CORE = 500

Way: TypeAlias = tuple[str, Any]
"""One way of packing: the name of a function of `WAYS`, and its argument."""


def compaction(**how: Any) -> list[Compaction]:
    """Figure 4's question: E-PVM, best fit and the hybrid, from the most machines to the fewest. Arguments as in `run`.

    >>> small = Assumptions(machines=20, jobs=20, tasks=80)
    >>> [found.name for found in compaction(trials=1, assumptions=small)]
    ['epvm', 'best_fit', 'hybrid']
    """
    return run({name: ("scored", name) for name in SCORERS}, **how)


def segregation(**how: Any) -> list[Compaction]:
    """Figure 5's question: prod and non-prod together, against a cell for each."""
    return run({"shared": ("shared", None), "segregated": ("segregated", None)}, **how)


def cells(parts: Sequence[int] = (2, 5, 10), **how: Any) -> list[Compaction]:
    """Figure 7's question: one cell, against so many smaller ones among which jobs are dealt out in turn."""
    return run({"1 cell": ("shared", None), **{f"{part} cells": ("dealt", part) for part in parts}}, **how)


def bucketing(**how: Any) -> list[Compaction]:
    """Figure 9's question: requests as they are, against requests rounded up to powers of two, from half a core and 1 GiB."""
    return run({"as requested": ("shared", None), "powers of two": ("bucketed", None)}, **how)


def run(
    ways: Mapping[str, Way],
    *,
    trials: int = TRIALS,
    seed: int = 0,
    assumptions: Assumptions = Assumptions(),  # noqa: B008  # a NamedTuple never changes
    executor: Executor | None = None,
    progress: bool | None = None,
) -> list[Compaction]:
    """Compact one synthetic cell in several ways.

    Args:
        ways: name → how.
        trials: random orders of machines per way.
        seed: of the cell, and of the orders.
        assumptions: behind the cell.
        executor: who computes (concurrent.futures, Dask); this process otherwise. The numbers are the same.
        progress: a bar on the error stream; by default where somebody may look.

    Raises:
        CompactionError: no trial, or a workload that fits nowhere.
    """
    if trials < 1:
        raise CompactionError(f"trials is {trials}, expected at least 1")
    jobs = {f"{name}/{trial}": (way, trial, assumptions) for name, way in ways.items() for trial in range(trials)}
    found = measure(_trial, jobs, trials=1, seed=seed, executor=executor, progress=progress)
    return [Compaction(name, assumptions.machines, tuple(found[f"{name}/{trial}"][0] for trial in range(trials))) for name in ways]


def _trial(_block: Block, job: tuple[Way, int, Assumptions], *, seed: int) -> list[int]:
    """One trial, wherever it is computed: the cell is made again from its seed, which is quicker than to send it."""
    (name, argument), trial, assumptions = job
    made = make_cell(stream(seed, "cell"), assumptions)
    return [WAYS[name](made, argument, derive(seed, "trial", trial))]


# -- the ways ------------------------------------------------------------------------------------------------------------------------


def _scored(made: SyntheticCell, scorer: str, seed: int) -> int:
    return compact(made.machines, made.jobs, seed=seed, policy=Policy(scorer))


def _shared(made: SyntheticCell, _: None, seed: int) -> int:
    return compact(made.machines, made.jobs, seed=seed)


def _segregated(made: SyntheticCell, _: None, seed: int) -> int:
    """A cell for prod and one for the rest."""
    halves = [[job for job in made.jobs if job.is_prod == prod] for prod in (True, False)]
    return sum(compact(made.machines, half, seed=seed) for half in halves if half)


def _dealt(made: SyntheticCell, parts: int, seed: int) -> int:
    """Smaller cells: jobs in a random order, dealt out in turn; each small cell takes its machines at random from those of the whole."""
    jobs = list(made.jobs)
    Random(derive(seed, "deal")).shuffle(jobs)
    hands = [jobs[part::parts] for part in range(parts)]
    return sum(compact(made.machines, hand, seed=derive(seed, "part", part)) for part, hand in enumerate(hands) if hand)


def _bucketed(made: SyntheticCell, _: None, seed: int) -> int:
    most = [min(machine.capacity[row] for machine in made.machines) for row in range(2)]
    return compact(made.machines, [bucketed(job, most) for job in made.jobs], seed=seed)


WAYS: dict[str, Callable[[SyntheticCell, Any, int], int]] = {
    "scored": _scored, "shared": _shared, "segregated": _segregated, "dealt": _dealt, "bucketed": _bucketed,
}  # fmt: skip


def bucketed(job: BorgJob, most: Sequence[int]) -> BorgJob:
    """A job whose cores and memory are rounded up to the next power of two; at most what a whole machine (`most`) has.

    >>> job = BorgJob("web", "ann", Resources.of(cpu="1.1", memory="5Gi"))
    >>> bucketed(job, [16_000, 64 * GIB]).limit.named
    {'cpu': 2000, 'memory': 8589934592}
    """
    cpu, memory, *others = job.limit
    rounded = (min(_bucket(cpu, HALF_A_CORE), most[0]), min(_bucket(memory, GIB), most[1]))
    return job._replace(limit=Resources(*rounded, *others))


def _bucket(amount: int, smallest: int) -> int:
    bucket = smallest
    while bucket < amount:
        bucket *= 2
    return bucket
