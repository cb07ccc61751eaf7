from __future__ import annotations

from random import Random
from typing import Any

import pytest

from k8sedu.etcd.api import (
    HashKVRequest,
    LeaseGrantRequest,
    LeaseLeasesRequest,
    PutRequest,
    RangeRequest,
    StatusRequest,
    TxnRequest,
)
from k8sedu.etcd.entry import read_entry
from k8sedu.etcd.errors import EmptyKeyError, StoppedError
from k8sedu.etcd.lease import Lessor
from k8sedu.etcd.replica import Replica, Ticket, due_reads, follow_leadership, is_local, request_of, way_of_proposals
from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.ready import Ready
from k8sedu.raft.storage import Storage

VOTERS = ("n1", "n2", "n3")


def replica_of(name: str = "n1", voters: tuple[str, ...] = VOTERS) -> Replica:
    """A member that has just started."""
    return Replica(name, Storage(Snapshot(0, 0, voters)), member_id=1, config=Config.etcd(), generator=Random(1), first_request=100)


def elected() -> Replica:
    """A member that leads, by the vote of n2; its first entry is not committed yet."""
    replica = replica_of()
    for ready in (
        replica.node.campaign(),
        replica.receive(Message("pre_vote_reply", "n2", "n1", term=1)),
        replica.receive(Message("request_vote_reply", "n2", "n1", term=1)),
    ):
        replica.absorb(ready, now_ms=0)
    assert replica.node.role == "leader"
    return replica


def told(replica: Replica, message: Message) -> Ready:
    """Let a member hear something, and carry it out."""
    ready = replica.receive(message)
    replica.absorb(ready, now_ms=0)
    return ready


def test_nothing_is_answered_before_it_is_committed() -> None:
    """A write is answered when a majority has stored it and it is applied, not before."""
    replica = elected()
    ticket = replica.take(PutRequest("a", "1"), now_ms=0)
    for ready in replica.send(lambda _: True):
        replica.absorb(ready, now_ms=0)
    assert (ticket.response, ticket.is_proposed) == (None, True)
    told(replica, Message("append_entries_reply", "n2", "n1", term=1, index=1))
    assert ticket.response is None
    told(replica, Message("append_entries_reply", "n2", "n1", term=1, index=2))
    assert ticket.response.header.revision == 2


def test_a_read_waits_for_a_majority() -> None:
    """A linearizable read is answered when a majority still follows; several reads of one moment cost one question."""
    replica = elected()
    told(replica, Message("append_entries_reply", "n2", "n1", term=1, index=1))
    tickets = [replica.take(RangeRequest(key), now_ms=0) for key in "abc"]
    (ready,) = replica.send(lambda _: True)
    replica.absorb(ready, now_ms=0)
    (context,) = {message.context for message in ready.messages if message.kind == "heartbeat"}
    assert all(ticket.response is None for ticket in tickets)
    told(replica, Message("heartbeat_reply", "n2", "n1", term=1, context=context))
    assert [ticket.response.count for ticket in tickets] == [0, 0, 0]


def test_a_question_that_was_lost_is_asked_again() -> None:
    """A read whose question was lost is asked again and answered once."""
    replica = elected()
    told(replica, Message("append_entries_reply", "n2", "n1", term=1, index=1))
    ticket = replica.take(RangeRequest("a"), now_ms=0)
    replica.send(lambda _: True)
    assert replica.send(lambda _: True) == ()
    replica.ask_again()
    (ready,) = replica.send(lambda _: True)
    context = next(message.context for message in ready.messages if message.kind == "heartbeat")
    told(replica, Message("heartbeat_reply", "n2", "n1", term=1, context=context))
    assert ticket.response.count == 0


