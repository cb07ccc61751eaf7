"""Charts of Borg: what polling costs, how a failover passes, who waits behind whom; and a run as a table.

Left out: utilisation and waits, which `k8sedu.workload.views` draws for every manager.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from k8sedu.borg.polling import Load
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Step, Trace
from k8sedu.workload.views.palette import ROLES

PHASES = (
    ("silence", Words("nobody has noticed", "还没人发现"), "grey"),
    ("votes", Words("votes", "投票"), "orange"),
    ("state", Words("goes through the state", "过一遍状态"), "blue"),
    ("first", Words("first new placement", "首个新放置"), "green"),
)
"""The phases of a failover, in their order."""


def polling_chart(loads: Sequence[Load], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How long a round of polls works the busiest link shard, and the master, for several numbers of shards. Bars, logarithmic."""
    ax = charts.axes(
        ax,
        title=Words("Link shards divide the reading; the master's work stays", "链接分片分摊阅读；主控的工作不变").in_(language),
        x=Words("link shards, and how many reports are heard in a second", "链接分片数，以及每秒能听取的上报数").in_(language),
        y=Words("work for one round (ms)", "一轮轮询的工作量（毫秒）").in_(language),
        theme=theme,
    )
    shard, master = Words("busiest shard", "最忙的分片").in_(language), Words("master", "主控").in_(language)
    with charts.style(theme):
        for number, load in enumerate(loads):
            pairs = ((-0.2, load.shard_ms, "sky"), (0.2, load.master_ms, "orange"))
            for offset, height, role in pairs:
                if height:
                    ax.bar(number + offset, height, width=0.36, color=colour(role, theme))
                    ax.text(number + offset, height * 1.06, f"{height:,.0f}", ha="center", va="bottom", fontsize=10)
        ax.bar(0, 0, color=colour("sky", theme), label=shard)
        ax.bar(0, 0, color=colour("orange", theme), label=master)
        ax.legend(loc="upper right")
        ax.set_yscale("log")
        ax.set_ylim(min(load.master_ms for load in loads) / 2 or 1, 3 * max(load.round_ms for load in loads))
        per_second = Words("/s", "/秒").in_(language)
        ax.set_xticks(range(len(loads)), [f"{load.shards}\n{load.reports_per_s:,.0f} {per_second}" for load in loads])
        ax.grid(axis="y", color=colour("line", theme))
    return ax


def failovers(trace: Trace) -> list[dict[str, float]]:
    """Each loss of a working master as the lengths of its phases in seconds, by the names of `PHASES`, as far as the run reached them."""
    return [_phases(trace, lost) for lost in trace.where("master_lost")]


def _phases(trace: Trace, lost: Step) -> dict[str, float]:
    steps = [step for step in trace if step.index > lost.index]
    ready = next((step for step in steps if step.kind == "master_ready"), None)
    if ready is None:
        return {}
    before = [step for step in steps if step.index < ready.index]
    elected = next(step for step in reversed(before) if step.kind == "become_leader")
    stood = next(step for step in reversed(before) if step.kind == "election_timeout" and step.actor == elected.actor)
    moments = [lost, stood, elected, ready, next((step for step in steps if step.index > ready.index and step.kind == "place"), None)]
    names = [name for name, _, _ in PHASES]
    return {
        name: (end.time_us - start.time_us) / 1_000_000
        for name, start, end in zip(names, moments, moments[1:], strict=False)
        if start is not None and end is not None
    }


def recovery_timeline(
    traces: Mapping[str, Trace], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:
    """How the time of a failover passes, a bar for each loss of a master in each named run."""
    ax = charts.axes(
        ax,
        title=Words("A failover: mostly waiting, then reading", "主控故障转移：大半在等待，然后是读状态").in_(language),
        x=Words("seconds since the master was lost", "主控丢失后的秒数").in_(language),
        theme=theme,
    )
    rows = [(name, phases) for name, trace in traces.items() for phases in failovers(trace)]
    with charts.style(theme):
        for number, (_, phases) in enumerate(rows):
            start = 0.0
            for name, _, role in PHASES:
                ax.barh(number, phases.get(name, 0.0), left=start, height=0.55, color=colour(role, theme))
                start += phases.get(name, 0.0)
            ax.text(start + 0.15, number, f"{start:.1f} s", va="center", fontsize=10)
        for _, words, role in PHASES:
            ax.barh(0, 0, color=colour(role, theme), label=words.in_(language))
        ax.legend(loc="upper left", bbox_to_anchor=(0, -0.22), ncols=4, fontsize=9)
        ax.set_yticks(range(len(rows)), [name for name, _ in rows])
        ax.invert_yaxis()
        ax.set_xlim(0, 1.12 * max([1.0, *(sum(phases.values()) for _, phases in rows)]))
    return ax


def head_of_line(traces: Mapping[str, Trace], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """When each user's tasks are placed, a row of ticks for each user in each named run: who waits behind whom."""
    ax = charts.axes(
        ax,
        title=Words("One tick for each placement: who waits behind whom", "每次放置一个刻度：谁排在谁后面").in_(language),
        theme=theme,
    )
    rows, last_us = list[str](), 1
    with charts.style(theme):
        for name, trace in traces.items():
            jobs = trace.parameters.jobs
            users = list(dict.fromkeys(job.user for job in jobs.values()))
            for number, user in enumerate(users):
                mine = [step.time_us for step in trace.where("place") if jobs[step.detail.task.rpartition("/")[0]].user == user]
                ax.vlines(mine, len(rows) - 0.34, len(rows) + 0.34, color=colour(ROLES[number % len(ROLES)], theme), linewidth=2)
                last_us = max(last_us, *mine) if mine else last_us
                rows.append(f"{name}: {user}")
        ax.set_yticks(range(len(rows)), rows)
        ax.set_ylim(len(rows) - 0.5, -0.5)
    charts.time_axis(ax, start_us=0, end_us=last_us * 1.05)
    return ax


def polling_table(loads: Sequence[Load], *, language: str | None = None) -> pd.DataFrame:
    """Numbers of polls side by side: a column for each load; lines and messages per round, times in milliseconds."""
    rows = {words.in_(language): [getattr(load, field) for load in loads] for words, field in COUNTS}
    shards = [Words(f"{load.shards} shards", f"{load.shards} 个分片").in_(language) for load in loads]
    return pd.DataFrame(rows, index=shards).T.round(0).astype(int)


COUNTS = (
    (Words("borglets asked", "被问的 borglet"), "polls"),
    (Words("lines reported", "上报的行数"), "report_lines"),
    (Words("lines, busiest shard", "最忙分片读的行数"), "shard_lines"),
    (Words("messages to the master", "给主控的消息"), "master_messages"),
    (Words("lines to the master", "给主控的行数"), "master_lines"),
    (Words("shortest round (ms)", "最短一轮（毫秒）"), "round_ms"),
    (Words("reports per second", "每秒上报数"), "reports_per_s"),
)
"""The rows of `polling_table`, with the fields of a load that they show."""


def table(trace: Trace) -> pd.DataFrame:
    """A run as a table: one row per step; columns time_ms float64, kind str, actor str, task str, machine str, detail str."""
    return pd.DataFrame([_row(step) for step in trace], columns=["time_ms", "kind", "actor", "task", "machine", "detail"])


def _row(step: Step) -> tuple[float, str, str, str, str, str]:
    detail = step.detail
    rest = ", ".join(f"{key}={value}" for key, value in detail.items() if key not in {"task", "machine", "shards"})
    return step.time_ms, step.kind, step.actor, detail.get("task", ""), detail.get("machine", ""), rest
