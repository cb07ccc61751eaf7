"""Where everything stands in the picture of Borg's architecture.

From above: the scheduler and the users on the left, five replicas in a row, under each of them its link shard, and at the bottom the
machines with their borglets. Places never change, so what moves are messages alone.

Left out: more than twelve machines; the first twelve are drawn, and the rest is counted.
"""

from __future__ import annotations

from typing import NamedTuple

WIDTH, HEIGHT = 904.0, 470.0
MACHINES = 12
REPLICA_Y, REPLICA_R = 76.0, 30.0
SHARD_Y, SHARD_W, SHARD_H = 186.0, 118.0, 38.0
MACHINE_Y, MACHINE_H = 310.0, 126.0
DESK_X, DESK_Y, DESK_W, DESK_H = 12.0, 46.0, 142.0, 92.0
LEFT, RIGHT = 190.0, 892.0


class Place(NamedTuple):
    """The middle of something."""

    x: float
    y: float


class Layout:
    """The places of one cell.

    >>> Layout(["b1", "b2"], ["m1"]).replica("b1").x < Layout(["b1", "b2"], ["m1"]).replica("b2").x
    True
    """

    def __init__(self, replicas: list[str], machines: list[str]) -> None:
        step = (RIGHT - LEFT) / max(len(replicas), 1)
        self.replicas = {name: Place(LEFT + step * (number + 0.5), REPLICA_Y) for number, name in enumerate(replicas)}
        self.machines = machines[:MACHINES]
        self.hidden = len(machines) - len(self.machines)
        self.machine_w = min(130.0, (WIDTH - 24) / max(len(self.machines), 1) - 8)
        whole = (self.machine_w + 8) * len(self.machines) - 8
        start = (WIDTH - whole) / 2
        self._machine_x = {name: start + (self.machine_w + 8) * number for number, name in enumerate(self.machines)}

    def replica(self, name: str) -> Place:
        """A replica's disc."""
        return self.replicas[name]

    def shard(self, name: str) -> Place:
        """The link shard under a replica."""
        return Place(self.replicas[name].x, SHARD_Y)

    def machine(self, name: str) -> Place:
        """The upper edge of a machine, in its middle: where messages arrive."""
        return Place(self._machine_x[name] + self.machine_w / 2, MACHINE_Y)

    def machine_x(self, name: str) -> float:
        """The left edge of a machine."""
        return self._machine_x[name]

    @property
    def desk(self) -> Place:
        """The scheduler's right edge, where its messages leave."""
        return Place(DESK_X + DESK_W, DESK_Y + DESK_H / 2)
