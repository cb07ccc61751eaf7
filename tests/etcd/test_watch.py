from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import Event, PutRequest, TxnRequest, WatchCreateRequest
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.watch import FRAGMENT_BYTES, WatchHub

KEYS = ["a", "a/1", "b", "c"]
operations = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(KEYS)), st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    st.tuples(st.sampled_from(["txn", "sync", "read"]), st.just("")),
)  # fmt: skip


def change(store: Store, hub: WatchHub, verb: str, key: str) -> None:
    """A change of the store, told to the watches."""
    before = store.revision
    if verb == "put":
        store.put(key, f"{before}")
    elif verb == "delete":
        store.delete_range(key)
    elif verb == "txn":
        store.txn(TxnRequest((), tuple(PutRequest(each, "t") for each in ("c", "a"))))
    if store.revision > before:
        hub.notify(store.revision)


@given(st.lists(operations, max_size=30), st.integers(1, 12), st.sampled_from(["", "b", "\0"]), st.booleans(), st.integers(1, 4))
def test_every_change_once_in_order_and_whole(script: list[Any], start: int, end: str, late: bool, room: int) -> None:
    """However slowly a watch is read, it is told of every change from its revision on, once, in order, and no revision is split."""
    store = Store(order=4, page_records=4)
    hub = WatchHub(store, stream_size=room)
    if late:
        for verb, key in script:
            change(store, hub, verb, key)
    hub.create(WatchCreateRequest("a", end, start_revision=start, prev_kv=True))
    heard = []
    for verb, key in script:
        change(store, hub, verb, key)
        if verb == "sync":
            hub.sync()
        if verb == "read":
            heard += hub.receive()
        hub.check()
    for _ in range(len(script) + 5):
        hub.sync()
        heard += hub.receive()
    told = [(event.kv.mod_revision, event.kv.key, event.type) for response in heard for event in response.events]
    last = {"": b"a\0", "b": b"b", "\0": b"\xff"}[end]
    happened = [
        (revision.main, record.kv.key, "DELETE" if record.is_tombstone else "PUT")
        for revision, record in store.changes(start)
        if b"a" <= record.kv.key < last
    ]
    assert told == happened
    groups = [{event.kv.mod_revision for event in response.events} for response in heard]
    assert all(not (one & other) for number, one in enumerate(groups) for other in groups[number + 1 :])
    for event in (event for response in heard for event in response.events):
        check_previous(store, event)


def check_previous(store: Store, event: Event) -> None:
    """A creation has no previous value, everything else has the one before."""
    before = store.at(event.kv.key, event.kv.mod_revision - 1)
    assert event.prev_kv == (before if event.type == "DELETE" or event.kv.create_revision < event.kv.mod_revision else None)


def test_several_transactions_may_be_told_at_once() -> None:
    """Who is told late of several transactions gets one response for each, in order."""
    store = Store()
    hub = WatchHub(store)
    hub.create(WatchCreateRequest("a", "c"))
    store.put("a"), store.txn(TxnRequest((), (PutRequest("a"), PutRequest("b")))), store.delete_range("a")
    hub.notify(2)
    told = [[(event.type, event.kv.key, event.kv.mod_revision) for event in response.events] for response in hub.receive()]
    assert told == [[("PUT", b"a", 2)], [("PUT", b"a", 3), ("PUT", b"b", 3)], [("DELETE", b"a", 4)]]


def test_a_restored_store_is_looked_through_again() -> None:
    """After a snapshot took the store's place a watch goes on where it was, also when the revision is the same and the past another."""
    theirs, ours = Store(), Store()
    theirs.put("a", "theirs")
    hub = WatchHub(ours)
    hub.create(WatchCreateRequest("a", start_revision=2))
    ours.put("a", "ours")
    ours.restore(theirs.dump())
    hub.restored()
    hub.notify(2)
    hub.sync()
    assert [event.kv.value for response in hub.receive() for event in response.events] == [b"theirs"]


def test_a_full_stream_makes_a_victim() -> None:
    """Who does not read is kept aside with what did not fit, and nobody else waits; later it gets everything."""
    store = Store()
    hub = WatchHub(store, stream_size=2)
    hub.create(WatchCreateRequest("a"), stream=1)
    hub.create(WatchCreateRequest("a"), stream=2)
    for number in range(5):
        change(store, hub, "put", "a")
        if number < 4:
            assert len(hub.receive(2)) == 1
    assert [watcher.group for watcher in hub.watchers.values()] == ["victim", "synced"]
    heard = []
    for _ in range(4):
        heard += hub.receive(1)
        hub.sync()
    assert [event.kv.mod_revision for response in heard + hub.receive(1) for event in response.events] == [2, 3, 4, 5, 6]


