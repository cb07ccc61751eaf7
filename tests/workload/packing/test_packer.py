"""Laws of packing: remembered points are those that one would compute now, and nothing is given away twice."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.packing.columns import Machines, PackingError, kinds_of
from k8sedu.workload.packing.curve import Experiment
from k8sedu.workload.packing.packer import Packer
from k8sedu.workload.packing.policies import POLICIES, BestFit
from k8sedu.workload.resources import GIB, Resources

MACHINES = [
    Machine(f"m{number}", Resources(cpu * 1000, cpu * 4 * GIB, 0, gpus * 1000))
    for number, (cpu, gpus) in enumerate([(96, 8), (64, 2), (8, 1), (96, 8), (16, 0), (32, 4)])
]
REQUESTS = st.tuples(st.integers(0, 32), st.integers(0, 64), st.sampled_from([0, 100, 460, 500, 900, 1000, 2000, 4000, 8000]))


@given(requests=st.lists(REQUESTS, min_size=1, max_size=40), seed=st.integers(0, 3), policy=st.sampled_from(POLICIES))
def test_remembered_points_are_those_of_now(requests: list[tuple[int, int, int]], seed: int, policy: str) -> None:
    """Whatever is placed under whichever policy, every remembered number equals a fresh one, and no resource goes below zero."""
    jobs = [Job(f"j{number}", "ann", Resources(cpu * 1000, gib * GIB, 0, gpu)) for number, (cpu, gib, gpu) in enumerate(requests)]
    jobs.append(Job("some-gpu", "ann", Resources(gpu_milli=500)))
    experiment = Experiment(Workload.of(MACHINES, jobs))
    machines = Machines(MACHINES)
    packer = Packer(machines, experiment.kinds, experiment.policy(policy, Random(seed)))
    for kind in experiment.kind_of.tolist():
        packer.place(kind)
    packer.check()


@given(requests=st.lists(REQUESTS, min_size=1, max_size=30))
def test_best_fit_places_as_the_naive_one_does(requests: list[tuple[int, int, int]]) -> None:
    """A loop over all machines for each pod, in plain Python, finds the same machine each time."""
    jobs = [Job(f"j{number}", "ann", Resources(cpu * 1000, gib * GIB, 0, gpu)) for number, (cpu, gib, gpu) in enumerate(requests)]
    machines = Machines(MACHINES)
    kinds, kind_of = kinds_of(jobs, machines)
    packer = Packer(machines, kinds, BestFit())
    free = [[m.capacity.cpu_millicores, m.capacity.memory_bytes, [1000] * (m.capacity.gpu_milli // 1000)] for m in MACHINES]
    for job, kind in zip(jobs, kind_of.tolist(), strict=True):
        assert packer.place(kind) == naive(free, job.request)


def naive(free: list[list[object]], request: Resources) -> int | None:
    """Best fit as one would write it on a blackboard; it books what it places."""
    count, each = (1, request.gpu_milli) if 0 < request.gpu_milli < 1000 else (request.gpu_milli // 1000, 1000)
    best: tuple[int, int] | None = None
    for place, (cpu, memory, gpus) in enumerate(free):
        assert isinstance(gpus, list)
        assert isinstance(cpu, int)
        assert isinstance(memory, int)
        if request.cpu_millicores <= cpu and request.memory_bytes <= memory and sum(gpu >= each for gpu in gpus) >= count:
            left = (cpu - request.cpu_millicores) * 8_000 + (sum(gpus) - request.gpu_milli) * 128_000
            points = (100 * 2 * 128_000 * 8_000 - 100 * left) // (2 * 128_000 * 8_000)
            if best is None or points > best[0]:
                best = (points, place)
    if best is None:
        return None
    cpu, memory, gpus = free[best[1]]
    assert isinstance(gpus, list)
    for _ in range(count):
        fullest = min((gpu, number) for number, gpu in enumerate(gpus) if gpu >= each)[1]
        gpus[fullest] -= each
    assert isinstance(cpu, int)
    assert isinstance(memory, int)
    free[best[1]] = [cpu - request.cpu_millicores, memory - request.memory_bytes, gpus]
    return best[1]


def test_a_pod_that_fits_nowhere_changes_nothing() -> None:
    """It is told by None."""
    machines = Machines(MACHINES)
    kinds, _ = kinds_of([Job("huge", "ann", Resources.of(cpu="128"))], machines)
    packer = Packer(machines, kinds, BestFit())
    assert packer.place(0) is None
    packer.check()


@pytest.mark.parametrize("gpu", [1500, 9000])
def test_a_request_that_no_machine_could_grant_is_a_sentence(gpu: int) -> None:
    """One and a half GPUs are not a request of this trace, and nine are in no machine."""
    with pytest.raises(PackingError, match="expected less than 1000, or 1 to 8 whole GPUs"):
        kinds_of([Job("odd", "ann", Resources(gpu_milli=gpu))], Machines(MACHINES))


def test_a_machine_with_half_a_gpu_is_a_sentence() -> None:
    """Machines have whole GPUs."""
    with pytest.raises(PackingError, match=r"the machine 'm' has 0\.5 GPUs"):
        Machines([Machine("m", Resources(gpu_milli=500))])
