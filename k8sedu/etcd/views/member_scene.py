"""A member from the inside: API, Raft, store, watches and leases in memory; log, database and snapshots on disk.

One line divides the picture, and it is the lesson: what stands above it is gone in a crash. Arrows are numbered in the order in which a
request takes them; everything that does not take part stays pale.

Source: the course notes' picture of WAL and Raft storage; etcd 3.5, server/etcdserver/server.go, server/etcdserver/raft.go.
Left out: the trees inside of the store, and the bytes inside of the WAL; `two_trees` and `wal_bytes` draw these.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

from k8sedu.etcd.views.member_ways import STAGES, Hops
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Detail, Icon, Label, Line, Path, Rect, Shape, Token
from k8sedu.trace import Frozen

WIDTH, HEIGHT = 590.0, 412.0
CARD_HEIGHT = 226.0
LETTERS = 12.0
DISK_Y = 316.0
"""The line between memory and disk."""
CELLS = 6
CELL = 34.0


class Box(NamedTuple):
    """A part of the member and its place."""

    x: float
    y: float
    w: float
    h: float
    name: Words
    is_disk: bool = False


BOXES = {
    "api": Box(92, 0, 406, 44, Words("API", "API")),
    "raft": Box(92, 76, 238, 106, Words("Raft", "Raft")),
    "store": Box(150, 214, 150, 78, Words("store", "存储")),
    "hub": Box(336, 214, 76, 78, Words("watches", "watch")),
    "lessor": Box(424, 214, 74, 78, Words("lessor", "lessor")),
    "wal": Box(66, 340, 140, 72, Words("WAL", "WAL"), is_disk=True),
    "db": Box(218, 340, 140, 72, Words("database", "数据库"), is_disk=True),
    "snap": Box(370, 340, 128, 72, Words("snapshots", "快照"), is_disk=True),
}

ROADS: dict[str, str] = {
    "client-api": "M62 22H92",
    "api-raft": "M200 44V76",
    "raft-peers": "M330 110H524",
    "raft-wal": "M116 182V340",
    "raft-store": "M230 182V214",
    "store-db": "M270 292V340",
    "store-snap": "M290 292V304H434V340",
    "store-hub": "M300 253H336",
    "api-hub": "M374 44V214",
    "api-lessor": "M461 44V214",
}
"""Between which parts something passes."""

HOPS: dict[str, tuple[float, float, float, float]] = {
    "client>api": (62, 16, 90, 16), "api>client": (92, 30, 64, 30), "api>raft": (200, 44, 200, 74), "raft>wal": (116, 182, 116, 338),
    "wal>raft": (116, 340, 116, 184), "raft>peers": (330, 110, 522, 110), "peers>raft": (524, 132, 332, 132),
    "raft>store": (230, 182, 230, 212), "store>hub": (300, 253, 334, 253), "hub>api": (374, 214, 374, 46), "api>hub": (374, 44, 374, 212),
    "api>lessor": (461, 44, 461, 212), "db>store": (270, 340, 270, 294), "store>snap": (434, 304, 434, 338),
    "raft>lessor": (330, 168, 430, 212), "lessor>raft": (430, 214, 332, 168),
}  # fmt: skip
"""Where the arrow of a hop is drawn."""


def member_scene(
    frame: Frozen, name: str, hops: Hops = MappingProxyType({}), *, client: str = "", caption: str | Words = "", subtitle: str | Words = "",
) -> Scene:  # fmt: skip
    """One member of a cluster's frame, and the way that something takes through it.

    Args:
        frame: of a step of `etcd.simulate`.
        name: of the member.
        hops: of `member_ways`, such as `{"client>api": 1, "api>raft": 2}`: in their order, each with its stage of a write, or 0.
        client: who asks or is answered.
        caption: the sentence below.
        subtitle: stands beside the title.
    """
    node = frame["nodes"][name]
    shapes = (
        *_ground(), *_around(frame, name, client, hops), *(shape for part in BOXES for shape in _box(part, node, hops)),
        *_log(node), *_hops(hops),
    )  # fmt: skip
    return Scene(
        shapes=shapes, card=tuple(_card(frozenset(hops.values()))), card_height=CARD_HEIGHT, caption=caption, subtitle=subtitle,
        width=WIDTH, height=HEIGHT, focus="part/raft",
    )  # fmt: skip


# -- the parts ---------------------------------------------------------------------------------------------------------------------------


def _ground() -> Iterator[Shape]:
    for road, d in ROADS.items():
        yield Path(f"road/{road}", d, stroke="line", width=1.5)
    yield Line("disk", 0, DISK_Y, WIDTH, DISK_Y, stroke="muted", dashed=True, width=1.5)
    yield Label("disk/above", 0, DISK_Y - 12, Words("memory", "内存"), anchor="start", size=LETTERS, fill="muted")
    yield Label("disk/below", 0, DISK_Y + 13, Words("disk", "磁盘"), anchor="start", size=LETTERS, fill="muted")


def _around(frame: Frozen, name: str, client: str, hops: Hops) -> Iterator[Shape]:
    """Clients on the left, the other members on the right."""
    is_active = any("client" in hop for hop in hops)
    yield Icon("client", 36, 18, "person", size=24, fill="ink" if is_active else "muted")
    yield Label("client/name", 36, 42, client or Words("clients", "客户端"), size=LETTERS, fill="ink" if is_active else "muted")
    others = [other for other in frame["nodes"] if other != name]
    for place, other in enumerate(others):
        node, y = frame["nodes"][other], 121 + 48 * (place - (len(others) - 1) / 2)
        is_up, leads = node["status"] == "up", node["role"] == "leader" and node["status"] == "up"
        fill, ink = (f"term-{node['term']}", f"on:term-{node['term']}") if leads else ("paper", "ink" if is_up else "muted")
        yield Circle(f"peer/{other}", 550, y, 19, fill=fill, stroke="muted" if is_up else "grey", dashed=not is_up)
        yield Label(f"peer/{other}/name", 550, y, other, weight=600, fill=ink)
        if not is_up:
            yield Icon(f"peer/{other}/stopped", 568, y - 14, "cross", size=14, fill="bad")


def _box(part: str, node: Frozen, hops: Hops) -> Iterator[Shape]:
    box, own = BOXES[part], f"part/{part}"
    is_gone = node["status"] != "up" and not box.is_disk
    is_active = any(part in hop.split(">") for hop in hops)
    stroke, width = ("accent", 2.5) if is_active else ("muted", 1.5)
    yield Rect(
        own, box.x, box.y, box.w, box.h, r=8, fill="paper" if is_gone else "card", stroke="line" if is_gone else stroke, width=width,
        dashed=is_gone, label=Words(f"{box.name.en}: {_spoken(part, node).en}", f"{box.name.zh}：{_spoken(part, node).zh}"),
        details=tuple(_details(part, node)),
    )  # fmt: skip
    ink = "muted" if is_gone else "ink"
    yield Label(f"{own}/name", box.x + 10, box.y + 17, box.name, anchor="start", weight=600, fill=ink)
    if box.is_disk:
        yield Icon(f"{own}/disk", box.x + box.w - 16, box.y + 17, "disk", size=15, fill="muted")
    if is_gone:
        return
    for number, line in enumerate(_lines(part, node)):
        yield Label(f"{own}/line/{number}", box.x + 10, box.y + 38 + 18 * number, line, anchor="start", size=LETTERS, fill="muted")
    if part == "raft":
        text = f"{node['role']} · term {node['term']}".replace("_", " ")
        yield Label(f"{own}/role", box.x + box.w - 10, box.y + 17, text, anchor="end", size=LETTERS)
        if node["role"] == "leader":
            yield Icon(f"{own}/crown", box.x + 56, box.y + 16, "crown", size=15, fill="ink")
    if part == "api":
        yield Label(f"{own}/what", box.x + 48, box.y + 17, "KV · Watch · Lease · Txn", anchor="start", size=LETTERS, fill="muted")


def _lines(part: str, node: Frozen) -> tuple[str | Words, ...]:
    """What stands in a part, at most two short lines."""
    leases, watchers, index, applied = len(node["leases"]), len(node["watchers"]), node["snapshot_index"], node["consistent_index"]
    records, entries = node["wal"]["records"], node["wal"]["entries"]
    return {
        "api": (), "raft": (),
        "store": (f"revision {node['revision']}", Words(f"applied entry {applied}", f"已应用条目 {applied}")),
        "hub": (str(watchers),),
        "lessor": (
            _counted(leases, "lease", "leases", "个租约"), Words("counts", "倒数中") if node["is_primary"] else Words("no count", "不倒数"),
        ),
        "wal": (_counted(records, "record", "records", "条记录"), _counted(entries, "entry", "entries", "个条目")),
        "db": (Words(f"up to entry {node['database_index']}", f"到条目 {node['database_index']}"),),
        "snap": (Words(f"up to entry {index}", f"到条目 {index}") if index else Words("none yet", "还没有"),),
    }[part]


def _counted(number: int, one: str, many: str, zh: str) -> Words:
    return Words(f"{number} {one if number == 1 else many}", f"{number} {zh}")


def _spoken(part: str, node: Frozen) -> Words:
    parts = [line if isinstance(line, Words) else Words(line, line) for line in _lines(part, node)]
    if part == "raft":
        parts = [Words(f"{node['role']} in term {node['term']}", f"{node['role']}，term {node['term']}")]
    return Words(", ".join(each.en for each in parts) or "takes requests", "，".join(each.zh for each in parts) or "接收请求")


def _details(part: str, node: Frozen) -> Iterator[Detail]:
    """Rows for the panel."""
    if part == "raft":
        yield "term", str(node["term"])
        yield "leader", node["leader"] or "–"
        yield "commit_index", str(node["commit_index"])
    elif part == "wal":
        yield Words("records", "记录"), str(node["wal"]["records"])
        yield Words("to be read at a start", "启动时要读"), str(node["wal"]["since_snapshot"])
    elif part == "store":
        yield "revision", str(node["revision"])
        yield "consistent_index", str(node["consistent_index"])
        yield "hash", "–" if node["hash"] is None else f"{node['hash']:08x}"
    elif part == "hub":
        for client, number, key, _, revision, group in node["watchers"][:3]:
            yield f"{client}/{number}", Words(f"{fit(key, 60, LETTERS) or 'all'}, {group}, next {revision}",
                                              f"{fit(key, 60, LETTERS) or '全部'}，{group}，下一个 {revision}")  # fmt: skip
    elif part == "lessor":
        for lease, held in list(node["leases"].items())[:3]:
            yield lease, Words(f"{held['ttl_s']} s, {len(held['keys'])} keys", f"{held['ttl_s']} 秒，{len(held['keys'])} 个键")


# -- Raft's log --------------------------------------------------------------------------------------------------------------------------


def _log(node: Frozen) -> Iterator[Shape]:
    """The newest entries that Raft keeps in memory; committed ones are filled, and the applied one is pointed at."""
    if node["status"] != "up":
        return
    box, y = BOXES["raft"], BOXES["raft"].y + 34
    entries = node["log"][-CELLS:]
    for place, entry in enumerate(entries):
        x = box.x + 12 + place * (CELL + 2)
        is_committed = entry.index <= node["commit_index"]
        yield Rect(f"entry/{entry.index}", x, y, CELL, 24, r=4, fill=f"tint:term-{entry.term}" if is_committed else "paper",
                   stroke=f"term-{entry.term}", dashed=not is_committed)  # fmt: skip
        yield Label(f"entry/{entry.index}/index", x + CELL / 2, y + 12, str(entry.index), size=LETTERS)
        if entry.index == node["last_applied"]:
            yield Path("applied", f"M{CELL / 2 - 5:.0f} 7l5-7 5 7Z", x=x, y=y + 26, fill="ink")
    if not entries:
        nothing = Words("no entries in memory", "内存中没有条目")
        yield Label("entry/none", box.x + 12, y + 12, nothing, anchor="start", size=LETTERS, fill="muted")
    committed, applied = node["commit_index"], node["last_applied"]
    told = Words(f"committed {committed}, applied {applied}", f"已提交 {committed}，已应用 {applied}")
    yield Label("entry/told", box.x + 12, y + 50, told, anchor="start", size=LETTERS, fill="muted")


def _hops(hops: Hops) -> Iterator[Shape]:
    """The arrows that are taken, with the number of their stage."""
    for hop, number in hops.items():
        x1, y1, x2, y2 = HOPS[hop]
        yield Line(f"hop/{hop}", x1, y1, x2, y2, stroke="accent", width=2.5, arrow=True, layer=1)
        x, y = _beside(x1, y1, x2, y2)
        if number:
            yield Token(f"hop/{hop}/number", x, y, text=str(number), r=9, fill="accent", tail=0, layer=2)


def _beside(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float]:
    """Where the number of an arrow stands: on a long one, beside a short one."""
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    if abs(x2 - x1) + abs(y2 - y1) > 60:
        return x, y
    if x1 == x2:
        return x + 16, y
    return x, y + (-16 if x2 > x1 else 16)


def _card(stages: frozenset[int]) -> Iterator[Shape]:
    yield Label("write/head", 18, 24, Words("The way of a write", "一次写入走过的路"), anchor="start", weight=600)
    for number, words in enumerate(STAGES, start=1):
        y, is_now = 28 + 25.0 * number, number in stages
        yield Circle(f"write/{number}", 28, y, 9.5, fill="accent" if is_now else "paper", stroke="accent" if is_now else "muted")
        yield Label(f"write/{number}/number", 28, y, str(number), size=LETTERS, fill="on:accent" if is_now else "muted")
        yield Label(f"write/{number}/what", 46, y, words, anchor="start", weight=600 if is_now else 400, fill="ink" if is_now else "muted")
