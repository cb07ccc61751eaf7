"""Two profiles on the same pods, side by side: how full each node is in the end, and how unevenly.

One profile's bars go to the left, the other's to the right, a row per node. Of many nodes the shares are sorted and drawn as curves: flat
is even, steep is packed.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour

MANY = 24
"""Of more nodes than these the shares are drawn as curves."""
SHOWN = (("cpu", Words("cpu", "cpu"), "blue", -0.19), ("memory", Words("memory", "内存"), "orange", 0.19))


def imbalance_table(comparison: Any) -> pd.DataFrame:
    """How evenly each profile fills the nodes: a row per resource and profile.

    Columns: mean float, deviation float, least float, most float (all in % of a node), empty_nodes int, pending int.
    """
    rows = [{**row, **{key: round(value, 1) for key, value in row.items() if isinstance(value, float)}} for row in comparison.imbalance()]
    return pd.DataFrame(rows).set_index(["resource", "profile"])


def imbalance_chart(comparison: Any, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How full each node is under either profile, in % of what it has.

    Args:
        comparison: of two profiles, as `compare` gives it.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.
    """
    nodes = list(comparison.one.pods)
    size = (7.6, 4.0 if len(nodes) > MANY else 1.7 + 0.32 * len(nodes))
    ax = charts.axes(ax, title=_title(comparison).in_(language), theme=theme, size=size)
    with charts.style(theme):
        if len(nodes) > MANY:
            _curves(ax, comparison, language, theme)
        else:
            _wings(ax, comparison, nodes, language, theme)
    return ax


def _title(comparison: Any) -> Words:
    one, other = (side.imbalance["cpu"].deviation for side in comparison.sides)
    moved, pods = len(comparison.differences), len(comparison.one.placements)
    return Words(
        f"{moved} of {pods} pods go elsewhere; cpu deviates by {one:.0f} % or {other:.0f} % from node to node",
        f"{pods} 个 Pod 中 {moved} 个去向不同；节点间 cpu 的标准差为 {one:.0f}% 与 {other:.0f}%",
    )


def _wings(ax: Axes, comparison: Any, nodes: list[str], language: str | None, theme: Theme) -> None:
    for side, sign in zip(comparison.sides, (-1, 1), strict=True):
        for resource, _, role, offset in SHOWN:
            widths = [sign * side.taken[resource].get(node, 0.0) for node in nodes]
            ax.barh([row + offset for row in range(len(nodes))], widths, height=0.34, color=colour(role, theme), linewidth=0)
        _head(ax, side, sign, language, theme)
    for _, words, role, _ in SHOWN:
        ax.barh(0, 0, color=colour(role, theme), label=words.in_(language))
    ax.axvline(0, color=colour("muted", theme), linewidth=1)
    ax.set_yticks(range(len(nodes)), nodes)
    ax.set_ylim(len(nodes) - 0.4, -1.5)
    ax.set_xlim(-104, 104)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.0f}"))
    ax.set_xlabel(Words("of what the node has (%)", "占节点可分配量（%）").in_(language))
    ax.grid(axis="x", color=colour("line", theme))
    ax.legend(loc="lower right", ncols=2, fontsize=9, bbox_to_anchor=(1, -0.02 - 0.75 / (0.7 + 0.32 * len(nodes))))


def _head(ax: Axes, side: Any, sign: int, language: str | None, theme: Theme) -> None:
    """The profile's name, and what it leaves."""
    ax.text(52 * sign, -1.15, side.profile, ha="center", va="center", fontsize=10.5, weight="bold")
    left = Words(f"{side.empty_nodes} empty, {len(side.pending)} pending", f"空节点 {side.empty_nodes}，未调度 {len(side.pending)}")
    ax.text(52 * sign, -0.72, left.in_(language), ha="center", va="center", fontsize=9, color=colour("muted", theme))


def _curves(ax: Axes, comparison: Any, language: str | None, theme: Theme) -> None:
    for side, is_dashed in zip(comparison.sides, (False, True), strict=True):
        for resource, words, role, _ in SHOWN:
            shares = sorted(side.taken[resource].values(), reverse=True)
            label = f"{side.profile}, {words.in_(language)}"
            (line,) = ax.plot(range(1, len(shares) + 1), shares, color=colour(role, theme), label=label)
            if is_dashed:
                line.set_dashes((4, 2))
    ax.set_xlabel(Words("nodes, the fullest first", "节点，从最满的开始").in_(language))
    ax.set_ylabel(Words("of what the node has (%)", "占节点可分配量（%）").in_(language))
    ax.set_ylim(0, 128)
    ax.set_yticks(range(0, 101, 20))
    ax.legend(fontsize=9, ncols=2, loc="upper right")
