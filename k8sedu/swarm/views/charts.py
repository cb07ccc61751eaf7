"""Swarm over time, as charts: which version serves, what each slot goes through, who leads; and the table that `docker service ps` prints.

Left out: an average over seeds. One run is one chart.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.swarm.mode.task import STATES
from k8sedu.swarm.views.update import BANDS, ROLES, SHORT
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.views.film import ScheduleError


def version_timeline(trace: Trace, service: str, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How many tasks of each version run, over time, one upon the other; below, the state of the update."""
    points = [(step.time_us, _running(step.frame, service)) for step in _pictured(trace)]
    versions = sorted({version for _, counts in points for version in counts})
    ax = charts.axes(
        ax, title=Words(f"{service}: which version serves", f"{service}：哪个版本在服务").in_(language),
        y=Words("running tasks", "运行中的任务").in_(language), theme=theme,
    )  # fmt: skip
    with charts.style(theme):
        times, below = [time_us for time_us, _ in points], [0] * len(points)
        for version in versions:
            above = [low + counts.get(version, 0) for low, (_, counts) in zip(below, points, strict=True)]
            role = ROLES[(version - 1) % len(ROLES)]
            ax.fill_between(times, below, above, step="post", color=colour(role, theme), alpha=0.85, linewidth=0)
            text = Words(f"version {version}", f"版本 {version}").in_(language)
            y = 0.12 + 0.12 * versions.index(version)
            ax.text(1.02, y, text, transform=ax.transAxes, color=colour(role, theme), fontsize=10, fontweight="bold")
            below = above
        top = max(below, default=1)
        for number, step in enumerate(trace.where("update_status", actor=service)):
            ax.axvline(step.time_us, color=colour(BANDS[step.detail.status], theme), linewidth=1.2, linestyle=(0, (3, 3)))
            text = " " + SHORT[step.detail.status].in_(language)
            ax.text(step.time_us, top * (1.06 + 0.12 * (number % 2)), text, fontsize=10, va="bottom", color=colour("ink", theme))
        ax.set_ylim(0, top * 1.32)
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    return ax


