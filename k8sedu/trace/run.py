"""A run and its steps: look up a time, search, compare, save.

A step may carry a *frame*, the frozen state of the whole model after the step. Frames share what did not change, which makes recording
them cheap, and a file holds each one as its difference to the one before.

Left out: an index for searching. `where` reads every step, since a run that people look at has thousands of steps, not millions.
"""

from __future__ import annotations

import hashlib
import html
import json
import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple, overload

from k8sedu.trace import lines
from k8sedu.trace.frozen import Frozen, short


class Step(NamedTuple):
    """One thing that happened in a run, and the state of the model after it.

    `kind` is a word of the field ("election_timeout"), `actor` the name of the one it happened to ("n1", or "" for the whole model).
    `frame` is None in large experiments that only count.

    >>> Step(0, 1_500, "election_timeout", "n1", Frozen(term=1), None).time_ms
    1.5
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs on a step
    time_us: int
    kind: str
    actor: str
    detail: Frozen
    frame: Frozen | None

    @property
    def time_ms(self) -> float:
        """The time in the unit that people read."""
        return self.time_us / 1000


@dataclass(frozen=True, slots=True, repr=False)
class Trace:
    """What happened in one run, from the first step to the last.

    The same system, seed and parameters give the same trace on every machine; `digest` is the short proof. The digest leaves
    frames out, so that a run has one digest whether frames were recorded or not.

    >>> start = Step(0, 0, "start", "", Frozen(), None)
    >>> trace = Trace("demo", 7, Frozen(size=1), (start, Step(1, 900, "crash", "n1", Frozen(), None)))
    >>> trace
    Trace(demo, seed 7, 2 steps, 0.9 ms)
    >>> trace.where("crash")[0].actor
    'n1'
    >>> trace.at(899).kind
    'start'
    """

    system: str
    seed: int
    parameters: Frozen
    steps: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self.steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    @property
    def duration_us(self) -> int:
        """The time of the last step."""
        return self.steps[-1].time_us if self.steps else 0

    def at(self, time_us: int) -> Step:
        """The last step that is not after this time: what a viewer sees at this time.

        Raises:
            LookupError: the time is before the first step.
        """
        position = bisect_right(self.steps, time_us, key=attrgetter("time_us"))
        if position == 0:
            begins = f"it begins at {self.steps[0].time_us} µs" if self.steps else "it has no steps"
            raise LookupError(f"this trace has nothing at {time_us} µs: {begins}")
        return self.steps[position - 1]

    def at_ms(self, time_ms: float) -> Step:
        """The same as `at`, for a time typed by a person."""
        return self.at(round(time_ms * 1000))

    def where(self, kind: str | None = None, *, actor: str | None = None, **detail: Any) -> tuple[Step, ...]:
        """The steps of this kind, of this actor, whose detail has these values."""
        wanted = detail.items()
        return tuple(
            step
            for step in self.steps
            if (kind is None or step.kind == kind)
            and (actor is None or step.actor == actor)
            and (not wanted or wanted <= step.detail.items())
        )

    def between(self, start_us: int, end_us: int) -> tuple[Step, ...]:
        """The steps from the start on and before the end, so that neighbouring ranges share no step."""
        times = attrgetter("time_us")
        return self.steps[bisect_right(self.steps, start_us - 1, key=times) : bisect_right(self.steps, end_us - 1, key=times)]

    def fork_point(self, other: Trace) -> int:
        """The first index at which the two runs differ, frames left aside; the shorter length if none does."""
        for mine, theirs in zip(self.steps, other.steps, strict=False):
            if mine[:5] != theirs[:5]:
                return mine.index
        return min(len(self), len(other))

    def digest(self) -> str:
        """The SHA-256 over the header and every step's time, kind, actor and detail, as 64 hexadecimal digits.

        Raises:
            TraceValueError: a detail holds a value that has no one form as text.
        """
        total = hashlib.sha256(_canonical([self.system, self.seed, self.parameters], "the header"))
        for step in self.steps:
            total.update(_canonical(step[1:5], f"step {step.index}, detail"))
        return total.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write this trace as a text file, one step a line; `load` gives an equal trace back.

        Raises:
            TraceValueError: a step holds a value that a text file cannot.
        """
        header = {"system": self.system, "seed": self.seed, "parameters": self.parameters}
        lines.write(path, {**header, "steps": len(self), "digest": self.digest()}, self.steps)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trace:
        """Read a trace that was saved. Lists have become tuples, and named tuples plain ones that equal them.

        Raises:
            TraceFormatError: the file is foreign, newer, cut off or changed; the sentence names the file and the line.
        """
        header, rows = lines.read(path)
        trace = cls(header.system, header.seed, header.parameters, tuple(map(Step._make, rows)))
        if trace.digest() != header.digest:
            raise lines.TraceFormatError(
                f"{Path(path).name}, line 1: the digest is {header.digest}, expected {trace.digest()}, that of its steps"
            )
        return trace

    def __repr__(self) -> str:
        return f"Trace({self.system}, seed {self.seed}, {len(self)} steps, {self.duration_us / 1000:g} ms)"

    def _repr_html_(self) -> str:
        kinds = Counter(step.kind for step in self.steps)
        rows = {
            "run of": f"{self.system}, seed {self.seed}",
            "parameters": ", ".join(f"{key} = {short(value)}" for key, value in self.parameters.items()) or "none",
            "length": f"{len(self):,} steps in {self.duration_us / 1000:,g} ms",
            "most often": ", ".join(f"{kind} × {count}" for kind, count in kinds.most_common(6)) or "nothing",
            "digest": self.digest()[:16],
        }
        left = "style='text-align:left'"
        cells = (f"<tr><th {left}>{name}</th><td {left}>{html.escape(text)}</td></tr>" for name, text in rows.items())
        return f"<table>{''.join(cells)}</table>"


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def _canonical(value: object, where: str) -> bytes:
    try:
        return _encoder.encode(value).encode() + b"\n"
    except (TypeError, ValueError):
        lines.check_value(value, where)
        raise
