from __future__ import annotations

import re
from pathlib import Path

from k8sedu.course.notebook import Cell, Notebook
from k8sedu.course.page import Surroundings, page_of
from k8sedu.raft.views import role_diagram
from k8sedu.stage import Player
from k8sedu.stage.specimen import specimen

FILM = ({"output_type": "display_data", "data": Player(specimen())._repr_mimebundle_()[0], "metadata": {}},)


def notebook(*cells: Cell, folder: str = ".") -> Notebook:
    return Notebook(Path(folder) / "lesson.ipynb", cells)


def test_a_page_reads_from_top_to_bottom() -> None:
    """Prose, code and results stand in the notebook's order; notes, hidden code and removed cells do not."""
    cells = [
        Cell("a", "markdown", "# A lesson"),
        Cell("b", "code", "visible = 1", {}, ({"output_type": "stream", "name": "stdout", "text": "printed"},)),
        Cell("c", "code", "hidden = 1", {"tags": ["hide-input"]}),
        Cell("d", "code", "removed = 1", {"tags": ["remove-cell"]}),
        Cell("e", "markdown", "for the lecturer", {"slideshow": {"slide_type": "notes"}}),
        Cell("f", "markdown", "not on a slide", {"slideshow": {"slide_type": "skip"}}),
    ]
    page, remarks = page_of(notebook(*cells))
    places = [page.find(text) for text in ("<h1>A lesson</h1>", ">visible<", "printed", "not on a slide", "<code>lesson.ipynb</code>")]
    assert -1 not in places
    assert places == sorted(places)
    assert re.findall(r"hidden<|removed<|for the lecturer", page.partition("<body")[2]) == []
    assert remarks == []


def test_films_play_and_nothing_is_fetched() -> None:
    """A page with two films has the player once and names no address outside itself."""
    page, _ = page_of(notebook(Cell("a", "code", "play()", {}, FILM), Cell("b", "code", "play()", {}, FILM)))
    assert page.count('id="k8sedu-player"') == 1
    bare = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', bare) == []


def test_drawings_are_there_for_both_papers() -> None:
    """The reader's setting chooses the drawing; a chosen theme is told to style and films."""
    bundle = {"image/svg+xml": role_diagram()._repr_svg_(), "text/html": role_diagram()._repr_html_()}
    drawing = Cell("a", "code", "draw()", {}, ({"output_type": "display_data", "data": bundle, "metadata": {}},))
    page, remarks = page_of(notebook(drawing))
    assert page.count('<div class="on-light">') == page.count('<div class="on-dark">') == 1
    assert "<html lang=\"en\">" in page
    dark, _ = page_of(notebook(drawing), theme="dark")
    assert 'data-theme="dark"' in dark
    assert 'data-jp-theme-light="false"' in dark
    assert remarks == []


def test_missing_words_are_reported() -> None:
    """A picture without alternative text is told with its cell."""
    picture = ({"output_type": "display_data", "data": {"image/png": "QUJD"}, "metadata": {}},)
    assert page_of(notebook(Cell("a", "code", "x", {}, picture)))[1] == ["cell 'a': a picture without alternative text"]


def test_links_to_notebooks_lead_to_pages() -> None:
    """Where there is a page of a notebook, a link leads there; without one it is a word; links to the web stay."""
    cell = Cell("a", "markdown", "[one](./01.ipynb) [two](02.ipynb) [web](https://example.org)")
    page, _ = page_of(notebook(cell), around=Surroundings(targets={"01.ipynb": "01.html"}))
    assert re.findall(r'href="([^"]+)">(?:one|two|web)', page) == ["01.html", "https://example.org"]
    assert " two " in page


def test_the_folder_says_the_language() -> None:
    """A page from `zh` is Chinese, its own words too."""
    page, _ = page_of(notebook(Cell("a", "markdown", "# 课"), folder="zh"))
    assert '<html lang="zh-Hans"' in page
    assert "本页是笔记本" in page
