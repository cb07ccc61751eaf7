from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation

from browser.chromium import Watched
from k8sedu.course.execution import execute
from k8sedu.course.notebook import Cell, Notebook
from k8sedu.course.page import page_of
from k8sedu.course.slides import catalogue
from k8sedu.course.slides.build import Order, inspect
from k8sedu.course.slides.deck import html_of
from k8sedu.course.slides.fit import SlideOverflowError
from k8sedu.course.slides.structure import deck_of
from k8sedu.stage import Player, charts
from k8sedu.stage.specimen import specimen

pytestmark = pytest.mark.browser

Watch = Callable[..., Watched]
CLOCK = "document.querySelector('.frame .k8sedu-film > div').k8sedu.clock"


def showing(name: str, data: dict[str, Any], slide: str = "slide", **metadata: Any) -> Cell:
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return Cell(name, "code", "show()", {"slideshow": {"slide_type": slide}, "tags": ["hide-input"], **metadata}, (output,))


def prose(name: str, text: str, slide: str = "slide") -> Cell:
    return Cell(name, "markdown", text, {"slideshow": {"slide_type": slide}})


def chart() -> str:
    axes = charts.axes(title="n1 leads")
    axes.plot([1, 2], [3, 4])
    drawing = charts.svg(axes)
    charts.plt.close(axes.figure)
    return drawing


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    """A small deck: a title, a film with notes, a formula with a fragment, a chart, a table."""
    table = "<table><tr><th>term</th></tr><tr><td>1</td></tr></table>"
    cells = (
        prose("title", "# A small deck\n\nwith everything"),
        showing("film", dict(Player(specimen())._repr_mimebundle_()[0]), alt="x"),
        prose("said", "Say **this** about the film.", "notes"),
        prose("formula", "## Majorities\n\n$$\\left\\lfloor \\frac{n}{2} \\right\\rfloor + 1$$"),
        prose("later", "Only after a key.", "fragment"),
        showing("chart", {"image/svg+xml": chart()}, alt="n1 leads"),
        showing("table", {"text/html": table}, "subslide"),
    )
    return Notebook(Path("small.ipynb"), cells)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decks")


@pytest.fixture(scope="module")
def deck(notebook: Notebook, folder: Path) -> Path:
    """The small deck as a file."""
    path = folder / "small.html"
    path.write_text(html_of(deck_of(notebook)), encoding="utf-8")
    return path


def opened(watch: Watch, path: Path, query: str = "", **options: Any) -> Watched:
    watched = watch(width=1280, height=720, offline=True, **options)
    watched.page.goto(path.as_uri() + query)
    watched.page.wait_for_function("() => k8seduDeck.films().every((film) => k8seduDeck.playerOf(film))")
    return watched


def at(watched: Watched) -> str:
    return str(watched.page.evaluate("Reveal.getCurrentSlide().id"))


def test_a_deck_asks_for_nothing(watch: Watch, deck: Path) -> None:
    """With the network cut the deck shows formulas, code, chart, film and table, and no script complains."""
    watched = opened(watch, deck)
    for expected in ("film", "formula", "formula", "chart"):
        watched.page.keyboard.press("ArrowRight")
        assert at(watched) == expected
    watched.page.keyboard.press("ArrowDown")
    assert at(watched) == "table"
    assert watched.page.evaluate("document.querySelector('math').getBoundingClientRect().height") > 20
    watched.no_network()


def test_a_fragment_waits_for_a_key(watch: Watch, deck: Path) -> None:
    """What is a fragment is not seen until the next key."""
    watched = opened(watch, deck, "#/formula")
    seen = "getComputedStyle(document.querySelector('.fragment')).visibility"
    assert watched.page.evaluate(seen) == "hidden"
    watched.page.keyboard.press("ArrowRight")
    watched.page.wait_for_function(f"() => {seen} === 'visible'")


def test_a_film_plays_and_is_scrubbed_inside_a_slide(watch: Watch, deck: Path) -> None:
    """The handle follows the pointer at the slide's scale, and the film is as large as the slide lets it be."""
    watched = opened(watch, deck, "#/film")
    watched.page.wait_for_timeout(150)
    box = watched.page.locator(".bands").bounding_box()
    watched.page.mouse.move(box["x"] + 2, box["y"] + 3)
    watched.page.mouse.down()
    watched.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 3, steps=3)
    watched.page.mouse.up()
    assert watched.page.evaluate(f"{CLOCK}.fraction()") == pytest.approx(0.5, abs=0.02)
    film = watched.page.locator(".frame").bounding_box()
    assert film["height"] > 560
    assert film["x"] >= 0
    assert film["x"] + film["width"] <= 1280
    assert at(watched) == "film"


