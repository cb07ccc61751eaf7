"""Whole groups in the situations of etcd's interaction tests: servers come and go, with etcd's own lines where they say it best."""

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.node import NotLeaderError

CONFIG = Config(election_ticks_min=3, election_ticks_max=6, heartbeat_ticks=1)
CHECK_QUORUM = CONFIG._replace(check_quorum=True, restart_timer_on_new_term=True)


def whys(ready):
    """Why changes were refused."""
    return [event.detail["why"] for event in ready.events if event.kind == "refuse_change"]


def test_change_add_single(table):
    """confchange_v1_add_single: a leader alone adds a second server, which gets the whole log and then counts."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    group.change("n1", "add n2")
    group.join("n2")
    assert group.nodes["n1"].membership.voters == ("n1", "n2")
    group.propose("n1", "x=1")
    assert group.nodes["n1"].commit_index == 2
    group.beat("n1")
    group.settle()
    assert group.nodes["n1"].commit_index == 3
    assert group.nodes["n2"].membership.voters == ("n1", "n2")


def test_change_remove_leader(table):
    """confchange_v1_remove_leader: a leader manages its own removal, does not count itself at the end, and steps down."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n1")
    group.settle()
    node = group.nodes["n1"]
    assert (node.role, node.membership.voters) == ("leader", ("n2", "n3"))
    group.beat("n1")
    group.settle()
    assert node.role == "follower"
    assert [group.nodes[name].membership.voters for name in ("n2", "n3")] == [("n2", "n3")] * 2
    assert group.tick("n1", 100) is None
    assert node.term == 1
    group.elect("n2")


def test_removed_leader_stays_until_the_others_know(table):
    """A removed leader takes no commands, and keeps telling that its removal is committed until a quorum has heard it."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n1")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    for _ in range(5):
        group.drop()
        group.beat("n1")
    with pytest.raises(NotLeaderError):
        group.propose("n1", "x=1")
    assert (group.nodes["n1"].role, group.nodes["n2"].is_voter, group.nodes["n1"].is_voter) == ("leader", True, False)
    for _ in range(2):
        group.settle()
        group.beat("n1")
    assert group.nodes["n1"].role == "follower"
    assert {group.nodes[name].membership.voters for name in ("n2", "n3")} == {("n2", "n3")}


def test_a_removed_server_tells_why_its_vote_is_not_needed(table):
    """A candidate that does not know that a server was removed learns it from that server's refusal, and wins without it."""
    group = table(2, config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n1")
    group.propose("n1", "x=1")
    group.network = group.network[:1]
    group.settle("n2")
    group.deliver(("n1",))
    assert not group.nodes["n1"].is_voter
    group.drop()
    group.campaign("n2")
    group.settle()
    assert "n1->n2 MsgVoteResp Term:2 Log:1/2 Rejected (Hint: 0)" in group.transcript
    assert group.nodes["n2"].membership.voters == ("n2",)
    group.elect("n2")


def test_change_double_auto(table):
    """confchange_v2_add_double_auto: two servers come in through a joint configuration, which the leader leaves by itself."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    group.change("n1", "add n2, add n3")
    assert group.nodes["n1"].membership.outgoing == ("n1",)
    assert [str(entry) for entry in group.nodes["n1"].log.entries][1:] == [
        '1/2 EntryConfChangeV2 "add n2, add n3"',
        '1/3 EntryConfChangeV2 "leave joint"',
    ]
    group.join("n2")
    group.beat("n1")
    group.settle()
    assert group.nodes["n1"].membership == group.nodes["n2"].membership
    assert (group.nodes["n1"].membership.voters, group.nodes["n1"].membership.outgoing) == (("n1", "n2", "n3"), ())


def test_change_leaves_joint_once(table):
    """confchange_v2_add_double_auto: further entries in between do not make the leader leave a second time."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n2, remove n3")
    group.settle("n2", "n3")
    group.propose("n1", "x=1")
    group.propose("n1", "x=2")
    group.settle()
    assert [str(entry) for entry in group.nodes["n1"].log.entries if entry.kind == "change"] == [
        '1/2 EntryConfChangeV2 "remove n2, remove n3"',
        '1/5 EntryConfChangeV2 "leave joint"',
    ]
    assert group.nodes["n1"].membership.voters == ("n1",)


