"""Preemption: whom a task pushes out if the best machine has no room.

From the lowest to the highest priority, until there is room; of one priority, whoever came last goes first, since least work is lost.
Victims are not moved to another machine: they go back to the pending queue, like everybody who waits.

Source: Verma et al., EuroSys 2015, sections 2.5 (who never preempts whom) and 3.2.
Left out: the SIGTERM before the SIGKILL, and victims that take long to leave.
"""

from __future__ import annotations

from operator import gt

from k8sedu.borg.bands import is_prod, may_preempt
from k8sedu.borg.cell import Cell
from k8sedu.borg.jobs import Task, Vector


def victims(cell: Cell, task_priority: int, limit: Vector, machine: str | int) -> tuple[Task, ...] | None:
    """Who has to go so that a task of this priority and limit fits; () if there is room, None if that does not help. O(tasks there).

    >>> from k8sedu.borg.jobs import BorgJob
    >>> from k8sedu.workload.jobs import Machine
    >>> from k8sedu.workload.resources import Resources
    >>> cell = Cell([Machine("m1", Resources.of(cpu="4"))])
    >>> for priority, cpu in ((200, "2"), (100, "1"), (0, "1")):
    ...     cell.place(Task(BorgJob(f"p{priority}", "ann", Resources.of(cpu=cpu), priority=priority), 0), "m1")
    >>> victims(cell, 300, (1000, 0, 0, 0, 0), "m1"), victims(cell, 300, (3000, 0, 0, 0, 0), "m1")
    ((Task(p0/0),), None)
    """
    at = cell.number(machine)
    free = cell.room.free(at, cell.base(task_priority))
    if not any(map(gt, limit, free)):
        return ()
    short = {row: need - have for row, (need, have) in enumerate(zip(limit, free, strict=True)) if need and need > have}
    chosen: list[Task] = []
    # An alloc that is evicted takes along what runs in it.
    for candidate in candidates(cell, task_priority, at):
        if not short:
            break
        held = candidate.limit if is_prod(task_priority) else cell.reservation(candidate)
        short = {row: still for row, lack in short.items() if (still := lack - held[row]) > 0}
        chosen += [*cell.allocs.inside(candidate), candidate]
    return None if short else tuple(chosen)


def candidates(cell: Cell, priority: int, machine: str | int) -> list[Task]:
    """The tasks of a machine that may be evicted for this priority, in the order in which they would be."""
    below = [task for task in reversed(cell.on(machine)) if may_preempt(priority, task.priority) and task not in cell.allocs]
    return sorted(below, key=lambda task: task.priority)
