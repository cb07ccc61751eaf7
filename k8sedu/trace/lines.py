"""How a trace is written: text, one step a line, so that a person can read it and `diff` can compare it.

Line 1 says what the file is, in which version, of which run. Then comes one JSON array per step: index, time in µs, kind, actor,
detail, and the frame as its difference to the last frame before. The last line holds a checksum over all lines above it, so that a file
that was cut off or changed is noticed, also where only a frame is wrong, which the run's digest does not cover.

Left out: compression. Differences already make the file of 200 steps smaller than a photograph of one; `gzip` does the rest.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole
from k8sedu.trace.difference import DifferenceError, difference, patch
from k8sedu.trace.frozen import Frozen, freeze, short

FORMAT, VERSION = "k8sedu trace", 1
COLUMNS = ["index", "time_us", "kind", "actor", "detail", "frame"]

Row = tuple[int, int, str, str, Frozen, Frozen | None]

_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


class TraceFormatError(K8sEduError, ValueError):
    """A file that is not a whole trace of a version that can be read here."""


class TraceValueError(K8sEduError, TypeError):
    """A value in a trace that a text file cannot hold, or would not give back equal."""


def write(path: str | os.PathLike[str], header: Mapping[str, Any], rows: Iterable[Row]) -> None:
    """Write a trace's header and steps; a reader finds the old file or the whole new one, never a half.

    Raises:
        TraceValueError: a value is no None, bool, finite number, text, tuple or mapping with text keys.
    """
    write_whole(Path(path), b"".join(_with_checksum(_lines(header, rows))))


def read(path: str | os.PathLike[str]) -> tuple[Frozen, tuple[Row, ...]]:
    """The header and the steps of a file that `write` made.

    Raises:
        TraceFormatError: the file is foreign, newer, cut off or changed; the sentence names the file and the line.
    """
    lines = Path(path).read_bytes().split(b"\n")
    reader = _Reader(Path(path).name)
    header = reader.header(lines[0])
    if lines[-1] or len(lines) < 3:
        raise reader.error(len(lines) - (not lines[-1]), "the file is cut off here", "a last line with the checksum")
    rows = tuple(reader.rows(lines[1:-2]))
    reader.end(lines, rows_expected=header["steps"])
    return header, rows


def check_value(value: object, where: str) -> None:
    """Make sure that a file can hold this value and give it back equal; O(size of the value).

    Raises:
        TraceValueError: it cannot; the sentence says where the value is.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise TraceValueError(f"{where} has the key {key!r}, expected a text")
            check_value(inner, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            check_value(inner, where)
    elif not (value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))):
        raise TraceValueError(f"{where} is {short(value)}, expected None, a bool, a finite number, a text, a tuple or a mapping")


def _lines(header: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    check_value(header, "the header")
    yield _encoded({"format": FORMAT, "version": VERSION, **header, "columns": COLUMNS})
    last = Frozen()
    for index, time_us, kind, actor, detail, frame in rows:
        changes = None if frame is None else difference(last, frame)
        last = last if frame is None else frame
        check_value(detail, f"step {index}, detail")
        check_value(changes, f"step {index}, frame")
        yield _encoded([index, time_us, kind, actor, detail, changes])


def _with_checksum(lines: Iterable[bytes]) -> Iterator[bytes]:
    total = hashlib.sha256()
    for line in lines:
        total.update(line)
        yield line
    yield _encoded({"sha256": total.hexdigest()})


def _encoded(value: object) -> bytes:
    return _encoder.encode(value).encode() + b"\n"


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is not a finite number")
    return number


class _Reader:
    """Reads the lines of one file, and knows its name for the sentence that says what is wrong."""

    def __init__(self, name: str) -> None:
        self.name = name

    def error(self, line: int, met: str, expected: str) -> TraceFormatError:
        return TraceFormatError(f"{self.name}, line {line}: {met}, expected {expected}")

    def decoded(self, line: int, content: bytes, expected: str) -> Any:
        try:
            return json.loads(content.decode(), parse_constant=_finite, parse_float=_finite)
        except (ValueError, RecursionError):
            raise self.error(line, f"this is not JSON: {short(content[:50].decode(errors='replace'))}", expected) from None

    def header(self, content: bytes) -> Frozen:
        expected = f"the header of a {FORMAT}"
        match self.decoded(1, content, expected):
            case {"format": "k8sedu trace", "version": int(version)} if version > VERSION:
                raise self.error(
                    1, f"version {version} of the format is newer than this k8sedu", f"version {VERSION}; a newer k8sedu reads it"
                )
            case {
                "format": "k8sedu trace",
                "version": 1,
                "system": str(),
                "seed": int(),
                "parameters": dict(),
                "steps": int(),
                "digest": str(),
            } as header:
                return Frozen(freeze(header))
            case other:
                raise self.error(1, f"met {short(other)}", expected)

    def rows(self, contents: Iterable[bytes]) -> Iterator[Row]:
        """One row per line, each frame put together from the one before."""
        last, now_us = Frozen(), 0
        for index, content in enumerate(contents):
            line = index + 2
            match self.decoded(line, content, f"step {index} as a JSON array"):
                case [int(met), int(time_us), str(kind), str(actor), dict(detail), (None | dict() | list()) as changes]:
                    if met != index or time_us < now_us:
                        raise self.error(line, f"met step {met} at {time_us} µs", f"step {index} at {now_us} µs or later")
                case other:
                    raise self.error(line, f"met {short(other)}", f"step {index} as [{', '.join(COLUMNS)}]")
            now_us, frame = time_us, None
            if changes is not None:
                last = frame = self.frame(line, last, changes)
            yield index, time_us, kind, actor, freeze(detail), frame

    def frame(self, line: int, last: Frozen, changes: Any) -> Frozen:
        try:
            frame = patch(last, changes)
        except DifferenceError as error:
            raise self.error(line, f"the frame cannot be put together: {short(error)}", "the difference to the frame before") from None
        if not isinstance(frame, Frozen):
            raise self.error(line, f"the frame is {short(frame)}", "a mapping")
        return frame

    def end(self, lines: list[bytes], *, rows_expected: int) -> None:
        """Check the last line: it closes the file, after so many steps, and its checksum is that of the lines above."""
        line = len(lines) - 1
        match self.decoded(line, lines[-2], "the last line with the checksum"):
            case {"sha256": str(checksum)} if line - 2 == rows_expected:
                if checksum != hashlib.sha256(b"".join(content + b"\n" for content in lines[:-2])).hexdigest():
                    raise self.error(line, "the checksum differs, so the file was changed", "the lines as they were written")
            case {"sha256": str()}:
                raise self.error(line, f"{line - 2} steps are above", f"{rows_expected}, as line 1 says")
            case _:
                raise self.error(line, "the file is cut off here", "a last line with the checksum")
