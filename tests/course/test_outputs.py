from __future__ import annotations

import pytest

from k8sedu.course.notebook import Cell
from k8sedu.course.outputs import PLAYER, complaints, of_bundle, shown
from k8sedu.raft.views import role_diagram
from k8sedu.stage import Player
from k8sedu.stage.specimen import specimen


def stream(name: str, text: str) -> dict[str, object]:
    return {"output_type": "stream", "name": name, "text": text}


def test_a_film_is_preferred_to_the_widget() -> None:
    """The live widget needs a kernel, so its self-contained twin is shown; the player itself is left to the page."""
    bundle = Player(specimen())._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    film = of_bundle(bundle, {})
    assert film.kind == "film"
    assert "k8sedu-data" in film.html
    assert PLAYER in bundle["text/html"]
    assert "<script type=\"module\">" not in film.html
    assert len(film.html) < len(bundle["text/html"]) / 2
    assert film.alt


def test_a_drawing_for_both_papers_comes_on_the_right_one() -> None:
    """A still that brings two drawings is shown as the one for the deck's paper, with its own name."""
    picture = role_diagram()
    bundle = {"text/html": picture._repr_html_(), "image/svg+xml": picture._repr_svg_(), "text/plain": repr(picture)}
    light, dark = (of_bundle(bundle, {}, theme) for theme in ("light", "dark"))
    assert light.kind == dark.kind == "picture"
    assert light.html != dark.html
    assert light.alt == "One server, one role at a time"


@pytest.mark.parametrize(
    ("metadata", "alts", "expected"),
    [({"image/png": {"alt": "from the output"}}, [], "from the output"), ({}, ["from the cell"], "from the cell"), ({}, [], None)],
)
def test_alternative_text_is_kept(metadata: dict[str, object], alts: list[str], expected: str | None) -> None:
    """The cell's author or the output itself says what a picture shows; else nobody does."""
    picture = of_bundle({"image/png": "QUJD", "text/plain": "<Figure>"}, metadata, alts=alts)
    assert picture.alt == expected
    assert f'alt="{expected or ""}"' in picture.html


def test_tables_lose_their_looks_and_keep_their_rows() -> None:
    """A DataFrame is shown as a table in the deck's look."""
    html = '<div><style scoped>x</style><table border="1" class="dataframe"><tr style="text-align: right;"><td>1</td></tr></table></div>'
    table = of_bundle({"text/html": html, "text/plain": "1"}, {})
    assert table.kind == "table"
    assert table.html == '<div><table class="dataframe"><tr><td>1</td></tr></table></div>'


def test_what_is_printed_in_pieces_is_shown_in_one() -> None:
    """Text is escaped, colours of the terminal fall away, and the error stream is told to the author alone."""
    cell = Cell("c", "code", "", {}, (stream("stdout", "a < \x1b[31mb\x1b[0m\n"), stream("stderr", "hot\nmore"), stream("stdout", "c")))
    (text,) = shown(cell, "light")
    assert text.html == '<pre class="text">a &lt; b\nc</pre>'
    assert complaints(cell) == ["cell 'c' warned: hot"]


def test_an_error_is_one_line() -> None:
    """A failure that was meant is shown without its traceback."""
    output = {"output_type": "error", "ename": "WalError", "evalue": "crc differs", "traceback": ["long"]}
    assert "WalError: crc differs" in shown(Cell("c", "code", "", {}, (output,)), "light")[0].html


def test_other_forms() -> None:
    """Formulas, Markdown and plain text are shown as what they are."""
    kinds = [of_bundle(bundle, {}).kind for bundle in ({"text/latex": "$n$"}, {"text/markdown": "*a*"}, {"text/plain": "1"}, {})]
    assert kinds == ["formula", "prose", "text", "text"]
