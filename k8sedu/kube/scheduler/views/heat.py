"""Nodes against plugins: a heat map of the scores with the verdicts beside them, and the same as tables.

The colour of a cell says how good the node is at this plugin, from 0 to 100, whatever number stands in it: so raw counts, of which fewer
are better, and weighted points can be read with the same eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from k8sedu.kube.scheduler.statuses import Code
from k8sedu.kube.scheduler.views.chosen import shown_nodes
from k8sedu.kube.scheduler.views.tones import said, short_name
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour

Values: TypeAlias = Literal["raw", "normalized", "weighted"]

NAMED = {
    "raw": Words("raw scores", "原始得分"),
    "normalized": Words("scores from 0 to 100", "归一化得分（0 到 100）"),
    "weighted": Words("scores times weights", "加权得分"),
}
NARROW = 0.5
"""The width of a filter's column; a scorer's is 1."""
LEAST = 3
"""Room for a reason where nobody scores."""


def heat_map(
    explanation: Any, values: Values = "weighted", *, nodes: int = 24, ax: Axes | None = None, language: str | None = None,
    theme: Theme = "light",
) -> Axes:  # fmt: skip
    """Nodes × plugins: on the left what each filter says by itself, on the right each score; refused nodes have their reason instead.

    Args:
        explanation: of one pod, as `Framework.explain` gives it.
        values: which numbers stand in the cells; the colour is always the score from 0 to 100.
        nodes: how many rows there are at most.
        ax: where to draw.
        language: "en" or "zh".
        theme: the paper.
    """
    names = shown_nodes(explanation, nodes)
    ax = charts.axes(ax, title=_title(explanation, NAMED[values]).in_(language), theme=theme, size=(8.4, 1.6 + 0.3 * len(names)))
    sheet = _Sheet(ax, explanation, NARROW * len(explanation.filters) + 0.2, language, theme)
    with charts.style(theme):
        for row, name in enumerate(names):
            sheet.verdicts(row, name)
            if name in explanation.totals:
                sheet.scores(row, name, getattr(explanation, values))
            else:
                sheet.reason(row, name)
    sheet.label(names)
    return ax


def _title(explanation: Any, which: Words) -> Words:
    pod, node = explanation.pod.name, explanation.node
    if not node:
        return Words(f"{pod}: no node passes", f"{pod}：没有节点通过")
    return Words(f"{pod} goes to {node}: {which.en}", f"{pod} 去 {node}：{which.zh}")


class _Sheet(NamedTuple):
    """The paper of a heat map: scores begin at `start`."""

    ax: Axes
    explanation: Any
    start: float
    language: str | None
    theme: Theme

    def verdicts(self, row: int, name: str) -> None:
        """A dot where a filter lets the node pass, a cross where it does not; the first cross is the one that counts."""
        verdicts = self.explanation.verdicts
        first = verdicts[name].plugin if name in verdicts else ""
        for place, (plugin, column) in enumerate(self.explanation.filters.items()):
            x, status = NARROW * (place + 0.5), column.get(name)
            if status is None:
                continue
            if status.is_success:
                self.ax.plot(x, row, marker="o", markersize=4, color=colour("green", self.theme))
            else:
                size, width = (8, 2.4) if plugin == first else (6, 1)
                self.ax.plot(x, row, marker="x", markersize=size, markeredgewidth=width, color=colour("vermillion", self.theme))

    def scores(self, row: int, name: str, numbers: Any) -> None:
        """A cell per scorer, and the total; the chosen node has a rim."""
        is_chosen = name == self.explanation.node
        for place, plugin in enumerate(self.explanation.weighted):
            share = self.explanation.normalized[plugin].get(name, 0) / 100
            self._cell(self.start + place, row, 1.0, "blue", 0.06 + 0.5 * share)
            self.ax.text(self.start + place + 0.5, row, str(numbers[plugin].get(name, 0)), ha="center", va="center", fontsize=9.5)
        end, weight = self.start + len(self.explanation.weighted), "bold" if is_chosen else "normal"
        self.ax.text(end + 0.5, row, str(self.explanation.totals[name]), ha="center", va="center", fontsize=10, weight=weight)
        if is_chosen:
            rim: dict[str, Any] = {"fill": False, "edgecolor": colour("ink", self.theme), "linewidth": 2, "clip_on": False}
            self.ax.add_patch(Rectangle((self.start, row - 0.5), end - self.start + 1, 1, **rim))

    def reason(self, row: int, name: str) -> None:
        """Why a node has no scores."""
        status = self.explanation.verdicts.get(name)
        if status is not None and status.is_success:
            return
        text = Words("not looked at", "没有查看") if status is None else said(status.reasons)
        self._cell(self.start, row, max(len(self.explanation.weighted), LEAST), "grey", 0.14)
        self.ax.text(
            self.start + 0.2, row, text.in_(self.language), ha="left", va="center", fontsize=9.5, color=colour("muted", self.theme)
        )

    def _cell(self, x: float, row: int, w: float, role: str, alpha: float) -> None:
        self.ax.add_patch(
            Rectangle((x + 0.03, row - 0.45), w - 0.06, 0.9, facecolor=colour(role, self.theme), alpha=alpha, linewidth=0)
        )

    def label(self, names: Sequence[str]) -> None:
        """Names of nodes and plugins."""
        scorers = list(self.explanation.weighted)
        ticks = [NARROW * (place + 0.5) for place in range(len(self.explanation.filters))]
        labels = [short_name(plugin) for plugin in self.explanation.filters]
        if scorers:
            ticks += [self.start + place + 0.5 for place in range(len(scorers) + 1)]
            labels += [*(short_name(plugin) for plugin in scorers), Words("total", "总分").in_(self.language)]
        self.ax.set_xticks(ticks, labels, rotation=38, ha="right", rotation_mode="anchor", fontsize=9.5)
        self.ax.set_yticks(range(len(names)), names)
        self.ax.set_xlim(0, self.start + max(len(scorers), LEAST) + bool(scorers))
        self.ax.set_ylim(len(names) - 0.4, -0.6)
        self.ax.tick_params(length=0)
        for side in ("left", "bottom"):
            self.ax.spines[side].set_visible(False)


# -- tables ------------------------------------------------------------------------------------------------------------------------------


def verdict_table(explanation: Any) -> pd.DataFrame:
    """Why each node is out, or that it passes: a row per node, indexed by its name.

    Columns: verdict str ("passes", or the status code), plugin str, reasons str.
    """
    rows = [_verdict_row(explanation.verdicts.get(name)) for name in explanation.nodes]
    return pd.DataFrame(rows, columns=["verdict", "plugin", "reasons"], index=pd.Index(explanation.nodes, name="node"))


def _verdict_row(status: Any) -> tuple[str, str, str]:
    if status is None:
        return "not looked at", "", ""
    return ("passes", "", "") if status.is_success else (str(status.code), status.plugin, ", ".join(status.reasons))


def score_table(explanation: Any, values: Values = "weighted") -> pd.DataFrame:
    """The scores of every feasible node: a row per node, a column of integers per plugin, the best node first.

    Weighted scores add up, so they have a column `total`, too.
    """
    numbers, order = getattr(explanation, values), sorted(explanation.totals, key=lambda name: -explanation.totals[name])
    columns = {plugin: [column[name] for name in order] for plugin, column in numbers.items()}
    if values == "weighted":
        columns["total"] = [explanation.totals[name] for name in order]
    return pd.DataFrame(columns, index=pd.Index(order, name="node"), dtype="int64")


def filter_table(explanation: Any) -> pd.DataFrame:
    """What each filter says of each node by itself: a row per node, a column per filter; empty where it passes."""
    columns = {plugin: dict(_reasons(column, explanation.nodes)) for plugin, column in explanation.filters.items()}
    frame = pd.DataFrame(columns, index=pd.Index(explanation.nodes, name="node"))
    return frame.fillna("")


def _reasons(column: Any, nodes: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name in nodes:
        status = column.get(name)
        yield name, "" if status is None or status.is_success else ", ".join(status.reasons) or str(Code.UNSCHEDULABLE)
