"""The picture of the course notes, alive: the blue tree of keys above, the grey tree of revisions below, and the way of a request through
both.

Above stands the key index: each cell is a key with its revisions, lives apart, a t for a tombstone. Below stand the pages: each cell is a
record under its revision. Holes that compaction left stay where they are, dashed. The orange line is the walk of the present request. At
the bottom are all revisions, and up to which of them the past is forgotten.

Left out: cells of a long node or page that are far from the walk; they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from k8sedu.etcd.views.revision_strip import revision_strip
from k8sedu.etcd.views.tree_layout import LETTERS, Box, Layout, index_floors, page_floors, place, tail, window
from k8sedu.etcd.views.txn_sketch import txn_sketch
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Label, Line, Path, Rect, Shape
from k8sedu.trace import Frozen

WIDTH, HEIGHT = 904.0, 470.0
INDEX_TOPS = (34.0, 96.0, 158.0, 220.0)
NODE_HEIGHT = 38.0
PAGE_HEIGHT = 50.0
LEAF_TOP = 334.0
BRANCH_HEIGHT = 22.0
INDEX_WIDTH = 640.0
PAGE_FLOORS = 3
"""At most so many floors of pages are drawn."""
CARD_X = 672.0
KEYS_MOST, SLOTS_MOST = 12, 16
"""So many cells of one node or page are drawn; a real page has hundreds of records."""
NO_WALK = Frozen(command="", key="", nodes=(), revisions=(), pages=())


def two_trees(frame: Frozen, *, caption: str | Words = "", subtitle: str | Words | None = None) -> Scene:
    """One instant of a store as a picture.

    `frame` is a store as `etcd.frames.store_frame` gives it, of the model or of a real member; with a `walk` in it the way of a request
    is shown.
    """
    walk = frame.get("walk", NO_WALK)
    pages = _page_layout(frame, walk)
    index = _index_layout(frame, walk, room=4 if pages.floors < PAGE_FLOORS else 3)
    shapes = (
        *_titles(pages),
        *_index_links(frame, index, walk),
        *_index_cells(frame, index, walk),
        *_page_links(frame, pages, walk),
        *_page_cells(frame, pages, walk),
        *_walk_between(frame, index, pages, walk),
        *_corner(frame, walk, pages),
        *revision_strip(frame, walk),
    )
    if subtitle is None:
        compacted = max(frame["compact_revision"], 0)
        rest = (f" · compacted {compacted}", f" · 已压缩到 {compacted}") if compacted else ("", "")
        subtitle = Words(f"revision {frame['revision']}{rest[0]}", f"revision {frame['revision']}{rest[1]}")
    return Scene(shapes=shapes, caption=caption, subtitle=subtitle, width=WIDTH, height=HEIGHT, card_width=0)


# -- where things stand -----------------------------------------------------------------------------------------------------------------


def _index_layout(frame: Frozen, walk: Frozen, *, room: int) -> Layout:
    """The lowest floors that fit; a tree of more is so large that its top says little."""
    nodes = frame["index"]["nodes"]
    floors = index_floors(frame["index"])[-room:]
    sizes = {name: len(_shown_keys(node, walk)) for name, node in nodes.items()}
    children = {name: node["children"] for name, node in nodes.items()}
    return place(floors, sizes, children, left=8, width=INDEX_WIDTH, tops=INDEX_TOPS[: len(floors)], wanted=walk["nodes"])


def _page_layout(frame: Frozen, walk: Frozen) -> Layout:
    pages = frame["pages"]["pages"]
    floors = page_floors(frame["pages"])[-PAGE_FLOORS:]
    sizes = {name: len(_shown_slots(page, walk)) for name, page in pages.items()}
    children = {name: page["children"] for name, page in pages.items()}
    tops = [LEAF_TOP - 44 * (len(floors) - 1 - floor) for floor in range(len(floors))]
    return place(floors, sizes, children, left=8, width=WIDTH - 16, tops=tops, wanted=walk["pages"], cell_max=66, gap=28)


def _slots(page: Frozen) -> list[str]:
    """The revisions of a page in order, those of its holes included; of a branch the first revisions of its children."""
    if page["kind"] == "branch":
        return list(page["keys"])
    return sorted({*page["keys"], *page["holes"]}, key=_number)


def _shown_slots(page: Frozen, walk: Frozen) -> list[str]:
    """Those slots of a page that there is room for: around the one that is walked to, else the last ones."""
    slots = _slots(page)
    if page["kind"] == "branch":
        wanted = next((key for key, child in zip(slots, page["children"], strict=True) if child in walk["pages"]), None)
    else:
        wanted = next((slot for slot in slots if slot in walk["revisions"]), None)
    return [slots[place_] for place_ in window(slots, wanted, SLOTS_MOST)]


def _shown_keys(node: Frozen, walk: Frozen) -> range:
    """The places of the keys of a node that there is room for."""
    return window(node["keys"], walk["key"], KEYS_MOST)


def _number(text: str) -> tuple[int, int]:
    main, _, sub = text.partition(".")
    return int(main), int(sub)


def _titles(pages: Layout) -> Iterator[Shape]:
    yield Label("title/index", 8, 12, Words("key index", "键索引"), anchor="start", weight=600, fill="blue")
    what = Words("B-tree in memory: key → revisions", "内存中的 B 树：key → revision")
    yield Label("title/index/what", 84, 12, what, anchor="start", fill="muted")
    y = LEAF_TOP - 44 * (pages.floors - 1) - 24
    yield Label("title/store", 8, y, Words("store", "存储"), anchor="start", weight=600, fill="muted", halo="paper", layer=1)
    what = Words("B+tree in pages: revision → record", "按页存放的 B+ 树：revision → 记录")
    yield Label("title/store/what", 52, y, what, anchor="start", fill="muted", halo="paper", layer=1)
    if pages.hidden_left:
        text = Words(f"← {_more(pages.hidden_left)}", f"← 另有 {pages.hidden_left} 页")
        yield Label("pages/left", 8, LEAF_TOP + 80, text, anchor="start", fill="muted", size=LETTERS)
    if pages.hidden_right:
        text = Words(f"{_more(pages.hidden_right)} →", f"另有 {pages.hidden_right} 页 →")
        yield Label("pages/right", WIDTH - 8, LEAF_TOP + 80, text, anchor="end", fill="muted", size=LETTERS)


def _more(pages: int) -> str:
    return f"{pages} more page{'' if pages == 1 else 's'}"


# -- the index ---------------------------------------------------------------------------------------------------------------------------


def _index_links(frame: Frozen, layout: Layout, walk: Frozen) -> Iterator[Shape]:
    for name, node in frame["index"]["nodes"].items():
        if name not in layout.boxes:
            continue
        box, shown = layout.boxes[name], _shown_keys(node, walk)
        for place_, child in enumerate(node["children"]):
            if child in layout.boxes:
                walked = name in walk["nodes"] and child in walk["nodes"]
                x, below = box.x + box.cell * min(max(place_ - shown.start, 0), len(shown)), layout.boxes[child]
                yield _link(f"index/link/{child}", x, box.y + NODE_HEIGHT, below.middle, below.y, walked=walked, colour="blue")


def _link(id_: str, x1: float, y1: float, x2: float, y2: float, *, walked: bool, colour: str) -> Shape:
    middle = (y1 + y2) / 2
    d = f"M0,0C0,{middle - y1:.1f} {x2 - x1:.1f},{middle - y1:.1f} {x2 - x1:.1f},{y2 - y1:.1f}"
    return Path(id_, d, x=x1, y=y1, stroke="orange" if walked else colour, width=3 if walked else 1.5, layer=1 if walked else 0)


def _index_cells(frame: Frozen, layout: Layout, walk: Frozen) -> Iterator[Shape]:
    for name, node in frame["index"]["nodes"].items():
        if name not in layout.boxes:
            continue
        box = layout.boxes[name]
        walked = name in walk["nodes"]
        if not node["keys"]:
            yield Rect(f"index/{name}/empty", box.x, box.y, box.cell, NODE_HEIGHT, r=4, stroke="blue", dashed=True)
        shown = _shown_keys(node, walk)
        for place_ in shown:
            key, lives = node["keys"][place_], node["lives"][place_]
            version = frame["keys"][key]["version"]
            is_target = walked and key == walk["key"]
            yield from _index_cell(box, place_ - shown.start, key, lives, is_walked=walked, is_target=is_target, version=version)
        count = len(node["keys"])
        if len(shown) < count:
            text, y = Words(f"{len(shown)} of {count} keys", f"{count} 个键中的 {len(shown)} 个"), box.y + NODE_HEIGHT + 11
            yield Label(f"index/{name}/some", box.x, y, text, anchor="start", size=LETTERS, fill="muted", halo="paper")


def _index_cell(
    box: Box, place_: int, key: str, lives: tuple[tuple[str, ...], ...], *, is_walked: bool, is_target: bool, version: int
) -> Iterator[Shape]:
    """A key and its newest revisions. The id is the key's: when a node splits, its cells glide to their new places."""
    x, width = box.x + box.cell * place_, box.cell
    fill, ink = ("blue", "on:blue") if is_target else ("tint:blue", "ink")
    stroke = "orange" if is_walked else "blue"
    details = (("key", key), (Words("revisions", "revision"), _lives_text(lives)), (Words("version", "版本"), str(version)))
    label = Words(f"key {key}", f"键 {key}")
    yield Rect(f"key/{key}", x, box.y, width, NODE_HEIGHT, r=4, fill=fill, stroke=stroke, width=1.5, label=label, details=details)
    weight = 600 if is_target else 400
    yield Label(f"key/{key}/name", x + width / 2, box.y + 13, tail(key, width - 8), size=LETTERS, fill=ink, weight=weight)
    short = _short_lives(lives, width - 8)
    yield Label(f"key/{key}/lives", x + width / 2, box.y + 28, short, size=LETTERS, fill=ink if is_target else "muted")


