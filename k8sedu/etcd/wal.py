r"""The write-ahead log as bytes: what a member must have on disk before it says a word to anybody.

The file is a row of records, each in a frame: eight bytes that tell its length (and how many zero bytes pad it to a multiple of eight),
then type, checksum and data. The checksum runs on: that of each record covers the data of all records before it, also over the border
between two segments. So a record cannot be removed, exchanged or come from another log without being noticed.

Two kinds of damage must be told apart. A crash in the middle of a write leaves a torn tail: the last record of the last segment is cut,
or sectors of it are still zero. It was never acknowledged, so it is dropped. Anything else is a failing disk, and the log is refused:
better no member than one that lies. etcd's checksum does not cover a record's type and its length; what these would let through is caught
here by what a log must look like.

>>> writer = Encoder()
>>> data = writer.start(b"member 1") + writer.save((LogEntry(Term=1, Index=1, Data=b"x"),), LogState(term=1, vote=1, commit=0))
>>> contents = read([("0-0.wal", data[:-3])])
>>> contents.entries, contents.hard_state, contents.torn
((LogEntry(Type='EntryNormal', Term=1, Index=1, Data=b'x'),), LogState(term=0, vote=0, commit=0), Torn(segment='0-0.wal', offset=104))

Source: etcd 3.5, server/storage/wal/{doc,encoder,decoder,wal}.go.
Left out: preallocation of segments; files are in `waldir`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.crc32c import crc32c
from k8sedu.etcd.protobuf import Field, Message, ProtobufError, decode, encode
from k8sedu.etcd.schema import ENTRY, HARD_STATE, MARKED_SNAPSHOT, LogEntry, LogState, MarkedSnapshot

METADATA, ENTRY_TYPE, STATE, CRC, SNAPSHOT_TYPE = 1, 2, 3, 4, 5
KINDS = {METADATA: "metadata", ENTRY_TYPE: "entry", STATE: "state", CRC: "crc", SNAPSHOT_TYPE: "snapshot"}
"""Record types and their names."""

HEADER_BYTES = 8
SECTOR_BYTES = 512
"""A disk writes a sector whole or not at all."""
SEGMENT_BYTES = 64_000_000


class WalError(K8sEduError, ValueError):
    """A log that cannot be trusted; the sentence names segment and offset."""


class Torn(NamedTuple):
    """Where a write was interrupted: everything before this offset of the segment is whole."""

    segment: str
    offset: int


class Record(NamedTuple):
    """One record and where it lies."""

    segment: str
    offset: int
    kind: str
    crc: int
    """The checksum of the data of all records up to this one."""
    data: bytes
    size_bytes: int
    """Of the whole frame, header and padding included."""
    padding_bytes: int


class Contents(NamedTuple):
    """What a log says."""

    metadata: bytes
    entries: tuple[LogEntry, ...]
    """The log of Raft behind the snapshot that was asked for; what a later leader overwrote is gone."""
    hard_state: LogState
    snapshots: tuple[MarkedSnapshot, ...]
    records: tuple[Record, ...]
    torn: Torn | None
    crc: int


class _Form(NamedTuple):
    """A record as a message."""

    type: int = 0
    crc: int = 0
    data: bytes = b""


RECORD = Message(_Form, {1: Field("type", "int", always=True), 2: Field("crc", "int", always=True), 3: Field("data", "bytes")})


# -- writing ------------------------------------------------------------------------------------------------------------------------------


def must_sync(before: LogState, after: LogState, *, entries: int) -> bool:
    """Must the disk confirm before anybody is told? Not for a commit index alone: it can be learned again."""
    return bool(entries) or (before.term, before.vote) != (after.term, after.vote)


class Encoder:
    """Turns records into bytes and keeps the running checksum."""

    def __init__(self, crc: int = 0) -> None:
        self.crc = crc
        self.metadata = b""
        self.state = LogState()

    def start(self, metadata: bytes) -> bytes:
        """The beginning of a new log: a checksum of nothing, who writes, and the empty snapshot."""
        self.metadata = metadata
        return self._crc_record() + self.record(METADATA, metadata) + self.snapshot(MarkedSnapshot())

    def save(self, entries: Sequence[LogEntry], state: LogState | None) -> bytes:
        """What a Raft node hands out to be written: first the entries, then the state, if it changed."""
        written = b"".join(self.record(ENTRY_TYPE, encode(ENTRY, entry)) for entry in entries)
        if state is not None:
            self.state = state
            written += self.record(STATE, encode(HARD_STATE, state))
        return written

    def snapshot(self, marked: MarkedSnapshot) -> bytes:
        """The note that a snapshot is safe on disk."""
        return self.record(SNAPSHOT_TYPE, encode(MARKED_SNAPSHOT, marked))

    def cut(self) -> bytes:
        """The beginning of a further segment: it repeats checksum, metadata and state, so that older segments can be deleted."""
        return self._crc_record() + self.record(METADATA, self.metadata) + self.record(STATE, encode(HARD_STATE, self.state))

    def record(self, kind: int, data: bytes) -> bytes:
        """One record in its frame."""
        self.crc = crc32c(data, self.crc)
        return frame(encode(RECORD, _Form(kind, self.crc, data)))

    def _crc_record(self) -> bytes:
        return frame(encode(RECORD, _Form(CRC, self.crc)))


def frame(payload: bytes) -> bytes:
    """A payload with its length in front and zeros behind, up to a multiple of eight.

    >>> frame(b"abcde").hex(" ")
    '05 00 00 00 00 00 00 83 61 62 63 64 65 00 00 00'
    """
    padding = -len(payload) % HEADER_BYTES
    length = len(payload) | (0x80 | padding) << 56 if padding else len(payload)
    return length.to_bytes(8, "little") + payload + b"\0" * padding


# -- reading ------------------------------------------------------------------------------------------------------------------------------


def read(segments: Sequence[tuple[str, bytes]], *, after_index: int = 0, last_index: int = 0) -> Contents:
    """Read a log from its segments, oldest first; entries up to `after_index` are left out, as a snapshot holds them.

    `last_index` is the last entry of the segments before these, which the name of the first one tells.

    Raises:
        WalError: the log is damaged in a way that no interrupted write explains.
    """
    reader = _Reader(after_index, last_index)
    torn = None
    for number, (name, data) in enumerate(segments):
        torn = reader.read_segment(name, data, is_last=number == len(segments) - 1)
    return Contents(
        reader.metadata or b"", tuple(reader.entries), reader.state, tuple(reader.snapshots), tuple(reader.records), torn, reader.crc
    )


class _Reader:
    """Reads record by record and keeps what the log says so far."""

    def __init__(self, after_index: int, last_index: int) -> None:
        self.after_index = after_index
        self.metadata: bytes | None = None
        self.entries: list[LogEntry] = []
        self.state = LogState()
        self.snapshots: list[MarkedSnapshot] = []
        self.records: list[Record] = []
        self.crc = 0
        self.last_index, self.highest_term = last_index, 0
        self.term_before = 0
        """The term of the entry `after_index`, if the log still has it."""

    def read_segment(self, name: str, data: bytes, *, is_last: bool) -> Torn | None:
        """Read one segment; returns where it is torn, if it is."""
        if not data and not is_last:
            raise WalError(f"{name}, offset 0: met an empty segment, expected that only the last one can be.")
        offset = 0
        while offset < len(data):
            found = _frame_at(name, data, offset, is_last=is_last)
            if found is None:
                return None
            if isinstance(found, Torn):
                return found
            payload, end, padding = found
            try:
                form = decode(RECORD, payload)
                is_whole = encode(RECORD, form) == payload and (form.type == CRC or crc32c(form.data, self.crc) == form.crc)
            except ProtobufError:
                is_whole = False
            if not is_whole:
                if is_last and _has_empty_sector(data, offset + HEADER_BYTES, end):
                    return Torn(name, offset)
                raise WalError(f"{name}, offset {offset}: met a record whose checksum is wrong, expected an undamaged one.")
            record = Record(name, offset, KINDS.get(form.type, ""), form.crc, form.data, end - offset, padding)
            try:
                self._take(form, record)
            except ProtobufError as error:
                raise WalError(f"{name}, offset {offset}: a record of kind {record.kind!r} does not hold one: {error}") from None
            offset = end
        return None

    def _take(self, form: Any, record: Record) -> None:
        place = f"{record.segment}, offset {record.offset}"
        if form.type not in KINDS:
            raise WalError(f"{place}: met a record of type {form.type}, expected 1 to 5.")
        if (self.metadata is None and form.type not in (CRC, METADATA)) or (not self.records and form.type != CRC):
            raise WalError(f"{place}: met a record of kind {record.kind!r}, expected a log that begins with crc and metadata.")
        if form.type == CRC:
            if form.data or (self.records and form.crc != self.crc):
                raise WalError(f"{place}: met a segment that continues checksum {form.crc:08x}, expected {self.crc:08x} and no data.")
            self.crc = form.crc
        else:
            self.crc = form.crc
            readers = {METADATA: self._metadata, ENTRY_TYPE: self._entry, STATE: self._state, SNAPSHOT_TYPE: self._snapshot}
            readers[form.type](form.data, place)
        self.records.append(record)

    def _metadata(self, data: bytes, place: str) -> None:
        if self.metadata is not None and data != self.metadata:
            raise WalError(f"{place}: met the metadata of another member, expected the same in all segments.")
        self.metadata = data

    def _entry(self, data: bytes, place: str) -> None:
        """A later entry with the same index replaces the earlier one and all behind it: a new leader has overwritten them."""
        entry = _exact(ENTRY, data, place)
        if entry.Index <= self.state.commit or entry.Index < 1 or (self.last_index and entry.Index > self.last_index + 1):
            expected = f"an index from {self.state.commit + 1} to {self.last_index + 1}"
            raise WalError(f"{place}: met entry {entry.Index}, expected {expected}.")
        # A new leader may send entries of older terms, so terms may fall in the file, but not in the log; and what made them fall is on
        # disk already: a state whose term is as high as any that was seen.
        newest = max(self._term_at(entry.Index - 1), self.highest_term if self.state.term < self.highest_term else 0)
        if entry.Term < newest:
            raise WalError(f"{place}: met an entry of term {entry.Term} after term {newest}, expected no smaller one.")
        self.last_index, self.highest_term = entry.Index, max(self.highest_term, entry.Term)
        if entry.Index == self.after_index:
            self.term_before = entry.Term
        if entry.Index > self.after_index:
            first = self.entries[0].Index if self.entries else entry.Index
            del self.entries[max(entry.Index - first, 0) :]
            self.entries.append(entry)

    def _state(self, data: bytes, place: str) -> None:
        state = _exact(HARD_STATE, data, place)
        if state.term < max(self.state.term, self.highest_term) or state.commit < self.state.commit:
            raise WalError(f"{place}: met term {state.term} and commit {state.commit}, expected neither to go back.")
        self.state = state

    def _snapshot(self, data: bytes, place: str) -> None:
        """A snapshot of the log's own entries leaves them as they are; one that a leader has sent stands in for all that was there."""
        marked: MarkedSnapshot = _exact(MARKED_SNAPSHOT, data, place)
        self.snapshots.append(marked)
        if self.state.term < self.highest_term:
            raise WalError(f"{place}: met a snapshot in term {self.state.term}, expected {self.highest_term}, of which entries are.")
        is_ours = self._term_at(marked.index) == marked.term
        if marked.index > self.last_index or (marked.index >= self.after_index and marked.index and not is_ours):
            self.entries.clear()
            self.last_index, self.term_before = marked.index, marked.term if marked.index == self.after_index else 0

    def _term_at(self, index: int) -> int:
        """The term of an entry; 0 where the log has none."""
        place = index - self.entries[0].Index if self.entries else -1
        if index == self.after_index:
            return self.term_before
        return self.entries[place].Term if 0 <= place < len(self.entries) else 0


