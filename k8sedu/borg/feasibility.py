"""Feasibility: which machines could run a task at all.

A machine is feasible if it is up, meets every hard constraint, and has room. Room includes what could be taken from tasks that this one
may evict: whether that is a good idea is the score's business, not feasibility's.

Source: Verma et al., EuroSys 2015, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from k8sedu.borg.cell import Cell, Truth
from k8sedu.borg.classes import ALL, Group, Where
from k8sedu.borg.jobs import COLUMNS, Task
from k8sedu.borg.room import Whole


def feasible(group: Group, where: Where = ALL) -> Truth:
    """For each of these machines, whether the class could run there. O(machines × what is asked).

    >>> from k8sedu.borg.jobs import Requirement
    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4")), Machine("m2", Resources.of(cpu="2"))])
    >>> feasible(Group(cell, Requirement((3000, 0, 0, 0, 0), 200))).tolist()
    [True, False]
    """
    cell = group.cell
    found = fits(cell.room.columns[group.level], group.asked, where)
    found &= cell.up[where]
    for column, wanted in group.hard:
        found &= column[where] == wanted
    return found


def fits(room: Whole, asked: Sequence[tuple[int, int]], where: Where = ALL) -> Truth:
    """Where there is room for every amount that is asked: one comparison per resource, each over all machines.

    Args:
        room: (resources, machines).
        asked: pairs (row, amount).
        where: the machines that are meant.
    """
    if not asked:
        return np.ones(len(room[0][where]), dtype=bool)
    (row, amount), *others = asked
    found: Truth = room[row][where] >= amount
    for row, amount in others:
        found &= room[row][where] >= amount
    return found


def is_feasible(group: Group, at: int, room: Sequence[int]) -> bool:
    """The same for one machine, whose room for this class is given as a row of numbers."""
    for row, amount in group.asked:
        if room[row] < amount:
            return False
    return bool(group.cell.up[at]) and all(column[at] == wanted for column, wanted in group.hard)


def why_not(group: Group, at: int) -> str:
    """Why a machine is out, in the first reason that holds; "" if it is feasible.

    >>> from k8sedu.borg.jobs import Requirement
    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4"))])
    >>> why_not(Group(cell, Requirement((5000, 0, 0, 0, 0), 200)), 0)
    'too little cpu'
    """
    cell = group.cell
    if not cell.up[at]:
        return "down"
    for constraint, (column, wanted) in zip(group.requirement.hard, group.hard, strict=True):
        if column[at] != wanted:
            return f"is not {constraint}"
    room = cell.room.free(at, group.level)
    lacking = [COLUMNS[row] for row, amount in group.asked if room[row] < amount]
    return f"too little {' and '.join(lacking)}" if lacking else ""


def reasons(cell: Cell, task: Task) -> dict[str, int]:
    """Why a task fits nowhere: how many machines gave which reason, in the order in which the reasons came. O(machines)."""
    group = Group(cell, task.requirement)
    counted: dict[str, int] = {}
    for at in range(len(cell)):
        reason = why_not(group, at)
        if reason:
            counted[reason] = counted.get(reason, 0) + 1
    return counted
