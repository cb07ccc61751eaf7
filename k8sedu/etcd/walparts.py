r"""A log taken apart: every record with its bytes, what it says, whether it still counts, and the half-written one at the end.

`wal.read` says what a member believes after a start. This file says how it comes to believe that, byte by byte, for people who want to
look: which bytes are length, type, checksum, data and padding; which checksum a record continues; which later entry replaced it. A torn
tail is a piece like the others, with the bytes that it has and the number that its header promised.

>>> from k8sedu.etcd.schema import LogEntry
>>> from k8sedu.etcd.wal import Encoder
>>> writer = Encoder()
>>> log = writer.start(b"n1") + writer.save([LogEntry(Term=1, Index=1)], None)
>>> [(piece.kind, piece.status) for piece in take_apart([("0.wal", log[:-5])])][-2:]
[('snapshot', 'counts'), ('entry', 'torn')]
>>> [(part.name, part.start, part.end) for part in parts_of(log[:16])]
[('length', 0, 8), ('type', 8, 10), ('crc', 10, 12), ('padding', 12, 16)]

Source: etcd 3.5, server/storage/wal/{encoder,decoder}.go, walpb/record.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from k8sedu.etcd.frames import readable
from k8sedu.etcd.identity import LOG_OWNER
from k8sedu.etcd.member import describe
from k8sedu.etcd.protobuf import Message, ProtobufError, decode
from k8sedu.etcd.schema import ENTRY, HARD_STATE, MARKED_SNAPSHOT, LogEntry
from k8sedu.etcd.wal import HEADER_BYTES, KINDS, Contents, Record, Torn, read

Status: TypeAlias = Literal["counts", "overwritten", "torn"]
PartName: TypeAlias = Literal["length", "type", "crc", "data", "padding"]

PART_NAMES: tuple[PartName, ...] = ("length", "type", "crc", "data", "padding")
_TAGS: dict[int, PartName] = {0x08: "type", 0x10: "crc", 0x1A: "data"}


class Part(NamedTuple):
    """A stretch of a frame, from its first byte on; `start` to `end` count from the frame's beginning."""

    name: PartName
    start: int
    end: int


class Piece(NamedTuple):
    """One record of the log as it lies on disk."""

    number: int
    """Its place in the log, from 0."""
    segment: str
    offset: int
    """In its segment."""
    kind: str
    """crc, metadata, entry, state or snapshot; empty for a torn record of which not even that is there."""
    status: Status
    raw: bytes
    """The frame's bytes that are there."""
    promised_bytes: int
    """How long the frame is, as its header says; longer than `raw` where the record is torn."""
    crc_before: int
    crc: int
    data: bytes
    fields: tuple[tuple[str, str], ...]
    """What the data say, as rows of name and text."""
    overwritten_by: int
    """The number of the later entry that replaced this one; -1 for none."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each byte is for."""
        return parts_of(self.raw)

    @property
    def padding_bytes(self) -> int:
        """How many zeros fill the frame up to a multiple of eight."""
        return self.raw[7] & 7 if len(self.raw) >= HEADER_BYTES and self.raw[7] & 0x80 else 0

    def field(self, name: str) -> str:
        """One row of what the data say; empty if there is none."""
        return next((text for known, text in self.fields if known == name), "")


def take_apart(segments: Sequence[tuple[str, bytes]], *, last_index: int = 0) -> tuple[Piece, ...]:
    """Every record of a log, oldest first; the last one is torn if the log is. O(bytes).

    Args:
        segments: name and bytes of each, oldest first.
        last_index: the last entry before the first of these segments, which the segment's name tells.

    Raises:
        WalError: the log is damaged in a way that no interrupted write explains.
    """
    contents = read(segments, after_index=last_index, last_index=last_index)
    replaced = _overwritten(contents)
    bytes_of = dict(segments)
    pieces: list[Piece] = []
    crc = 0
    for number, record in enumerate(contents.records):
        raw = bytes_of[record.segment][record.offset : record.offset + record.size_bytes]
        by = replaced.get(number, -1)
        pieces.append(Piece(
            number, record.segment, record.offset, record.kind, "counts" if by < 0 else "overwritten", raw, len(raw), crc, record.crc,
            record.data, fields_of(record.kind, record.data), by,
        ))  # fmt: skip
        crc = record.crc
    if contents.torn is not None:
        pieces.append(_torn(len(pieces), contents.torn, bytes_of[contents.torn.segment], crc))
    return tuple(pieces)


