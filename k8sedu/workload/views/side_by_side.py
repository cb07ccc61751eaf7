"""Several managers with one workload, in one look: how full, how packed, and who waits.

Each chart takes runs by name, and gives a run the same colour as every other chart here. A dashed line is a machine that fails, a dotted
one whoever decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.views.charts import SHADES, used_over_time, waits
from k8sedu.workload.views.labels import name_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

INSTANTS = 240
"""The moment of the packing chart is looked for at so many times."""
HALF = 0.5
PITCH = 1.5
RESOURCES = {"cpu": Words("CPU", "CPU"), "memory": Words("memory", "内存"), "disk": Words("disk", "磁盘"), "gpu": Words("GPU", "GPU")}


class ComparisonError(K8sEduError, ValueError):
    """Runs that cannot be laid side by side."""


def comparison(
    runs: Mapping[str, Trace], *, resource: str = "cpu", language: str | None = None, theme: Theme = "light"
) -> Figure:
    """One page about several runs: utilisation over time, the machines at the fullest moment, and waits by priority.

    Raises:
        ComparisonError: there is no run.
    """
    named = _priorities(runs)[:3]
    with charts.style(theme):
        figure = plt.figure(figsize=(11, 8))
        upper, lower = figure.subfigures(2, 1, height_ratios=(1, 0.9), squeeze=False)[:, 0]
        left, right = upper.subplots(1, 2, width_ratios=(1.9, 1))
        panels = list(lower.subplots(1, len(named), squeeze=False)[0])
    utilisation_lines(runs, resource=resource, ax=left, language=language, theme=theme)
    packing_chart(runs, resource=resource, ax=right, language=language, theme=theme)
    waits_by_priority(runs, axes=panels, language=language, theme=theme)
    return figure


def utilisation_lines(
    runs: Mapping[str, Trace], *, resource: str = "cpu", ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """How much of a resource ("cpu", "memory", "disk", "gpu") running tasks have asked for, over time, a line per run.

    Raises:
        ComparisonError: there is no run.
    """
    _refuse_none(runs)
    name = RESOURCES[resource].in_(language)
    ax = charts.axes(
        ax,
        title=Words(f"{name} in use over time", f"{name} 占用随时间的变化").in_(language),
        y=Words("of all machines (%)", "占全部机器（%）").in_(language),
        theme=theme,
    )
    end_us = max(trace.duration_us for trace in runs.values())
    ends = {}
    with charts.style(theme):
        for (label, trace), role in zip(runs.items(), _roles(runs), strict=True):
            points = used_over_time(trace, resource)
            ax.step([at for at, _ in points], [100 * share for _, share in points], where="post", color=colour(role, theme), linewidth=1.6)
            ends[label] = (end_us, 100 * points[-1][1], role)
        _failures(ax, runs, theme, language)
        ax.set_ylim(0, 105)
    charts.time_axis(ax, start_us=0, end_us=end_us)
    name_ends(ax, ends, theme=theme)
    return ax


def _failures(ax: Axes, runs: Mapping[str, Trace], theme: Theme, language: str | None) -> None:
    """What fails, once for all runs: it is the same plan."""
    trace = next(iter(runs.values()))
    planned = [line.split() for line in trace.parameters.get("faults", ())]
    for _, at_ms, kind, *words in planned:
        if kind == "crash" and words:
            is_machine = words[0] in trace.parameters.machines
            at_us, dashes = float(at_ms) * 1000, (0, (3, 3)) if is_machine else (0, (1, 2))
            ax.axvline(at_us, color=colour("vermillion", theme), linewidth=1, linestyle=dashes, zorder=0)
            named = words[0] if is_machine else Words("master", "主控").in_(language)
            ax.text(
                at_us, 0.02, f" {named} ×", transform=ax.get_xaxis_transform(), fontsize=9, rotation=90, va="bottom", ha="right",
                color=colour("vermillion", theme),
            )  # fmt: skip


def packing_chart(
    runs: Mapping[str, Trace],
    *,
    at_ms: float | None = None,
    resource: str = "cpu",
    ax: Axes | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """Every machine at one instant, a row of bars per run, the fullest machine first: spread is a plain, packing a cliff.

    Args:
        runs: by name.
        at_ms: the instant; the first at which half is in use otherwise, in the mean of all runs: there the strategies differ most.
        resource: "cpu", "memory", "disk" or "gpu".
        ax: the Axes to draw on.
        language: "en" or "zh".
        theme: "light" or "dark".

    Raises:
        ComparisonError: there is no run.
    """
    _refuse_none(runs)
    at_us = half_full_us(runs, resource) if at_ms is None else round(at_ms * 1000)
    name = RESOURCES[resource].in_(language)
    ax = charts.axes(
        ax,
        title=Words(f"{name} of each machine at {at_us / 1e6:.3g} s", f"第 {at_us / 1e6:.3g} 秒各机器的 {name}").in_(language),
        x=Words("machines, the fullest first", "机器，最满的在前").in_(language),
        theme=theme,
    )
    with charts.style(theme):
        rows = list(zip(runs.items(), _roles(runs), strict=True))
        for number, ((label, trace), role) in enumerate(reversed(rows)):
            shares = sorted(machine_shares(trace, at_us, resource), reverse=True)
            _row_of_bars(ax, number, shares, role, theme)
            ax.text(0, number * PITCH + 1.06, label, fontsize=9.5, color=colour(role, theme), va="bottom", ha="left")
        ax.set_yticks([])
        ax.set_xticks([])
        ax.set_ylim(0, len(rows) * PITCH)
        for spine in ("left", "bottom"):
            ax.spines[spine].set_visible(False)
    return ax


def _row_of_bars(ax: Axes, number: int, shares: Sequence[float], role: str, theme: Theme) -> None:
    places = range(len(shares))
    bottom, rim = number * PITCH, colour("line", theme)
    ax.bar(places, [1] * len(shares), bottom=bottom, width=0.82, align="edge", color="none", edgecolor=rim, linewidth=1)
    filled = [min(share, 1) for share in shares]
    ax.bar(places, filled, bottom=bottom, width=0.82, align="edge", color=colour(role, theme), alpha=0.75)


def half_full_us(runs: Mapping[str, Trace], resource: str = "cpu") -> int:
    """The first instant (µs) at which half of a resource is in use, in the mean of all runs; the fullest one where it never is."""
    end_us = max(trace.duration_us for trace in runs.values())
    instants = [end_us * number // INSTANTS for number in range(INSTANTS + 1)]
    means = [0.0] * len(instants)
    for trace in runs.values():
        points, place = used_over_time(trace, resource), 0
        for number, instant in enumerate(instants):
            while place + 1 < len(points) and points[place + 1][0] <= instant:
                place += 1
            means[number] += points[place][1] / len(runs)
    first = next((number for number, mean in enumerate(means) if mean >= HALF), None)
    return instants[first if first is not None else max(range(len(means)), key=lambda number: means[number])]


def machine_shares(trace: Trace, at_us: int, resource: str) -> Iterator[float]:
    """The part of each machine's resource that tasks have asked for at one instant; machines without that resource are left out."""
    jobs, machines = trace.parameters.jobs, trace.parameters.machines
    where: dict[str, str] = {}
    for step in trace:
        if step.time_us > at_us:
            break
        if step.kind == "place":
            where[step.detail.task] = step.detail.machine
        elif step.kind in {"preempt", "finish", "fail", "lost", "delete"}:
            where.pop(step.detail.get("task", ""), None)
    used: dict[str, int] = dict.fromkeys(machines, 0)
    for task, machine in where.items():
        used[machine] += jobs[task.rpartition("/")[0]].request.get(resource, 0)
    yield from (used[name] / machine.capacity[resource] for name, machine in machines.items() if machine.capacity.get(resource))


