"""Paper for charts: lanes, bands, arrows, icons and their words, on one matplotlib Axes.

The charts say *what* is drawn; this file knows how. Words are placed by estimated width (`k8sedu.stage.lettering`), not by asking a
renderer, so that a chart is laid out the same way on every machine.

What stands above the axes is stacked: labels of moments lowest, then the key, then the title. Only `finish` knows how many there are, so
they are collected until then.

Left out: legends of matplotlib. A key is one line above the picture, or the words stand at the thing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.offsetbox import AnchoredOffsetbox, DrawingArea, HPacker, OffsetBox, TextArea
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.text import Text as Letters
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.views.marks import icon_path
from k8sedu.raft.views.spans import Span, framed
from k8sedu.stage import charts
from k8sedu.stage.lettering import text_width, wrap
from k8sedu.stage.theme import Theme, colour, readable_on
from k8sedu.trace import Trace

Value = TypeVar("Value")

WIDTH_IN, NAMES_IN, NUMBERS_IN, RIGHT_IN, BOTTOM_IN, LANE_IN = 9.6, 0.62, 0.85, 0.5, 0.52, 0.4
"""A chart is as wide as the stage, 960 px; there is room for names or numbers on the left, and for names of lines on the right."""

SMALL, NORMAL, TITLE = 9.0, 10.0, 11.5
"""Sizes of letters in points; at 9.6 inches for 960 px, 9 points are 12 px."""


class StretchError(K8sEduError, ValueError):
    """A stretch of time that a chart cannot show."""


class Canvas:
    """One Axes with its theme, its language and a stretch of time in ms."""

    def __init__(self, ax: Axes | None, *, height_in: float, left_in: float, language: str | None, theme: Theme) -> None:
        """Draw on the Axes given, or on those of a new figure whose picture is `height_in` high and begins `left_in` from the edge."""
        self.is_own, self.height_in, self.left_in = ax is None, height_in, left_in
        self.ax = charts.axes(ax, size=(WIDTH_IN, height_in + 2), theme=theme)
        self.language, self.theme = language, theme
        self.start_us = self.end_us = 0
        self._rules: list[tuple[float, str]] = []
        self._key: OffsetBox | None = None
        self._threads: dict[tuple[str, bool, bool], list[tuple[tuple[float, float], tuple[float, float]]]] = {}

    @classmethod
    def over_time(
        cls,
        trace: Trace,
        ax: Axes | None,
        start_ms: float,
        end_ms: float | None,
        *,
        lanes: int,
        has_numbers: bool = False,
        language: str | None,
        theme: Theme,
    ) -> Canvas:
        """A canvas whose x axis is a stretch of a run, in milliseconds.

        Raises:
            StretchError: the stretch ends before it begins, or lies outside the run.
        """
        framed(trace)
        last_ms = trace.duration_us / 1000
        if not 0 <= start_ms < (last_ms if end_ms is None else min(end_ms, last_ms)):
            raise StretchError(f"the stretch is {start_ms:g} to {end_ms} ms, expected times within 0 to {last_ms:g} ms, in order.")
        canvas = cls(ax, height_in=LANE_IN * lanes, left_in=NUMBERS_IN if has_numbers else NAMES_IN, language=language, theme=theme)
        canvas.start_us = round(start_ms * 1000)
        canvas.end_us = trace.duration_us if end_ms is None else round(end_ms * 1000)
        canvas.ax.set_xlim(canvas.start_us / 1000, canvas.end_us / 1000)
        canvas.ax.set_xlabel(canvas.say(Words("time (ms)", "时间（毫秒）")))
        canvas.plain_numbers()
        return canvas

    # -- words, colours, time ---------------------------------------------------------------------------------------------------------

    def say(self, words: Words | str) -> str:
        """A text in the canvas's language."""
        return words if isinstance(words, str) else words.in_(self.language)

    def colour(self, role: str) -> str:
        """A role's colour on this paper."""
        return colour(role, self.theme)

    def shows(self, time_us: int) -> bool:
        """Whether a moment lies in the stretch that is shown."""
        return self.start_us <= time_us <= self.end_us

    def visible(self, pairs: Iterable[tuple[Span, Value]]) -> Iterable[tuple[Span, Value]]:
        """The stretches that are at least partly shown."""
        return ((span, value) for span, value in pairs if span.end_us > self.start_us and span.start_us < self.end_us)

    def clip(self, span: Span) -> tuple[float, float]:
        """The part of a stretch that is shown, in ms."""
        return max(span.start_us, self.start_us) / 1000, min(span.end_us, self.end_us) / 1000

    @property
    def points_per_x(self) -> float:
        """How many points one unit of the x axis is wide."""
        low, high = self.ax.get_xlim()
        return self._width_points() / (high - low)

    def _width_points(self) -> float:
        if self.is_own:
            return (WIDTH_IN - self.left_in - RIGHT_IN) * 72
        return float(self.ax.get_window_extent().width * 72 / self.ax.figure.dpi)

    def plain_numbers(self) -> None:
        """Numbers of the x axis as people read them: 1020, not 1020.0 or 10³, and 5 000 in groups of three."""
        self.ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace(",", "\u202f")))

    # -- lanes --------------------------------------------------------------------------------------------------------------------------

    def lanes(self, names: Sequence[str]) -> None:
        """One row per name, the first on top."""
        self.ax.set_ylim(len(names) - 0.5, -0.55)
        self.ax.set_yticks(range(len(names)), names, fontsize=NORMAL)
        self.ax.tick_params(axis="y", length=0)
        self.ax.grid(visible=False)
        self.ax.spines["left"].set_visible(False)

    def band(self, start: float, end: float, y: float, height: float, **paint: Any) -> None:
        """A box in a lane."""
        self.ax.add_patch(Rectangle((start, y - height / 2), end - start, height, zorder=3, **paint))

    def line(self, times: tuple[float, float], y: float, *, role: str, width: float = 1.2) -> None:
        """A straight line in a lane."""
        self.ax.plot(times, [y, y], color=self.colour(role), linewidth=width, solid_capstyle="butt", zorder=2)

    def stair(self, before: tuple[float, float] | None, times: tuple[float, float], y: float, *, role: str, width: float) -> None:
        """One tread of a flight of stairs, and the riser that leads up to it."""
        paint: dict[str, Any] = {"color": self.colour(role), "zorder": 4 if width > 2 else 3, "solid_capstyle": "butt"}
        self.ax.plot(times, [y, y], linewidth=width, **paint)
        if before is not None:
            self.ax.plot([before[0]] * 2, [before[1], y], linewidth=1.0, color=self.colour("muted"), zorder=3)

    def dashes(self, start: float, end: float, y: float) -> None:
        """The line of somebody who is not there."""
        self.ax.plot([start, end], [y, y], color=self.colour("grey"), linewidth=1.5, linestyle=(0, (4, 3)), zorder=2)

    def text_inside(
        self, start: float, end: float, y: float, texts: Sequence[Words | str], *, role: str, indent: float = 4, **style: Any
    ) -> bool:
        """The first of these texts that fits between two times, `indent` points kept free before it; False if none fits."""
        text = self._first_that_fits(texts, (end - start) * self.points_per_x - indent - 2)
        if text:
            x = start + indent / self.points_per_x
            self.ax.text(x, y, text, color=self.colour(role), fontsize=SMALL, va="center_baseline", zorder=5, **style)
        return bool(text)

    def text_across(self, start: float, end: float, y: float, texts: Sequence[Words | str], *, role: str) -> bool:
        """The first of these texts that fits, in the middle of a line or a hatched band that it interrupts; False if none fits."""
        text = self._first_that_fits(texts, (end - start) * self.points_per_x - 12)
        if text:
            rim = [withStroke(linewidth=4, foreground=self.colour("paper"))]
            place: dict[str, Any] = {"ha": "center", "va": "center_baseline", "zorder": 5, "path_effects": rim}
            self.ax.text((start + end) / 2, y, text, color=self.colour(role), fontsize=SMALL, **place)
        return bool(text)

    def _first_that_fits(self, texts: Sequence[Words | str], room: float) -> str:
        return next((text for text in map(self.say, texts) if text_width(text, SMALL) <= room), "")

    # -- things at a moment ---------------------------------------------------------------------------------------------------------------

    def icon(self, x: float, y: float, name: str, *, role: str = "ink", size: float = 10) -> None:
        """An icon of the stage, with a rim that keeps it apart from what lies below."""
        path, is_stroked = icon_path(name)
        paint: dict[str, Any] = {"markerfacecolor": "none" if is_stroked else self.colour(role), "markeredgecolor": self.colour(role)}
        rim = [withStroke(linewidth=4.5, foreground=self.colour("paper"))]
        width = 1.8 if is_stroked else 0.6
        self.ax.plot(
            [x],
            [y],
            linestyle="none",
            marker=path,
            markersize=size,
            markeredgewidth=width,
            zorder=7,
            path_effects=rim,
            clip_on=False,
            **paint,
        )

    def rule(self, x: float, words: Words | str) -> None:
        """A moment that concerns everybody: a dotted line through all lanes, named above them."""
        self.ax.axvline(x, color=self.colour("muted"), linewidth=1, linestyle=(0, (1.5, 2)), zorder=1)
        self._rules.append((x, self.say(words)))

    def arrow(self, start: tuple[float, float], end: tuple[float, float], *, role: str, is_lost: bool, is_reply: bool) -> None:
        """A message from lane to lane; a lost one is dashed and ends in a ×."""
        dashes: Any = (0, (3, 2)) if is_lost else "-"
        width = 1.0 if is_reply else 1.5
        head = "-" if is_lost else "-|>"
        style: dict[str, Any] = {"color": self.colour(role), "linewidth": width, "linestyle": dashes}
        self.ax.add_patch(FancyArrowPatch(start, end, arrowstyle=head, shrinkA=0, shrinkB=2, mutation_scale=8, zorder=3, **style))
        self._cross(end, is_lost=is_lost)

    def thread(self, start: tuple[float, float], end: tuple[float, float], *, role: str, is_lost: bool, is_reply: bool) -> None:
        """The same without a head, and cheap: for thousands of messages. They are drawn by `finish`."""
        self._threads.setdefault((role, is_lost, is_reply), []).append((start, end))
        self._cross(end, is_lost=is_lost)

    def _draw_threads(self) -> None:
        for (role, is_lost, is_reply), lines in self._threads.items():
            style: Any = (0, (3, 2)) if is_lost else "-"
            width = 0.5 if is_reply else 0.9
            self.ax.add_collection(
                LineCollection(lines, colors=self.colour(role), linewidths=width, linestyles=style, zorder=3), autolim=False
            )

    def _cross(self, end: tuple[float, float], *, is_lost: bool) -> None:
        if is_lost:
            self.ax.plot(*end, marker="x", color=self.colour("bad"), markersize=6, markeredgewidth=2, zorder=6)

    def token(self, x: float, y: float, letter: str, *, role: str, rim: str | None = None) -> None:
        """A message's dot with its letter; with `rim` a ring, as answers are. One that the edge would cut is left out."""
        low, high = self.ax.get_xlim()
        if not low + 6 / self.points_per_x < x < high - 6 / self.points_per_x:
            return
        fill = self.colour("paper") if rim else self.colour(role)
        ink = self.colour("ink") if rim else readable_on(fill)
        self.ax.plot(
            [x],
            [y],
            marker="o",
            markersize=12,
            markerfacecolor=fill,
            markeredgecolor=self.colour(rim or role),
            markeredgewidth=1.8,
            zorder=5,
        )
        self.ax.text(x, y, letter, fontsize=SMALL, fontweight="bold", color=ink, ha="center", va="center_baseline", zorder=6, clip_on=True)

    # -- numbers --------------------------------------------------------------------------------------------------------------------------

    def counts(self, top: int, words: Words) -> None:
        """A y axis that counts from 0."""
        self.ax.set_ylim(-0.07 * max(top, 1), max(top, 1) * 1.12)
        self.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        self.ax.set_ylabel(self.say(words))

    @property
    def points_per_y(self) -> float:
        """How many points one unit of the y axis is high."""
        low, high = self.ax.get_ylim()
        return self._height_points() / (high - low)

    def _height_points(self) -> float:
        return self.height_in * 72 if self.is_own else float(self.ax.get_window_extent().height * 72 / self.ax.figure.dpi)

    def end_labels(self, ends: Sequence[tuple[float, str]]) -> None:
        """Names of lines behind their last point, (y, name), pushed apart where they would overlap."""
        ordered = sorted(ends)
        places = spread([y for y, _ in ordered], 13 / self.points_per_y)
        x = self.ax.get_xlim()[1] + 6 / self.points_per_x
        for y, (_, name) in zip(places, ordered, strict=True):
            self.ax.text(x, y, name, color=self.colour("ink"), fontsize=NORMAL, va="center_baseline", clip_on=False)

    def in_points(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the data lies on the paper, in points from the lower left corner of the Axes; axes may be logarithmic."""
        (left, bottom), (right, top) = self.ax.transData.transform([(self.ax.get_xlim()[0], self.ax.get_ylim()[0]), (x, y)])
        width, height = self.ax.bbox.width, self.ax.bbox.height
        return float((right - left) / width * self._width_points()), float((top - bottom) / height * self._height_points())

    def name(self, x: float, y: float, text: str, *, role: str) -> None:
        """A point on a line and the line's name beside it."""
        rim = [withStroke(linewidth=3, foreground=self.colour("paper"))]
        style: dict[str, Any] = {"fontsize": SMALL, "fontweight": "bold", "color": self.colour("ink"), "path_effects": rim, "zorder": 6}
        self.ax.plot([x], [y], marker="o", markersize=5, color=self.colour(role), zorder=5)
        self.ax.annotate(text, (x, y), xytext=(6, -4), textcoords="offset points", va="center_baseline", **style)

    # -- above the axes -------------------------------------------------------------------------------------------------------------------

    def key(self, entries: Sequence[tuple[dict[str, Any], Words]]) -> None:
        """Small samples with their words, in one line above the picture."""
        self._pack([(self._box(paint), self.say(words)) for paint, words in entries])

    def letters(self, entries: Sequence[tuple[str, str, Words, bool]]) -> None:
        """Tokens with their words: (letter, role, words, whether it is a ring)."""
        self._pack([(self._dot(letter, role, is_ring=is_ring), self.say(words)) for letter, role, words, is_ring in entries])

    def _box(self, paint: dict[str, Any]) -> DrawingArea:
        area = DrawingArea(20, 12)
        height = 14 * paint.get("height", 0.6)
        rest = {name: value for name, value in paint.items() if name != "height"}
        area.add_artist(Rectangle((0, 6 - height / 2), 20, height, **rest))
        return area

    def _dot(self, letter: str, role: str, *, is_ring: bool) -> DrawingArea:
        area = DrawingArea(13, 13)
        fill = self.colour("paper") if is_ring else self.colour(role)
        area.add_artist(Circle((6.5, 6.5), 6, facecolor=fill, edgecolor=self.colour(role), linewidth=1.8))
        ink = self.colour("ink") if is_ring else readable_on(fill)
        area.add_artist(Letters(6.5, 6.0, letter, fontsize=SMALL, fontweight="bold", color=ink, ha="center", va="center_baseline"))
        return area

    def _pack(self, entries: Sequence[tuple[DrawingArea, str]]) -> None:
        style = {"color": self.colour("muted"), "fontsize": SMALL}
        pairs: list[Artist] = [
            HPacker(children=[area, TextArea(text, textprops=style)], align="center", pad=0, sep=4) for area, text in entries
        ]
        if pairs:
            self._key = HPacker(children=pairs, align="center", pad=0, sep=13)

    def finish(self, title: Words) -> Axes:
        """Stack labels, key and title above the axes, and give the Axes out."""
        self._draw_threads()
        height = self._write_rules()
        if self._key is not None:
            place = self.ax.transAxes + ScaledTranslation(0, (height + 5) / 72, self.ax.figure.dpi_scale_trans)
            box = AnchoredOffsetbox(
                loc="lower left", child=self._key, pad=0, borderpad=0, frameon=False, bbox_to_anchor=(0, 1), bbox_transform=place
            )
            self.ax.add_artist(box)
            height += 20
        lines = wrap(self.say(title), 0.86 * self._width_points(), TITLE)
        self.ax.set_title("\n".join(lines), loc="left", pad=height + 7, fontsize=TITLE, fontweight="bold")
        if self.is_own:
            self._set_margins((height + 14) / 72 + 0.22 * len(lines))
        return self.ax

    def _set_margins(self, top_in: float) -> None:
        """Make the figure as high as the picture and its words need."""
        figure = self.ax.get_figure(root=True)
        assert figure is not None
        total_in = BOTTOM_IN + self.height_in + top_in
        figure.set_layout_engine("none")
        figure.set_size_inches(WIDTH_IN, total_in)
        width_in = WIDTH_IN - self.left_in - RIGHT_IN
        self.ax.set_position((self.left_in / WIDTH_IN, BOTTOM_IN / total_in, width_in / WIDTH_IN, self.height_in / total_in))

    def _write_rules(self) -> float:
        """Names of moments, each in the lowest row where it has room; gives the height that they need, in points."""
        ends: list[float] = []
        for x, text in sorted(self._rules):
            start, width = (x - self.ax.get_xlim()[0]) * self.points_per_x, text_width(text, SMALL) + 8
            is_last = start + width > self._width_points()  # it stands to the left of its moment, away from what is beside the Axes
            left = start - width if is_last else start
            row = next((row for row, end in enumerate(ends) if end <= left), len(ends))
            ends[row : row + 1] = [left + width]
            self.ax.annotate(
                text, (x, 1), xycoords=("data", "axes fraction"), xytext=(0, 3 + 13 * row), textcoords="offset points",
                ha="right" if is_last else "left", color=self.colour("muted"), fontsize=SMALL, annotation_clip=False,
            )  # fmt: skip
        return 13.0 * len(ends) + (4 if ends else 0)


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Rising numbers, moved as little as possible until neighbours are at least `gap` apart. O(n²).

    >>> spread([1.0, 5.0, 5.0, 5.0], 1.0)
    [1.0, 4.0, 5.0, 6.0]
    """
    clusters: list[list[float]] = []
    for place in places:
        clusters.append([place])
        while len(clusters) > 1 and _low(clusters[-1], gap) < _low(clusters[-2], gap) + len(clusters[-2]) * gap:
            last = clusters.pop()
            clusters[-1] += last
    return [_low(cluster, gap) + rank * gap for cluster in clusters for rank in range(len(cluster))]


def _low(cluster: Sequence[float], gap: float) -> float:
    """Where the lowest of a pushed-apart cluster goes: its middle stays in place."""
    return sum(cluster) / len(cluster) - (len(cluster) - 1) / 2 * gap