def _lives_text(lives: tuple[tuple[str, ...], ...]) -> str:
    return " | ".join(" · ".join(life) for life in lives if life)


def _short_lives(lives: tuple[tuple[str, ...], ...], width: float) -> str:
    """The newest revisions that fit."""
    return tail(_lives_text(lives), width)


# -- the pages ---------------------------------------------------------------------------------------------------------------------------


def _page_links(frame: Frozen, layout: Layout, walk: Frozen) -> Iterator[Shape]:
    for name, page in frame["pages"]["pages"].items():
        if name not in layout.boxes:
            continue
        box, shown = layout.boxes[name], _shown_slots(page, walk)
        for key, child in zip(page["keys"], page["children"], strict=False):
            if child in layout.boxes and key in shown:
                walked = name in walk["pages"] and child in walk["pages"]
                x, below = box.x + box.cell * (shown.index(key) + 0.5), layout.boxes[child]
                yield _link(f"page/link/{child}", x, box.y + BRANCH_HEIGHT, below.middle, below.y - 6, walked=walked, colour="grey")
        if page["next"] in layout.boxes:
            right = layout.boxes[page["next"]]
            y = box.y + PAGE_HEIGHT / 2
            yield Line(f"page/next/{name}", box.x + box.width + 2, y, right.x - 2, y, stroke="grey", arrow=True)


