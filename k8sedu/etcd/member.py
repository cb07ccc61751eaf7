"""A real member, put together from what its directory holds.

Three things lie there and only together they are the member. The backend says what was applied up to the consistent index. The log says
what was agreed on, also behind that index, because the backend is written in batches, up to a tenth of a second late. The snapshots say
what the log may have dropped. So what an etcd does at its start is done here as well: take the backend, and apply the committed entries
that it has not seen.

Source: etcd 3.5, server/etcdserver/bootstrap.go, server/storage/mvcc/kvstore.go (restore), server/storage/schema.
Left out: the v2 store, users and alarms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.bolt import Bolt, BoltError, Element
from k8sedu.etcd.bptree import RevisionOrderError
from k8sedu.etcd.identity import Identity, identify
from k8sedu.etcd.json_form import to_json
from k8sedu.etcd.protobuf import ProtobufError, decode
from k8sedu.etcd.revision import Revision, RevisionError, is_tombstone
from k8sedu.etcd.schema import KEY_VALUE, LEASE, LogEntry, RaftSnapshot, decode_request
from k8sedu.etcd.server import Server
from k8sedu.etcd.wal import Contents


class MemberError(K8sEduError, ValueError):
    """A directory whose parts do not fit together."""


class Point(NamedTuple):
    """Where the store stood after an entry of the log."""

    index: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    term: int
    revision: int


class Member(NamedTuple):
    """One member as it would be after a start."""

    name: str
    server: Server
    """Store, leases and consistent index, with everything applied that is committed."""
    bolt: Bolt
    log: Contents
    snapshots: Mapping[str, RaftSnapshot]
    """By file name."""
    flushed_index: int
    """The consistent index that the backend itself tells."""
    identity: Identity = Identity()

    @property
    def raft_term(self) -> int:
        """The newest term that the member knows: that of its last entry, or a later one in which it only voted or stood for election."""
        return self.log.hard_state.term

    @property
    def last_term(self) -> int:
        """The term of the last entry of the log."""
        return self.log.entries[-1].Term if self.log.entries else self.server.term

    def terms(self) -> dict[int, tuple[int, int]]:
        """Each term of the log with its first and last index."""
        found: dict[int, tuple[int, int]] = {}
        for entry in self.log.entries:
            found[entry.Term] = found.get(entry.Term, (entry.Index, 0))[0], entry.Index
        return found

    def points(self) -> tuple[Point, ...]:
        """Term and revision after each committed entry, by applying the log from its beginning.

        Empty when the log no longer begins at its first entry: then nobody knows what the revision was.
        """
        entries = [entry for entry in self.log.entries if entry.Index <= self.log.hard_state.commit]
        if not entries or entries[0].Index != 1:
            return ()
        server = Server(release=str(self.server.store.release))
        return tuple(_apply(server, entry) for entry in entries)

    def flushed(self) -> Server:
        """The member as its backend alone tells, without what only the log knows."""
        return read_backend(self.bolt, release=str(self.server.store.release))

    def to_json(self) -> dict[str, Any]:
        """What the member holds, with the field names of etcd's API."""
        store, lessor = self.server.store, self.server.lessor
        return {
            "name": self.name,
            "member_id": f"{self.identity.member_id:x}",
            "cluster_id": f"{self.identity.cluster_id:x}",
            "members": {f"{peer.member_id:x}": peer.name for peer in self.identity.peers},
            "revision": store.revision,
            "compacted_revision": max(store.compact_revision, 0),
            "raft_term": self.raft_term,
            "last_term": self.last_term,
            "raft_index": self.log.entries[-1].Index if self.log.entries else self.server.consistent_index,
            "committed_index": self.log.hard_state.commit,
            "consistent_index": self.server.consistent_index,
            "flushed_index": self.flushed_index,
            "kvs": [to_json(kv) for kv in store.range(b"\0", b"\0").kvs],
            "history": {key.decode("latin-1"): list(filter(None, history.lives())) for key, history in store.index.items()},
            "leases": [lease.lease_id for lease in lessor.leases],
            "lease_keys": {str(lease.lease_id): [key.decode("latin-1") for key in lease.keys] for lease in lessor.leases},
            "lease_ttls": {str(lease.lease_id): lease.ttl_s for lease in lessor.leases},
            "terms": {str(term): list(span) for term, span in self.terms().items()},
            "snapshots": list(self.snapshots),
            "hash_kv": store.hash_kv().hash,
        }


def assemble(
    name: str, bolt: Bolt, log: Contents, snapshots: Mapping[str, RaftSnapshot], *, release: str = ""
) -> Member:
    """Put a member together and apply what its backend has not seen.

    `release` is the etcd that wrote it; otherwise the cluster's version counts, which tells the first two numbers only.

    Raises:
        MemberError, BoltError: the parts are damaged or do not fit together.
    """
    try:
        server = read_backend(bolt, release=release)
        flushed = server.consistent_index
        _replay(server, name, log)
        return Member(name, server, bolt, log, snapshots, flushed, identify(bolt, log.metadata, snapshots))
    except (BoltError, MemberError):
        raise
    except K8sEduError as error:
        raise MemberError(f"{bolt.name}: {error}") from error


