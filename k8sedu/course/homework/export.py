"""Marks for the platforms that courses use: Gradescope, Canvas, Moodle, nbgrader.

Each platform has its own form, and each has a reader somewhere that is strict about it; the tests hold the files to those forms. Answers
that still wait for a person stop an export, unless it is said that they count as zero: a mark that changes after it was shown costs trust.

Source: Gradescope, "Autograder specifications" (results.json); Canvas, "How do I import grades in the Gradebook?"; Moodle docs, "Grade
import" (CSV); nbgrader 0.9, plugins/export.py (columns) and api.py (Gradebook).
Left out: uploading. Every platform has its own keys for that, and none belongs into this program.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from k8sedu.course.homework.grade import harmless
from k8sedu.course.homework.results import CheckResult, QuestionResult, Result
from k8sedu.course.homework.roster import Student
from k8sedu.errors import K8sEduError


class ExportError(K8sEduError, ValueError):
    """Results that cannot be exported."""


def finished(results: Iterable[Result], *, open_as_zero: bool) -> list[Result]:
    """The results, if nothing waits for a person any more.

    Raises:
        ExportError: something does, and nobody said that it counts as zero.
    """
    found = list(results)
    waiting = [result.student for result in found if result.open]
    if waiting and not open_as_zero:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        raise ExportError(f"answers of {waiting[0]}{more} wait to be read, expected their points first (or --open-as-zero)")
    failed = [result.student for result in found if result.status == "failed"]
    if failed:
        raise ExportError(f"the grader failed for {', '.join(failed[:3])}, expected every submission to be graded; grade again, or by hand")
    return found


def gradescope(result: Result) -> dict[str, Any]:
    """One student's `results.json`: every check as a test; hidden ones without their names and never visible before they are published."""
    tests = [test for question in result.questions for test in _tests(question)]
    notes = "\n".join(result.notes)
    return {
        "score": result.points,
        "execution_time": round(result.duration_ms / 1000, 3),
        "output": notes,
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {name: getattr(result, name) for name in ("assignment", "edition", "sandboxed")} | {"late": result.late.factor},
    }


def _tests(question: QuestionResult) -> Iterable[dict[str, Any]]:
    hidden = 0
    for number, check in enumerate(question.checks, 1):
        hidden += check.hidden
        yield _test(question, check, number, f"hidden check {hidden}" if check.hidden else check.label)
    for number, manual in enumerate(question.manual, 1 + len(question.checks)):
        yield {
            "name": f"{question.id}: {manual.id}", "number": f"{question.id}.{number}", "score": round(manual.points or 0, 4),
            "max_score": manual.max, "output": manual.comment, "visibility": "visible", "tags": ["manual"],
            **({} if manual.points is None else {"status": "passed" if manual.points else "failed"}),
        }  # fmt: skip


def _test(question: QuestionResult, check: CheckResult, number: int, name: str) -> dict[str, Any]:
    said = () if check.hidden else (check.fault, f"Hint: {check.hint}" if check.hint else "")
    return {
        "name": f"{question.id}: {name}",
        "number": f"{question.id}.{number}",
        "score": round(check.points, 4),
        "max_score": round(check.max, 4),
        "status": "passed" if check.holds else "failed",
        "output": ". ".join(part for part in said if part),
        "visibility": "after_published" if check.hidden else "visible",
        "tags": ["hidden"] if check.hidden else [],
    }


def canvas(results: Iterable[Result], students: Sequence[Student] = (), *, column: str = "") -> str:
    """The table that Canvas' gradebook imports: its five columns, a row of points possible, then a row per student.

    `column` is the assignment as Canvas calls it, with its number: "Raft (1234)". Without the number Canvas makes a new assignment.
    """
    rows = list(results)
    names = {student.id: student for student in students}
    name = column or (rows[0].assignment if rows else "homework")
    out = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", name], ["    Points Possible", "", "", "", "", _number(_most(rows))]]
    out += [[_name(result, names), "", result.student, result.student, "", _number(result.points)] for result in rows]
    return _csv(out)


def moodle(results: Iterable[Result], students: Sequence[Student] = ()) -> str:
    """A table for Moodle's grade import: user name, e-mail, grade and a comment; map the columns when Moodle asks."""
    rows = list(results)
    names = {student.id: student for student in students}
    head = f"{rows[0].assignment} (max {_number(_most(rows))})" if rows else "grade"
    out = [["username", "email", head, "feedback"]]
    for result in rows:
        email = names[result.student].email if result.student in names else ""
        parts = ", ".join(f"{question.id}: {question.points:g}/{question.max:g}" for question in result.questions)
        out.append([result.student, email, _number(result.points), "; ".join([parts, *result.notes])])
    return _csv(out)


NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score", "late_submission_penalty", "score",
    "max_score",
)  # fmt: skip
"""The columns of `nbgrader export`."""


def nbgrader(results: Iterable[Result], students: Sequence[Student] = (), *, due: str = "") -> str:
    """The table that `nbgrader export` writes, so that scripts which read it go on working."""
    names = {student.id: student for student in students}
    out: list[list[Any]] = [list(NBGRADER)]
    for result in results:
        student = names.get(result.student, Student(result.student))
        first, _, last = student.name.rpartition(" ")
        penalty = round(result.raw - result.points, 2)
        scores = [result.raw, penalty, result.points, result.max]
        out.append([result.assignment, due, result.submitted, result.student, last, first, student.email, *scores])
    return _csv(out)


def as_text(data: Any) -> str:
    """JSON for a file."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _name(result: Result, names: dict[str, Student]) -> str:
    return names[result.student].name or result.student if result.student in names else result.student


def _most(results: Sequence[Result]) -> float:
    return max((result.max for result in results), default=0)


def _number(value: float) -> str:
    return f"{value:g}"


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
