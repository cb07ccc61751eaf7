from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.notebook import Cell, Notebook
from k8sedu.course.slides.structure import Deck, deck_of


def prose(name: str, source: str, *tags: str, slide: str = "") -> Cell:
    return Cell(name, "markdown", source, {"tags": list(tags), "slideshow": {"slide_type": slide}})


def code(name: str, source: str, *tags: str, slide: str = "", shows: dict[str, str] | None = None, **more: Any) -> Cell:
    data = {"text/plain": "1"} if shows is None else shows
    output = {"output_type": "execute_result", "data": data, "metadata": {}}
    return Cell(name, "code", source, {"tags": list(tags), "slideshow": {"slide_type": slide}, **more}, (output,))


def deck(*cells: Cell) -> Deck:
    return deck_of(Notebook(Path("a.ipynb"), cells))


def outline(found: Deck) -> list[list[str]]:
    """The cells of each slide, in order."""
    return [list(dict.fromkeys([slide.cell, *(block.cell for block in slide.blocks)])) for slide in found.slides]


FILM = {"text/html": '<div class="k8sedu-film"></div>'}


def test_a_heading_opens_a_slide() -> None:
    """A notebook that says nothing about slides gets one per heading, and what follows stands on it."""
    found = deck(prose("a", "# Title\n\nwords"), prose("b", "## One"), code("c", "1"), prose("d", "## Two\n\n- x"))
    assert outline(found) == [["a"], ["b", "c"], ["d"]]
    assert [slide.title for slide in found.slides] == ["Title", "One", "Two"]
    assert found.title == "Title"


def test_what_does_not_fit_goes_on_under_the_same_heading() -> None:
    """A full slide is followed by another one below it, whose heading is repeated."""
    found = deck(prose("a", "## One"), prose("b", "word " * 120), prose("c", "word " * 120), code("d", "play()", shows=FILM))
    assert outline(found) == [["a", "b"], ["c"], ["d"]]
    assert [(slide.title, slide.below, slide.again) for slide in found.slides[1:]] == [("One", True, True)] * 2


def test_metadata_decides_where_there_is_some() -> None:
    """As soon as the author opens one slide by hand, headings and lengths decide nothing any more."""
    found = deck(
        prose("a", "## One", slide="slide"), prose("b", "## Two"), code("c", "1", slide="subslide"), prose("d", "text", "slide")
    )
    assert outline(found) == [["a", "b"], ["c"], ["d"]]
    assert [slide.below for slide in found.slides] == [False, True, False]
    assert "<h3>Two</h3>" in found.slides[0].blocks[0].html


def test_what_is_left_out() -> None:
    """Skipped and removed cells are on no slide; hidden code leaves its result, hidden output leaves the code."""
    found = deck(
        prose("a", "## One"),
        prose("b", "gone", slide="skip"),
        code("c", "gone", "remove-cell"),
        code("d", "hidden", "hide-input"),
        code("e", "shown", "hide-output"),
        Cell("f", "raw", "gone"),
    )
    assert [(block.cell, block.kind) for block in found.slides[0].blocks] == [("d", "text"), ("e", "code")]


def test_notes_belong_to_the_slide_before_them() -> None:
    """What the lecturer says is kept apart from what is seen, by tag or by metadata."""
    found = deck(prose("a", "## One"), prose("b", "say *this*", slide="notes"), prose("c", "## Two"), prose("d", "and that", "notes"))
    assert [slide.notes for slide in found.slides] == [["<p>say <em>this</em></p>\n"], ["<p>and that</p>\n"]]
    assert all("say" not in block.html for slide in found.slides for block in slide.blocks)


def test_fragments_and_columns() -> None:
    """A fragment waits; the tag `column` puts a cell and what follows it beside what came before."""
    found = deck(prose("a", "## One\n\nleft", slide="slide"), code("b", "1", "column"), code("c", "2", slide="fragment"))
    assert [(block.cell, block.column, block.fragment) for block in found.slides[0].blocks] == [
        *[("a", 0, False)],
        *[("b", 1, False)] * 2,
        *[("c", 1, True)] * 2,
    ]


def test_missing_words_are_reported() -> None:
    """A picture without alternative text, in a result or in prose, is told with its cell; one that has it is not."""
    picture = {"image/png": "QUJD"}
    found = deck(code("a", "1", shows=picture), code("b", "1", shows=picture, alt="a chart"), prose("c", "![](data:image/png;base64,QUJD)"))
    assert [remark.split(":")[0] for remark in found.remarks] == ["cell 'a'", "cell 'c'"]


def test_code_is_shown_without_jupyters_semicolon() -> None:
    """The mark that keeps Jupyter from printing a value is no Python that a class should copy."""
    assert "plot</span><span" in deck(code("a", "plot();")).slides[0].blocks[0].html
    assert ";" not in deck(code("a", "plot();")).slides[0].blocks[0].html


@pytest.mark.parametrize("cells", [(), (prose("a", ""),), (code("a", "", shows={}),)])
def test_an_empty_notebook_is_an_empty_deck(cells: tuple[Cell, ...]) -> None:
    """Cells that show nothing make no slide."""
    assert [slide for slide in deck(*cells).slides if slide.title] == []


def test_a_film_knows_its_still() -> None:
    """The step at which a film stands on paper is metadata of its cell."""
    found = deck(code("a", "play()", shows=FILM, still=7))
    assert [block.still for block in found.slides[0].blocks if block.kind == "film"] == [7]
    assert found.films == 1
