"""Who is in the class, and where their submissions are.

A folder of submissions has one entry per student, and three layouts are understood: `ada.ipynb`, `ada/raft.ipynb`, and nbgrader's
`ada/raft/raft.ipynb`. Whatever else lies there (a photograph, a link, a second notebook) is told and never stops the class.

When a notebook was handed in is taken from a file `timestamp.txt` beside it, as nbgrader writes it, else from the file's own time.

Left out: archives. An unpacked folder can be looked at by whoever grades; an archive can be a bomb.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.notebook import NotebookError
from k8sedu.errors import K8sEduError

EVERYONE = "everyone"
"""The student of a notebook that is the same for all."""

NAME = re.compile(r"[^\W_][\w.@+ -]{0,99}")
STUDENT_COLUMNS = ("student", "id", "student id", "sid", "username", "login", "sis user id", "email")


class RosterError(K8sEduError, ValueError):
    """A class list or a folder of submissions that cannot be read."""


class Student(NamedTuple):
    """One student: the id that files are called by, and what else the class list says."""

    id: str
    name: str = ""
    email: str = ""
    due: str = ""
    """Another date for this student, as somebody has granted it; empty for the class's."""


class Submission(NamedTuple):
    """What one student handed in: a file, or a sentence that says why there is none."""

    student: str
    path: Path | None
    fault: str = ""
    submitted: datetime | None = None


def known_student(name: str) -> str:
    """A student's id, which must be able to be a file's name.

    >>> known_student("ada@example.org")
    'ada@example.org'
    >>> known_student("../ada")
    Traceback (most recent call last):
    k8sedu.course.homework.roster.RosterError: the student is called '../ada', expected letters, digits and any of _ . @ + - or blanks

    Raises:
        RosterError: it cannot.
    """
    if not NAME.fullmatch(name) or name != name.strip():
        raise RosterError(f"the student is called {name[:60]!r}, expected letters, digits and any of _ . @ + - or blanks")
    return name


def read_roster(path: Path) -> tuple[Student, ...]:
    """The class list: a CSV with a column `student` (or `id`, `username`, …), and perhaps `name`, `email` and `due` (an extension).

    Raises:
        RosterError: no such column, a name that cannot be, or somebody twice.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    except UnicodeDecodeError:
        raise RosterError(f"{path.name} is not a text in UTF-8, expected a class list as CSV") from None
    columns = {(name or "").strip().lower(): name for name in (rows[0] if rows else {})}
    key = next((columns[name] for name in STUDENT_COLUMNS if name in columns), None)
    if key is None:
        raise RosterError(f"{path.name} has the columns {', '.join(columns) or 'none'}, expected one called student, and a row per student")
    found = {}
    for number, row in enumerate(rows, 2):
        student = known_student((row[key] or "").strip())
        if student in found:
            raise RosterError(f"{path.name}, line {number} names {student!r} again, expected each student once")
        found[student] = Student(student, *((row.get(columns.get(name, "")) or "").strip() for name in ("name", "email", "due")))
    return tuple(found.values())


def submissions(folder: Path, *, assignment: str, students: tuple[Student, ...] = ()) -> list[Submission]:
    """All submissions of a folder by student; with a class list also who handed in nothing.

    Raises:
        RosterError: there is no such folder.
    """
    if not folder.is_dir():
        raise RosterError(f"{folder} is no folder, expected one with a notebook or a folder per student")
    found: dict[str, Submission] = {}
    for submission in _found(folder, assignment):
        twice = f"{submission.student!r} has handed in twice (a file and a folder, or two like names), expected one of them"
        is_first = submission.student not in found
        found[submission.student] = submission if is_first else Submission(submission.student, None, twice)
    listed = {student.id for student in students}
    if listed:
        stranger = "stands on no line of the class list, expected the folder or file of a listed student"
        found = {
            name: one if name in listed else one._replace(path=None, fault=f"{name!r} {stranger}") for name, one in found.items()
        }
    missing = (Submission(name, None, "nothing was handed in") for name in listed if name not in found)
    return sorted([*found.values(), *missing], key=lambda one: one.student)


def _found(folder: Path, assignment: str) -> Iterator[Submission]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "_")):
            continue
        if entry.suffix == ".ipynb" and (entry.is_symlink() or not entry.is_dir()):
            yield _of_file(_student(entry.stem), entry)
        elif entry.is_dir():
            yield _of_folder(entry, assignment)


def _student(name: str) -> str:
    """A student's id from the name of a file; what cannot be one is made into what can."""
    cleaned = re.sub(r"[^\w.@+ -]", "_", name).strip()[:90].strip()
    return cleaned if NAME.fullmatch(cleaned) else f"x{cleaned}"


def _of_folder(entry: Path, assignment: str) -> Submission:
    student = _student(entry.name)
    if entry.is_symlink():
        return Submission(student, None, f"{entry.name} is a symbolic link, expected the student's own folder")
    for place in (entry, *_inner(entry, assignment)):
        notebooks = sorted(path for path in place.glob("*.ipynb") if not path.name.startswith("."))
        wanted = [path for path in notebooks if path.stem == assignment] or notebooks
        if len(wanted) == 1:
            return _of_file(student, wanted[0])
        if wanted:
            names = ", ".join(path.name for path in wanted[:3])
            met = f"{entry.name} holds {len(wanted)} notebooks ({names})"
            return Submission(student, None, f"{met}, expected one called {assignment}.ipynb")
    return Submission(student, None, f"{entry.name} holds no notebook, expected {assignment}.ipynb")


def _inner(entry: Path, assignment: str) -> list[Path]:
    """The assignment's folder, which nbgrader makes; any folder, while it is not known which assignment this is."""
    wanted = [entry / assignment] if assignment else sorted(path for path in entry.iterdir() if not path.name.startswith("."))
    return [path for path in wanted if path.is_dir() and not path.is_symlink()]


def _of_file(student: str, path: Path) -> Submission:
    if path.is_symlink():
        return Submission(student, None, f"{path.name} is a symbolic link, expected a notebook itself")
    return Submission(student, path, "", _submitted(path))


def _submitted(path: Path) -> datetime:
    """When it was handed in: by the note of the learning platform, else by the file."""
    try:
        told = nb.read_bytes(path.parent / "timestamp.txt", bytes_max=200).decode().strip()
        found = datetime.fromisoformat(told.replace(" UTC", "+00:00").replace(" +", "+"))
    except (NotebookError, OSError, ValueError):
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
