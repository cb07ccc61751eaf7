"""What came of a submission, kept in one file per student, so that a crash in the middle of a class loses nothing.

A result holds everything that feedback, exports and a second look need: every check with what was said of it, the answers that a person
reads, the seed, and whether the sandbox was on. It is written whole (first beside its place, then renamed). Grading again keeps the older
results in the same file, the newest first, because marks are asked about long after they were given.

Left out: a database. Three hundred files of a few kilobytes can be read, compared, mailed and kept under version control.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from k8sedu.course.homework.roster import known_student
from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole

FORMAT = "k8sedu homework result 1"

Status: TypeAlias = Literal["graded", "refused", "missing", "failed"]
"""Graded; a file that is no submission; none handed in; or the grader itself failed, so that a person must look."""


class ResultError(K8sEduError, ValueError):
    """A file of results that cannot be read."""


class CheckResult(NamedTuple):
    """One check: what it was worth, and what was wrong."""

    label: str
    hidden: bool
    points: float
    max: float
    fault: str = ""
    hint: str = ""
    answer: str = ""
    """The call as the test writes it, such as `legal(…)`."""
    value: Any = None
    """What the student's code gave, if it gave something."""

    @property
    def holds(self) -> bool:
        """Is nothing wrong?"""
        return not self.fault


class ManualResult(NamedTuple):
    """An answer that a person reads: its points are open until somebody has given them."""

    id: str
    max: float
    answer: str
    points: float | None = None
    comment: str = ""
    rubric: tuple[tuple[float, str], ...] = ()


class QuestionResult(NamedTuple):
    """One question of one student."""

    id: str
    title: str
    max: float
    checks: tuple[CheckResult, ...] = ()
    manual: tuple[ManualResult, ...] = ()
    tests: tuple[tuple[str, float], ...] = ()
    """(grade_id, points) of each test cell."""

    @property
    def auto(self) -> float:
        """What the checks gave."""
        return round(sum(check.points for check in self.checks), 2)

    @property
    def by_hand(self) -> float:
        """What people gave so far."""
        return sum(manual.points or 0 for manual in self.manual)

    @property
    def points(self) -> float:
        """Both."""
        return round(self.auto + self.by_hand, 2)


class Late(NamedTuple):
    """How late it was, and what is left of the points."""

    seconds: int = 0
    factor: float = 1


class Result(NamedTuple):
    """One submission, graded."""

    student: str
    assignment: str
    edition: str
    status: Status
    questions: tuple[QuestionResult, ...] = ()
    notes: tuple[str, ...] = ()
    """What feedback says about the submission as a whole."""
    flags: tuple[str, ...] = ()
    """What only the grader is told: a cheat that the sandbox stopped, another student's notebook."""
    seed: int = 0
    submission: str = ""
    """SHA-256 of the file."""
    submitted: str = ""
    graded: str = ""
    sandboxed: bool = True
    late: Late = Late()
    max: float = 0
    duration_ms: int = 0
    code: tuple[tuple[str, str], ...] = ()
    """The answers' code, by grade_id: for feedback and for comparing submissions."""
    language: str = "en"
    """What labels, hints and faults are written in."""

    @property
    def raw(self) -> float:
        """All points before the deduction for being late."""
        return round(sum(question.points for question in self.questions), 2)

    @property
    def points(self) -> float:
        """What counts."""
        return round(self.raw * self.late.factor, 2)

    @property
    def open(self) -> tuple[str, ...]:
        """Answers that still wait for a person."""
        return tuple(manual.id for question in self.questions for manual in question.manual if manual.points is None)


class Store:
    """The results of a class, one file per student."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, student: str) -> Path:
        """Where a student's results are."""
        return self.folder / f"{known_student(student)}.json"

    def read(self, student: str) -> Result | None:
        """The newest result of a student.

        Raises:
            ResultError: the file is damaged.
        """
        found = self._read(self.path(student))
        return from_json(found["result"], self.path(student).name) if found else None

    def history(self, student: str) -> tuple[Result, ...]:
        """The older results of a student, the newest first."""
        path = self.path(student)
        found = self._read(path)
        return tuple(from_json(old, path.name) for old in found["history"]) if found else ()

    def write(self, result: Result, *, keep: bool = True) -> None:
        """Put a result into its file, all of it or nothing; what was there becomes history, unless it is only amended."""
        path = self.path(result.student)
        found = self._read(path) or {"result": None, "history": []}
        older = [found["result"], *found["history"]] if keep and found["result"] else found["history"]
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps({"format": FORMAT, "result": as_json(result), "history": older}, ensure_ascii=False, indent=1))

    def all(self) -> Iterator[Result]:
        """The newest results, by student."""
        if not self.folder.is_dir():
            raise ResultError(f"{self.folder} is no folder, expected the results that grade writes beside its table")
        for path in sorted(self.folder.glob("*.json")):
            found = self._read(path)
            if found:
                yield from_json(found["result"], path.name)

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ResultError(f"{path.name} is no result ({type(error).__name__}); remove it, and the submission is graded again") from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ResultError(f"{path.name} is of another format, expected {FORMAT!r}")
        return found


def as_json(result: Result) -> dict[str, Any]:
    """A result as JSON data."""
    questions = [
        question._asdict() | {"checks": [one._asdict() for one in question.checks], "manual": [one._asdict() for one in question.manual]}
        for question in result.questions
    ]
    return result._asdict() | {"questions": questions, "late": result.late._asdict()}


def from_json(data: Mapping[str, Any], where: str) -> Result:
    """The result in JSON data.

    Raises:
        ResultError: it is none.
    """
    try:
        questions = tuple(_question(question) for question in data["questions"])
        code = tuple((str(name), str(text)) for name, text in data["code"])
        plain = {"questions": questions, "late": Late(**data["late"]), "notes": tuple(data["notes"]), "flags": tuple(data["flags"])}
        return Result(**{**data, **plain, "code": code})
    except (KeyError, TypeError, ValueError) as error:
        raise ResultError(f"{where} lacks or doubles a field ({error}), expected a result as grade wrote it") from None


def _question(data: Mapping[str, Any]) -> QuestionResult:
    checks = tuple(CheckResult(**check) for check in data["checks"])
    manual = tuple(ManualResult(**{**one, "rubric": tuple((item[0], item[1]) for item in one["rubric"])}) for one in data["manual"])
    return QuestionResult(**{**data, "checks": checks, "manual": manual, "tests": tuple((name, points) for name, points in data["tests"])})
