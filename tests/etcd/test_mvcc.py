from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8sedu.etcd import api
from k8sedu.etcd.errors import (
    CompactedError,
    DuplicateKeyError,
    EmptyKeyError,
    EtcdError,
    FutureRevisionError,
    KeyNotFoundError,
    LeaseNotFoundError,
    TooManyOpsError,
)
from k8sedu.etcd.mvcc import Store

KEYS = [b"a", b"a/1", b"b", b"c", b"d", b"e\xff"]


class NaiveStore:
    """The same store as a list of everything that ever happened, read from the beginning for every answer."""

    def __init__(self) -> None:
        self.changes: list[tuple[int, bytes, bytes | None]] = []
        self.revision = 1

    def commit(self, changes: list[tuple[bytes, bytes | None]]) -> None:
        """All changes of a transaction at once; None deletes."""
        if changes:
            self.revision += 1
            self.changes += [(self.revision, key, value) for key, value in changes]

    def at(self, revision: int) -> dict[bytes, api.KeyValue]:
        """Every key as it was at a revision."""
        found: dict[bytes, api.KeyValue] = {}
        for main, key, value in self.changes:
            if main > revision:
                break
            if value is None:
                found.pop(key, None)
                continue
            old = found.get(key)
            found[key] = api.KeyValue(key, old.create_revision if old else main, main, old.version + 1 if old else 1, value)
        return dict(sorted(found.items()))


class StoreMachine(RuleBasedStateMachine):
    """Tiny nodes and pages, so that a handful of keys splits and merges them."""

    def __init__(self) -> None:
        super().__init__()
        self.store, self.naive = Store(order=3, page_records=2, traced=True), NaiveStore()

    @rule(key=st.sampled_from(KEYS), value=st.binary(max_size=2))
    def put(self, key: bytes, value: bytes) -> None:
        """A put is one revision."""
        self.store.put(key, value)
        self.naive.commit([(key, value)])

    @rule(key=st.sampled_from(KEYS), end=st.sampled_from([b"", b"b", b"d", b"\0"]))
    def delete(self, key: bytes, end: bytes) -> None:
        """A delete is one revision, or none when there was nothing to delete."""
        last = {b"": key + b"\0", b"\0": b"\xff" * 3}.get(end, end)
        gone = [each for each in self.naive.at(self.naive.revision) if key <= each < last]
        assert self.store.delete_range(key, end).deleted == len(gone)
        self.naive.commit([(each, None) for each in gone])

    @rule(keys=st.lists(st.sampled_from(KEYS), unique=True, max_size=3), gone=st.sampled_from(KEYS))
    def txn(self, keys: list[bytes], gone: bytes) -> None:
        """A transaction is one revision, whatever it does."""
        puts = tuple(api.PutRequest(key, b"t") for key in keys if key != gone)
        self.store.txn(api.TxnRequest((), (*puts, api.DeleteRangeRequest(gone))))
        there = gone in self.naive.at(self.naive.revision)
        self.naive.commit([(key, b"t") for key in keys if key != gone] + ([(gone, None)] if there else []))

    @precondition(lambda self: self.store.revision > max(self.store.compact_revision, 0))
    @rule(data=st.data())
    def compact(self, data: st.DataObject) -> None:
        """Compaction changes no revision."""
        before = self.store.revision
        self.store.compact(data.draw(st.integers(max(self.store.compact_revision + 1, 0), before)))
        assert self.store.revision == before

    @invariant()
    def every_readable_past_is_the_same(self) -> None:
        """Both say the same about every revision that is not compacted."""
        for revision in range(max(self.store.compact_revision, 1), self.store.revision + 1):
            assert self.store.range(b"\0", b"\0", revision=revision).kvs == tuple(self.naive.at(revision).values())

    @invariant()
    def is_sound(self) -> None:
        """Both trees keep their shape, and a dump brings back the same store."""
        self.store.check()
        again = Store(order=4, page_records=3)
        again.restore(self.store.dump())
        again.check()
        assert again.dump() == self.store.dump()
        assert again.hash_kv() == self.store.hash_kv()
        assert again.range(b"\0", b"\0") == self.store.range(b"\0", b"\0")


TestStoreMachine = StoreMachine.TestCase


def keys_of(response: api.RangeResponse) -> list[str]:
    """The keys of an answer, as text."""
    return [kv.key.decode() for kv in response.kvs]


def test_fresh_store() -> None:
    """An empty store is at revision 1, and asking or deleting changes nothing."""
    store = Store()
    assert store.range("a") == api.RangeResponse(api.Header(1))
    assert store.delete_range("a") == api.DeleteRangeResponse(api.Header(1))
    assert store.txn(api.TxnRequest()) == api.TxnResponse(api.Header(1), succeeded=True)
    with pytest.raises(FutureRevisionError):
        store.range("a", revision=2)


def test_get_reads_the_past() -> None:
    """Get(key, rev) sees the key as it was then; the header tells the revision of now."""
    store = Store()
    for value in ("1", "2", "3"):
        store.put("a", value)
    assert [store.range("a", revision=revision).kvs[0].value for revision in (2, 3, 4)] == [b"1", b"2", b"3"]
    assert store.range("a", revision=2).header.revision == 4
    assert store.get("a", revision=2) == api.KeyValue(b"a", 2, 2, 1, b"1")


def test_a_deleted_key_begins_anew() -> None:
    """A put after a deletion creates the key anew, with version 1."""
    store = Store()
    store.put("a"), store.put("a"), store.delete_range("a"), store.put("a")
    assert store.get("a") == api.KeyValue(b"a", 5, 5, 1)
    assert store.get("a", revision=4) is None


