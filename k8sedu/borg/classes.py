"""Equivalence classes: what a task asks for, prepared for the columns of one cell.

Most tasks of a job are alike, and so are many jobs. Whatever the scheduler finds out about a machine for one of them holds for all, so
it asks once for each class. A `Group` is such a class: its requirement, with everything looked up that does not differ between machines.

Source: Verma et al., EuroSys 2015, section 3.4.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.borg.bands import is_prod, preempts_below
from k8sedu.borg.cell import Cell, Truth
from k8sedu.borg.jobs import Constraint, Requirement

Where: TypeAlias = NDArray[np.int64] | slice
"""Which machines: their columns, or all."""

ALL = slice(None)


class Group:
    """One equivalence class in one cell.

    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4"))])
    >>> Group(cell, Requirement((500, 0, 0, 0, 0), 200)).asked
    [(0, 500)]
    """

    __slots__ = ("asked", "base", "cell", "hard", "level", "other", "packages", "requirement", "scored", "soft", "threshold")

    def __init__(self, cell: Cell, requirement: Requirement) -> None:
        self.cell = cell
        self.requirement = requirement
        self.level = cell.level(requirement.priority)
        self.threshold = preempts_below(requirement.priority)
        self.base = cell.base(requirement.priority)
        self.asked = [(row, amount) for row, amount in enumerate(requirement.limit) if amount]
        """(row, amount) of what it asks for; what it does not ask for cannot be lacking."""
        self.hard = [_column(cell, each) for each in requirement.hard]
        self.soft = [_column(cell, each) for each in requirement.soft]
        self.packages = [cell.package(name) for name in requirement.packages]
        self.other = 0 if is_prod(requirement.priority) else 1
        """The kind of task that it mixes well with: the row of `Cell.kinds`."""
        self.scored = [(row, requirement.limit[row]) for row in cell.scored]
        """(row, amount) of the resources that count in the score."""

    @property
    def evicts(self) -> bool:
        """Whether anything runs in the cell that it could push out."""
        return self.cell.lowest < self.threshold


def _column(cell: Cell, constraint: Constraint) -> tuple[Truth, bool]:
    return cell.attribute(constraint.key, constraint.value), constraint.wanted