def parts_of(raw: bytes) -> tuple[Part, ...]:
    """What the bytes of a frame are for, as far as they reach."""
    if not raw:
        return ()
    found = [Part("length", 0, min(HEADER_BYTES, len(raw)))]
    size = int.from_bytes(raw[: HEADER_BYTES - 1], "little")
    end = min(HEADER_BYTES + size, len(raw))
    offset = HEADER_BYTES
    while offset < end:
        name = _TAGS.get(raw[offset])
        if name is None:
            break
        stop = _number_end(raw, offset + 1, end)
        stop = end if name == "data" else stop
        found.append(Part(name, offset, stop))
        offset = stop
    if len(raw) > HEADER_BYTES + size:
        found.append(Part("padding", HEADER_BYTES + size, len(raw)))
    return tuple(found)


def _number_end(raw: bytes, offset: int, end: int) -> int:
    """Behind the last byte of a number: the first one whose upper bit is not set."""
    while offset < end and raw[offset] & 0x80:
        offset += 1
    return min(offset + 1, end)


def fields_of(kind: str, data: bytes) -> tuple[tuple[str, str], ...]:
    """What a record's data say, as rows of name and text.

    >>> from k8sedu.etcd.protobuf import encode
    >>> from k8sedu.etcd.schema import LogState
    >>> fields_of("state", encode(HARD_STATE, LogState(term=2, vote=1, commit=7)))
    (('term', '2'), ('vote', '1'), ('commit', '7'))
    """
    try:
        return tuple(_READERS[kind](data)) if kind in _READERS else ()
    except ProtobufError:
        return (("data", readable(data)),) if data else ()


def _of(message: Message, *names: str) -> Callable[[bytes], Iterator[tuple[str, str]]]:
    def rows(data: bytes) -> Iterator[tuple[str, str]]:
        value = decode(message, data)
        yield from ((name, number_text(getattr(value, name))) for name in names)

    return rows


def _entry(data: bytes) -> Iterator[tuple[str, str]]:
    entry: LogEntry = decode(ENTRY, data)
    yield from (("Term", str(entry.Term)), ("Index", str(entry.Index)), ("Type", entry.Type))
    try:
        yield "Data", describe(entry)
    except ProtobufError:
        yield "Data", readable(entry.Data)


_READERS: dict[str, Callable[[bytes], Iterator[tuple[str, str]]]] = {
    "metadata": _of(LOG_OWNER, "NodeID", "ClusterID"),
    "entry": _entry,
    "state": _of(HARD_STATE, "term", "vote", "commit"),
    "snapshot": _of(MARKED_SNAPSHOT, "index", "term"),
}


def number_text(value: Any) -> str:
    """A number as people read it: the IDs of a real cluster are long and stand in hexadecimal digits, as `etcdctl` writes them.

    >>> number_text(7), number_text(0x8E9E05C52164694D)
    ('7', '8e9e05c52164694d')
    """
    return f"{value:x}" if isinstance(value, int) and value >= 1 << 32 else str(value)


def _overwritten(contents: Contents) -> dict[int, int]:
    """Which record's entry a later one has replaced: the number of the later one by that of the earlier. O(records)."""
    found: dict[int, int] = {}
    alive: list[tuple[int, int]] = []
    for number, record in enumerate(contents.records):
        if record.kind != "entry":
            continue
        index = _index_of(record)
        while alive and alive[-1][0] >= index:
            found[alive.pop()[1]] = number
        alive.append((index, number))
    return found


def _index_of(record: Record) -> int:
    index: int = decode(ENTRY, record.data).Index
    return index


def _torn(number: int, torn: Torn, data: bytes, crc: int) -> Piece:
    """The record whose write was interrupted, as far as its bytes tell."""
    rest = data[torn.offset :]
    header = rest[:HEADER_BYTES]
    size, top = int.from_bytes(header[:7], "little"), header[7] if len(header) == HEADER_BYTES else 0
    padding = top & 7 if top & 0x80 else 0
    promised = HEADER_BYTES + size + padding if len(header) == HEADER_BYTES and size else max(HEADER_BYTES, len(rest))
    raw = rest[:promised]
    kind = KINDS.get(raw[9], "") if len(raw) > HEADER_BYTES + 1 and raw[8] == 0x08 else ""
    return Piece(number, torn.segment, torn.offset, kind, "torn", raw, promised, crc, crc, b"", (), -1)
