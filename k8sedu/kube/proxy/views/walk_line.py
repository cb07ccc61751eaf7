"""The whole way of a packet as a line of hooks, there and back, filled as far as the packet has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8sedu.kube.proxy.packet import Step, Walk
from k8sedu.kube.proxy.views.course import Moment
from k8sedu.language import Words
from k8sedu.stage.shapes import Circle, Label, Line, Shape

WIDTH, LINE, LETTERS = 904.0, 440.0, 12.0


class Station(NamedTuple):
    """One place on the way."""

    label: str | Words
    number: int
    """Of the first step there; -1 before all steps."""
    is_back: bool


def stations(walk: Walk) -> Iterator[Station]:
    """The hooks on the way, there and back."""
    yield Station(Words("client", "客户端"), -1, is_back=False)
    yield from (Station(hook, number, is_back=False) for hook, number in _hooks(walk.steps))
    if walk.arrived is not None:
        yield Station("Pod", len(walk.steps), is_back=False)
        yield from (Station(hook, number, is_back=True) for hook, number in _hooks(walk.back))
    if walk.answer is not None:
        yield Station(Words("client", "客户端"), len(walk.back), is_back=True)


def _hooks(steps: Sequence[Step]) -> Iterator[tuple[str | Words, int]]:
    last: str | None = None
    for number, step in enumerate(steps):
        if step.hook != last:
            last = step.hook
            yield step.hook or Words("program", "程序"), number


def whole_way(moment: Moment, places: Sequence[Station]) -> Iterator[Shape]:
    """The whole way as a line with a dot per hook."""
    count = len(places)
    gap = (WIDTH - 110) / max(1, count - 1)
    reached = [_is_reached(moment, number, is_back=is_back) for _, number, is_back in places]
    here = max((place for place, is_made in enumerate(reached) if is_made), default=0)
    for place, (label, _, is_back) in enumerate(places):
        x, role = 55 + gap * place, "green" if is_back else "orange"
        if place:
            yield Line(f"line/{place}", x - gap, LINE, x, LINE, stroke=role if place <= here else "line", width=3)
        is_here, shade = place == here, role if place <= here else "line"
        ink, weight = ("ink", 600) if is_here else ("muted", 400)
        yield Label(f"stop/{place}/name", x, LINE + 24, label, size=LETTERS, fill=ink, weight=weight)
        fill = shade if place <= here else "paper"
        yield Circle(f"stop/{place}", x, LINE, 8 if is_here else 6, fill=fill, stroke=shade, width=2, layer=1)


def _is_reached(moment: Moment, number: int, *, is_back: bool) -> bool:
    if moment.kind == "ask":
        return number < 0
    if moment.is_back:
        return not is_back or number <= moment.number
    return not is_back and (number <= moment.number)
