"""Whole groups in the situations of etcd's interaction tests: crashes, handing over, reads, with its lines where they help."""

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message
from k8sedu.raft.rules import Rules

CONFIG = Config(election_ticks_min=3, election_ticks_max=6, heartbeat_ticks=1)
CHECK_QUORUM = CONFIG._replace(check_quorum=True, restart_timer_on_new_term=True)
BOTH = CHECK_QUORUM._replace(pre_vote=True)


def state(group, *names):
    """Role and term of some servers, short."""
    return [group.roles()[name] for name in names]


def test_restart_relearns_commit_index(table):
    """§5, Figure 2: term, vote and log survive a crash; the commit index does not and is learned again from the leader."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.settle()
    group.crash("n3")
    group.restart("n3")
    node = group.nodes["n3"]
    assert (node.term, node.voted_for, group.terms("n3"), node.commit_index, node.role) == (1, "n1", (1, 1), 0, "follower")
    group.beat("n1")
    group.settle()
    group.beat("n1")
    group.settle()
    assert node.commit_index == 2
    assert group.data("n3") == ["x=1"]


def test_restart_remembers_its_vote(table):
    """A server that voted, crashed and came back refuses another candidate of the same term."""
    group = table(config=CONFIG)
    group.campaign("n1")
    group.settle("n2")
    group.crash("n2")
    group.restart("n2")
    ready = group.do("n2", lambda node: node.step(Message("request_vote", "n3", "n2", 1)))
    assert [message.reject for message in ready.messages] == [True]


def test_lost_vote_makes_two_leaders(table):
    """Without vote persistence the same story gives two leaders in one term (thesis quiz, question 6a)."""
    group = table(config=CONFIG, rules=Rules.without("vote_persistence"))
    group.campaign("n1")
    group.drop(to="n3")
    group.settle("n2")
    group.crash("n2")
    group.restart("n2")
    group.campaign("n3")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    assert state(group, "n1", "n3") == [("leader", 1), ("leader", 1)]


def replaced_group(table, rules=None):
    """{n1, n2, n3} became {n3, n4, n5}; n1 has stored that too; then n1 and n2 crash and x=9 is committed by the new group alone."""
    group = table(config=CONFIG, rules=rules or Rules())
    group.elect("n1")
    for name in ("n4", "n5"):
        group.join(name)
    group.change("n1", "remove n1, remove n2, add n4, add n5")
    for _ in range(4):
        group.settle()
        if group.nodes["n1"].role == "leader":
            group.beat("n1")
    group.settle()
    assert group.nodes["n1"].role == "follower"
    for name in ("n1", "n2"):
        group.crash(name)
    group.elect("n3")
    group.propose("n3", "x=9")
    group.settle()
    assert "x=9" in group.data("n4")
    for name in ("n1", "n2"):
        group.restart(name)
    return group


def test_restart_does_not_revive_the_old_group(table):
    """Two servers of a group that was replaced cannot elect a leader among themselves, even after a crash."""
    group = replaced_group(table)
    for name in ("n1", "n2"):
        group.tick(name, 30)
        group.settle("n1", "n2")
    assert [name for name, kind, _ in group.events if kind == "become_leader"] == ["n1", "n3"]


def test_restart_applies_changes_once(table):
    """After a restart the membership comes out of the log as it was, and re-applying the entries changes it no further."""
    group = table(config=CONFIG)
    group.elect("n1")
    for change in ("add n4", "remove n2", "learner n2"):
        group.change("n1", change)
        group.settle()
        group.beat("n1")
        group.settle()
    wanted = group.nodes["n1"].membership
    group.crash("n3")
    group.events.clear()
    group.restart("n3")
    assert group.nodes["n3"].membership.voters == ("n1", "n3", "n4")
    assert group.nodes["n3"].commit_index == 3
    group.beat("n1")
    group.settle()
    assert group.nodes["n3"].membership == wanted
    assert [detail["index"] for name, kind, detail in group.events if (name, kind) == ("n3", "change_membership")] == [4]
    assert [entry.index for entry in group.applied["n3"]] == [1, 2, 3, 4]


def test_snapshot_carries_its_own_membership(table):
    """A snapshot names the configuration at its index, not a later one that the server has applied since."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.change("n1", "learner n2")
    assert group.nodes["n1"].compact(2, "").learners == ()
    assert group.nodes["n1"].membership.learners == ("n2",)
    assert group.nodes["n1"].compact(3, "").learners == ("n2",)


@pytest.mark.parametrize("config", [CONFIG, BOTH], ids=["paper", "etcd"])
def test_transfer(table, config):
    """Leadership passes to a chosen follower within one election, past PreVote and the lease of CheckQuorum."""
    group = table(config=config)
    group.elect("n1")
    group.do("n1", lambda node: node.transfer_leadership("n3"))
    group.settle()
    assert state(group, "n1", "n2", "n3") == [("follower", 2), ("follower", 2), ("leader", 2)]
    assert "n1->n3 MsgTimeoutNow Term:1 Log:0/0" in group.transcript
    assert 'n3->n2 MsgVote Term:2 Log:1/1 Context:"transfer"' in group.transcript


def test_read_alone(table):
    """A leader alone answers a read at once."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    assert group.do("n1", lambda node: node.read("r1")).reads == (("r1", 1),)


def test_read_confirmed_by_quorum(table):
    """A read is answered when a majority has answered heartbeats sent after it came, with the commit index of that moment."""
    group = table(config=CONFIG)
    group.elect("n1")
    ready = group.do("n1", lambda node: node.read("r1"))
    assert ready.reads == ()
    assert group.lines() == [f'n1->{name} MsgHeartbeat Term:1 Log:0/0 Commit:1 Context:"r1"' for name in ("n2", "n3")]
    group.propose("n1", "x=1")
    group.settle()
    assert group.reads["n1"] == [("r1", 1)]


def test_deposed_leader_answers_no_read(table):
    """A leader that was replaced without knowing it gets no confirmation and answers nothing; without the rule it answers an old value."""
    for rules, answers in ((Rules(), []), (Rules.without("reads_confirm_leadership"), [("r1", 1)])):
        group = table(config=CONFIG, rules=rules)
        group.elect("n1")
        group.campaign("n2")
        group.drop(to="n1")
        group.settle("n2", "n3")
        assert group.nodes["n2"].role == "leader"
        group.drop()
        group.do("n1", lambda node: node.read("r1"))
        group.settle()
        assert group.reads["n1"] == answers


def test_read_waits_for_own_term(table):
    """A new leader holds a read back until it has committed an entry of its own term: only then does it know the commit index."""
    group = table(config=CONFIG)
    group.campaign("n1")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    ready = group.do("n1", lambda node: node.read("r1"))
    assert not any(message.context for message in ready.messages)
    group.settle()
    assert group.reads["n1"] == [("r1", 1)]


def test_read_through_follower(table):
    """A follower passes a read on to the leader and gets an index that it must have applied before it answers."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.do("n2", lambda node: node.read("r1"))
    group.settle()
    assert group.reads["n2"] == [("r1", 1)]
    assert 'n1->n2 MsgReadIndexResp Term:1 Log:0/1 Context:"r1"' in group.transcript
