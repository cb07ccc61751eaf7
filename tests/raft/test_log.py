"""The log against twins that rewrite whole lists and search by brute force."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from k8sedu.raft.log import CompactedError, Log
from k8sedu.raft.messages import Entry
from k8sedu.raft.paper import log_of_terms

terms = st.lists(st.integers(1, 4), max_size=8).map(sorted)


@st.composite
def logs(draw):
    """A log whose beginning may be compacted away, and all the terms that it ever had."""
    history = draw(terms)
    log = Log(log_of_terms(history))
    log.compact(draw(st.integers(0, len(history))))
    return log, history


@st.composite
def sent_by_leader(draw):
    """A follower's log and entries of a leader that follow an entry of it, as the protocol guarantees before `append`."""
    log, history = draw(logs())
    previous = draw(st.integers(log.snapshot_index, len(history)))
    last = history[previous - 1] if previous else 1
    rest = draw(st.lists(st.integers(last, 6), max_size=6).map(sorted))
    return log, history, previous, rest


def rewrite(history, previous, rest):
    """The twin: keep the follower's list if the leader's entries are a part of it, else cut where they differ."""
    old = history[previous:]
    for position, term in enumerate(rest):
        if position >= len(old) or old[position] != term:
            return history[: previous + position] + rest[position:]
    return history


@given(sent_by_leader())
def test_append_twin(case):
    """Appending what a leader sent equals rewriting the list from the first difference on, and nothing else."""
    log, history, previous, rest = case
    first = log.snapshot_index
    cut = log.append(log_of_terms(rest, first_index=previous + 1))
    wanted = rewrite(history, previous, rest)
    assert [entry.term for entry in log.entries] == wanted[first:]
    same = 0
    while same < len(history) and history[same] == wanted[same]:
        same += 1
    assert cut == len(history) - same
    log.check()


@given(sent_by_leader())
def test_append_twice_is_append_once(case):
    """A duplicated message changes nothing."""
    log, _, previous, rest = case
    entries = log_of_terms(rest, first_index=previous + 1)
    log.append(entries)
    before = list(log.entries)
    assert log.append(entries) == 0
    assert log.entries == before


@given(sent_by_leader(), st.data())
def test_disk_follows_memory(case, data):
    """Writing the unstable entries to where they belong keeps a copy on disk equal to the log, whatever was cut."""
    log, _, previous, rest = case
    disk = list(log.entries)
    assert log.take_unstable() == ()
    first = log.first_index
    for size in (data.draw(st.integers(0, len(rest))), len(rest)):
        log.append(log_of_terms(rest[:size], first_index=previous + 1))
        written = log.take_unstable()
        if written:
            disk[written[0].index - first :] = written
        assert disk == log.entries


@given(logs(), st.integers(0, 10), st.integers(0, 5))
def test_conflict_hint_twin(case, index, term):
    """The hint is the last entry, at or before the index, whose term is not above the asked one."""
    log, _ = case
    index = min(index, log.last_index)
    assume(index >= log.snapshot_index)
    wanted = [(at, log.term_at(at)) for at in range(log.snapshot_index, index + 1) if log.term_at(at) <= term]
    assert log.conflict_hint(index, term) == (wanted[-1] if wanted else (log.snapshot_index - 1, 0))


@given(logs(), st.integers(-2, 12))
def test_term_at_twin(case, index):
    """Terms are known from the snapshot's last entry to the end, and index 0 has term 0."""
    log, history = case
    known = {0: 0} | dict(enumerate(history, 1))
    assert log.term_at(index) == (known[index] if log.snapshot_index <= index <= len(history) else None)


@given(terms, terms)
def test_up_to_date_is_a_total_order(one, other):
    """Of two logs at least one is as up to date as the other, and both only if they end alike."""
    a, b = Log(log_of_terms(one)), Log(log_of_terms(other))
    forth = a.is_up_to_date(index=b.last_index, term=b.last_term)
    back = b.is_up_to_date(index=a.last_index, term=a.last_term)
    assert forth or back
    assert (forth and back) == ((a.last_index, a.last_term) == (b.last_index, b.last_term))


def test_a_late_message_does_not_shorten_the_log():
    """Old entries that agree, delivered late, cut nothing off."""
    log = Log(log_of_terms((1, 1, 2)))
    assert log.append(log_of_terms((1,))) == 0
    assert log.last_index == 3


def test_entries_before_the_snapshot_are_skipped():
    """Entries that a snapshot has replaced are not stored again."""
    log = Log(log_of_terms((1, 1, 2)))
    log.compact(2)
    log.append(log_of_terms((1, 1, 2, 2)))
    assert [entry.index for entry in log.entries] == [3, 4]


def test_broken_rule_keeps_the_conflict():
    """With `truncate=False` a conflicting entry stays and only what is beyond the end is added."""
    log = Log(log_of_terms((1, 1)))
    assert log.append(log_of_terms((2, 2, 2)), truncate=False) == 0
    assert [entry.term for entry in log.entries] == [1, 1, 2]


def test_compacted_entries_cannot_be_read():
    """Reading a compacted entry says which one is the first left."""
    log = Log(log_of_terms((1, 1, 2)))
    log.compact(2)
    with pytest.raises(CompactedError, match="entry 2 is compacted, the first one left is 3"):
        log.slice(2, 4)
    assert [entry.index for entry in log.slice(3, 9)] == [3]


@pytest.mark.parametrize("index", [0, 4])
def test_compact_needs_an_index_of_the_log(index):
    """Compacting to what is not there says which indexes are."""
    log = Log(log_of_terms((1, 1, 2)))
    log.compact(1)
    with pytest.raises(CompactedError, match=f"cannot compact to {index}, expected an index from 1 to 3"):
        log.compact(index)


def test_restore_forgets_everything():
    """After a snapshot from the leader the log is empty and goes on behind it."""
    log = Log(log_of_terms((1, 1, 2)))
    log.restore(index=7, term=3)
    assert (log.first_index, log.last_index, log.last_term, log.take_unstable()) == (8, 7, 3, ())
    log.extend([Entry(3, 8)])
    assert [entry.index for entry in log.take_unstable()] == [8]


@pytest.mark.parametrize("entries", [[Entry(1, 1), Entry(1, 3)], [Entry(2, 1), Entry(1, 2)]], ids=["gap", "falling term"])
def test_check_finds_damage(entries):
    """check() refuses gaps and falling terms."""
    with pytest.raises(AssertionError):
        Log(entries).check()
