"""The write-ahead log as a picture: segments above, records as rows, and below the bytes of the record that one looks at.

The chain at the right edge is the running checksum: each link continues the one above, over the border of segments too. A record that a
later leader overwrote is struck out; it still lies in the file. A torn tail is hatched and dashed: what is there of it, what never came,
and what a repair cuts off.

Left out: records that are far from the chosen one; they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8sedu.etcd.views.wal_hex import HEX_HEIGHT, hex_strip
from k8sedu.etcd.views.wal_words import kind_words, part_rows, says
from k8sedu.etcd.walparts import Piece, take_apart
from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Icon, Label, Line, Path, Rect, Shape

WIDTH = 590.0
SEGMENTS_TOP = 18.0
BAR = 18.0
HEAD = 74.0
"""The middle of the head of the rows."""
ROWS_TOP = 88.0
ROW = 24.0
ROWS = 9
HEX_TOP = ROWS_TOP + ROW * ROWS + 14
HEIGHT = HEX_TOP + HEX_HEIGHT
CARD_HEIGHT = 150.0
SEGMENTS = 4
"""So many segments are drawn; older ones are counted."""
LETTERS = 12.0
CHAIN_X = 580.0


def wal_bytes(
    segments: Sequence[tuple[str, bytes]], selected: int | None = None, *, caption: str | Words = "", subtitle: str | Words | None = None,
    last_index: int = 0,
) -> Scene:  # fmt: skip
    """A log as a picture: its records, and the bytes of one of them.

    Args:
        segments: name and bytes of each, oldest first; of the model or of a real member.
        selected: the number of the record whose bytes are shown; the last one without.
        caption: the sentence below.
        subtitle: stands beside the title.
        last_index: the last entry before the first of these segments, which its name tells.

    >>> from k8sedu.etcd.wal import Encoder
    >>> wal_bytes([("0.wal", Encoder().start(b"n1"))]).find("record/2").label
    'record 2: snapshot'

    Raises:
        WalError: the log is damaged in a way that no interrupted write explains.
        IndexError: there is no such record.
    """
    pieces = take_apart(segments, last_index=last_index)
    return log_scene(segments, pieces, pieces[-1 if selected is None else selected], caption=caption, subtitle=subtitle)


def log_scene(
    segments: Sequence[tuple[str, bytes]], pieces: tuple[Piece, ...], chosen: Piece, *, caption: str | Words = "",
    subtitle: str | Words | None = None,
) -> Scene:  # fmt: skip
    """The same of a log that is taken apart already."""
    shapes = (*_bars(segments, pieces, chosen), *_rows(pieces, chosen), *hex_strip(chosen, top=HEX_TOP, width=WIDTH))
    if subtitle is None:
        size = sum(len(data) for _, data in segments)
        subtitle = Words(f"{len(pieces)} records · {size} bytes", f"{len(pieces)} 条记录 · {size} 字节")
    return Scene(
        shapes=shapes, card=tuple(_checksum(chosen)), card_height=CARD_HEIGHT, caption=caption, subtitle=subtitle, width=WIDTH,
        height=HEIGHT, focus=f"record/{chosen.number}",
    )  # fmt: skip


def role_of(piece: Piece) -> str:
    """The colour of a record: an entry has that of its term."""
    if piece.status == "torn":
        return "bad"
    return f"term-{max(int(piece.field('Term') or 1), 1)}" if piece.kind == "entry" else "grey"


# -- segments ----------------------------------------------------------------------------------------------------------------------------


def _bars(segments: Sequence[tuple[str, bytes]], pieces: tuple[Piece, ...], chosen: Piece) -> Iterator[Shape]:
    """Each segment as a bar to scale, its records in it."""
    place = [name for name, _ in segments].index(chosen.segment)
    first = min(max(place - SEGMENTS + 1, len(segments) - SEGMENTS if place >= len(segments) - SEGMENTS else 0, 0), place)
    shown = segments[first : first + SEGMENTS]
    width = (WIDTH - 10 * (len(shown) - 1)) / len(shown)
    for number, (name, data) in enumerate(shown):
        x = number * (width + 10)
        weight = 600 if name == chosen.segment else 400
        own = [piece for piece in pieces if piece.segment == name]
        size = max(len(data), *(piece.offset + piece.promised_bytes for piece in own), 1) if own else max(len(data), 1)
        yield Label(f"segment/{name}/name", x, SEGMENTS_TOP - 10, _segment_words(name, first + number, width), anchor="start", size=LETTERS,
                    weight=weight, fill="ink" if weight == 600 else "muted")  # fmt: skip
        yield Rect(f"segment/{name}", x, SEGMENTS_TOP, width, BAR, r=3, fill="card", stroke="line")
        yield from _blocks(own, chosen, x, width / size)
    if first:
        text = Words(f"{first} older", f"更早 {first} 个")
        yield Label("segment/older", WIDTH, SEGMENTS_TOP + BAR + 12, text, anchor="end", size=LETTERS, fill="muted")


def _segment_words(name: str, number: int, width: float) -> Words:
    """A segment's name is long: sixteen digits for its number, sixteen for the first entry that may be in it."""
    stem, _, first = name.removesuffix(".wal").partition("-")
    if len(stem) == 16 and first:
        index = int(first, 16)
        pair = Words(f"segment {int(stem, 16)}, from entry {index} on", f"段 {int(stem, 16)}，自条目 {index} 起")
    else:
        pair = Words(f"segment {number}: {name}", f"段 {number}：{name}")
    return Words(*(fit(text, width, LETTERS) for text in pair))


