"""The state of a server: its timers, and what a change of role leaves behind."""

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message
from k8sedu.raft.state import half

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=3)


def test_timeouts_lie_in_the_range(table):
    """A timeout is drawn from [min, max); with equal bounds, or without the rule, it is always the minimum."""
    node = table(config=CONFIG).nodes["n1"]
    draws = set()
    for _ in range(500):
        node.restart_election_timer()
        draws.add(node.timeout_ticks)
    assert draws == set(range(10, 20))
    fixed = table(config=CONFIG._replace(election_ticks_max=10)).nodes["n1"]
    fixed.restart_election_timer()
    assert fixed.timeout_ticks == 10


def test_a_leader_forgets_everything_when_it_falls(table):
    """Votes, progress, reads and a transfer belong to one term of leadership; the vote itself stays for its term."""
    group = table(config=CONFIG)
    group.elect("n1")
    node = group.nodes["n1"]
    group.do("n1", lambda node: node.transfer_leadership("n2"))
    group.do("n1", lambda node: node.read("r1"))
    node.become_follower(node.term, None, why="a test")
    assert (node.voted_for, node.votes, node.progress, node.transferee, node.read_queue) == ("n1", {}, {}, None, [])
    node.become_follower(node.term + 1, "n3", why="a test")
    assert (node.voted_for, node.leader) == (None, "n3")


def test_a_new_leader_has_everything_itself(table):
    """A leader's own progress is a proof: it has its whole log."""
    group = table(config=CONFIG, logs={"n1": (1, 1)})
    group.elect("n1")
    mine = group.nodes["n1"].progress["n1"]
    assert (mine.match_index, mine.next_index, mine.state) == (3, 4, "replicate")


def test_a_leader_that_steps_down_is_patient(table):
    """After stepping down a server waits a whole election timeout before it stands again."""
    group = table(config=CONFIG)
    group.elect("n1")
    group.tick("n1", 50)
    group.do("n1", lambda node: node.step(Message("heartbeat_reply", "n2", "n1", 5)))
    node = group.nodes["n1"]
    assert node.role == "follower"
    assert node.deadline_ticks - node.now_ticks >= CONFIG.election_ticks_min


def test_events_tell_the_story(table):
    """What happens inside comes out as words, in order, for captions."""
    group = table(1, config=CONFIG)
    assert [event.kind for event in group.campaign("n1").events] == ["election_timeout", "become_candidate", "become_leader", "commit"]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_broken_majority(size):
    """Half of the voters, rounded down, is what `Rules.without("majority_size")` asks for; never less than one."""
    assert half(size) == max(1, size // 2)
