"""What a server's disk holds."""

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.messages import Snapshot
from k8sedu.raft.paper import log_of_terms
from k8sedu.raft.ready import HardState, Ready
from k8sedu.raft.rules import Rules
from k8sedu.raft.storage import Storage


def disk(*terms, snapshot=0):
    """A disk with a log of these terms behind a snapshot."""
    storage = Storage(Snapshot(snapshot, 1 if snapshot else 0, ("n1",)))
    storage.entries = list(log_of_terms(terms, first_index=snapshot + 1))
    return storage


@given(st.lists(st.integers(1, 3), max_size=6).map(sorted), st.integers(0, 4), st.data())
def test_write_twin(terms, snapshot, data):
    """Writing entries replaces what stands at their indexes and cuts off everything behind."""
    storage = disk(*terms, snapshot=snapshot)
    first = data.draw(st.integers(snapshot + 1, snapshot + len(terms) + 1))
    new = data.draw(st.lists(st.integers(4, 5), min_size=1, max_size=4).map(sorted))
    storage.write(log_of_terms(new, first_index=first))
    wanted = terms[: first - snapshot - 1] + new
    assert [(entry.index, entry.term) for entry in storage.entries] == list(enumerate(wanted, snapshot + 1))
    storage.log().check()


def test_save_nothing_changes_nothing():
    """An empty Ready leaves the disk as it is."""
    storage = disk(1, 1)
    storage.save(Ready())
    assert (storage.hard_state, len(storage.entries)) == (HardState(), 2)


def test_received_snapshot_replaces_the_log():
    """A snapshot from the leader replaces a log that it does not match."""
    storage = disk(1, 1, 1)
    storage.save(Ready(snapshot=Snapshot(5, 3, ("n1", "n2"), data="x=1")))
    assert (storage.entries, storage.snapshot.index, storage.log().last_index) == ([], 5, 5)


def test_compact_keeps_the_rest():
    """Our own snapshot replaces the entries up to its index and no more."""
    storage = disk(1, 1, 2)
    storage.compact(Snapshot(2, 1, ("n1",)))
    assert [entry.index for entry in storage.entries] == [3]
    assert (storage.log().first_index, storage.log().term_at(2)) == (3, 1)


def test_copies_are_independent():
    """What is written to a copy does not appear on the original."""
    storage = disk(1)
    storage.copy().write(log_of_terms((2,), first_index=2))
    assert len(storage.entries) == 1


def test_the_log_is_read_not_shared():
    """A booted server changes its own log, never the disk."""
    storage = disk(1)
    storage.log().extend(log_of_terms((2,), first_index=2))
    assert len(storage.entries) == 1


def test_broken_rule_forgets_entries():
    """Without `log_persistence` entries are promised but not written; the vote still is."""
    storage = disk()
    storage.save(Ready(entries=log_of_terms((1,)), hard_state=HardState(1, "n1")), rules=Rules.without("log_persistence"))
    assert (storage.entries, storage.hard_state.term) == ([], 1)
