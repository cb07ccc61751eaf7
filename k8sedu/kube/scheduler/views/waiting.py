"""The scheduling queue over time: where each pod waited, for how long, and what woke it.

A lane per pod, and a tick for each attempt. Active is short, because the scheduler soon takes the pod; a backoff says its length, which
doubles; unschedulable is long and pale: nobody looks at the pod until an event may help it. Green is a node.

Source: kubernetes 1.35, pkg/scheduler/backend/queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Frozen, Trace


class QueueViewError(K8sEduError, ValueError):
    """A trace that has no scheduling queue."""


class Span(NamedTuple):
    """A pod in one place for a while."""

    pod: str
    state: str
    start_us: int
    end_us: int
    attempts: int


STATES = {
    "active": (Words("active", "活跃（active）"), "blue", 0.5),
    "backoff": (Words("backoff", "退避（backoff）"), "orange", 0.5),
    "unschedulable": (Words("unschedulable", "不可调度（unschedulable）"), "tint:vermillion", 0.5),
    "gated": (Words("gated", "被门控（gated）"), "grey", 0.5),
    "bound": (Words("on a node", "在节点上"), "green", 0.24),
    "leaving": (Words("being ended", "正在结束"), "tint:grey", 0.24),
}
"""State → its words, its role, and how thick its band is."""


def spans(trace: Trace) -> list[Span]:
    """Every pod's way through the queues, in the order in which the pods came.

    Raises:
        QueueViewError: the trace is of something else, or was made without frames.
    """
    if trace.system != "kube.scheduler" or not len(trace) or trace[0].frame is None:
        raise QueueViewError(f"met a trace of {trace.system!r}, expected one of kube.scheduler.simulate with frames")
    open_: dict[str, Span] = {}
    order: list[str] = []
    found: list[Span] = []
    for step in trace:
        if step.frame is None:
            continue
        now = dict(_states(step.frame.more))
        order += [pod for pod in now if pod not in open_ and pod not in order]
        changed = [pod for pod, span in open_.items() if now.get(pod, ("", 0))[0] != span.state]
        found += [open_.pop(pod)._replace(end_us=step.time_us) for pod in changed]
        for pod, (state, attempts) in now.items():
            open_[pod] = open_.get(pod, Span(pod, state, step.time_us, step.time_us, attempts))._replace(attempts=attempts)
    found += [span._replace(end_us=trace.duration_us) for span in open_.values()]
    place = {pod: number for number, pod in enumerate(order)}
    return sorted((span for span in found if span.end_us > span.start_us), key=lambda span: (place[span.pod], span.start_us))


def _states(more: Frozen) -> Iterator[tuple[str, tuple[str, int]]]:
    """Pod → where it is just now, and how often it was tried."""
    waiting = {entry.pod: entry for entry in more.queue}
    for pod, entry in waiting.items():
        yield pod, ("gated" if entry.gated_by else entry.queue, entry.attempts)
    for pod, told in more.pods.items():
        if pod not in waiting and told.node:
            yield pod, ("leaving" if told.phase == "Terminating" else "bound", 0)
        elif pod not in waiting:
            yield pod, ("bound" if pod in more.assumed else "active", 0)


def queue_timeline(
    trace: Trace, *, pods: int = 16, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """Where each pod waited over time, a lane per pod; those that waited longest are shown if there are many.

    Args:
        trace: a run of `kube.scheduler.simulate`, with frames.
        pods: how many lanes there are at most.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.

    Raises:
        QueueViewError: the trace is of something else, or was made without frames.
    """
    found = spans(trace)
    lanes = _lanes(found, pods)
    title = Words("A pod that fails waits, longer each time, or until something changes", "失败的 Pod 要等待：一次比一次久，或等到情况变化")
    ax = charts.axes(ax, title=title.in_(language), theme=theme, size=(7.6, 1.8 + 0.3 * len(lanes)))
    with charts.style(theme):
        for span in found:
            if span.pod in lanes:
                _bar(ax, span, lanes.index(span.pod), trace.duration_us, theme)
        _attempts(ax, trace, lanes, language, theme)
        for state in [state for state in STATES if any(span.state == state for span in found if span.pod in lanes)]:
            words, role, thick = STATES[state]
            ax.barh(0, 0, height=thick, color=colour(role, theme), label=words.in_(language))
        _legend(ax)
        ax.set_yticks(range(len(lanes)), [pod.removeprefix("default/") for pod in lanes])
        ax.set_ylim(len(lanes) - 0.4, -0.6)
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    ax.set_xlabel(Words("time (ms)", "时间（毫秒）").in_(language))
    return ax


def _attempts(ax: Axes, trace: Trace, lanes: list[str], language: str | None, theme: Theme) -> None:
    """A tick for each time that the scheduler has taken the pod."""
    taken = [(step.time_us, lanes.index(step.detail.pod)) for step in trace.where("pop") if step.detail.pod in lanes]
    if taken:
        times, places = zip(*taken, strict=True)
        attempt = Words("an attempt", "一次尝试").in_(language)
        ax.scatter(times, places, marker="|", s=150, linewidths=2, color=colour("ink", theme), label=attempt, zorder=3)


def _legend(ax: Axes) -> None:
    """Below the axis, at a fixed distance whatever the height of the chart, and never wider than it: that would squeeze the chart."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    below = ax.transAxes + ScaledTranslation(0, -46 / 72, figure.dpi_scale_trans)
    ax.legend(loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=below, ncols=3, fontsize=9, columnspacing=1.4, borderaxespad=0)


def _lanes(found: list[Span], limit: int) -> list[str]:
    """The pods that waited longest, in the order in which they came."""
    waited: dict[str, int] = {}
    for span in found:
        waits = span.end_us - span.start_us if span.state not in {"bound", "leaving"} else 0
        waited[span.pod] = waited.get(span.pod, 0) + waits
    kept = set(sorted(waited, key=lambda pod: -waited[pod])[:limit])
    return [pod for pod in waited if pod in kept]


def _bar(ax: Axes, span: Span, lane: int, whole_us: int, theme: Theme) -> None:
    _, role, thick = STATES[span.state]
    width = span.end_us - span.start_us
    ax.barh(lane, width, left=span.start_us, height=thick, color=colour(role, theme), linewidth=0)
    if span.state == "backoff" and width > 0.045 * whole_us:
        ax.text(span.start_us + width / 2, lane, f"{width / 1_000_000:.2g} s", ha="center", va="center", fontsize=9, color="#111418")


def backoff_table(trace: Trace) -> pd.DataFrame:
    """Each stretch of waiting: a row per pod and stretch; columns pod str, queue str, from_s float, seconds float, attempts int.

    Raises:
        QueueViewError: as `queue_timeline`.
    """
    rows = [
        (span.pod.removeprefix("default/"), span.state, span.start_us / 1e6, (span.end_us - span.start_us) / 1e6, span.attempts)
        for span in spans(trace)
        if span.state not in {"bound", "leaving"}
    ]
    return pd.DataFrame(rows, columns=["pod", "queue", "from_s", "seconds", "attempts"])
