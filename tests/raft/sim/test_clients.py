"""Laws of clients: what they are told is what one ordinary store would have told them."""

from __future__ import annotations

import pytest

from k8sedu import raft
from k8sedu.raft.linearizability import first_anomaly, history_of, is_linearizable
from k8sedu.raft.sim import Clients
from k8sedu.sim.network import Network
from k8sedu.trace import Trace

STORM = (
    "at 500 partition n1 n2 until 1100",
    "at 700 crash n3",
    "at 1200 restart n3",
    "at 1300 partition n4 n5 until 2000",
    "at 2200 pause n1 until 2700",
)


def storm(seed: int, *off: str) -> Trace:
    """Three impatient clients of a group of five in bad weather."""
    return raft.simulate(
        size=5, seed=seed, duration_ms=3_000, faults=STORM, clients=Clients(3, think_ms_min=5, think_ms_max=30, retry_ms=60),
        network=Network(loss=0.05, duplication=0.05), rules=raft.Rules.without(*off), frames=False,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_histories_are_linearizable(seed: int) -> None:
    """Through partitions, crashes, a pause, loss and retries, the clients see one store."""
    history = history_of(storm(seed))
    assert len(history) > 50
    assert is_linearizable(history)


def test_without_sessions_a_retry_counts_twice() -> None:
    """Without client sessions the same weather makes some addition take effect twice, and the check names the answer."""
    anomaly = first_anomaly(history_of(storm(0, "client_sessions")))
    assert anomaly is not None
    assert anomaly.answer


def test_a_silent_server_is_left_for_the_next() -> None:
    """A client whose server does not answer asks another one with the same serial number."""
    trace = raft.simulate(size=3, seed=3, duration_ms=2_000, clients=1, faults=["at 600 crash n1", "at 600 crash n2", "at 1200 restart n1"])
    again = [step for step in trace.where("client_request") if step.detail.attempt > 1]
    assert again
    first = next(step for step in trace.where("client_request", serial=again[0].detail.serial))
    assert (first.detail.command, first.detail.to != again[0].detail.to) == (again[0].detail.command, True)