def waits_by_priority(
    runs: Mapping[str, Trace], *, axes: Sequence[Axes] | None = None, language: str | None = None, theme: Theme = "light"
) -> list[Axes]:
    """How long tasks wait for their first machine, a panel per priority (the highest three), a line per run.

    A line that ends below 100 % says that some were never placed.

    Raises:
        ComparisonError: there is no run.
    """
    named = _priorities(runs)[:3]
    if axes is None:
        with charts.style(theme):
            _, row = plt.subplots(1, len(named), figsize=(3.7 * len(named), 3.8), squeeze=False)
        axes = list(row[0])
    longest_s = max([0.1, *(wait / 1000 for trace in runs.values() for priority in named for wait in waits(trace, priority)[0])])
    for number, (priority, ax) in enumerate(zip(named, axes, strict=True)):
        charts.axes(
            ax,
            title=Words(f"Waits at priority {priority} (mean)", f"优先级 {priority} 的等待（均值）").in_(language),
            x=Words("waited at most (s)", "最多等待（秒）").in_(language),
            y=Words("of the tasks (%)", "占任务（%）").in_(language) if number == 0 else "",
            theme=theme,
        )
        _cdfs(ax, runs, priority, longest_s, theme)
    return list(axes)


def _cdfs(ax: Axes, runs: Mapping[str, Trace], priority: int, longest_s: float, theme: Theme) -> None:
    ends: dict[str, tuple[float, float, str]] = {}
    with charts.style(theme):
        for (label, trace), role in zip(runs.items(), _roles(runs), strict=True):
            found, asked = waits(trace, priority)
            heights = [100 * (place + 1) / max(asked, 1) for place in range(len(found))]
            last = heights[-1] if heights else 0.0
            seconds = [0.0, *(wait / 1000 for wait in found), longest_s]
            ax.step(seconds, [0.0, *heights, last], where="post", color=colour(role, theme), linewidth=1.6)
            mean = sum(found) / len(found) / 1000 if found else 0.0
            ends[f"{label}: {mean:.1f} s"] = (0.34 * longest_s, 7.5 * (len(runs) - len(ends)), role)
        ax.set_ylim(0, 105)
        ax.set_xlim(-0.02 * longest_s, longest_s * 1.02)
    name_ends(ax, ends, theme=theme, size=9.5)


def _roles(runs: Mapping[str, Trace]) -> list[str]:
    return [SHADES[number % len(SHADES)] for number in range(len(runs))]


def _priorities(runs: Mapping[str, Trace]) -> list[int]:
    _refuse_none(runs)
    jobs: Mapping[str, Frozen] = next(iter(runs.values())).parameters.jobs
    return sorted({job.priority for job in jobs.values()}, reverse=True)


def _refuse_none(runs: Mapping[str, Trace]) -> None:
    if not runs:
        raise ComparisonError("met no run, expected at least one")
