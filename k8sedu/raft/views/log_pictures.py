"""Logs as rows of boxes: the pictures of Figures 7 and 8 of the paper, in the colours of the stage.

They show data and run nothing: who voted and how the logs stand after the repair is handed in by whoever ran it. A box keeps its index's
place in every row, so that logs which agree look alike and the eye finds where they part.

Source: raft.pdf §5.3 Figure 7, §5.4.2 Figure 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.paper import FIGURE_8, FIGURE_8_SERVERS, story
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.diagram import Paper, Picture
from k8sedu.stage.lettering import wrap
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape

Logs = Mapping[str, Sequence[int]]
"""Per server, the term of each entry from index 1 on."""

BOX, PITCH, ROW = 27.0, 29.0, 40.0


class Block(NamedTuple):
    """Where rows of boxes stand: the corner of the first box, and the name that their ids begin with."""

    id: str
    x: float
    y: float

    def box(self, row: int, index: int, term: int, *, is_doomed: bool = False) -> Iterator[Shape]:
        """One entry; a doomed one is pale and dashed, because the leader will have it deleted."""
        x, y, role = self.x + (index - 1) * PITCH, self.y + row * ROW, f"term-{term}"
        place = f"{self.id}/{row}/{index}"
        yield Rect(place, x, y, BOX, BOX, r=4, fill="paper" if is_doomed else role, stroke=role, dashed=is_doomed)
        yield Label(f"{place}/term", x + BOX / 2, y + BOX / 2, str(term), size=13, fill="ink" if is_doomed else f"on:{role}")

    def indices(self, count: int) -> Iterator[Shape]:
        """The index above each column."""
        for index in range(1, count + 1):
            yield Label(f"{self.id}/index/{index}", self.x + (index - 1) * PITCH + BOX / 2, self.y - 14, str(index), size=12, fill="muted")

    def heading(self, words: Words) -> Shape:
        """What the block shows."""
        return Label(f"{self.id}/heading", self.x, self.y - 40, words, size=14, weight=600, anchor="start")


def log_repair(
    before: Logs, after: Logs, votes: Mapping[str, bool], *, leader: str = "leader", language: str | None = None, theme: Paper = "auto"
) -> Picture:
    """Figure 7: logs as a new leader finds them, who votes for it, and the same logs when it has repaired them.

    Entries that differ from the leader's repaired log are dashed: they will be deleted.
    """
    columns = max(map(len, (*before.values(), *after.values())))
    old, new = Block("before", 84, 60), Block("after", 84 + columns * PITCH + 106, 60)
    shapes = [
        old.heading(Words("when the leader is elected", "领导者当选时")),
        new.heading(Words("after the repair", "修复之后")),
        Label("votes/heading", new.x - 52, 20, Words("vote", "投票"), size=14, weight=600),
        *old.indices(max(map(len, before.values()))),
        *new.indices(max(map(len, after.values()))),
    ]
    for row, (name, terms) in enumerate(before.items()):
        shapes += _repaired_row(row, name, terms, after, (old, new), is_leader=name == leader)
        if name != leader:
            icon, role = ("check", "good") if votes.get(name) else ("cross", "bad")
            shapes.append(Icon(f"votes/{name}", new.x - 52, old.y + row * ROW + BOX / 2, icon, fill=role))
    caption = Words(
        "**The leader never changes its own log.** For each follower it goes back to the last entry they share, and has everything behind "
        "it replaced. A server whose log is newer refuses its vote.",
        "**领导者从不改动自己的日志。** 它为每个跟随者退回到双方一致的最后一条，并替换其后的全部条目。日志更新的服务器拒绝投票。",
    )
    scene = Scene(shapes=tuple(shapes), caption=caption, width=904, height=60 + len(before) * ROW, card_width=0)
    return Picture(scene, Words("A new leader repairs every log (Figure 7)", "新领导者修复所有日志（图 7）"), language, theme)


def _repaired_row(
    row: int, name: str, terms: Sequence[int], after: Logs, blocks: tuple[Block, Block], *, is_leader: bool
) -> Iterator[Shape]:
    old, new = blocks
    middle = old.y + row * ROW + BOX / 2
    shown = Words(name, "领导者") if name == "leader" else name
    yield Label(f"name/{row}", old.x - 12, middle, shown, weight=600 if is_leader else 400, anchor="end")
    yield Line(f"arrow/{row}", new.x - 32, middle, new.x - 10, middle, stroke="muted", arrow=True)
    for index, term in enumerate(terms, start=1):
        is_kept = index <= len(after[name]) and after[name][index - 1] == term
        yield from old.box(row, index, term, is_doomed=not is_kept)
    for index, term in enumerate(after[name], start=1):
        yield from new.box(row, index, term)


def figure_8(*, language: str | None = None, theme: Paper = "auto") -> Picture:
    """Figure 8: an entry of an old term lies on a majority and is overwritten all the same (d), or is saved by a newer one (e)."""
    shapes = [shape for place, name in enumerate(FIGURE_8) for shape in _panel(name, 14 + place * 180.0)]
    shapes.append(Label("or", 14 + 4 * 180 - 24, 22, Words("or", "或者"), fill="muted"))
    caption = Words(
        "**A leader counts copies only of its own term's entries.** In (c) entry 2 lies on three of five servers, yet (d) overwrites it.",
        "**所以领导者只对自己任期的条目计数。** (c) 中条目 2 已在五台中的三台上，(d) 仍把它覆盖。",
    )
    scene = Scene(shapes=tuple(shapes), caption=caption, width=904, height=390, card_width=0)
    title = Words("Stored on a majority is not yet committed (Figure 8)", "存到多数，还不等于已提交（图 8）")
    return Picture(scene, title, language, theme)


def _panel(name: str, x: float) -> Iterator[Shape]:
    panel, block = FIGURE_8[name], Block(f"panel/{name}", x + 42, 62)
    leader, leads_term = _leader(name)
    down = {server for server in FIGURE_8_SERVERS if _is_down(server, name)}
    yield Label(f"panel/{name}/letter", block.x, 22, f"({name})", size=15, weight=600, anchor="start")
    yield from block.indices(max(map(len, panel.logs.values())))
    for row, server in enumerate(FIGURE_8_SERVERS):
        middle = block.y + row * ROW + BOX / 2
        yield Label(f"panel/{name}/{server}", block.x - 10, middle, server, anchor="end", fill="muted" if server in down else "ink")
        if server == leader and server not in down:
            yield Icon(f"panel/{name}/crown", block.x - 22, middle - 17, "crown", size=13, fill=f"term-{leads_term}")
        if server in down:
            yield Icon(f"panel/{name}/{server}/down", block.x - 34, middle, "cross", size=12, fill="grey")
        for index, term in enumerate(panel.logs[server], start=1):
            yield from block.box(row, index, term)
    lines = zip(*_padded(wrap(panel.says.en, 156), wrap(panel.says.zh, 156)), strict=True)
    for number, (english, chinese) in enumerate(lines):
        yield Label(f"panel/{name}/says/{number}", x + 8, 278 + 17 * number, Words(english, chinese), size=12.5, anchor="start")


def _is_down(server: str, panel: str) -> bool:
    """Whether a server is crashed when a panel is reached."""
    changes = [action.kind for action in story(panel) if action.server == server and action.kind in {"crash", "restart"}]
    return bool(changes) and changes[-1] == "crash"


def _leader(panel: str) -> tuple[str, int]:
    """Who won the last election before a panel, and its term; nobody if the peers' logs are newer, as in (e)."""
    logs = FIGURE_8[panel].logs
    last = [action for action in story(panel) if action.kind == "elect"][-1]
    votes = 1 + sum(_newest(logs[peer]) <= _newest(logs[last.server]) for peer in last.peers)
    return (last.server if votes >= majority(len(logs)) else "", last.term)


def _newest(terms: Sequence[int]) -> tuple[int, int]:
    """What makes one log newer than another: the term of the last entry, then the length."""
    return terms[-1], len(terms)


def _padded(*columns: list[str]) -> list[list[str]]:
    """Columns of the same height."""
    height = max(map(len, columns))
    return [column + [""] * (height - len(column)) for column in columns]
