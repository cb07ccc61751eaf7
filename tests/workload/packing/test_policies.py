"""Laws of the rules: the points that each gives, from the tables of the original."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.packing.columns import Kinds, Machines, kinds_of
from k8sedu.workload.packing.policies import BestFit, DotProduct, GpuClustering, GpuPacking, RandomFit, room
from k8sedu.workload.resources import Resources

JOBS = {
    "cpu": Resources.of(cpu="8"),
    "part": Resources.of(cpu="4", gpu="460m"),
    "one": Resources.of(cpu="8", gpu="1"),
    "four": Resources.of(cpu="32", gpu="4"),
}


def cell(free: list[int], *, cpu: int = 96_000) -> tuple[Machines, Kinds]:
    """One machine with these GPUs left, and the four kinds."""
    machines = Machines([Machine("m", Resources(cpu_millicores=96_000, gpu_milli=1000 * len(free)))])
    machines.cpu[0] = cpu
    machines.gpu[0, : len(free)] = free
    return machines, kinds_of([Job(name, "ann", request) for name, request in JOBS.items()], machines)[0]


@pytest.mark.parametrize(
    ("free", "points"),
    [
        ([1000] * 8, [0, 25, 25, 25]),  # nothing runs: a third of 100 minus the GPUs
        ([1000] * 2, [0, 31, 31, 31]),
        ([500, 1000, 1000, 1000, 1000], [0, 95, 49, 46]),  # a shared GPU with a half left; free GPUs of a machine in use
        ([460, 0, 1000, 1000, 1000, 1000], [0, 96, 49, 46]),
    ],
)
def test_gpu_packing(free: list[int], points: list[int]) -> None:
    """Shared GPUs first, free ones of used machines next, unused machines last."""
    machines, kinds = cell(free)
    assert GpuPacking().points(machines, kinds, 0).tolist() == points


@pytest.mark.parametrize(("tags", "points"), [([], [0, 37, 37, 37]), (["one"], [0, 12, 87, 12]), (["one", "part"], [0, 62, 62, 12])])
def test_gpu_clustering(tags: list[str], points: list[int]) -> None:
    """Alone with its likes a pod finds most points, then among others with its likes, then alone, then among others only."""
    machines, kinds = cell([1000, 1000, 1000, 1000])
    policy = GpuClustering()
    for tag in tags:
        policy.placed(0, kinds, list(JOBS).index(tag))
    assert policy.points(machines, kinds, 0).tolist() == points


def test_best_fit_counts_what_would_be_left() -> None:
    """96 cores and 8 GPUs on a scale of 128 and 8; a pod of 8 cores leaves 88/128 and 8/8."""
    machines, kinds = cell([1000] * 8)
    left = [(88, 8.0), (92, 7.54), (88, 7.0), (64, 4.0)]
    assert BestFit().points(machines, kinds, 0).tolist() == [int(100 - 50 * cpu / 128 - 50 * gpu / 8) for cpu, gpu in left]


def test_dot_product_avoids_machines_that_have_much_of_what_is_wanted() -> None:
    """The product of free and asked for, as parts of the largest machine, taken from 100."""
    machines, kinds = cell([1000] * 8)
    asked = [(8, 0.0), (4, 0.46), (8, 1.0), (32, 4.0)]
    expected = [int(100 * (1 - (96 / 128 * cpu / 128 + 1.0 * gpu / 8) / 2)) for cpu, gpu in asked]
    assert DotProduct().points(machines, kinds, 0).tolist() == expected


def test_room_looks_at_everything() -> None:
    """CPU, GPUs one by one, and attributes; eight halves are no GPU."""
    machines, kinds = cell([500] * 8, cpu=6_000)
    assert room(machines, kinds, 0).tolist() == [False, True, False, False]
    named = Machines([Machine(name, Resources.of(cpu="1", gpu="1"), Frozen(model=model)) for name, model in (("a", "T4"), ("b", "P100"))])
    jobs = [Job("j", "ann", Resources.of(cpu="1"), constraints=Frozen(model="P100|V100"))]
    assert kinds_of(jobs, named)[0].may_run.tolist() == [[False, True]]


def test_the_fullest_gpu_that_suffices_is_shared() -> None:
    """Of equals the first; random takes any that suffices and no other."""
    machines, kinds = cell([400, 1000, 500, 500])
    assert BestFit().gpu(machines, kinds, 0, 1) == 2
    taken = {RandomFit(Random(seed)).gpu(machines, kinds, 0, 1) for seed in range(40)}
    assert taken == {1, 2, 3}


def test_random_takes_machines_with_room_only() -> None:
    """Each about equally often; the first place where there is none."""
    policy = RandomFit(Random(7))
    points = np.array([-1, 0, -1, 0, 0])
    counts = np.bincount([policy.choose(points) for _ in range(3_000)], minlength=5)
    assert counts[[0, 2]].tolist() == [0, 0]
    assert min(counts[[1, 3, 4]]) > 850
    assert policy.choose(np.array([-1, -1])) == 0
