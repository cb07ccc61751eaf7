"""An assignment: the instructor's notebook, checked so thoroughly that no surprise is left for the day of grading.

The notebook is nbgrader's: answers with `### BEGIN SOLUTION`, tests with `### BEGIN HIDDEN TESTS`, points and `grade_id` in the cells'
metadata. Two cells more are k8sedu's own: `seed`, one line in which each student's name and seed stand, and `setup`, which draws `given`
from it. To nbgrader they are ordinary cells.

A question is what shares the beginning of its `grade_id`: `q2` is the answer, `q2-tests` judges it, `q2-why` is read by a person. Its
heading and prose are the Markdown before it, so that feedback can say what was asked.

Source: nbgrader 0.9, nbgraderformat/v3.py (validate_cell, validate_nb).
Left out: nbgrader's auto-tests (`### AUTOTEST`) and task cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.judging import AnswerError, plain
from k8sedu.course.homework.notebook import HIDDEN, REGIONS, SOLUTION, Cell, Notebook, NotebookError, inside_region, region_lines
from k8sedu.course.homework.split import Split, SplitError, bound_names, checks, split
from k8sedu.errors import K8sEduError
from k8sedu.language import speaking

REFERENCE = ("reference", 0)
"""The student and the seed that stand in the instructor's notebook."""


class AssignmentError(K8sEduError, ValueError):
    """An instructor's notebook that cannot be released or graded."""


class RubricItem(NamedTuple):
    """One line of a rubric: what an answer must say, and what that is worth."""

    points: float
    says: str


class Question(NamedTuple):
    """One question: its prose, and the cells that belong to it."""

    id: str
    title: str
    prose: str
    cells: tuple[Cell, ...]

    @property
    def points(self) -> float:
        """What can be earned, by tests and by hand."""
        return sum(cell.points for cell in self.cells if cell.grade)

    @property
    def tests(self) -> tuple[Cell, ...]:
        """The cells that judge."""
        return tuple(cell for cell in self.cells if cell.is_test)

    @property
    def manual(self) -> tuple[Cell, ...]:
        """The answers that a person reads."""
        return tuple(cell for cell in self.cells if cell.is_manual)


class Assignment(NamedTuple):
    """A whole assignment, ready to be released and graded."""

    name: str
    notebook: Notebook
    questions: tuple[Question, ...]
    splits: Mapping[str, Split]
    """grade_id of a test cell → the test, taken apart."""

    @property
    def points(self) -> float:
        """What can be earned in all."""
        return sum(question.points for question in self.questions)

    @property
    def answers(self) -> frozenset[str]:
        """The grade_ids of the cells in which students write code."""
        return frozenset(cell.grade_id for cell in self.notebook.cells if cell.is_answer)

    @property
    def language(self) -> str:
        """What its prose is written in: "zh" or "en"; labels, hints and faults follow."""
        return "zh" if any("\u4e00" <= letter <= "\u9fff" for question in self.questions for letter in question.prose[:200]) else "en"

    @property
    def edition(self) -> str:
        """A short mark of this very text: submissions and results say which edition they belong to."""
        return self.notebook.digest[:12]

    def namespace(self, *, student: str, seed: int) -> dict[str, Any]:
        """What the locked cells make for a student: `given`, and what tests use. Runs the instructor's own code only.

        Raises:
            AssignmentError: a locked cell fails.
        """
        names: dict[str, Any] = {"__name__": f"homework_{self.name}"}
        for cell in self.notebook.cells:
            if is_trusted(cell):
                source = self.seed_line(student=student, seed=seed) if cell.purpose == "seed" else cell.source
                try:
                    with speaking(self.language):
                        exec(compile(source, f"<{cell.grade_id or cell.purpose}>", "exec"), names)  # the instructor's own code
                except Exception as error:
                    met = f"the locked cell {cell.grade_id or cell.purpose!r} fails with {type(error).__name__}: {error}"
                    raise AssignmentError(f"{met}, expected it to run for every seed") from error
        return names

    def seed_line(self, *, student: str, seed: int) -> str:
        """The text of the cell `seed` for a student; with the language where the instructor's own has one."""
        names_language = any("LANGUAGE" in cell.source for cell in self.notebook.cells if cell.purpose == "seed")
        return seed_line(student=student, seed=seed, language=self.language if names_language else "")

    def rubric(self, cell: Cell) -> tuple[RubricItem, ...]:
        """The rubric of a manual answer, from its reference answer: lines such as `- 2: says that …`."""
        found = re.findall(r"^\s*[-*] (\d+(?:\.\d+)?): (.+)$", inside_region(cell.source, SOLUTION), re.MULTILINE)
        return tuple(RubricItem(float(points), says.strip()) for points, says in found)


