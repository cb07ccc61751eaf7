"""What a student can check at home: the visible checks of their own notebook, with hints, in a terminal.

The same splitting, running and judging as in grading; only that the tests are those in the student's file. They are taken from the course's
own assignment where this machine has it in the same edition, so that a file of somebody else's cannot bring tests of its own.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import REFERENCE, Assignment, AssignmentError, assemble, load
from k8sedu.course.homework.checking import UNANSWERED, holding, said
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.marking import mark
from k8sedu.course.homework.notebook import Notebook
from k8sedu.course.homework.release import released
from k8sedu.course.homework.results import QuestionResult, Result
from k8sedu.course.homework.sources import own
from k8sedu.language import Words


def check_file(path: Path) -> Result:
    """Run a student's notebook and ask its visible checks.

    Raises:
        NotebookError, AssignmentError, SplitError: it is no homework notebook, or its tests were changed into something else.
    """
    submitted = nb.read(path)
    student, seed = owner(submitted)
    return mark(_visible(submitted, student, seed), submitted, student=student, seed=seed, unsandboxed=not has_sandbox())


def _visible(submitted: Notebook, student: str, seed: int) -> Assignment:
    told = submitted.homework
    known = own().get(str(told.get("name", "")))
    for source in (known, known.parent / "zh" / known.name) if known else ():
        if source.is_file() and load(source).edition == told.get("edition"):
            text = nb.to_text(released(load(source), student=student, seed=seed)).encode()
            return assemble(nb.parse(text, name=submitted.name))
    return assemble(submitted)


def owner(submitted: Notebook) -> tuple[str, int]:
    """Whose notebook it is, and the seed in it: what the cell `seed` says.

    Raises:
        AssignmentError: that cell is gone, or holds something else.
    """
    source = next((cell.source for cell in submitted.cells if cell.purpose == "seed"), None)
    if source is None:
        return str(submitted.homework.get("student") or REFERENCE[0]), REFERENCE[1]
    try:
        student, seed, *_ = ast.literal_eval(source.partition("=")[2].strip())  # perhaps also the language
        return str(student), int(seed)
    except (ValueError, SyntaxError, TypeError):
        met = f"{submitted.name}: the line with STUDENT and SEED is {source[:60]!r}"
        raise AssignmentError(f"{met}, expected it as it was given out") from None


def lines(question: QuestionResult) -> Iterator[str]:
    """A question's checks for a terminal, in the chosen language."""
    checks = question.checks
    if not checks:
        yield f"{question.title}: {Words('a person reads it', '由人工批阅').in_()}"
    elif all(check.fault in UNANSWERED for check in checks):
        yield f"{question.title}: {UNANSWERED.in_()}"
    else:
        yield f"{question.title}: {holding(sum(check.holds for check in checks), len(checks))}"
        yield from (f"  ✗ {check.label}: {said(f'{check.answer} {check.fault}', check.hint)}" for check in checks if not check.holds)
