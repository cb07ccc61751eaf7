"""Cell compaction: how few machines does a workload need?

Utilisation is a bad measure of packing, because nobody fills a cell on purpose. So the paper turns the question round: take away machines
at random, pack the whole workload from scratch, and go on until it no longer fits. How many machines are left is a number that can be
compared between policies. One trial takes the machines in one random order; eleven trials show how much is luck.

Small mercies, as in the paper: hard constraints of a job become soft ones if it has more tasks than half of the machines; a workload fits
if at most 0.2 % of its tasks stay pending, since some are picky; a workload that needs more machines than there are gets copies of them.

Source: Verma et al., EuroSys 2015, section 5.1.
Left out: taking machines away one by one. Who fits into n machines is taken to fit into n + 1 of them, so the number is found by halving.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from k8sedu.borg.cell import Cell
from k8sedu.borg.jobs import BorgJob, tasks_of
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import ALL_ON, Pass, Scheduler, Switches
from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.weights import PACKING, Weights
from k8sedu.errors import K8sEduError
from k8sedu.sim.seeds import stream
from k8sedu.workload.jobs import Machine

PENDING_PER_MILLE = 2
"""So many of a thousand tasks may stay pending in a workload that fits."""

COPIES = 8
"""A workload that does not fit into so many copies of its cell fits nowhere."""


class CompactionError(K8sEduError, ValueError):
    """A workload that does not fit, however many machines it gets."""


class Policy(NamedTuple):
    """How a workload is packed."""

    scorer: str = "hybrid"
    switches: Switches = ALL_ON
    weights: Weights = PACKING


class Packed(NamedTuple):
    """What came of packing: the pass, the cell, and how many examinations it took."""

    result: Pass
    cell: Cell
    examinations: int


def pack(machines: Iterable[Machine], jobs: Iterable[BorgJob], *, seed: int, policy: Policy = Policy()) -> Packed:  # noqa: B008  # a NamedTuple never changes
    """Place a whole workload on empty machines, in one pass from high to low priority.

    >>> from random import Random
    >>> from k8sedu.borg.synthetic import Assumptions, make_cell
    >>> made = make_cell(Random(7), Assumptions(machines=40, jobs=20, tasks=200, cpu_fill=0.5, memory_fill=0.5))
    >>> len(pack(made.machines, made.jobs, seed=7).result.placed)
    200
    """
    cell = Cell(machines)
    scorer, (_, switches, weights) = SCORERS[policy.scorer], policy
    scheduler = Scheduler(cell, rng=stream(seed, "scheduler"), scorer=scorer, weights=weights, switches=switches)
    result = scheduler.schedule(PendingQueue(task for job in jobs for task in tasks_of(job)))
    return Packed(result, cell, scheduler.examiner.examinations)


def fits(machines: Sequence[Machine], jobs: Sequence[BorgJob], *, seed: int, policy: Policy) -> bool:
    """Whether at most 0.2 % of the tasks stay pending on these machines."""
    refused = len(pack(machines, jobs, seed=seed, policy=policy).result.refused)
    return refused * 1000 <= PENDING_PER_MILLE * sum(job.tasks for job in jobs)


def compact(machines: Sequence[Machine], jobs: Sequence[BorgJob], *, seed: int, policy: Policy = Policy()) -> int:  # noqa: B008  # a NamedTuple never changes
    """How many machines one trial ends with; O(log machines) packings.

    Raises:
        CompactionError: see the class.
    """
    softened = [_soften(job, len(machines)) for job in jobs]
    order = _shuffled(machines, seed)
    low, high = 0, len(machines)
    while not fits(order[:high], softened, seed=seed, policy=policy):
        low, high = high, 2 * high
        if high > COPIES * len(machines):
            met = f"{len(jobs)} jobs do not fit into {COPIES} copies of their {len(machines)} machines"
            raise CompactionError(f"{met}, expected smaller tasks, or constraints that some machine meets")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(order[:middle], softened, seed=seed, policy=policy) else (middle, high)
    return high


def _shuffled(machines: Sequence[Machine], seed: int) -> list[Machine]:
    """The machines in a random order, and behind them copies in other orders."""
    rng, order = stream(seed, "order"), list[Machine]()
    for copy in range(COPIES):
        block = [machine if not copy else machine._replace(name=f"{machine.name}-{copy}") for machine in machines]
        rng.shuffle(block)
        order += block
    return order


def _soften(job: BorgJob, machines: int) -> BorgJob:
    """A job of more tasks than half of the machines cannot insist on anything in a cell that shrinks."""
    return job._replace(hard=(), soft=(*job.soft, *job.hard)) if job.hard and 2 * job.tasks > machines else job
