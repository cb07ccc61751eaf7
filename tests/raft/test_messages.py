"""Messages as values and as lines of text."""

import pytest

from k8sedu.raft.messages import FROM_LEADER, MESSAGE_NAMES, REPLIES, Entry, Message, Snapshot
from k8sedu.raft.node import HANDLERS

LINES = [
    (Message("request_vote", "1", "2", 8, log_term=6, index=20), "1->2 MsgVote Term:8 Log:6/20"),
    (Message("request_vote_reply", "4", "1", 8, reject=True), "4->1 MsgVoteResp Term:8 Log:0/0 Rejected (Hint: 0)"),
    (
        Message("append_entries_reply", "3", "1", 8, 4, 20, reject=True, reject_hint=14),
        "3->1 MsgAppResp Term:8 Log:4/20 Rejected (Hint: 14)",
    ),
    (
        Message("append_entries", "1", "2", 8, 6, 20, (Entry(8, 21, "no_op"),), 18),
        '1->2 MsgApp Term:8 Log:6/20 Commit:18 Entries:[8/21 EntryNormal ""]',
    ),
    (Message("heartbeat", "1", "2", 1, commit=11), "1->2 MsgHeartbeat Term:1 Log:0/0 Commit:11"),
    (Message("pre_vote", "2", "3", 2, log_term=1, index=11), "2->3 MsgPreVote Term:2 Log:1/11"),
    (Message("install_snapshot", "1", "3", 1, snapshot=Snapshot(11, 1, ("1",))), "1->3 MsgSnap Term:1 Log:0/0 Snapshot:1/11"),
    (Message("read_index", "2", "1", 1, context="r1"), '2->1 MsgReadIndex Term:1 Log:0/0 Context:"r1"'),
]


@pytest.mark.parametrize(("message", "line"), LINES, ids=[message.kind for message, _ in LINES])
def test_lines_are_etcds(message, line):
    """A message prints as etcd's DescribeMessage prints it, in one line."""
    assert message.line() == line


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry(4, 15, data="prop_4_15"), '4/15 EntryNormal "prop_4_15"'),
        (Entry(8, 21, "no_op"), '8/21 EntryNormal ""'),
        (Entry(1, 5, "change", "add n4"), '1/5 EntryConfChangeV2 "add n4"'),
    ],
)
def test_entries_are_etcds(entry, text):
    """An entry prints as term/index, kind and data."""
    assert str(entry) == text


def test_every_kind_between_servers_is_handled():
    """Every kind of message that servers send each other has a handler; the others belong to clients."""
    handled = {kind for handlers in HANDLERS.values() for kind in handlers}
    assert set(MESSAGE_NAMES) - handled == {"propose", "client_request", "client_reply"}
    assert handled <= set(MESSAGE_NAMES)
    assert set(FROM_LEADER) <= handled


def test_replies_answer_requests():
    """Every reply has its request, and knows that it is a reply."""
    for kind in REPLIES - {"client_reply"}:
        assert kind.removesuffix("_reply") in MESSAGE_NAMES
        assert Message(kind, "1", "2").is_reply
    assert not Message("append_entries", "1", "2").is_reply


def test_messages_do_not_change():
    """What is on its way cannot be altered, and two equal messages are equal values."""
    message = Message("heartbeat", "1", "2", 1)
    with pytest.raises(AttributeError):
        message.term = 2
    assert message == Message("heartbeat", "1", "2", 1)
    assert hash(message) == hash(Message("heartbeat", "1", "2", 1))