def _exact(message: Message, data: bytes, place: str) -> Any:
    """Decode, and make sure that exactly these bytes would be written again: so no record passes for one of another type."""
    value = decode(message, data)
    if encode(message, value) != data:
        raise WalError(f"{place}: met a record that its own kind would not write, expected one of the kind that it names.")
    return value


def _frame_at(name: str, data: bytes, offset: int, *, is_last: bool) -> tuple[bytes, int, int] | Torn | None:
    """The payload at an offset, where its frame ends, and its padding; None at the end of the log."""
    header = data[offset : offset + HEADER_BYTES]
    if not any(header) and not any(data[offset : _sector_end(offset)]) and (is_last or not any(data[offset:])):
        return Torn(name, offset) if any(data[offset:]) else None
    length = int.from_bytes(header, "little")
    size, top = length & (1 << 56) - 1, length >> 56
    padding = top & 7 if top & 0x80 else 0
    end = offset + HEADER_BYTES + size + padding
    if len(header) == HEADER_BYTES and (end - offset) % 8 == 0 and top == (0x80 | padding if padding else 0) and size:
        if end <= len(data) and not any(data[end - padding : end]):
            return data[offset + HEADER_BYTES : end - padding], end, padding
        if is_last and _is_beginning(data[offset + HEADER_BYTES :], size):
            return Torn(name, offset)
    elif is_last and len(header) < HEADER_BYTES:
        return Torn(name, offset)
    left = len(data) - offset
    raise WalError(f"{name}, offset {offset}: met a frame of {size} bytes, expected a whole record in the {left} bytes that are left.")


def _is_beginning(rest: bytes, size: int) -> bool:
    """Could these bytes be the beginning of a record of this size? The record tells the length of its data once more."""
    numbers: list[int] = []
    offset = 0
    for expected in (0x08, 0x10, 0x1A):
        if offset == len(rest):
            return True
        if rest[offset] != expected:
            return False
        number, place = 0, 0
        offset += 1
        while True:
            if offset == len(rest):
                return True
            number |= (rest[offset] & 0x7F) << 7 * place
            offset, place = offset + 1, place + 1
            if rest[offset - 1] < 0x80:
                break
            if place > 9:
                return False
        numbers.append(number)
    return offset + numbers[2] == size and len(rest) < size + 8


def _sector_end(offset: int) -> int:
    return (offset // SECTOR_BYTES + 1) * SECTOR_BYTES


def _has_empty_sector(data: bytes, start: int, end: int) -> bool:
    """Does a sector of this stretch hold nothing but zeros? Then the disk never got to write it."""
    return any(not any(chunk) for chunk in _sectors(data, start, end))


def _sectors(data: bytes, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        stop = min(_sector_end(start), end)
        yield data[start:stop]
        start = stop
