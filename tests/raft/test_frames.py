"""Frames: what a trace remembers of a server and of a message."""

import json

from k8sedu.raft.frames import NODE_FIELDS, entries, message_frame, node_frame
from k8sedu.raft.messages import Entry, Message
from k8sedu.trace import Frozen


def frame_of(node):
    """A frame with no timers running."""
    return node_frame(
        node, status="up", timer_due_us=None, timer_total_us=0, heartbeat_due_us=None, machine=Frozen(), log=tuple(node.log.entries)
    )


def test_fields_are_the_contract(table):
    """A server's frame has exactly the documented fields, in their order."""
    assert tuple(frame_of(table().nodes["n1"])) == tuple(NODE_FIELDS)


def test_leader_and_candidate(table):
    """Only leaders show progress, only candidates show votes."""
    group = table()
    group.campaign("n1")
    candidate = frame_of(group.nodes["n1"])
    assert (candidate.votes, candidate.next_index) == ({"n1": True}, {})
    group.settle()
    leader = frame_of(group.nodes["n1"])
    assert (leader.votes, leader.match_index, leader.progress["n3"]) == ({}, {"n1": 1, "n2": 1, "n3": 1}, "replicate")
    assert frame_of(group.nodes["n2"]).match_index == {}


def test_learners_are_marked(table):
    """A member without a vote is marked as learner."""
    group = table(learners=("n3",))
    assert [frame_of(node).learner for node in group.nodes.values()] == [False, False, True]


def test_frames_survive_json(table):
    """A frame is made of what JSON knows; log rows read back as entries."""
    group = table()
    group.elect("n1")
    group.propose("n1", "x=4")
    frame = frame_of(group.nodes["n1"])
    loaded = Frozen(json.loads(json.dumps(frame)))
    assert entries(loaded) == entries(frame) == tuple(group.nodes["n1"].log.entries)


def test_message_frame():
    """A message's frame counts its entries, tells replies apart and carries the canonical line."""
    message = Message("append_entries", "n1", "n2", 3, entries=(Entry(3, 1), Entry(3, 2)))
    frame = message_frame(message, 17, sent_us=5, due_us=905, lost=False)
    assert (frame.id, frame.entries, frame.reply, frame.text) == (17, 2, False, message.line())
    json.dumps(frame)
