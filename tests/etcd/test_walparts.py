"""A log taken apart: the pieces are the log, byte for byte, and say what a start makes of them."""

from __future__ import annotations

import pytest

from k8sedu.etcd import specimens
from k8sedu.etcd.schema import LogEntry, LogState, MarkedSnapshot
from k8sedu.etcd.wal import Encoder, WalError, read
from k8sedu.etcd.walparts import fields_of, parts_of, take_apart

Segments = list[tuple[str, bytes]]


def overwriting() -> Segments:
    """Two segments; entries 2 and 3 of term 1 are replaced by entry 2 of term 2."""
    encoder = Encoder()
    entries = [LogEntry(Term=1, Index=index, Data=b"x" * index) for index in (1, 2, 3)]
    first = encoder.start(b"n1") + encoder.save(entries, LogState(1, 1, 1))
    second = encoder.cut() + encoder.save([LogEntry(Term=2, Index=2, Data=b"other")], LogState(2, 2, 1))
    return [("0.wal", first), ("1.wal", second + encoder.snapshot(MarkedSnapshot(1, 1)))]


def real(name: str) -> Segments:
    """The log of a member that etcd itself has written."""
    return [(path.name, path.read_bytes()) for path in sorted((specimens.path(name) / "member" / "wal").glob("*.wal"))]


@pytest.mark.parametrize("log", [overwriting(), real("datadir"), real("cluster/m1"), real("cluster/m3")])
def test_the_pieces_are_the_whole_log(log: Segments) -> None:
    """Put together, the pieces give every byte of the log, up to the zeros that were never written."""
    pieces = take_apart(log)
    for name, data in log:
        own = b"".join(piece.raw for piece in pieces if piece.segment == name)
        assert data.startswith(own)
        assert not any(data[len(own) :])
    assert [piece.number for piece in pieces] == list(range(len(pieces)))


@pytest.mark.parametrize("log", [overwriting(), real("datadir")])
def test_the_parts_cover_every_byte(log: Segments) -> None:
    """Each byte of a frame is for exactly one thing, and the data are where the record says."""
    for piece in take_apart(log):
        ends = [0, *(part.end for part in piece.parts)]
        assert [part.start for part in piece.parts] == ends[:-1]
        assert ends[-1] == len(piece.raw)
        data = next((piece.raw[part.start : part.end] for part in piece.parts if part.name == "data"), b"")
        assert data.endswith(piece.data)
        padding = sum(part.end - part.start for part in piece.parts if part.name == "padding")
        assert padding == piece.padding_bytes


@pytest.mark.parametrize("log", [overwriting(), real("datadir"), real("cluster/m2")])
def test_what_counts_is_what_a_start_reads(log: Segments) -> None:
    """The entries that are not overwritten are those that reading the log gives."""
    counted = [(int(p.field("Term")), int(p.field("Index"))) for p in take_apart(log) if p.kind == "entry" and p.status == "counts"]
    assert counted == [(entry.Term, entry.Index) for entry in read(log).entries]


def test_an_overwritten_entry_names_the_one_that_replaced_it() -> None:
    """A later entry replaces the earlier one with its index and all behind it."""
    pieces = take_apart(overwriting())
    by = {piece.field("Index") + "/" + piece.field("Term"): piece.overwritten_by for piece in pieces if piece.kind == "entry"}
    last = next(piece.number for piece in pieces if piece.field("Term") == "2" and piece.kind == "entry")
    assert by == {"1/1": -1, "2/1": last, "3/1": last, "2/2": -1}


def test_each_checksum_continues_the_one_before() -> None:
    """The chain has no gap, over the border of segments too."""
    pieces = take_apart(overwriting())
    assert [piece.crc_before for piece in pieces] == [0, *(piece.crc for piece in pieces[:-1])]


@pytest.mark.parametrize("cut", range(1, 48))
def test_a_torn_tail_keeps_its_bytes_and_its_promise(cut: int) -> None:
    """Cut anywhere, the last record has the bytes that are left, and promises as many as it had if its header is whole."""
    encoder = Encoder()
    start = encoder.start(b"n1")
    entry = encoder.save([LogEntry(Term=1, Index=1, Data=b"0123456789012345")], None)
    assert len(entry) == 48
    torn = take_apart([("0.wal", start + entry[:cut])])[-1]
    assert (torn.status, torn.raw, torn.offset) == ("torn", entry[:cut], len(start))
    assert torn.promised_bytes == (len(entry) if cut >= 8 else 8)
    assert torn.kind == ("entry" if cut >= 10 else "")


def test_a_lying_disk_is_refused() -> None:
    """Damage that no crash explains is an error, not a piece."""
    name, data = overwriting()[0]
    with pytest.raises(WalError):
        take_apart([(name, data[:90] + bytes([data[90] ^ 1]) + data[91:])])


def test_a_real_entry_is_told_as_a_request() -> None:
    """The data of a real member's entry are read as the request that they are."""
    texts = [piece.field("Data") for piece in take_apart(real("datadir"))]
    assert any(text.startswith("Put key=") for text in texts)


def test_what_nobody_can_read_stays_as_it_is() -> None:
    """Data that are none of etcd's, such as a lesson's, are shown as letters."""
    assert fields_of("metadata", b"member n1") == (("data", "member n1"),)
    assert parts_of(b"") == ()