def _page_cells(frame: Frozen, layout: Layout, walk: Frozen) -> Iterator[Shape]:
    for name, page in frame["pages"]["pages"].items():
        if name not in layout.boxes:
            continue
        box = layout.boxes[name]
        if page["kind"] == "branch":
            yield from _branch(name, _shown_slots(page, walk), box, is_walked=name in walk["pages"])
            continue
        stroke = "orange" if name in walk["pages"] else "grey"
        yield Rect(f"page/{name}", box.x - 4, box.y - 6, box.width + 8, PAGE_HEIGHT + 12, r=6, fill="card", stroke=stroke)
        shown, count = _shown_slots(page, walk), len(_slots(page))
        some = (f": {len(shown)} of {count} records", f"：{count} 条记录中的 {len(shown)} 条") if len(shown) < count else ("", "")
        title = Words(f"page {name}{some[0]}", f"第 {name} 页{some[1]}")
        yield Label(f"page/{name}/name", box.x, box.y + PAGE_HEIGHT + 16, title, anchor="start", size=LETTERS, fill="muted")
        rows = {row[0]: row for row in page["records"]}
        for place_, revision in enumerate(shown):
            yield from _slot(box, place_, revision, rows.get(revision), is_walked=revision in walk["revisions"])


def _branch(name: str, shown: list[str], box: Box, *, is_walked: bool) -> Iterator[Shape]:
    for place_, key in enumerate(shown):
        x = box.x + box.cell * place_
        stroke = "orange" if is_walked else "grey"
        yield Rect(f"page/{name}/{key}", x, box.y, box.cell, BRANCH_HEIGHT, r=4, fill="card", stroke=stroke)
        text = Words(f"from {key}", f"自 {key}") if box.cell >= 60 else key
        yield Label(f"page/{name}/{key}/text", x + box.cell / 2, box.y + BRANCH_HEIGHT / 2, text, size=LETTERS, fill="ink")


