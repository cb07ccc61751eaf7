"""One member while it runs: a Raft server below, the state machine above, and in between everybody who waits for an answer.

Three ways lead to an answer. What changes something goes into the log, at the leader's, and is answered when the entry comes back
committed and is applied here. A read asks the leader how far the group has committed, and is answered when that much is applied here: so a
member that lags never tells the past. A *serializable* read is answered at once, from whatever this member has.

What waits for a leader is kept, not refused: an election takes a second, and a client should not notice it. Like all cores this one has no
clock and no disk; who drives it carries out the `Ready` first and hands it back to `absorb`.

Source: etcd 3.5, server/etcdserver/v3_server.go (processInternalRaftRequestOnce, linearizableReadLoop) and server.go (applyAll).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from k8sedu.etcd.api import HashKVRequest, LeaseGrantRequest, RangeRequest, StatusRequest, StatusResponse, TxnRequest
from k8sedu.etcd.entry import read_entry, write_entry
from k8sedu.etcd.errors import EtcdError, NoLeaderError, StoppedError
from k8sedu.etcd.lease import Lessor
from k8sedu.etcd.server import Server
from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.ready import Ready
from k8sedu.raft.rules import Rules
from k8sedu.raft.storage import Storage

RULES = Rules.without("restart_forgets_commit_index")
"""Raft as etcd runs it: the commit index is on disk, and a member that starts applies what it knows to be committed at once."""
MAX_LEASE_ID = 2**63 - 1
PAGE_BYTES = 4_096
"""A page of the tree counts as one of bbolt's."""


class Ticket:
    """A request on its way; who asked holds it and waits until there is an answer."""

    __slots__ = ("is_proposed", "request", "response")

    def __init__(self, request: Any) -> None:
        self.request = request
        self.response: Any = None
        """The response, or the EtcdError with which it is refused; None while it is on its way."""
        self.is_proposed = False
        """Once it is, nobody can say any more that it will have no effect."""


