"""What a history remembers of a run, and how it finds out what is new in a log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.group import Group
from k8sedu.raft.history import Change, Elected, History, Seen, with_previous
from k8sedu.raft.log import Log
from k8sedu.raft.messages import Entry


def test_only_news_is_compared():
    """An event costs as much as it brought: of a log that grew by one entry, one entry is looked at."""
    group = Group(1)
    group.elect("n1")
    node = group.nodes["n1"]
    before = Seen.of(node)
    node.propose("x=4")
    change = Change.between(before, node)
    assert change.new_entries == change.newly_committed == change.newly_applied == [Entry(1, 2, data="x=4")]


def test_a_cut_log_is_read_again():
    """Where something was cut off, everything that stands there now may be new."""
    group = Group(1, logs={"n1": (1, 1, 1)})
    node = group.nodes["n1"]
    before = Seen.of(node)
    node.log.append([Entry(2, 2)])
    assert [entry.term for entry in Change.between(before, node).new_entries] == [1, 2]


def test_first_leader_of_a_term_is_remembered():
    """A second leader of a term does not replace the first: that would hide the very thing to be found."""
    history, group = History(), Group(2)
    for node in group.nodes.values():
        before = Seen.of(node)
        node.role, node.term = "leader", 1
        history.record(Change.between(before, node), Seen.of(node))
    assert history.elected[1].name == "n1"


def test_log_at_election_is_kept():
    """What a leader's log was when it took office is known later, whatever has been added, cut or compacted since."""
    assert [Elected("n1", 3, (2, 2)).term_at(index) for index in (3, 4, 5)] == [2, 2, None]


@given(st.lists(st.integers(1, 3), max_size=6).map(sorted), st.integers(0, 3), st.integers(0, 6))
def test_predecessors_agree_with_rewriting(terms, snapshot_index, skipped):
    """The term before each entry is that of the list of all terms, written out with the snapshot in front."""
    entries = [Entry(term, snapshot_index + 1 + position) for position, term in enumerate(terms)]
    log = Log(entries, snapshot_index=snapshot_index, snapshot_term=min(snapshot_index, 1))
    whole = [min(snapshot_index, 1), *terms]
    pairs = with_previous(log, log.entries[skipped:])
    assert [previous for _, previous in pairs] == whole[skipped : skipped + len(pairs)]
