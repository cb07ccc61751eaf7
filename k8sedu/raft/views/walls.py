"""A partition as a soft wall between groups of servers, and a link cut one way as a bar across an arrow.

The frame only says which links are blocked. Servers that can still talk to each other both ways form a group; where the groups stand side
by side in the ring, a wall is drawn between them, and messages stop at it.

Left out: walls that wind around single servers. Groups that stand mixed in the ring get a piece of wall in every gap between them.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.layout import RING, TOKEN, Point, Ring
from k8sedu.raft.views.words import say
from k8sedu.stage.shapes import Icon, Line, Path, Shape

OUTER = RING + 42
"""How far from the centre a wall ends."""

Link = tuple[str, str]


class Barrier(NamedTuple):
    """What cuts the network right now: curved walls, and links cut in one direction."""

    blocked: frozenset[Link]
    walls: tuple[tuple[Point, ...], ...]
    one_way: tuple[Link, ...]

    @classmethod
    def of(cls, blocked: tuple[Link, ...], ring: Ring) -> Barrier:
        """The walls that these blocked links mean."""
        cut = frozenset((sender, receiver) for sender, receiver in blocked)
        sides = groups(ring.nodes, cut)
        mutual = frozenset(link for link in cut if link[::-1] in cut)
        divided = {name: number for number, side in enumerate(sides) for name in side}
        walled = len(sides) > 1 and all((a, b) in mutual for a in ring.nodes for b in ring.nodes if divided[a] != divided[b])
        if not walled:
            return cls(cut, (), tuple(link for link in sorted(cut) if link in cut))
        one_way = tuple(link for link in sorted(cut) if divided.get(link[0]) == divided.get(link[1]))
        return cls(cut, _walls(ring, divided), one_way)

    def stop(self, link: Link, start: Point, end: Point) -> Point | None:
        """Where a message on a blocked link ends; None if the link is whole."""
        if link not in self.blocked:
            return None
        length = math.hypot(end.x - start.x, end.y - start.y) or 1.0
        shares = [share for wall in self.walls for share in _crossings(start, end, wall)]
        share = min(shares) if shares else 0.42
        return start.between(end, max(0.05, share - (TOKEN + 6) / length))


def groups(nodes: tuple[str, ...], cut: frozenset[Link]) -> tuple[tuple[str, ...], ...]:
    """Servers that can talk to each other both ways, directly or through others, in the order of the ring.

    >>> groups(("n1", "n2", "n3"), frozenset({("n1", "n2"), ("n2", "n1"), ("n1", "n3"), ("n3", "n1")}))
    (('n1',), ('n2', 'n3'))
    """
    left, found = list(nodes), []
    while left:
        side, reach = [left.pop(0)], 0
        while reach < len(side):
            here = side[reach]
            side += [name for name in left if (here, name) not in cut or (name, here) not in cut]
            left = [name for name in left if name not in side]
            reach += 1
        found.append(tuple(sorted(side, key=nodes.index)))
    return tuple(found)


def _walls(ring: Ring, side: dict[str, int]) -> tuple[tuple[Point, ...], ...]:
    """A curve between two blocks of the ring, else a piece of wall in each gap."""
    count = len(ring.nodes)
    gaps = [i for i in range(count) if side[ring.nodes[i]] != side[ring.nodes[(i + 1) % count]]]
    middles = [_gap_angle(ring, i) for i in gaps]
    if count == 2:
        return ((ring.at(0.0, OUTER), ring.at(0.0, 0.0), ring.at(math.pi, OUTER)),)
    if len(gaps) == 2:
        return (_curve(ring, middles[0], middles[1]),)
    inner = 0.0 if len(gaps) == len(frozenset(side.values())) else 0.55 * RING
    return tuple((ring.at(angle, inner), ring.at(angle, OUTER)) for angle in middles)


def _gap_angle(ring: Ring, number: int) -> float:
    return ring.angles[number] + math.pi / len(ring.nodes)


def _curve(ring: Ring, first: float, second: float) -> tuple[Point, ...]:
    """From gap to gap, bent so that it keeps away from the straight links inside either group."""
    step = 2 * math.pi / len(ring.nodes)
    span = (second - first) % (2 * math.pi)
    axis = first + span / 2
    inside, outside = _reach(span, step), _reach(2 * math.pi - span, step)
    middle = ring.at(axis, (inside - outside) / 2)
    a, b = ring.at(first, OUTER), ring.at(second, OUTER)
    bend = Point(2 * middle.x - (a.x + b.x) / 2, 2 * middle.y - (a.y + b.y) / 2)
    return tuple(_bezier(a, bend, b, number / 24) for number in range(25))


def _reach(span: float, step: float) -> float:
    """How near to the centre a block of the ring that spans this angle comes, along its own axis."""
    half = max(0.0, (span - step) / 2)
    return RING - 40 if half == 0 else RING * math.cos(half)


def _bezier(a: Point, bend: Point, b: Point, t: float) -> Point:
    x = (1 - t) ** 2 * a.x + 2 * t * (1 - t) * bend.x + t * t * b.x
    y = (1 - t) ** 2 * a.y + 2 * t * (1 - t) * bend.y + t * t * b.y
    return Point(round(x, 1), round(y, 1))


def _crossings(start: Point, end: Point, wall: tuple[Point, ...]) -> list[float]:
    """The shares of the way from start to end at which a wall is met."""
    found = []
    for a, b in pairwise(wall):
        dx, dy, ex, ey = end.x - start.x, end.y - start.y, b.x - a.x, b.y - a.y
        turn = dx * ey - dy * ex
        if abs(turn) > 1e-9:
            share = ((a.x - start.x) * ey - (a.y - start.y) * ex) / turn
            along = ((a.x - start.x) * dy - (a.y - start.y) * dx) / turn
            if 0 <= share <= 1 and 0 <= along <= 1:
                found.append(share)
    return found


# -- drawing -----------------------------------------------------------------------------------------------------------------------------


def barrier_shapes(barrier: Barrier, ring: Ring) -> list[Shape]:
    """The walls and bars."""
    shapes: list[Shape] = []
    for number, wall in enumerate(barrier.walls):
        d = "M" + "L".join(f"{p.x:g},{p.y:g}" for p in wall)
        shapes.append(Path(f"wall/{number}", d, stroke="line", width=13, layer=1))
        shapes.append(Path(f"wall/{number}/seam", d, stroke="muted", width=1.5, dashed=True, layer=1, opacity=0.8))
    for sender, receiver in barrier.one_way:
        shapes += _bar(sender, receiver, ring)
    return shapes


def _bar(sender: str, receiver: str, ring: Ring) -> list[Shape]:
    """An arrow that ends at a cross: nothing passes in this direction."""
    start, end = ring.flight(sender, receiver)
    stop = start.between(end, 0.42)
    own = f"block/{sender}/{receiver}"
    return [
        Line(own, round(start.x, 1), round(start.y, 1), round(stop.x, 1), round(stop.y, 1), stroke="muted", width=2, dashed=True, layer=1),
        Icon(f"{own}/cross", round(stop.x, 1), round(stop.y, 1), "cross", size=18, fill="muted", layer=1),
    ]


def cut_words(barrier: Barrier, ring: Ring) -> Words | None:
    """The partition in one line, None without one."""
    sides = groups(ring.nodes, barrier.blocked)
    if not barrier.walls:
        return None
    return say("partition: {s}", "网络分区：{s}", s=" | ".join(" ".join(side) for side in sides))
