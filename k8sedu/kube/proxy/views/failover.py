"""What a dead pod costs: for how long each node's rules knew it, and which requests flew into nothing meanwhile.

A lane per node. Red is the time in which the node's endpoints hold one at which nobody answers any more; a cross is a request that was
lost. Everything is read from the frames of a run: what a node has programmed, and who runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes

from k8sedu.kube.proxy.packet import socket_of
from k8sedu.kube.proxy.views.walk import WalkError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Frozen, Step, Trace

Traces = Trace | Mapping[str, Trace]
ANSWERING = frozenset(("running", "terminating"))
LOST = frozenset(("lost", "dropped", "rejected", "refused"))
EVENTS = {"kill": Words("killed", "被杀"), "gone": Words("gone", "消失")}


class Window(NamedTuple):
    """A stretch of time in which a node's rules held an endpoint that was gone."""

    node: str
    endpoint: str
    from_us: int
    until_us: int


def pictured(trace: Trace) -> tuple[Step, ...]:
    """The steps of a run of Services in time.

    Raises:
        WalkError: the trace is of something else, or was made without frames.
    """
    if trace.system != "kube.proxy" or not len(trace) or trace[0].frame is None:
        raise WalkError(f"met a trace of {trace.system!r}, expected one of kube.proxy.simulate with frames")
    return tuple(trace)


def stale_endpoints(frame: Frozen, node: str) -> tuple[str, ...]:
    """The endpoints that a node has programmed and at which nobody answers."""
    alive = {pod.ip for pod in frame.pods.values() if pod.state in ANSWERING}
    return tuple(endpoint for endpoint in frame.nodes[node].known if socket_of(endpoint)[0] not in alive)


def windows(trace: Trace) -> Iterator[Window]:
    """Every stretch in which a node's rules were wrong, in the order of their ends."""
    since: dict[tuple[str, str], int] = {}
    steps = pictured(trace)
    for step in steps:
        assert step.frame is not None
        now = {(node, endpoint) for node in step.frame.nodes for endpoint in stale_endpoints(step.frame, node)}
        for key in [key for key in since if key not in now]:
            yield Window(*key, since.pop(key), step.time_us)
        since |= {key: step.time_us for key in sorted(now) if key not in since}
    yield from (Window(*key, start_us, steps[-1].time_us) for key, start_us in since.items())


def lost(trace: Trace) -> list[Step]:
    """The requests that nobody answered."""
    return [step for step in trace if step.kind == "request" and step.detail.outcome in LOST]


def failover_table(traces: Traces) -> pd.DataFrame:
    """A row per stretch in which a node's rules held a dead endpoint.

    Columns: mode, node, endpoint, from_ms, until_ms, lasted_ms float64, lost int64 (requests that this node sent there meanwhile).

    Raises:
        WalkError: no trace, or one that is of something else or has no frames.
    """
    rows = [
        (mode, each.node, each.endpoint, each.from_us / 1e3, each.until_us / 1e3, (each.until_us - each.from_us) / 1e3, _hits(trace, each))
        for mode, trace in _by_mode(traces).items() for each in windows(trace)
    ]  # fmt: skip
    columns = ["mode", "node", "endpoint", "from_ms", "until_ms", "lasted_ms", "lost"]
    return pd.DataFrame(rows, columns=columns).astype({"lost": "int64"})


def _hits(trace: Trace, window: Window) -> int:
    return sum(
        step.detail.node == window.node and step.detail.endpoint == window.endpoint and window.from_us <= step.time_us <= window.until_us
        for step in lost(trace)
    )  # fmt: skip


def _by_mode(traces: Traces) -> dict[str, Trace]:
    found = {traces.parameters.mode: traces} if isinstance(traces, Trace) else dict(traces)
    if not found:
        raise WalkError("met no trace, expected one of kube.proxy.simulate, or mode → trace")
    for trace in found.values():
        pictured(trace)
    return found


