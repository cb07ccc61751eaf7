"""Charts in the look of the stage: matplotlib with the same colours, time axes in milliseconds, and files that never change by themselves.

Every chart takes `ax=None` and returns the Axes, so that it can stand alone or in a larger figure:

    def commit_timeline(trace, ax=None):
        ax = charts.axes(ax, title="An entry is committed one round trip after it is proposed")
        ...
        return ax

The style holds only inside `charts.style()`, and for figures made by `axes`; the reader's own matplotlib settings stay untouched.

Left out: interactive charts. What should move is a film.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import FuncFormatter, MaxNLocator

from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole
from k8sedu.language import Words, language
from k8sedu.stage.theme import PALETTE, PAPER, TERM_COLOURS, Theme, colour

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "Noto Sans CJK JP",
    "SimHei",
    "Arial Unicode MS",
)
"""Fonts that have Chinese letters, the likeliest first: Linux, macOS, Windows."""


class ChartError(K8sEduError, ValueError):
    """A chart that cannot be drawn or saved."""


def settings(theme: Theme = "light") -> Any:  # matplotlib types its settings by a list of all their names
    """The look as matplotlib settings.

    >>> settings("dark")["axes.facecolor"]
    '#111418'
    """
    paper = PAPER[theme]
    return {
        "font.family": families(),
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 12,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.unicode_minus": False,
        "axes.prop_cycle": cycler(color=[PALETTE[name] for name in TERM_COLOURS]),
        "grid.color": paper["line"],
        "grid.linewidth": 0.8,
        "lines.linewidth": 1.8,
        "legend.frameon": False,
        "figure.figsize": (7.6, 3.8),
        "figure.facecolor": paper["paper"],
        "axes.facecolor": paper["paper"],
        "savefig.facecolor": paper["paper"],
        "figure.constrained_layout.use": True,
        "svg.hashsalt": "k8sedu",
        "svg.fonttype": "path",
        **dict.fromkeys(("text.color", "axes.titlecolor"), paper["ink"]),
        **dict.fromkeys(("axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), paper["muted"]),
        "figure.max_open_warning": 0,
    }


@contextmanager
def style(theme: Theme = "light") -> Iterator[None]:
    """Draw in the look of the stage for a while."""
    with mpl.rc_context(settings(theme)):
        yield


def axes(
    ax: Axes | None = None,
    *,
    title: str | Words = "",
    x: str | Words = "",
    y: str | Words = "",
    size: tuple[float, float] | None = None,
    theme: Theme = "light",
) -> Axes:
    """The Axes to draw on: the one given, else that of a new figure. The title is a sentence that says what to see; x and y name units.

    A figure made here is pyplot's, so a notebook shows it below the cell; `save` closes it. Chinese letters need a font, which is added to
    matplotlib's list of families as the last resort, for this process.
    """
    _wake_backend()
    mpl.rcParams["font.family"] = families(mpl.rcParams["font.family"])
    with style(theme):
        if ax is None:
            ax = plt.figure(figsize=size).add_subplot()
        ax.set_title(_said(title))
        ax.set_xlabel(_said(x))
        ax.set_ylabel(_said(y))
    return ax


@cache
def _wake_backend() -> None:
    """Load matplotlib's backend outside `style`. A notebook's backend turns drawing below the cell on when it is loaded, and `style` would
    turn it off again on its way out: only the first chart of a notebook would be seen.
    """
    plt.switch_backend(mpl.get_backend())


def time_axis(ax: Axes, *, start_us: float, end_us: float) -> None:
    """Make x a time in milliseconds: values stay microseconds, ticks are read as milliseconds."""
    ax.set_xlim(start_us, max(end_us, start_us + 1))
    ax.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1_000:,.10g}".replace(",", "\u202f")))
    ax.set_xlabel(_said(Words("time (ms)", "时间（毫秒）")))


def apart(values: Sequence[float], *, gap: float) -> list[float]:
    """The same values moved apart until they are at least `gap` from each other, so that labels do not overlap.

    >>> apart([10, 11, 30], gap=4)
    [8.5, 12.5, 30.0]
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    found = [float(values[place]) for place in order]
    for _ in found:
        for index in range(1, len(found)):
            lack = gap - (found[index] - found[index - 1])
            if lack > 0:
                found[index - 1 : index + 1] = [found[index - 1] - lack / 2, found[index] + lack / 2]
    return [found[order.index(place)] for place in range(len(values))]


def term_colour(term: int) -> str:
    """A term's colour, the same as on the stage.

    >>> term_colour(1), term_colour(7)
    ('#0072B2', '#0072B2')
    """
    return colour(f"term-{term}")


def families(first: Sequence[str] = ("DejaVu Sans",)) -> list[str]:
    """Font families with one for Chinese letters at the end, where one is installed."""
    return [*(name for name in first if name != cjk_font()), *filter(None, [cjk_font()])]


def cjk_font() -> str | None:
    """The installed font that Chinese labels are set in. Where there is none, the first Chinese chart says so."""
    found = _installed_cjk_font()
    if found is None and language() == "zh":
        _say_that_there_is_none()
    return found


@cache
def _say_that_there_is_none() -> None:
    """Once is enough: every further chart would say the same."""
    warnings.warn(
        f"no font with Chinese letters is installed; charts will show boxes. Install one of: {', '.join(CJK_FONTS[:3])}", stacklevel=3
    )


@cache
def _installed_cjk_font() -> str | None:
    """Looking takes a moment, so the answer is kept."""
    found = _first_cjk_font()
    if found is None:
        _look_again()
        found = _first_cjk_font()
    return found


def _first_cjk_font() -> str | None:
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in known), None)


def _look_again() -> None:
    """Matplotlib keeps a list of the fonts that it met at its very first start. A font that was installed since then is added here."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(OSError, RuntimeError, ValueError):  # a file that is no font it can use
                font_manager.fontManager.addfont(path)


def svg(ax: Axes | Figure) -> str:
    """The figure as SVG, the same text every time: letters as outlines, no date, no random ids."""
    figure = ax if isinstance(ax, Figure) else _root(ax)
    stream = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "k8sedu", "svg.fonttype": "path"}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": "k8sedu"})
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def save(ax: Axes | Figure, path: str | Path) -> Path:
    """Write the figure as SVG, byte for byte reproducible."""
    write_whole(Path(path), svg(ax))
    plt.close(ax if isinstance(ax, Figure) else _root(ax))
    return Path(path)


def _root(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ChartError("the axes belong to no figure, expected axes that were not removed")
    return figure


def _said(text: str | Words) -> str:
    return text.in_() if isinstance(text, Words) else text
