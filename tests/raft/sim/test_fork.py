"""Laws of forks: the past is kept, the future is new."""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from k8sedu import raft
from k8sedu.raft.sim import SimulationError
from k8sedu.sim.faults import crash, partition, request, timeout
from k8sedu.sim.network import Network


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), share=st.floats(0, 0.95))
def test_the_past_of_a_fork_is_identical(seed: int, share: float) -> None:
    """Forking at any step keeps every step and frame up to the time of that step."""
    note(f"seed {seed}, share {share}")
    trace = raft.simulate(size=5, seed=seed, duration_ms=900, clients=1, network=Network(loss=0.02))
    step = trace[int(share * (len(trace) - 1))]
    other = raft.fork(trace, step, [crash("n1", at_ms=step.time_us / 1000), timeout("n2", at_ms=step.time_us / 1000)])
    past = [old for old in trace if old.time_us <= step.time_us and old.kind != "end"]
    assert list(other.steps[: len(past)]) == past
    assert trace.fork_point(other) >= len(past)


def test_a_fork_without_faults_is_the_same_run() -> None:
    """Nothing added, nothing changed."""
    trace = raft.simulate(size=3, seed=3, duration_ms=700, clients=2)
    assert raft.fork(trace, 20).digest() == trace.digest()


def test_a_fork_forgets_the_old_future() -> None:
    """Faults that the old run planned after the fork do not happen in the new one."""
    trace = raft.simulate(size=3, seed=3, duration_ms=1_000, faults=[crash("n1", at_ms=300), crash("n2", at_ms=800)])
    other = raft.fork(trace, trace.at_ms(500), [request("x=4", at_ms=600)])
    assert [step.actor for step in other.where("crash")] == ["n1"]


def test_forks_of_forks_keep_both_actions() -> None:
    """A fork can be forked again, and what was done by hand stays done."""
    trace = raft.simulate(size=5, seed=9, duration_ms=2_000)
    once = raft.fork(trace, trace.at_ms(400), [crash("n1", at_ms=500)])
    twice = raft.fork(once, once.at_ms(900), [partition("n2 n3", at_ms=1_000)])
    assert [step.kind for step in twice if step.kind in ("crash", "partition")] == ["crash", "partition"]
    assert once.fork_point(twice) > once.where("crash")[0].index


def test_a_fork_can_go_on_longer() -> None:
    """The laboratory lets a run go on: a longer fork begins with the whole old run."""
    trace = raft.simulate(size=3, seed=1, duration_ms=500)
    longer = raft.fork(trace, trace[-1], duration_ms=1_000)
    assert longer.steps[: len(trace) - 1] == trace.steps[:-1]
    assert longer[-1].time_us == 1_000_000


def test_an_unknown_step_is_refused() -> None:
    """A step number that the trace does not have is told with the numbers that it has."""
    trace = raft.simulate(size=3, seed=1, duration_ms=100)
    with pytest.raises(SimulationError, match=r"step 999 is not in the trace, expected 0 to \d+\."):
        raft.fork(trace, 999)


def test_a_fault_before_the_fork_is_refused() -> None:
    """The past cannot be changed, and the sentence says so."""
    trace = raft.simulate(size=3, seed=1, duration_ms=500)
    with pytest.raises(SimulationError, match=r"'at 100 crash n1' lies before the fork, expected a time from"):
        raft.fork(trace, trace.at_ms(300), [crash("n1", at_ms=100)])
