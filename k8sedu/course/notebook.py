"""A notebook as what a deck or a page is made of: cells with their words, their tags and what they showed.

Notebooks are read as plain JSON, which takes a millisecond; the library that checks every field of the format takes a second to import
and is left to the run itself. Nothing of a notebook is changed.

Left out: notebooks of format 3 and older. JupyterLab saves such a file in the present format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.language import known_language

HIDDEN_INPUT = ("hide-input", "remove-input", "hide_input", "remove_input")
HIDDEN_OUTPUT = ("hide-output", "remove-output", "hide_output", "remove_output")
LEFT_OUT = ("remove-cell", "remove_cell")
"""Tags as the tools of the Jupyter world spell them."""


class NotebookError(K8sEduError, ValueError):
    """A notebook that cannot be read, run or shown."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, what its author says about it, and what it showed when it ran."""

    id: str
    kind: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[Mapping[str, Any], ...] = ()
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def tags(self) -> frozenset[str]:
        """The tags as JupyterLab's sidebar shows them."""
        return frozenset(self.metadata.get("tags", ()))

    @property
    def slide_type(self) -> str:
        """What the slideshow metadata says: slide, subslide, fragment, skip, notes, or nothing."""
        kind = str(self.metadata.get("slideshow", {}).get("slide_type", ""))
        return "" if kind == "-" else kind

    def says(self, *names: str) -> bool:
        """Whether a tag or the slideshow metadata says one of these words.

        >>> Cell("a", "code", "", {"tags": ["fragment"]}).says("fragment"), Cell("a", "code", "").says("skip")
        (True, False)
        """
        return self.slide_type in names or not self.tags.isdisjoint(names)


@dataclass(frozen=True, slots=True)
class Notebook:
    """The cells of one file."""

    path: Path
    cells: tuple[Cell, ...]

    @property
    def language(self) -> str:
        """The language of its folder: Chinese in `zh`, else English."""
        return "zh" if self.path.absolute().parent.name == "zh" else "en"

    @property
    def title(self) -> str:
        """The first heading, without its marks; the file's name where there is none."""
        lines = (line for cell in self.cells if cell.kind == "markdown" for line in cell.source.splitlines())
        return next((line.lstrip("# ").strip() for line in lines if line.startswith("#")), self.path.stem)


def read(path: Path) -> Notebook:
    """Read a notebook with whatever outputs it has.

    Raises:
        NotebookError: the file is no notebook of format 4.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NotebookError(f"{path}: not a notebook, expected JSON as Jupyter saves it ({error})") from error
    return of_json(found, path)


def of_json(found: Any, path: Path) -> Notebook:
    """The notebook in values as `json.loads` gives them."""
    if not isinstance(found, dict) or found.get("nbformat") != 4 or not isinstance(found.get("cells"), list):
        raise NotebookError(f"{path}: not a notebook of format 4; open it in JupyterLab and save it")
    return Notebook(path, tuple(_cell(number, cell) for number, cell in enumerate(found["cells"])))


def _cell(number: int, cell: Mapping[str, Any]) -> Cell:
    return Cell(
        id=str(cell.get("id", f"cell-{number}")),
        kind=str(cell.get("cell_type", "raw")),
        source=joined(cell.get("source", "")),
        metadata=cell.get("metadata", {}),
        outputs=tuple(cell.get("outputs", ())),
        attachments=cell.get("attachments", {}),
    )


def joined(text: str | list[str]) -> str:
    """A text as one string; the format also allows a list of lines.

    >>> joined(["a ", "b"])
    'a b'
    """
    return text if isinstance(text, str) else "".join(text)


def in_language(path: Path, language: str | None) -> Path:
    """The same lesson in a language: `zh/NAME` beside it, `../NAME` above it; the file itself where it has no twin.

    >>> in_language(Path("notebooks/none.ipynb"), "zh")
    PosixPath('notebooks/none.ipynb')
    """
    if language is None:
        return path
    folder = path.absolute().parent
    home = folder.parent if folder.name == "zh" else folder
    twin = (home / "zh" if known_language(language) == "zh" else home) / path.name
    return twin if twin.is_file() and twin != path.absolute() else path
