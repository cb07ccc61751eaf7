"""Term and revision as one still picture: a staircase that only climbs, over stretches in the colours of the terms.

The same data as `term_revision_timeline`, drawn as shapes: so it has both languages, needs no fonts of the machine, and suits a page.

Source: the course notes' picture of term and revision.
Left out: the time of day; answers stand one behind the other, since the flat stretches of an election would take half of the width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from k8sedu.etcd.views.timelines import Point, Source, points
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Path, Rect, Shape

WIDTH, HEIGHT = 904.0, 380.0
LEFT, TOP, BOTTOM = 56.0, 62.0, 322.0
"""The frame of the staircase; what is written above and below stands outside."""
LETTERS = 12.0
GAP = 18.0
"""Between two terms: an election, in which nobody is answered."""


class Reign(NamedTuple):
    """A term in which answers were given, and where it stands."""

    term: int
    points: tuple[Point, ...]
    x: float
    width: float


def term_revision_scene(source: Source, *, caption: str | Words = "") -> Scene:
    """A run of `etcd.simulate`, or what a real cluster answered, as term and revision.

    >>> rows = [{"at_ms": 0, "raft_term": 2, "revision": 2}, {"at_ms": 9, "raft_term": 4, "revision": 3}]
    >>> term_revision_scene(rows).find("term/4").text
    'term 4'
    """
    found = points(source)
    reigns = _reigns(found)
    top = max((point.revision for point in found), default=1)
    shapes = (*_axes(top), *(shape for reign in reigns for shape in _reign(reign, top)), *_elections(reigns, top))
    return Scene(shapes=shapes, caption=caption or _caption(reigns), width=WIDTH, height=HEIGHT, card_width=0)


def _reigns(found: Sequence[Point]) -> list[Reign]:
    spans = [(term, tuple(rows)) for term, rows in groupby(found, key=lambda point: point.term)]
    room = WIDTH - LEFT - GAP * max(len(spans) - 1, 0)
    reigns: list[Reign] = []
    x = LEFT
    for term, rows in spans:
        width = room * len(rows) / len(found)
        reigns.append(Reign(term, rows, x, width))
        x += width + GAP
    return reigns


def _height(revision: int, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * revision / top


def _axes(top: int) -> Iterator[Shape]:
    yield Label("revision", LEFT - 8, TOP - 16, "revision", anchor="end", size=LETTERS, fill="muted")
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10**9) if top / step <= 6)
    for revision in range(0, top + 1, step):
        y = _height(revision, top)
        yield Line(f"level/{revision}", LEFT, y, WIDTH, y, width=1)
        yield Label(f"level/{revision}/text", LEFT - 8, y, str(revision), anchor="end", size=LETTERS, fill="muted")


def _reign(reign: Reign, top: int) -> Iterator[Shape]:
    role, own, middle = f"term-{reign.term}", f"term/{reign.term}", reign.x + reign.width / 2
    yield Rect(f"{own}/band", reign.x, TOP - 20, reign.width, BOTTOM - TOP + 20, fill=f"tint:{role}", r=6)
    yield Label(own, middle, TOP - 34, _named(reign.term, reign.width), weight=600)
    yield Path(f"{own}/stairs", _stairs(reign, top), stroke=role, width=3, layer=1)
    first, last = reign.points[0].revision, reign.points[-1].revision
    yield Label(f"{own}/first", middle, BOTTOM + 18, _span(first, last, reign.width), size=LETTERS)


def _named(term: int, width: float) -> str:
    return f"term {term}" if text_width(f"term {term}") < width + GAP else str(term)


def _span(first: int, last: int, width: float) -> str:
    text = f"revision {first} … {last}"
    return text if text_width(text, LETTERS) < width else f"{first} … {last}"


def _stairs(reign: Reign, top: int) -> str:
    """A step up for each answer with a new revision; flat where nothing was changed."""
    step = reign.width / len(reign.points)
    parts = [f"M{reign.x:.1f} {_height(reign.points[0].revision, top):.1f}"]
    for number, point in enumerate(reign.points):
        parts.append(f"V{_height(point.revision, top):.1f}H{reign.x + (number + 1) * step:.1f}")
    return "".join(parts)


def _elections(reigns: Sequence[Reign], top: int) -> Iterator[Shape]:
    """Between two terms the leader had died; terms that nobody won are named."""
    for before, after in pairwise(reigns):
        x, own = after.x - GAP / 2, f"election/{after.term}"
        yield Icon(f"{own}/died", x, TOP - 8, "cross", size=14, fill="bad", layer=2)
        y = _height(before.points[-1].revision, top)
        yield Line(f"{own}/goes on", before.x + before.width, y, after.x, y, stroke="ink", dashed=True, layer=1)
        missing = list(range(before.term + 1, after.term))
        if missing:
            said = ", ".join(map(str, missing))
            text = Words(f"term {said}: nobody won", f"term {said}：无人当选")
            yield Label(f"{own}/missing", x, BOTTOM + 42, text, size=LETTERS, fill="muted")
            yield Line(f"{own}/missing/line", x, BOTTOM + 2, x, BOTTOM + 32, stroke="muted", dashed=True, width=1)


def _caption(reigns: Sequence[Reign]) -> Words:
    last = reigns[-1].points[-1].revision if reigns else 1
    count = len(reigns)
    return Words(
        f"**{count} term{'' if count == 1 else 's'}, one count:** each new term goes on where the last revision stood, up to {last}. "
        "Flat: a request that changed nothing.",
        f"**{count} 个 term，一个计数：** 每个新 term 都从上一个 revision 继续，直到 {last}。平的地方：请求没有改变任何东西。",
    )
