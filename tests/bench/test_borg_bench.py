"""How fast Borg's scheduler is, in the only unit that all machines share: bare NumPy passes over the columns of the same cell.

A bare pass compares the free room of every machine with a request, subtracts it, and takes the best machine: what nobody who looks at all
machines can do without.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from k8sedu.borg.cell import BY_LIMIT, Cell
from k8sedu.borg.jobs import BorgJob, tasks_of
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import ALL_OFF, ALL_ON, Scheduler, Switches
from k8sedu.borg.scoring import best_fit
from k8sedu.borg.synthetic import Assumptions, SyntheticCell, make_cell
from k8sedu.borg.weights import PACKING
from k8sedu.workload.jobs import Machine
from k8sedu.workload.resources import GIB, Resources

SAMPLE_PASSES = 1_000
LARGE = Assumptions(machines=10_000, jobs=1_000, tasks=100_000, cpu_fill=0.95, memory_fill=0.95)
"""A cell that is asked for nearly all it has, so that bad packing shows: some tasks find no place."""


ENOUGH = 1_024
"""So many feasible machines are enough here, a tenth of the cell: with 128 it is quicker, and packs 3.5 % worse."""


class Run(NamedTuple):
    """What one packing of the cell took and gave."""

    seconds: float
    examinations: int
    placed: int
    cpu: float
    memory: float


def bare_pass_seconds(cell: Cell, rows: int) -> float:
    """The time of one compare, subtract and argmax over so many resource columns, here and now."""
    free = np.ascontiguousarray(cell.room.columns[BY_LIMIT, :rows])
    request = np.array([500, GIB, 0, 0, 1][:rows], dtype=np.int64)[:, None]
    start = time.process_time()
    for _ in range(SAMPLE_PASSES):
        possible = (free >= request).all(axis=0)
        left = free - request
        int(np.where(possible, left[0], -1).argmax())
    return (time.process_time() - start) / SAMPLE_PASSES


@pytest.fixture(scope="module")
def made() -> SyntheticCell:
    """100,000 tasks of 1,000 jobs for 10,000 machines."""
    return make_cell(Random(1), LARGE)


@pytest.fixture(autouse=True)
def no_garbage_collector() -> Iterator[None]:
    """It would scan everything that is kept, again and again; runs of k8sedu put it to sleep as well."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def pack(made: SyntheticCell, switches: Switches) -> tuple[Run, Cell]:
    cell, queue = Cell(made.machines), PendingQueue(task for job in made.jobs for task in tasks_of(job))
    scheduler = Scheduler(cell, rng=Random(2), weights=PACKING, switches=switches)
    start = time.process_time()
    done = scheduler.schedule(queue)
    seconds = time.process_time() - start
    cpu, memory = (int(cell.used()[row].sum()) / int(cell.capacity[row].sum()) for row in range(2))
    return Run(seconds, scheduler.examiner.examinations, len(done.placed), cpu, memory), cell


@pytest.mark.bench
@pytest.mark.timeout(3_600)
def test_the_three_ideas_save_99_of_100_examinations(made: SyntheticCell) -> None:
    """All on against all off, both really run: 1/100 of the examinations, packing within 2 %, less time, and less than the bare passes."""
    on, cell = pack(made, ALL_ON._replace(enough=ENOUGH))
    passes = {rows: (bare_pass_seconds(cell, rows)) * LARGE.tasks for rows in (2, 5)}
    print(f"\nall on:  {on}\n100,000 bare passes: {passes[2]:.1f} s over cpu and memory, {passes[5]:.1f} s over all five columns")
    off, _ = pack(made, ALL_OFF)
    print(f"all off: {off}\nexaminations: 1/{off.examinations / on.examinations:.0f}, time: 1/{off.seconds / on.seconds:.0f}")
    assert on.examinations * 100 <= off.examinations
    for mine, theirs in ((on.placed, off.placed), (on.cpu, off.cpu), (on.memory, off.memory)):
        assert mine >= 0.98 * theirs
    assert on.seconds < off.seconds
    assert on.seconds <= passes[5]


@pytest.mark.bench
def test_best_fit_places_a_thousand_pods_in_the_time_of_eight_thousand_passes() -> None:
    """Best fit over 1,213 machines with cores, memory and GPUs: a thousand pods of 60 shapes, nothing remembered, in 8 × 1,000 passes."""
    rng = Random(3)
    shapes = [Resources(96_000, 384 * GIB, 0, 8_000), Resources(64_000, 256 * GIB, 0, 4_000), Resources(32_000, 128 * GIB, 0, 2_000)]
    cell = Cell([Machine(f"m{number}", rng.choice(shapes)) for number in range(1_213)])
    asked = [Resources(rng.randrange(1_000, 16_000), rng.randrange(1, 64) * GIB, 0, rng.choice((0, 500, 1_000))) for _ in range(60)]
    jobs = [BorgJob(f"pod-{number}", "ann", rng.choice(asked)) for number in range(1_000)]
    queue = PendingQueue(task for job in jobs for task in tasks_of(job))
    scheduler = Scheduler(cell, rng=rng, scorer=best_fit, weights=PACKING, switches=ALL_OFF)
    start = time.process_time()
    done = scheduler.schedule(queue)
    seconds = time.process_time() - start
    passes = bare_pass_seconds(cell, 4) * 1_000
    print(f"\n1,000 pods: {seconds:.3f} s, all machines examined for each; 1,000 bare passes: {passes:.3f} s; {seconds / passes:.1f} times")
    assert len(done.placed) == 1_000
    assert seconds <= 8 * passes


@pytest.mark.bench
def test_a_large_cell_fits_into_a_gibibyte() -> None:
    """10,000 machines with 200,000 tasks of 2,000 jobs that run, and all that the scheduler remembers, stay under 1 GiB."""
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    made = make_cell(Random(4), LARGE._replace(jobs=2_000, tasks=200_000, cpu_fill=0.7, memory_fill=0.7))
    run, cell = pack(made, ALL_ON)
    used = process.memory_info().rss - before
    print(f"\n{run.placed:,} tasks on {len(cell):,} machines: {used / GIB:.2f} GiB, the process {process.memory_info().rss / GIB:.2f} GiB")
    assert run.placed == 200_000
    assert process.memory_info().rss < GIB
