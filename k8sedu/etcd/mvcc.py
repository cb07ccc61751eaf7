"""The store: two trees, and a revision that ties them together.

A key is looked up in two steps. The key index, a B-tree in memory, knows at which revisions a key changed; the backend, a B+tree in pages
on disk, holds one record per revision. Nothing is ever overwritten: a put appends a record, a delete appends a tombstone, and the past
stays readable until compaction forgets it. Why two trees? Because watches and compaction ask by revision, while clients ask by key.

The revision counts transactions that changed something. Deleting nothing changes nothing, and a transaction of ten puts is one revision:
its records are told apart by the second number, (main, sub).

Source: etcd 3.5, server/storage/mvcc/kvstore.go, kvstore_txn.go, kvstore_compaction.go; server/etcdserver/apply.go.
Left out: the write buffer in front of the backend, and compaction in the background: here it is finished when the call returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from k8sedu.etcd.api import (
    CompactionRequest,
    CompactionResponse,
    DeleteRangeRequest,
    DeleteRangeResponse,
    HashKVRequest,
    HashKVResponse,
    Header,
    KeyValue,
    PutRequest,
    PutResponse,
    RangeRequest,
    RangeResponse,
    Text,
    TxnRequest,
    TxnResponse,
    to_bytes,
)
from k8sedu.etcd.bptree import BPlusTree
from k8sedu.etcd.btree import BTree
from k8sedu.etcd.checks import check
from k8sedu.etcd.errors import CompactedError, FutureRevisionError, KeyNotFoundError, LeaseNotFoundError
from k8sedu.etcd.hashkv import hash_records
from k8sedu.etcd.keyindex import KeyIndex
from k8sedu.etcd.lease import LeaseKeeper
from k8sedu.etcd.ranges import arrange, bounds, fetch_limit
from k8sedu.etcd.releases import Release
from k8sedu.etcd.revision import Revision
from k8sedu.etcd.txn import check_runs, choose, run


class Record(NamedTuple):
    """What the backend holds at one revision: the key as it was put, or a tombstone, which has nothing but the key."""

    kv: KeyValue
    is_tombstone: bool


class Store:
    """A key-value store that remembers.

    >>> store = Store()
    >>> store.put("a", "1").header.revision, store.put("a", "2").header.revision
    (2, 3)
    >>> store.get("a").value, store.get("a", revision=2).value
    (b'2', b'1')
    >>> store.range("a", prev := "b").count, store.delete_range("zz").header.revision
    (1, 3)

    Keys and values are bytes; text is encoded as UTF-8. `order` and `page_records` are the sizes of the trees' nodes: tiny ones make splits
    visible. `release` says which etcd is modelled where releases differ. A put costs O(log keys).
    """

    def __init__(
        self, *, order: int = 64, page_records: int = 64, release: str = "3.5.1", max_txn_ops: int = 128,
        leases: LeaseKeeper | None = None, traced: bool = False,
    ) -> None:  # fmt: skip
        self.release, self.max_txn_ops, self.leases = Release.parse(release), max_txn_ops, leases
        self.order, self.page_records, self.traced = order, page_records, traced
        self.index: BTree[bytes, KeyIndex] = BTree(order=order, traced=traced)
        self.backend: BPlusTree[KeyValue] = BPlusTree(page_records=page_records, branch_keys=page_records, traced=traced)
        self.revision = 1
        """The main revision of the last transaction that changed something."""
        self.compact_revision = -1
        """What was before this revision is forgotten; -1 when nothing is."""
        self._written: list[tuple[Revision, KeyValue]] = []  # by the transaction that is open
        self.news: list[tuple[Revision, KeyValue]] = []
        """What the last transaction changed, for those who watch: they need not look for it."""
        self._handlers: dict[type, Callable[[Any], Any]] = {
            PutRequest: self._put,
            RangeRequest: self.do_range,
            DeleteRangeRequest: self._delete_range,
            TxnRequest: self._txn,
            CompactionRequest: self._compact,
            HashKVRequest: self._hash_kv,
        }

    # -- requests -------------------------------------------------------------------------------------------------------------------------

    def handle(self, request: Any) -> Any:
        """Answer a request of the API; nothing is changed when it is refused.

        Raises:
            EtcdError: the refusal, with etcd's message and code.
        """
        check(request, max_txn_ops=self.max_txn_ops)
        return self._handlers[type(request)](request)

    def put(self, key: Text, value: Text = b"", *, lease: int = 0, **options: bool) -> PutResponse:
        """Write a key; `options` are those of `PutRequest`."""
        response: PutResponse = self.handle(PutRequest(key, value, lease, **options))
        return response

    def range(self, key: Text, range_end: Text = b"", **options: Any) -> RangeResponse:
        """Read a key or a range of keys; `options` are those of `RangeRequest`."""
        response: RangeResponse = self.handle(RangeRequest(key, range_end, **options))
        return response

    def delete_range(self, key: Text, range_end: Text = b"", *, prev_kv: bool = False) -> DeleteRangeResponse:
        """Delete a key or a range of keys, as one revision."""
        response: DeleteRangeResponse = self.handle(DeleteRangeRequest(key, range_end, prev_kv))
        return response

    def txn(self, request: TxnRequest) -> TxnResponse:
        """Run a transaction."""
        response: TxnResponse = self.handle(request)
        return response

    def compact(self, revision: int) -> CompactionResponse:
        """Forget what was before a revision."""
        response: CompactionResponse = self.handle(CompactionRequest(revision))
        return response

    def hash_kv(self, revision: int = 0) -> HashKVResponse:
        """The checksum by which members find out whether they hold the same data."""
        response: HashKVResponse = self.handle(HashKVRequest(revision))
        return response

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def get(self, key: Text, *, revision: int = 0) -> KeyValue | None:
        """One key as it is, or as it was at a revision; None if it was not there. O(log keys).

        Raises:
            FutureRevisionError, CompactedError: nothing is known about that revision.
        """
        history = self.index.get(key if type(key) is bytes else to_bytes(key))
        if revision <= 0:
            newest = history.newest if history is not None else None
            return self.backend.get(newest) if newest is not None else None
        return self._read(history, self._readable(revision))

    def find(self, key: Text, range_end: Text = b"") -> list[KeyValue]:
        """The keys of a range as they are now, in key order; inside a transaction with what it has written so far."""
        return self._visible(*bounds(key, range_end), self._now)

    def at(self, key: bytes, main: int) -> KeyValue | None:
        """One key as it was at a main revision, without asking whether that is compacted: the rest of the past that is still there."""
        return self._read(self.index.get(key), main)

    def changes(self, first: int, last: int | None = None) -> Iterator[tuple[Revision, Record]]:
        """What happened from one main revision to another, both included, in order of (main, sub), as far as it is not compacted."""
        end = Revision(last, 2**62) if last is not None and last < self.revision else None
        for revision, kv in self.backend.items(Revision(first), end):
            yield revision, Record(kv, not kv.version)

    def knows_lease(self, lease_id: int) -> bool:
        """May a key be put with this lease?"""
        return self.leases is not None and lease_id in self.leases

    @property
    def _now(self) -> int:
        """The revision that a read sees: inside a transaction that has written, already the new one."""
        return self.revision + 1 if self._written else self.revision

    def _readable(self, revision: int) -> int:
        if revision <= 0:
            return self._now
        if revision > self._now:
            raise FutureRevisionError
        if revision < self.compact_revision:
            raise CompactedError
        return revision

    def _read(self, history: KeyIndex | None, main: int) -> KeyValue | None:
        found = history.at(main) if history is not None else None
        return self.backend.get(found) if found is not None else None

    def _visible(self, first: bytes, end: bytes | None, main: int) -> list[KeyValue]:
        return [self._record(revision) for revision in self._revisions(first, end, main)]

    def _revisions(self, first: bytes, end: bytes | None, main: int) -> list[Revision]:
        """Where the keys of a range have their records, in key order."""
        if end == first + b"\0":
            history = self.index.get(first)
            found = history.at(main) if history is not None else None
            return [found] if found is not None else []
        places = (history.at(main) for _, history in self.index.items(first, end))
        return [found for found in places if found is not None]

    def _record(self, revision: Revision) -> KeyValue:
        kv = self.backend.get(revision)
        assert kv is not None, f"the index knows {revision}, the backend does not"
        return kv

    def do_range(self, request: RangeRequest) -> RangeResponse:
        """Answer a range, also inside a transaction."""
        main = self._readable(request.revision)
        header = Header(self._now)
        found = self._revisions(*bounds(request.key, request.range_end), main)
        if request.count_only:
            return RangeResponse(header, count=len(found))
        limit = fetch_limit(request)
        arranged, more = arrange([self._record(revision) for revision in (found[:limit] if limit else found)], request)
        return RangeResponse(header, arranged, more, len(found))

    # -- writing --------------------------------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        """End a transaction: if it changed anything, there is a new revision."""
        if self._written:
            self.revision += 1
            self.news, self._written = self._written, []

    def _put(self, request: PutRequest) -> PutResponse:
        if request.lease and not self.knows_lease(request.lease):
            raise LeaseNotFoundError
        response = self.do_put(request)
        self._close()
        return response

    def do_put(self, request: PutRequest) -> PutResponse:
        """Put a key inside an open transaction."""
        key, value, lease, wants_previous, keeps_value, keeps_lease = request
        key = key if type(key) is bytes else to_bytes(key)
        previous = None
        if wants_previous or keeps_value or keeps_lease:
            previous = self._read(self.index.get(key), self._now)
            if previous is None and (keeps_value or keeps_lease):
                raise KeyNotFoundError
            if previous is not None and keeps_value:
                value = previous.value
            if previous is not None and keeps_lease:
                lease = previous.lease
        self._write(key, value if type(value) is bytes else to_bytes(value), lease)
        return PutResponse(Header(self.revision + 1), previous if wants_previous else None)

    def _write(self, key: bytes, value: bytes, lease: int) -> None:
        """Append a record and tell the index where it is."""
        main = self.revision + 1
        revision = Revision(main, len(self._written))
        created, version = self.index.setdefault(key, KeyIndex).put(revision)
        kv = KeyValue(key, created.main, main, version, value, lease)
        self.backend.append(revision, kv)
        self._written.append((revision, kv))
        if self.leases is not None:
            self._move_lease(key, lease)

    def _move_lease(self, key: bytes, lease: int) -> None:
        leases = self.leases
        assert leases is not None
        old = leases.lease_of(key)
        if old:
            leases.detach(old, key)
        if lease:
            leases.attach(lease, key)

    def _delete_range(self, request: DeleteRangeRequest) -> DeleteRangeResponse:
        response = self.do_delete_range(request)
        self._close()
        return response

    def do_delete_range(self, request: DeleteRangeRequest) -> DeleteRangeResponse:
        """Delete keys inside an open transaction."""
        found = self._visible(*bounds(request.key, request.range_end), self._now)
        for kv in found:
            self._bury(kv.key)
        return DeleteRangeResponse(Header(self._now), len(found), tuple(found) if request.prev_kv else ())

    def _bury(self, key: bytes) -> None:
        """Append a tombstone."""
        revision = Revision(self.revision + 1, len(self._written))
        history = self.index.get(key)
        assert history is not None
        history.tombstone(revision)
        kv = KeyValue(key, mod_revision=revision.main)
        self.backend.append(revision, kv)
        self._written.append((revision, kv))
        if self.leases is not None:
            self._move_lease(key, 0)

    def delete_keys(self, keys: tuple[bytes, ...]) -> int:
        """Delete these keys as one revision, as the end of a lease does; returns how many there were."""
        for key in keys:
            if self.find(key):
                self._bury(key)
        deleted = len(self._written)
        self._close()
        return deleted

    def _txn(self, request: TxnRequest) -> TxnResponse:
        choice = choose(self, request)
        check_runs(self, request, choice)
        responses = run(self, request, choice)
        self._close()
        return TxnResponse(Header(self.revision), choice.succeeded, responses)

    # -- forgetting -----------------------------------------------------------------------------------------------------------------------

    def _compact(self, request: CompactionRequest) -> CompactionResponse:
        """Keep of every key what a read at this revision or later can see, and forget the rest."""
        if request.revision <= self.compact_revision:
            raise CompactedError
        if request.revision > self.revision:
            raise FutureRevisionError
        self.compact_revision = request.revision
        available: set[Revision] = set()
        gone = []
        for key, history in self.index.items():
            history.compact(request.revision, available, keeps_tombstone=self.release.keeps_tombstone)
            if history.is_empty:
                gone.append(key)
        for key in gone:
            self.index.delete(key)
        last = Revision(request.revision, 2**62)
        for revision in [revision for revision, _ in self.backend.items(Revision(0), last) if revision not in available]:
            self.backend.delete(revision)
        return CompactionResponse(Header(self.revision))

    def _hash_kv(self, request: HashKVRequest) -> HashKVResponse:
        revision, first = request.revision, self.compact_revision
        if 0 < revision < first or (0 < revision == first and not self.release.hashes_compacted):
            raise CompactedError
        if revision > self.revision:
            raise FutureRevisionError
        revision = revision or self.revision
        available: set[Revision] = set()
        for _key, history in self.index.items():  # noqa: PERF102 (this tree is no dict and has no values())
            history.keep(revision, available)
        value = hash_records(self.backend.items(Revision(0), Revision(revision, 2**62)), compact_revision=first, available=available)
        return HashKVResponse(Header(self.revision), value, first, revision if self.release.tells_hash_revision else 0)

    # -- a store as a value ---------------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Assert that both trees are sound and tell the same story; O(records)."""
        self.index.check()
        self.backend.check()
        known: dict[Revision, bytes] = {}
        for key, history in self.index.items():
            history.check()
            known |= {revision: key for generation in history.generations for revision in generation.revisions}
        stored = {revision: kv.key for revision, kv in self.backend.items(Revision(0))}
        lost = {revision: key for revision, key in known.items() if stored.get(revision) != key}
        assert not lost, f"the index knows {lost}, the backend does not"
        assert not self._written, "a transaction was left open"
        assert all(revision.main <= self.revision for revision in stored)

    def dump(self) -> dict[str, Any]:
        """Everything as plain data, for a snapshot; keys and values as Latin-1 text."""
        rows = [
            [revision.main, revision.sub, kv.key.decode("latin-1"), kv.create_revision, kv.version, kv.value.decode("latin-1"), kv.lease]
            for revision, kv in self.backend.items(Revision(0))
        ]
        return {"revision": self.revision, "compact_revision": self.compact_revision, "records": rows}

    def restore(self, dump: dict[str, Any]) -> None:
        """Take over the state of a dump; the index is built anew from the records, as after a restart."""
        self.index = BTree(order=self.order, traced=self.traced)
        self.backend = BPlusTree(page_records=self.page_records, branch_keys=self.page_records, traced=self.traced)
        self.revision, self.compact_revision, self.news = dump["revision"], dump["compact_revision"], []
        for main, sub, key, created, version, value, lease in dump["records"]:
            kv = KeyValue(key.encode("latin-1"), created, main, version, value.encode("latin-1"), lease)
            self.put_back(Revision(main, sub), kv)

    def put_back(self, revision: Revision, kv: KeyValue) -> None:
        """Take in a record that was written long ago; records come in the order of their revisions."""
        self.backend.append(revision, kv)
        history = self.index.setdefault(kv.key, KeyIndex)
        if history.is_empty:
            if kv.version:
                history.restore(Revision(kv.create_revision), revision, kv.version)
            else:
                history.restore_tombstone(revision)
        elif kv.version:
            history.put(revision)
        else:
            history.tombstone(revision)
        if self.leases is not None and (kv.lease in self.leases or not kv.lease):
            self._move_lease(kv.key, kv.lease)
