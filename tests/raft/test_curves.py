from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.curves import SHARES, Curve

TIMES = st.lists(st.floats(min_value=0.001, max_value=1e6), min_size=1, max_size=200)
FIGURES = json.loads((Path(__file__).parent.parent / "conformance/raft/election_curves.json").read_text())


@given(times_ms=TIMES, share=st.sampled_from(SHARES))
def test_a_quantile_is_the_smallest_time_that_enough_trials_reached(times_ms: list[float], share: float) -> None:
    """At least that share of the trials took no longer, and of the times before it that is not true."""
    quantile = Curve.measured("any", times_ms).quantile(share)
    assert quantile in times_ms
    assert sum(time_ms <= quantile for time_ms in times_ms) >= share * len(times_ms) - 1e-6
    assert sum(time_ms < quantile for time_ms in times_ms) < share * len(times_ms) + 1e-6


@given(times_ms=TIMES)
def test_points_rise_to_one(times_ms: list[float]) -> None:
    """The curve to draw rises in both directions and ends with all trials."""
    points = Curve.measured("any", times_ms).points()
    assert points == tuple(sorted(points))
    assert points[-1] == (max(times_ms), 1.0)


@given(times_ms=TIMES)
def test_the_order_of_the_trials_does_not_matter(times_ms: list[float]) -> None:
    """Whoever finishes first, the curve is the same to the last digit."""
    assert Curve.measured("any", times_ms) == Curve.measured("any", times_ms[::-1])


def test_trials_that_were_given_up_are_slower_than_all_others() -> None:
    """With one of four trials unfinished the median is known, the last quantile, the mean and the maximum are not."""
    curve = Curve.measured("any", [30.0, 10.0, 20.0], unfinished=1)
    assert (curve.trials, curve.median_ms, curve.quantile(0.9), curve.mean_ms, curve.max_ms) == (4, 20.0, None, None, None)
    assert curve.points()[-1] == (30.0, 0.75)
    assert curve.as_json()["unfinished"] == 1


def test_the_standard_error_is_that_of_a_mean() -> None:
    """Standard deviation over the root of the number of trials; a single trial does not know it."""
    assert Curve.measured("any", [1.0, 3.0]).standard_error_ms == pytest.approx(math.sqrt(2) / math.sqrt(2))
    assert Curve.measured("any", [1.0]).standard_error_ms is None


def test_our_quantiles_are_those_of_the_figures() -> None:
    """Our result files have the keys of the digitised curves, so that a program can compare them one by one."""
    keys = set(Curve.measured("any", [1.0]).as_json()["quantiles"])
    assert keys == set(FIGURES["fig16_top"]["150-300"]["quantiles"])