def _slot(box: Box, place_: int, revision: str, row: tuple[str, str, str, bool, int] | None, *, is_walked: bool) -> Iterator[Shape]:
    """A record, or the hole that it left."""
    x, width = box.x + box.cell * place_ + 2, box.cell - 4
    middle = x + width / 2
    if row is None:
        yield Rect(f"record/{revision}", x, box.y, width, PAGE_HEIGHT, r=4, stroke="grey", dashed=True)
        yield Label(f"record/{revision}/name", middle, box.y + 16, revision, size=LETTERS, fill="muted")
        yield Label(f"record/{revision}/key", middle, box.y + 35, Words("hole", "空洞"), size=LETTERS, fill="muted")
        return
    _, key, value, is_tombstone, lease = row
    fill, ink = ("orange", "on:orange") if is_walked else ("paper", "ink")
    text = Words("deleted", "已删除") if is_tombstone else value
    details = (("revision", revision), ("key", key), (Words("value", "值"), text), *((("lease", str(lease)),) if lease else ()))
    label = Words(f"record {revision}", f"记录 {revision}")
    stroke = "orange" if is_walked else "grey"
    yield Rect(f"record/{revision}", x, box.y, width, PAGE_HEIGHT, r=4, fill=fill, stroke=stroke, label=label, details=details)
    yield Label(f"record/{revision}/name", middle, box.y + 10, revision + ("t" if is_tombstone else ""), size=LETTERS, weight=600, fill=ink)
    yield Label(f"record/{revision}/key", middle, box.y + 25, tail(key, width - 4), size=LETTERS, fill=ink)
    shown = text if is_tombstone else fit(value, width - 4, LETTERS)
    yield Label(f"record/{revision}/value", middle, box.y + 40, shown, size=LETTERS, fill=ink if is_walked else "muted")


# -- the walk ----------------------------------------------------------------------------------------------------------------------------


def _walk_between(frame: Frozen, index: Layout, pages: Layout, walk: Frozen) -> Iterator[Shape]:
    """From the key to its record: the line that ties the two trees together."""
    start = _key_box(frame, index, walk)
    if start is None or not walk["revisions"]:
        return
    revision = walk["revisions"][0]
    x, y = start.x + start.cell / 2, start.y + NODE_HEIGHT
    target = _record_x(frame, pages, walk) if walk["pages"] else None
    top = LEAF_TOP - 44 * (pages.floors - 1) - 8
    if walk["pages"] and pages.floors > 1 and walk["pages"][0] in pages.boxes:
        target = pages.boxes[walk["pages"][0]].middle
    if target is not None:
        down = _link("walk/down", x, y, target, top, walked=True, colour="orange")
        yield replace(down, layer=-1)  # behind the keys that it passes
    text = Words(f"revision {revision}", f"revision {revision}") if len(walk["revisions"]) == 1 else _many(walk["revisions"])
    wide = 120 if len(walk["revisions"]) == 1 else 190
    left = min(max((x + (x if target is None else target)) / 2 - wide / 2, 8), WIDTH - wide - 8)
    pill_y = (INDEX_TOPS[index.floors - 1] + NODE_HEIGHT + top) / 2 - 12
    yield Rect("walk/pill", left, pill_y, wide, 24, r=12, fill="orange", layer=2)
    yield Label("walk/pill/text", left + wide / 2, pill_y + 12, text, fill="on:orange", weight=600, size=LETTERS, layer=2)


