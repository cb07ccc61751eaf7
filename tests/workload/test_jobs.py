"""Laws of workloads: names are there once, jobs come in the order of arrival, nonsense is refused."""

from __future__ import annotations

import pytest

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload, WorkloadError
from k8sedu.workload.resources import Resources

ONE = Resources.of(cpu="1")
MACHINE = Machine("m1", Resources.of(cpu="4"), Frozen(zone="a"))


def test_jobs_come_in_the_order_of_their_arrival() -> None:
    """Whatever order they are given in; those of one instant keep theirs."""
    jobs = [Job("late", "ann", ONE, arrival_ms=9), Job("b", "ann", ONE, arrival_ms=1), Job("a", "bob", ONE, arrival_ms=1)]
    assert [job.name for job in Workload.of([MACHINE], jobs).jobs] == ["b", "a", "late"]


def test_a_constraint_is_an_attribute_that_the_machine_must_have() -> None:
    """Another value and no value are both a no."""
    assert Job("a", "ann", ONE, constraints=Frozen(zone="a")).may_run_on(MACHINE)
    assert not Job("a", "ann", ONE, constraints=Frozen(zone="b")).may_run_on(MACHINE)
    assert not Job("a", "ann", ONE, constraints=Frozen(ssd="yes")).may_run_on(MACHINE)


def test_the_capacity_is_that_of_all_machines() -> None:
    """Two machines have twice as much, and a task finds its job by its name."""
    workload = Workload.of([MACHINE, MACHINE._replace(name="m2")], [Job("a/b", "ann", ONE)])
    assert workload.capacity.cpu_millicores == 8_000
    assert workload.job_of("a/b/0").name == "a/b"


@pytest.mark.parametrize(
    ("machines", "jobs", "says"),
    [
        ([], [], "no machine"),
        ([MACHINE, MACHINE], [], "'m1' is there twice"),
        ([MACHINE._replace(capacity=Resources())], [], "'m1' has {}"),
        ([MACHINE], [Job("a", "ann", ONE, tasks=0)], "0 tasks"),
        ([MACHINE], [Job("a", "ann", Resources(cpu_millicores=-1))], "below zero"),
        ([MACHINE], [Job("a", "ann", ONE, arrival_ms=-1)], "-1 ms"),
        ([MACHINE], [Job("a", "ann", ONE, duration_ms=0)], "0 ms"),
    ],
)
def test_a_workload_that_cannot_be_is_refused(machines: list[Machine], jobs: list[Job], says: str) -> None:
    """The sentence says which machine or job it is, and what was expected."""
    with pytest.raises(WorkloadError, match="expected") as caught:
        Workload.of(machines, jobs)
    assert says in str(caught.value)