def failover_timeline(traces: Traces, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """A lane per node (and mode): red while its rules know a dead endpoint, a cross for every request that was lost.

    Raises:
        WalkError: no trace, or one that is of something else or has no frames.
    """
    found = _by_mode(traces)
    lanes = [(mode, node) for mode, trace in found.items() for node in _nodes(trace)]
    ax = charts.axes(ax, title=_title(found).in_(language), theme=theme, size=(7.6, 1.5 + 0.3 * len(lanes)))
    with charts.style(theme):
        for mode, trace in found.items():
            _mode(ax, mode, trace, lanes, theme)
        _deaths(ax, next(iter(found.values())), _span(found), language, theme)
        _key(ax, len(lanes), language, theme)
    ax.set_yticks(range(len(lanes)), [f"{mode}  {node}" for mode, node in lanes])
    ax.set_ylim(len(lanes) - 0.4, -1.2)
    start_us, end_us = _span(found)
    charts.time_axis(ax, start_us=start_us, end_us=end_us)
    ax.set_xlabel(Words("time (ms)", "时间（毫秒）").in_(language))
    return ax


def _nodes(trace: Trace) -> tuple[str, ...]:
    frame = pictured(trace)[0].frame
    return tuple(frame.nodes) if frame is not None else ()


def _title(found: Mapping[str, Trace]) -> Words:
    counts = {mode: len(lost(trace)) for mode, trace in found.items()}
    told = ", ".join(f"{mode} {count}" for mode, count in counts.items())
    return Words(f"Lost requests: {told}", f"丢失的请求：{told}")


def _span(found: Mapping[str, Trace]) -> tuple[int, int]:
    """The part of the time in which something is to be seen."""
    busy = [moment for trace in found.values() for each in windows(trace) for moment in (each.from_us, each.until_us)]
    busy += [step.time_us for trace in found.values() for step in (*lost(trace), *trace.where("kill"), *trace.where("gone"))]
    longest = max(trace.duration_us for trace in found.values())
    if not busy:
        return 0, longest
    margin = max(100_000, (max(busy) - min(busy)) // 4)
    return max(0, min(busy) - margin), min(longest, max(busy) + margin)


def _mode(ax: Axes, mode: str, trace: Trace, lanes: list[tuple[str, str]], theme: Theme) -> None:
    for place, (name, _) in enumerate(lanes):
        if name == mode:
            ax.barh(place, trace.duration_us, height=0.5, color=colour("tint:green", theme), linewidth=0)
    for each in windows(trace):
        width = each.until_us - each.from_us
        ax.barh(lanes.index((mode, each.node)), width, left=each.from_us, height=0.5, color=colour("vermillion", theme), linewidth=0)
    for step in lost(trace):
        ax.plot(step.time_us, lanes.index((mode, step.detail.node)), "x", color=colour("ink", theme), markersize=6, markeredgewidth=1.6)


def _deaths(ax: Axes, trace: Trace, span: tuple[int, int], language: str | None, theme: Theme) -> None:
    """A line where a pod died, the same in every mode."""
    last_us, width_us = -trace.duration_us, span[1] - span[0]
    for step in trace:
        if step.kind in EVENTS:
            ax.axvline(step.time_us, color=colour("muted", theme), linewidth=1, linestyle=(0, (3, 2)), zorder=0.5)
            if step.time_us - last_us > width_us * 0.16:
                said = f"{step.actor} {EVENTS[step.kind].in_(language)}"
                ax.annotate(said, (step.time_us, -0.75), (4, 0), textcoords="offset points", va="center", fontsize=9, annotation_clip=True)
                last_us = step.time_us


def _key(ax: Axes, lanes: int, language: str | None, theme: Theme) -> None:
    ax.barh(0, 0, color=colour("tint:green", theme), label=Words("rules are right", "规则正确").in_(language))
    ax.barh(0, 0, color=colour("vermillion", theme), label=Words("rules know a dead pod", "规则里还有死去的 Pod").in_(language))
    ax.plot([], [], "x", color=colour("ink", theme), label=Words("a lost request", "丢失的请求").in_(language))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1 - 0.55 / (0.5 + 0.3 * lanes)), ncols=3, fontsize=9)
