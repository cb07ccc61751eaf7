r"""A homework notebook as plain data: its cells, their roles, and the regions that students must not see.

The format is nbgrader's (cell metadata, schema version 3, and its comment markers), so that a course can move either way. Reading is plain
`json`: grading opens hundreds of notebooks, and validating each against a schema would cost more than running it. What matters is checked
here, and every fault is one sentence, because the reader of it is a teaching assistant with 300 files.

>>> without_region("def f(n):\n    ### BEGIN SOLUTION\n    return n\n    ### END SOLUTION", SOLUTION, stub=CODE_STUB)
'def f(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()'

Source: nbgrader 0.9, docs "Creating assignments", nbgraderformat/v3.py, preprocessors/clearsolutions.py.
Left out: schema versions 1 and 2; nbgrader itself brings old notebooks up to date.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError

BYTES_MAX = 10_000_000
"""A larger submission is not read. Pictures in outputs fill a megabyte or two; a notebook of 50 MB is an accident or an attack."""

CELLS_MAX = 1_000

CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"
"""What stands where an answer belongs; nbgrader's own words."""

SCHEMA_VERSION = 3


class NotebookError(K8sEduError, ValueError):
    """A file that is no homework notebook; the sentence names the file."""


class Region(NamedTuple):
    """A part of a cell between two marked lines."""

    name: str

    @property
    def begin(self) -> str:
        """The mark of its first line."""
        return f"BEGIN {self.name}"

    @property
    def end(self) -> str:
        """The mark of its last line."""
        return f"END {self.name}"


SOLUTION, HIDDEN, SCHEME = Region("SOLUTION"), Region("HIDDEN TESTS"), Region("MARK SCHEME")
REGIONS = (SOLUTION, HIDDEN, SCHEME)
"""What a student's version must not hold."""


class Cell(NamedTuple):
    """One cell: its text, and its role by nbgrader's three switches."""

    kind: str
    """`code`, `markdown` or `raw`."""
    source: str
    grade_id: str = ""
    points: float = 0
    grade: bool = False
    solution: bool = False
    locked: bool = False
    purpose: str = ""
    """What only k8sedu knows: `setup` draws a student's parameters, `seed` is the line that release fills in."""

    @property
    def is_answer(self) -> bool:
        """Code that the student writes and tests judge."""
        return self.solution and not self.grade and self.kind == "code"

    @property
    def is_test(self) -> bool:
        """Code that judges an answer."""
        return self.grade and not self.solution and self.kind == "code"

    @property
    def is_manual(self) -> bool:
        """An answer that a person reads and gives points for."""
        return self.grade and self.solution

    @property
    def question(self) -> str:
        """The question that the cell belongs to: `q2` for the grade_id `q2-why`.

        >>> Cell("code", "", "q2-tests").question
        'q2'
        """
        return self.grade_id.partition("-")[0]


class Notebook(NamedTuple):
    """A notebook: its cells as values, and the JSON data that it came from."""

    name: str
    cells: tuple[Cell, ...]
    data: Mapping[str, Any]
    digest: str = ""
    """SHA-256 of the file's bytes."""
    content: bytes = b""
    """These bytes: what is sent to a worker."""

    @property
    def homework(self) -> Mapping[str, Any]:
        """What the notebook's metadata says about the homework: name, student, edition."""
        found = _mapping(_mapping(_mapping(self.data).get("metadata")).get("k8sedu")).get("homework")
        return _mapping(found)


def read(path: Path, *, bytes_max: int = BYTES_MAX) -> Notebook:
    """Read a notebook, whoever wrote it.

    Raises:
        NotebookError: no regular file, too large, no JSON, no notebook, or not for Python.
    """
    content = read_bytes(path, bytes_max=bytes_max)
    return parse(content, name=path.name)


