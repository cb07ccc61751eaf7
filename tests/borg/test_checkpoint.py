"""Laws of checkpoints: the changes of a run give its state at every moment."""

from __future__ import annotations

import pytest

from k8sedu.borg.checkpoint import Checkpoint, CheckpointError
from k8sedu.borg.sim import simulate
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A run with preemption, and with a machine and a master that fail."""
    return simulate(seed=5, duration_ms=24_000, faults=["at 6000 crash m2", "at 8000 crash master", "at 20000 restart m2"])


def test_replaying_the_changes_gives_every_state_of_the_run(trace: Trace) -> None:
    """At any moment the replayed books are those of the frame."""
    for at_ms in (0, 2_200, 5_000, 13_000, 24_000):
        frame = trace.at_ms(at_ms).frame
        assert frame is not None
        state = Checkpoint.of(trace, at_ms=at_ms).replay()
        state.check()
        assert {one.task: one.machine for one in state.books.placed()} == {
            name: task.machine for name, task in frame.tasks.items() if task.state == "running"
        }
        assert sorted(state.pending) == sorted(frame.queue)
        up = [name for name, machine in frame.machines.items() if machine.up]
        assert [name for name in state.books.machines if state.books.is_up(name)] == up


def test_one_may_stop_after_each_change(trace: Trace) -> None:
    """Every prefix of the changes is a whole state: that is how one looks for a fault."""
    checkpoint = Checkpoint.of(trace)
    assert len(checkpoint.changes) > 50
    for count in range(0, len(checkpoint.changes), 7):
        assert checkpoint.replay(count).changes == count


def test_a_run_of_something_else_has_no_checkpoint(trace: Trace) -> None:
    """One sentence."""
    with pytest.raises(CheckpointError, match=r"met a trace of 'mesos', expected one of borg\.simulate"):
        Checkpoint.of(Trace("mesos", 0, trace.parameters, trace.steps))
