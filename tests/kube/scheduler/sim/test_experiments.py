"""Laws of the measurement: what is counted, and what follows from it."""

from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.sim.experiments import throughput
from k8sedu.kube.scheduler.sim.settings import RunError, Settings


def test_ten_times_the_nodes_are_far_less_than_ten_times_the_work() -> None:
    """Of a large cluster only a share is looked at; with 100 per cent all of it, and the work grows with the cluster."""
    small, large = throughput((100, 2_000), pods=10)
    assert (small.visited, large.visited, large.ratio) == (100, 680, 6.8)
    assert [found.ratio for found in throughput((100, 2_000), pods=10, percentage=100)] == [1.0, 20.0]


def test_model_time_follows_from_the_count() -> None:
    """So many microseconds for a pod and for each node; a clock that is handed in is read, and no other."""
    ticks = iter(range(100))
    (found,) = throughput((100,), pods=5, settings=Settings(cycle_us=500, node_us=5), clock=lambda: float(next(ticks)))
    assert (found.pods_per_s, found.seconds) == (1_000, 1.0)
    assert throughput((100,), pods=5)[0].seconds is None


def test_nothing_cannot_be_measured() -> None:
    """No pods, or a cluster without nodes, is refused."""
    with pytest.raises(RunError, match=r"met 0 pods and clusters of \[100\] nodes, expected at least 1 of each"):
        throughput((100,), pods=0)
