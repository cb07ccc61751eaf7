"""Elections: who may stand, who votes, and what happens in between."""

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
PRE_VOTE = CONFIG._replace(pre_vote=True)
BOTH = PRE_VOTE._replace(check_quorum=True)


def ask(group, name, kind, sender, term, **fields):
    """One vote request and the answer to it."""
    return group.do(name, lambda node: node.step(Message(kind, sender, name, term, **fields))).messages


def test_two_candidates_split_the_vote(table):
    """Four servers, two candidates with two votes each: both have lost, and a later timeout starts the next term."""
    group = table(4)
    group.campaign("n1")
    group.campaign("n2")
    group.network.sort(key=lambda message: message.sender != ("n1" if message.receiver == "n3" else "n2"))
    group.settle()
    assert [node.voted_for for node in group.nodes.values()] == ["n1", "n2", "n1", "n2"]
    assert "become_leader" not in [kind for _, kind, _ in group.events]
    group.elect("n1")
    assert group.nodes["n1"].term == 2


def test_votes_are_counted_once(table):
    """A doubled answer is one vote."""
    group = table(5)
    group.campaign("n1")
    for _ in range(3):
        group.do("n1", lambda node: node.step(Message("request_vote_reply", "n2", "n1", 1)))
    assert (group.nodes["n1"].role, group.nodes["n1"].votes) == ("candidate", {"n1": True, "n2": True})


def test_votes_of_strangers_do_not_count(table):
    """Only voters of the configuration are counted."""
    group = table(3)
    group.campaign("n1")
    group.do("n1", lambda node: node.step(Message("request_vote_reply", "n9", "n1", 1)))
    assert group.nodes["n1"].role == "candidate"


def test_votes_of_an_old_term_do_not_count(table):
    """An answer to an election of the past is void."""
    group = table(3)
    group.campaign("n1")
    group.campaign("n1")
    group.do("n1", lambda node: node.step(Message("request_vote_reply", "n2", "n1", 1)))
    assert group.roles()["n1"] == ("candidate", 2)


def test_granting_restarts_the_timer_refusing_does_not(table):
    """Only a granted vote makes a server patient again; a refused candidate must not keep better ones from standing."""
    for terms, restarts in (((), True), ((1, 1), False)):
        group = table(3, logs={"n2": terms})
        node = group.nodes["n2"]
        group.tick("n2", 5)
        ask(group, "n2", "request_vote", "n1", 2)
        assert (node.deadline_ticks - node.timeout_ticks == 5) is restarts


def test_a_higher_term_restarts_the_timer_only_in_etcd(table):
    """The paper's servers keep their timer when they merely learn a term; etcd's restart it."""
    for flag in (False, True):
        group = table(3, config=CONFIG._replace(restart_timer_on_new_term=flag), logs={"n2": (1,)})
        group.tick("n2", 5)
        ask(group, "n2", "request_vote", "n1", 2)
        assert (group.nodes["n2"].deadline_ticks - group.nodes["n2"].timeout_ticks == 5) is flag


def test_no_vote_beside_a_known_leader(table):
    """A server that knows the leader of its term votes for nobody else in that term, even if it had not voted."""
    group = table(3)
    group.do("n3", lambda node: node.step(Message("heartbeat", "n1", "n3", 4)))
    assert [reply.reject for reply in ask(group, "n3", "request_vote", "n2", 4)] == [True]


def test_pre_vote_promises_nothing(table):
    """A pre-vote changes neither term nor vote nor timer, and can be given to several."""
    group = table(3, config=PRE_VOTE)
    node = group.nodes["n2"]
    before = (node.term, node.voted_for, node.deadline_ticks)
    for sender in ("n1", "n3"):
        (reply,) = ask(group, "n2", "pre_vote", sender, 1)
        assert (reply.kind, reply.reject, reply.term) == ("pre_vote_reply", False, 1)
    assert (node.term, node.voted_for, node.deadline_ticks) == before


def test_pre_vote_refusal_carries_the_term(table):
    """A pre-candidate with a stale term is told the present one and follows it."""
    group = table(3, config=PRE_VOTE)
    group.do("n2", lambda node: node.step(Message("heartbeat", "n3", "n2", 7)))
    group.drop()
    group.campaign("n1")
    group.settle("n1", "n2")
    assert group.roles()["n1"] == ("follower", 7)


def test_pre_candidate_needs_a_majority(table):
    """A pre-candidate stands only when a majority would vote for it, and gives up when a majority would not."""
    group = table(5, config=PRE_VOTE)
    group.campaign("n1")
    assert group.roles()["n1"] == ("pre_candidate", 0)
    group.do("n1", lambda node: node.step(Message("pre_vote_reply", "n2", "n1", 1)))
    assert group.roles()["n1"] == ("pre_candidate", 0)
    group.do("n1", lambda node: node.step(Message("pre_vote_reply", "n3", "n1", 1)))
    assert group.roles()["n1"] == ("candidate", 1)
    group.campaign("n2")
    for name in ("n3", "n4", "n5"):
        group.do("n2", lambda node, name=name: node.step(Message("pre_vote_reply", name, "n2", 0, reject=True)))
    assert group.roles()["n2"] == ("follower", 0)


def test_pre_votes_are_no_votes(table):
    """A late pre-vote that reaches a candidate is not counted as a vote."""
    group = table(5, config=PRE_VOTE)
    group.campaign("n1")
    for name in ("n2", "n3"):
        group.do("n1", lambda node, name=name: node.step(Message("pre_vote_reply", name, "n1", 1)))
    for name in ("n4", "n5"):
        group.do("n1", lambda node, name=name: node.step(Message("pre_vote_reply", name, "n1", 1)))
    assert (group.roles()["n1"], group.nodes["n1"].votes) == (("candidate", 1), {"n1": True})


def test_a_pre_candidate_asks_again(table):
    """When its timer runs out a pre-candidate asks again, still in its old term."""
    group = table(3, config=PRE_VOTE)
    group.campaign("n1")
    group.drop()
    assert [message.kind for message in group.campaign("n1").messages] == ["pre_vote", "pre_vote"]
    assert group.roles()["n1"] == ("pre_candidate", 0)


def test_a_pre_candidate_hears_a_leader(table):
    """A pre-candidate that hears the leader of its term goes back to following it."""
    group = table(3, config=PRE_VOTE)
    group.elect("n1")
    group.campaign("n2")
    group.drop()
    group.beat("n1")
    group.settle()
    assert (group.roles()["n2"], group.nodes["n2"].leader) == (("follower", 1), "n1")


def test_the_lease_ends(table):
    """CheckQuorum ignores candidates for exactly the smallest election timeout after the last word of the leader."""
    group = table(3, config=BOTH)
    group.elect("n1")
    group.do("n2", lambda node: node.tick(CONFIG.election_ticks_min - 1))
    assert ask(group, "n2", "pre_vote", "n3", 2, log_term=1, index=1) == ()
    group.nodes["n2"].deadline_ticks += 9
    group.do("n2", lambda node: node.tick())
    assert [reply.reject for reply in ask(group, "n2", "pre_vote", "n3", 2, log_term=1, index=1)] == [False]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_a_majority_is_enough_and_needed(table, size):
    """With `size` servers a candidate wins with a majority of them up, and not with one less."""
    needed = size // 2 + 1
    for up in range(1, size + 1):
        group = table(size)
        for name in list(group.nodes)[up:]:
            group.crash(name)
        group.campaign("n1")
        group.settle()
        assert (group.nodes["n1"].role == "leader") is (up >= needed)