def test_one_transaction_is_one_revision() -> None:
    """Ten puts of a transaction share a main revision and differ in their sub revision."""
    store = Store()
    store.txn(api.TxnRequest((), tuple(api.PutRequest(f"k{number}") for number in range(10))))
    assert store.revision == 2
    assert [str(revision) for revision, _ in store.changes(2)] == [f"2.{sub}" for sub in range(10)]


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 3), (2, 2), (3, 4), (4, 4), (4, 9), (5, None), (0, None)])
def test_changes_between_revisions(first: int, last: int | None) -> None:
    """The changes from one main revision to another include both, and those of a transaction come together."""
    store = Store(page_records=2)
    store.put("a"), store.txn(api.TxnRequest((), (api.PutRequest("b"), api.PutRequest("c")))), store.delete_range("a")
    happened = [("2.0", b"a", False), ("3.0", b"b", False), ("3.1", b"c", False), ("4.0", b"a", True)]
    told = [(str(revision), record.kv.key, record.is_tombstone) for revision, record in store.changes(first, last)]
    assert told == [change for change in happened if first <= int(change[0][0]) <= (9 if last is None else last)]


def test_news_are_the_last_transaction() -> None:
    """What the last transaction changed is at hand until the next one changes something; a restored store has no news."""
    store = Store()
    assert store.news == []
    store.txn(api.TxnRequest((), (api.PutRequest("b", "1"), api.PutRequest("c", "2"))))
    store.delete_range("nothing"), store.range("b")
    assert [(str(revision), kv.key) for revision, kv in store.news] == [("2.0", b"b"), ("2.1", b"c")]
    store.delete_range("b")
    assert store.news == [(revision, record.kv) for revision, record in store.changes(3)]
    store.restore(store.dump())
    assert store.news == []


def test_comparisons_see_the_state_before() -> None:
    """A nested comparison does not see what the outer branch wrote before it."""
    store = Store()
    inner = api.TxnRequest(
        (api.Compare("b", "VERSION", "GREATER", version=0),), (api.PutRequest("seen"),), (api.PutRequest("unseen"),)
    )
    response = store.txn(api.TxnRequest((), (api.PutRequest("b"), inner)))
    assert response.responses[1] == api.TxnResponse(api.Header(), succeeded=False, responses=(api.PutResponse(api.Header(2)),))
    assert keys_of(store.range("\0", "\0")) == ["b", "unseen"]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (api.PutRequest(""), EmptyKeyError),
        (api.PutRequest("zz", ignore_value=True), KeyNotFoundError),
        (api.PutRequest("a", lease=77), LeaseNotFoundError),
        (api.TxnRequest((), (api.PutRequest("b"), api.PutRequest("b"))), DuplicateKeyError),
        (api.TxnRequest((), (api.PutRequest("b"), api.DeleteRangeRequest("a", "c"))), DuplicateKeyError),
        (api.TxnRequest((), (api.PutRequest("b"), api.PutRequest("c", lease=77))), LeaseNotFoundError),
        (api.TxnRequest((), (api.PutRequest("b"), api.RangeRequest("a", revision=99))), FutureRevisionError),
        (api.TxnRequest((), tuple(api.PutRequest(f"k{number}") for number in range(5))), TooManyOpsError),
        (api.CompactionRequest(99), FutureRevisionError),
        (api.RangeRequest("a", revision=99), FutureRevisionError),
    ],
)
def test_a_refusal_changes_nothing(request_: Any, error: type[EtcdError]) -> None:
    """Whatever is refused leaves the store as it was."""
    store = Store(max_txn_ops=4)
    store.put("a", "1")
    before = store.dump()
    with pytest.raises(error):
        store.handle(request_)
    assert store.dump() == before
    store.check()


def test_compaction_keeps_what_can_be_read() -> None:
    """The compacted revision itself stays readable, what was before does not."""
    store = Store()
    for key in ("a", "a", "b", "a"):
        store.put(key, "x")
    store.compact(4)
    assert store.get("a", revision=4) == api.KeyValue(b"a", 2, 3, 2, b"x")
    with pytest.raises(CompactedError):
        store.get("a", revision=3)
    assert [str(revision) for revision, _ in store.changes(1)] == ["3.0", "4.0", "5.0"]


@pytest.mark.parametrize(("release", "kept"), [("3.4.23", False), ("3.4.34", True), ("3.5.15", False), ("3.5.16", True), ("3.6.0", True)])
def test_a_tombstone_at_the_compacted_revision(release: str, *, kept: bool) -> None:
    """Newer releases keep a tombstone exactly at the compacted revision, older ones drop it."""
    store = Store(release=release)
    store.put("a"), store.delete_range("a"), store.compact(3)
    assert [record.is_tombstone for _, record in store.changes(1)] == [True] * kept


def pick_key(number: int) -> str:
    """The keys of etcd's own test of the hash."""
    if number % 142 == 30:
        return "zenek"
    if number % 71 == 30:
        return "xavery"
    return ["alice", "bob", "celine", "dominik", "eve", "frederica", "gorge"][number % 7]


GOLDEN = {1: 1913897190, 2: 224860069, 3: 1565167519}


def test_hash_kv_of_etcds_own_test() -> None:
    """In etcd's own test of the hash, 72 puts, hash, compact and again, every number is etcd's, the last one behind 1,211 more puts."""
    store = Store(release="3.5.16")
    for cycle in range(1, 19):
        for number in range(71 * (cycle - 1), 71 * cycle + 1):
            store.put(pick_key(number), str(number))
        assert store.hash_kv().hash == GOLDEN.get(cycle, store.hash_kv().hash)
        store.compact(store.revision)
    for number in range(71 * 18, 71 * 18 + 1211):
        store.put(pick_key(number), str(number))
    assert (store.revision, store.compact_revision, store.hash_kv().hash) == (2508, 1297, 2017735779)
