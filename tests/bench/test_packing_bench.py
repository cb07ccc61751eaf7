"""How fast best fit packs, in the only unit that all machines share: bare NumPy passes over the same columns."""

from __future__ import annotations

import time
from random import Random
from typing import Any

import pytest

from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.packing.columns import Kinds, Machines, kinds_of
from k8sedu.workload.packing.packer import Packer
from k8sedu.workload.packing.policies import BestFit
from k8sedu.workload.resources import GIB, Resources

PODS = 1_000
TIMES = 8
SIZES = [(96, 384, 8), (104, 512, 2), (16, 120, 2), (64, 256, 2), (128, 768, 8), (32, 128, 4), (8, 32, 1)]
WEIGHTS = [549, 387, 107, 22, 39, 28, 81]


def cell() -> tuple[list[Machine], list[Job]]:
    """As many machines and kinds of pods as the trace has: 1,213 and about 150."""
    rng = Random(7)
    sizes = [size for size, count in zip(SIZES, WEIGHTS, strict=True) for _ in range(count)]
    rng.shuffle(sizes)
    machines = [
        Machine(f"m{number:04}", Resources(cpu * 1000, gib * GIB, 0, gpus * 1000)) for number, (cpu, gib, gpus) in enumerate(sizes)
    ]
    kinds = [
        Resources(rng.choice([4, 6, 8, 12]) * 1000, rng.randint(8, 48) * GIB, 0, rng.choice([0, 250, 460, 500, 1000, 1000, 2000, 8000]))
        for _ in range(150)
    ]
    return machines, [Job(f"j{number}", "ann", rng.choice(kinds)) for number in range(PODS)]


def passes(columns: Machines, kinds: Kinds, kind_of: list[int]) -> float:
    """The time of as many passes: compare and subtract each column, and look for the largest number."""
    gpu = columns.gpu.sum(axis=1)
    start = time.process_time()
    for kind in kind_of:
        for column, wanted in ((columns.cpu, kinds.cpu[kind]), (columns.memory, kinds.memory[kind]), (gpu, kinds.gpus[kind])):
            _ = column >= wanted
            left = column - wanted
        left.argmax()
    return time.process_time() - start


@pytest.mark.bench
def test_a_thousand_pods_in_the_time_of_eight_thousand_passes(record_property: Any) -> None:
    """Best fit over 1,213 machines, from an empty cluster, every placement booked; each side at its best of seven."""
    machines, jobs = cell()
    packing, bare = [], []
    for _ in range(7):
        columns = Machines(machines)
        kinds, kind_of = kinds_of(jobs, columns)
        pods = kind_of.tolist()
        bare.append(passes(columns, kinds, pods))
        packer = Packer(columns, kinds, BestFit())
        start = time.process_time()
        placed = sum(packer.place(kind) is not None for kind in pods)
        packing.append(time.process_time() - start)
        assert placed == PODS
    ratio = min(packing) / min(bare)
    record_property("passes_per_pod", round(ratio, 2))
    print(f"\nbest fit over {len(machines)} machines: {PODS / min(packing):,.0f} pods a second, {ratio:.1f} bare passes for a pod")
    assert ratio <= TIMES
