"""What a server gives out, and when the disk must confirm first."""

import pytest

from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.ready import NOTHING, HardState, Ready


@pytest.mark.parametrize(
    ("ready", "must_sync"),
    [
        (NOTHING, False),
        (Ready(messages=(Message("heartbeat", "n1", "n2"),)), False),
        (Ready(committed=(Entry(1, 1),)), False),
        (Ready(entries=(Entry(1, 1),)), True),
        (Ready(hard_state=HardState(1, None)), True),
        (Ready(snapshot=Snapshot(1, 1, ("n1",))), True),
    ],
)
def test_must_sync(ready, must_sync):
    """Promises (term, vote, entries, a snapshot) must be on disk before anybody hears of them; the rest need not."""
    assert ready.must_sync is must_sync


def test_vote_is_saved_with_the_message_that_tells_it(table):
    """A granted vote and its hard state come in the same Ready, so a driver cannot send one without having the other."""
    ready = table().do("n2", lambda node: node.step(Message("request_vote", "n1", "n2", 1)))
    assert (ready.hard_state, [message.kind for message in ready.messages]) == (HardState(1, "n1", 0), ["request_vote_reply"])


def test_commit_alone_writes_nothing(table):
    """Learning the commit index costs no disk write: it is learned again after a crash."""
    group = table()
    group.elect("n1")
    group.propose("n1", "x=1")
    group.settle("n2", "n3")
    group.deliver(("n1",))
    ready = group.do("n2", lambda node: node.step(group.drop(to="n2")[0]))
    assert ready.committed
    assert not ready.must_sync
