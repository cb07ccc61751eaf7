from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.protobuf import ProtobufError, decode, encode
from k8sedu.etcd.schema import REQUEST, LogEntry, LogState, MarkedSnapshot, decode_request, encode_request
from k8sedu.etcd.wal import KINDS, Contents, Encoder, WalError, must_sync, read
from k8sedu.etcd.waldir import WalFolder, read_folder, segments

NUMBERS = {name: number for number, name in KINDS.items()}


def sample() -> tuple[list[tuple[str, bytes]], Contents]:
    """A small log of two segments, with an overwritten entry, and what it says."""
    encoder = Encoder()
    first = encoder.start(b"member 1")
    first += encoder.save([LogEntry(Term=1, Index=index, Data=b"put %d" % index) for index in (1, 2, 3)], LogState(1, 77, 1))
    first += encoder.save((LogEntry(Term=2, Index=2),), LogState(2, 78, 1))
    second = encoder.cut() + encoder.save((LogEntry(Term=2, Index=3, Data=b"x" * 40),), LogState(2, 78, 3))
    second += encoder.snapshot(MarkedSnapshot(3, 2)) + encoder.save((LogEntry(Term=2, Index=4, Data=b"last"),), None)
    log = [("a.wal", first), ("b.wal", second)]
    return log, read(log)


def test_what_was_written_is_read() -> None:
    """A log says what was saved, and of overwritten entries the later ones."""
    _, contents = sample()
    assert [(entry.Term, entry.Index) for entry in contents.entries] == [(1, 1), (2, 2), (2, 3), (2, 4)]
    assert (contents.hard_state, contents.metadata, contents.torn) == (LogState(2, 78, 3), b"member 1", None)
    assert contents.snapshots == (MarkedSnapshot(), MarkedSnapshot(3, 2))


def is_beginning_of(contents: Contents, whole: Contents) -> bool:
    """Does a log say what a longer one says, up to some record?"""
    return contents.records == whole.records[: len(contents.records)]


def test_cut_at_every_byte() -> None:
    """A log that ends anywhere in its last segment is recovered up to its last whole record."""
    log, whole = sample()
    (name, first), (last_name, last) = log
    for size in range(len(last) + 1):
        contents = read([(name, first), (last_name, last[:size])])
        assert is_beginning_of(contents, whole)
        ends = [record.offset + record.size_bytes for record in whole.records if record.segment == last_name]
        assert len(contents.records) - len([each for each in whole.records if each.segment == name]) == sum(end <= size for end in ends)
        assert (contents.torn is None) == (size in (0, *ends))


def test_a_cut_in_an_older_segment_is_refused() -> None:
    """Only the last segment can be torn by a crash: anything missing before it is damage."""
    log, whole = sample()
    (name, first), last = log
    starts = [record.offset for record in whole.records if record.segment == name]
    for size in range(len(first)):
        with pytest.raises(WalError, match="offset") as refusal:
            read([(name, first[:size]), last])
        assert size in starts or name in str(refusal.value)


@pytest.mark.parametrize("mask", [0xFF, *(1 << bit for bit in range(8))])
def test_every_byte_flipped(mask: int) -> None:
    """With any byte of the log flipped it says the same, or a beginning of it, or is refused by name and place; never anything else."""
    log, whole = sample()
    flat = [(number, place) for number, (_, data) in enumerate(log) for place in range(len(data))]
    for number, place in flat:
        damaged = [(name, bytes(flipped(data, place, mask)) if each == number else data) for each, (name, data) in enumerate(log)]
        contents = read_or_refusal(damaged)
        if isinstance(contents, str):
            assert ".wal, offset " in contents
        else:
            assert is_beginning_of(contents, whole)
            assert contents.torn is not None, f"{log[number][0]}, byte {place} flipped by {mask:#x} went unnoticed"


def read_or_refusal(log: list[tuple[str, bytes]]) -> Contents | str:
    """What a log says, or the sentence with which it is refused."""
    try:
        return read(log)
    except WalError as refusal:
        return str(refusal)