def _blocks(own: list[Piece], chosen: Piece, x: float, scale: float) -> Iterator[Shape]:
    for piece in own:
        left, width = x + piece.offset * scale, max(piece.promised_bytes * scale - 1, 0.75)
        is_chosen, is_torn = piece.number == chosen.number, piece.status == "torn"
        fill = None if is_torn else f"tint:{role_of(piece)}" if piece.status == "counts" else "card"
        stroke, line = ("ink", 2) if is_chosen else (role_of(piece), 0.75)
        yield Rect(
            f"block/{piece.number}", left, SEGMENTS_TOP + 2, width, BAR - 4, fill=fill, stroke=stroke, width=line, dashed=is_torn,
            layer=int(is_chosen),
        )  # fmt: skip
        if is_torn:
            there = max(width * len(piece.raw) / piece.promised_bytes, 1)
            yield Path("torn/block", hatch(there, BAR - 4, 5), x=left, y=SEGMENTS_TOP + 2, stroke="bad", width=1)
        if is_chosen:
            middle = left + width / 2
            yield Path("chosen", f"M{middle - 5:.1f} 0l5-7 5 7Z", y=SEGMENTS_TOP + BAR + 10, fill="ink")


def hatch(width: float, height: float, gap: float) -> str:
    """Slanted strokes that fill a box, as a path from its upper left corner.

    >>> hatch(10, 5, 5)
    'M0.0 5.0L5.0 0.0M5.0 5.0L10.0 0.0'
    """
    strokes = []
    x = 0.0
    while x < width:
        reach = min(height, width - x)
        strokes.append(f"M{x:.1f} {height:.1f}L{x + reach:.1f} {height - reach:.1f}")
        x += gap
    return "".join(strokes)


# -- records -----------------------------------------------------------------------------------------------------------------------------