def seed_line(*, student: str, seed: int, language: str = "") -> str:
    """The text of the cell `seed`.

    >>> print(seed_line(student="ada", seed=7))
    STUDENT, SEED = "ada", 7
    >>> print(seed_line(student="ada", seed=7, language="zh"))
    STUDENT, SEED, LANGUAGE = "ada", 7, "zh"
    """
    quoted = student.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'STUDENT, SEED, LANGUAGE = "{quoted}", {seed}, "{language}"' if language else f'STUDENT, SEED = "{quoted}", {seed}'


def is_trusted(cell: Cell) -> bool:
    """Code of the instructor's that is no test: it runs in the trusted process, too."""
    return cell.kind == "code" and (cell.purpose in ("seed", "setup") or (cell.locked and not cell.grade and not cell.solution))


def given_of(names: Mapping[str, Any]) -> Any:
    """The parameters of a student, as JSON carries them into the sandbox.

    Raises:
        AssignmentError: JSON cannot.
    """
    try:
        return plain(names.get("given", {}))
    except AnswerError as error:
        raise AssignmentError(f"'given' {error}") from None


def load(path: Path) -> Assignment:
    """Read and check an instructor's notebook.

    Raises:
        NotebookError: it is no notebook.
        AssignmentError: it is one, but no assignment; the sentence names the first fault and how many more there are.
    """
    return assemble(nb.read(path))


def assemble(notebook: Notebook) -> Assignment:
    """The assignment in a notebook, an instructor's or a released one.

    Raises:
        AssignmentError: the first fault, and how many more there are.
    """
    name = str(notebook.homework.get("name") or notebook.name.removesuffix(".ipynb"))
    problems = list(faults(notebook))
    splits: dict[str, Split] = {}
    trusted = trusted_names(notebook)
    for cell in notebook.cells if not problems else ():
        if cell.is_test:
            try:
                splits[cell.grade_id] = split(cell.source, name=cell.grade_id, trusted=trusted)
            except SplitError as error:
                problems.append(str(error))
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise AssignmentError(f"{notebook.name}: {problems[0]}{more}")
    return Assignment(name, notebook, tuple(_questions(notebook)), splits)


def trusted_names(notebook: Notebook) -> frozenset[str]:
    """The names that locked cells bind."""
    return frozenset(name for cell in notebook.cells if is_trusted(cell) for name in bound_names(cell.source))


def faults(notebook: Notebook) -> Iterator[str]:
    """What is wrong with an assignment's cells, one sentence each."""
    seen: set[str] = set()
    for number, (cell, raw) in enumerate(zip(notebook.cells, notebook.data["cells"], strict=True), 1):
        where = f"cell {number}" + (f" ({cell.grade_id})" if cell.grade_id else "")
        yield from (f"{where} {fault}" for fault in _faults_of(cell, nb.metadata_of(raw)))
        if cell.grade_id in seen:
            yield f"{where} has the grade_id of another cell, expected its own"
        seen |= {cell.grade_id} - {""}
    for purpose in ("seed", "setup"):
        count = sum(cell.purpose == purpose for cell in notebook.cells)
        if count > 1:
            yield f"{count} cells are marked as {purpose!r}, expected at most one"
    if not any(cell.grade for cell in notebook.cells):
        yield "no cell has points, expected tests or answers to be read, with nbgrader's metadata"