def _many(revisions: tuple[str, ...]) -> Words:
    shown = ", ".join(revisions[:4]) + ("…" if len(revisions) > 4 else "")
    return Words(f"revisions {shown}", f"revision {shown}")


def _key_box(frame: Frozen, layout: Layout, walk: Frozen) -> Box | None:
    """The cell of the walk's key, as a box of one cell."""
    for name, node in frame["index"]["nodes"].items():
        if name in layout.boxes and walk["key"] in node["keys"]:
            box, place_ = layout.boxes[name], node["keys"].index(walk["key"]) - _shown_keys(node, walk).start
            return Box(box.x + box.cell * place_, box.y, box.cell, 1)
    return None


def _record_x(frame: Frozen, layout: Layout, walk: Frozen) -> float | None:
    """The middle of the first record that the walk goes to."""
    revision = walk["revisions"][0]
    for name, page in frame["pages"]["pages"].items():
        if name in layout.boxes and page["kind"] == "leaf" and revision in page["keys"]:
            box = layout.boxes[name]
            return box.x + box.cell * (_shown_slots(page, walk).index(revision) + 0.5)
    return None


def _corner(frame: Frozen, walk: Frozen, pages: Layout) -> Iterator[Shape]:
    """What the present request is about: a transaction, or the lives of a key."""
    account = frame.get("txn")
    if account is None:
        yield from _lives(frame, walk)
        return
    bottom = LEAF_TOP - 44 * (pages.floors - 1) - 16
    yield from txn_sketch(account, x=CARD_X, y=22, width=WIDTH - CARD_X - 4, bottom=bottom)


def _lives(frame: Frozen, walk: Frozen) -> Iterator[Shape]:
    """The card of the key that the request is about: its lives, one row each."""
    key = walk["key"]
    if key not in frame["keys"]:
        return
    lives = [life for life in frame["keys"][key]["lives"] if life][-3:]
    yield Rect("lives", CARD_X, 22, WIDTH - CARD_X - 4, 44 + 36 * max(len(lives), 1), r=8, fill="card", stroke="line")
    yield Label("lives/key", CARD_X + 14, 42, tail(key, 130, 13), anchor="start", weight=600)
    yield Label("lives/what", WIDTH - 18, 42, Words("generations", "各代"), anchor="end", fill="muted", size=LETTERS)
    for row, life in enumerate(lives):
        is_last = row == len(lives) - 1 and not life[-1].endswith("t")
        for place_, name in enumerate(life[-4:]):
            x, y = CARD_X + 14 + 36 * place_, 58 + 36 * row
            plain = name.removesuffix("t")
            walked = f"{plain}.0" in walk["revisions"] or plain in walk["revisions"]
            fill, ink = ("orange", "on:orange") if walked else ("tint:blue", "ink")
            yield Rect(f"lives/{name}", x, y, 33, 26, r=4, fill=fill, stroke="orange" if walked else "blue")
            yield Label(f"lives/{name}/text", x + 16.5, y + 13, name, size=LETTERS, fill=ink)
        what = Words("live", "存活") if is_last else Words("ended", "已结束")
        yield Label(f"lives/{row}/what", WIDTH - 18, 71 + 36 * row, what, anchor="end", size=LETTERS, fill="muted")