def test_requests_wait_for_a_leader_that_can_be_reached() -> None:
    """Without a leader, or with one that nobody reaches, a request waits and is not proposed; then it goes to the leader as a proposal."""
    replica = replica_of("n2")
    ticket = replica.take(PutRequest("a"), now_ms=0)
    assert replica.send(lambda _: True) == ()
    told(replica, Message("heartbeat", "n1", "n2", term=1))
    assert replica.send(lambda _: False) == ()
    assert not ticket.is_proposed
    (ready,) = replica.send(lambda name: name == "n1")
    (message,) = ready.messages
    assert (message.kind, message.receiver, ticket.is_proposed) == ("propose", "n1", True)
    assert not replica.accepts(message), "who does not lead takes no proposal"
    replica.take_back(message)
    assert replica.send(lambda _: True) == (), "it waits a while before it goes out again"
    replica.ask_again()
    ((again,),) = (ready.messages for ready in replica.send(lambda _: True))
    assert (again.kind, read_entry(again.context)[1]) == ("propose", PutRequest(b"a"))
    replica.take_back(message)
    assert ticket in replica.proposed.values(), "a number that nobody waits for any more brings nothing back"


def test_a_bad_request_is_refused_at_once() -> None:
    """What cannot succeed is refused before anybody else hears of it."""
    ticket = replica_of().take(PutRequest(""), now_ms=0)
    assert isinstance(ticket.response, EmptyKeyError)


def test_who_waits_is_told_of_the_end() -> None:
    """When a member ends, whoever waits there in any way is told; who has given up is not."""
    replica = elected()
    told(replica, Message("append_entries_reply", "n2", "n1", term=1, index=1))
    put, read = (replica.take(request, now_ms=0) for request in (PutRequest("a"), RangeRequest("a")))
    replica.send(lambda _: True)
    waiting, gone = (replica.take(PutRequest("b"), now_ms=0) for _ in range(2))
    replica.give_up(gone)
    replica.end()
    assert all(isinstance(ticket.response, StoppedError) for ticket in (put, read, waiting))
    assert gone.response is None


def test_leases_get_numbers_of_their_own() -> None:
    """Leases without an ID get different ones, before anything is applied."""
    replica = replica_of()
    tickets = [replica.take(LeaseGrantRequest(TTL=9), now_ms=0) for _ in range(3)]
    assert len({ticket.request.ID for ticket in tickets}) == 3
    assert all(0 < ticket.request.ID < 2**63 for ticket in tickets)


SERIALIZABLE = RangeRequest("a", serializable=True)


@pytest.mark.parametrize(
    ("request_said", "expected"),
    [
        (RangeRequest("a"), False), (SERIALIZABLE, True), (StatusRequest(), True), (HashKVRequest(), True), (LeaseLeasesRequest(), False),
        (TxnRequest(success=(SERIALIZABLE,)), True), (TxnRequest(success=(SERIALIZABLE,), failure=(RangeRequest("a"),)), False),
    ],
)  # fmt: skip
def test_what_a_member_answers_alone(request_said: Any, expected: bool) -> None:
    """Alone a member answers only what may be old, or is about itself."""
    assert is_local(request_said) is expected


def test_who_counts_leases() -> None:
    """The lessor goes with leadership: promoted once, demoted once, and in between nothing is said."""
    node, lessor = Node("n1", ("n1",)), Lessor(is_primary=False)
    said = [follow_leadership(node, lessor, now_ms=0, election_ms=0)]
    assert way_of_proposals(node) is None
    node.campaign()
    said += [follow_leadership(node, lessor, now_ms=0, election_ms=0) for _ in range(2)]
    assert way_of_proposals(node) == "n1"
    node.become_follower(5, "n2", why="a test")
    said += [follow_leadership(node, lessor, now_ms=0, election_ms=0) for _ in range(2)]
    assert said == ["", "lessor_promoted", "", "lessor_demoted", ""]
    assert way_of_proposals(node) == "n2"


def test_what_entries_hold() -> None:
    """An empty entry and a change of the membership hold no request; a read waits until its index is applied."""
    assert request_of(Entry(1, 1, "no_op")) == request_of(Entry(1, 1, "change", "add n4")) == ("", None)
    ticket = Ticket(RangeRequest("a"))
    assert due_reads([(3, ticket)], 2) == ([], [(3, ticket)])