def read_bytes(path: Path, *, bytes_max: int = BYTES_MAX) -> bytes:
    """The bytes of a regular file. A link is not followed: it could lead to a file of the grader's.

    Raises:
        NotebookError: there is none, or it is too large.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "a symbolic link" if path.is_symlink() else f"a file that cannot be opened ({error.strerror})"
        raise NotebookError(f"{path.name} is {reason}, expected a notebook itself") from None
    found = os.fstat(opened)
    if not stat.S_ISREG(found.st_mode):
        os.close(opened)
        raise NotebookError(f"{path.name} is no ordinary file, expected a notebook")
    with os.fdopen(opened, "rb") as file:
        if found.st_size > bytes_max:
            size = f"{found.st_size / 1e6:.0f} MB, expected at most {bytes_max / 1e6:.0f} MB"
            raise NotebookError(f"{path.name} has {size}: clear its outputs")
        return file.read(bytes_max + 1)


def parse(content: bytes, *, name: str = "notebook") -> Notebook:
    """The notebook in these bytes.

    >>> parse(b"", name="ada.ipynb")
    Traceback (most recent call last):
    k8sedu.course.homework.notebook.NotebookError: ada.ipynb is empty, expected a notebook

    Raises:
        NotebookError: they are none.
    """
    if not content.strip():
        raise NotebookError(f"{name} is empty, expected a notebook")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotebookError(f"{name} is not a text in UTF-8, expected a notebook") from None
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "somewhere"
        raise NotebookError(f"{name} is broken JSON at {where}, expected a notebook as Jupyter saves it") from None
    _check_notebook(data, name)
    cells = tuple(_cell(cell, f"{name}, cell {number}") for number, cell in enumerate(data["cells"], 1))
    return Notebook(name, cells, data, digest_of(content), content)


def digest_of(content: bytes) -> str:
    """The SHA-256 by which a file is known again; nothing has none."""
    return hashlib.sha256(content).hexdigest() if content else ""


def _check_notebook(data: object, name: str) -> None:
    if not isinstance(data, dict) or data.get("nbformat") != 4 or not isinstance(data.get("cells"), list):
        raise NotebookError(f"{name} is JSON but no notebook of format 4, expected one as Jupyter saves it today")
    if len(data["cells"]) > CELLS_MAX:
        raise NotebookError(f"{name} has {len(data['cells'])} cells, expected at most {CELLS_MAX}")
    metadata = _mapping(data.get("metadata"))
    language = _mapping(metadata.get("language_info")).get("name") or _mapping(metadata.get("kernelspec")).get("language") or "python"
    if str(language).lower() not in ("python", "python3", "ipython"):
        raise NotebookError(f"{name} is written for the kernel {str(language)[:40]!r}, expected Python 3")


def _cell(cell: object, where: str) -> Cell:
    found = _mapping(cell)
    kind, source = found.get("cell_type"), found.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else source
    if kind not in ("code", "markdown", "raw") or not isinstance(text, str):
        raise NotebookError(f"{where} is of the kind {str(kind)[:40]!r}, expected code, markdown or raw with a text as source")
    metadata = _mapping(found.get("metadata"))
    nbgrader, own = _mapping(metadata.get("nbgrader")), _mapping(metadata.get("k8sedu"))
    points, grade_id = nbgrader.get("points", 0), nbgrader.get("grade_id", "")
    return Cell(
        kind, whole_text(text).replace("\r\n", "\n"),
        grade_id=grade_id[:100] if isinstance(grade_id, str) else "", points=float(points) if _is_number(points) else 0,
        grade=nbgrader.get("grade") is True, solution=nbgrader.get("solution") is True, locked=nbgrader.get("locked") is True,
        purpose=str(own.get("homework", "")),
    )  # fmt: skip


def whole_text(text: str) -> str:
    r"""The text without half characters, which JSON can name and no file can hold.

    >>> whole_text("a\ud800b")
    'a?b'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def metadata_of(raw: object) -> Mapping[str, Any]:
    """Nbgrader's metadata of a cell's JSON data; empty where there is none."""
    return _mapping(_mapping(_mapping(raw).get("metadata")).get("nbgrader"))


def _mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one: metadata is written by many tools."""
    return value if isinstance(value, dict) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e6


# -- regions ----------------------------------------------------------------------------------------------------------------------------


def region_lines(source: str, region: Region) -> Iterator[range]:
    """Where a region stands: its line numbers from 1 on, the marked lines included.

    Raises:
        NotebookError: it begins twice, or does not end.
    """
    start = 0
    for number, line in enumerate(source.split("\n"), 1):
        if region.begin in line:
            if start:
                raise NotebookError(f"{region.begin} stands again in line {number}, expected {region.end} first")
            start = number
        elif region.end in line:
            if not start:
                raise NotebookError(f"{region.end} stands in line {number}, expected {region.begin} before it")
            yield range(start, number + 1)
            start = 0
    if start:
        raise NotebookError(f"{region.begin} stands in line {start}, expected {region.end} after it")


def without_region(source: str, region: Region, *, stub: str = "") -> str:
    """The text without a region; a stub takes its place, indented as the region was."""
    lines = source.split("\n")
    for found in reversed(list(region_lines(source, region))):
        indent = re.match(r"\s*", lines[found.start - 1])
        put = [f"{indent[0] if indent else ''}{line}" for line in stub.split("\n")] if stub else []
        lines[found.start - 1 : found.stop - 1] = put
    return "\n".join(lines)


def inside_region(source: str, region: Region) -> str:
    """What stands inside a region, without its marked lines."""
    lines = source.split("\n")
    return "\n".join(line for found in region_lines(source, region) for line in lines[found.start : found.stop - 2])


def to_text(data: Mapping[str, Any]) -> str:
    """A notebook's data as Jupyter writes it."""
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