def slot_timeline(trace: Trace, service: str, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """A row for each slot (or node): its tasks as bars in the colours of their versions, pale while they wait, a cross where one failed."""
    spans = list(_spans(trace, service))
    rows = sorted({(span.slot, span.node if not span.slot else "") for span, *_ in spans})
    ax = charts.axes(
        ax, title=Words(f"{service}: the tasks of each slot", f"{service}：每个槽位的任务").in_(language),
        y=Words("slot", "槽位").in_(language), theme=theme,
    )  # fmt: skip
    with charts.style(theme):
        for task, start_us, run_us, end_us, state in spans:
            row = rows.index((task.slot, task.node if not task.slot else ""))
            shade = colour(ROLES[(task.version - 1) % len(ROLES)], theme)
            ax.barh(row, (run_us or end_us) - start_us, left=start_us, height=0.62, color=shade, alpha=0.35)
            if run_us is not None:
                ax.barh(row, end_us - run_us, left=run_us, height=0.62, color=shade)
            if state in {"failed", "rejected"}:
                ax.plot(end_us, row, "x", color=colour("vermillion", theme), markersize=9, markeredgewidth=2.2)
        ax.set_yticks(range(len(rows)), [str(slot) if slot else node for slot, node in rows])
        ax.invert_yaxis()
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    return ax


def manager_timeline(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """A row for each manager: thin while it is up, thick while it leads; where nobody leads, nothing new is decided."""
    names = list(_pictured(trace)[0].frame.more.managers) if _mode(trace) == "swarm" else ["manager"]  # type: ignore[union-attr]  # these have frames
    ax = charts.axes(
        ax, title=Words("Who leads; in the grey, nobody decides", "谁在领导；灰色处无人做决定").in_(language), theme=theme, size=(7.6, 2.4)
    )
    with charts.style(theme):
        for start_us, end_us, up, leader in _reigns(trace):
            if not leader:
                ax.axvspan(start_us, end_us, color=colour("grey", theme), alpha=0.25, linewidth=0)
            for row, name in enumerate(names):
                if name in up:
                    width, shade = (9, "orange") if name == leader else (2, "muted")
                    ax.plot([start_us, end_us], [row, row], color=colour(shade, theme), linewidth=width, solid_capstyle="butt")
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    return ax


def task_table(trace: Trace, service: str, *, at_ms: float | None = None) -> pd.DataFrame:
    """The tasks of a service at one time (the end, without one), as `docker service ps` shows them: the newest of each slot first.

    Columns: name, id, version, node, desired_state, current_state, message; one row per task.
    """
    step = trace[-1] if at_ms is None else trace.at_ms(at_ms)
    if step.frame is None or step.frame.more.get("mode") != "swarm":
        raise ScheduleError("met a trace that is not of swarm mode or has no frames, expected one of swarm.simulate_services")
    tasks = [(task_id, task) for task_id, task in step.frame.more.tasks.items() if task.service == service]
    tasks.sort(key=lambda pair: (pair[1].slot, pair[1].node if not pair[1].slot else "", -int(pair[0][1:])))
    rows = [
        (task.name, each, task.version, task.node, task.desired.capitalize(), task.state.capitalize(), task.message)
        for each, task in tasks
    ]
    return pd.DataFrame(rows, columns=["name", "id", "version", "node", "desired_state", "current_state", "message"])


# -- what the steps say ------------------------------------------------------------------------------------------------------------------


def _mode(trace: Trace) -> str:
    return str(trace.parameters.get("mode", ""))


def _pictured(trace: Trace) -> list[Step]:
    if trace.system != "swarm" or not len(trace) or trace[0].frame is None:
        raise ScheduleError(f"met a trace of {trace.system!r} or without frames, expected a run of Swarm with frames")
    return [step for step in trace if step.frame is not None]


def _running(frame: Frozen | None, service: str) -> dict[int, int]:
    counts: dict[int, int] = {}
    for task in frame.more.tasks.values() if frame is not None else ():
        alive = task.state == "running" and (not task.node or frame is None or frame.machines[task.node].up)
        if task.service == service and alive:
            counts[task.version] = counts.get(task.version, 0) + 1
    return counts


def _spans(trace: Trace, service: str) -> Iterator[tuple[Frozen, int, int | None, int, str]]:
    """Each task: itself, when it was assigned, when it ran, when it ended, and how."""
    seen: dict[str, tuple[Frozen, int, int | None]] = {}
    over: dict[str, None] = {}
    for step in _pictured(trace):
        for task_id, task in step.frame.more.tasks.items():  # type: ignore[union-attr]  # these have frames
            if task.service != service or task_id in over or not task.node:
                continue
            _, start_us, run_us = seen.get(task_id, (task, step.time_us, None))
            if run_us is None and task.state == "running":
                run_us = step.time_us
            seen[task_id] = (task, start_us, run_us)
            if STATES[task.state] > STATES["running"]:
                over[task_id] = None
                yield task, start_us, run_us, step.time_us, task.state
    for task_id, (task, start_us, run_us) in seen.items():
        if task_id not in over:
            yield task, start_us, run_us, trace.duration_us, task.state


def _reigns(trace: Trace) -> Iterator[tuple[int, int, list[str], str]]:
    """Stretches of time in which nothing of this changes: from, to, which managers are up, who leads."""
    start_us, known = 0, _reign(trace[0].frame)
    for step in _pictured(trace):
        now = _reign(step.frame)
        if now != known:
            yield start_us, step.time_us, *known
            start_us, known = step.time_us, now
    yield start_us, trace.duration_us, *known


def _reign(frame: Frozen | None) -> tuple[list[str], str]:
    if frame is None:
        return [], ""
    more = frame.more
    if more.mode == "swarm":
        return [name for name, manager in more.managers.items() if manager.up], more.leader
    return (["manager"], "manager") if more.manager else ([], "")