def flipped(data: bytes, place: int, mask: int) -> bytearray:
    """The data with one byte changed."""
    found = bytearray(data)
    found[place] ^= mask
    return found


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no log are refused, or taken for the torn beginning of one."""
    contents = read_or_refusal([("x.wal", data)])
    assert contents.startswith("x.wal, offset ") if isinstance(contents, str) else contents.entries == ()


@given(st.binary(max_size=80))
def test_random_bytes_as_a_message(data: bytes) -> None:
    """Bytes that are no message are refused with a typed error."""
    with contextlib.suppress(ProtobufError):
        decode(REQUEST, data)


def test_an_empty_sector_is_torn() -> None:
    """A record of which the disk did not write a sector is torn, and what was before it stays."""
    encoder = Encoder()
    data = encoder.start(b"m") + encoder.save((LogEntry(Term=1, Index=1, Data=b"a"),), None)
    whole = len(data)
    data += encoder.save((LogEntry(Term=1, Index=2, Data=b"b" * 2000),), None)
    holed = data[:1024] + b"\0" * 512 + data[1536:]
    contents = read([("a.wal", holed)])
    assert (len(contents.entries), contents.torn) == (1, ("a.wal", whole))


def test_a_commit_index_alone_needs_no_flush() -> None:
    """The disk must confirm entries, terms and votes; a commit index can be learned again."""
    assert not must_sync(LogState(1, 1, 1), LogState(1, 1, 2), entries=0)
    assert must_sync(LogState(1, 1, 1), LogState(1, 2, 1), entries=0)
    assert must_sync(LogState(1, 1, 1), LogState(1, 1, 1), entries=1)


@pytest.mark.conformance("etcd/**/*.wal")
def test_a_real_log(conformance_path: Path) -> None:
    """The log of a real etcd is read with all checksums right, and written again it is the same, byte for byte, every request included."""
    data = conformance_path.read_bytes()
    contents = read([(conformance_path.name, data)])
    assert contents.torn is None
    assert len(contents.records) > 100
    encoder, again = Encoder(), b""
    for record in contents.records:
        again += encoder._crc_record() if record.kind == "crc" else encoder.record(NUMBERS[record.kind], record.data)
    assert data.startswith(again)
    assert not any(data[len(again) :])
    for entry in contents.entries:
        request = decode_request(entry.Data) if entry.Type == "EntryNormal" and entry.Data else None
        if request is not None:
            assert encode_request(request, request_id=decode(REQUEST, entry.Data).header.ID) == entry.Data


# -- in a folder --------------------------------------------------------------------------------------------------------------------------


def test_a_folder_with_many_segments(tmp_path: Path) -> None:
    """A log in many segments is read as one, continues after a restart, and loses only the segments that a snapshot covers."""
    wal = WalFolder.create(tmp_path / "wal", metadata=b"m", segment_bytes=300)
    for index in range(1, 41):
        wal.save((LogEntry(Term=1, Index=index, Data=b"entry %d" % index),), LogState(1, 1, index - 1))
    wal.close()
    wal, contents = WalFolder.open(tmp_path / "wal", segment_bytes=300)
    assert len(segments(tmp_path / "wal")) > 5
    assert [entry.Index for entry in contents.entries] == list(range(1, 41))
    wal.save((LogEntry(Term=2, Index=41),), LogState(2, 1, 40))
    wal.mark(MarkedSnapshot(30, 1))
    assert wal.drop_before(31)
    wal.close()
    assert [entry.Index for entry in read_folder(tmp_path / "wal", after_index=30).entries] == list(range(31, 42))
    with pytest.raises(WalError, match="expected one that reaches back to 1"):
        read_folder(tmp_path / "wal")


def test_a_missing_segment_is_named(tmp_path: Path) -> None:
    """A segment that is missing in the middle is named."""
    wal = WalFolder.create(tmp_path / "wal", segment_bytes=1)
    for index in (1, 2, 3):
        wal.save((LogEntry(Term=1, Index=index),), None)
    wal.close()
    (tmp_path / "wal" / f"{1:016x}-{2:016x}.wal").unlink()
    with pytest.raises(WalError, match="expected one that begins 0000000000000001"):
        read_folder(tmp_path / "wal")


def test_repair_goes_on_from_the_last_whole_record(tmp_path: Path) -> None:
    """After a torn write the log is cut back and can be written again."""
    wal = WalFolder.create(tmp_path)
    wal.save((LogEntry(Term=1, Index=1, Data=b"kept"),), LogState(1, 1, 0))
    wal.save((LogEntry(Term=1, Index=2, Data=b"torn"),), None)
    wal.close()
    path = segments(tmp_path)[0].path
    path.write_bytes(path.read_bytes()[:-5])
    wal, contents = WalFolder.open(tmp_path)
    assert [entry.Data for entry in contents.entries] == [b"kept"]
    wal.save((LogEntry(Term=1, Index=2, Data=b"new"),), None)
    wal.close()
    assert [entry.Data for entry in read_folder(tmp_path).entries] == [b"kept", b"new"]


WRITER = """
import sys
from pathlib import Path
from k8sedu.etcd.schema import LogEntry, LogState
from k8sedu.etcd.waldir import WalFolder
folder = Path(sys.argv[1])
if any(folder.glob("*.wal")):
    wal, contents = WalFolder.open(folder, segment_bytes=2000)
    index = contents.entries[-1].Index if contents.entries else 0