def _rows(pieces: tuple[Piece, ...], chosen: Piece) -> Iterator[Shape]:
    """The records around the chosen one."""
    first = min(max(chosen.number - ROWS // 2, 0), max(len(pieces) - ROWS, 0))
    shown = pieces[first : first + ROWS]
    yield from _head(first, len(pieces) - first - len(shown))
    for row, piece in enumerate(shown):
        yield from _row(piece, ROWS_TOP + ROW * row, is_chosen=piece.number == chosen.number, is_first=row == 0)


def _head(before: int, behind: int) -> Iterator[Shape]:
    heads = (
        ("offset", 42.0, Words("offset", "偏移"), "end"), ("kind", 54.0, Words("record", "记录"), "start"),
        ("says", 136.0, Words("what it says", "内容"), "start"), ("size", 486.0, Words("bytes", "字节"), "end"),
        ("crc", 562.0, Words("CRC so far", "累计 CRC"), "end"),
    )  # fmt: skip
    for name, x, text, anchor in heads:
        yield Label(f"head/{name}", x, HEAD, text, anchor="start" if anchor == "start" else "end", size=LETTERS, fill="muted")
    hidden = (before, Words(f"{before} above", f"上方还有 {before} 条")), (behind, Words(f"{behind} below", f"下方还有 {behind} 条"))
    parts = [words for count, words in hidden if count]
    if parts:
        text = Words(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))
        yield Label("head/more", 240, HEAD, text, anchor="start", size=LETTERS, fill="muted")


def _row(piece: Piece, y: float, *, is_chosen: bool, is_first: bool) -> Iterator[Shape]:
    own, middle = f"record/{piece.number}", y + ROW / 2
    is_torn, is_old = piece.status == "torn", piece.status == "overwritten"
    role, ink = role_of(piece), "muted" if is_old else "ink"
    yield Rect(
        own, 0, y + 1, WIDTH - 22, ROW - 2, r=4, fill="tint:yellow" if is_chosen else "paper", stroke="bad" if is_torn else None,
        dashed=is_torn, label=f"record {piece.number}: {piece.kind or 'torn'}", details=part_rows(piece),
    )  # fmt: skip
    if is_torn:
        share = len(piece.raw) / piece.promised_bytes
        yield Path("torn/row", hatch((WIDTH - 22) * share, ROW - 2, 9), x=0, y=y + 1, stroke="tint:bad", width=1.5)
    yield Label(f"{own}/offset", 42, middle, str(piece.offset), anchor="end", size=LETTERS, fill="muted")
    yield Rect(
        f"{own}/kind", 54, y + 3, 74, ROW - 6, r=4, stroke=role, dashed=is_torn,
        fill=f"tint:{role}" if piece.kind == "entry" and piece.status == "counts" else "paper",
    )  # fmt: skip
    yield Label(f"{own}/kind/text", 91, middle, kind_words(piece), size=LETTERS, fill=ink)
    text = says(piece)
    shown = Words(*(fit(each, 310, LETTERS) for each in text))
    yield Label(f"{own}/says", 136, middle, shown, anchor="start", size=LETTERS, fill=ink, halo="paper" if is_torn else None)
    if is_old:
        reach = 138 + max(text_width(each, LETTERS) for each in shown)
        yield Line(f"{own}/struck", 134, middle, reach, middle, stroke="ink", width=1.2, layer=1)
    size = f"{len(piece.raw)}/{piece.promised_bytes}" if is_torn else str(len(piece.raw))
    yield Label(f"{own}/size", 486, middle, size, anchor="end", size=LETTERS, fill=ink)
    yield from _link(piece, own, middle, is_first=is_first)


def _link(piece: Piece, own: str, middle: float, *, is_first: bool) -> Iterator[Shape]:
    """The running checksum, and the link to the record above."""
    is_torn = piece.status == "torn"
    if not is_first:
        role = "bad" if is_torn else "ink"
        yield Line(f"{own}/chain", CHAIN_X, middle - ROW + 4.5, CHAIN_X, middle - 4.5, stroke=role, dashed=is_torn, width=1.5)
    if is_torn:
        yield Label(f"{own}/crc", 562, middle, Words("cut off", "将被切除"), anchor="end", size=LETTERS, fill="ink", halo="paper")
        yield Icon(f"{own}/broken", CHAIN_X, middle, "cross", size=12, fill="bad")
        return
    yield Label(f"{own}/crc", 562, middle, f"{piece.crc:08x}", anchor="end", size=LETTERS, fill="ink")
    yield Circle(f"{own}/ring", CHAIN_X, middle, 4.5, fill="paper" if piece.kind == "crc" else "ink", stroke="ink", width=1.5)


# -- the card ----------------------------------------------------------------------------------------------------------------------------


def _checksum(chosen: Piece) -> Iterator[Shape]:
    """What the checksum of the chosen record is made of."""
    yield Label("sum/head", 18, 24, Words("The checksum runs on", "校验和逐条累计"), anchor="start", weight=600)
    yield Rect("sum/before", 18, 40, 130, 30, r=6, fill="paper", stroke="grey")
    yield Label("sum/before/text", 83, 55, f"{chosen.crc_before:08x}")
    yield Label("sum/before/what", 158, 55, Words("all before it", "之前所有记录"), anchor="start", size=LETTERS, fill="muted")
    yield Line("sum/way", 83, 71, 83, 107, stroke="ink", arrow=True)
    if chosen.status == "torn":
        said = Words("data that are not all there", "数据不完整")
    elif chosen.kind == "crc":
        said = Words("no data: it passes it on", "无数据，只负责传递")
    else:
        said = Words(f"+ {len(chosen.data)} bytes of data", f"+ {len(chosen.data)} 字节数据")
    yield Label("sum/data", 98, 89, said, anchor="start", size=LETTERS)
    is_torn = chosen.status == "torn"
    yield Rect("sum/after", 18, 108, 130, 30, r=6, fill="paper", stroke="bad" if is_torn else "good", width=2, dashed=is_torn)
    yield Label("sum/after/text", 83, 123, "?" if is_torn else f"{chosen.crc:08x}", weight=600)
    yield Icon("sum/verdict", 166, 123, "cross" if is_torn else "check", size=16, fill="bad" if is_torn else "good")
    verdict = Words("cannot be right", "不可能正确") if is_torn else Words("as written", "与写入一致")
    yield Label("sum/verdict/text", 180, 123, verdict, anchor="start", size=LETTERS, fill="muted")
