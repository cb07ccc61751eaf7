"""Linearizable reads without log entries."""

from k8sedu.raft.messages import Message


def confirm(group, name, context):
    """A follower's answer to a heartbeat that carried a read's number."""
    return group.do("n1", lambda node: node.step(Message("heartbeat_reply", name, "n1", 1, context=context)))


def leader(table, size=5):
    """A group with leader n1."""
    group = table(size)
    group.elect("n1")
    return group


def test_a_quorum_confirms(table):
    """With five servers two answers besides the leader's own confirm a read, one does not."""
    group = leader(table)
    group.do("n1", lambda node: node.read("r1"))
    assert confirm(group, "n2", "r1").reads == ()
    assert confirm(group, "n2", "r1").reads == ()
    assert confirm(group, "n3", "r1").reads == (("r1", 1),)


def test_a_later_read_confirms_earlier_ones(table):
    """Who confirms a read confirms all that were asked before it, in order, and none that came later."""
    group = leader(table)
    for context in ("r1", "r2", "r3"):
        group.do("n1", lambda node, context=context: node.read(context))
    confirm(group, "n2", "r2")
    assert [read.context for read in confirm(group, "n3", "r2").reads] == ["r1", "r2"]
    confirm(group, "n2", "r3")
    assert [read.context for read in confirm(group, "n3", "r3").reads] == ["r3"]


def test_plain_heartbeats_confirm_nothing(table):
    """The answer to a heartbeat that was sent before the read came proves nothing."""
    group = leader(table)
    group.do("n1", lambda node: node.read("r1"))
    for name in ("n2", "n3", "n4", "n5"):
        assert confirm(group, name, "").reads == ()


def test_a_question_asked_twice_is_one_question(table):
    """A read that the network doubles is answered once and disturbs no later one."""
    group = leader(table)
    for _ in range(2):
        group.do("n1", lambda node: node.step(Message("read_index", "n2", "n1", 1, context="r1")))
    group.settle()
    group.do("n1", lambda node: node.read("r2"))
    group.settle()
    assert [read.context for read in group.reads["n2"]] == ["r1"]
    assert [read.context for read in group.reads["n1"]] == ["r2"]


def test_lost_confirmations_come_with_the_next_heartbeat(table):
    """If the round is lost, the next regular heartbeat asks again for the latest read."""
    group = leader(table)
    group.do("n1", lambda node: node.read("r1"))
    group.drop()
    group.beat("n1")
    group.settle()
    assert group.reads["n1"] == [("r1", 1)]


def test_a_deposed_leader_forgets_its_reads(table):
    """Reads that a leader could not confirm die with its leadership."""
    group = leader(table)
    group.do("n1", lambda node: node.read("r1"))
    group.do("n1", lambda node: node.step(Message("heartbeat", "n2", "n1", 2)))
    node = group.nodes["n1"]
    assert (node.read_queue, node.read_acks, node.pending_reads) == ([], {}, [])


def test_without_a_leader_nobody_answers(table):
    """A follower that knows no leader drops a read: the client asks again elsewhere."""
    group = table(3)
    assert group.do("n2", lambda node: node.read("r1")).messages == ()


def test_learners_confirm_nothing(table):
    """A learner's answer is no part of a quorum."""
    group = table(3, learners=("n3",))
    group.elect("n1")
    group.do("n1", lambda node: node.read("r1"))
    assert confirm(group, "n3", "r1").reads == ()
    assert confirm(group, "n2", "r1").reads == (("r1", 1),)