def test_history_comes_in_batches_of_whole_revisions() -> None:
    """More than a thousand revisions of history come in several responses, none of which splits a revision."""
    store = Store()
    for number in range(1_500):
        store.txn(TxnRequest((), (PutRequest("a", str(number)), PutRequest("b", str(number)))))
    hub = WatchHub(store)
    hub.create(WatchCreateRequest("a", "c", start_revision=2))
    hub.sync(), hub.sync()
    first, second = hub.receive()
    assert [len(response.events) for response in (first, second)] == [2_000, 1_000]


def test_refusals() -> None:
    """An empty range and an ID that is taken are answered as created and cancelled at once."""
    hub = WatchHub(Store())
    empty = hub.create(WatchCreateRequest("b", "a"))
    assert (empty.watch_id, empty.created, empty.canceled, empty.cancel_reason) == (-1, True, True, "mvcc: watcher range is empty")
    assert hub.create(WatchCreateRequest("a", watch_id=7)).watch_id == 7
    assert hub.create(WatchCreateRequest("b", watch_id=7)).cancel_reason == "mvcc: duplicate watch ID provided on the WatchStream"
    assert hub.cancel(7) is not None
    assert hub.cancel(7) is None


@pytest.mark.parametrize(("start", "revisions"), [(3, [3, 4]), (4, [4])])
def test_a_watch_of_a_compacted_past(start: int, revisions: list[int]) -> None:
    """A watch may begin at the compacted revision; one that begins before is cancelled and told where it can begin."""
    store = Store(release="3.5.16")
    hub = WatchHub(store)
    for _ in range(3):
        store.put("a", "x")
    store.compact(3)
    hub.create(WatchCreateRequest("a", start_revision=start), stream=1)
    hub.create(WatchCreateRequest("a", start_revision=2), stream=2)
    hub.sync()
    assert [event.kv.mod_revision for response in hub.receive(1) for event in response.events] == revisions
    (cancelled,) = hub.receive(2)
    assert (cancelled.canceled, cancelled.compact_revision) == (True, 3)


def test_filters_and_progress() -> None:
    """Filtered events are not sent at all; quiet watches are told the revision, a stream only when all caught up."""
    store = Store()
    hub = WatchHub(store)
    hub.create(WatchCreateRequest("a", filters=("NOPUT",), progress_notify=True))
    change(store, hub, "put", "a")
    assert hub.receive() == []
    hub.tick_progress()
    (progress,) = hub.receive()
    assert (progress.header.revision, progress.events) == (2, ())
    change(store, hub, "delete", "a")
    hub.tick_progress()
    assert [len(response.events) for response in hub.receive()] == [1]
    hub.create(WatchCreateRequest("a", start_revision=2))
    hub.progress()
    assert hub.receive() == []
    hub.sync()
    hub.receive()
    hub.progress()
    assert [response.watch_id for response in hub.receive()] == [-1]


def test_fragments() -> None:
    """A large response is cut between events when the watch asked for it, and every piece but the last says so."""
    store = Store()
    hub = WatchHub(store)
    hub.create(WatchCreateRequest("a", "c", fragment=True))
    store.txn(TxnRequest((), (PutRequest("a", b"x" * FRAGMENT_BYTES), PutRequest("b", b"y"))))
    hub.notify(store.revision)
    assert [(response.fragment, len(response.events)) for response in hub.receive()] == [(True, 1), (False, 1)]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["", "b", "b0", "zz", "\0"])), max_size=12), st.sampled_from(KEYS))
def test_watchers_of_a_key_are_all_found(ranges: list[tuple[str, str]], key: str) -> None:
    """The watchers found for a key are those that a look at every one finds."""
    hub = WatchHub(Store())
    for first, end in ranges:
        hub.create(WatchCreateRequest(first, end))
    found = sorted(watcher.watch_id for watcher in hub.synced.of(key.encode()))
    assert found == sorted(watcher.watch_id for watcher in hub.watchers.values() if watcher.covers(key.encode()))
