"""Members that talk to each other: replicas, their disks, and the messages between them, as a machine without a clock.

A message arrives as soon as everything before it has been dealt with; `settle` goes on until nobody has anything to say. So a request that
can be committed is committed when `ask` returns, and what is still open waits for a leader or for a majority, that is, for time: `tick`.
Whoever drives the group adds the world: a lock, a clock, folders. A test adds chance.

A member whose disk refuses a write is stopped at once, as etcd does: what it had promised nobody could rely on.

Source: etcd 3.5, server/etcdserver/raft.go (raftNode.start: save, send, apply), server.go (revokeExpiredLeases, triggerSnapshot).
Left out: messages that are late or lost; `etcd.simulate` has these.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Protocol

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import Header, LeaseKeepAliveRequest, LeaseTimeToLiveRequest
from k8sedu.etcd.cluster import MemberInfo, MemberListRequest, MemberListResponse, MoveLeaderRequest, MoveLeaderResponse
from k8sedu.etcd.entry import KINDS
from k8sedu.etcd.errors import BadTransfereeError, EtcdError, NoLeaderError, NotLeaderError, StoppedError, TimedOutError
from k8sedu.etcd.replica import Replica, Ticket, member_number
from k8sedu.etcd.snapshot import ETCD, SnapshotPolicy
from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message, Snapshot
from k8sedu.raft.ready import Ready
from k8sedu.raft.storage import Storage

WRITES = frozenset(KINDS.values())
LEASE_TICKS = 5
"""The leader looks for leases that are due every half second, and questions without an answer are asked again."""
OWN_KEPT = 1_000
AT_LEADER = (LeaseKeepAliveRequest, LeaseTimeToLiveRequest)
"""Only the leader counts how long a lease has left, so it is asked, whoever takes the request."""

Told = Callable[[str, str, dict[str, Any]], None]
"""Is told what happens to a member: its name, a word of Raft such as `become_leader`, and details."""


class MemberNameError(K8sEduError, ValueError):
    """A member that the group does not have."""


class Disk(Protocol):
    """What a member's disk must do; when `save` or `compact` returns, it survives a crash."""

    def load(self) -> Storage:
        """Read everything back, after a start."""
        ...

    def save(self, ready: Ready) -> None:
        """Write what Raft hands out."""

    def compact(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of our own state, and drop what it makes needless."""

    def close(self) -> None:
        """The member stops."""


class MemoryDisk:
    """A disk that lasts as long as the process."""

    def __init__(self, voters: tuple[str, ...]) -> None:
        self.storage = Storage(Snapshot(0, 0, voters))

    def load(self) -> Storage:
        """A copy, since the running member has its own."""
        return self.storage.copy()

    def save(self, ready: Ready) -> None:
        """Remember it."""
        self.storage.save(ready)

    def compact(self, snapshot: Snapshot) -> None:
        """Remember the snapshot instead of the entries before it."""
        self.storage.compact(snapshot)

    def close(self) -> None:
        """Nothing to do."""


class Group:
    """The members of one cluster; `epoch_ms` is when it began, so that requests of an earlier life have other numbers.

    >>> from k8sedu.etcd.api import PutRequest
    >>> group = Group({name: MemoryDisk(("n1", "n2", "n3")) for name in ("n1", "n2", "n3")})
    >>> group.campaign("n1")
    >>> group.ask("n2", PutRequest("a", "1")).response.header
    Header(revision=2, raft_term=1, member_id=2, cluster_id=1)
    >>> group.stop("n1")
    >>> group.ask("n2", PutRequest("a", "2")).response is None    # nobody leads
    True
    """

    def __init__(
        self, disks: Mapping[str, Disk], *, config: Config = Config.etcd(), policy: SnapshotPolicy = ETCD, seed: int = 0,
        epoch_ms: int = 0, told: Told | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.disks, self.config, self.policy, self.options = dict(disks), config, policy, options
        self.seed, self.epoch_ms, self.told = seed, epoch_ms, told
        self.now_ms = 0
        self.ticks = self.starts = 0
        self.running: dict[str, Replica] = {}
        self.problems: dict[str, str] = {}
        """Members that stopped by themselves, and why."""
        self.client_url = ""
        self._wire: deque[Message] = deque()
        self._errands: list[tuple[str, Ticket]] = []
        self._moves: list[tuple[str, Ticket]] = []
        self._own: list[Ticket] = []
        try:
            for name in self.disks:
                self._boot(name)
        except BaseException:
            for disk in self.disks.values():
                disk.close()
            raise

    # -- members --------------------------------------------------------------------------------------------------------------------------

    def leader(self) -> Replica | None:
        """Who leads, as far as those know who run; of two that both think so the one of the newer term."""
        leading = [replica for replica in self.running.values() if replica.node.role == "leader"]
        return max(leading, key=lambda replica: replica.node.term, default=None)

    def start(self, name: str) -> None:
        """Start a member that is stopped, from its disk.

        Raises:
            MemberNameError: there is none of that name, or it runs.
        """
        self._named(name)
        if name in self.running:
            raise MemberNameError(f"{name} runs already, expected a member that is stopped.")
        self._boot(name)
        self.settle()

    def stop(self, name: str, *, why: str = "") -> None:
        """Stop a member as `kill -9` does: only its disk is left.

        Raises:
            MemberNameError: there is none of that name, or it is stopped already.
        """
        self._named(name)
        replica = self.running.pop(name, None)
        if replica is None:
            raise MemberNameError(f"{name} is stopped already, expected a member that runs.")
        if why:
            self.problems[name] = why
        replica.end()
        for kept in (self._errands, self._moves):
            for asked, ticket in kept:
                if asked == name:
                    ticket.response = StoppedError()
            kept[:] = [pair for pair in kept if pair[0] != name]
        self.disks[name].close()
        self._tell(name, "stop", why=why)

    def campaign(self, name: str) -> None:
        """Let a member stand for election now."""
        self._carry_out(self.running[name], self.running[name].node.campaign())
        self.settle()

    def _named(self, name: str) -> None:
        if name not in self.disks:
            raise MemberNameError(f"met the member {name!r}, expected one of {', '.join(self.disks)}.")

    def _boot(self, name: str) -> None:
        self.starts += 1
        generator = Random(f"{self.seed}/{name}/{self.starts}")
        moment_ms = (self.epoch_ms + self.now_ms + self.starts) % (1 << 40)
        self.problems.pop(name, None)
        storage = self.disks[name].load()
        replica = Replica(
            name, storage, member_id=member_number(name), config=self.config, generator=generator, now_ms=self.now_ms,
            first_request=(member_number(name) << 56) + (moment_ms << 16), **self.options,
        )  # fmt: skip
        self.running[name] = replica
        self._tell(name, "start")
        self._carry_out(replica, replica.node.tick(0))  # what it knows to be committed is applied at once

    # -- requests -------------------------------------------------------------------------------------------------------------------------

    def ask(self, name: str, request: Any) -> Ticket:
        """Give a request to a member; the ticket has the answer as soon as there is one."""
        replica = self.running.get(name)
        if replica is None:
            ticket = Ticket(request)
            ticket.response = StoppedError()
        elif isinstance(request, MemberListRequest):
            ticket = Ticket(request)
            ticket.response = self._member_list(replica)
        elif isinstance(request, MoveLeaderRequest):
            ticket = Ticket(request)
            self._move(replica, ticket)
        elif isinstance(request, AT_LEADER):
            ticket = Ticket(request)
            self._errands.append((name, ticket))
        else:
            ticket = replica.take(request, now_ms=self.now_ms)
        self.settle()
        return ticket

    def give_up(self, name: str, ticket: Ticket) -> None:
        """Somebody has waited long enough. What was never proposed has surely no effect, and the answer says so.

        (etcd says "context deadline exceeded" there, which tells a client less.)
        """
        never_asked = not ticket.is_proposed and (isinstance(ticket.request, AT_LEADER) or type(ticket.request) in WRITES)
        ticket.response = NoLeaderError() if never_asked else TimedOutError()
        for kept in (self._errands, self._moves):
            kept[:] = [pair for pair in kept if pair[1] is not ticket]
        if name in self.running:
            self.running[name].give_up(ticket)

    def _member_list(self, replica: Replica) -> MemberListResponse:
        def url(name: str) -> tuple[str, ...]:
            return (f"{self.client_url}/k8sedu/{name}",) if self.client_url else ()

        members = tuple(MemberInfo(member_number(name), name, clientURLs=url(name)) for name in self.disks)
        found: MemberListResponse = replica.stamped(MemberListResponse(Header(), members))
        return found

    def _move(self, replica: Replica, ticket: Ticket) -> None:
        target = f"n{ticket.request.targetID}"
        if replica.node.role != "leader":
            ticket.response = NotLeaderError()
        elif target not in self.disks:
            ticket.response = BadTransfereeError()
        else:
            self._moves.append((replica.name, ticket))
            self._carry_out(replica, replica.node.transfer_leadership(target))

    def _run_errands(self) -> None:
        """Ask the leader about leases, for whoever was asked."""
        open_errands = []
        for name, ticket in self._errands:
            asked = self.running[name]
            leader = self.running.get(asked.node.leader or "")
            if leader is None or not leader.etcd.lessor.is_primary:
                open_errands.append((name, ticket))
                continue
            try:
                response = leader.etcd.read(ticket.request, now_ms=self.now_ms)
                ticket.response = asked.stamped(response._replace(header=Header(asked.etcd.store.revision)))
            except EtcdError as refusal:
                ticket.response = refusal
        self._errands = open_errands
        for name, ticket in self._moves:
            replica = self.running[name]
            if replica.node.leader == f"n{ticket.request.targetID}":
                ticket.response = replica.stamped(MoveLeaderResponse(Header(replica.etcd.store.revision)))
        self._moves = [pair for pair in self._moves if pair[1].response is None]

    # -- time -----------------------------------------------------------------------------------------------------------------------------

    def tick(self, *, now_ms: int) -> None:
        """One tick of every member's clock has passed."""
        self.now_ms = now_ms
        self.ticks += 1
        for replica in tuple(self.running.values()):
            self._carry_out(replica, replica.node.tick(1))
        self.settle()
        if self.ticks % LEASE_TICKS == 0:
            for replica in tuple(self.running.values()):
                replica.ask_again()
                if replica.etcd.lessor.is_primary:
                    due = [Ticket(request) for request in replica.etcd.due(now_ms=now_ms)]
                    replica.unsent += due
                    self._own += due
            self.settle()

    def own_answers(self) -> list[Ticket]:
        """What the leader has asked of itself, such as the end of a lease, and got answered since somebody last looked."""
        answered = [ticket for ticket in self._own if ticket.response is not None]
        self._own = [ticket for ticket in self._own if ticket.response is None][-OWN_KEPT:]
        return answered

    def settle(self) -> None:
        """Deliver messages until nobody has anything more to say."""
        while True:
            while self._wire:
                self._deliver(self._wire.popleft())
            for replica in tuple(self.running.values()):
                for ready in replica.send(self.running.__contains__):
                    self._carry_out(replica, ready)
            if not self._wire:
                break
        self._run_errands()

    def _deliver(self, message: Message) -> None:
        """Hand a message over. What only a leader takes comes back to its sender, who would otherwise wait for an answer in vain.

        A leader that was stopped and started again at once leads no more, and the others have not noticed.
        """
        receiver, sender = self.running.get(message.receiver), self.running.get(message.sender)
        if receiver is not None and receiver.accepts(message):
            self._carry_out(receiver, receiver.receive(message))
        elif message.kind == "propose" and sender is not None:
            sender.take_back(message)

    def _carry_out(self, replica: Replica, ready: Ready) -> None:
        """Write first, then send, then apply: a promise must survive a crash before anybody hears it."""
        if self.running.get(replica.name) is not replica:
            return
        try:
            if ready.must_sync:
                self.disks[replica.name].save(ready)
            self._wire.extend(ready.messages)
            replica.absorb(ready, now_ms=self.now_ms)
            if self.policy.is_due(applied=replica.node.last_applied, last=replica.node.snapshot.index):
                self.disks[replica.name].compact(replica.snapshot(keep_entries=self.policy.catch_up_entries))
        except OSError as error:
            self.stop(replica.name, why=f"its disk refuses: {error.strerror or error}")
        for event in ready.events:
            self._tell(replica.name, event.kind, **event.detail)

    def _tell(self, name: str, kind: str, **detail: Any) -> None:
        if self.told is not None:
            self.told(name, kind, detail)
