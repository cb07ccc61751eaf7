"""How long the nine curves of Figure 16 take, in the only unit that all machines share: plain SimPy timeouts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import simpy

from k8sedu.raft.sim.experiments import fig16

LIMIT_TIMEOUTS = 30_000_000
SAMPLE_TIMEOUTS = 400_000


def timeouts_per_second() -> float:
    """The speed of `while True: yield env.timeout(1)` here and now."""

    def clock(env: simpy.Environment) -> Iterator[Any]:
        while True:
            yield env.timeout(1)

    env = simpy.Environment()
    env.process(clock(env))
    start = time.perf_counter()
    env.run(until=SAMPLE_TIMEOUTS)
    return SAMPLE_TIMEOUTS / (time.perf_counter() - start)


@pytest.mark.bench
def test_the_nine_curves_finish_within_thirty_million_timeouts(record_property: Any) -> None:
    """A thousand trials of each of the nine curves, in one process."""
    before = timeouts_per_second()
    start = time.perf_counter()
    curves = fig16(trials=1_000, seed=0, workers=1)
    seconds = time.perf_counter() - start
    timeouts = seconds * (before + timeouts_per_second()) / 2
    record_property("timeouts", round(timeouts))
    print(f"\nnine curves of Figure 16: {seconds:.1f} s, the time of {timeouts / 1e6:.1f} million SimPy timeouts")
    assert len(curves) == 9
    assert timeouts <= LIMIT_TIMEOUTS
