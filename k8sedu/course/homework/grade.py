"""Grading a class: every submission, on all processors or a cluster, and nothing lost when something breaks in the middle.

Each submission is one task that carries everything it needs, so a pool of processes and Dask's executor do the same. A result is written
the moment it is there, whole, into a file of its own. Who starts `grade` again after a crash, a full disk or Ctrl-C goes on with what is
missing: a submission whose result is there, for the same file, the same edition of the assignment and the same seed, is left alone.

When a worker process dies (the machine ran out of memory, say), the pool is made anew, and the submissions that were under way are tried
once more, one at a time; so the one that kills workers is found, marked as `failed`, and the others are graded.

Left out: grading the same class from two machines at once into one folder. Results would be whole, but work would be done twice.
"""

from __future__ import annotations

import csv
import io
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import Assignment
from k8sedu.course.homework.marking import Settings, Task, mark_task
from k8sedu.course.homework.notebook import NotebookError
from k8sedu.course.homework.results import Result, ResultError, Store
from k8sedu.course.homework.roster import Student, Submission
from k8sedu.processes import pool

Progress = Callable[[Result], None]
"""Is told of every result."""


class Graded(NamedTuple):
    """What came of a class."""

    results: tuple[Result, ...]
    kept: int
    """So many were there already."""


def grade(
    assignment: Assignment, submissions: Iterable[Submission], store: Store, settings: Settings, *,
    executor: Executor | None = None, workers: int | None = None, regrade: bool = False, progress: Progress | None = None,
) -> Graded:  # fmt: skip
    """Grade all submissions of a folder; a result that is up to date is kept, unless `regrade`.

    Args:
        assignment: the instructor's notebook.
        submissions: who handed in what.
        store: where results are kept, one by one.
        settings: secret, rule for late work, sandbox.
        executor: does the work elsewhere: Dask's `client.get_executor()`, for a cluster; a pool of processes on this machine otherwise.
        workers: how many processes; one per processor otherwise.
        regrade: mark everything again; older results stay in the history.
        progress: is told of every result, first of those that are kept, then of each new one as it comes.
    """
    tasks = [task_of(assignment, submission, settings) for submission in submissions]
    open_tasks, kept = [], {}
    for task in tasks:
        old = None if regrade else up_to_date(assignment, task, store)
        if old is None:
            open_tasks.append(task)
        else:
            kept[task.student] = old
            if progress is not None:
                progress(old)
    done = dict(kept)
    for result in _all(open_tasks, executor, workers):
        final = with_hands(result, _old(store, result.student))
        store.write(final)
        done[result.student] = final
        if progress is not None:
            progress(final)
    return Graded(tuple(done[task.student] for task in tasks), len(kept))


def task_of(assignment: Assignment, submission: Submission, settings: Settings) -> Task:
    """The task of one submission: its file is read here, so that workers need no disk."""
    content, fault, file = None, submission.fault, "notebook"
    if submission.path is not None:
        file = submission.path.name
        try:
            content = nb.read_bytes(submission.path)
        except (NotebookError, OSError) as error:
            fault = str(error)
    text = assignment.notebook.content
    return Task(f"{assignment.name}.ipynb", text, submission.student, content, fault, file, submission.submitted, settings)


def up_to_date(assignment: Assignment, task: Task, store: Store) -> Result | None:
    """The result that is there already, if it is about this very file, assignment and seed, and was no failure of ours."""
    old = _old(store, task.student)
    if old is None or old.status == "failed":
        return None
    same = (old.assignment, old.edition, old.submission) == (assignment.name, assignment.edition, nb.digest_of(task.content or b""))
    same_seed = old.status != "graded" or old.seed == task.settings.seed(assignment.name, task.student)
    same_rule = old.late == task.settings.policy.of(task.submitted, student=task.student)
    return old if same and same_seed and same_rule and old.sandboxed != task.settings.unsandboxed else None


