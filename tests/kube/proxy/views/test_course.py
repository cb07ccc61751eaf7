"""Laws of pages: every step has one place, chains fit their columns, and rules behind the match are told from those before it."""

from __future__ import annotations

from k8sedu.kube.proxy import ProxyNode, Walk
from k8sedu.kube.proxy.views.course import COLUMN, GAP, moments, pages


def test_every_step_has_one_row(walks: dict[str, Walk]) -> None:
    """On one page."""
    for walk in walks.values():
        rows = [row.number for page in pages(walk.steps) for spot in page for row in spot.visit.rows]
        assert sorted(rows) == list(range(len(walk.steps)))


def test_chains_fit_their_columns(walks: dict[str, Walk], node: ProxyNode) -> None:
    """No chain hangs below the column, and none lies upon another."""
    for walk in walks.values():
        for page in pages(walk.steps, walk.mode, node):
            ends: dict[int, float] = {}
            for spot in page:
                assert spot.y >= ends.get(spot.column, 0.0)
                ends[spot.column] = spot.y + spot.visit.height
                assert ends[spot.column] - GAP <= COLUMN


def test_many_misses_are_counted_not_drawn(walks: dict[str, Walk]) -> None:
    """The rows just before the match stay."""
    miss = next(step for step in walks["iptables"].steps if not step.is_match)
    steps = [*[miss] * 5_000, miss._replace(is_match=True)]
    visit = pages(steps)[0][0].visit
    assert (visit.skipped, len(visit.lines)) == (4_998, 3)
    assert visit.lines[-1].step.is_match


def test_rules_behind_the_match_are_not_asked(walks: dict[str, Walk], node: ProxyNode) -> None:
    """The node knows them, the walk does not."""
    visit = next(spot.visit for spot in pages(walks["iptables"].steps, "iptables", node)[0] if spot.visit.chain == "KUBE-SERVICES")
    assert visit.rest
    assert all(rule.startswith("-A KUBE-SERVICES") for rule in visit.rest)


def test_moments_go_there_and_back(walks: dict[str, Walk], node: ProxyNode) -> None:
    """First all steps there, then the pod, then all steps back."""
    kinds = [moment.kind for moment in moments(walks["nftables"], node)]
    assert kinds == sorted(kinds, key=["ask", "step", "arrive", "answer", "end"].index)
