"""Where servers stand on the stage: a ring, whatever their number, and every server keeps its place for the whole film.

Servers that are not members yet stand in the ring as well. When one joins, nothing has to move, and that is what makes a membership change
easy to follow.

Left out: groups of more than 15; their circles would be too small to carry a name.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from k8sedu.stage.scene import STAGE_HEIGHT, STAGE_WIDTH

CENTRE_X, CENTRE_Y = STAGE_WIDTH / 2, 194.0
RING = 144.0
NODE_MAX, NODE_MIN = 34.0, 17.0
TIMER_GAP = 7.0
"""From a server's circle to its timer's arc."""
TOKEN = 10.0
LANE = 6.0
"""How far to its right a message flies beside the straight line, so that question and answer never meet head on."""


class Point(NamedTuple):
    """A place on the stage."""

    x: float
    y: float

    def towards(self, other: Point, distance: float) -> Point:
        """The point that is this far on the way to another."""
        length = math.hypot(other.x - self.x, other.y - self.y) or 1.0
        return Point(self.x + (other.x - self.x) * distance / length, self.y + (other.y - self.y) * distance / length)

    def between(self, other: Point, share: float) -> Point:
        """The point that is this share of the way to another."""
        return Point(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)


class Ring(NamedTuple):
    """The places of servers and clients, and how big a server is drawn.

    >>> ring = Ring.of(("n1", "n2", "n3", "n4", "n5"))
    >>> ring.place("n1"), ring.radius
    (Point(x=295.0, y=50.0), 34.0)
    """

    nodes: tuple[str, ...]
    clients: tuple[str, ...]
    radius: float
    angles: tuple[float, ...]
    """Of each server, in radians, clockwise from twelve o'clock."""

    @classmethod
    def of(cls, nodes: tuple[str, ...], clients: tuple[str, ...] = ()) -> Ring:
        """The ring for these servers, the first one on top."""
        count = len(nodes)
        turn = -math.pi / 2 if count == 2 else 0.0
        angles = tuple(turn + 2 * math.pi * number / count for number in range(count))
        half_chord = RING * math.sin(math.pi / count) if count > 1 else RING
        biggest = NODE_MAX if count > 3 else NODE_MAX + 6
        return cls(nodes, clients, max(NODE_MIN, min(biggest, half_chord - 21)), angles)

    def angle(self, node: str) -> float:
        """Where in the ring a server stands."""
        return self.angles[self.nodes.index(node)]

    def at(self, angle: float, distance: float) -> Point:
        """The point at an angle, this far from the centre."""
        return Point(round(CENTRE_X + distance * math.sin(angle), 1), round(CENTRE_Y - distance * math.cos(angle), 1))

    def place(self, name: str) -> Point:
        """Where a server or a client stands."""
        if name in self.nodes:
            return self.at(self.angle(name), RING if len(self.nodes) > 1 else 0.0)
        return self._client_place(self.clients.index(name) if name in self.clients else 0)

    def _client_place(self, number: int) -> Point:
        """Clients stand along the left edge, then along the right one."""
        row, side = number // 2, number % 2
        rows = -(-len(self.clients) // 2)
        gap = min(92.0, (STAGE_HEIGHT - 90) / max(rows, 1))
        y = 190 + (row - (rows - 1) / 2) * gap
        return Point(36.0 if side == 0 else STAGE_WIDTH - 36.0, round(y, 1))

    def edge(self, name: str) -> float:
        """How far from a place's centre its messages begin and end."""
        return self.radius + TIMER_GAP + 3 if name in self.nodes else 24.0

    def flight(self, sender: str, receiver: str) -> tuple[Point, Point]:
        """From where to where a message flies: from edge to edge, a little to the right of the straight line."""
        start, end = self.place(sender), self.place(receiver)
        length = math.hypot(end.x - start.x, end.y - start.y) or 1.0
        side_x, side_y = -(end.y - start.y) / length * LANE, (end.x - start.x) / length * LANE
        first, last = start.towards(end, self.edge(sender)), end.towards(start, self.edge(receiver))
        return Point(first.x + side_x, first.y + side_y), Point(last.x + side_x, last.y + side_y)