def _old(store: Store, student: str) -> Result | None:
    """What is there; a damaged file counts as nothing, since the submission can be graded again."""
    try:
        return store.read(student)
    except ResultError:
        store.path(student).unlink()
        return None


def with_hands(result: Result, old: Result | None) -> Result:
    """Take over the points that a person gave to answers which did not change since."""
    if old is None:
        return result
    given = {manual.id: manual for question in old.questions for manual in question.manual if manual.points is not None}
    questions = []
    for question in result.questions:
        manual = tuple(
            given[one.id] if one.id in given and (given[one.id].answer, given[one.id].max) == (one.answer, one.max) else one
            for one in question.manual
        )
        questions.append(question._replace(manual=manual))
    return result._replace(questions=tuple(questions))


# -- the work ---------------------------------------------------------------------------------------------------------------------------


def _all(tasks: Sequence[Task], executor: Executor | None, workers: int | None) -> Iterator[Result]:
    """Every result as it comes; what a dead worker had in hand is tried again, one at a time."""
    lost: list[Task] = []
    if executor is not None:
        yield from _through(executor, tasks, lost)
    elif tasks:
        with pool(min(workers or multiprocessing.cpu_count(), len(tasks))) as processes:
            yield from _through(processes, tasks, lost)
    for task in lost:
        died: list[Task] = []
        with pool(1) as process:
            yield from _through(process, [task], died)
        if died:
            yield _died(task)


def _through(executor: Executor, tasks: Sequence[Task], lost: list[Task]) -> Iterator[Result]:
    """Results of one executor; tasks that died with a worker are put into `lost`."""
    futures: dict[Future[Result], Task] = {}
    try:
        for task in tasks:
            futures[executor.submit(mark_task, task)] = task
    except BrokenProcessPool:
        lost += [task for task in tasks if task not in futures.values()]
    try:
        for future in as_completed(futures):
            try:
                result = future.result()
            except (Exception, CancelledError):
                lost.append(futures[future])
            else:
                yield result
    finally:
        for future in futures:
            future.cancel()


def _died(task: Task) -> Result:
    """The result of a submission that takes its worker with it, twice."""
    blank = mark_task(task._replace(content=None, fault="nothing could be graded"))
    flags = ("the worker process died twice over this submission; grade it by hand, or again with more memory",)
    return blank._replace(status="failed", flags=flags, notes=(), submission=nb.digest_of(task.content or b""))


# -- the table --------------------------------------------------------------------------------------------------------------------------

COLUMNS = ("student", "name", "points", "max", "status", "late", "auto", "manual", "open")


def table(results: Iterable[Result], students: Sequence[Student] = ()) -> str:
    """grades.csv: one row per student, with a column per question, and what the grader should know."""
    rows = list(results)
    names = {student.id: student.name for student in students}
    questions = list(dict.fromkeys(question.id for result in rows for question in result.questions))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *questions, "sandboxed", "graded", "notes"])
    writer.writerows([_row(result, names.get(result.student, ""), questions) for result in rows])
    return text.getvalue()


def _row(result: Result, name: str, questions: list[str]) -> list[Any]:
    points = {question.id: question.points for question in result.questions}
    late = f"{result.late.seconds / 3600:.1f} h, {result.late.factor:.0%}" if result.late.seconds else ""
    auto = round(sum(question.auto for question in result.questions), 2)
    hand = round(sum(question.by_hand for question in result.questions), 2)
    head = [result.student, name, result.points, result.max, result.status, late, auto, hand, " ".join(result.open)]
    notes = "; ".join((*result.flags, *result.notes))
    cells = [*head, *(points.get(question, 0) for question in questions), "yes" if result.sandboxed else "NO", result.graded, notes]
    return [harmless(cell) for cell in cells]


def harmless(cell: Any) -> Any:
    """A text that no spreadsheet takes for a formula.

    >>> harmless("=HYPERLINK(...)"), harmless(-3)
    ("'=HYPERLINK(...)", -3)
    """
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def results_folder(output: Path) -> Path:
    """Where the results of a class lie, beside its table."""
    return output.with_suffix(".results")