def _faults_of(cell: Cell, nbgrader: Mapping[str, Any]) -> Iterator[str]:
    try:
        marked = [region for region in REGIONS if any(region_lines(cell.source, region))]
    except NotebookError as error:
        yield f"is not marked well: {error}"
        return
    if SOLUTION in marked and not cell.solution:
        yield "holds BEGIN SOLUTION, expected it only in cells that nbgrader's metadata calls a solution"
    if HIDDEN in marked and not cell.is_test:
        yield "holds BEGIN HIDDEN TESTS, expected it only in cells of tests"
    if nbgrader:
        yield from _faults_of_metadata(cell, nbgrader)


def _faults_of_metadata(cell: Cell, nbgrader: Mapping[str, Any]) -> Iterator[str]:
    if nbgrader.get("schema_version") != nb.SCHEMA_VERSION:
        yield f"has schema_version {nbgrader.get('schema_version')!r}, expected {nb.SCHEMA_VERSION}; nbgrader update brings it there"
    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", cell.grade_id):
        yield f"has the grade_id {cell.grade_id!r}, expected a name such as q1 or q1-tests"
    if nbgrader.get("task"):
        yield "is a task cell, expected an answer that is read (grade and solution)"
    if cell.grade and cell.points <= 0:
        yield f"is graded with {nbgrader.get('points')!r} points, expected a number above 0"
    if cell.is_test and not cell.locked:
        yield "is a test that students can edit, expected it to be locked"
    if cell.kind == "markdown" and cell.grade != cell.solution:
        yield "is Markdown that is graded or answered but not both, expected an answer that a person reads"


def _questions(notebook: Notebook) -> Iterator[Question]:
    """The questions in order; prose before a question belongs to it."""
    found: dict[str, list[Cell]] = {}
    prose: dict[str, list[str]] = {}
    pending: list[str] = []
    for cell in notebook.cells:
        if cell.kind == "markdown" and not cell.solution:
            pending = [cell.source] if cell.source.startswith("#") else [*pending, cell.source]
        elif cell.grade or cell.is_answer:
            prose.setdefault(cell.question, []).extend(pending)
            found.setdefault(cell.question, []).append(cell)
            pending = []
    for question, cells in found.items():
        text = "\n\n".join(prose[question])
        titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
        yield Question(question, titles[-1].strip() if titles else question, text, tuple(cells))


def rehearse(assignment: Assignment, *, student: str = REFERENCE[0], seed: int = REFERENCE[1]) -> list[str]:
    """Run all tests as grading would, up to the sandbox; what is wrong with points, answers and parameters, one sentence each."""
    names = assignment.namespace(student=student, seed=seed)
    given_of(names)
    answered = frozenset(name for cell in assignment.notebook.cells if cell.is_answer for name in bound_names(cell.source))
    wrong = []
    for question in assignment.questions:
        for cell in question.tests:
            found = assignment.splits[cell.grade_id]
            wrong += [f"{cell.grade_id} calls {name!r}, which no answer binds" for name in found.answers if name not in answered]
            asked = checks(found, names)
            if not sum(claim.weight for claim in asked.claims):
                wrong.append(f"{cell.grade_id} checks nothing, so that every answer would have its {cell.points:g} points")
            if not asked.is_strict and asked.earned != ((question.id, cell.points),):
                end = f"earned({question.id!r}, {cell.points:g}) as its last line"
                wrong.append(f"{cell.grade_id} earns {list(asked.earned)!r}, expected {end}, or nbgrader gives all points to any answer")
    for question in assignment.questions:
        for cell in question.manual:
            total = sum(item.points for item in assignment.rubric(cell))
            if total and total != cell.points:
                wrong.append(f"the rubric of {cell.grade_id} adds up to {total:g} points, expected {cell.points:g}")
    return wrong
