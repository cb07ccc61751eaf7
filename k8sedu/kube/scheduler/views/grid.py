"""Where things stand in the picture of a cycle: a row per node, a column per filter, and a bar for the scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8sedu.kube.scheduler.views.chosen import left_over, shown_nodes
from k8sedu.language import Words

WIDTH = 590.0
TOP, GAP, FOOT = 44.0, 5.0, 22.0
NAME_W = 100.0
FILTER_X = 112.0
TOTAL_X, SIGN_X = 560.0, 575.0
ROW_H, ROW_MAX = 40.0, 56.0
HEIGHT_MIN, HEIGHT_MAX = 300.0, 452.0
CARD_HEAD, CARD_ROW = 88.0, 20.0
DETAILS = 152.0
"""Room below the card for what the panel says of a node."""
ROWS = 11
"""So many nodes fit with letters of twelve pixels."""


class Grid:
    """The measures of one film, the same in each of its pictures.

    Args:
        explanation: of one pod, as `Framework.explain` gives it.
        limit: how many nodes are drawn at most.
        always: nodes that must be among them.
        filters: the columns, where they are not those of this explanation alone: several cycles share one film.
        scorers: the pieces of the bars, likewise.
    """

    def __init__(
        self, explanation: Any, *, limit: int = ROWS, always: Sequence[str] = (), filters: Sequence[str] | None = None,
        scorers: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Choose the nodes, and divide the room among plugins."""
        self.nodes = shown_nodes(explanation, limit, always)
        self.rest: Words | None = left_over(explanation, self.nodes)
        self.filters = list(explanation.filters if filters is None else filters)
        self.scorers = list((explanation.weighted if explanation.was_scored else ()) if scorers is None else scorers)
        self.plugins = [*self.filters, *(name for name in self.scorers if name not in self.filters)]
        self.most = 100 * sum(explanation.weights.get(name, 1) for name in self.scorers)
        card_height = CARD_HEAD + CARD_ROW * len(self.plugins) + 8
        wanted = max(TOP + (ROW_H + GAP) * len(self.nodes) + self._foot, card_height + DETAILS)
        self.fix(height=min(HEIGHT_MAX, max(HEIGHT_MIN, wanted)), card_height=card_height)
        self.column_w = min(32.0, max(20.0, 200 / max(len(self.filters), 1)))
        self.bar_x = FILTER_X + self.column_w * len(self.filters) + 10
        self.bar_w = TOTAL_X - 46 - self.bar_x

    @property
    def _foot(self) -> float:
        return FOOT if self.rest else 0.0

    def fix(self, *, height: float, card_height: float) -> None:
        """Take a paper of this size, whatever there is to draw."""
        self.height, self.card_height = height, card_height
        self.row_h = min(ROW_MAX, (height - TOP - self._foot) / max(len(self.nodes), 1) - GAP)

    def top(self, place: int) -> float:
        """The upper edge of a row."""
        return TOP + (self.row_h + GAP) * place

    def column(self, place: int) -> float:
        """The middle of a filter's column."""
        return FILTER_X + self.column_w * (place + 0.5)

    def length(self, score: float) -> float:
        """How long a score is as a bar."""
        return self.bar_w * score / self.most if self.most else 0.0
