"""Charts of schedules: how full, how long one waited, and managers side by side.

Left out: error bars. One run is one line; means over seeds belong to the experiment that makes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Trace
from k8sedu.workload.outcome import Outcome, outcome
from k8sedu.workload.resources import NAMES

SHADES = ("blue", "orange", "green", "purple", "sky", "vermillion")


def utilisation_timeline(
    trace: Trace, *, resource: str = "cpu", ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """How much of one resource ("cpu", "memory", "disk", "gpu") the running tasks have asked for, over time, in % of all machines."""
    points = used_over_time(trace, resource)
    ax = charts.axes(
        ax,
        title=Words(f"{trace.system}: {resource} that is asked for", f"{trace.system}：被请求的 {resource}").in_(language),
        y=Words("of all machines (%)", "占全部机器（%）").in_(language),
        theme=theme,
    )
    with charts.style(theme):
        ax.step([time for time, _ in points], [100 * share for _, share in points], where="post", color=colour("blue", theme))
        for step in trace.where("machine_down"):
            ax.axvline(step.time_us, color=colour("vermillion", theme), linewidth=1, linestyle=(0, (3, 3)))
            ax.text(step.time_us, 1.0, f" {step.actor} ×", transform=ax.get_xaxis_transform(), fontsize=10, va="bottom")
        ax.set_ylim(0, 105)
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    return ax


def used_over_time(trace: Trace, resource: str) -> list[tuple[int, float]]:
    """(time in µs, share of all machines from 0 to 1), one point for every change; O(steps)."""
    jobs, machines = trace.parameters.jobs, trace.parameters.machines
    whole = sum(machine.capacity.get(resource, 0) for machine in machines.values()) or 1
    used, running, points = 0, set[str](), [(0, 0.0)]
    for step in trace:
        task = step.detail.get("task", "")
        sign = 1 if step.kind == "place" else -1 if step.kind in {"preempt", "finish", "fail", "lost", "delete"} and task in running else 0
        if sign:
            used += sign * jobs[task.rpartition("/")[0]].request.get(resource, 0)
            (running.add if sign > 0 else running.discard)(task)
            points.append((step.time_us, used / whole))
    return [*points, (trace.duration_us, used / whole)]


def wait_cdf(
    traces: Mapping[str, Trace], *, priority: int | None = None, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """The share of tasks that were placed within a time, a line per named run; tasks that are never placed keep the line below 100 %.

    With `priority`, only the tasks of that priority count.
    """
    ax = charts.axes(
        ax,
        title=Words("How long a task waits for its machine", "任务等多久才得到机器").in_(language),
        x=Words("waited at most (ms)", "最多等待（毫秒）").in_(language),
        y=Words("of the tasks (%)", "占任务（%）").in_(language),
        theme=theme,
    )
    longest = max([1.0, *(wait for trace in traces.values() for wait in waits(trace, priority)[0])])
    with charts.style(theme):
        for number, (name, trace) in enumerate(traces.items()):
            found, asked = waits(trace, priority)
            shade = colour(SHADES[number % len(SHADES)], theme)
            heights = [100 * (index + 1) / max(asked, 1) for index in range(len(found))]
            ax.step([0, *found, longest * 1.02], [0, *heights, heights[-1] if heights else 0], where="post", color=shade)
            ax.text(longest * 1.03, heights[-1] if heights else 0, name, color=shade, va="center", fontsize=10)
        ax.set_ylim(0, 105)
        ax.set_xlim(0, longest * 1.25)
    return ax


def waits(trace: Trace, priority: int | None = None) -> tuple[list[float], int]:
    """The waits in milliseconds until the first placement, sorted, and how many tasks asked at all."""
    jobs, submitted, first = trace.parameters.jobs, dict[str, int](), dict[str, float]()
    for step in trace:
        if step.kind == "submit":
            submitted[step.detail.job] = step.detail.get("arrived_us", step.time_us)
        elif step.kind == "place" and step.detail.task not in first:
            first[step.detail.task] = (step.time_us - submitted[step.detail.task.rpartition("/")[0]]) / 1000
    wanted = [name for name in submitted if priority is None or jobs[name].priority == priority]
    found = sorted(wait for task, wait in first.items() if task.rpartition("/")[0] in wanted)
    return found, sum(jobs[name].tasks for name in wanted)


def outcome_table(runs: Mapping[str, Trace | Outcome]) -> pd.DataFrame:
    """Runs side by side: one column per run, one row per number; utilisation and stranded in per cent, times in milliseconds."""
    return pd.DataFrame({name: _column(run if isinstance(run, Outcome) else outcome(run)) for name, run in runs.items()})


def _column(met: Outcome) -> dict[str, float]:
    column: dict[str, float] = defaultdict(float)
    for name in NAMES:
        if name in met.utilisation:
            column[f"{name} used (%)"] = round(100 * met.utilisation[name], 1)
            column[f"{name} stranded (%)"] = round(100 * met.stranded[name], 1)
    for priority in sorted(met.wait_ms, reverse=True):
        column[f"wait, priority {priority} (ms)"] = round(met.wait_ms[priority], 1)
    column |= {"placed": met.placed, "pending": met.pending, "finished": met.finished, "preemptions": met.preemptions}
    column |= {"lost": met.lost, "recovered": met.recovered, "recovery (ms)": round(met.recovery_ms, 1), "fairness": round(met.fairness, 3)}
    return dict(column)
