"""Laws of backoff: how long, and until which tick of the clock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.backoff import Backoff, duration_ms


@pytest.mark.conformance("k8s/backoff.json")
def test_it_lasts_as_long_as_the_real_one(conformance_path: Path) -> None:
    """After so many failures a pod waits so many seconds."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        assert duration_ms(case["attempts"]) == case["seconds"] * 1_000, case


@given(st.integers(1, 200), st.integers(1, 5_000), st.integers(1, 20_000))
def test_it_doubles_up_to_the_most(count: int, initial_ms: int, max_ms: int) -> None:
    """Each failure doubles it, until the most is reached; a first wait longer than the most is the most."""
    one, next_ = (duration_ms(each, initial_ms=initial_ms, max_ms=max_ms) for each in (count, count + 1))
    assert next_ == min(2 * one, max_ms)


@given(st.integers(1, 20), st.integers(0, 10_000), st.booleans())
def test_the_tick_is_the_first_at_which_it_is_over(count: int, since_ms: int, windows: bool) -> None:
    """At the tick that is foretold the backoff is over, and at the tick before it is not."""
    backoff = Backoff(windows=windows)
    until_ms = backoff.until_ms(count, since_ms)
    tick_ms = backoff.flushed_ms(until_ms)
    assert tick_ms % 1_000 == 0
    assert backoff.is_over(until_ms, tick_ms)
    assert not backoff.is_over(until_ms, tick_ms - 1_000)


def test_who_never_failed_waits_for_nothing() -> None:
    """Without a failure there is no moment to wait for."""
    assert Backoff().until_ms(0, 5_000) == 0
