from __future__ import annotations

import json
from pathlib import Path

import pytest

from k8sedu.course.execution import execute
from k8sedu.course.notebook import Notebook, NotebookError

CHART = "import matplotlib.pyplot as plt\nfrom k8sedu.stage import charts\naxes = charts.axes(title='n1 leads')"
CELLS = {
    "stale": "1 + 1",
    "language": "from k8sedu.language import language\nlanguage()",
    "chart": CHART,
    "plain": "figure, axes = plt.subplots()",
    "error": "raise ValueError('on purpose')",
    "file": "from pathlib import Path\nPath.cwd().name",
}


def saved(folder: Path, cells: dict[str, str], **tags: list[str]) -> Path:
    stale = [{"output_type": "execute_result", "data": {"text/plain": "3"}, "metadata": {}, "execution_count": 1}]
    body = [
        {"cell_type": "code", "id": name, "metadata": {"tags": tags.get(name, [])}, "source": text, "outputs": stale, "execution_count": 1}
        for name, text in cells.items()
    ]
    path = folder / "lesson.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": body}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """What each cell showed, and how the run was told."""
    folder = tmp_path_factory.mktemp("course")
    told: list[tuple[int, int]] = []
    notebook: Notebook = execute(
        saved(folder, CELLS, error=["raises-exception"]), language="zh", told=lambda done, of: told.append((done, of))
    )
    assert told[-1] == (len(CELLS), len(CELLS))
    assert folder.name in str(notebook.cells[-1].outputs)
    return {cell.id: [dict(output) for output in cell.outputs] for cell in notebook.cells}


def test_only_this_run_is_shown(shown: dict[str, list[dict[str, dict[str, object]]]]) -> None:
    """What was saved in the file is not what a deck shows."""
    assert [output["data"]["text/plain"] for output in shown["stale"]] == ["2"]


def test_the_language_is_chosen_before_the_first_cell(shown: dict[str, list[dict[str, dict[str, object]]]]) -> None:
    """Captions and charts of a notebook follow the language that was asked for."""
    assert shown["language"][0]["data"]["text/plain"] == "'zh'"


def test_charts_are_drawings_that_say_what_they_show(shown: dict[str, list[dict[str, dict[str, object]]]]) -> None:
    """A chart is an SVG whose title is its alternative text; one without a title has none, which is reported later."""
    assert set(shown["chart"][-1]["data"]) == {"image/svg+xml", "text/plain"}
    assert shown["chart"][-1]["metadata"]["image/svg+xml"] == {"alt": "n1 leads"}
    assert shown["plain"][-1]["metadata"].get("image/svg+xml", {}) == {}


def test_an_error_on_purpose_is_shown(shown: dict[str, list[dict[str, object]]]) -> None:
    """A cell tagged `raises-exception` may fail, and the run goes on."""
    assert shown["error"][0]["evalue"] == "on purpose"


def test_a_failing_cell_is_named(tmp_path: Path) -> None:
    """A deck of a notebook that fails is not built; the sentence names cell and error."""
    with pytest.raises(NotebookError, match=r"lesson\.ipynb: cell 'second' failed: ZeroDivisionError: division by zero"):
        execute(saved(tmp_path, {"first": "1", "second": "1 / 0"}))
