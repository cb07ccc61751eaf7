from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import pytest

from k8sedu import etcd
from k8sedu.etcd.sim.experiments import keep_alive_cost
from k8sedu.etcd.views import countdowns, keep_alive_bars, lease_timeline
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def run() -> Trace:
    """Two clients hold leases; one crashes, and then the leader crashes."""
    faults = ["at 8000 crash c1", "at 12000 crash n2", "at 14000 restart n2"]
    clients = etcd.Clients(keepers=2, keys_per_lease=3, ttl_s=4)
    return etcd.simulate(seed=3, duration_ms=20_000, clients=clients, faults=faults)


def test_a_lease_lasts_from_keep_alive_to_keep_alive(run: Trace) -> None:
    """Countdowns of a lease follow each other without a gap, and only the last of an ended lease runs to zero."""
    (ended,) = sorted({step.detail["lease"] for step in run.where("lease_revoke")})
    for lease in sorted({countdown.lease for countdown in countdowns(run)}):
        mine = [countdown for countdown in countdowns(run) if countdown.lease == lease]
        assert all(before.end_us == after.start_us for before, after in pairwise(mine))
        ran_out = [countdown for countdown in mine if countdown.end_us - countdown.start_us >= countdown.ttl_us]
        assert len(ran_out) == (lease == ended)


def test_the_chart_of_leases(run: Trace) -> None:
    """A saw per lease, a line per leader, and the revision at which an ended lease's keys went."""
    axes = lease_timeline(run, language="en")
    texts = [text.get_text().strip() for text in axes.texts]
    assert f"revision {run.where('lease_revoke')[0].detail['revision']}" in texts
    assert len(axes.lines) == 2 + len(run.where("lessor_promoted"))
    assert axes.get_title(loc="left").startswith("1 lease ran out")
    plt.close("all")


def test_the_cost_of_keeping_alive() -> None:
    """Eight keys on one lease need an eighth of the keep-alives of eight leases."""
    costs = keep_alive_cost(keys=8, duration_ms=8_000)
    axes = keep_alive_bars(costs, language="zh")
    assert [bar.get_width() for bar in axes.patches] == [cost.renewals for cost in costs]  # type: ignore[attr-defined]  # bars
    assert costs[1].renewals == 8 * costs[0].renewals
    plt.close("all")
