"""The logs on the card: one row per server, one cell per entry, in the colour of the term that wrote it.

Solid cells are committed as far as that server knows, dashed pale ones are not; a bar stands behind the last committed one. Below a row,
the leader's view of that follower: a dot under the last entry that it surely stores (match), a wedge under the next one to send (next). A
snapshot is one box over all that it replaced. Eight indices are visible; the window moves on in steps of four, so that cells rest in
between.

Source: the log table of RaftScope, which stopped at index 10 and knew no snapshots.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.details import entry_details
from k8sedu.raft.views.moment import last_entry, leader_of
from k8sedu.raft.views.nodes import term_role
from k8sedu.raft.views.words import say
from k8sedu.stage.scene import CARD_WIDTH
from k8sedu.stage.shapes import Group, Icon, Label, Path, Rect, Shape
from k8sedu.trace import Frozen

SLOTS = 8
LEFT, RIGHT = 52.0, CARD_WIDTH - 16
PITCH = (RIGHT - LEFT) / SLOTS
TOP = 46.0


class Rows(NamedTuple):
    """How high a row is, so that one server or fifteen fit the card."""

    servers: int

    @property
    def pitch(self) -> float:
        """From row to row."""
        return max(16.0, min(34.0, 172.0 / max(self.servers, 1)))

    @property
    def cell(self) -> float:
        """Height of a cell."""
        return round(self.pitch * 0.7, 1)

    @property
    def card_height(self) -> float:
        """Height of the whole drawing."""
        return round(TOP + self.pitch * self.servers + 4)

    def y(self, number: int) -> float:
        """The upper edge of a row's cells."""
        return round(TOP + self.pitch * number, 1)


