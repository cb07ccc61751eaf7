"""The laws of the lessons: they run from top to bottom, carry no outputs, and read like lessons.

A lesson that fails in front of a class has taught the wrong thing. So each one runs here in a kernel and a folder of its own.
"""

from __future__ import annotations

import ast
import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.execution import execute
from k8sedu.course.notebook import Notebook
from k8sedu.course.slides.build import Order, inspect
from k8sedu.course.slides.deck import html_of
from k8sedu.course.slides.structure import deck_of
from k8sedu.course.syllabus import LESSONS
from k8sedu.stage.charts import cjk_font

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
LESSON_FILES = sorted([*NOTEBOOKS.glob("*.ipynb"), *NOTEBOOKS.glob("zh/*.ipynb")])
CHINESE_FILES = [path for path in LESSON_FILES if path.parent.name == "zh"]
EVERY_FILE = sorted(path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
CELL_LINES = 12
DEFINITION_LINES = 10

Cells = list[dict[str, Any]]


def cells_of(path: Path) -> Cells:
    """The cells of a notebook, each with its text as one string."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def is_answer(cell: dict[str, Any]) -> bool:
    """Whether the cell is a student's to fill, where any length is right."""
    return "answer" in cell["metadata"].get("tags", [])


def outputs(cells: Cells) -> list[str]:
    """Cells that were saved with what they printed: noise in every change, and a spoiler for every prediction."""
    return [f"cell {n} carries outputs" for n, cell in enumerate(cells) if cell.get("outputs") or cell.get("execution_count") is not None]


def missing_title(cells: Cells) -> list[str]:
    """A lesson begins with its title."""
    first = cells[0]
    return [] if first["cell_type"] == "markdown" and first["source"].startswith("# ") else ["the first cell is not a title"]


def long_cells(cells: Cells) -> list[str]:
    """Code cells that do not fit beside their result."""
    return [
        f"cell {n} has {len(cell['source'].splitlines())} lines, expected at most {CELL_LINES}"
        for n, cell in enumerate(cells)
        if cell["cell_type"] == "code" and not is_answer(cell) and len(cell["source"].splitlines()) > CELL_LINES
    ]


def long_definitions(cells: Cells) -> list[str]:
    """Classes and functions that belong into the package, where they are tested."""
    return [
        f"cell {n}: {node.name} is longer than {DEFINITION_LINES} lines"
        for n, cell in enumerate(cells)
        if cell["cell_type"] == "code" and not is_answer(cell) and not cell["source"].lstrip().startswith("%")
        for node in ast.walk(ast.parse(cell["source"]))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= DEFINITION_LINES
    ]


def columns(text: str) -> int:
    """How wide a text is when it is written: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def too_little_prose(cells: Cells) -> list[str]:
    """A lesson has more words than code."""
    prose, code = (sum(columns(cell["source"]) for cell in cells if cell["cell_type"] == kind) for kind in ("markdown", "code"))
    return [] if prose > code else [f"{code} characters of code and only {prose} of prose"]


def missing_parts(cells: Cells) -> list[str]:
    """A lesson asks to predict before it shows, and ends with something to try."""
    headings = " ".join(line for cell in cells for line in cell["source"].splitlines() if line.startswith("#")).lower()
    wanted = (("predict", "预测", "先猜"), ("try it", "试一试", "动手"))
    return [f"no section says {words[0]!r}" for words in wanted if not any(word in headings for word in words)]


def old_ids(cells: Cells) -> list[str]:
    """Cells without an id of their own: tools would invent another one on each save."""
    ids = [cell.get("id") for cell in cells]
    return [] if None not in ids and len(set(ids)) == len(ids) else ["cells need ids, each its own"]


LAWS = (outputs, missing_title, long_cells, long_definitions, too_little_prose, missing_parts, old_ids)


def name(path: Path) -> str:
    """A notebook's name as the ids of the tests show it."""
    return path.relative_to(ROOT / "notebooks").as_posix()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_the_lesson_keeps_the_law(path: Path, law: Any) -> None:
    """No cell of this lesson breaks this law."""
    assert law(cells_of(path)) == []


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_catches_a_violation(law: Any) -> None:
    """A notebook that breaks every law is caught by each of them."""
    long = "def f():\n" + "    x = 1\n" * 12
    bad: Cells = [{"cell_type": "code", "source": long, "outputs": [{}], "execution_count": 1, "metadata": {}}]
    assert law(bad)
    assert not is_answer(bad[0])


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, copied_kernels: Path) -> Notebook:
    """A lesson that has run, in a fresh kernel and a folder that holds nothing else."""
    path: Path = request.param
    if path.parent.name == "zh" and cjk_font() is None:
        pytest.skip("no font with Chinese letters is installed, so the charts of this lesson warn about it")
    folder = tmp_path_factory.mktemp("lesson") / path.parent.name
    folder.mkdir()
    shutil.copy(path, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(copied_kernels))
        return execute(folder / path.name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("ran", LESSON_FILES, ids=name, indirect=True)
def test_the_lesson_runs(ran: Notebook) -> None:
    """Every cell runs in order, something is shown, and nothing warns."""
    written = [output for cell in ran.cells for output in cell.outputs]
    assert written, "a lesson shows something"
    assert [output["text"] for output in written if output["output_type"] == "stream" and output["name"] == "stderr"] == []


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("ran", LESSON_FILES, ids=name, indirect=True)
def test_the_lesson_fits_on_slides(ran: Notebook, browser: Any, tmp_path: Path) -> None:
    """The lesson builds as a deck: every slide fits, nothing is fetched, every picture says in words what it shows."""
    deck = deck_of(ran)
    inspect(deck, html_of(deck), Order(html=tmp_path / "deck.html"), browser)
    assert deck.remarks == ()


@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_the_lesson_says_its_title_as_the_syllabus_does(path: Path) -> None:
    """The first line of a lesson is its title in the syllabus, in the notebook's language."""
    lesson = next(lesson for lesson in LESSONS if lesson.file == path.name)
    title = cells_of(path)[0]["source"].splitlines()[0].removeprefix("# ")
    assert title == lesson.title.in_("zh" if path.parent.name == "zh" else "en")


@pytest.mark.parametrize("path", CHINESE_FILES, ids=name)
def test_a_chinese_lesson_has_the_cells_of_its_english_twin(path: Path) -> None:
    """Both languages have the same code in the same cells; only the prose is another one, and all of it is."""
    twin, cells = cells_of(NOTEBOOKS / path.name), cells_of(path)
    shape = [[(cell["id"], cell["cell_type"], cell["metadata"]) for cell in each] for each in (twin, cells)]
    assert shape[0] == shape[1]
    pairs = [(ours["source"], theirs["source"]) for ours, theirs in zip(cells, twin, strict=True) if ours["cell_type"] == "code"]
    assert [ours for ours, _ in pairs] == [theirs for _, theirs in pairs]
    prose = [cell for cell in cells if cell["cell_type"] == "markdown"]
    assert [cell["id"] for cell in prose if not any("\u4e00" <= letter <= "\u9fff" for letter in cell["source"])] == []


def test_every_lesson_is_there_in_both_languages() -> None:
    """A lesson that is ready can be read in English and in Chinese."""
    for folder in (NOTEBOOKS, NOTEBOOKS / "zh"):
        assert sorted(path.name for path in folder.glob("*.ipynb")) == [lesson.file for lesson in LESSONS if lesson.ready]


@pytest.mark.parametrize("path", LESSON_FILES, ids=name)
def test_the_lesson_lets_its_folder_choose_the_language(path: Path) -> None:
    """The first cell of code asks the folder for the language, and no slide shows it."""
    first = next(cell for cell in cells_of(path) if cell["cell_type"] == "code")
    assert "lessons.speak()" in first["source"]
    assert "remove-cell" in first["metadata"]["tags"]


@pytest.mark.parametrize("law", [outputs, old_ids], ids=lambda law: law.__name__)
@pytest.mark.parametrize("path", EVERY_FILE, ids=name)
def test_the_notebook_keeps_the_law(path: Path, law: Any) -> None:
    """Lessons, lectures and homework carry no outputs, and their cells have ids."""
    assert law(cells_of(path)) == []


@pytest.mark.parametrize("path", EVERY_FILE, ids=name)
def test_the_lesson_names_no_machine(path: Path) -> None:
    """The kernel is any Python 3, so that the lesson opens everywhere without a question."""
    assert json.loads(path.read_text())["metadata"]["kernelspec"]["name"] == "python3"
