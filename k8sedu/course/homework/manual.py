"""Answers that a person reads: out to a table that any spreadsheet opens, and back in, checked line by line.

The table has one row per answer, with rubric and reference beside it; a person fills `points` and `comment`. What comes back must be about
the very answers that went out: a row whose answer was graded again since, with another text, is refused, not guessed.

Left out: two graders who disagree. The last table that is brought in counts, and the history keeps the one before.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from typing import Any

from k8sedu.course.homework.grade import harmless
from k8sedu.course.homework.results import ManualResult, Result, Store
from k8sedu.errors import K8sEduError

COLUMNS = ("student", "question", "points", "max", "comment", "answer", "rubric", "mark")
"""`mark` says which text the points are for."""


class ManualError(K8sEduError, ValueError):
    """A table of points that does not fit the results."""


def to_table(results: Iterable[Result], *, anonymous: bool = False) -> str:
    """All answers that a person reads, those without points first; with `anonymous` students are shown as their file's mark only."""
    answers = ((result.student, one) for result in results for question in result.questions for one in question.manual)
    rows = [(one.points is not None, one.id, student, one) for student, one in answers]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for _, _, student, one in sorted(rows, key=lambda row: row[:3]):
        if one.answer:
            shown = code_name(student) if anonymous else student
            points = "" if one.points is None else f"{one.points:g}"
            rubric = "\n".join(f"{points:g}: {says}" for points, says in one.rubric)
            cells = (shown, one.id, points, f"{one.max:g}", one.comment, one.answer, rubric, mark_of(one))
            writer.writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def code_name(student: str) -> str:
    """A name that tells a grader nothing, the same every time."""
    return "s-" + hashlib.sha256(student.encode()).hexdigest()[:10]


def mark_of(manual: ManualResult) -> str:
    """A short mark of an answer's text."""
    return hashlib.sha256(manual.answer.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def bring_in(text: str, store: Store, *, name: str = "table") -> list[Result]:
    """Take points and comments over into the results; a row without points changes nothing. Nothing is written if any row is wrong.

    Raises:
        ManualError: an unknown student or question, points out of range, or an answer that has changed since.
    """
    results = {result.student: result for result in store.all()}
    known = {alias: student for student in results for alias in (student, code_name(student))}
    changed: dict[str, Result] = {}
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(_rows(text, name), 2):
        where = f"{name}, line {number}"
        student = known.get((row["student"] or "").strip().removeprefix("'"))
        if student is None:
            raise ManualError(f"{where}: met the student {row['student']!r}, expected one with a result")
        question = (row["question"] or "").strip()
        if (student, question) in seen:
            raise ManualError(f"{where}: {question} of {student} is there twice, expected one row per answer")
        seen.add((student, question))
        if (row["points"] or "").strip():
            changed[student] = _with_points(changed.get(student, results[student]), question, row, where)
    for result in changed.values():
        store.write(result, keep=result != results[result.student])
    return list(changed.values())


def _rows(text: str, name: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), dialect=_dialect(text)))
    lacking = [column for column in ("student", "question", "points", "comment", "mark") if rows and column not in rows[0]]
    if lacking or not rows:
        raise ManualError(f"{name} has no column {lacking[0]!r}" if lacking else f"{name} has no rows, expected one per answer")
    return rows


def _dialect(text: str) -> Any:
    """Spreadsheets of some countries write semicolons."""

    class Dialect(csv.excel):
        delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","

    return Dialect


def _with_points(result: Result, question: str, row: dict[str, str], where: str) -> Result:
    old = next((one for each in result.questions for one in each.manual if one.id == question), None)
    if old is None:
        raise ManualError(f"{where}: {result.student} has no answer {question!r}, expected one that a person reads")
    if (row["mark"] or "").strip() != mark_of(old):
        raise ManualError(f"{where}: {question} of {result.student} was graded again with another text, expected a fresh table")
    try:
        points = float(row["points"].strip().replace(",", "."))
    except ValueError:
        points = -1
    if not 0 <= points <= old.max:
        raise ManualError(f"{where}: met the points {row['points']!r}, expected a number from 0 to {old.max:g}")
    new = old._replace(points=points, comment=(row["comment"] or "").strip().removeprefix("'"))
    questions = tuple(each._replace(manual=tuple(new if one.id == question else one for one in each.manual)) for each in result.questions)
    return result._replace(questions=questions)
