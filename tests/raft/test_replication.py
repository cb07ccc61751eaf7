"""Replication: leaders that send, followers that store, and the commit index between them."""

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Message
from k8sedu.raft.node import Node
from k8sedu.raft.paper import log_of_terms
from k8sedu.raft.storage import Storage

CONFIG = Config(election_ticks_min=1_000, election_ticks_max=2_000, heartbeat_ticks=1)


def follower(terms, voters=("n1", "n2", "n3")):
    """A follower of term 9 with a log of these terms."""
    node = Node("n2", voters, config=CONFIG)
    node.log.extend(log_of_terms(terms))
    node.step(Message("heartbeat", "n1", "n2", 9))
    return node


def terms_from(*choice):
    """Lists of terms that never fall."""
    return st.lists(st.sampled_from(choice), max_size=8).map(sorted)


terms = terms_from(1, 2, 3, 4, 5)


@given(terms_from(1, 3, 5), terms_from(1, 2, 4))
def test_any_two_logs_meet(table, mine, other):
    """Whatever a follower's log is, its leader makes it equal to its own; no term needs more than one refusal."""
    group = table(2, logs={"n1": mine, "n2": other}, config=CONFIG)
    for name in group.nodes:
        group.nodes[name].become_follower(9, None, why="setting the scene")
    group.campaign("n1")
    group.drop(to="n2")
    group.do("n1", lambda node: node.step(Message("request_vote_reply", "n2", "n1", 10)))
    group.settle()
    assert group.terms("n2") == group.terms("n1") == (*mine, 10)
    refusals = sum("Rejected" in line for line in group.transcript)
    assert refusals <= len({*mine, *other}) + 1


@given(terms, st.integers(0, 10), st.integers(0, 12))
def test_commit_index_never_runs_ahead(log, commit, beyond):
    """A follower commits what its leader has committed, but only as far as the message proves that its log is right."""
    node = follower(log)
    prefix = len(log) // 2
    term = log[prefix - 1] if prefix else 0
    node.step(Message("append_entries", "n1", "n2", 9, log_term=term, index=prefix, commit=commit + beyond))
    assert node.commit_index == min(prefix, commit + beyond)


def test_commit_index_never_falls():
    """A late message with an older commit index changes nothing."""
    node = follower((1, 1, 1))
    node.step(Message("append_entries", "n1", "n2", 9, log_term=1, index=3, commit=3))
    node.step(Message("append_entries", "n1", "n2", 9, log_term=1, index=2, commit=1))
    node.step(Message("heartbeat", "n1", "n2", 9, commit=1))
    assert node.commit_index == 3


def test_late_append_is_answered_with_the_commit_index():
    """Entries before the commit index are surely here: the answer says so instead of checking."""
    node = follower((1, 1, 1))
    node.step(Message("heartbeat", "n1", "n2", 9, commit=3))
    (reply,) = node.step(Message("append_entries", "n1", "n2", 9, log_term=1, index=1, entries=(Entry(1, 2),), commit=1)).messages
    assert (reply.index, reply.reject) == (3, False)


def test_batches(table):
    """A message carries at most `entries_per_append_max` entries; the rest follows as answers come."""
    group = table(config=CONFIG._replace(entries_per_append_max=2))
    group.elect("n1")
    group.propose("n1", *(f"x={number}" for number in range(7)))
    group.settle()
    assert group.data("n2") == [f"x={number}" for number in range(7)]
    assert all(line.count("Entry") <= 2 + 1 for line in group.transcript)


def test_waiting_follower_gets_the_commit_index_at_once(table):
    """A follower that answers last hears of the commit right then, not a heartbeat later."""
    group = table(config=CONFIG)
    group.elect("n1")
    assert [node.commit_index for node in group.nodes.values()] == [1, 1, 1]


def test_new_leader_knows_nothing_of_followers(table):
    """After an election match_index is 0 for all others and next_index is just behind the own log."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.settle()
    group.campaign("n2")
    group.settle("n1", "n3")
    group.deliver(("n2",))
    progress = group.nodes["n2"].progress
    assert {name: (other.match_index, other.next_index) for name, other in progress.items()} == {"n1": (0, 3), "n2": (3, 4), "n3": (0, 3)}


def test_strangers_are_not_counted(table):
    """The answer of a server that is no member is ignored."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.drop()
    group.do("n1", lambda node: node.step(Message("append_entries_reply", "n9", "n1", 1, index=2)))
    assert group.nodes["n1"].commit_index == 1


def test_snapshot_of_what_is_there_is_not_installed():
    """A follower that has the entries keeps them and only learns the commit index from a snapshot."""
    node = follower((1, 1, 1))
    snapshot = Storage(node.snapshot._replace(index=2, term=1)).snapshot
    ready = node.step(Message("install_snapshot", "n1", "n2", 9, snapshot=snapshot))
    assert ready.snapshot is None
    assert (node.last_index, node.commit_index, ready.messages[0].index) == (3, 2, 2)


def test_snapshot_of_the_past_is_ignored():
    """A snapshot that reaches no further than the commit index is answered with that."""
    node = follower((1, 1, 1))
    node.step(Message("heartbeat", "n1", "n2", 9, commit=3))
    ready = node.step(Message("install_snapshot", "n1", "n2", 9, snapshot=node.snapshot._replace(index=2, term=1)))
    assert (ready.snapshot, ready.messages[0].index) == (None, 3)


def test_snapshot_brings_the_membership():
    """An installed snapshot sets log, commit index, applied index and membership at once."""
    node = follower((2, 2))
    snapshot = node.snapshot._replace(index=7, term=3, voters=("n1", "n2"), learners=("n3",), data="x=1")
    ready = node.step(Message("install_snapshot", "n1", "n2", 9, snapshot=snapshot))
    assert ready.snapshot == snapshot
    assert (node.log.entries, node.last_index, node.commit_index, node.last_applied) == ([], 7, 7, 7)
    assert (node.membership.voters, node.membership.learners) == (("n1", "n2"), ("n3",))
