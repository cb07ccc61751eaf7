from __future__ import annotations

import math

import pytest

from k8sedu.raft.views.layout import LANE, Ring

NAMES = tuple(f"n{number}" for number in range(1, 16))


@pytest.mark.parametrize("count", range(1, 16))
def test_servers_stand_evenly_on_the_ring(count: int) -> None:
    """All neighbours are equally far apart, and every server is far enough from the next for its circle."""
    ring = Ring.of(NAMES[:count])
    places = [ring.place(name) for name in ring.nodes]
    gaps = [math.dist(a, b) for a, b in zip(places, (*places[1:], places[0]), strict=True)]
    assert max(gaps) - min(gaps) < 0.3
    assert count == 1 or min(gaps) > 2 * ring.radius


@pytest.mark.parametrize("clients", range(1, 9))
def test_clients_stand_at_the_edges_and_apart(clients: int) -> None:
    """No client touches another or a server."""
    ring = Ring.of(NAMES[:5], tuple(f"c{number}" for number in range(1, clients + 1)))
    places = [ring.place(name) for name in ring.clients]
    assert all(math.dist(a, b) > 48 for i, a in enumerate(places) for b in places[:i])
    assert all(math.dist(ring.place(node), place) > ring.radius + 30 for node in ring.nodes for place in places)


def test_question_and_answer_fly_in_lanes_of_their_own() -> None:
    """The two directions of a link lie beside each other, two lanes apart, so messages never meet head on."""
    ring = Ring.of(NAMES[:5])
    (start, end), (back, home) = ring.flight("n1", "n3"), ring.flight("n3", "n1")
    assert math.dist(start, home) == pytest.approx(2 * LANE, abs=0.1)
    assert math.dist(end, back) == pytest.approx(2 * LANE, abs=0.1)


def test_nobody_moves_when_a_spare_joins() -> None:
    """A place depends on the servers of the run only, not on who belongs to the group."""
    ring = Ring.of(NAMES[:5])
    assert Ring.of(NAMES[:5], ("c1",)).place("n4") == ring.place("n4")
