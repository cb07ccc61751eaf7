"""Marking one submission: run it in the sandbox, judge what comes back here, and say what every check was worth.

The trusted process holds tests, answers and models, and never runs a line of the student's. The sandbox holds the student's code and the
calls that the tests want made, and never sees an expected value. Between them pass plain JSON values.

Whatever a submission is, marking ends with a `Result`: a refused file, a cell that fails, a call that never returns and a judge that gives
up are all findings. Only a fault of the assignment itself (a test that fails by itself) is marked as `failed`, for a person to look at.

Source: the grader of PrairieLearn (values between processes); `k8sedu.course.sandbox`.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import Assignment, AssignmentError, Question, assemble, given_of
from k8sedu.course.homework.checking import Answer, Claim
from k8sedu.course.homework.evidence import Evidence, Found, collect
from k8sedu.course.homework.judging import Judge
from k8sedu.course.homework.late import LatePolicy
from k8sedu.course.homework.notebook import Notebook, NotebookError
from k8sedu.course.homework.results import CheckResult, ManualResult, QuestionResult, Result, as_json, from_json
from k8sedu.course.homework.roster import EVERYONE
from k8sedu.course.homework.seeds import seed as seed_of
from k8sedu.course.homework.split import Checks, SplitError, checks
from k8sedu.course.homework.submission import Prepared, prepare
from k8sedu.course.limits import at_most
from k8sedu.language import Words, speaking

VALUE_MAX = 20_000
"""A larger value is judged, but not kept with the result."""
CODE_MAX, CALL_MAX = 50_000, 160
JUDGING_S = 10.0
"""So long a judge may think about one value; those of this course need a twentieth of a second."""


_one_at_a_time = threading.Lock()
"""A worker of Dask has several threads. But reading Python's syntax trees is not safe in several threads (CPython 3.11), and they share one
sandbox; so they wait for each other. More processes make grading faster, more threads do not."""


class Settings(NamedTuple):
    """How a class is graded."""

    secret: bytes = b""
    one_for_all: bool = False
    """Everybody has the same parameters, those of `everyone`."""
    policy: LatePolicy = LatePolicy()
    unsandboxed: bool = False

    def seed(self, assignment: str, student: str) -> int:
        """A student's seed."""
        return seed_of(self.secret, assignment, EVERYONE if self.one_for_all else student)


class Task(NamedTuple):
    """One submission with everything that marking it needs, so that any process on any machine can do it."""

    assignment_name: str
    assignment: bytes
    student: str
    content: bytes | None
    fault: str = ""
    """Why there is no content."""
    file: str = "notebook"
    submitted: datetime | None = None
    settings: Settings = Settings()


def mark_task(task: Task) -> Result:
    """Mark one submission, one at a time in each process; never raises because of what the submission is."""
    with _one_at_a_time:
        return _mark_task(task)


def _mark_task(task: Task) -> Result:
    assignment = assembled(task.assignment, task.assignment_name)
    start = time.perf_counter()
    try:
        result = _marked(assignment, task)
    except (AssignmentError, SplitError) as error:
        result = _blank(assignment, task, "failed", flags=(f"the assignment is at fault: {error}",))
    except Exception as error:
        result = _blank(assignment, task, "failed", flags=(f"the grader failed with {type(error).__name__}: {error}"[:300],))
    return whole(result)._replace(
        submitted=task.submitted.isoformat() if task.submitted else "", graded=datetime.now(UTC).isoformat(timespec="seconds"),
        late=task.settings.policy.of(task.submitted, student=task.student), duration_ms=round((time.perf_counter() - start) * 1000),
    )  # fmt: skip


