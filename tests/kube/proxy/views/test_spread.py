"""Laws of the shares: bounds as the binomial distribution gives them, and no endpoint forgotten."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.kube.proxy import Packet, ProxyNode, Walk, route
from k8sedu.kube.proxy.views import WalkError, distribution_chart, distribution_table


def asked(node: ProxyNode, mode: str, count: int) -> list[Walk]:
    """Walks of so many connections."""
    rng = Random(1)
    return [route(Packet("10.244.1.8", 20_000 + turn, "10.96.12.7", 80), node, mode, rng=rng) for turn in range(count)]


def test_the_bounds_are_those_of_chance(node: ProxyNode) -> None:
    """A third of 300, give or take 2.576 standard deviations."""
    table = distribution_table(asked(node, "iptables", 300))
    assert table.requests.sum() == 300
    assert table.expected.tolist() == pytest.approx([1 / 3] * 3)
    assert table.high[0] - table.expected[0] == pytest.approx(2.5758 * (2 / 9 / 300) ** 0.5, rel=1e-4)


def test_one_that_always_wins_is_seen(walks: dict[str, Walk]) -> None:
    """The same answer a hundred times is no even chance, and who got nothing is in the table."""
    found = [walks["iptables"]] * 100
    table = distribution_table(found, endpoints=[walks["iptables"].endpoint, "10.9.9.9:80"])
    assert table.requests.tolist() == [100, 0]
    assert not table.is_within.any()
    assert "2 of the bars" in distribution_chart(found, endpoints=["10.9.9.9:80"], language="en").get_title(loc="left")


def test_a_chart_has_a_bar_per_series_and_endpoint(node: ProxyNode) -> None:
    """Round robin deals out evenly; both series are in the key."""
    ax = distribution_chart({mode: asked(node, mode, 30) for mode in ("ipvs", "iptables")})
    assert len(ax.patches) == 6 + 1  # and the band
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ipvs", "iptables"]  # type: ignore[union-attr]  # it is there


def test_no_answer_is_no_distribution(rejected: Walk) -> None:
    """In one sentence."""
    with pytest.raises(WalkError, match="none that reached an endpoint"):
        distribution_table([rejected])
    with pytest.raises(WalkError, match="confidence is 99"):
        distribution_table([rejected], confidence=99)
