"""Reading what comes out of the sandbox, as if it were written by an enemy. It may be.

The channel is a text of lines, each one JSON object that carries the job's secret word. The student's code lives in the same process as
the honest writer in there, so it can write into the channel, too. It gains nothing, since a forged value is only a value that it could have
returned; but lines without the word, second answers to one call, and whatever is no strict JSON are not believed, and are told.

Left out: a proof that the value is what the function gave. There is no such proof; that is why expected values never go in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from k8sedu.course.sandbox.job import REASONS, CellReport, Job, Refusal, Value, missing
from k8sedu.errors import K8sEduError

SAYS_MAX = 2_000
DEPTH_MAX = 100
STATUSES = ("ok", "error", "time", "memory", "exited")


class Reply(NamedTuple):
    """What could be believed: answers by call, reports by cell, whether the honest writer came to its end, and what was odd."""

    answers: dict[int, Value | Refusal]
    cells: dict[int, CellReport]
    is_whole: bool
    notes: tuple[str, ...]


class StrangeLineError(K8sEduError, ValueError):
    """A line that no honest writer writes; it becomes a note and is never raised to anybody."""


def read(text: bytes, job: Job, word: str) -> Reply:
    """Read the whole channel; never raises because of what is in it."""
    answers: dict[int, Value | Refusal] = {}
    cells: dict[int, CellReport] = {}
    is_whole, forged = False, 0
    for line in text.split(b"\n"):
        if not line:
            continue
        try:
            kind, index, entry = _line(line, job, word)
        except StrangeLineError:
            forged += 1
            continue
        if kind == "end":
            is_whole = True
        elif kind == "cell" and index not in cells:
            cells[index] = entry
        elif kind == "call" and index not in answers:
            answers[index] = entry
        else:
            forged += 1
            if kind == "call":
                answers[index] = missing("forged")
    return Reply(answers, cells, is_whole, ("forged result",) if forged else ())


def _line(line: bytes, job: Job, word: str) -> tuple[str, int, Any]:
    """One line: what it is about, of which cell or call, and what it says."""
    try:
        found = json.loads(line.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise StrangeLineError from None
    if type(found) is not dict or found.get("word") != word:
        raise StrangeLineError
    if found.get("kind") == "end":
        return "end", 0, None
    kind, index = found.get("kind"), found.get("index")
    size = len(job.cells) if kind == "cell" else len(job.calls) if kind == "call" else 0
    if type(index) is not int or not 0 <= index < size:
        raise StrangeLineError
    return ("cell", index, _cell(found, job.cells[index].id)) if kind == "cell" else ("call", index, _answer(found))


def _cell(found: dict[str, Any], name: str) -> CellReport:
    status, says = found.get("status"), found.get("says", "")
    if status not in STATUSES or type(says) is not str:
        raise StrangeLineError
    return CellReport(name, status, says[:SAYS_MAX])


def _answer(found: dict[str, Any]) -> Value | Refusal:
    if "value" in found:
        check_depth(found["value"])
        return Value(found["value"])
    reason, says = found.get("reason"), found.get("says", "")
    if type(reason) is not str or reason not in REASONS or type(says) is not str:
        raise StrangeLineError
    return missing(reason, says[:SAYS_MAX])


def check_depth(value: Any, room: int = DEPTH_MAX) -> None:
    """Refuse what is nested deeper than anybody compares by hand."""
    if room == 0:
        raise StrangeLineError
    for inner in _inside(value):
        check_depth(inner, room - 1)


def _inside(value: Any) -> Iterator[Any]:
    if type(value) is list:
        yield from value
    elif type(value) is dict:
        yield from value.values()


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found
