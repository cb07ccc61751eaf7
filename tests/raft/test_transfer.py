"""Handing leadership over, and losing it."""

import pytest

from k8sedu.raft.config import Config

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
CHECK_QUORUM = CONFIG._replace(check_quorum=True)


def hand_over(group, target, by="n1"):
    return group.do(by, lambda node: node.transfer_leadership(target))


def test_transfer_waits_until_the_successor_has_everything(table):
    """A successor that lacks entries is brought up to date first."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.only("n1", "n2")
    ready = hand_over(group, "n3")
    assert not any(message.kind == "timeout_now" for message in ready.messages)
    group.beat("n1")
    group.settle()
    assert group.roles()["n3"] == ("leader", 2)
    assert group.terms("n3") == (1, 1, 2)


def test_transfer_gives_up(table):
    """After an election timeout without success the leader goes on as before."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.crash("n3")
    hand_over(group, "n3")
    group.tick("n1", CONFIG.election_ticks_min)
    assert "transfer_abandoned" in group.kinds("n1")
    group.propose("n1", "x=1")
    group.settle()
    assert "x=1" in group.data("n1")


@pytest.mark.parametrize("target", ["n1", "n4", "n9"], ids=["itself", "a learner", "a stranger"])
def test_transfer_to_nobody(table, target):
    """Leadership cannot be handed to oneself, to a learner or to a stranger; nothing happens."""
    group = table(4, learners=("n4",), config=CONFIG)
    group.elect("n1")
    assert hand_over(group, target).messages == ()
    group.propose("n1", "x=1")


def test_a_follower_passes_the_wish_on(table):
    """A follower that is asked to hand over tells its leader."""
    group = table(config=CONFIG)
    group.elect("n1")
    hand_over(group, "n3", by="n2")
    group.settle()
    assert group.roles()["n3"] == ("leader", 2)


def test_transfer_to_another_one(table):
    """A second wish replaces the first."""
    group = table(config=CONFIG)
    group.elect("n1")
    hand_over(group, "n2")
    group.drop()
    hand_over(group, "n3")
    group.settle()
    assert group.roles()["n3"] == ("leader", 2)


def test_a_learner_does_not_obey(table):
    """A timeout_now that reaches a learner starts no election."""
    group = table(3, learners=("n3",), config=CONFIG)
    group.elect("n1")
    group.nodes["n1"].send("timeout_now", "n3")
    group.do("n1", lambda node: node.tick(0))
    group.settle()
    assert group.roles()["n3"] == ("follower", 1)


def test_transfer_ends_when_the_target_leaves(table):
    """A successor that is removed from the group meanwhile is forgotten, and the leader takes commands again."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n3")
    hand_over(group, "n3")
    group.drop(to="n3")
    group.settle()
    assert group.nodes["n1"].transferee is None
    group.propose("n1", "x=1")


def test_check_quorum_needs_one_word_per_interval(table):
    """A leader that hears a majority in every interval stays, however long."""
    group = table(config=CHECK_QUORUM)
    group.elect("n1")
    for _ in range(5 * CONFIG.election_ticks_min):
        group.tick("n1", 1)
        group.drop(to="n3")
        group.settle()
    assert group.nodes["n1"].role == "leader"


def test_a_leader_alone_never_steps_down(table):
    """A group of one is its own majority."""
    group = table(1, config=CHECK_QUORUM)
    group.elect("n1")
    group.tick("n1", 100)
    assert group.nodes["n1"].role == "leader"


def test_without_check_quorum_a_deaf_leader_stays(table):
    """Plain Raft has no such rule: a leader that is cut off believes for ever that it leads."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.tick("n1", 100)
    assert group.roles()["n1"] == ("leader", 1)
