"""Laws of the chart of affinity: a row per client, a cell per request."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import Walk
from k8sedu.kube.proxy.views import WalkError, affinity_chart


def test_a_row_per_client(walks: dict[str, Walk]) -> None:
    """Who always meets the same endpoint is counted in the title."""
    one = walks["iptables"]
    other = one._replace(packet=one.packet._replace(source="10.244.1.77"))
    ax = affinity_chart([one, other, one, other._replace(endpoint="10.9.9.9:80")], language="en")
    assert ax.get_title(loc="left") == "1 of 2 clients met one endpoint only"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["10.244.1.9", "10.244.1.77"]


def test_no_walk_is_refused() -> None:
    """In one sentence."""
    with pytest.raises(WalkError, match="met no walk"):
        affinity_chart([])
