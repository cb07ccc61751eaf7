"""A student's notebook, put in order: which of its cells run in the sandbox, and what is odd about it.

Students move cells, copy them, delete them, edit tests, and leave explorations behind that take a minute. None of that may cost marks
that were earned. So tests and locked cells are always the instructor's own; answers are found by their `grade_id`, in the student's order,
copies included, since the last one wins as it does in Jupyter; and a cell of the student's own runs only if an answer needs a name from
it. That last rule is why an experiment with a million steps in a scratch cell slows nobody down.

Left out: following names through `globals()` or `exec`. Whoever writes answers in that way puts the helper into the answer's cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import Assignment, is_trusted
from k8sedu.course.homework.judging import told
from k8sedu.course.homework.notebook import HIDDEN, SOLUTION, Cell, Notebook, without_region
from k8sedu.course.homework.roster import EVERYONE
from k8sedu.course.homework.split import bound_names, tree_of, used_names

PRELUDE = "def check(*_, **__):\n    return None\n\n\ndef earned(*_, **__):\n    return None\n"
"""Students call these in their own cells, too; in the sandbox they do nothing."""

USES_MODELS = re.compile(r"^[^#\n]*\bk8sedu\b", re.MULTILINE)
MAGIC = re.compile(r"^\s*[%!?].*$|^.*\?\s*$", re.MULTILINE)


class Prepared(NamedTuple):
    """What to run, what a person reads, and what is odd."""

    cells: tuple[str, ...]
    names: tuple[str, ...]
    """Of each cell, what to call it in feedback."""
    manual: dict[str, str]
    """grade_id → the text of an answer that a person reads; absent when it was not touched."""
    notes: tuple[str, ...]
    flags: tuple[str, ...]
    code: tuple[tuple[str, str], ...]


def prepare(assignment: Assignment, submitted: Notebook, *, student: str) -> Prepared:
    """Put a submission in order."""
    known = {cell.grade_id: cell for cell in assignment.notebook.cells if cell.grade_id}
    answers = assignment.answers
    chosen = _chosen(assignment, submitted, answers)
    fixed = [cell for cell in assignment.notebook.cells if is_trusted(cell) and not cell.purpose]
    cells = (PRELUDE, *(cell.source for cell in fixed), *(source for _, source in chosen))
    names = ("prelude", *(cell.grade_id for cell in fixed), *(name for name, _ in chosen))
    manual = {cell.grade_id: cell.source for cell in submitted.cells if _is_read(cell, known.get(cell.grade_id))}
    code = tuple((name, source) for name, source in chosen if name in answers)
    return Prepared(cells, names, manual, tuple(_notes(submitted, known)), tuple(_flags(assignment, submitted, student)), code)


def _chosen(assignment: Assignment, submitted: Notebook, answers: frozenset[str]) -> list[tuple[str, str]]:
    """(name, source) of the student's cells that run, in the student's order."""
    own = [(number, cell, runnable(cell.source)) for number, cell in enumerate(submitted.cells, 1) if _is_own(assignment, cell)]
    wanted = {name for found in assignment.splits.values() for name in found.answers}
    kept = {number for number, cell, _ in own if cell.grade_id in answers}
    for number, _, source in own:
        wanted |= used_names(source) if number in kept else set()
    for number, _, source in reversed(own):
        if number not in kept and bound_names(source) & wanted:
            kept.add(number)
            wanted |= used_names(source)
    return [(cell.grade_id or f"cell {number}", source) for number, cell, source in own if number in kept]


def _is_own(assignment: Assignment, cell: Cell) -> bool:
    """Code that the student wrote: an answer, or a cell that the assignment does not have."""
    if cell.kind != "code" or cell.purpose in ("seed", "setup"):
        return False
    known = next((one for one in assignment.notebook.cells if one.grade_id and one.grade_id == cell.grade_id), None)
    return known is None or known.is_answer


def _is_read(cell: Cell, known: Cell | None) -> bool:
    """Is this an answer for a person, and did the student write one?"""
    if known is None or not known.is_manual:
        return False
    stub = without_region(known.source, SOLUTION, stub=nb.TEXT_STUB) if SOLUTION.begin in known.source else nb.TEXT_STUB
    return cell.source.strip() not in ("", stub.strip(), nb.TEXT_STUB)


def _notes(submitted: Notebook, known: dict[str, Cell]) -> Iterable[str]:
    """What the student should know about the notebook."""
    met = [cell.grade_id for cell in submitted.cells if cell.grade_id]
    for name, cell in known.items():
        if cell.is_answer and name not in met:
            english = f"the cell of {name} is missing; what it should hold was looked for in the other cells"
            yield told(english, f"缺少 {name} 的单元；已在其他单元里寻找它应有的内容")
        if cell.is_manual and name not in met:
            yield told(f"the answer {name} is missing", f"缺少答案 {name}")
        if cell.solution and met.count(name) > 1:
            count = met.count(name)
            yield told(f"the cell of {name} is there {count} times; the last one counts", f"{name} 的单元出现了 {count} 次；以最后一个为准")
    for cell in submitted.cells:
        ours = known.get(cell.grade_id)
        if ours is not None and ours.is_test and cell.source.strip() != without_region(ours.source, HIDDEN).strip():
            name = cell.grade_id
            yield told(f"the checks {name} were changed; the original ones were used", f"检查 {name} 被改动；使用的是原来的检查")
    strangers = sorted({cell.grade_id for cell in submitted.cells if cell.grade_id and cell.grade_id not in known})
    if strangers:
        name, more = strangers[0], len(strangers) - 1
        several = told(f"{name} and {more} more cells belong to another assignment", f"{name} 和另外 {more} 个单元属于别的作业")
        yield several if more else told(f"the cell {name} belongs to another assignment", f"单元 {name} 属于别的作业")


def _flags(assignment: Assignment, submitted: Notebook, student: str) -> Iterable[str]:
    """What the grader should know."""
    told = submitted.homework
    for cell in submitted.cells:
        if cell.grade_id in assignment.answers and USES_MODELS.search(cell.source):
            yield f"{cell.grade_id} uses k8sedu, which graded code should not: look whether the model answered instead of the student"
    owner, name, edition = (str(told.get(key, "")) for key in ("student", "name", "edition"))
    if owner not in ("", student, EVERYONE):
        yield f"the notebook was made for {owner[:60]!r} and handed in by {student!r}; it was graded with {student}'s parameters"
    if name not in ("", assignment.name):
        yield f"the notebook is of the assignment {name[:60]!r}, expected {assignment.name!r}"
    elif edition not in ("", assignment.edition):
        yield f"the notebook is of edition {edition[:20]!r}, graded with {assignment.edition!r}"


def runnable(source: str) -> str:
    r"""A cell as plain Python: lines for IPython alone (`%matplotlib inline`, `!pip`, `name?`) become comments.

    >>> runnable("%matplotlib inline\nx = 1")
    'pass  # %matplotlib inline\nx = 1'
    """
    if tree_of(source) is not None:
        return source
    return MAGIC.sub(lambda line: f"{line[0][: len(line[0]) - len(line[0].lstrip())]}pass  # {line[0].strip()}", source)
