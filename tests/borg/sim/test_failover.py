"""Laws of the failover: about ten seconds for a small cell, about a minute for the largest, and votes cost next to nothing."""

from __future__ import annotations

from statistics import mean

import pytest

from k8sedu.borg.sim.failover import FailoverError, failover


def test_a_small_cell_is_back_after_about_ten_seconds() -> None:
    """The mean over many elections is the paper's number; none is much longer."""
    times = [failover(seed=seed).whole_s for seed in range(12)]
    assert 8.5 < mean(times) < 11.5
    assert max(times) < 16


def test_a_large_cell_takes_up_to_a_minute() -> None:
    """It is the state that takes long, not the election."""
    small, large = failover(seed=1), failover(seed=1, machines=10_000, tasks=200_000)
    assert (small.silence_s, small.votes_s) == (large.silence_s, large.votes_s)
    assert 55 < large.whole_s < 65
    assert large.votes_s < 0.1


def test_a_cell_of_less_than_nothing_is_refused() -> None:
    """One sentence."""
    with pytest.raises(FailoverError, match="met a cell of -1 machines and 300 tasks"):
        failover(machines=-1)