def test_keys_are_the_films_until_escape(watch: Watch, deck: Path) -> None:
    """A film that was clicked steps by the arrows while the slide stays; Escape gives the keys back; a clicker always turns the page."""
    watched = opened(watch, deck, "#/film")
    press, page = watched.page.keyboard.press, watched.page
    page.locator(".player h2").click()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        press(key)
    assert page.evaluate(f"{CLOCK}.goal") == 1
    assert at(watched) == "film"
    press("Escape")
    assert not page.evaluate("Reveal.isOverview()")
    press("ArrowRight")
    assert at(watched) == "formula"
    press("ArrowLeft")
    page.locator(".player h2").click()
    press("PageDown")
    assert at(watched) == "formula"
    press("ArrowRight")
    assert page.evaluate(f"{CLOCK}.goal") == 1


def test_a_film_rests_when_its_slide_is_left(watch: Watch, deck: Path) -> None:
    """Nothing goes on playing behind the lecturer's back."""
    watched = opened(watch, deck, "#/film")
    watched.page.locator(".play").click()
    assert watched.page.evaluate(f"{CLOCK}.playing")
    watched.page.keyboard.press("Escape")
    watched.page.keyboard.press("PageDown")
    assert not watched.page.evaluate(f"{CLOCK}.playing")


def test_the_speaker_sees_the_notes(watch: Watch, deck: Path) -> None:
    """The key S opens the speaker view with the notes of the slide; the audience sees none of them."""
    watched = opened(watch, deck, "#/film")
    assert watched.page.locator("aside.notes", has_text="Say this").is_hidden()
    with watched.page.context.expect_page() as popup:
        watched.page.keyboard.press("s")
    popup.value.wait_for_selector(".speaker-controls-notes .value p")
    assert "Say this about the film." in popup.value.locator(".speaker-controls-notes .value").inner_text()
    watched.no_network()


def test_a_film_in_a_deck_saves_itself(watch: Watch, deck: Path, tmp_path: Path) -> None:
    """The player stands in the deck once, and the film that is saved out of it plays all the same."""
    watched = opened(watch, deck, "#/film")
    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name="save as one HTML file").click()
    download.value.save_as(tmp_path / "film.html")
    again = watch(offline=True)
    again.page.goto((tmp_path / "film.html").as_uri())
    again.page.wait_for_function("() => document.querySelector('.k8sedu-film > div')?.k8sedu")
    again.no_network()


def test_a_slide_that_overflows_is_found(browser: Any, tmp_path: Path) -> None:
    """Too much text, too wide a table: the build ends, names the slides, and writes nothing."""
    much = "## Too much\n\n" + "\n\n".join(f"Paragraph {number} says something." for number in range(30))
    wide = "<table><tr>" + "<td>unbreakable_name_of_a_column</td>" * 9 + "</tr></table>"
    cells = (prose("fine", "# Fine"), prose("much", much), showing("wide", {"text/html": wide}))
    full = Notebook(tmp_path / "full.ipynb", cells)
    found = deck_of(full)
    expected = r"slide 2 'Too much' \(cell 'much'\) is \d+ px too high; slide 3 .*cell 'wide'.* too wide"
    with pytest.raises(SlideOverflowError, match=expected):
        inspect(found, html_of(found), Order(html=tmp_path / "full.html", pdf=tmp_path / "full.pdf"), browser)
    assert list(tmp_path.iterdir()) == []


