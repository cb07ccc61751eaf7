"""Laws of the promises: each catches a run that breaks it, and says where."""

from __future__ import annotations

import pytest

from k8sedu import swarm
from k8sedu.swarm.invariants import INVARIANTS, UnknownInvariantError, violations
from k8sedu.trace import Frozen, Step, Trace

WEB = swarm.Service("web", swarm.Spec("web:1", cpu_millicores=500), replicas=2)


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A quiet run of swarm mode in which a manager fails and a node does."""
    return swarm.simulate_services([WEB], faults=["at 3000 crash manager-2", "at 4000 crash n4"], duration_ms=6_000)


def tampered(trace: Trace, index: int, *, frame: Frozen) -> Trace:
    """The same run, with another state at one step."""
    steps = list(trace)
    steps[index] = steps[index]._replace(frame=frame)
    return Trace(trace.system, trace.seed, trace.parameters, tuple(steps))


def frame(step: Step) -> Frozen:
    """The step's frame, which is there."""
    assert step.frame is not None
    return step.frame


def named(trace: Trace) -> set[str]:
    """The promises that a run breaks."""
    return {found.name for found in violations(trace)}


def test_a_good_run_breaks_nothing(trace: Trace) -> None:
    """None of the promises, asked for all together or one by one."""
    assert named(trace) == set()
    for name in INVARIANTS:
        assert not list(violations(trace, (name,)))


def test_a_container_that_dies_with_a_manager_is_found(trace: Trace) -> None:
    """The step of the failure shows one task less."""
    step = trace.where("manager_down")[0]
    machine = frame(step).machines.n1.evolve(tasks=())
    worse = frame(step).evolve(machines=frame(step).machines.evolve(n1=machine))
    found = next(violations(tampered(trace, step.index, frame=worse)))
    assert (found.name, found.step) == ("containers_outlive_managers", step.index)
    assert "manager_down changed what runs" in str(found)


def test_a_decision_without_a_leader_is_found(trace: Trace) -> None:
    """A placement after a frame in which nobody leads."""
    step = trace.where("place")[0]
    before = frame(trace[step.index - 1])
    alone = before.evolve(more=before.more.evolve(leader=""))
    assert "no_decision_without_manager" in named(tampered(trace, step.index - 1, frame=alone))


def test_a_state_that_goes_back_and_a_slot_that_is_wanted_twice_are_found(trace: Trace) -> None:
    """Both in the last frame."""
    last = frame(trace[-1])
    back = last.more.tasks.evolve(t1=last.more.tasks.t1.evolve(state="pending"))
    assert named(tampered(trace, len(trace) - 1, frame=last.evolve(more=last.more.evolve(tasks=back)))) == {"states_go_forward"}
    twice = last.more.tasks.evolve(t9=last.more.tasks.t1)
    assert named(tampered(trace, len(trace) - 1, frame=last.evolve(more=last.more.evolve(tasks=twice)))) == {"one_wanted_task_per_slot"}


def test_ghosts_and_promises_beyond_the_machine_are_found(trace: Trace) -> None:
    """A task on a machine that is down, and a placement for which there is no room."""
    last = frame(trace[-1])
    ghost = last.machines.evolve(n4=last.machines.n4.evolve(tasks=("web/0",)))
    assert named(tampered(trace, len(trace) - 1, frame=last.evolve(machines=ghost))) == {"nothing_runs_on_a_lost_machine"}
    step = trace.where("place")[0]
    full = frame(step).machines[step.detail.machine].evolve(used=Frozen(cpu=99_000))
    over = frame(step).evolve(machines=frame(step).machines.evolve(**{step.detail.machine: full}))
    assert "reservations_fit" in named(tampered(trace, step.index, frame=over))


def test_a_leader_of_a_minority_is_found(trace: Trace) -> None:
    """An election in a frame without a majority."""
    step = trace.where("become_leader")[0]
    minority = frame(step).evolve(more=frame(step).more.evolve(quorum=False))
    assert "leader_has_quorum" in named(tampered(trace, step.index, frame=minority))


def test_a_name_that_is_not_there_is_refused(trace: Trace) -> None:
    """With the names that there are."""
    with pytest.raises(UnknownInvariantError, match="expected one of containers_outlive_managers"):
        list(violations(trace, ("peace",)))
