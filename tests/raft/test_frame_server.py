"""A server read back from its frame is judged like the live one."""

from __future__ import annotations

from k8sedu.raft.frame_server import FrameServer, changed_servers
from k8sedu.raft.group import Group
from k8sedu.raft.history import Seen
from k8sedu.raft.story import retell

SCHEDULE = """
    timeout n1
    deliver request_vote n1->n2
    deliver request_vote_reply n2->n1
    deliver append_entries n1->n2
    deliver append_entries_reply n2->n1
"""


def test_frame_says_what_the_node_says():
    """Everything that is judged is the same on a live server and in its frame."""
    group = Group(3)
    trace = retell(SCHEDULE, lambda: group)
    for name, node in group.nodes.items():
        server = FrameServer(trace[-1].frame.nodes[name])
        assert Seen.of(server) == Seen.of(node)
        assert server.log.entries == node.log.entries
        assert {other: (peer.match_index, peer.next_index) for other, peer in server.progress.items()} == {
            other: (peer.match_index, peer.next_index) for other, peer in node.progress.items() if node.role == "leader"
        }


def test_a_step_names_the_servers_that_it_changed():
    """A step at one server changes that one only, so reading a trace costs what the run cost."""
    before = {}
    changed = [sorted(server.id for server in changed_servers(step, before)) for step in retell(SCHEDULE)]
    assert changed[0] == ["n1", "n2", "n3"]
    assert all(len(names) <= 1 for names in changed[1:])


def test_growing_and_cutting_are_told_apart():
    """A log that only grew or was compacted counts as untouched; one that lost or replaced an entry does not."""
    frame = retell("timeout n1", lambda: Group(1))[-1].frame.nodes.n1
    rows = ((1, 1, "no_op", ""), (1, 2, "normal", "x=1"))
    first = FrameServer(frame.evolve(log=rows))
    grown = FrameServer(frame.evolve(log=(*rows, (1, 3, "normal", "x=2"))), first)
    compacted = FrameServer(frame.evolve(log=rows[1:], snapshot_index=1, snapshot_term=1), first)
    shorter = FrameServer(frame.evolve(log=rows[:1]), first)
    other = FrameServer(frame.evolve(log=(rows[0], (2, 2, "normal", "x=1"))), first)
    assert [server.log.truncations for server in (first, grown, compacted, shorter, other)] == [0, 0, 0, 1, 1]
