"""The write-ahead log in a folder: segments, `fsync`, and repair after a crash.

What `save` has returned from survives a power cut. Two tricks make that true. A new segment is written beside its place and then renamed,
so that it is there with its beginning or not at all; and after a rename the folder itself is flushed, because a name is data too.

Everything about the bytes is decided in `wal`; this file only moves them. The format is etcd's own: the directory of a real member can be
read, and what is written here could be read by it.

Source: etcd 3.5, server/storage/wal/wal.go (Create, Open, Save, cut), repair.go, filepipeline.go.
Left out: preallocated files; the lock against a second process is in `memberdir`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NamedTuple

from k8sedu.etcd.schema import LogEntry, LogState, MarkedSnapshot
from k8sedu.etcd.wal import SEGMENT_BYTES, Contents, Encoder, Torn, WalError, must_sync, read

_NAME = re.compile(r"([0-9a-f]{16})-([0-9a-f]{16})\.wal")


class Segment(NamedTuple):
    """One file of the log: its number, and the index of the first entry that may be in it."""

    sequence: int
    first_index: int
    path: Path


def segments(folder: Path) -> list[Segment]:
    """The segments of a log, oldest first.

    Raises:
        WalError: there is none, or one is missing in the middle.
    """
    matches = ((path, _NAME.fullmatch(path.name)) for path in sorted(folder.glob("*.wal")))
    found = [Segment(int(match[1], 16), int(match[2], 16), path) for path, match in matches if match]
    if not found:
        raise WalError(f"{folder}: met no segment of a log, expected files like 0000000000000000-0000000000000000.wal.")
    for number, segment in enumerate(found, start=found[0].sequence):
        if segment.sequence != number:
            raise WalError(f"{folder}: met segment {segment.path.name}, expected one that begins {number:016x}.")
    return found


def read_folder(folder: Path, *, after_index: int = 0) -> Contents:
    """Read the log of a folder without changing anything.

    Segments that hold only entries up to `after_index` are not read.

    Raises:
        WalError: the log is damaged or incomplete.
        OSError: the folder cannot be read.
    """
    found = segments(folder)
    if found[0].first_index > after_index + 1:
        raise WalError(f"{folder}: the log begins at entry {found[0].first_index}, expected one that reaches back to {after_index + 1}.")
    first = max(place for place, segment in enumerate(found) if place == 0 or segment.first_index <= after_index)
    pieces = [(segment.path.name, segment.path.read_bytes()) for segment in found[first:]]
    return read(pieces, after_index=after_index, last_index=max(found[first].first_index - 1, 0))


class WalFolder:
    """The log of one member, open for writing.

    Use `create` for a new member and `open` after a restart.
    """

    def __init__(self, folder: Path, encoder: Encoder, file: BinaryIO, *, sequence: int, last_index: int, segment_bytes: int) -> None:
        self.folder, self.encoder, self.segment_bytes = folder, encoder, segment_bytes
        self._file, self._sequence, self._last_index = file, sequence, last_index

    @classmethod
    def create(cls, folder: Path, *, metadata: bytes = b"", segment_bytes: int = SEGMENT_BYTES) -> WalFolder:
        """Begin a new log.

        Raises:
            WalError: there is one already.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.wal")):
            raise WalError(f"{folder}: met a log, expected an empty folder.")
        encoder = Encoder()
        file = _begin(folder, sequence=0, first_index=0, data=encoder.start(metadata))
        return cls(folder, encoder, file, sequence=0, last_index=0, segment_bytes=segment_bytes)

    @classmethod
    def open(cls, folder: Path, *, after_index: int = 0, segment_bytes: int = SEGMENT_BYTES) -> tuple[WalFolder, Contents]:
        """Go on with a log after a restart; a torn tail is cut off first.

        Raises:
            WalError: the log is damaged or incomplete.
        """
        contents = read_folder(folder, after_index=after_index)
        last = segments(folder)[-1]
        size = sum(record.size_bytes for record in contents.records if record.segment == last.path.name)
        if contents.torn is not None or last.path.stat().st_size != size:
            _cut_off(last.path, contents.torn or Torn(last.path.name, size))
        encoder = Encoder(contents.crc)
        encoder.metadata, encoder.state = contents.metadata, contents.hard_state
        last_index = contents.entries[-1].Index if contents.entries else after_index
        file = last.path.open("ab")
        return cls(folder, encoder, file, sequence=last.sequence, last_index=last_index, segment_bytes=segment_bytes), contents

    def save(self, entries: Sequence[LogEntry] = (), state: LogState | None = None) -> None:
        """Write what a Raft node hands out; when this returns, it survives a crash.

        Raises:
            OSError: the disk refuses; nothing may be acknowledged then.
        """
        before = self.encoder.state
        self._file.write(self.encoder.save(entries, state))
        if entries:
            self._last_index = entries[-1].Index
        self._flush(sync=must_sync(before, self.encoder.state, entries=len(entries)))
        if self._file.tell() > self.segment_bytes:
            self.cut()

    def mark(self, marked: MarkedSnapshot) -> None:
        """Note that a snapshot is safe on disk; one that a leader has sent may reach further than the log."""
        self._last_index = max(self._last_index, marked.index)
        self._file.write(self.encoder.snapshot(marked))
        self._flush(sync=True)

    def sync(self) -> None:
        """Let the disk confirm what was written without that, such as a commit index."""
        self._flush(sync=True)

    def cut(self) -> None:
        """Begin a new segment."""
        self._flush(sync=True)
        self._file.close()
        self._sequence += 1
        self._file = _begin(self.folder, sequence=self._sequence, first_index=self._last_index + 1, data=self.encoder.cut())

    def drop_before(self, index: int, *, keep: int = 0) -> tuple[str, ...]:
        """Delete the segments that hold only entries before an index, the oldest first, while there are more than `keep`.

        Returns:
            Their names.
        """
        found = segments(self.folder)
        old = [left for left, right in pairwise(found) if right.first_index <= index][: max(len(found) - keep, 0)]
        for segment in old:
            segment.path.unlink()
        return tuple(segment.path.name for segment in old)

    def close(self) -> None:
        """Write out and close the file."""
        self._flush(sync=True)
        self._file.close()

    def _flush(self, *, sync: bool) -> None:
        self._file.flush()
        if sync:
            os.fsync(self._file.fileno())


def _begin(folder: Path, *, sequence: int, first_index: int, data: bytes) -> BinaryIO:
    """Write the beginning of a segment beside its place, flush it, and rename it."""
    path = folder / f"{sequence:016x}-{first_index:016x}.wal"
    beside = path.with_suffix(".wal.tmp")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(folder)
    return path.open("ab")


def _cut_off(path: Path, torn: Torn) -> None:
    with path.open("r+b") as file:
        file.truncate(torn.offset)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder: a file that was renamed is only there when its folder says so."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
