"""The role diagram, drawn from the table that the state machine obeys.

Nobody keeps this picture up to date: `k8sedu.raft.roles.TRANSITIONS` is the list of arrows, and the machine refuses every move that is
not in it. A new row of the table appears here by itself; only where its words stand is chosen by hand, so that nothing overlaps.

Source: raft.pdf Figure 4; thesis §9.6 for the role before candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path as File
from typing import Any, Literal, NamedTuple, TypeAlias

from k8sedu.files import write_whole
from k8sedu.language import Words
from k8sedu.raft.roles import ROLE_WORDS, ROLES, TRANSITIONS
from k8sedu.stage.drawing import arrow_head, fixed
from k8sedu.stage.lettering import wrap
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Anchor, Circle, Icon, Label, Line, Path, Shape
from k8sedu.stage.svg import still
from k8sedu.stage.theme import Theme

RADIUS = 56.0
LINE_HEIGHT = 18.0


Paper: TypeAlias = Literal["auto", "light", "dark"]
"""`auto` is the page's own paper where there is a page, and light in a file."""

SWITCH = """<style>
body[data-jp-theme-light="false"] .k8sedu-on-light, body[data-vscode-theme-kind="vscode-dark"] .k8sedu-on-light { display: none }
body[data-jp-theme-light="false"] .k8sedu-on-dark, body[data-vscode-theme-kind="vscode-dark"] .k8sedu-on-dark { display: block !important }
</style>"""
"""Shows the drawing that suits the page. Where a page forbids styles, the light one is seen."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A still that shows itself in a notebook, on light or dark paper as the notebook is.

    >>> role_diagram().svg().startswith("<svg")
    True
    """

    scene: Scene
    title: str | Words = ""
    language: str | None = None
    theme: Paper = "auto"

    def svg(self, theme: Theme | None = None) -> str:
        """The picture as SVG text, the same bytes every time."""
        chosen: Theme = theme or ("dark" if self.theme == "dark" else "light")
        return still(self.scene, title=self.title, theme=chosen, language=self.language)

    def save(self, path: str | File) -> File:
        """Write the picture to a file."""
        write_whole(File(path), self.svg())
        return File(path)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str | None:
        if self.theme != "auto":
            return None
        light, dark = self.svg("light"), self.svg("dark")
        return f'{SWITCH}<div class="k8sedu-on-light">{light}</div><div class="k8sedu-on-dark" style="display:none">{dark}</div>'

    def __repr__(self) -> str:
        title = self.title if isinstance(self.title, str) else self.title.in_(self.language)
        return f"Picture({title!r})"


class Route(NamedTuple):
    """How an arrow runs: how far it bows to its left, and where its words stand, seen from the middle of the arrow.

    An arrow back to its own role is a loop; there `bow` is its direction, in degrees clockwise from twelve o'clock. `rise` says how many
    of the lines of words stand above that point: 1 all, 0 none. `room` is the width after which the words break.
    """

    bow: float = 0
    dx: float = 0
    dy: float = 0
    anchor: Anchor = "middle"
    rise: float = 0.5
    room: float = 210


PLACES = {
    "follower": (152.0, 236.0),
    "candidate": (478.0, 236.0),
    "leader": (812.0, 236.0),
    "pre_candidate": (548.0, 462.0),
}
"""Where the roles stand."""

ROUTES = {
    ("follower", "candidate"): Route(bow=16, dy=-7, rise=1),
    ("candidate", "follower"): Route(bow=16, dx=16, dy=8, rise=0, room=160),
    ("candidate", "leader"): Route(dy=-8, rise=1),
    ("leader", "follower"): Route(bow=-158, dy=-8, rise=1, room=330),
    ("follower", "pre_candidate"): Route(bow=-84, dx=-14, dy=14, anchor="end"),
    ("pre_candidate", "follower"): Route(dx=-22, dy=46, room=110),
    ("pre_candidate", "candidate"): Route(bow=14, dx=-12, dy=-16, anchor="end", room=110),
    ("candidate", "pre_candidate"): Route(bow=14, dx=10, anchor="start"),
    ("follower", "follower"): Route(bow=-38, dy=-6, rise=1),
    ("candidate", "candidate"): Route(bow=0, dy=-6, rise=1),
    ("pre_candidate", "pre_candidate"): Route(bow=90, dx=8, anchor="start"),
}
"""The arrows, by where they start and end. One that is not listed runs straight."""

LOOKS: dict[str, dict[str, Any]] = {
    "follower": {"stroke": "blue", "width": 2.5},
    "pre_candidate": {"stroke": "muted", "width": 2.5, "dashed": True},
    "candidate": {"stroke": "orange", "width": 3.5, "dashed": True},
    "leader": {"stroke": "blue", "fill": "blue"},
}
"""What each role looks like on every stage: hollow, dashed, filled with a crown."""