else:
    wal, index = WalFolder.create(folder, segment_bytes=2000), 0
while True:
    index += 1
    wal.save((LogEntry(Term=1, Index=index, Data=b"entry %d" % index),), LogState(1, 1, index - 1))
    print(index, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """A writer that is killed at any moment has lost nothing that it acknowledged, time after time."""
    generator = random.Random(7)
    for _ in range(12):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(generator.uniform(0, 0.05))
        process.kill()
        acknowledged = [int(line) for line in process.stdout.read().splitlines() if line]
        process.wait()
        process.stdout.close()
        indexes = [entry.Index for entry in read_folder(tmp_path).entries]
        assert indexes == list(range(1, len(indexes) + 1))
        assert len(indexes) >= max(acknowledged, default=0)


def test_encode_is_the_inverse_of_decode() -> None:
    """A message without a known field is the message of zeros."""
    assert decode(REQUEST, b"") == decode(REQUEST, encode(REQUEST, decode(REQUEST, b"")))


def test_terms_may_fall_in_the_file_but_not_in_the_log() -> None:
    """A new leader may send entries of older terms than a member has seen: they are read; in the log itself no term falls."""
    encoder = Encoder()
    data = encoder.start(b"") + encoder.save([LogEntry(Term=1, Index=1), LogEntry(Term=4, Index=2)], LogState(4, 1, 1))
    data += encoder.save((), LogState(5, 2, 1)) + encoder.save([LogEntry(Term=3, Index=2), LogEntry(Term=3, Index=3)], None)
    assert [entry.Term for entry in read([("a.wal", data)]).entries] == [1, 3, 3]
    with pytest.raises(WalError, match="entry of term 2 after term 3"):
        read([("a.wal", data + Encoder(encoder.crc).save((LogEntry(Term=2, Index=4),), None))])
    with pytest.raises(WalError, match="entry of term 5 after term 6"):
        read([("a.wal", data + Encoder(encoder.crc).save((LogEntry(Term=6, Index=4), LogEntry(Term=5, Index=4)), None))])


def received(*, index: int, term: int) -> bytes:
    """A log of three entries, then a snapshot that a leader has sent, then one entry behind it."""
    encoder = Encoder()
    data = encoder.start(b"") + encoder.save([LogEntry(Term=1, Index=number) for number in (1, 2, 3)], LogState(1, 1, 1))
    data += encoder.save((), LogState(3, 2, 1)) + encoder.snapshot(MarkedSnapshot(index, term)) + encoder.save((), LogState(3, 2, index))
    return data + encoder.save((LogEntry(Term=3, Index=index + 1),), None)


@pytest.mark.parametrize(("index", "term"), [(9, 2), (3, 2), (2, 2)])
def test_a_received_snapshot_stands_in_for_the_log(index: int, term: int) -> None:
    """What a leader has sent instead of entries replaces the whole log, also a tail behind it that the leader never had."""
    contents = read([("a.wal", received(index=index, term=term))], after_index=index)
    assert [(entry.Term, entry.Index) for entry in contents.entries] == [(3, index + 1)]


def test_a_snapshot_of_ones_own_leaves_the_log() -> None:
    """A snapshot of the log's own entries changes nothing for those behind it."""
    encoder = Encoder()
    data = encoder.start(b"") + encoder.save([LogEntry(Term=1, Index=number) for number in (1, 2, 3)], LogState(1, 1, 2))
    data += encoder.snapshot(MarkedSnapshot(2, 1))
    assert [entry.Index for entry in read([("a.wal", data)], after_index=2).entries] == [3]
    assert [entry.Index for entry in read([("a.wal", data)]).entries] == [1, 2, 3]
