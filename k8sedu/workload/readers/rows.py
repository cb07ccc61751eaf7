"""What a reading gives: a workload, and every row that could not be used, with its place.

Traces of millions of rows have bad ones. A reader that stops at the first is of no use, and one that drops them in silence is worse: the
numbers that come out look right. So a bad row is left out, counted, and kept with file, line and column, for a person to look at.

Left out: guessing what a bad row meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.workload.jobs import Job, Machine, Workload


class ReadingError(K8sEduError, ValueError):
    """A file that cannot be read as what it is said to be: no such column, no such table, not a text."""


class BadRow(NamedTuple):
    """A row that was left out. `column` is the name of a field, or a number where the row has none of that name."""

    file: str
    line: int
    column: str
    met: str
    expected: str

    def __str__(self) -> str:
        """One sentence.

        >>> print(BadRow("pods.csv", 7, "cpu_milli", "'abc'", "a whole number"))
        pods.csv, line 7, column cpu_milli: met 'abc', expected a whole number
        """
        return f"{self.file}, line {self.line}, column {self.column}: met {self.met}, expected {self.expected}"


class Reading(NamedTuple):
    """What came out of one or more files.

    `rows` is how many rows were looked at, the bad ones among them. `faults` are lines such as "at 9000 crash m2", from formats that have
    them. `notes` says what the reader had to assume, or has left out on purpose.
    """

    workload: Workload
    rows: int
    bad: tuple[BadRow, ...] = ()
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def told(self, *, at_most: int = 10) -> list[str]:
        """The bad rows as lines for a person: the first ones in full, and how many there are."""
        if not self.bad:
            return []
        lines = [str(row) for row in self.bad[:at_most]]
        more = f", the first {at_most} of them above" if len(self.bad) > at_most else ""
        were = "was" if len(self.bad) == 1 else "were"
        return [*lines, f"{len(self.bad)} of {self.rows} rows {were} left out{more}."]


class BadValueError(K8sEduError, ValueError):
    """A value of a row that cannot be used; whoever reads rows turns it into a `BadRow`."""

    def __init__(self, column: str, met: str, expected: str) -> None:
        super().__init__(f"column {column}: met {met}, expected {expected}")
        self.column, self.met, self.expected = column, met, expected


class Sieve:
    """Turns rows into things, and keeps what could not be turned.

    >>> sieve = Sieve()
    >>> sieve.sift("a.csv", [(2, {"n": "5"}), (3, {"n": "x"})], lambda row: whole(row, "n"))
    [5]
    >>> sieve.rows, [str(row) for row in sieve.bad]
    (2, ["a.csv, line 3, column n: met 'x', expected a whole number from 0 on"])
    """

    def __init__(self) -> None:
        self.rows = 0
        self.bad: list[BadRow] = []

    def sift(self, file: str, rows: Iterable[tuple[int, Any]], make: Callable[[Any], Any]) -> list[Any]:
        """What `make` makes of each row; a row that is a `BadValueError` was bad already. Where it makes None, nothing is added."""
        made = []
        for line, row in rows:
            self.rows += 1
            try:
                if isinstance(row, BadValueError):
                    raise row
                thing = make(row)
            except BadValueError as error:
                self.bad.append(BadRow(file, line, error.column, error.met, error.expected))
            else:
                made.append(thing)
        return [thing for thing in made if thing is not None]

    def reading(self, machines: list[Machine], jobs: list[Job], **more: Any) -> Reading:
        """The result.

        Raises:
            ReadingError: no row is a machine; the first row that could not be used is told.
        """
        if not machines and self.bad:
            raise ReadingError(f"{self.bad[0]}; no row of {self.rows} is a machine, expected at least one")
        return Reading(Workload.of(machines, jobs), self.rows, tuple(self.bad), **more)


class Once:
    """Refuses a name that came before."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.seen: dict[str, None] = {}

    def __call__(self, name: str) -> str:
        """The name, if it is new.

        Raises:
            BadValueError: it is empty, or was there.
        """
        if not name:
            raise BadValueError(self.column, "nothing", "a name")
        if name in self.seen:
            raise BadValueError(self.column, f"{name!r} again", "each name once")
        self.seen[name] = None
        return name


# -- values ------------------------------------------------------------------------------------------------------------------------------


def whole(row: Mapping[str, Any], column: str, *, least: int = 0, empty: int | None = None) -> int:
    """A whole number of a row; `empty` is what an empty field means.

    Raises:
        BadValueError: it is none, or too small.
    """
    value = row.get(column)
    if empty is not None and value in ("", None):
        return empty
    expected = f"a whole number from {least} on"
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > 40:
        raise BadValueError(column, shown(value), expected)
    text = str(value).strip()
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or int(text) < least:
        raise BadValueError(column, shown(value), expected)
    return int(text)


def part(row: Mapping[str, Any], column: str, *, most: float | None = None) -> float:
    """A number of a row that is not below zero.

    Raises:
        BadValueError: it is none, below zero, or above `most`.
    """
    value = row.get(column)
    expected = "a number from 0 on" if most is None else f"a number from 0 to {most:g}"
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else float("nan")
    except ValueError:
        number = float("nan")
    if not 0 <= number <= (most if most is not None else 1e18):
        raise BadValueError(column, shown(value), expected)
    return number


def shown(value: Any) -> str:
    """A value as it is told: short, and in quotes where it is text."""
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]
