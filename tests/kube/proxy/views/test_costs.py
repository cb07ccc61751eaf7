"""Laws of the curves of costs: the numbers that were counted, and published ones only where a source has seconds."""

from __future__ import annotations

import numpy as np
import pytest

from k8sedu.kube.proxy import scaling
from k8sedu.kube.proxy.sim import PUBLISHED
from k8sedu.kube.proxy.views import WalkError, cost_curves, cost_table, first_packet_chart, rewrite_chart, rules_chart

COSTS = scaling([5, 20], modes=["iptables", "ipvs"], samples=2)


def test_lines_show_what_was_counted() -> None:
    """A line per mode, a point per size."""
    ax = first_packet_chart(COSTS)
    shown = {line.get_label(): np.asarray(line.get_ydata()).tolist() for line in ax.get_lines()}
    assert shown == {mode: [cost.asked_mean for cost in COSTS if cost.mode == mode] for mode in ("iptables", "ipvs")}
    assert len(rules_chart(COSTS).get_lines()) == 2


def test_published_seconds_have_an_axis_of_their_own() -> None:
    """Hollow signs; what has no seconds is left out."""
    ax = rewrite_chart(COSTS, published=PUBLISHED)
    other = next(each for each in ax.figure.axes if each is not ax)
    points = sum(np.asarray(line.get_xdata()).size for line in other.get_lines())
    assert points == len([each for each in PUBLISHED if each.curve == "rewrite" and each.seconds is not None])


def test_three_curves_stand_beside_each_other() -> None:
    """And a fourth pair of axes for what was published."""
    assert len(cost_curves(COSTS, published=PUBLISHED, language="zh").axes) == 4


def test_a_table_has_a_row_per_mode_and_size() -> None:
    """As they were counted."""
    assert cost_table(COSTS).index.tolist() == [(cost.mode, cost.services) for cost in COSTS]
    with pytest.raises(WalkError, match="met no costs"):
        cost_table([])