def window(frame: Frozen) -> int:
    """The first index shown: 1 until the longest log needs more room, then on by four.

    >>> from k8sedu.trace import Frozen
    >>> node = Frozen(log=(), snapshot_index=10, snapshot_term=1)
    >>> window(Frozen(nodes=Frozen(n1=node)))
    5
    """
    longest = max((last_entry(node)[0] for node in frame["nodes"].values()), default=0)
    return max(0, -(-(longest - SLOTS) // 4)) * 4 + 1


def header(first: int) -> tuple[Shape, ...]:
    """The card's title and which indices are shown."""
    span = say("index {a} … {b}", "index {a} … {b}", a=first, b=first + SLOTS - 1)
    return (
        Label("log/title", 18, 23, Words("Logs", "日志 log"), weight=600, anchor="start"),
        Label("log/span", RIGHT - 3, 23, span, anchor="end", fill="muted"),
    )


def empty_row(name: str, number: int, rows: Rows) -> Path:
    """A server's eight empty places, drawn as one outline."""
    places = "".join(_rounded(round(LEFT + slot * PITCH, 1), rows.y(number), round(PITCH - 3, 1), rows.cell) for slot in range(SLOTS))
    return Path(f"log/{name}/places", places, stroke="line", width=1)


def _rounded(x: float, y: float, w: float, h: float) -> str:
    """A box with round corners, in the syntax of SVG paths."""
    across, down = f"{w - 6:g}", f"{h - 6:g}"
    return f"M{x + 3:g},{y:g}h{across}a3,3 0 0 1 3,3v{down}a3,3 0 0 1 -3,3h-{across}a3,3 0 0 1 -3,-3v-{down}a3,3 0 0 1 3,-3Z"


def log_row(node: Frozen, number: int, rows: Rows, first: int, leader: Frozen | None) -> tuple[Shape, ...]:
    """A server's name, entries, commit bar and the leader's two marks."""
    name, y, up = node["id"], rows.y(number), node["status"] == "up"
    shapes: list[Shape] = [Label(f"log/{name}/name", 18, y + rows.cell / 2, name, anchor="start", fill="ink" if up else "muted")]
    shapes += _snapshot(node, y, rows, first)
    begin = max(0, first - node["snapshot_index"] - 1)
    shapes += [_cell_of(node, row, y, rows, first) for row in node["log"][begin : begin + SLOTS] if row[1] < first + SLOTS]
    end = last_entry(node)[0]
    if 0 < end < first:
        text = say("ends at {i}", "止于 {i}", i=end)
        shapes.append(Label(f"log/{name}/behind", LEFT + 4, y + rows.cell / 2, text, size=12, anchor="start", fill="muted"))
    return (*shapes, *_commit_bar(node, y, rows, first), *_pointers(node, y, rows, first, leader))


def _cell_of(node: Frozen, row: Any, y: float, rows: Rows, first: int) -> Group:
    """An entry in its place."""
    x, is_committed = round(LEFT + (row[1] - first) * PITCH, 1), row[1] <= node["commit_index"]
    return _cell(node["id"], tuple(row), x, y, rows.cell, is_committed=is_committed, is_bright=is_committed and node["status"] != "stopped")


@lru_cache(maxsize=4_096)
def _cell(name: str, row: Any, x: float, y: float, h: float, *, is_committed: bool, is_bright: bool) -> Group:
    """An entry: its term, solid once committed. It looks the same in hundreds of frames, so it is made once."""
    term, index, kind, _ = row
    own, colour, w = f"log/{name}/{index}", term_role(term), round(PITCH - 3, 1)
    fill, ink = (colour, f"on:{colour}") if is_bright else (f"tint:{colour}", "ink")
    inside: list[Shape] = [
        Rect(f"{own}/box", 0, 0, w, h, r=3, fill=fill, stroke=colour, width=1.5, dashed=not is_committed),
        Label(f"{own}/term", w / 2, h / 2, str(term), size=min(13, max(12, h - 8)), fill=ink),
    ]
    if kind == "change":
        inside.append(Icon(f"{own}/change", w - 6, 6, "person", size=9, fill=ink))
    label = say("entry {i} of {n}, term {t}", "{n} 的条目 {i}，term {t}", i=index, n=name, t=term)
    return Group(own, x, y, tuple(inside), label=label, details=entry_details(name, row, is_committed=is_committed), layer=1)


def _snapshot(node: Frozen, y: float, rows: Rows, first: int) -> list[Shape]:
    """One box over all entries that a snapshot stands for."""
    index, own = node["snapshot_index"], f"log/{node['id']}/snapshot"
    count = min(index - first + 1, SLOTS)
    if count < 1:
        return []
    w, middle = round(count * PITCH - 3, 1), y + rows.cell / 2
    box = Rect(own, LEFT, y, w, rows.cell, r=3, fill="card", stroke="muted", layer=1)
    if count >= 4:
        text = say("snapshot to {i}", "快照到 {i}", i=index)
        return [box, Label(f"{own}/text", LEFT + w / 2, middle, text, size=12, fill="muted", layer=1)]
    return [box, Icon(f"{own}/icon", LEFT + w / 2, middle, "snapshot", size=13, fill="muted", layer=1)]


def _commit_bar(node: Frozen, y: float, rows: Rows, first: int) -> list[Shape]:
    """A bar behind the last committed entry."""
    place = node["commit_index"] - first + 1
    if not 0 < place <= SLOTS or node["status"] == "stopped":
        return []
    x = round(LEFT + place * PITCH - 2.8, 1)
    return [Rect(f"log/{node['id']}/commit", x, y - 3, 2.6, rows.cell + 6, r=1.3, fill="ink", layer=2)]


def _pointers(node: Frozen, y: float, rows: Rows, first: int, leader: Frozen | None) -> list[Shape]:
    """What the leader believes of this follower: match as a dot, next as a wedge."""
    name = node["id"]
    if leader is None or name == leader["id"] or name not in leader["next_index"]:
        return []
    under, shapes = y + rows.cell + max(2.9, (rows.pitch - rows.cell) * 0.42), list[Shape]()
    dot, wedge = (_DOT, _WEDGE) if rows.pitch >= 24 else (_SMALL_DOT, _SMALL_WEDGE)
    match, following = leader["match_index"].get(name, 0) - first, leader["next_index"][name] - first
    if 0 <= match < SLOTS:
        shapes.append(Path(f"log/{name}/match", dot, x=_under(match), y=under, fill="ink", layer=2))
    if 0 <= following < SLOTS:
        shapes.append(Path(f"log/{name}/next", wedge, x=_under(following), y=under, fill="muted", layer=2))
    return shapes


_DOT = "M2.8,0A2.8,2.8 0 1 1 -2.8,0A2.8,2.8 0 1 1 2.8,0Z"
_WEDGE = "M-4,2.6L0,-3L4,2.6Z"
_SMALL_DOT = "M2,0A2,2 0 1 1 -2,0A2,2 0 1 1 2,0Z"
_SMALL_WEDGE = "M-3,1.8L0,-2L3,1.8Z"


def _under(slot: float) -> float:
    return round(LEFT + slot * PITCH + (PITCH - 3) / 2, 1)


def pointer_leader(frame: Frozen) -> Frozen | None:
    """Whose next and match are shown: the running leader of the highest term."""
    leader = leader_of(frame)
    return leader if leader is not None and leader["status"] == "up" else None
