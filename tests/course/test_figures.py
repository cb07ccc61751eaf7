"""Laws of the pictures of the course: all of them are drawn by the code, and lie in figures/ as the code draws them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from k8sedu.course import figures

ROOT = Path(__file__).parent.parent.parent
FIGURES = figures.figures()


@pytest.mark.parametrize("name", FIGURES)
def test_the_committed_figure_is_what_the_code_draws(name: str) -> None:
    """After a change that shows, `make figures` was run; the bytes are the same on every machine."""
    assert figures.settle(ROOT / "figures" / name, FIGURES[name], check=True) == "same"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_shows(name: str) -> None:
    """A figure is well-formed SVG with a title, which a screen reader reads."""
    root = ET.fromstring((ROOT / "figures" / name).read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.findtext(".//{http://www.w3.org/2000/svg}title") or "").strip()


def test_nothing_else_lies_in_the_folder() -> None:
    """figures/ holds generated SVG only."""
    assert sorted(path.name for path in (ROOT / "figures").glob("*")) == sorted(FIGURES)


def test_a_failing_figure_leaves_the_old_one(tmp_path: Path) -> None:
    """A picture that cannot be drawn does not take the place of the one that could."""
    (tmp_path / "a.svg").write_text("old")

    def broken() -> str:
        raise figures.FigureError("no run")

    with pytest.raises(figures.FigureError):
        figures.settle(tmp_path / "a.svg", broken)
    assert (tmp_path / "a.svg").read_text() == "old"
