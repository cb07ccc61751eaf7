"""What goes into the sandbox, and what comes out of it: plain values on both sides.

In go cells of source text, calls to make afterwards, and values to begin with. Out come, for each call, a plain value or a reason why there
is none. Nothing else crosses: no object, no exception, no pickle. So whatever a student's code does to Python in there, out here is a
value of `None`, `bool`, `int`, `float`, `str`, `list` or `dict`, and it can be compared.

Left out: bytes. Say hex or text instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError

Ended: TypeAlias = Literal["finished", "exited", "time", "memory", "output", "files", "killed", "crashed"]
"""How a run ended. `exited`: the code ended Python itself; `killed`: by a signal; `crashed`: the sandbox itself gave no sign."""

REASONS = {
    "no name": "the code defines no such name",
    "no function": "what stands under this name cannot be called",
    "error": "the call raised an error",
    "no plain value": "the value is not made of plain values (None, bool, int, float, str, list, dict)",
    "too large": "the value is larger than a result may be",
    "time": "the call took longer than it may",
    "memory": "the call needed more memory than it may",
    "not reached": "the code had ended before this call was made",
    "forged": "the code wrote a result of its own into the channel of results",
}
"""Why a call gave no value: the word, and the sentence."""


class SandboxError(K8sEduError, RuntimeError):
    """The sandbox cannot be had here, or a job that cannot be carried into it."""


class Cell(NamedTuple):
    """A piece of source text, run as a notebook's cell is: in the one namespace of all cells; `id` names it in what is said about it."""

    id: str
    source: str


class Call(NamedTuple):
    """What is asked afterwards: the value of a name, or with `arguments` what the function of that name gives."""

    name: str
    arguments: tuple[Any, ...] | None = None


class Job(NamedTuple):
    """One submission: cells in order, then calls in order; `given` are names that exist before the first cell."""

    cells: tuple[Cell, ...]
    calls: tuple[Call, ...] = ()
    given: Mapping[str, Any] = {}


class Limits(NamedTuple):
    """What one submission may use at most.

    `cell_s` and `call_s` end one cell or one call and let the rest go on; once a function took too long, its further calls get a fifth of
    that. `cpu_s` and `wall_s` end everything. `files_bytes` is the room in its own scratch folder; `value_bytes` the largest value as JSON.
    """

    cpu_s: float = 20
    wall_s: float = 40
    cell_s: float = 10
    call_s: float = 5
    memory_bytes: int = 1024**3
    output_bytes: int = 100_000
    files_bytes: int = 8 * 1024**2
    value_bytes: int = 500_000
    result_bytes: int = 4_000_000
    open_files: int = 64


class Value(NamedTuple):
    """What a call gave, as a plain value."""

    value: Any


class Refusal(NamedTuple):
    """Why a call gave no value: a word of `REASONS`, and a sentence with what is known of it."""

    reason: str
    says: str


class CellReport(NamedTuple):
    """How a cell ended: "ok", "error", "time", "memory", "exited" or "not reached"; with what Python said, and the lines of the cell."""

    id: str
    status: str
    says: str = ""


class Outcome(NamedTuple):
    """Everything that came out. `answers` has one entry for each call, in order."""

    answers: tuple[Value | Refusal, ...]
    cells: tuple[CellReport, ...]
    output: str
    """What the code printed, cut at `output_bytes`."""
    ended: Ended
    sandboxed: bool
    wall_ms: int
    cpu_ms: int
    notes: tuple[str, ...] = ()
    """What a grader should know: "forged result", "output cut"."""


def missing(reason: str, more: str = "") -> Refusal:
    """A refusal in words.

    >>> missing("no name", "'answer'").says
    "the code defines no such name: 'answer'"
    """
    return Refusal(reason, REASONS[reason] + (f": {more}" if more else ""))
