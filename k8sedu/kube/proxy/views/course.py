"""A walk cut into pictures: the chains that stand on one page, and the moments at which the packet stands on one of their rows.

A walk is a list of steps. On a slide there is room for a few chains at a time, so the steps of one hook of the kernel become a page; where
a hook asks more chains than fit, it becomes two. Within a page, chains keep their places from moment to moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from k8sedu.kube.proxy.packet import Packet, Step, Walk

COLUMN = 262.0
"""How high a column of chains may be."""
TITLE, ROW, GAP = 22.0, 24.0, 12.0
MOST = 4
"""Rows of a chain that are drawn; of more misses the last ones before the match, and a line that counts the others."""


class Row(NamedTuple):
    """One rule that was asked, and its place in the walk."""

    number: int
    """Of the step, in the walk; -1 for a rule that nobody asks any more."""
    step: Step


@dataclass
class Visit:
    """One chain on a page."""

    table: str
    chain: str
    hook: str
    rows: list[Row] = field(default_factory=list)
    rest: tuple[str, ...] = ()
    """Rules behind the match, which are not asked."""

    @property
    def skipped(self) -> int:
        """How many misses are only counted."""
        return max(0, len(self.rows) - MOST) + (len(self.rows) > MOST)

    @property
    def lines(self) -> list[Row]:
        """The rows that are drawn."""
        return self.rows[self.skipped :]

    @property
    def room(self) -> int:
        """How many lines it takes."""
        return len(self.lines) + bool(self.skipped) + self.rests

    @property
    def rests(self) -> int:
        """Lines for rules that are not asked: the next one where there is room, else their number."""
        return min(1, len(self.rest)) if len(self.lines) + bool(self.skipped) < MOST + 1 else 0

    @property
    def height(self) -> float:
        """In px."""
        return TITLE + ROW * self.room + GAP


class Spot(NamedTuple):
    """Where a chain stands on its page: column 0 or 1, and how far down."""

    visit: Visit
    column: int
    y: float


class Moment(NamedTuple):
    """One picture of the film."""

    kind: Literal["ask", "step", "arrive", "answer", "end"]
    page: tuple[Spot, ...]
    number: int
    """How many steps of this way have been made; -1 before the first."""
    packet: Packet
    is_back: bool
    step: Step | None = None


def moments(walk: Walk, node: Any = None) -> Iterator[Moment]:
    """All pictures of a walk, there and back: each matched step is one, with the misses before it."""
    there, back = pages(walk.steps, walk.mode, node), pages(walk.back, walk.mode, node)
    yield Moment("ask", there[0] if there else (), -1, walk.packet, is_back=False)
    yield from _way(walk.steps, there, is_back=False)
    last = there[-1] if there else ()
    if walk.arrived is not None:
        yield Moment("arrive", last, len(walk.steps), walk.arrived, is_back=False)
        yield from _way(walk.back, back, is_back=True)
    final = walk.answer or (walk.steps[-1].packet if walk.steps else walk.packet)
    is_back = walk.answer is not None
    yield Moment("end", (back or there or ((),))[-1], len(walk.back if is_back else walk.steps), final, is_back=is_back)


def _way(steps: Sequence[Step], found: list[tuple[Spot, ...]], *, is_back: bool) -> Iterator[Moment]:
    for number, step in enumerate(steps):
        if step.is_match or number == len(steps) - 1:
            page = next(page for page in found if any(row.number == number for spot in page for row in spot.visit.rows))
            yield Moment("answer" if is_back else "step", page, number, step.packet, is_back, step)


def pages(steps: Sequence[Step], mode: str = "", node: Any = None) -> list[tuple[Spot, ...]]:
    """The chains of all steps, page by page."""
    found: list[tuple[Spot, ...]] = []
    for visits in _by_hook(steps):
        for visit in visits:
            visit.rest = unasked(visit, mode, node)
        found.extend(_laid_out(visits))
    return found


def _by_hook(steps: Sequence[Step]) -> Iterator[list[Visit]]:
    """The chains that are asked at each hook; one that is entered again gets its rows where it stands."""
    visits: list[Visit] = []
    for number, step in enumerate(steps):
        hook = step.hook or (visits[-1].hook if visits else "")
        if visits and visits[-1].hook != hook:
            yield visits
            visits = []
        visit = next((each for each in visits if (each.table, each.chain) == (step.table, step.chain)), None)
        if visit is None:
            visit = Visit(step.table, step.chain, hook)
            visits.append(visit)
        visit.rows.append(Row(number, step))
    if visits:
        yield visits


def _laid_out(visits: list[Visit]) -> Iterator[tuple[Spot, ...]]:
    """From top to bottom, then the second column, then another page."""
    page: list[Spot] = []
    column, y = 0, 0.0
    for visit in visits:
        if y and y + visit.height - GAP > COLUMN:
            column, y = column + 1, 0.0
        if column > 1:
            yield tuple(page)
            page, column = [], 0
        page.append(Spot(visit, column, y))
        y += visit.height
    yield tuple(page)


def unasked(visit: Visit, mode: str, node: Any) -> tuple[str, ...]:
    """The rules of a chain behind the last one that was asked."""
    number = max((row.step.number for row in visit.rows), default=0)
    if not number or node is None:
        return ()
    found = node.mode(mode)
    if mode == "nftables":
        chain = found.table.chains.get(visit.chain)
        return tuple(chain.rules[number:]) if chain is not None else ()
    if mode == "ipvs":
        return tuple(found.tables.get(visit.table, {}).get(visit.chain, ())[number:])
    return tuple(rule.text for rule in (found.tables.rules(visit.table, visit.chain) or ())[number:])


def rule_count(node: Any, mode: str) -> int:
    """How many rules a mode has programmed on a node, its own lookups (servers, set entries) not counted."""
    found = node.mode(mode)
    if mode == "iptables":
        return int(sum(found.rule_counts().values()))
    if mode == "nftables":
        return int(found.table.rule_count)
    if mode == "userspace":
        return int(found.tables.rule_count)
    return sum(len(chain) for chains in found.tables.values() for chain in chains.values())
