"""Laws of kube-scheduler's scores as rules of packing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.packing import PACKERS
from k8sedu.kube.scheduler.profiles import default_profile
from k8sedu.kube.scheduler.sketch import node, pod
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.packing import run
from k8sedu.workload.packing.columns import Machines, kinds_of
from k8sedu.workload.packing.curve import Experiment, PackingError

STRATEGIES = {"kube-least-allocated": "LeastAllocated", "kube-most-allocated": "MostAllocated"}
SIZE = st.integers(1, 64_000)


@pytest.mark.parametrize("name", PACKERS)
@given(st.tuples(SIZE, SIZE), st.tuples(SIZE, SIZE), st.integers(0, 100))
def test_the_points_are_the_plugins(name: str, size: tuple[int, int], wish: tuple[int, int], used_percent: int) -> None:
    """A node has exactly the score that NodeResourcesFit gives it, whatever it has and whatever is taken already."""
    cpu, memory = size
    asked, wanted = min(wish[0], cpu), min(wish[1], memory)
    machines = Machines([Machine("n1", Resources(cpu, memory, 0, 1_000))])
    taken_cpu, taken_memory = (cpu - asked) * used_percent // 100, (memory - wanted) * used_percent // 100
    machines.cpu[0] -= taken_cpu
    machines.memory[0] -= taken_memory
    kinds, _ = kinds_of([Job("p", "ann", Resources(asked, wanted))], machines)
    profile = default_profile().with_args("NodeResourcesFit", {"scoringStrategy": {"type": STRATEGIES[name]}})
    running = pod("runs", cpu=f"{taken_cpu}m", memory=str(taken_memory), node="n1")
    framework = Framework(profile, Cluster([node("n1", cpu=f"{cpu}m", memory=str(memory)), running]))
    cycle = framework.cycle(pod("p", cpu=f"{asked}m", memory=str(wanted)))
    scored = framework.plugins["NodeResourcesFit"].score(cycle, cycle.everyone)
    assert PACKERS[name]().points(machines, kinds, 0).tolist() == scored.tolist()  # type: ignore[call-arg]  # classes without arguments


def test_spreading_and_packing_differ_and_join_the_experiment() -> None:
    """One fills a machine after the other, the other all alike; a rule that nobody has is told with these."""
    machines = [Machine(f"n{number}", Resources.of(cpu="8", memory="16Gi", gpu="2")) for number in range(2)]
    cell = Workload.of(machines, [Job(f"p{number}", "ann", Resources.of(cpu="2", memory="4Gi", gpu="0.5")) for number in range(4)])
    free = {}
    for name in PACKERS:
        experiment = Experiment(cell, PACKERS)
        columns = Machines(machines)
        for _ in range(2):
            points = [int(experiment.policy(name, Random(0)).points(columns, experiment.kinds, place)[0]) for place in range(2)]
            place = points.index(max(points))
            columns.cpu[place] -= 2_000
            columns.memory[place] -= 4 * 1024**3
        free[name] = sorted(columns.cpu.tolist())
    assert free == {"kube-least-allocated": [6_000, 6_000], "kube-most-allocated": [4_000, 8_000]}
    assert run(cell, policy="kube-most-allocated", load=50, more=PACKERS).placed == 4
    with pytest.raises(PackingError, match=r"the policy is 'best', expected one of random, .*fgd, kube-least-allocated"):
        run(cell, policy="best", more=PACKERS)
