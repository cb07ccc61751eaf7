from __future__ import annotations

import re
from pathlib import Path

import pytest

from k8sedu.course.notebook import Cell, Notebook
from k8sedu.course.slides.deck import html_of
from k8sedu.course.slides.structure import Deck, deck_of
from k8sedu.stage import Player
from k8sedu.stage.specimen import specimen

NOTES = Cell("n", "markdown", "say this", {"tags": ["notes"]})


def deck(*cells: Cell, folder: str = ".") -> Deck:
    return deck_of(Notebook(Path(folder) / "a.ipynb", cells))


@pytest.fixture(scope="module")
def films() -> Deck:
    """A deck with two films."""
    outputs = ({"output_type": "display_data", "data": Player(specimen())._repr_mimebundle_()[0], "metadata": {}},)
    return deck(Cell("t", "markdown", "# T"), *(Cell(name, "code", "play()", {}, outputs) for name in ("one", "two")), NOTES)


def test_nothing_is_fetched(films: Deck) -> None:
    """No tag of the file names an address outside itself."""
    html = html_of(films)
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', bare) == []
    assert "@import" not in html
    assert not re.search(r"url\((?!data:)", "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL)))


def test_the_player_is_there_once(films: Deck) -> None:
    """Two films share one player; a deck without films has none."""
    assert html_of(films).count('id="k8sedu-player"') == 1
    assert html_of(films).count("k8sedu-data\">") == 2
    assert 'id="k8sedu-player"' not in html_of(deck(NOTES, Cell("t", "markdown", "# T")))


def test_a_handout_has_no_notes(films: Deck) -> None:
    """Without notes neither their text nor the speaker view is in the file."""
    with_notes, without = html_of(films), html_of(films, notes=False)
    assert "say this" in with_notes
    assert "say this" not in without
    assert len(with_notes) - len(without) > 30_000


def test_the_paper_is_told_to_films_and_style() -> None:
    """The theme reaches the style sheet, and the players by the attribute that JupyterLab uses."""
    dark = html_of(deck(Cell("t", "markdown", "# T")), theme="dark")
    assert 'data-theme="dark"' in dark
    assert 'data-jp-theme-light="false"' in dark
    assert "--paper: #111418" in dark


def test_slides_below_each_other_stand_in_one_column() -> None:
    """What goes on below a slide is nested as reveal.js expects it, and every slide carries its cell's id."""
    kinds = {"a": "slide", "b": "subslide"}
    cells = [Cell(name, "markdown", f"## {name}", {"slideshow": {"slide_type": kind}}) for name, kind in kinds.items()]
    html = html_of(deck(*cells))
    assert re.search(r'<section>\s*<section id="a">.*</section>\s*<section id="b">.*</section>\s*</section>', html, re.DOTALL)


def test_the_language_of_the_folder_is_the_decks() -> None:
    """A deck from `zh` is marked as Chinese, so that browsers choose the right letters and voice."""
    assert '<html lang="zh-Hans"' in html_of(deck(Cell("t", "markdown", "# T"), folder="zh"))
    assert '<html lang="en"' in html_of(deck(Cell("t", "markdown", "# T")))


def test_what_an_author_names_is_safe_inside_the_page() -> None:
    """A title with marks of HTML stays text in the head of the page."""
    assert "<title>a &lt;b&gt; c</title>" in html_of(Deck("a <b> c", "en", ()))
