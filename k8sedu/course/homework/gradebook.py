"""Marks into nbgrader's own gradebook, for a course that uses its forms and its other tools.

Left out: the single grades of checks. nbgrader knows points per cell, and these are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from k8sedu.course.homework.export import ExportError
from k8sedu.course.homework.results import QuestionResult, Result
from k8sedu.course.homework.roster import Student


def write(results: Iterable[Result], url: str, *, students: Sequence[Student] = ()) -> int:
    """Write points per cell into the gradebook at a database URL; returns for how many students.

    The assignment must be there already: `nbgrader generate_assignment` makes it from the same notebook.

    Raises:
        ExportError: nbgrader is not installed, or does not know the assignment or a cell.
    """
    try:
        from nbgrader.api import Gradebook, MissingEntry
    except ImportError:
        raise ExportError('nbgrader is not installed, expected it beside k8sedu: pip install "k8sedu[nbgrader]"') from None
    names = {student.id: student for student in students}
    count = 0
    with Gradebook(url) as book:
        for result in results:
            try:
                _write(book, result, names.get(result.student, Student(result.student)))
            except MissingEntry as error:
                met = f"nbgrader's gradebook does not know a part of {result.assignment!r} ({str(error)[:80]})"
                raise ExportError(f"{met}, expected the assignment that nbgrader generate_assignment makes of the same notebook") from None
            count += 1
    return count


def _write(book: Any, result: Result, student: Student) -> None:
    first, _, last = student.name.rpartition(" ")
    book.update_or_create_student(result.student, first_name=first or None, last_name=last or None, email=student.email or None)
    book.update_or_create_submission(result.assignment, result.student)
    for question in result.questions:
        for cell, auto, manual in _cells(question):
            grade = book.find_grade(cell, result.assignment, result.assignment, result.student)
            grade.auto_score, grade.manual_score, grade.needs_manual_grade = auto, manual, auto is None and manual is None
    submission = book.find_submission(result.assignment, result.student)
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = round(result.raw - result.points, 2)
    book.db.commit()


def _cells(question: QuestionResult) -> Iterable[tuple[str, float | None, float | None]]:
    """(grade_id, points by tests, points by hand) of the cells of a question."""
    for name, points in question.tests:
        yield name, points, None
    for manual in question.manual:
        yield manual.id, None, manual.points
