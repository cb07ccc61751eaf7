"""Laws of sharing: the same work on a shared cluster uses more of it than on one cut into fixed parts."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu import mesos
from k8sedu.mesos.sharing import four_frameworks
from k8sedu.workload.outcome import outcome


def test_both_have_the_same_machines_and_jobs() -> None:
    """The only difference is where a framework may run."""
    both = four_frameworks(Random(3))
    assert both.shared.machines == both.partitioned.machines
    assert [job._replace(constraints=both.shared.jobs[0].constraints) for job in both.partitioned.jobs] == list(both.shared.jobs)


@pytest.mark.parametrize("seed", range(3))
def test_sharing_uses_more_of_the_cluster_than_fixed_parts(seed: int) -> None:
    """In the direction of the paper's table 3: CPU by more than a tenth, memory by more than a sixth, and more tasks are done."""
    parts, shared = (
        outcome(mesos.simulate(workload, duration_ms=25_000, refuse_ms=1_000, frames=False)) for workload in four_frameworks(Random(seed))
    )
    assert shared.utilisation["cpu"] > 1.10 * parts.utilisation["cpu"]
    assert shared.utilisation["memory"] > 1.17 * parts.utilisation["memory"]
    assert shared.finished > parts.finished


def test_in_fixed_parts_nobody_runs_on_anothers_machine() -> None:
    """The agents of a framework that has nothing to do stand idle."""
    both = four_frameworks(Random(1))
    owner = {machine.name: machine.attributes.owner for machine in both.partitioned.machines}
    trace = mesos.simulate(both.partitioned, duration_ms=15_000, refuse_ms=1_000, frames=False)
    for step in trace.where("place"):
        assert owner[step.detail.machine] == step.detail.task.rpartition("-")[0]
