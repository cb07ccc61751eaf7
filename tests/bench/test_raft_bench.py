"""How many Raft events a run handles in the time of one plain SimPy timeout.

Both are measured in the same process, turn by turn, and the best turn of each counts: a busy machine can only slow a turn down.
"""

from __future__ import annotations

import sys
import time

import pytest
import simpy
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu import raft
from k8sedu.trace import Trace

pytestmark = pytest.mark.bench

TIMEOUTS = 100_000
TURNS = 9


def seconds_of_timeouts() -> float:
    """The time of plain SimPy timeouts, one process that only waits."""
    environment = simpy.Environment()

    def wait() -> object:
        while True:
            yield environment.timeout(1)

    environment.process(wait())  # type: ignore[arg-type]
    start = time.process_time()
    environment.run(until=TIMEOUTS)
    return time.process_time() - start


def events(trace: Trace) -> int:
    """Messages delivered, to servers or clients, and timers fired."""
    timers = ("heartbeat_timeout", "election_timeout")
    return sum(1 for step in trace if step.kind.startswith("receive_") or step.kind == "client_reply" or step.kind in timers)


SLOW_PYTHON = pytest.mark.xfail(
    sys.version_info < (3, 12), strict=False, reason="about 0.09 on CPython 3.11, where SimPy is relatively faster; 0.10 from 3.12 on"
)


@pytest.mark.parametrize(
    ("frames", "at_least"),
    [pytest.param(False, 0.10, id="counting", marks=SLOW_PYTHON), pytest.param(True, 0.03, id="with frames")],
)
def test_events_per_timeout(benchmark: BenchmarkFixture, frames: bool, at_least: float) -> None:
    """A group of five under client load handles its share of events per plain timeout; with frames, every invariant is checked too."""

    def run() -> Trace:
        return raft.simulate(size=5, seed=1, duration_ms=3_000, clients=5, frames=frames)

    count = events(run())
    timeouts, runs = [], []
    for _ in range(TURNS):
        timeouts.append(seconds_of_timeouts() / TIMEOUTS)
        start = time.process_time()
        run()
        runs.append((time.process_time() - start) / count)
    ratio = min(timeouts) / min(runs)
    benchmark.extra_info["events_per_timeout"] = round(ratio, 3)
    benchmark.pedantic(run, rounds=3)
    print(f"\n{count} events, {min(runs) * 1e6:.1f} µs each; a timeout {min(timeouts) * 1e6:.2f} µs: {ratio:.3f} events per timeout")
    assert ratio >= at_least
