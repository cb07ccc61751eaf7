"""Snapshots: the applied state, so that the log before it can be dropped.

A log that is never cut grows for ever, and a member that was away would have to replay it all. So from time to time a member notes
"everything up to entry N is in my state" and drops the log before. Not all of it: the newest 5,000 entries behind the snapshot stay, so
that a follower that is only a little behind gets entries and not the whole state.

In etcd the state itself is the backend's file; the `.snap` file beside it holds only where in the log it stands (and, from the v2 days,
the members).

Source: etcd 3.5, server/etcdserver/server.go (triggerSnapshot, snapshot), server/etcdserver/api/snap/snapshotter.go.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.crc32c import crc32c
from k8sedu.etcd.protobuf import ProtobufError, decode, encode
from k8sedu.etcd.schema import FILE_SNAPSHOT, SNAPSHOT, FileSnapshot, RaftSnapshot

FILES_KEPT = 5
"""So many segments of the log and so many snapshots are kept; what else lies there is deleted (--max-wals, --max-snapshots)."""


class SnapshotError(K8sEduError, ValueError):
    """A snapshot file that cannot be trusted."""


class SnapshotPolicy(NamedTuple):
    """When to take a snapshot, and how much of the log to keep.

    >>> policy = SnapshotPolicy(snapshot_count=10, catch_up_entries=4)
    >>> policy.is_due(applied=10, last=0), policy.is_due(applied=11, last=0), policy.first_kept(11)
    (False, True, 8)
    """

    snapshot_count: int = 10_000
    """A snapshot is due when more entries than this were applied since the last one; 100,000 up to etcd 3.5."""
    catch_up_entries: int = 5_000
    """So many entries before the snapshot stay in the log, for followers that are a little behind."""

    def is_due(self, *, applied: int, last: int) -> bool:
        """Is it time, when the last snapshot was taken at entry `last`?"""
        return applied - last > self.snapshot_count

    def first_kept(self, snapshot_index: int) -> int:
        """The first entry that the log must keep after a snapshot."""
        return max(snapshot_index - self.catch_up_entries, 0) + 1


ETCD = SnapshotPolicy()
"""What etcd does when nobody says otherwise."""


def file_name(term: int, index: int) -> str:
    """The name of a snapshot's file: names sort as snapshots do.

    >>> file_name(4, 82)
    '0000000000000004-0000000000000052.snap'
    """
    return f"{term:016x}-{index:016x}.snap"


def write_snapshot(snapshot: RaftSnapshot) -> bytes:
    """The bytes of a `.snap` file."""
    data = encode(SNAPSHOT, snapshot)
    return encode(FILE_SNAPSHOT, FileSnapshot(crc32c(data), data))


def read_snapshot(data: bytes, *, name: str = "snapshot") -> RaftSnapshot:
    """Read a `.snap` file.

    >>> from k8sedu.etcd.schema import ConfState, SnapshotMetadata
    >>> snapshot = RaftSnapshot(b"state", SnapshotMetadata(ConfState((1, 2, 3)), index=82, term=4))
    >>> read_snapshot(write_snapshot(snapshot)) == snapshot
    True

    Raises:
        SnapshotError: it is damaged; the sentence names the file.
    """
    try:
        form = decode(FILE_SNAPSHOT, data)
        if not form.data or crc32c(form.data) != form.crc:
            raise SnapshotError(f"{name}: met a snapshot with checksum {crc32c(form.data):08x}, expected {form.crc:08x}.")
        snapshot: RaftSnapshot = decode(SNAPSHOT, form.data)
    except ProtobufError as error:
        raise SnapshotError(f"{name}: {error}") from None
    return snapshot
