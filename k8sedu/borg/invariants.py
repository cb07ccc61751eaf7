"""What Borg's scheduler promises, by name.

Each promise is a pure predicate: given what there is to look at, it returns an empty text if all is well, and otherwise one sentence that
says what is wrong. Tests, experiments and homework share them. Two kinds are here: about a single decision, and about a cell.

Source: Verma et al., EuroSys 2015, sections 2.3, 2.5, 3.2 and 5.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from k8sedu.borg.bands import PRODUCTION, band_of, is_prod
from k8sedu.borg.cell import Cell
from k8sedu.borg.classes import Group
from k8sedu.borg.feasibility import feasible
from k8sedu.borg.jobs import COLUMNS, Task
from k8sedu.borg.scheduler import Decision


class BrokenPromiseError(AssertionError):
    """The scheduler is wrong: a bug here, or a scorer that should not have been let in."""


# -- a decision ----------------------------------------------------------------------------------------------------------------------


def production_never_preempts_production(decision: Decision) -> str:
    """Within the production band nobody takes anybody's place."""
    if band_of(decision.task.priority) is not PRODUCTION:
        return ""
    hit = [victim.name for victim in decision.victims if band_of(victim.priority) is PRODUCTION]
    return f"{decision.task.name} is production and preempts {', '.join(hit)}, which is production too" if hit else ""


def victims_matter_less(decision: Decision) -> str:
    """Only tasks of lower priority are preempted; what runs inside an evicted alloc goes with it."""
    allocs = {victim.job.name for victim in decision.victims if victim.job.is_alloc_set}
    hit = [each.name for each in decision.victims if each.priority >= decision.task.priority and each.job.alloc_set not in allocs]
    return f"{decision.task.name} preempts {', '.join(hit)}, whose priority is not lower" if hit else ""


# -- a cell --------------------------------------------------------------------------------------------------------------------------


def prod_is_within_limits(cell: Cell) -> str:
    """The limits of the prod tasks on a machine fit into it: they never lean on what others are expected not to use."""
    for at, name in enumerate(cell.names):
        limits = [task.limit for task in cell.on(at) if is_prod(task.priority) and task not in cell.allocs]
        for row, amounts in enumerate(zip(*limits, strict=True)):
            if sum(amounts) > cell.capacity[row, at]:
                return f"the prod tasks on {name} may use {sum(amounts)} {COLUMNS[row]} of {cell.capacity[row, at]}"
    return ""


def hard_constraints_hold(cell: Cell) -> str:
    """Every task runs where its hard constraints hold."""
    for task in cell.running():
        at = cell.number(cell.where(task) or "")
        for constraint in task.requirement.hard:
            if bool(cell.attribute(constraint.key, constraint.value)[at]) != constraint.wanted:
                return f"{task.name} runs on {cell.names[at]}, which is not {constraint}"
    return ""


def nobody_runs_on_a_dead_machine(cell: Cell) -> str:
    """A machine that is down runs nothing."""
    hit = [cell.names[at] for at in np.flatnonzero(~cell.up).tolist() if cell.on(at)]
    return f"{', '.join(hit)} is down and runs tasks" if hit else ""


def nobody_waits_in_vain(cell: Cell, pending: Iterable[Task]) -> str:
    """After a whole pass, no pending task could run anywhere, not even in the place of those whom it may evict: no priority inversion."""
    for task in pending:
        if task.requirement.alloc_set:
            continue
        where = np.flatnonzero(feasible(Group(cell, task.requirement)))
        if len(where):
            return f"{task.name} waits, but could run on {cell.names[int(where[0])]}"
    return ""


OF_A_DECISION: dict[str, Callable[[Decision], str]] = {
    "production never preempts production": production_never_preempts_production,
    "victims matter less": victims_matter_less,
}
OF_A_CELL: dict[str, Callable[[Cell], str]] = {
    "prod is within limits": prod_is_within_limits,
    "hard constraints hold": hard_constraints_hold,
    "nobody runs on a dead machine": nobody_runs_on_a_dead_machine,
}


def check(cell: Cell, decisions: Iterable[Decision], pending: Iterable[Task]) -> None:
    """Assert everything after a whole pass. O(tasks + machines × classes that wait).

    Raises:
        BrokenPromiseError: naming the promise.
    """
    told = [(name, predicate(decision)) for decision in decisions for name, predicate in OF_A_DECISION.items()]
    told += [(name, holds(cell)) for name, holds in OF_A_CELL.items()]
    told.append(("nobody waits in vain", nobody_waits_in_vain(cell, pending)))
    for name, sentence in told:
        if sentence:
            raise BrokenPromiseError(f"{name}: {sentence}")