def test_change_explicit_joint(table):
    """confchange_v2_add_single_explicit: an explicit joint configuration stays, refuses other changes, and ends when told."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    group.change("n1", "joint: add n2")
    group.join("n2")
    group.beat("n1")
    group.settle()
    assert group.nodes["n1"].membership.outgoing == ("n1",)
    ready = group.change("n1", "add n3")
    assert whys(ready) == ["must transition out of joint config first"]
    assert [str(entry) for entry in ready.entries] == ['1/3 EntryNormal ""']
    group.settle()
    group.change("n1", "leave joint")
    group.settle()
    assert {name: node.membership.outgoing for name, node in group.nodes.items()} == {"n1": (), "n2": ()}
    ready = group.change("n1", "leave joint")
    assert whys(ready) == ["not in joint state; refusing empty conf change"]


def test_change_replace_leader(table):
    """confchange_v2_replace_leader: n4 takes n1's place; n1 leads through the joint phase and steps down at its end."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n1, add n4")
    group.join("n4")
    for _ in range(4):
        if group.nodes["n1"].role == "leader":
            group.beat("n1")
        group.settle()
    assert group.nodes["n1"].role == "follower"
    assert {group.nodes[name].membership.voters for name in ("n1", "n2", "n3")} == {("n2", "n3", "n4")}
    group.elect("n2")
    assert group.terms("n4") == group.terms("n2")
    assert group.nodes["n4"].membership.voters == ("n2", "n3", "n4")


def test_change_replace_leader_by_transfer(table):
    """confchange_v2_replace_leader: in an explicit joint phase n1 hands over to the newcomer n4, which ends the phase without n1."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "joint: remove n1, add n4")
    group.join("n4")
    group.settle()
    group.beat("n1")
    group.settle()
    assert group.nodes["n4"].membership.outgoing == ("n1", "n2", "n3")
    group.do("n1", lambda node: node.transfer_leadership("n4"))
    group.settle()
    assert group.roles()["n4"] == ("leader", 2)
    group.change("n4", "leave joint")
    group.settle()
    assert {node.membership for node in group.nodes.values()} == {group.nodes["n4"].membership}
    assert group.nodes["n4"].membership.voters == ("n2", "n3", "n4")
    assert group.campaign("n1").messages == ()


def test_a_removed_follower_learns_of_it(table):
    """The commit of a removal is told to the old members too, so a removed follower does not stand for election."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "remove n3")
    group.settle()
    assert not group.nodes["n3"].is_voter
    group.tick("n3", 100)
    assert group.roles()["n3"] == ("follower", 1)


def test_joint_needs_both_majorities(table):
    """In a joint configuration neither the old nor the new majority can commit without the other."""
    group = table(config=CONFIG)
    group.elect("n1")
    for name in ("n4", "n5"):
        group.join(name)
    group.change("n1", "joint: remove n2, remove n3, add n4, add n5")
    group.settle("n1", "n2", "n3")
    assert group.nodes["n1"].membership.is_joint
    group.drop()
    group.propose("n1", "x=1")
    group.beat("n1")
    group.settle("n1", "n2", "n3")
    assert "x=1" not in group.data("n1")
    group.settle()
    assert "x=1" in group.data("n1")


def test_change_waits_for_own_term(table):
    """The errata of the thesis: a new leader takes no membership change before an entry of its own term is committed."""
    group = table(config=CONFIG)
    group.campaign("n1")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    assert group.nodes["n1"].role == "leader"
    ready = group.change("n1", "add n4")
    assert [event.kind for event in ready.events] == ["refuse_change"]
    group.settle()
    assert not [event for event in group.change("n1", "add n4").events if event.kind == "refuse_change"]


def test_one_change_at_a_time(table):
    """A second membership change is refused while the first is not applied."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.change("n1", "add n4")
    ready = group.change("n1", "add n5")
    assert whys(ready) == ["an earlier change is not applied yet"]


def test_learner_is_promoted(table):
    """A learner gets the log but does not count; promoted, it does."""
    group = table(2, config=CONFIG)
    group.elect("n1")
    group.change("n1", "learner n3")
    group.join("n3")
    group.settle()
    group.beat("n1")
    group.settle()
    group.propose("n1", "x=1")
    group.drop(to="n2")
    group.settle()
    assert group.terms("n3") == group.terms("n1")
    assert "x=1" not in group.data("n1")
    group.beat("n1")
    group.settle()
    group.change("n1", "add n3")
    group.settle()
    group.propose("n1", "x=2")
    group.drop(to="n2")
    group.settle()
    assert group.data("n1") == ["x=1", "x=2"]


def test_newcomers_get_time_to_answer(table):
    """A leader alone with CheckQuorum does not fall over the moment it adds two servers that have not spoken yet."""
    group = table(1, config=CHECK_QUORUM)
    group.elect("n1")
    group.tick("n1", CONFIG.election_ticks_min - 1)
    group.change("n1", "add n2, add n3")
    group.tick("n1", 1)
    assert group.nodes["n1"].role == "leader"


def test_newcomer_without_the_first_voters_never_leads(table):
    """A server that was not told the first voters refuses to guess the group from the changes alone."""
    group = table(1, config=CONFIG)
    group.elect("n1")
    group.start = group.start._replace(voters=())
    group.join("n2")
    group.change("n1", "add n2")
    group.beat("n1")
    group.settle()
    assert group.nodes["n2"].last_applied >= 2
    assert not group.nodes["n2"].is_voter
