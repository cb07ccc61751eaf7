"""The student's version: the instructor's notebook without anything that a student must not see.

What is taken out is decided cell by cell and then checked as a whole: no line that stood in a solution or a hidden test may be left
anywhere in the file, not in the text, not in outputs, not in metadata. nbgrader makes the same file (its `generate_assignment`), up to
checksums; only the two words in the cell `seed` are ours.

Left out: uploading. A folder with one notebook per student is what every learning platform takes.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import Assignment, AssignmentError, rehearse
from k8sedu.course.homework.notebook import HIDDEN, REGIONS, SCHEME, SOLUTION, Cell, inside_region, without_region
from k8sedu.course.homework.roster import known_student
from k8sedu.course.homework.seeds import seed
from k8sedu.files import write_whole

TELLING = 12
"""A line of at least so many characters is looked for in the released file; shorter ones, such as `)`, stand everywhere."""


def released(assignment: Assignment, *, student: str, seed: int) -> dict[str, Any]:
    """The notebook for one student, as JSON data.

    Raises:
        AssignmentError: something of a solution or a hidden test would be left in it.
    """
    data = copy.deepcopy(dict(assignment.notebook.data))
    line = assignment.seed_line(student=student, seed=seed)
    data["cells"] = [_cleared(raw, cell, seed_line=line) for raw, cell in zip(data["cells"], assignment.notebook.cells, strict=True)]
    metadata = data.setdefault("metadata", {})
    metadata.pop("celltoolbar", None)
    metadata["k8sedu"] = {"homework": {"name": assignment.name, "student": student, "edition": assignment.edition}}
    _expect_no_leak(assignment, data)
    return data


def _cleared(raw: dict[str, Any], cell: Cell, *, seed_line: str) -> dict[str, Any]:
    """One cell as the student gets it."""
    source = cell.source
    if cell.purpose == "seed":
        source = seed_line
    elif cell.solution:
        stub = nb.CODE_STUB if cell.kind == "code" else nb.TEXT_STUB
        source = without_region(source, SOLUTION, stub=stub) if SOLUTION.begin in source else stub
    source = without_region(without_region(source, HIDDEN), SCHEME)
    made = {**raw, "source": source.splitlines(keepends=True)}
    if cell.kind == "code":
        made |= {"outputs": [], "execution_count": None}
    made.pop("attachments", None) if cell.solution else None
    if cell.locked or cell.solution or cell.grade:
        nbgrader = {**raw["metadata"]["nbgrader"], "cell_type": cell.kind, "checksum": _checksum(cell, source)}
        switches = {"deletable": False, **({"editable": False} if cell.locked else {})}
        made["metadata"] = {**raw["metadata"], **switches, "nbgrader": nbgrader}
    return made


def _checksum(cell: Cell, source: str) -> str:
    """Nbgrader's checksum of a cell, by which it sees that an answer was not touched."""
    parts = [source, cell.kind, str(cell.grade), str(cell.solution), str(cell.locked), cell.grade_id]
    parts += [str(float(cell.points))] if cell.grade else []
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


def _expect_no_leak(assignment: Assignment, data: dict[str, Any]) -> None:
    """Look for every telling line of a solution or hidden test in the whole file, visible text aside."""
    visible = {line.strip() for cell in assignment.notebook.cells for line in _visible(cell).splitlines()}
    text = json.dumps(data, ensure_ascii=False)
    for cell in assignment.notebook.cells:
        for line in (line.strip() for region in REGIONS for line in inside_region(cell.source, region).splitlines()):
            if len(line) >= TELLING and line not in visible and json.dumps(line, ensure_ascii=False)[1:-1] in text:
                raise AssignmentError(f"{cell.grade_id}: {line[:60]!r} of its hidden part would be left in the student's version")


def _visible(cell: Cell) -> str:
    """The text of a cell that everybody may read."""
    source = cell.source
    for region in REGIONS:
        source = without_region(source, region)
    return "" if cell.solution and SOLUTION.begin not in cell.source else source


def release(assignment: Assignment, students: Iterable[str], folder: Path, *, secret: bytes) -> list[Path]:
    """Write one notebook per student: `FOLDER/STUDENT/ASSIGNMENT.ipynb`.

    Raises:
        AssignmentError: the assignment has faults; nothing is written then.
    """
    wrong = rehearse(assignment)
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise AssignmentError(f"{assignment.notebook.name}: {wrong[0]}{more}")
    written = []
    for student in students:
        data = released(assignment, student=student, seed=seed(secret, assignment.name, student))
        path = folder / known_student(student) / f"{assignment.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, nb.to_text(data))
        written.append(path)
    return written
