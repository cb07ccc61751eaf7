"""Runs cells and calls, and writes plain values: the honest half of the process in which a student's code lives.

Everything that this file needs it takes hold of before the first cell runs, since afterwards nothing can be trusted: `len` may be
something else, `json` may lie. It does not have to be safe from the student, for what it writes is not believed out there; it has to
be *clear* to honest ones: which line failed, which call took too long.

Left out: IPython. Cells are plain Python here; display, magics and `!` do not exist.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import types
from collections.abc import Callable
from typing import Any

from k8sedu.errors import K8sEduError

DEPTH_MAX = 60
PATIENCE_RATIO = 0.2
"""Once a function did not come back in time, each further call of it gets this share of it: it will hardly come back then."""

_type, _len, _repr, _isinf, _isnan = type, len, repr, math.isinf, math.isnan
_dumps, _write, _setitimer = json.dumps, os.write, signal.setitimer


class PlainValueError(K8sEduError, TypeError):
    """A value that is not made of plain ones; it becomes a reason and is never raised to anybody."""


class _Alarm:
    """The alarm of one cell or call. It interrupts like Ctrl-C, so that `except Exception` in a student's loop does not swallow it."""

    def __init__(self) -> None:
        self.rang = False

    def set(self, seconds: float) -> None:
        self.rang = False
        _setitimer(signal.ITIMER_REAL, seconds)

    def ring(self, *_: object) -> None:
        self.rang = True
        raise KeyboardInterrupt


_alarm = _Alarm()


def run(job: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Run a job: cells, then calls, telling about each as soon as it is done."""
    limits, word = job["limits"], job["word"]

    def tell(**found: Any) -> None:
        write((_dumps({"word": word, **found}, ensure_ascii=True, allow_nan=False) + "\n").encode())

    signal.signal(signal.SIGALRM, _alarm.ring)
    # Modules of a student's own are not looked for in the scratch folder, and __main__ is the notebook.
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    names = module.__dict__
    names.update(job["given"])
    for index, cell in enumerate(job["cells"]):
        status, says = _cell(cell, names, limits["cell_s"])
        tell(kind="cell", index=index, status=status, says=says)
    slow: set[str] = set()
    for index, call in enumerate(job["calls"]):
        _flush()
        seconds = limits["call_s"] * (PATIENCE_RATIO if call["name"] in slow else 1)
        found = _call(call, names, seconds, limits["value_bytes"])
        if found.get("reason") == "time":
            slow.add(call["name"])
        tell(kind="call", index=index, **found)
    _flush()
    tell(kind="end")


def _cell(cell: dict[str, str], names: dict[str, Any], seconds: float) -> tuple[str, str]:
    """Run one cell; what an error says, with the lines of the cell itself."""
    try:
        code = compile(cell["source"], f"<{cell['id']}>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return "error", _said(error)
    try:
        _alarm.set(seconds)
        exec(code, names)  # this is what the sandbox is for
    except MemoryError:
        return "memory", "MemoryError"
    except (SystemExit, KeyboardInterrupt) as error:
        return ("time", f"longer than {seconds:g} s") if _alarm.rang else ("exited", _said(error))
    except BaseException as error:  # a student may raise anything
        return "error", _said(error) + _lines(error)
    finally:
        _setitimer(signal.ITIMER_REAL, 0)
    return "ok", ""


def _call(call: dict[str, Any], names: dict[str, Any], seconds: float, value_bytes: int) -> dict[str, Any]:
    """Make one call; its value as plain values, or why there is none."""
    name, arguments = call["name"], call["arguments"]
    if name not in names:
        return {"reason": "no name", "says": name}
    try:
        _alarm.set(seconds)
        found = names[name]
        if arguments is not None:
            if not callable(found):
                return {"reason": "no function", "says": name}
            found = found(*arguments)
        value = plain(found)
        text = _dumps(value, allow_nan=False)
    except PlainValueError as error:
        return {"reason": "no plain value", "says": error.args[0]}
    except (MemoryError, RecursionError) as error:
        return {"reason": "memory" if _type(error) is MemoryError else "error", "says": _said(error)}
    except BaseException as error:  # a student may raise anything
        if _alarm.rang:
            return {"reason": "time", "says": f"longer than {seconds:g} s"}
        return {"reason": "error", "says": _said(error) + _lines(error)}
    finally:
        _setitimer(signal.ITIMER_REAL, 0)
    if _len(text) > value_bytes:
        return {"reason": "too large", "says": f"{_len(text)} bytes as JSON, expected at most {value_bytes}"}
    return {"value": value}


def plain(value: Any, room: int = DEPTH_MAX) -> Any:
    """The same value, checked by exact types all the way down: a subclass of int is no int. Tuples become lists."""
    kind = _type(value)
    if value is None or kind is bool or kind is int or kind is str:
        return value
    if kind is float:
        if _isinf(value) or _isnan(value):
            raise PlainValueError(f"{value!r} is no number that can be compared")
        return value
    if room == 0:
        raise PlainValueError(f"nested deeper than {DEPTH_MAX} levels")
    if kind is list or kind is tuple:
        return [plain(item, room - 1) for item in value]
    if kind is dict:
        for key in value:
            if _type(key) is not str:
                raise PlainValueError(f"a dict with the key {_repr(key)[:60]}, expected keys of text")
        return {key: plain(item, room - 1) for key, item in value.items()}
    raise PlainValueError(f"a value of the type {kind.__module__}.{kind.__qualname__}"[:120])


def _said(error: BaseException) -> str:
    """An error as Python says it, even if its own `__str__` fails."""
    try:
        text = str(error)
    except BaseException:  # an error of a student's own making
        text = "?"
    return f"{_type(error).__name__}: {text}"[:1_000]


def _lines(error: BaseException) -> str:
    """Where it happened: the last three lines in cells."""
    found, trace = [], error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<") and file.endswith(">"):
            found.append(f"{file[1:-1]}, line {trace.tb_lineno}")
        trace = trace.tb_next
    return f" ({' → '.join(found[-3:])})" if found else ""


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # a student may have put anything there
            sys.stdout = sys.__stdout__


def writer(descriptor: int) -> Callable[[bytes], None]:
    """Writes whole lines to a descriptor."""

    def write(line: bytes) -> None:
        while line:
            line = line[_write(descriptor, line) :]

    return write
