"""Charts and tables of a Docker host: how the table grows out of hand, who had which address, and what one has to know by heart."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from k8sedu.docker.views.film import pictured
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Step, Trace

ROLES = ("blue", "orange", "green", "purple", "sky", "vermillion")


def growth_chart(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """Rules of the firewall, rows of the table, and refused commands, against the containers that run.

    Raises:
        PortsError: the trace is of something else, or was made without frames.
    """
    ax = charts.axes(
        ax,
        title=Words("Every container costs rows, rules, and more and more refusals", "容器越多，端口表、规则与冲突越多").in_(language),
        x=Words("containers on one host", "同一宿主机上的容器数").in_(language), y=Words("count", "数量").in_(language), theme=theme,
    )  # fmt: skip
    rows = growth(trace)
    named = {
        "rules": (Words("rules", "规则"), "blue"), "conflicts": (Words("conflicts so far", "累计冲突"), "vermillion"),
        "rows": (Words("rows", "端口表行数"), "green"),
    }  # fmt: skip
    with charts.style(theme):
        ends = charts.apart([int(rows[name].iloc[-1]) for name in named], gap=rows[[*named]].to_numpy().max() / 16)
        for (name, (words, role)), end in zip(named.items(), ends, strict=True):
            shade = colour(role, theme)
            ax.plot(rows["containers"], rows[name], color=shade)
            text = f"{rows[name].iloc[-1]} {words.in_(language)}"
            ax.text(rows["containers"].iloc[-1] * 1.02, end, text, va="center", color=shade, clip_on=False)
    ax.set_xlim(0, max(1, rows["containers"].max()))
    ax.set_ylim(0)
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    return ax


def growth(trace: Trace) -> pd.DataFrame:
    """One row per number of running containers, at its last moment: containers, rows, rules, conflicts, all int64."""
    last = {step.frame.counts.running: step.frame.counts for step in pictured(trace) if step.frame is not None}
    rows = [(running, counts.rows, counts.rules, counts.conflicts) for running, counts in sorted(last.items())]
    return pd.DataFrame(rows, columns=["containers", "rows", "rules", "conflicts"]).astype("int64")


def address_timeline(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """A lane per address of the bridge: which container had it, and when.

    Raises:
        PortsError: the trace is of something else, or was made without frames.
    """
    ax = charts.axes(
        ax,
        title=Words("An address is not a name: who had which, and when", "地址不是名字：谁在什么时候用哪个地址").in_(language), theme=theme,
    )  # fmt: skip
    spans = list(tenures(trace))
    names = list(dict.fromkeys(name for name, *_ in spans))
    addresses = sorted({address for _, address, *_ in spans}, key=lambda text: tuple(map(int, text.split("."))))
    with charts.style(theme):
        for name, address, start_us, end_us in spans:
            role = ROLES[names.index(name) % len(ROLES)]
            lane = addresses.index(address)
            ax.barh(lane, end_us - start_us, left=start_us, height=0.62, color=colour(role, theme), edgecolor=colour("paper", theme))
            if end_us - start_us > trace.duration_us * 0.012 * len(name):
                ax.text((start_us + end_us) / 2, lane, name, ha="center", va="center", color=colour(f"on:{role}", theme), fontsize=10)
    ax.set_yticks(range(len(addresses)), addresses)
    ax.invert_yaxis()
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us)
    return ax


def tenures(trace: Trace) -> Iterator[tuple[str, str, int, int]]:
    """(container, address, from µs, until µs): every address that every container had."""
    held: dict[str, tuple[str, int]] = {}
    for step in pictured(trace):
        assert step.frame is not None
        now = {name: state.address for name, state in step.frame.containers.items() if state.address}
        for name, (address, start_us) in list(held.items()):
            if now.get(name) != address:
                yield name, address, start_us, step.time_us
                del held[name]
        held |= {name: (address, step.time_us) for name, address in now.items() if name not in held}
    yield from ((name, address, start_us, trace.duration_us) for name, (address, start_us) in held.items())


def table(trace: Trace) -> pd.DataFrame:
    """One row per step: time_us int64, kind, actor, and `text`, what one would have seen at the terminal."""
    rows = [(step.time_us, step.kind, step.actor, _text(step)) for step in trace]
    return pd.DataFrame(rows, columns=["time_us", "kind", "actor", "text"]).astype({"time_us": "int64"})


def _text(step: Step) -> str:
    detail = step.detail
    if "packet" in detail:
        return f"{detail.source} → {detail.destination} at {detail.place}" + (f" [{detail.rule}]" if detail.rule else "")
    if "text" in detail:
        return str(detail.text)
    return " ".join(filter(None, [detail.get("address", ""), *detail.get("ports", ())]))


def port_table(trace: Trace, *, step: int = -1) -> pd.DataFrame:
    """The port table as it stood after a step: what one has to know by heart.

    One row per published port; columns host_port int64, protocol, container, container_address, container_port int64.
    """
    frame = pictured(trace)[step].frame
    assert frame is not None
    columns = ["host_port", "protocol", "container", "container_address", "container_port"]
    rows = pd.DataFrame([[row[name] for name in columns] for row in frame.rows], columns=columns)
    return rows.astype({"host_port": "int64", "container_port": "int64"})