class Replica:
    """A running member.

    >>> replica = Replica("n1", Storage(Snapshot(0, 0, ("n1",))), member_id=1)
    >>> replica.absorb(replica.node.campaign(), now_ms=0)
    >>> from k8sedu.etcd.api import PutRequest
    >>> ticket = replica.take(PutRequest("a", "1"), now_ms=0)
    >>> for ready in replica.send(lambda name: True): replica.absorb(ready, now_ms=0)
    >>> ticket.response.header
    Header(revision=2, raft_term=1, member_id=1, cluster_id=1)
    """

    def __init__(
        self, name: str, storage: Storage, *, member_id: int, config: Config = Config(), generator: Random | None = None,
        first_request: int = 1, now_ms: int = 0, **options: Any,
    ) -> None:  # fmt: skip
        self.name = name
        self.node = Node(name, storage=storage, config=config, rules=RULES, generator=generator)
        self.etcd = Server(member_id=member_id, is_primary=False, **options)
        load_state(self.etcd, storage.snapshot, now_ms=now_ms)
        self.requests = first_request
        """The number of its next request: none may be used twice, also not after a restart."""
        self.unsent: list[Ticket] = []
        self.returned: list[Ticket] = []
        """Came back from a member that does not lead any more; it goes out again when somebody else may."""
        self.proposed: dict[str, Ticket] = {}
        self.asked: dict[str, list[Ticket]] = {}
        self.confirmed: list[tuple[int, Ticket]] = []

    # -- requests -------------------------------------------------------------------------------------------------------------------------

    def take(self, request: Any, *, now_ms: int) -> Ticket:
        """Take a request; what needs nobody else is answered at once."""
        ticket = Ticket(request)
        try:
            if isinstance(request, LeaseGrantRequest) and not request.ID:
                request = request._replace(ID=self._next_number() % MAX_LEASE_ID + 1)
            ticket.request = self.etcd.prepare(request)
        except EtcdError as refusal:
            ticket.response = refusal
            return ticket
        if self.etcd.is_write(ticket.request) or not is_local(ticket.request):
            self.unsent.append(ticket)
        else:
            self._read(ticket, now_ms)
        return ticket

    def send(self, can_reach: Callable[[str], bool]) -> tuple[Ready, ...]:
        """Bring what waits on its way, if there is a leader who can be reached; reads of one moment share one question."""
        target = way_of_proposals(self.node)
        if not self.unsent or target is None or not can_reach(target):
            return ()
        tickets, self.unsent = self.unsent, []
        writes = [ticket for ticket in tickets if self.etcd.is_write(ticket.request)]
        reads = [ticket for ticket in tickets if not self.etcd.is_write(ticket.request)]
        return (*((self._propose(writes, target),) if writes else ()), *((self._ask(reads),) if reads else ()))

    def _propose(self, tickets: list[Ticket], target: str) -> Ready:
        texts = []
        for ticket in tickets:
            request_id = str(self._next_number())
            ticket.is_proposed = True
            self.proposed[request_id] = ticket
            texts.append(write_entry(request_id, ticket.request))
        if target == self.name:
            return self.node.propose(*texts)
        return Ready(messages=tuple(Message("propose", self.name, target, self.node.term, context=text) for text in texts))

    def _ask(self, tickets: list[Ticket]) -> Ready:
        context = f"{self.name} {self._next_number()}"
        self.asked[context] = tickets
        return self.node.read(context)

    def ask_again(self) -> None:
        """Questions may have been lost with a leader: ask anew; a read does no harm twice. What came back goes out again too."""
        for tickets in (self.returned, *self.asked.values()):
            self.unsent += tickets
        self.returned, self.asked = [], {}

    def take_back(self, message: Message) -> None:
        """A proposal that met nobody who leads stands in no log, so it may go out again without being done twice."""
        request_id, _ = read_entry(message.context)
        ticket = self.proposed.pop(request_id, None)
        if ticket is not None:
            self.returned.append(ticket)

    def give_up(self, ticket: Ticket) -> None:
        """Nobody waits for this any more."""
        for kept in (self.unsent, self.returned):
            kept[:] = [each for each in kept if each is not ticket]
        self.proposed = {number: each for number, each in self.proposed.items() if each is not ticket}

    def _next_number(self) -> int:
        self.requests += 1
        return self.requests

    # -- what Raft says -------------------------------------------------------------------------------------------------------------------

    def receive(self, message: Message) -> Ready:
        """Take a message of another member."""
        return self.node.propose(message.context) if message.kind == "propose" else self.node.step(message)

    def accepts(self, message: Message) -> bool:
        """Is this for us? A proposal is for the leader alone, and who sent it may not know yet that there is another one."""
        return message.kind != "propose" or way_of_proposals(self.node) == self.name

    def absorb(self, ready: Ready, *, now_ms: int) -> None:
        """Apply what is committed and answer who can be answered; what must survive is on disk by now."""
        if ready.snapshot is not None and ready.snapshot.index > self.etcd.consistent_index:
            load_state(self.etcd, ready.snapshot, now_ms=now_ms)
        follow_leadership(self.node, self.etcd.lessor, now_ms=now_ms, election_ms=1_000)
        for entry in ready.committed:
            self._apply(entry, now_ms)
        for read in ready.reads:
            self.confirmed += [(read.index, ticket) for ticket in self.asked.pop(read.context, ())]
        due, self.confirmed = due_reads(self.confirmed, self.etcd.consistent_index)
        for _, ticket in due:
            self._read(ticket, now_ms)

    def _apply(self, entry: Entry, now_ms: int) -> None:
        request_id, request = request_of(entry)
        response = self.etcd.apply(entry.index, entry.term, request, now_ms=now_ms)
        ticket = self.proposed.pop(request_id, None)
        if ticket is not None:
            ticket.response = self.stamped(response)

    def _read(self, ticket: Ticket, now_ms: int) -> None:
        try:
            ticket.response = self.stamped(self.etcd.read(ticket.request, now_ms=now_ms))
        except EtcdError as refusal:
            ticket.response = refusal

    def stamped(self, response: Any) -> Any:
        """A response with the term that this member knows; what it says of Raft is asked of Raft."""
        if isinstance(response, EtcdError):
            return response
        etcd, node = self.etcd, self.node
        header = response.header._replace(raft_term=node.term, member_id=etcd.member_id, cluster_id=etcd.cluster_id)
        if isinstance(response, StatusResponse):
            pages = sum(1 for _ in etcd.store.backend.pages())
            response = response._replace(
                dbSize=(pages + len(etcd.store.backend.free)) * PAGE_BYTES, dbSizeInUse=pages * PAGE_BYTES,
                leader=member_number(node.leader), raftIndex=node.commit_index, raftTerm=node.term,
                errors=() if node.leader else (NoLeaderError.message,),
            )  # fmt: skip
        return response._replace(header=header)

    def snapshot(self, *, keep_entries: int) -> Snapshot:
        """All that was applied as a value; the log in memory keeps only so many entries before it."""
        return self.node.compact(self.node.last_applied, write_state(self.etcd), keep_entries=keep_entries)

    def end(self) -> None:
        """The member stops: whoever waits here is told."""
        asked = (ticket for tickets in self.asked.values() for ticket in tickets)
        confirmed = (ticket for _, ticket in self.confirmed)
        for ticket in (*self.unsent, *self.returned, *self.proposed.values(), *asked, *confirmed):
            ticket.response = StoppedError()


