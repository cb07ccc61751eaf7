from __future__ import annotations

import json
from pathlib import Path

import pytest

from k8sedu.course.notebook import Cell, NotebookError, in_language, read


def written(path: Path, *cells: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}), encoding="utf-8")
    return path


def test_a_notebook_is_read_as_it_lies_there(tmp_path: Path) -> None:
    """Texts that are lists of lines become one text; a cell without an id gets its place as one."""
    path = written(tmp_path / "a.ipynb", {"cell_type": "markdown", "metadata": {}, "source": ["# A\n", "b"]})
    (cell,) = read(path).cells
    assert (cell.id, cell.kind, cell.source) == ("cell-0", "markdown", "# A\nb")
    assert read(path).title == "A"


@pytest.mark.parametrize("text", ["", "[]", '{"nbformat": 3}', "\x00"])
def test_what_is_no_notebook_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    """A damaged or foreign file is named, with what was expected."""
    path = tmp_path / "bad.ipynb"
    path.write_text(text)
    with pytest.raises(NotebookError, match=r"bad\.ipynb: not a notebook"):
        read(path)


def test_the_folder_says_the_language(tmp_path: Path) -> None:
    """A notebook in `zh` is Chinese, and each finds its twin in the other language."""
    english, chinese = written(tmp_path / "a.ipynb"), written(tmp_path / "zh" / "a.ipynb")
    assert (read(english).language, read(chinese).language) == ("en", "zh")
    assert in_language(english, "zh") == chinese
    assert in_language(chinese, "en") == english
    assert in_language(english, None) == in_language(english, "en") == english


def test_a_notebook_without_a_twin_stays_itself(tmp_path: Path) -> None:
    """A lecturer's own notebook is shown as it is, whatever language is asked for."""
    path = written(tmp_path / "mine.ipynb")
    assert in_language(path, "zh") == path


def test_metadata_and_tags_say_the_same() -> None:
    """JupyterLab's slide type and a tag of the same name mean the same; `-` means nothing."""
    by_type = Cell("a", "code", "", {"slideshow": {"slide_type": "fragment"}})
    by_tag = Cell("b", "code", "", {"tags": ["fragment"]})
    neither = Cell("c", "code", "", {"slideshow": {"slide_type": "-"}})
    assert [cell.says("fragment") for cell in (by_type, by_tag, neither)] == [True, True, False]
    assert neither.slide_type == ""
