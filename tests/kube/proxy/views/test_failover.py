"""Laws of the failover: red from a pod's death until the node has forgotten it, as the simulation's own measure says."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import simulate, stale_windows
from k8sedu.kube.proxy.views import WalkError, failover_table, failover_timeline
from k8sedu.trace import Trace


def test_the_windows_are_those_of_the_simulation(traces: dict[str, Trace]) -> None:
    """Two ways to the same numbers: from frames, and from steps."""
    table = failover_table(traces)
    for mode, trace in traces.items():
        rows = table[table["mode"] == mode].set_index("node")
        for window in stale_windows(trace):
            assert rows.loc[window.node, "lasted_ms"] == pytest.approx(window.lasted_ms)
            assert rows.loc[window.node, "lost"] == window.lost


def test_a_lane_per_node_and_mode(traces: dict[str, Trace]) -> None:
    """Each named by mode and node."""
    ax = failover_timeline(traces, language="zh")
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["iptables  node-1", "iptables  node-2", "nftables  node-1", "nftables  node-2"]
    assert "丢失的请求" in ax.get_title(loc="left")


def test_a_run_without_frames_is_refused() -> None:
    """Nothing can be read from it."""
    with pytest.raises(WalkError, match="with frames"):
        failover_timeline(simulate((), duration_ms=10, frames=False))
