from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import nbformat
import pytest
from matplotlib import font_manager
from nbclient import NotebookClient

from k8sedu import Words, language
from k8sedu.stage import charts


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    with mpl.rc_context({"backend": "agg"}):
        yield
    plt.close("all")
    language("en")


def chart() -> mpl.axes.Axes:
    ax = charts.axes(title="Two terms", y="node")
    ax.barh(["n1", "n2"], [500_000, 900_000], color=[charts.term_colour(1), charts.term_colour(2)])
    charts.time_axis(ax, start_us=0, end_us=1_200_000)
    return ax


def test_a_saved_chart_is_the_same_every_time(tmp_path: Path) -> None:
    """The same chart gives the same bytes, without a date or a random id."""
    first = charts.save(chart(), tmp_path / "a.svg").read_bytes()
    assert first == charts.save(chart(), tmp_path / "b.svg").read_bytes()


def test_time_is_read_in_milliseconds() -> None:
    """Data in microseconds has ticks in milliseconds, and the axis says so."""
    ax = chart()
    ax.figure.canvas.draw()
    assert "(ms)" in ax.get_xlabel()
    assert [tick.get_text() for tick in ax.get_xticklabels()][:3] == ["0", "200", "400"]


def test_a_chart_draws_on_the_axes_given() -> None:
    """With `ax` no figure is made, and the reader's settings keep their values."""
    _, ax = plt.subplots()
    before = mpl.rcParams["axes.titlesize"]
    assert charts.axes(ax, title="x") is ax
    assert mpl.rcParams["axes.titlesize"] == before


def test_chinese_titles_are_set_in_a_font_that_has_them() -> None:
    """Where a Chinese font is installed no glyph is missing: a warning would be an error here."""
    if charts.cjk_font() is None:
        pytest.skip("no Chinese font is installed")
    language("zh")
    ax = charts.axes(title=Words("terms", "每个任期一种颜色"))
    ax.text(0.1, 0.1, "领导者")
    charts.svg(ax)


@pytest.fixture
def no_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[font_manager.FontEntry]]:
    """A matplotlib that knows no font with Chinese letters; gives the list of those that it knows."""
    everything = list(font_manager.fontManager.ttflist)
    files = {font.fname for font in everything if font.name in charts.CJK_FONTS}
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [font for font in everything if font.fname not in files])
    _forget()
    yield everything
    _forget()


def _forget() -> None:
    charts._installed_cjk_font.cache_clear()
    charts._say_that_there_is_none.cache_clear()


def test_a_missing_chinese_font_is_told_when_it_is_missed(
    no_font: list[font_manager.FontEntry], monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:  # fmt: skip
    """English charts say nothing of it; the first Chinese one does, also after English ones, and the second does not again."""
    assert no_font
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    language("en")
    assert charts.families() == ["DejaVu Sans"]
    assert not recwarn.list
    language("zh")
    assert charts.families() == charts.families() == ["DejaVu Sans"]
    assert ["no font with Chinese letters" in str(met.message) for met in recwarn.list] == [True]


def test_a_font_that_was_installed_later_is_found(no_font: list[font_manager.FontEntry]) -> None:
    """Matplotlib's list is as old as its first start; a Chinese font that came afterwards is used all the same."""
    if not any(font.name in charts.CJK_FONTS for font in no_font):
        pytest.skip("no Chinese font is installed")
    assert charts.cjk_font() in charts.CJK_FONTS


def test_a_notebook_shows_every_chart() -> None:
    """Not only the first chart of a notebook stands below its cell."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(f"from k8sedu.stage import charts\ncharts.axes(title='{n}')") for n in range(3)]
    NotebookClient(notebook, timeout=120).execute()
    assert all(any("image/png" in output.get("data", {}) for output in cell.outputs) for cell in notebook.cells)
