"""Runs of a cluster as charts: how the revision grows while terms change, and what watchers received when.

A term is the term of office of a leader; a revision is the age of the data. The first chart shows both at once: the line never falls,
whatever the colour does. It is drawn from a run of the model, or from what a real cluster answered, which has the same form: a time, a
term, a revision.

Left out: reads. They change neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias

from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Trace


class Point(NamedTuple):
    """At this time the cluster answered in this term, and its store was at this revision."""

    time_us: int
    term: int
    revision: int


Source: TypeAlias = Trace | Iterable[Point | Mapping[str, Any]]
"""A run of `etcd.simulate`, points, or rows with at_ms, raft_term and revision, such as a real cluster's responses."""

TIME = Words("time (ms)", "时间（毫秒）")

APPLIED = ("put", "delete_range", "txn", "lease_revoke", "empty_entry")
"""Kinds of steps at which a member applied an entry that may change the data."""


def points(source: Source) -> tuple[Point, ...]:
    """Term and revision over time, of a trace at the first member that applied each entry."""
    if isinstance(source, Trace):
        found: dict[int, Point] = {}
        for step in source:
            if step.kind in APPLIED and "index" in step.detail:
                found.setdefault(step.detail["index"], Point(step.time_us, step.detail["term"], step.detail["revision"]))
        return tuple(found[index] for index in sorted(found))
    rows = (row if isinstance(row, Point) else Point(int(row["at_ms"] * 1000), row["raft_term"], row["revision"]) for row in source)
    return tuple(sorted(rows))


def term_revision_timeline(
    source: Source, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """The revision over time, coloured by the term in which it was written; a line where the term changes.

    Each point is an applied entry; where the line is flat nothing was changed, as by a delete that found nothing.
    """
    found = points(source)
    axes = charts.axes(ax, title=in_language(_title(found), language), y="revision", theme=theme)
    duration_us = max(found[-1].time_us - found[0].time_us, 1) if found else 1
    with charts.style(theme):
        spans = [(term, list(rows)) for term, rows in groupby(found, key=lambda point: point.term)]
        for (term, rows), after in zip(spans, [*spans[1:], None], strict=True):
            end_us = after[1][0].time_us if after else rows[-1].time_us
            shade = colour(f"term-{term}", theme)
            axes.axvspan(rows[0].time_us, end_us, color=shade, alpha=0.10, linewidth=0)
            axes.step(
                [*(point.time_us for point in rows), end_us], [*(point.revision for point in rows), rows[-1].revision],
                where="post", color=shade, linewidth=2, marker="o", markersize=3.5, markevery=range(len(rows)),
            )  # fmt: skip
            said = f" term {term}" if end_us - rows[0].time_us > 0.09 * duration_us else f" {term}"
            axes.text(rows[0].time_us, 1.01, said, transform=axes.get_xaxis_transform(), color=shade, va="bottom", fontsize=10)
        axes.set_ylim(bottom=0)
    if found:
        charts.time_axis(axes, start_us=min(0, found[0].time_us), end_us=found[-1].time_us)
    axes.set_xlabel(in_language(TIME, language))
    return axes


def _title(found: tuple[Point, ...]) -> Words:
    terms = len({point.term for point in found})
    last = found[-1].revision if found else 1
    return Words(
        f"Through {terms} term{'' if terms == 1 else 's'} the revision only grows, to {last}\n",
        f"经过 {terms} 个 term，revision 只增不减，直到 {last}\n",
    )


# -- watches -----------------------------------------------------------------------------------------------------------------------------


class Received(NamedTuple):
    """A watcher was told of changes."""

    time_us: int
    client: str
    member: str
    first: int
    last: int


def received(trace: Trace) -> tuple[Received, ...]:
    """All news that clients' watches received, in order of time."""
    return tuple(
        Received(step.time_us, step.actor, step.detail["member"], step.detail["first"], step.detail["last"])
        for step in trace
        if step.kind == "watch_event"
    )


def watch_lanes(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """Who received what, when, from which revision: the store's changes in the upper lane, each watcher's news in a lane of its own.

    The number beside a mark is the revision that it tells of. A cross is a lost connection: the watch goes on at another member, from the
    last revision that it saw plus one.
    """
    news = received(trace)
    clients = sorted({row.client for row in news})
    title = Words(
        f"{len(clients)} watcher{'' if len(clients) == 1 else 's'}: every revision once, in order",
        f"{len(clients)} 个 watcher：每个 revision 恰好一次，按顺序",
    )
    height = 1.6 + 0.6 * (len(clients) + 1)
    axes = charts.axes(ax, title=in_language(title, language), size=(7.6, height), theme=theme)
    made = {point.revision: point for point in reversed(points(trace)) if point.revision > 1}
    with charts.style(theme):
        _lane(axes, 0, [(point.time_us, revision) for revision, point in sorted(made.items())], "grey", theme)
        for number, client in enumerate(clients, start=1):
            rows = [(row.time_us, row.last) for row in news if row.client == client]
            _lane(axes, number, rows, ("blue", "orange", "green", "purple")[number % 4 - 1], theme)
        _reconnects(axes, trace, clients, theme)
        axes.set_yticks(range(len(clients) + 1), [in_language(Words("store", "存储"), language), *clients])
        axes.set_ylim(len(clients) + 0.6, -0.6)
        axes.tick_params(axis="y", length=0)
    charts.time_axis(axes, start_us=0, end_us=trace.duration_us)
    axes.set_xlabel(in_language(TIME, language))
    return axes


def _lane(axes: Axes, lane: int, rows: list[tuple[int, int]], role: str, theme: Theme) -> None:
    """Marks with their revisions; a number that would touch the one before is left out."""
    shade = colour(role, theme)
    axes.axhline(lane, color=colour("line", theme), linewidth=1, zorder=0)
    axes.scatter([time_us for time_us, _ in rows], [lane] * len(rows), color=shade, s=30, zorder=3)
    room_us = rows[-1][0] / 30 if rows else 0
    free_us = -1.0
    for time_us, revision in rows:
        if time_us >= free_us:
            axes.text(time_us, lane - 0.18, str(revision), color=colour("ink", theme), ha="center", va="bottom", fontsize=10)
            free_us = time_us + room_us


def _reconnects(axes: Axes, trace: Trace, clients: list[str], theme: Theme) -> None:
    for step in trace.where("watch_reconnect"):
        if step.actor in clients:
            lane = clients.index(step.actor) + 1
            axes.scatter([step.time_us], [lane], color=colour("vermillion", theme), marker="x", s=48, zorder=4)
            axes.text(
                step.time_us, lane + 0.16, f"→ {step.detail['to']}", fontsize=10, color=colour("vermillion", theme), ha="center", va="top"
            )


def in_language(words: Words, language: str | None) -> str:
    """Words in the language that was asked for, else in that of the session."""
    return words.in_(language) if language else words.in_()