def read_backend(bolt: Bolt, *, release: str = "") -> Server:
    """Store, leases and consistent index as the backend has them.

    Raises:
        BoltError, MemberError: it is damaged.
    """
    metas = {element.key: element.value for element in bolt.items("meta")}
    server = Server(release=release or _release(bolt))
    _fill(server, bolt)
    server.consistent_index, server.term = (int.from_bytes(metas.get(key, b""), "big") for key in (b"consistent_index", b"term"))
    _resume_compaction(server, metas)
    return server


def consistent_index(bolt: Bolt) -> int:
    """The last entry of the log that is in the backend."""
    return next((int.from_bytes(element.value, "big") for element in bolt.items("meta") if element.key == b"consistent_index"), 0)


def _release(bolt: Bolt) -> str:
    """The release that the cluster agreed on; it decides what a compaction leaves."""
    for element in bolt.items("cluster"):
        if element.key == b"clusterVersion":
            return element.value.decode("ascii", "replace")
    return "3.5.1"


def _fill(server: Server, bolt: Bolt) -> None:
    """Take over leases first and then the records that lie on them, in the order of their revisions."""
    rows = []
    for element in bolt.items("lease"):
        lease = _decoded(LEASE, element.value, bolt, element.page)
        rows.append([lease.ID, lease.TTL, lease.RemainingTTL])
    server.lessor.restore(rows, now_ms=0)
    for element in bolt.items("key"):
        revision, kv = record_of(bolt, element)
        try:
            server.store.put_back(revision, kv)
        except RevisionOrderError as error:
            raise MemberError(f"{bolt.name}, page {element.page}: {error}") from None
        server.store.revision = max(server.store.revision, revision.main)


def record_of(bolt: Bolt, element: Element) -> tuple[Revision, KeyValue]:
    """An element of the bucket `key` as revision and record; a tombstone has version 0.

    Raises:
        MemberError: it is damaged; the sentence names the page.
    """
    try:
        revision = Revision.from_bytes(element.key)
    except RevisionError as error:
        raise MemberError(f"{bolt.name}, page {element.page}: {error}") from None
    kv: KeyValue = _decoded(KEY_VALUE, element.value, bolt, element.page)
    return revision, KeyValue(kv.key, mod_revision=revision.main) if is_tombstone(element.key) else kv


def _decoded(message: Any, data: bytes, bolt: Bolt, page: int) -> Any:
    try:
        return decode(message, data)
    except ProtobufError as error:
        raise MemberError(f"{bolt.name}, page {page}: {error}") from None


def _resume_compaction(server: Server, metas: Mapping[bytes, bytes]) -> None:
    """A compaction that was begun and not finished is finished now, as etcd does at its start."""
    store = server.store
    finished, scheduled = (metas.get(name) for name in (b"finishedCompactRev", b"scheduledCompactRev"))
    if finished:
        store.compact_revision = Revision.from_bytes(finished).main
        store.revision = max(store.revision, store.compact_revision)
    if scheduled and (main := Revision.from_bytes(scheduled).main) > store.compact_revision:
        store.revision = max(store.revision, main)
        store.compact(main)


def _replay(server: Server, name: str, log: Contents) -> None:
    for entry in log.entries:
        if server.consistent_index < entry.Index <= log.hard_state.commit:
            if entry.Index != server.consistent_index + 1:
                raise MemberError(f"{name}: the log goes on with entry {entry.Index}, expected entry {server.consistent_index + 1}.")
            _apply(server, entry)


def _apply(server: Server, entry: LogEntry) -> Point:
    """Apply one entry as the member did, at whatever time: no entry depends on it."""
    request = None
    if entry.Type == "EntryNormal" and entry.Data:
        try:
            request = decode_request(entry.Data)
        except ProtobufError as error:
            raise MemberError(f"entry {entry.Index}: {error}") from None
    server.apply(entry.Index, entry.Term, request, now_ms=0)
    return Point(entry.Index, entry.Term, server.store.revision)


def describe(entry: LogEntry) -> str:
    """An entry in a few words.

    >>> describe(LogEntry("EntryNormal", 2, 7))
    'no-op'
    """
    if entry.Type != "EntryNormal":
        return "membership"
    if not entry.Data:
        return "no-op"
    request = decode_request(entry.Data)
    return "v2" if request is None else " ".join(_words(request))


def _words(request: Any) -> Iterator[str]:
    yield type(request).__name__.removesuffix("Request")
    for name, value in to_json(request).items():
        yield f"{name}={value if isinstance(value, (str, int)) else json.dumps(value)}"
