"""The sandbox: a student's code on one side, everything that it must not see on the other.

    outcome = sandbox.run(Job(cells=(Cell("q1", "def majority(n): return n // 2 + 1"),), calls=(Call("majority", (5,)),)))
    outcome.answers        # (Value(value=3),)

Code never shares a process, a file system, a user or a network with checks or answers. It runs behind bubblewrap's walls, in a child with
no rights, and what comes out are plain values, checked by exact type, to be judged out here. Without bubblewrap `run` refuses, unless
`unsandboxed=True` is said, which every outcome then carries.

Read in this order:

1. `job`: what goes in and what comes out
2. `inside`: what runs in there: the worker, how it gives up its rights, the zygote that it is split off from
3. `bubblewrap`: the walls
4. `host`: the trusted side
5. `reply`: reading what comes out as if an enemy had written it
6. `plain`: the way without walls
"""

from __future__ import annotations

import atexit
import threading

from k8sedu.course.sandbox import plain
from k8sedu.course.sandbox.host import Cage
from k8sedu.course.sandbox.job import REASONS, Call, Cell, CellReport, Job, Limits, Outcome, Refusal, SandboxError, Value

__all__ = [
    "REASONS",
    "Cage",
    "Call",
    "Cell",
    "CellReport",
    "Job",
    "Limits",
    "Outcome",
    "Refusal",
    "SandboxError",
    "Value",
    "close",
    "run",
]

_cages: list[Cage] = []
"""The cage of this process, once it was needed."""

_lock = threading.Lock()
"""A cage serves one job after the other, so threads wait for each other."""


def run(job: Job, *, limits: Limits = Limits(), unsandboxed: bool = False) -> Outcome:  # noqa: B008  # a NamedTuple never changes
    """Run a student's cells, then the calls, and give what came out.

    Args:
        job: cells, calls, and the names that are given.
        limits: what it may use.
        unsandboxed: run without walls.

    Raises:
        SandboxError: there is no sandbox on this machine, or the job cannot be carried into it. Never because of what the code does.
    """
    if unsandboxed:
        return plain.run(job, limits)
    with _lock:
        if not _cages:
            _cages.append(Cage())
            atexit.register(close)
        return _cages[0].run(job, limits)


def close() -> None:
    """End this process's cage; the next `run` builds another one."""
    while _cages:
        _cages.pop().close()
