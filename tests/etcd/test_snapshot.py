from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.protobuf import encode
from k8sedu.etcd.schema import FILE_SNAPSHOT, ConfState, FileSnapshot, RaftSnapshot, SnapshotMetadata
from k8sedu.etcd.snapshot import ETCD, SnapshotError, SnapshotPolicy, file_name, read_snapshot, write_snapshot

INDEXES = st.integers(0, 2**63 - 1)
MEMBERS = st.lists(st.integers(0, 2**64 - 1), max_size=5).map(tuple)
STATES = st.builds(ConfState, MEMBERS, MEMBERS, MEMBERS, MEMBERS, st.booleans())
SNAPSHOTS = st.builds(RaftSnapshot, st.binary(min_size=1, max_size=300), st.builds(SnapshotMetadata, STATES, INDEXES, INDEXES))


@given(SNAPSHOTS)
def test_a_snapshot_is_read_as_it_was_written(snapshot: RaftSnapshot) -> None:
    """State, place in the log and members come back."""
    assert read_snapshot(write_snapshot(snapshot)) == snapshot


@given(SNAPSHOTS, st.data())
def test_a_cut_snapshot_is_refused_by_name(snapshot: RaftSnapshot, data: st.DataObject) -> None:
    """A file that ends too early is refused, and the sentence names it."""
    raw = write_snapshot(snapshot)
    with pytest.raises(SnapshotError, match=r"^9\.snap: .*expected"):
        read_snapshot(raw[: data.draw(st.integers(0, len(raw) - 1))], name="9.snap")


@given(SNAPSHOTS, st.data())
def test_a_flipped_bit_is_never_believed(snapshot: RaftSnapshot, data: st.DataObject) -> None:
    """With any bit flipped a file is refused, or says exactly the same; it never says anything else."""
    raw = bytearray(write_snapshot(snapshot))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    try:
        found = read_snapshot(bytes(raw))
    except SnapshotError:
        return
    assert found == snapshot


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    """Bytes that are no snapshot are refused with a typed error."""
    with pytest.raises(SnapshotError):
        read_snapshot(data)


def test_an_empty_snapshot_is_refused() -> None:
    """A file without a snapshot in it is damaged, even when its checksum of nothing is right."""
    with pytest.raises(SnapshotError):
        read_snapshot(encode(FILE_SNAPSHOT, FileSnapshot(0, b"")))


@given(st.lists(st.tuples(INDEXES, INDEXES), min_size=2, max_size=5))
def test_names_sort_as_snapshots_do(places: list[tuple[int, int]]) -> None:
    """The newest snapshot is the last name, since terms and then indexes have a fixed width."""
    assert sorted(file_name(*place) for place in places) == [file_name(*place) for place in sorted(places)]


@pytest.mark.parametrize("policy", [SnapshotPolicy(10, 4), SnapshotPolicy(3, 5), ETCD])
def test_when_a_snapshot_is_taken(policy: SnapshotPolicy) -> None:
    """A snapshot is due after more than the count of entries, never twice in a row, and keeps so many entries before it."""
    last, taken = 0, []
    for applied in range(1, policy.snapshot_count * 3 + 4):
        if policy.is_due(applied=applied, last=last):
            taken.append(applied - last)
            last = applied
    assert taken == [policy.snapshot_count + 1] * 3
    assert policy.first_kept(last) == max(last - policy.catch_up_entries, 0) + 1
