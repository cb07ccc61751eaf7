"""Checkpoints: a snapshot of the cell's state, and the changes since.

The same file serves three people. A replica that restarts reads its own. Somebody who looks for a fault steps through the changes one after
the other and sees the cell as it was. And somebody who plans asks *what if*: that is what `fauxmaster` is for.

Source: Verma et al., EuroSys 2015, section 3.1.
Left out: checkpoints of other dates in one file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.borg.borgmaster import CellState, change, job_as_json
from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.resources import NAMES, Resources


class CheckpointError(K8sEduError, ValueError):
    """A trace of which no checkpoint can be made."""


class Checkpoint(NamedTuple):
    """The state of a cell at one point (`CellState.dump`), and the lines of the log that came after it."""

    snapshot: str
    changes: tuple[str, ...]

    @classmethod
    def of(cls, trace: Trace, *, at_ms: float | None = None) -> Checkpoint:
        """The checkpoint of a run at a time, or at its end: the empty cell, and every change that was agreed on.

        Raises:
            CheckpointError: the trace is not one of Borg.
        """
        if trace.system != "borg":
            raise CheckpointError(f"met a trace of {trace.system!r}, expected one of borg.simulate")
        parameters = trace.parameters
        machines = [Machine(name, _resources(one.capacity), Frozen(one.attributes)) for name, one in parameters.machines.items()]
        begin = CellState(machines, overcommit=parameters.reclamation, avoids_crashed_pairs=parameters.avoid_crashed_pairs)
        steps = (step for step in trace if at_ms is None or step.time_ms <= at_ms)
        return cls(begin.dump(), tuple(_changes(steps, parameters)))

    def replay(self, count: int | None = None) -> CellState:
        """The state after so many of the changes; after all of them without a number. O(state + changes).

        >>> from k8sedu.borg.borgmaster import change
        >>> Checkpoint(CellState([]).dump(), (change("finish", tasks=[]),)).replay().changes
        1
        """
        state = CellState([])
        state.load(self.snapshot)
        for line in self.changes[:count]:
            state.apply(line)
        return state


def _changes(steps: Iterator[Step], parameters: Frozen) -> Iterator[str]:
    """The lines of the log that the steps of a run tell of."""
    victims = list[str]()
    for step in steps:
        detail = step.detail
        if step.kind == "submit":
            yield change("submit", job=job_as_json(_job(detail.job, parameters.jobs[detail.job])))
        elif step.kind == "preempt":
            victims.append(detail.task)
        elif step.kind == "place":
            yield change("place", task=detail.task, machine=detail.machine, victims=victims)
            victims = []
        elif step.kind == "finish":
            yield change("finish", tasks=[detail.task], machine=detail.machine)
        elif step.kind == "fail":
            yield change("fail", task=detail.task, machine=detail.machine)
        elif step.kind == "lost":
            yield change("lost", tasks=[detail.task], machine=detail.machine)
        elif step.kind in {"machine_down", "machine_up"}:
            yield change(step.kind.removeprefix("machine_"), machine=step.actor)


def _job(name: str, told: Frozen) -> Job:
    return Job(
        name, told.user, _resources(told.request), told.tasks, told.priority, told.arrival_ms, told.duration_ms,
        Frozen(told.get("constraints", {})),
    )  # fmt: skip


def _resources(named: Frozen) -> Resources:
    return Resources(*(named.get(name, 0) for name in NAMES))