def test_type_shrinks_before_it_overflows(watch: Watch, tmp_path: Path) -> None:
    """A slide with a little too much gets the next smaller type, and no type is under 20 px of 720."""
    sizes = []
    for count in (3, 8, 11):
        path = tmp_path / f"{count}.html"
        text = "# T\n\n" + "\n\n".join("A line of words." for _ in range(count))
        path.write_text(html_of(deck_of(Notebook(Path("a.ipynb"), (prose("t", "# T"), prose("a", f"#{text}"))))), encoding="utf-8")
        page = opened(watch, path).page
        assert page.evaluate("k8seduDeck.overflowing()") == []
        sizes.append(page.evaluate("parseFloat(getComputedStyle(document.querySelector('.sheet.plain .prose')).fontSize)"))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > sizes[-1] >= 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_and_ink_follow_the_theme(watch: Watch, notebook: Notebook, tmp_path: Path, theme: Any) -> None:
    """On dark paper everything is on dark paper: slides, film and chart; headings stand out from it."""
    path = tmp_path / "deck.html"
    path.write_text(html_of(deck_of(notebook, theme=theme), theme=theme), encoding="utf-8")
    page = opened(watch, path, "#/film").page
    dark = theme == "dark"
    assert page.evaluate(f"{CLOCK.removesuffix('.clock')}.root.dataset.theme") == theme
    lightness = "(c) => c.match(/[0-9]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b)"
    paper = page.evaluate(f"({lightness})(getComputedStyle(document.querySelector('.sheet')).backgroundColor)")
    ink = page.evaluate(f"({lightness})(getComputedStyle(document.querySelector('.sheet h1')).color)")
    assert (paper < 150, ink > 600) == (dark, dark)
    chart_paper = page.evaluate("atob(document.querySelector('.picture img').src.split(',')[1]).includes('fill: #111418')")
    assert chart_paper == dark


def test_pdf_and_powerpoint_hold_every_slide(browser: Any, notebook: Notebook, tmp_path: Path) -> None:
    """One page and one PowerPoint slide for each slide; the title and the notes are text there."""
    order = Order(html=tmp_path / "d.html", pdf=tmp_path / "d.pdf", pptx=tmp_path / "d.pptx")
    found = deck_of(notebook)
    inspect(found, html_of(found), order, browser)
    assert (tmp_path / "d.pdf").read_bytes().count(b"/Type /Page\n") == len(found.slides) == 5
    slides = list(Presentation(str(tmp_path / "d.pptx")).slides)
    assert [slide.shapes.title.text for slide in slides] == ["A small deck", "A small deck", "Majorities", "Majorities", "Majorities"]
    assert slides[1].notes_slide.notes_text_frame.text == "Say this about the film."
    assert all(len(slide.shapes[0].image.blob) > 2_000 for slide in slides)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_reads_and_plays_without_a_network(watch: Watch, notebook: Notebook, tmp_path: Path, scheme: str) -> None:
    """A lesson's page follows the reader's setting, its film plays, and nothing sticks out sideways on a telephone."""
    path = tmp_path / "page.html"
    path.write_text(page_of(notebook)[0], encoding="utf-8")
    watched = watch(width=390, height=800, offline=True, color_scheme=scheme)
    watched.page.goto(path.as_uri())
    watched.page.wait_for_function("() => document.querySelector('.k8sedu-film > div')?.k8sedu")
    watched.page.locator(".player").focus()
    watched.page.keyboard.press("ArrowRight")
    assert watched.page.evaluate("document.querySelector('.k8sedu-film > div').k8sedu.clock.goal") == 1
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 390
    visible = watched.page.evaluate("[...document.querySelectorAll('.on-light, .on-dark')].filter((e) => e.checkVisibility()).length")
    assert visible == 1
    watched.no_network()


@pytest.mark.skipif(importlib.util.find_spec("ipykernel") is None, reason="ipykernel is not installed: pip install 'k8sedu[lab]'")
@pytest.mark.parametrize(("name", "language"), [(lecture.name, language) for lecture in catalogue.LECTURES for language in ("en", "zh")])
@pytest.mark.usefixtures("quick_kernels")
def test_a_finished_lecture_builds(browser: Any, tmp_path: Path, name: str, language: str) -> None:
    """Each lecture runs, every slide of it fits, nothing is fetched, every picture has words and every part has notes."""
    if language == "zh" and charts.cjk_font() is None:
        pytest.skip("no font with Chinese letters is installed, so the charts of this lecture warn about it")
    notebook = execute(catalogue.found(name, language))
    found = deck_of(notebook)
    inspect(found, html_of(found), Order(html=tmp_path / "deck.html"), browser)
    assert found.remarks == ()
    assert found.language == language
    assert found.films >= 3
    assert 25 <= len(found.slides) <= 40