def role_diagram(language: str | None = None, theme: Paper = "auto") -> Picture:
    """The roles of a Raft server, and every way from one to another.

    >>> role_diagram().scene.find("edge/candidate/leader").label.en
    'candidate → leader: receives votes from majority'
    """
    pairs = dict.fromkeys((transition.source, transition.target) for transition in TRANSITIONS)
    shapes = [shape for source, target in pairs for shape in _arrow(source, target)]
    shapes += [shape for role in ROLES for shape in _role(role)]
    caption = Words(
        "**Every server starts as a follower.** It stands for election when it hears no leader; only a majority makes it the leader.",
        "**每台服务器启动时都是跟随者。** 听不到领导者就参选；获得多数选票才成为领导者。",
    )
    scene = Scene(shapes=(*_entrance(), *shapes), caption=caption, width=904, height=530, card_width=0)
    return Picture(scene, Words("One server, one role at a time", "一台服务器，同一时刻只有一个角色"), language, theme)


def _role(role: str) -> Iterator[Shape]:
    (x, y), words, looks = PLACES[role], ROLE_WORDS[role], LOOKS[role]
    yield Circle(f"role/{role}", x, y, RADIUS, label=words, **{"fill": "paper", **looks})
    ink = f"on:{looks['fill']}" if "fill" in looks else "ink"
    if role == "leader":
        yield Icon("role/leader/crown", x, y - 30, "crown", size=22, fill=ink)
    chinese, _, english = words.zh.partition(" ")
    yield Label(f"role/{role}/name", x, y - 1, Words(words.en, chinese), size=15 if len(words.en) < 12 else 13, weight=600, fill=ink)
    yield Label(f"role/{role}/term", x, y + 18, Words("", english), size=12, fill=ink)


def _entrance() -> Iterator[Shape]:
    x, y = PLACES["follower"]
    yield Line("edge/start", x - RADIUS - 62, y, x - RADIUS - 5, y, stroke="muted", arrow=True)
    yield Label("edge/start/words", x - RADIUS - 36, y + 16, Words("starts up", "启动"), size=13, fill="muted")


def _arrow(source: str, target: str) -> Iterator[Shape]:
    """One arrow and its words; several events on the same way share the arrow."""
    route = ROUTES.get((source, target), Route())
    events = [transition.label for transition in TRANSITIONS if transition[:2] == (source, target)]
    d, (x, y) = _loop(PLACES[source], route) if source == target else _bow(PLACES[source], PLACES[target], route)
    role = "muted" if "pre_candidate" in (source, target) else "ink"
    english, chinese = "; ".join(words.en for words in events), "；".join(words.zh for words in events)
    name = Words(f"{source} → {target}: {english}", f"{source} → {target}：{chinese}")
    yield Path(f"edge/{source}/{target}", d, stroke=role, label=name)
    lines = [line for words in events for line in _lines(words, route.room)]
    top = y + route.dy - LINE_HEIGHT * (len(lines) * route.rise - 0.5)
    for row, line in enumerate(lines):
        place = (x + route.dx, top + row * LINE_HEIGHT)
        yield Label(f"edge/{source}/{target}/{row}", *place, line, anchor=route.anchor, fill=role, halo="paper")


def _lines(words: Words, room: float) -> list[Words]:
    """Words that fit between two roles, line by line, in both languages."""
    return [Words(*pair) for pair in zip_longest(wrap(words.en, room), wrap(words.zh, 1.4 * room), fillvalue="")]


def _bow(start: tuple[float, float], end: tuple[float, float], route: Route) -> tuple[str, tuple[float, float]]:
    """The path of an arrow between two circles, and its middle."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    left = (y2 - y1) / length, (x1 - x2) / length
    middle = (x1 + x2) / 2 + route.bow * left[0], (y1 + y2) / 2 + route.bow * left[1]
    bend = middle[0] + route.bow * left[0], middle[1] + route.bow * left[1]
    a, b = _towards(start, bend, RADIUS + 3), _towards(end, bend, RADIUS + 5)
    turn = 0.5 * a[0] + 0.5 * b[0], 0.5 * a[1] + 0.5 * b[1]
    d = f"M{_xy(a)}Q{_xy(bend)} {_xy(b)}{arrow_head(*_towards(b, bend, 12), *b)}"
    return d, (0.5 * turn[0] + 0.5 * bend[0], 0.5 * turn[1] + 0.5 * bend[1])


def _loop(centre: tuple[float, float], route: Route) -> tuple[str, tuple[float, float]]:
    """The path of an arrow from a circle back to itself, and its tip."""
    a, b = (_around(centre, RADIUS + 4, route.bow + turn) for turn in (-17, 17))
    out, back = (_around(centre, RADIUS + 56, route.bow + turn) for turn in (-24, 24))
    d = f"M{_xy(a)}C{_xy(out)} {_xy(back)} {_xy(b)}{arrow_head(*_towards(b, back, 12), *b)}"
    return d, _around(centre, RADIUS + 42, route.bow)


def _towards(start: tuple[float, float], end: tuple[float, float], distance: float) -> tuple[float, float]:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    return start[0] + (end[0] - start[0]) * distance / length, start[1] + (end[1] - start[1]) * distance / length


def _around(centre: tuple[float, float], distance: float, degrees: float) -> tuple[float, float]:
    angle = math.radians(degrees)
    return centre[0] + distance * math.sin(angle), centre[1] - distance * math.cos(angle)


def _xy(point: tuple[float, float]) -> str:
    return f"{fixed(point[0])},{fixed(point[1])}"
