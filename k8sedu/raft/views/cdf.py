"""How long without a leader: the distribution of election times, ours in front, the paper's figure behind.

A curve tells for every time which share of the elections was over by then. The steeper it rises, the more predictable the group; the
further left, the faster. Ours are thin and strong, those of the paper are broad and pale below them: where the measurement agrees, the
broad line looks like a rim.

Source: raft.pdf Figure 16.
Left out: the tail above 99 %, unless `max_ms` is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, PercentFormatter

from k8sedu.language import Words
from k8sedu.raft.curves import Curve
from k8sedu.raft.paper_curves import PAPER
from k8sedu.raft.views import sentences
from k8sedu.raft.views.canvas import NUMBERS_IN, SMALL, Canvas
from k8sedu.stage.lettering import text_width
from k8sedu.stage.theme import TERM_COLOURS, Theme

HEIGHT_IN = 3.4
POINTS = 200
"""A curve is drawn with about so many points: more could not be told apart, and would make a large file."""
LABEL_SHARES = (0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2, 0.9)
"""Where on its curve a name may stand, the best place first."""


def election_cdf(
    curves: Mapping[str, Curve] | Iterable[Curve],
    *,
    ax: Axes | None = None,
    paper: Iterable[Curve] | None = None,
    max_ms: float | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """The share of elections that were over after so many milliseconds, one curve per range of timeouts.

    Behind ours stand the curves of `paper`: those of the paper with the same names unless given, () for none. The x axis ends at `max_ms`,
    else where the slowest curve reaches 99 %; it is logarithmic if the curves need that.
    """
    given = curves.values() if isinstance(curves, Mapping) else curves
    ours = sorted(given, key=lambda curve: curve.median_ms or float("inf"))
    behind = list(paper) if paper is not None else [PAPER[curve.name] for curve in ours if curve.name in PAPER]
    canvas = Canvas(ax, height_in=HEIGHT_IN, left_in=NUMBERS_IN, language=language, theme=theme)
    colours = {curve.name: TERM_COLOURS[number % len(TERM_COLOURS)] for number, curve in enumerate(ours)}
    _axis(canvas, [*ours, *behind], max_ms)
    for curve in behind:
        canvas.ax.plot(
            *_line(curve), color=canvas.colour(f"tint:{colours.get(curve.name, 'grey')}"), linewidth=7, solid_capstyle="round", zorder=2
        )
    for curve in ours:
        times, shares = _line(curve)
        style = "steps-post" if curve.times_ms else "default"
        canvas.ax.plot(times, shares, color=canvas.colour(colours[curve.name]), linewidth=1.6, drawstyle=style, zorder=3)
    _names(canvas, ours, colours)
    if behind:
        ours_paint, paper_paint = (
            {"facecolor": canvas.colour("blue"), "height": 0.14},
            {"facecolor": canvas.colour("tint:blue"), "height": 0.5},
        )
        canvas.key([(ours_paint, Words("measured here", "本次测量")), (paper_paint, Words("the paper's figure", "论文中的曲线"))])
    return canvas.finish(sentences.of_elections(ours))


def _line(curve: Curve) -> tuple[list[float], list[float]]:
    every = max(len(curve.points()) // POINTS, 1)
    points = (*curve.points()[:-1:every], *curve.points()[-1:])
    return [time_ms for time_ms, _ in points], [share for _, share in points]


def _axis(canvas: Canvas, curves: Sequence[Curve], max_ms: float | None) -> None:
    starts = [curve.points()[0][0] for curve in curves if curve.points()]
    ends = [time_ms for curve in curves for time_ms, share in curve.points() if share <= 0.99]
    low, high = min(starts, default=1), max_ms or max(ends, default=1_000)
    if high / low > 25:
        canvas.ax.set_xscale("log")
        canvas.ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        canvas.ax.set_xlim(low * 0.9, high * 1.1)
    else:
        canvas.ax.set_xlim(0, high * 1.02)
    canvas.plain_numbers()
    canvas.ax.xaxis.set_minor_formatter(NullFormatter())
    canvas.ax.set_ylim(0, 1)
    canvas.ax.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    canvas.ax.grid(visible=True, color=canvas.colour("line"))
    canvas.ax.set_xlabel(canvas.say(Words("time without a leader (ms)", "无领导者的时间（毫秒）")))
    canvas.ax.set_ylabel(canvas.say(Words("elections that are over", "已结束的选举")))


def _names(canvas: Canvas, curves: Sequence[Curve], colours: dict[str, str]) -> None:
    """Each name beside its curve, at the first place where it covers no other name."""
    taken: list[tuple[float, float, float]] = []
    for curve in curves:
        width = text_width(curve.name, SMALL) + 14
        places = [(time_ms, share) for share in LABEL_SHARES if (time_ms := curve.quantile(share)) is not None]
        boxes = [(*canvas.in_points(*place), width) for place in places]
        free = [number for number, box in enumerate(boxes) if not any(_touch(box, other) for other in taken)]
        if places:
            number = free[0] if free else 0
            taken.append(boxes[number])
            canvas.name(*places[number], curve.name, role=colours[curve.name])


def _touch(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    """Whether two names that begin at these points, and are so wide, would cover each other."""
    return one[0] < other[0] + other[2] and other[0] < one[0] + one[2] and abs(one[1] - other[1]) < 13
