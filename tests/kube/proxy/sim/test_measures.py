from __future__ import annotations

from k8sedu.kube.proxy.sim import simulate, stale_windows, summary


def test_windows_of_a_gentle_end() -> None:
    """A deleted pod is forgotten before it dies, so nothing is lost and its windows have no length."""
    windows = stale_windows(simulate(["at 500 delete web-1"], duration_ms=4_000))
    assert [(window.lasted_ms, window.lost) for window in windows] == [(0.0, 0)] * 3


def test_window_that_stays_open() -> None:
    """Where the run ends before a node has synced, its window has no end."""
    windows = stale_windows(simulate(["at 1000 kill web-1"], services=20_000, duration_ms=3_000))
    assert [window.forgotten_ms for window in windows] == [None, None, None]


def test_summary_counts_all() -> None:
    """Every request has one outcome."""
    trace = simulate(["at 1000 kill web-1"], duration_ms=2_500)
    found = summary(trace)
    assert found.answered + found.lost + found.rejected + found.dropped + found.refused == sum(step.kind == "request" for step in trace)