# -- what every driver of a member needs --------------------------------------------------------------------------------------------------


def request_of(entry: Entry) -> tuple[str, Any]:
    """The ID and the request of an entry; nothing of an empty one and of a change of the membership."""
    return read_entry(entry.data) if entry.kind == "normal" and entry.data else ("", None)


def way_of_proposals(node: Node) -> str | None:
    """Who takes a proposal of this server now: itself if it leads, else the leader that it knows; None for nobody."""
    if node.role == "leader":
        return node.id if node.transferee is None and node.is_voter else None
    return node.leader


def follow_leadership(node: Node, lessor: Lessor, *, now_ms: int, election_ms: int) -> str:
    """Let leases be counted where the leader is, and only there; says what has changed, if anything."""
    leads = node.role == "leader"
    if leads and not lessor.is_primary:
        lessor.promote(now_ms=now_ms, extend_ms=election_ms)
        return "lessor_promoted"
    if lessor.is_primary and not leads:
        lessor.demote()
        return "lessor_demoted"
    return ""


def due_reads(waiting: Iterable[tuple[int, Any]], applied: int) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Confirmed reads that can be answered, and those whose index is not applied yet.

    >>> due_reads([(7, "old"), (9, "new")], 8)
    ([(7, 'old')], [(9, 'new')])
    """
    pairs = list(waiting)
    return [pair for pair in pairs if pair[0] <= applied], [pair for pair in pairs if pair[0] > applied]


def write_state(etcd: Server) -> str:
    """Everything applied, as text."""
    return json.dumps(etcd.dump(), separators=(",", ":"))


def load_state(etcd: Server, snapshot: Snapshot, *, now_ms: int) -> None:
    """Take over the state of a snapshot; the one before the first entry has none."""
    if snapshot.data:
        etcd.restore(json.loads(snapshot.data), now_ms=now_ms)


def is_local(request: Any) -> bool:
    """Can a member answer this alone, at the risk of telling the past?"""
    if isinstance(request, TxnRequest):
        return all(getattr(operation, "serializable", False) for operation in (*request.success, *request.failure))
    return request.serializable if isinstance(request, RangeRequest) else isinstance(request, StatusRequest | HashKVRequest)


def member_number(name: str | None) -> int:
    """The number of a member: n1 has 1; nobody has 0.

    >>> member_number("n3"), member_number(None)
    (3, 0)
    """
    return int(name.removeprefix("n")) if name else 0
