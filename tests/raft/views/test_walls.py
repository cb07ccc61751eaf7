from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.views.layout import Point, Ring
from k8sedu.raft.views.walls import Barrier, barrier_shapes, groups

NODES = tuple(f"n{number}" for number in range(1, 10))


def cut(ring: Ring, *sides: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The links that are blocked between these sides."""
    side = {name: number for number, names in enumerate(sides) for name in names}
    return tuple((a, b) for a in ring.nodes for b in ring.nodes if side.get(a, -1) != side.get(b, -1))


@given(st.integers(2, 9), st.data())
def test_a_wall_lies_between_neighbouring_groups(size: int, data: st.DataObject) -> None:
    """Two blocks of the ring are parted by one wall: every link across meets it, no link inside does."""
    ring = Ring.of(NODES[:size])
    first, length = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    inside = tuple(ring.nodes[(first + offset) % size] for offset in range(length))
    barrier = Barrier.of(cut(ring, inside), ring)
    assert len(barrier.walls) == 1
    for a in ring.nodes:
        for b in ring.nodes:
            if a != b:
                meets = crosses(ring.place(a), ring.place(b), barrier.walls[0])
                assert meets == ((a in inside) != (b in inside)), (inside, a, b)


def crosses(start: Point, end: Point, wall: tuple[Point, ...]) -> bool:
    """Does the straight way meet the wall an odd number of times?"""

    def side(a: Point, b: Point, c: Point) -> float:
        return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)

    met = 0
    for a, b in itertools.pairwise(wall):
        if (side(start, end, a) > 0) != (side(start, end, b) > 0) and (side(a, b, start) > 0) != (side(a, b, end) > 0):
            met += 1
    return met % 2 == 1


@given(st.integers(2, 9), st.data())
def test_groups_are_those_who_can_talk(size: int, data: st.DataObject) -> None:
    """Groups part the servers: each is in exactly one, and blocked pairs are in different ones."""
    nodes = NODES[:size]
    side = {name: data.draw(st.integers(0, 2), label=name) for name in nodes}
    blocked = frozenset((a, b) for a in nodes for b in nodes if side[a] != side[b])
    found = groups(nodes, blocked)
    assert sorted(name for group in found for name in group) == sorted(nodes)
    assert all(len({side[name] for name in group}) == 1 for group in found)


@pytest.mark.parametrize("sides", [(("n1", "n2", "n3"), ("n4", "n5", "n6"), ("n7", "n8", "n9")), (("n1", "n3"), ("n2",))])
def test_many_or_mixed_groups_get_a_wall_in_every_gap(sides: tuple[tuple[str, ...], ...]) -> None:
    """Three groups, or groups that stand mixed in the ring, have a wall between any two neighbours of different groups."""
    ring = Ring.of(NODES)
    barrier = Barrier.of(cut(ring, *sides), ring)
    side = {name: number for number, names in enumerate(sides) for name in names}
    gaps = sum(side.get(a) != side.get(b) for a, b in zip(ring.nodes, (*ring.nodes[1:], ring.nodes[0]), strict=True))
    assert len(barrier.walls) == gaps


def test_one_direction_is_a_bar_and_no_wall() -> None:
    """A link cut in one direction stops its messages on the way and leaves the other direction alone."""
    ring = Ring.of(NODES[:3])
    barrier = Barrier.of((("n1", "n2"),), ring)
    assert (barrier.walls, barrier.one_way) == ((), (("n1", "n2"),))
    start, end = ring.flight("n1", "n2")
    stop = barrier.stop(("n1", "n2"), start, end)
    assert stop is not None
    assert math.dist(start, stop) < math.dist(start, end) / 2
    assert barrier.stop(("n2", "n1"), end, start) is None
    assert [shape.id for shape in barrier_shapes(barrier, ring)] == ["block/n1/n2", "block/n1/n2/cross"]


def test_messages_stop_before_the_wall() -> None:
    """A message that a wall stops ends on its sender's side."""
    ring = Ring.of(NODES[:5])
    barrier = Barrier.of(cut(ring, ("n1", "n2")), ring)
    for a in ("n1", "n2"):
        for b in ("n3", "n4", "n5"):
            for link in ((a, b), (b, a)):
                start, end = ring.flight(*link)
                stop = barrier.stop(link, start, end)
                assert stop is not None
                assert not crosses(start, stop, barrier.walls[0]), link


def test_no_cut_no_wall() -> None:
    """A whole network draws nothing."""
    ring = Ring.of(NODES)
    assert barrier_shapes(Barrier.of((), ring), ring) == []
