"""Laws of fragmentation: it counts what the usual pods cannot use, and the policy avoids making more of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.packing.columns import Machines, kinds_of
from k8sedu.workload.packing.fragmentation import Descent, Usual, fragmentation, ratio, state, usual_pods
from k8sedu.workload.resources import Resources

MACHINE = Machine("m", Resources.of(cpu="64", gpu="4"))
JOBS = [
    Job("cpu", "ann", Resources.of(cpu="8"), tasks=2),
    Job("half", "ann", Resources.of(cpu="4", gpu="500m"), tasks=3),
    Job("one", "ann", Resources.of(cpu="8", gpu="1"), tasks=4),
    Job("two", "ann", Resources.of(cpu="60", gpu="2"), tasks=1),
]


def naive(cpu: int, gpu: list[int], usual: Usual) -> int:
    """The definition, pod by pod and GPU by GPU."""
    amount = 0
    for wanted_cpu, gpus, each, count in zip(usual.cpu, usual.gpus, usual.each, usual.pods, strict=True):
        can = gpus > 0 and cpu >= wanted_cpu and sum(free >= each for free in gpu) >= gpus
        amount += int(count) * sum(free for free in gpu if not can or free < each)
    return amount


@given(cpu=st.integers(0, 64_000), gpu=st.lists(st.sampled_from([0, 100, 499, 500, 999, 1000]), min_size=4, max_size=4))
def test_the_measure_is_its_definition(cpu: int, gpu: list[int]) -> None:
    """For any state of a machine, columns and loops agree to the last digit."""
    machines = Machines([MACHINE])
    usual = usual_pods(*kinds_of(JOBS, machines), threshold=1.0)
    found = fragmentation(state(cpu, np.array(gpu), usual), usual, np.ones(len(usual.cpu), dtype=bool))
    assert found.tolist() == [naive(cpu, gpu, usual)]


@given(cpu=st.integers(0, 64_000), gpu=st.lists(st.sampled_from([0, 100, 500, 700, 1000]), min_size=4, max_size=4))
def test_the_policy_gives_points_for_the_difference(cpu: int, gpu: list[int]) -> None:
    """The points of every kind with room are those of its best GPU, computed state by state."""
    machines = Machines([MACHINE])
    kinds, kind_of = kinds_of(JOBS, machines)
    usual = usual_pods(kinds, kind_of, threshold=1.0)
    machines.cpu[0], machines.gpu[0, :4] = cpu, gpu
    points = Descent(usual).points(machines, kinds, 0).tolist()
    before = naive(cpu, gpu, usual)
    for kind, job in enumerate(JOBS):
        ways = after(cpu, gpu, job.request)
        gained = [(before - naive(*way, usual)) / 10 / 1000 for way in ways]
        assert points[kind] == (max(int(100 / (1 + np.exp(-value))) for value in gained) if gained else -1)


def after(cpu: int, gpu: list[int], request: Resources) -> list[tuple[int, list[int]]]:
    """Every state that placing this request can lead to."""
    left, wanted = cpu - request.cpu_millicores, request.gpu_milli
    if left < 0:
        return []
    if 0 < wanted < 1000:
        return [(left, [free - wanted * (place == at) for place, free in enumerate(gpu)]) for at in range(4) if gpu[at] >= wanted]
    whole = [place for place, free in enumerate(gpu) if free == 1000][: wanted // 1000]
    return [(left, [0 if place in whole else free for place, free in enumerate(gpu)])] if len(whole) == wanted // 1000 else []


def test_usual_pods_are_the_most_frequent() -> None:
    """Until they are so many of all; kinds that differ in memory alone are one."""
    jobs = [*JOBS, Job("one-more", "ann", Resources.of(cpu="8", memory="9Gi", gpu="1"), tasks=5)]
    usual = usual_pods(*kinds_of(jobs, Machines([MACHINE])), threshold=0.8)
    assert usual.pods.tolist() == [9, 3]
    assert usual.each.tolist() == [1000, 500]


def test_an_empty_cluster_is_hardly_fragmented_and_a_cluttered_one_is() -> None:
    """Only pods without GPUs have no use for what is free; with a tenth left on each GPU nobody has."""
    machines = Machines([MACHINE])
    usual = usual_pods(*kinds_of(JOBS, machines), threshold=1.0)
    assert ratio(machines, usual) == pytest.approx(0.2)
    machines.gpu[0, :4] = 100
    assert ratio(machines, usual) == 1.0
    machines.gpu[0, :4] = 0
    assert ratio(machines, usual) == 0.0
