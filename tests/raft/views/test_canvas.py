from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu import raft
from k8sedu.raft.views.canvas import StretchError, spread


@given(st.lists(st.floats(-100, 100), max_size=12), st.floats(0.1, 10))
def test_spread_keeps_order_and_distance(places: list[float], gap: float) -> None:
    """Names keep their order, stand at least a gap apart, and as a whole do not drift."""
    ordered = sorted(places)
    moved = spread(ordered, gap)
    assert len(moved) == len(ordered)
    assert all(after - before >= gap - 1e-9 for before, after in pairwise(moved))
    assert abs(sum(moved) - sum(ordered)) < 1e-6 * (1 + sum(map(abs, ordered)))


@given(st.lists(st.integers(-50, 50), unique=True, max_size=12))
def test_spread_moves_nothing_that_has_room(places: list[int]) -> None:
    """Names that stand apart already stay where they are."""
    ordered = sorted(float(place) for place in places)
    assert spread(ordered, 1.0) == ordered


@pytest.mark.parametrize(("start_ms", "end_ms"), [(9, 3), (500, None), (-5, 50), (500, 600)])
def test_a_stretch_outside_the_run_is_refused(start_ms: float, end_ms: float | None) -> None:
    """A chart of no time at all is not drawn; the sentence says how long the run is."""
    trace = raft.simulate(size=3, seed=1, duration_ms=300)
    with pytest.raises(StretchError, match="expected times within 0 to 300 ms"):
        raft.views.term_timeline(trace, start_ms=start_ms, end_ms=end_ms)
