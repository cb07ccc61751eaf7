"""Three curves that are often taken for one: how many rules there are, what a first packet is asked, and what a change writes.

The model's numbers are counts (rules compared, lines written), the same on every machine. Published measurements are seconds of real
clusters; they are drawn on an axis of their own, and each names its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from k8sedu.kube.proxy.views.walk import WalkError
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour

ROLES = {"userspace": "purple", "iptables": "orange", "ipvs": "blue", "nftables": "green"}
MARKERS = {"userspace": "v", "iptables": "o", "ipvs": "s", "nftables": "D"}
SERVICES = Words("Services", "Service 数")


def cost_table(costs: Iterable[Any]) -> pd.DataFrame:
    """A row per mode and size, as `sim.scaling` gives them: mode, services, rules, asked_first, asked_last, asked_mean, written_full,
    written_change, full_s, change_s, walk_s (the last three empty where no clock was given).

    Raises:
        WalkError: there is nothing to show.
    """
    return pd.DataFrame(_checked(costs)).set_index(["mode", "services"])


def _checked(costs: Iterable[Any]) -> list[Any]:
    found = list(costs)
    if not found:
        raise WalkError("met no costs, expected those of kube.proxy.scaling(…)")
    return found


def rules_chart(costs: Iterable[Any], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How many rules a node holds, by the number of Services.

    Raises:
        WalkError: there is nothing to show.
    """
    title = Words("iptables and nftables hold rules for each Service", "iptables 和 nftables 为每个 Service 存规则")
    y = Words("rules on a node", "每个节点的规则数")
    return _curves(costs, lambda cost: cost.rules, title, y, ax=ax, language=language, theme=theme)


def first_packet_chart(costs: Iterable[Any], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How many rules the first packet of a connection is compared with, on the average of the Services.

    Raises:
        WalkError: there is nothing to show.
    """
    title = Words("A first packet: lists grow, tables of hashes do not", "首个数据包：列表越来越长，哈希表不变")
    y = Words("asked per first packet", "首个数据包被问的次数")
    return _curves(costs, lambda cost: cost.asked_mean, title, y, ax=ax, language=language, theme=theme)


def rewrite_chart(
    costs: Iterable[Any], *, published: Iterable[Any] = (), ax: Axes | None = None, language: str | None = None, theme: Theme = "light"
) -> Axes:  # fmt: skip
    """What a sync writes: everything (full line) or one changed Service (dashed); beside it, published seconds on an axis of their own.

    Args:
        costs: as `sim.scaling` gives them.
        published: as `sim.PUBLISHED`; of them those of the curve "rewrite" that have seconds.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.

    Raises:
        WalkError: there is nothing to show.
    """
    found = _checked(costs)
    title = Words("Solid: everything is written; dashed: one change", "实线：全量同步；虚线：只写一处变化")
    y = Words("lines or orders written", "写入的行或指令数")
    ax = _curves(found, lambda cost: cost.written_full, title, y, ax=ax, language=language, theme=theme)
    with charts.style(theme):
        for mode in dict.fromkeys(cost.mode for cost in found):
            rows = [cost for cost in found if cost.mode == mode]
            ax.plot([row.services for row in rows], [max(1, row.written_change) for row in rows], color=_shade(mode, theme), dashes=(3, 2))
        ax.plot([], [], color=colour("muted", theme), dashes=(3, 2), label=Words("one change", "一处变化").in_(language))
        chosen = [each for each in published if each.curve == "rewrite" and each.seconds is not None]
        if chosen:
            _published(ax, chosen, language, theme)
        ax.legend(loc="upper left", fontsize=9, handlelength=2.4)
    return ax


def _published(ax: Axes, chosen: list[Any], language: str | None, theme: Theme) -> None:
    """Measured seconds, on the right."""
    right = ax.twinx()
    right.set_yscale("log")
    right.spines["right"].set_visible(True)
    right.spines["right"].set_color(colour("muted", theme))
    right.tick_params(colors=colour("muted", theme))
    right.set_ylabel(Words("published, seconds (hollow)", "公开测量值，秒（空心）").in_(language), color=colour("muted", theme))
    for source in dict.fromkeys(each.source for each in chosen):
        for mode in dict.fromkeys(each.mode for each in chosen if each.source == source):
            rows = [each for each in chosen if each.source == source and each.mode == mode]
            right.plot(
                [row.services for row in rows], [row.seconds for row in rows], linestyle="none", marker=MARKERS[mode], markersize=6,
                markerfacecolor="none", color=_shade(mode, theme),
            )  # fmt: skip
    lowest, highest = min(each.seconds for each in chosen), max(each.seconds for each in chosen)
    right.set_ylim(lowest / 30, highest * 30)
    right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _curves(
    costs: Iterable[Any], value: Callable[[Any], float], title: Words, y: Words, *, ax: Axes | None, language: str | None, theme: Theme
) -> Axes:  # fmt: skip
    found = _checked(costs)
    ax = charts.axes(ax, title=title.in_(language), x=SERVICES.in_(language), y=y.in_(language), theme=theme, size=(6.2, 3.8))
    with charts.style(theme):
        for mode in dict.fromkeys(cost.mode for cost in found):
            rows = sorted((cost for cost in found if cost.mode == mode), key=lambda cost: cost.services)
            ax.plot(
                [row.services for row in rows], [max(1, value(row)) for row in rows], color=_shade(mode, theme),
                marker=MARKERS.get(mode, "o"), markersize=5, label=mode,
            )  # fmt: skip
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_ylim(1)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}".replace(",", "\u202f")))
            axis.set_minor_formatter(NullFormatter())
        ax.grid(axis="y")
        ax.legend(loc="upper left", fontsize=9)
    return ax


def _shade(mode: str, theme: Theme) -> str:
    return colour(ROLES.get(mode, "grey"), theme)


def cost_curves(
    costs: Iterable[Any], *, published: Iterable[Any] = (), language: str | None = None, theme: Theme = "light"
) -> Figure:  # fmt: skip
    """The three curves beside each other: rules, first packet, rewriting (with what was published).

    Raises:
        WalkError: there is nothing to show.
    """
    found = _checked(costs)
    charts.axes(plt.figure(figsize=(1, 1)).add_subplot(), theme=theme)
    plt.close()
    with charts.style(theme):
        figure, (one, other, third) = plt.subplots(1, 3, figsize=(14.4, 4.2))
    rules_chart(found, ax=one, language=language, theme=theme)
    first_packet_chart(found, ax=other, language=language, theme=theme)
    rewrite_chart(found, published=published, ax=third, language=language, theme=theme)
    for ax in (one, other, third):
        ax.title.set_fontsize(10)
    return figure
