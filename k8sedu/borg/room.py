"""Room: how much of everything is free on every machine, by rows for one machine and by columns for all.

A scheduler asks both ways. "Which of ten thousand machines have two cores free?" wants a column per resource. "A task has gone to machine
17, what has it now?" wants the row of that machine, and would touch ten thousand numbers' worth of memory to gather it from columns. So
both exist. Rows are the truth and change at once; columns catch up with the rows that have changed when somebody looks at them.

The version of a machine goes up with each change.

Left out: who may see which room. A *plane* is one view of it, and its meaning is the cell's business.
"""

from __future__ import annotations

from array import array
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]


class Room:
    """Whole numbers in (planes, resources, machines), and a version per machine.

    >>> room = Room(np.array([[[4000, 8000]]]))
    >>> room.take(1, np.array([[500]]))
    >>> room.row(1), room.columns.tolist(), room.version.tolist()
    ([[7500]], [[[4000, 7500]]], [0, 1])
    """

    __slots__ = ("_behind", "_columns", "_rows", "version", "versions")

    def __init__(self, planes: Whole) -> None:
        self._columns: Whole = np.ascontiguousarray(planes, dtype=np.int64)
        self._rows: Whole = np.ascontiguousarray(self._columns.transpose(2, 0, 1))
        self.versions = array("q", bytes(8 * len(self._rows)))
        self.version: Whole = np.frombuffer(self.versions, dtype=np.int64)
        """The same numbers as a column."""
        self._behind: dict[int, None] = {}

    def row(self, at: int) -> list[list[int]]:
        """The room of one machine: a list per plane, with a number per resource. O(planes)."""
        planes: list[list[int]] = self._rows[at].tolist()
        return planes

    def free(self, at: int, plane: int) -> list[int]:
        """The room of one machine in one plane, a number per resource."""
        numbers: list[int] = self._rows[at, plane].tolist()
        return numbers

    def take(self, at: int, share: Whole) -> None:
        """Narrow the room of a machine by (planes, resources). O(planes)."""
        row = self._rows[at]
        row -= share
        self.versions[at] += 1
        self._behind[at] = None

    def give(self, at: int, share: Whole) -> None:
        """Widen it again."""
        row = self._rows[at]
        row += share
        self.versions[at] += 1
        self._behind[at] = None

    def touch(self, at: int) -> None:
        """Something about this machine has changed: whoever has examined it has to look again."""
        self.versions[at] += 1
        self._behind[at] = None

    @property
    def columns(self) -> Whole:
        """(planes, resources, machines), up to date. O(machines that have changed since the last look)."""
        if self._behind:
            self._catch_up()
        return self._columns

    def add(self, plane: Whole) -> None:
        """Add a plane of (resources, machines). O(everything)."""
        self._columns = np.concatenate([self.columns, plane[None]])
        self._rows = np.ascontiguousarray(self._columns.transpose(2, 0, 1))

    def _catch_up(self) -> None:
        changed = list(self._behind)
        self._columns[:, :, changed] = self._rows[changed].transpose(1, 2, 0)
        self._behind.clear()

    def check(self) -> None:
        """Assert that columns and rows say the same; O(everything)."""
        assert np.array_equal(self.columns, self._rows.transpose(1, 2, 0))
