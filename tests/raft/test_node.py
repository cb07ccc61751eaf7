"""One server as a machine: what goes in, what comes out, and what holds in any storm."""

import random

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.log import CompactedError
from k8sedu.raft.messages import Entry, Message
from k8sedu.raft.node import NEVER_TICKS, Node, NotLeaderError
from k8sedu.raft.ready import NOTHING

PAPER = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
ETCD = PAPER._replace(pre_vote=True, check_quorum=True, restart_timer_on_new_term=True)
NARROW = ETCD._replace(entries_per_append_max=2, appends_inflight_max=2)


@pytest.mark.parametrize("config", [PAPER, ETCD, NARROW], ids=["paper", "etcd", "narrow"])
@pytest.mark.parametrize("seed", range(12))
def test_storm(storm, config, seed):
    """With losses, doubles, crashes, membership changes, snapshots and reads: one leader a term, one history, no stale read."""
    weather = storm(seed, config=config)
    weather.run(1_500)
    assert weather.committed


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("config", [PAPER, ETCD, NARROW], ids=["paper", "etcd", "narrow"])
def test_long_storm(storm, config):
    """The same for thousands of storms."""
    for seed in range(3_000):
        storm(seed, config=config).run(2_000)


@pytest.mark.parametrize("seed", range(4))
def test_calm_after_the_storm(storm, seed):
    """When the network is whole again and the servers of the group are up, one leader brings everybody to the same log."""
    weather = storm(seed, config=ETCD, changes=False)
    weather.run(1_000)
    group = ("n1", "n2", "n3")
    for name in group:
        if name not in weather.nodes:
            weather.restart(name)
    for _ in range(400):
        for name in group:
            weather.do(name, lambda node: node.tick())
        weather.settle(*group)
    leaders = [node for node in weather.nodes.values() if node.role == "leader"]
    assert len(leaders) == 1
    assert {weather.nodes[name].commit_index for name in group} == {leaders[0].last_index}


def test_same_seed_same_run(storm):
    """A server owns no randomness but the generator that it is given: the same dice give the same run."""
    runs = []
    for _ in range(2):
        weather = storm(7, config=ETCD)
        weather.run(600)
        runs.append((weather.lines(), weather.events))
    assert runs[0] == runs[1]


def test_nothing_happens_before_the_deadline():
    """Until `due_ticks` have passed a tick changes nothing, and then it does."""
    node = Node("n1", ("n1", "n2", "n3"), config=PAPER)
    wait_ticks = node.due_ticks()
    assert PAPER.election_ticks_min <= wait_ticks < PAPER.election_ticks_max
    assert node.tick(wait_ticks - 1) is NOTHING
    assert node.due_ticks() == 1
    assert node.tick().events[0].kind == "election_timeout"


def test_learners_wait_for_ever():
    """A server without a vote has no deadline."""
    assert Node("n9", ("n1", "n2", "n3"), config=PAPER).due_ticks() == NEVER_TICKS


def test_leader_is_due_for_heartbeats(table):
    """A leader wants to be woken for its next heartbeat, and again after it."""
    group = table()
    group.elect("n1")
    node = group.nodes["n1"]
    for _ in range(3):
        assert node.due_ticks() == 1
        assert [message.kind for message in group.do("n1", lambda node: node.tick()).messages] == ["heartbeat"] * 2


def test_proposals_need_a_leader(table):
    """A follower takes no command and names the leader that it knows."""
    group = table()
    with pytest.raises(NotLeaderError, match=r"n2 takes no commands now, expected the leader \(none is known\)\."):
        group.propose("n2", "x=1")
    group.elect("n1")
    with pytest.raises(NotLeaderError, match=r"n2 takes no commands now, expected the leader n1\.") as caught:
        group.propose("n2", "x=1")
    assert caught.value.leader == "n1"


def test_no_proposals_while_handing_over(table):
    """A leader that is handing over takes no commands and names its successor."""
    group = table()
    group.elect("n1")
    group.do("n1", lambda node: node.transfer_leadership("n2"))
    with pytest.raises(NotLeaderError, match="expected the leader n2"):
        group.propose("n1", "x=1")


def test_several_commands_in_one_message(table):
    """Commands proposed together travel together, in their order."""
    group = table()
    group.elect("n1")
    ready = group.propose("n1", "x=1", "x=2", "x=3")
    assert [entry.data for entry in ready.messages[0].entries] == ["x=1", "x=2", "x=3"]
    group.settle()
    assert group.data("n3") == ["x=1", "x=2", "x=3"]


def test_compact_needs_applied_entries(table):
    """A snapshot can only stand for what was applied."""
    group = table(1)
    group.elect("n1")
    group.propose("n1", "x=1")
    with pytest.raises(CompactedError, match=r"cannot compact to 3, expected an applied index, at most 2\."):
        group.nodes["n1"].compact(3, "x=1")
    snapshot = group.nodes["n1"].compact(2, "x=1")
    assert (snapshot.index, snapshot.term, snapshot.voters, snapshot.data) == (2, 1, ("n1",), "x=1")
    with pytest.raises(CompactedError):
        group.nodes["n1"].compact(1, "")


def test_entries_before_a_snapshot_may_stay(table):
    """Entries that are kept behind a snapshot can still be sent; the snapshot itself is of the newest state."""
    group = table(1)
    group.elect("n1")
    group.propose("n1", *"abcdef")
    node = group.nodes["n1"]
    snapshot = node.compact(5, "abcd", keep_entries=2)
    assert (snapshot.index, snapshot.term, node.log.first_index, node.log.last_index) == (5, 1, 4, 7)
    assert [entry.data for entry in node.log.slice(4, 8)] == ["c", "d", "e", "f"]
    newer = node.compact(7, "abcdef", keep_entries=100)
    assert (newer.index, newer.term, node.log.first_index) == (7, 1, 4), "what is gone does not come back"
    with pytest.raises(CompactedError):
        node.compact(6, "", keep_entries=2)


def test_everything_is_given_out_once(table):
    """Messages, entries and events are in exactly one Ready."""
    group = table()
    group.campaign("n1")
    assert group.do("n1", lambda node: node.tick()) is NOTHING


def test_messages_of_a_leader_to_a_leader_are_ignored(table):
    """Two leaders of one term cannot be; if a message claims one, a leader does not follow it."""
    group = table()
    group.elect("n1")
    for kind in ("append_entries", "heartbeat"):
        assert group.do("n1", lambda node, kind=kind: node.step(Message(kind, "n2", "n1", 1, entries=(Entry(1, 1),)))).messages == ()
    assert group.nodes["n1"].role == "leader"


def test_timers_come_from_the_generator():
    """The first timeout is a draw from the given generator, so that a run can be repeated."""
    draws = {Node("n1", ("n1",), config=PAPER, generator=random.Random(seed)).due_ticks() for seed in range(99)}
    assert draws == set(range(10, 20))
    assert len({Node("n1", ("n1",), config=PAPER, generator=random.Random(5)).due_ticks() for _ in range(9)}) == 1
