r"""Raft's entries, states and snapshots as etcd writes them, and back.

The model's Raft speaks of members by name and carries requests as text; etcd's files have numbers and protobuf. Both say the same, so
nothing is lost on the way, and the log of a served group can be read like a real one.

>>> entry = Entry(2, 7, "normal", '{"id":"9","put":{"key":"a","value":"1"}}')
>>> to_log(entry)
LogEntry(Type='EntryNormal', Term=2, Index=7, Data=b'"\x06\n\x01a\x12\x011\xa2\x06\x02\x08\t')
>>> from_log(to_log(entry)) == entry
True

Source: etcd 3.5, raft/raftpb/raft.proto; server/etcdserver/api/snap/snappb/snap.proto.
Left out: changes of the membership, which a served group does not have.
"""

from __future__ import annotations

from k8sedu.etcd.entry import read_entry, write_entry
from k8sedu.etcd.replica import member_number
from k8sedu.etcd.schema import (
    ConfState,
    LogEntry,
    LogState,
    MarkedSnapshot,
    RaftSnapshot,
    SnapshotMetadata,
    decode_request,
    encode_request,
    request_id_of,
)
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import HardState


def to_log(entry: Entry) -> LogEntry:
    """An entry as it is written."""
    if not entry.data:
        return LogEntry(Term=entry.term, Index=entry.index)
    request_id, request = read_entry(entry.data)
    return LogEntry(Term=entry.term, Index=entry.index, Data=encode_request(request, request_id=int(request_id)))


def from_log(entry: LogEntry) -> Entry:
    """An entry as it is read back.

    Raises:
        ProtobufError: its data are no request.
    """
    request = decode_request(entry.Data) if entry.Data else None
    if request is None:
        return Entry(entry.Term, entry.Index, "no_op")
    return Entry(entry.Term, entry.Index, "normal", write_entry(str(request_id_of(entry.Data)), request))


def state_to_log(state: HardState) -> LogState:
    """Term, vote and commit index as they are written."""
    return LogState(state.term, member_number(state.voted_for), state.commit_index)


def state_from_log(state: LogState) -> HardState:
    """Term, vote and commit index as they are read back."""
    return HardState(state.term, f"n{state.vote}" if state.vote else None, state.commit)


def snapshot_to_log(snapshot: Snapshot) -> RaftSnapshot:
    """A snapshot with its state in it: a real etcd has that in its database."""
    voters = ConfState(tuple(member_number(name) for name in snapshot.voters))
    return RaftSnapshot(snapshot.data.encode(), SnapshotMetadata(voters, snapshot.index, snapshot.term))


def snapshot_from_log(snapshot: RaftSnapshot) -> Snapshot:
    """A snapshot as it is read back."""
    metadata = snapshot.metadata
    voters = metadata.conf_state.voters if metadata.conf_state is not None else ()
    return Snapshot(metadata.index, metadata.term, tuple(f"n{number}" for number in voters), data=snapshot.data.decode())


def mark_of(snapshot: Snapshot) -> MarkedSnapshot:
    """The note in the log that a snapshot is safe."""
    return MarkedSnapshot(snapshot.index, snapshot.term, ConfState(tuple(member_number(name) for name in snapshot.voters)))
