"""Packing as curves: what was given away against what was asked for, beside the published curves."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.workload.packing.curve import Mean
from k8sedu.workload.packing.policies import POLICIES
from k8sedu.workload.views.labels import name_ends

SHADES = ("grey", "sky", "orange", "purple", "blue", "green")
NAMES = {
    "random": Words("random", "随机"),
    "dotprod": Words("dot product", "点积"),
    "gpuclustering": Words("GPU clustering", "GPU 聚类"),
    "gpupacking": Words("GPU packing", "GPU 装箱"),
    "bestfit": Words("best fit", "最佳适配"),
    "fgd": Words("FGD", "FGD"),
}

def allocation_chart(
    means: Mapping[str, Mean],
    *,
    published: Mapping[str, Mean] | None = None,
    ax: Axes | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """GPUs given away against GPUs asked for, a curve per policy, from 80 % on; published means as rings.

    Args:
        means: as `k8sedu.workload.packing.mean` gives them.
        published: as `k8sedu.workload.packing.published.parse` gives them.
        ax: the Axes to draw on.
        language: "en" or "zh".
        theme: "light" or "dark".
    """
    ax = charts.axes(
        ax,
        title=Words("Who packs better has GPUs left when others have none", "装得更好的策略，在别人用尽时仍有 GPU 可分").in_(language),
        x=Words("GPUs asked for (% of all)", "已请求的 GPU（占全部 %）").in_(language),
        y=Words("GPUs given away (% of all)", "已分配的 GPU（占全部 %）").in_(language),
        theme=theme,
    )
    ends = {}
    with charts.style(theme):
        for policy, found in means.items():
            ends[policy] = _curve(ax, found, theme)
        _frame(ax, means, theme=theme, language=language)
        for policy, theirs in (published or {}).items():
            if policy in means:
                _rings(ax, theirs, theme)
    named = {policy: (NAMES[policy].in_(language) if policy in NAMES else policy) for policy in ends}
    name_ends(ax, {f"{named[policy]}  {y:.1f}": (x, y, shade_of(policy)) for policy, (x, y) in ends.items()}, theme=theme)
    with charts.style(theme):
        if published:
            said = Words("rings: published means", "圆圈：已发表的均值").in_(language)
            ax.text(0.99, 0.03, said, transform=ax.transAxes, fontsize=10, ha="right", color=colour("muted", theme))
    return ax


def _curve(ax: Axes, found: Mean, theme: Theme) -> tuple[float, float]:
    shade = colour(shade_of(found.policy), theme)
    xs, ys = list(found.allocation), list(found.allocation.values())
    ax.plot(xs, ys, color=shade)
    if found.runs > 1:
        spread = [found.deviation[x] for x in xs]
        below, above = [y - d for y, d in zip(ys, spread, strict=True)], [y + d for y, d in zip(ys, spread, strict=True)]
        ax.fill_between(xs, below, above, color=shade, alpha=0.18, linewidth=0)
    return xs[-1], ys[-1]


def _rings(ax: Axes, published: Mean, theme: Theme) -> None:
    """The published means that lie within the frame; those on its edge are drawn whole."""
    low, high = ax.get_xlim()
    there = {x: y for x, y in published.allocation.items() if low <= x <= high}
    shade = colour(shade_of(published.policy), theme)
    ax.plot(list(there), list(there.values()), "o", markersize=5, markerfacecolor="none", color=shade, clip_on=False)


def _frame(ax: Axes, means: Mapping[str, Mean], *, theme: Theme, language: str | None) -> None:
    last = max((max(found.allocation) for found in means.values()), default=100)
    start = 80 if last > 100 else last // 20 * 10
    lowest = min((y for found in means.values() for x, y in found.allocation.items() if x >= start), default=start)
    ax.plot([0, last], [0, last], color=colour("line", theme), linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    ax.set_xlim(start, last)
    ax.set_ylim(min(lowest, start) - 1, 101)
    ax.set_xticks(range(int(start), last + 1, 10))
    if last > 100:
        said = Words("all that was asked for", "请求多少给多少").in_(language)
        ax.text(98.6, 99.2, said, fontsize=10, ha="right", color=colour("muted", theme))


def shade_of(policy: str) -> str:
    """The colour of a policy's curve: the same in every chart. Rules that are not of the six share two, by how their names end."""
    if policy in POLICIES:
        return SHADES[POLICIES.index(policy)]
    return "ink" if policy.endswith("most-allocated") else "vermillion"


def allocation_table(
    means: Mapping[str, Mean], *, published: Mapping[str, Mean] | None = None, at: tuple[int, ...] = (100, 130)
) -> pd.DataFrame:
    """One row per policy: GPUs given away (%) when so many per cent had been asked for, with deviation and, if given, the published means.

    Columns: `N %`, `N % sd`, and with `published` also `N % published` and `N % gap` (ours minus theirs).
    """
    rows = {}
    for policy, found in means.items():
        row: dict[str, float] = {}
        theirs = (published or {}).get(policy)
        for percent in at:
            if percent not in found.allocation:
                continue
            row |= {f"{percent} %": round(found.allocation[percent], 2), f"{percent} % sd": round(found.deviation[percent], 2)}
            if theirs is not None and percent in theirs.allocation:
                gap = found.allocation[percent] - theirs.allocation[percent]
                row |= {f"{percent} % published": round(theirs.allocation[percent], 2), f"{percent} % gap": round(gap, 2)}
        rows[policy] = row
    return pd.DataFrame.from_dict(rows, orient="index")