def whole(result: Result) -> Result:
    """The result without half characters, so that it can be written into any file."""
    text = json.dumps(as_json(result), ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return from_json(json.loads(nb.whole_text(text)), result.student)
    return result


@lru_cache(maxsize=4)
def assembled(content: bytes, name: str) -> Assignment:
    """The assignment in a notebook's bytes, which one process reads once."""
    return assemble(nb.parse(content, name=name))


def _marked(assignment: Assignment, task: Task) -> Result:
    if task.content is None:
        status = "missing" if task.fault.startswith("nothing") else "refused"
        return _blank(assignment, task, status, notes=(task.fault,))
    try:
        submitted = nb.parse(task.content, name=task.file)
    except NotebookError as error:
        return _blank(assignment, task, "refused", notes=(str(error),))
    number, settings = task.settings.seed(assignment.name, task.student), task.settings
    return mark(assignment, submitted, student=task.student, seed=number, unsandboxed=settings.unsandboxed)


def _blank(assignment: Assignment, task: Task, status: Any, *, notes: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> Result:
    """A result without an answer: nobody has to read anything, and everything is zero."""
    questions = tuple(QuestionResult(question.id, question.title, question.points) for question in assignment.questions)
    return Result(
        task.student, assignment.name, assignment.edition, status, questions, notes, flags, max=assignment.points,
        submission=nb.digest_of(task.content or b""), sandboxed=not task.settings.unsandboxed,
    )  # fmt: skip


def mark(assignment: Assignment, submitted: Notebook, *, student: str, seed: int, unsandboxed: bool = False) -> Result:
    """Mark one notebook; labels, hints and faults are in the assignment's language.

    Raises:
        AssignmentError, SplitError: the assignment does not work for this student's parameters.
    """
    with speaking(assignment.language):
        return _mark(assignment, submitted, student=student, seed=seed, unsandboxed=unsandboxed)


def _mark(assignment: Assignment, submitted: Notebook, *, student: str, seed: int, unsandboxed: bool) -> Result:
    names = assignment.namespace(student=student, seed=seed)
    prepared = prepare(assignment, submitted, student=student)
    asked = {grade_id: checks(found, names) for grade_id, found in assignment.splits.items()}
    calls = list({key_of(claim.call): claim.call for each in asked.values() for claim in each.claims}.values())
    evidence = collect(prepared, calls, given=given_of(names), unsandboxed=unsandboxed)
    found = {key_of(call): one for call, one in zip(calls, evidence.found, strict=True)}
    questions = tuple(_question(question, assignment, asked, found, prepared) for question in assignment.questions)
    return Result(
        student, assignment.name, assignment.edition, "graded", questions, (*prepared.notes, *evidence.notes),
        (*prepared.flags, *evidence.flags), seed, submitted.digest, sandboxed=evidence.sandboxed, max=assignment.points,
        code=tuple((name, source[:CODE_MAX]) for name, source in prepared.code), language=assignment.language,
    )  # fmt: skip


def key_of(call: Answer) -> str:
    """What must be run once, however many checks ask about it: the call without the item that a check takes from its value."""
    return json.dumps([call.name, call.arguments], sort_keys=True)


def _question(
    question: Question, assignment: Assignment, asked: dict[str, Checks], found: dict[str, Found], prepared: Prepared
) -> QuestionResult:
    judged_cells = {cell.grade_id: _judged(asked[cell.grade_id], cell.points, found) for cell in question.tests}
    results = tuple(one for each in judged_cells.values() for one in each)
    manual = tuple(_manual(assignment, cell, prepared) for cell in question.manual)
    tests = tuple((name, round(sum(one.points for one in each), 2)) for name, each in judged_cells.items())
    return QuestionResult(question.id, question.title, question.points, results, manual, tests)


def _judged(asked: Checks, points: float, found: dict[str, Found]) -> list[CheckResult]:
    """The checks of one test cell; written with assert they are worth all or nothing together."""
    faults = [_fault(claim, found[key_of(claim.call)]) for claim in asked.claims]
    total = sum(claim.weight for claim in asked.claims)
    spoiled = asked.is_strict and any(faults)
    results = []
    for claim, hidden, fault in zip(asked.claims, asked.hidden, faults, strict=True):
        worth = points * claim.weight / total if total else 0.0  # a released notebook may show checks of the form alone
        value = found[key_of(claim.call)].value
        kept = value if len(json.dumps(value)) <= VALUE_MAX else None
        said = (fault, claim.hint if fault else "", _cut(repr(claim.call)))
        results.append(CheckResult(claim.label, hidden, 0.0 if fault or spoiled else worth, worth, *said, kept))
    return results


def _cut(call: str) -> str:
    """A call as a sentence can hold it."""
    return call if len(call) <= CALL_MAX else f"{call[:CALL_MAX]} …)"


def _fault(claim: Claim, found: Found) -> str:
    """What is wrong with the value that the sandbox gave; empty when the judge is content."""
    if found.fault:
        return found.fault
    value = found.value
    for key in claim.call.path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return Words(f"gave a value without the item {key!r}", f"给出的值没有 {key!r} 这一项").in_()
    return judged(claim.judge, value)


def judged(judge: Judge, value: Any) -> str:
    """Ask a judge; one that gives up on a strange value, or thinks too long about it, has found a fault."""
    try:
        with at_most(JUDGING_S):
            return judge.fault(value)[:1_000]
    except Exception as error:
        kind = type(error).__name__
        return Words(f"gave something that cannot be judged ({kind})", f"给出的东西无法判定（{kind}）").in_()


def _manual(assignment: Assignment, cell: nb.Cell, prepared: Prepared) -> ManualResult:
    """An answer for a person; one that was not touched has its zero points already."""
    answer = prepared.manual.get(cell.grade_id, "")
    rubric = tuple((item.points, item.says) for item in assignment.rubric(cell))
    return ManualResult(cell.grade_id, cell.points, answer[:CODE_MAX], None if answer else 0.0, rubric=rubric)


__all__ = ["Evidence", "Settings", "Task", "assembled", "judged", "mark", "mark_task"]
