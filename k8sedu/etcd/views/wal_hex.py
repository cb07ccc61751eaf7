"""The bytes of one record, sixteen a row: which of them are length, type, checksum, data and padding."""

from __future__ import annotations

from collections.abc import Iterator

from k8sedu.etcd.walparts import PART_NAMES, Part, PartName, Piece
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.shapes import Label, Rect, Shape

PER_ROW = 16
ROWS = 6
ROW = 22.0
LEGEND = 30.0
HEX_HEIGHT = LEGEND + ROW * ROWS + 4
BYTE = 23.5
LEFT = 48.0
GAP = 8.0
"""Between the eighth byte of a row and the ninth."""
LETTERS = 12.0

ROLES: dict[PartName, str] = {"length": "sky", "type": "yellow", "crc": "purple", "data": "green", "padding": "grey"}
"""Each part of a frame and its colour."""

WORDS: dict[PartName, Words] = {
    "length": Words("length", "长度"), "type": Words("type", "类型"), "crc": Words("CRC", "CRC"), "data": Words("data", "数据"),
    "padding": Words("padding", "填充"),
}  # fmt: skip
"""Each part's name for people."""


def hex_strip(piece: Piece, *, top: float, width: float) -> Iterator[Shape]:
    """The bytes of a record's frame, from its beginning on."""
    yield from _legend(piece, top + 8, width)
    shown = min(piece.promised_bytes, PER_ROW * ROWS)
    rows = -(-shown // PER_ROW)
    for part in piece.parts:
        yield from _runs(part, top + LEGEND, shown)
    for number in range(shown):
        x, y = _place(number, top + LEGEND)
        if number < len(piece.raw):
            yield Label(f"byte/{number}", x + BYTE / 2, y + ROW / 2, f"{piece.raw[number]:02x}", size=LETTERS)
        else:
            yield Rect(f"missing/{number}", x + 2, y + 4, BYTE - 4, ROW - 8, stroke="bad", dashed=True, width=1)
    for row in range(rows):
        y = top + LEGEND + ROW * (row + 0.5)
        raw = piece.raw[PER_ROW * row : min(PER_ROW * (row + 1), shown)]
        yield Label(f"hex/{row}/offset", 36, y, str(piece.offset + PER_ROW * row), anchor="end", size=LETTERS, fill="muted")
        yield Label(f"hex/{row}/text", LEFT + GAP + BYTE * PER_ROW + 10, y, printable(raw), anchor="start", size=LETTERS, fill="muted")


def printable(raw: bytes) -> str:
    r"""Bytes as letters where they are some, else as dots.

    >>> printable(b"put a\x00\xff")
    'put a··'
    """
    return "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in raw)


def _place(number: int, top: float) -> tuple[float, float]:
    row, column = divmod(number, PER_ROW)
    return LEFT + BYTE * column + GAP * (column >= PER_ROW // 2), top + ROW * row


def _runs(part: Part, top: float, shown: int) -> Iterator[Shape]:
    """A part as one box per half row."""
    start = part.start
    half = PER_ROW // 2
    while start < min(part.end, shown):
        stop = min((start // half + 1) * half, part.end, shown)
        x, y = _place(start, top)
        is_padding = part.name == "padding"
        yield Rect(
            f"part/{part.name}/{start}", x + 1, y + 1.5, BYTE * (stop - start) - 2, ROW - 3, r=3, stroke=ROLES[part.name], width=1,
            fill=None if is_padding else f"tint:{ROLES[part.name]}", dashed=is_padding, layer=-1,
        )  # fmt: skip
        start = stop


def _legend(piece: Piece, y: float, width: float) -> Iterator[Shape]:
    """The parts that there are, each with how many bytes it has."""
    x = 0.0
    sizes = {part.name: part.end - part.start for part in piece.parts}
    for name in PART_NAMES:
        if name not in sizes:
            continue
        text = Words(*(f"{word} {sizes[name]}" for word in WORDS[name]))
        is_padding = name == "padding"
        yield Rect(f"legend/{name}", x, y - 7, 18, 14, r=3, stroke=ROLES[name], fill=None if is_padding else f"tint:{ROLES[name]}", width=1,
                   dashed=is_padding)  # fmt: skip
        yield Label(f"legend/{name}/text", x + 24, y, text, anchor="start", size=LETTERS)
        x += 44 + max(text_width(each, LETTERS) for each in text)
    missing = piece.promised_bytes - len(piece.raw)
    hidden = piece.promised_bytes - PER_ROW * ROWS
    if missing > 0:
        yield Rect("legend/missing", x, y - 7, 18, 14, stroke="bad", dashed=True, width=1)
        yield Label("legend/missing/text", x + 24, y, Words(f"never arrived {missing}", f"未到达 {missing}"), anchor="start", size=LETTERS)
    elif hidden > 0:
        text = Words(f"… {hidden} more bytes", f"… 还有 {hidden} 字节")
        yield Label("legend/hidden", width, y, text, anchor="end", size=LETTERS, fill="muted")
