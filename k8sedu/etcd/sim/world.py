"""The world of an etcd cluster: Raft's world, in which committed entries go to a store and its answers to clients.

Everything below the log is `k8sedu.raft.sim.world`, unchanged: messages, disks, timers, faults. What is added happens *after* a Raft step
is carried out, in the order in which etcd does it: apply what is committed, entry by entry, each one a step of the trace; answer who
waits; see whether leadership has changed, because the lessor goes with it; send news to watchers; set the alarm for the next lease.

A client may ask any member. A member that does not lead passes a write on to the leader, and answers when the entry has come back to it
through the log.

Source: etcd 3.5, server/etcdserver/server.go (run, applyAll, revokeExpiredLeases), v3_server.go; server/etcdserver/api/v3rpc/watch.go.
Left out: quotas, alarms, authentication, and the pool of proposals that wait for a leader: without one a member refuses at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from simpy.core import StopSimulation

from k8sedu.etcd import accounts, commands
from k8sedu.etcd.agreement import Agreement, Applied
from k8sedu.etcd.api import LeaseKeepAliveRequest, LeaseRevokeRequest, TxnRequest
from k8sedu.etcd.entry import kind_of, read_entry, write_entry
from k8sedu.etcd.errors import EtcdError, NoLeaderError
from k8sedu.etcd.invariants import check_frame
from k8sedu.etcd.replica import follow_leadership, request_of, way_of_proposals
from k8sedu.etcd.sim import watching
from k8sedu.etcd.sim.clients import Client
from k8sedu.etcd.sim.member import Asker, Member
from k8sedu.etcd.sim.telling import answer_of, detail_of
from k8sedu.raft.messages import Entry, Message
from k8sedu.raft.ready import Read, Ready
from k8sedu.raft.sim.server import Server
from k8sedu.raft.sim.world import Call, World
from k8sedu.trace import Frozen

LEASE_LOOK_MS = 500
"""The leader looks for due leases this often."""

_OF_MEMBERS = frozenset({"crash", "restart", "pause", "resume", "snapshot", "disk_written"})
"""Raft's kinds of steps that are told with the standing of the member."""


class Cluster(World):
    """Everything that moves in one run of a cluster."""

    def __init__(self, members: dict[str, Member], *, agreement: Agreement | None, snapshot_count: int, **raft: Any) -> None:
        super().__init__({**members}, **raft)
        self.members, self.agreement, self.snapshot_count = members, agreement, snapshot_count
        self.people: dict[str, Client] = {}
        self._checked: dict[str, Frozen] = {}
        """The last picture of each member that was found in order."""

    def add_client(self, client: Client) -> None:
        """Let a client live here."""
        self.people[client.name] = client
        self.clients[client.name] = client  # type: ignore[assignment]  # it has all that a World calls: receive, start, take_frame

    # -- the trace -------------------------------------------------------------------------------------------------------------------------

    def record(self, kind: str, actor: str, **detail: Any) -> None:
        """Add a step; what happens to a member is told with its term and revision."""
        if kind in _OF_MEMBERS and actor in self.members:
            detail = self.members[actor].standing() | detail
        if kind == "restart":
            self._checked.pop(actor, None)  # its store begins anew, perhaps a little behind
        super().record(kind, actor, **detail)

    def tell(self, member: Member, kind: str, /, **detail: Any) -> None:
        """Add a step of a member, with a new picture of it."""
        if self.has_frames:
            self.touch(member)
        standing = {"member": member.name, "term": member.node.term, "revision": member.etcd.store.revision}
        super().record(kind, member.name, **{**standing, **detail})
        if self.agreement is not None and self.has_frames:
            self._check_picture(member, is_new=kind == "snapshot_installed")

    def _check_picture(self, member: Member, *, is_new: bool) -> None:
        """Judge what the last step has made of a member's store."""
        now, before = self.frame().nodes[member.name], None if is_new else self._checked.get(member.name)
        self._checked[member.name] = now
        if before is not None and now.store is before.store and now.leases is before.leases:
            return
        found = check_frame(now, before)
        if found is not None:
            self.judge(f"{found.name}: at {member.name}, {found.message}")

    def judge(self, complaint: str) -> None:
        """End the run if somebody has found something wrong; the text is the invariant's name and what it says."""
        if complaint:
            self._end(*complaint.split(": ", 1))

    def _end(self, name: str, message: str) -> NoReturn:
        self.is_over = True
        super().record("violation", "", invariant=name, message=message)
        raise StopSimulation(None)

    # -- requests --------------------------------------------------------------------------------------------------------------------------

    def _take(self, server: Server, message: Message, number: int) -> None:
        if message.kind != "propose":
            super()._take(server, message, number)
            return
        server.node.now_ticks = server.ticks_at(self.now_us)
        member = self.members[server.name]
        request_id, _ = read_entry(message.context)
        detail = {"message": number, "sender": message.sender, "term": message.term, "request": request_id}
        if member.node.role == "leader" and member.node.transferee is None:
            self.carry_out(member, member.node.propose(message.context), "receive_propose", {**detail, "index": member.node.last_index})
        else:
            self.carry_out(member, Ready(), "receive_propose", {**detail, "accepted": False})  # dropped: who asked must give up

    def _take_request(self, server: Server, message: Message, number: int) -> None:
        member = self.members[server.name]
        session, _, command = message.context.partition(" ")
        client, _, serial = session.partition(":")
        asker = Asker(client, serial)
        detail: dict[str, Any] = {**member.standing(), "message": number, "sender": message.sender, "client": client, "command": command}
        if command in ("progress", "bye") or command.startswith("watch "):
            self.carry_out(member, Ready(), "receive_client_request", detail)
            watching.take(self, member, asker, command)
        else:
            self.ask(member, commands.parse(command), asker, cause="receive_client_request", detail=detail, message=message)

    def ask(
        self, member: Member, request: Any, asker: Asker, *, cause: str, detail: dict[str, Any], message: Message | None = None
    ) -> None:
        """Let a member take a request of a client."""
        try:
            request = member.etcd.prepare(request)
            if member.etcd.is_write(request):
                self.submit(member, request, asker, cause=cause, detail=detail)
                return
        except EtcdError as refusal:
            self.carry_out(member, Ready(), cause, {**detail, "accepted": False})
            self.answer(member, asker, refusal)
            return
        if isinstance(request, LeaseKeepAliveRequest):
            self._keep_alive(member, request, asker, cause=cause, detail=detail, message=message)
        elif getattr(request, "serializable", True) and message is not None:
            self.carry_out(member, Ready(), cause, detail)
            self._read(member, request, asker)
        elif message is not None:
            context = f"{member.next_request_id()} {message.context}"
            self.carry_out(member, member.node.read(context), cause, detail)

    def submit(self, member: Member, request: Any, asker: Asker, *, cause: str, detail: dict[str, Any]) -> None:
        """Bring a request into the log, at the leader by itself, elsewhere by asking the leader."""
        node, request_id = member.node, member.next_request_id()
        data = write_entry(request_id, request)
        detail = {**detail, "request": request_id}
        target = way_of_proposals(node)
        if target is None:
            self.carry_out(member, Ready(), cause, {**detail, "accepted": False})
            self.answer(member, asker, NoLeaderError())
            return
        member.askers[request_id] = asker
        if target == node.id:
            self.carry_out(member, node.propose(data), cause, {**detail, "accepted": True, "index": node.last_index})
        else:
            passed_on = Message("propose", member.name, target, node.term, context=data)
            self.carry_out(member, Ready(messages=(passed_on,)), cause, {**detail, "accepted": True, "to": target})

    def answer(self, member: Member, asker: Asker, response: Any, *, index: int = 0) -> None:
        """Tell a client the outcome."""
        if asker.client:
            told = {**answer_of(response), "member": member.name, "index": index}
            told.setdefault("revision", member.etcd.store.revision)
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
            self.send((Message("client_reply", member.name, asker.client, member.node.term, context=f"{asker.serial} {text}"),))

    def _read(self, member: Member, request: Any, asker: Asker) -> None:
        try:
            response = member.etcd.read(request, now_ms=member.clock_ms(self.now_us))
        except EtcdError as refusal:
            response = refusal
        self.answer(member, asker, response)

    def _keep_alive(
        self, member: Member, request: LeaseKeepAliveRequest, asker: Asker, *, cause: str, detail: dict[str, Any], message: Message | None
    ) -> None:
        """The leader begins the countdown anew, without an entry in the log; others pass it on to the leader, once."""
        node = member.node
        is_passed_on = message is not None and message.sender in self.members
        if member.etcd.lessor.is_primary:
            self.carry_out(member, Ready(), cause, detail)
            response = member.etcd.read(request, now_ms=member.clock_ms(self.now_us))
            self.tell(member, "keep_alive", lease=request.ID, ttl_s=response.TTL, client=asker.client)
            self.answer(member, asker, response)
            self.arm_leases(member)
        elif node.leader is not None and node.leader != member.name and message is not None and not is_passed_on:
            passed_on = Message("client_request", member.name, node.leader, node.term, context=message.context)
            self.carry_out(member, Ready(messages=(passed_on,)), cause, {**detail, "to": node.leader})
        else:
            self.carry_out(member, Ready(), cause, {**detail, "accepted": False})
            self.answer(member, asker, NoLeaderError())

    # -- after each step of Raft -----------------------------------------------------------------------------------------------------------

    def carry_out(self, server: Server, ready: Ready, cause: str, detail: dict[str, Any]) -> None:
        """What Raft wants first, and then what follows from it for the store."""
        super().carry_out(server, ready, cause, detail)
        self._follow_up(self.members[server.name])

    def _finish_write(self, server: Server, ready: Ready) -> None:
        super()._finish_write(server, ready)
        self._follow_up(self.members[server.name])

    def _apply(self, server: Server, ready: Ready) -> None:
        self.members[server.name].pending.append(ready)  # applied in `_follow_up`, one step of the trace each

    def wake_up(self, server: Server) -> None:
        """Go on after a disk write or a pause, also with the leases."""
        super().wake_up(server)
        self.arm_leases(self.members[server.name])

    def _follow_up(self, member: Member) -> None:
        if not member.is_free:
            return
        self._follow_leadership(member)
        if not member.pending:
            return
        while member.pending:
            ready = member.pending.popleft()
            if ready.snapshot is not None:
                member.restore(ready.snapshot)
                self.tell(member, "snapshot_installed", **member.standing(), index=ready.snapshot.index)
            self._apply_entries(member, ready.committed)
            self._answer_due_reads(member, ready.reads)
        watching.send_news(self, member)
        self._snapshot_if_due(member)
        self.arm_leases(member)

    def _apply_entries(self, member: Member, entries: Iterable[Entry]) -> None:
        skipped = []
        for entry in entries:
            if entry.index <= member.etcd.consistent_index:
                skipped.append(entry.index)
                continue
            if skipped:
                self._tell_skipped(member, skipped)
            self._apply_one(member, entry)
        if skipped:
            self._tell_skipped(member, skipped)

    def _tell_skipped(self, member: Member, skipped: list[int]) -> None:
        self.tell(member, "entries_skipped", **member.standing(), first=skipped[0], last=skipped[-1])
        skipped.clear()

    def _apply_one(self, member: Member, entry: Entry) -> None:
        request_id, request = request_of(entry)
        before = member.etcd.store.revision
        account = accounts.compared(member.etcd.store, request) if isinstance(request, TxnRequest) else None
        response = member.apply_entry(entry, now_us=self.now_us)
        revision = member.etcd.store.revision
        kind = "empty_entry" if request is None else kind_of(request)
        standing = {"index": entry.index, "term": entry.term, "revision": revision, "changed": revision > before, "request": request_id}
        self.tell(member, kind, **standing, **detail_of(request, response, account, revision=revision))
        if self.agreement is not None:
            self.judge(self.agreement.applied(member.name, Applied.of(entry, request_id, before, member.etcd.store)))
        asker = member.askers.pop(request_id, None)
        if asker is not None:
            self.answer(member, asker, response, index=entry.index)

    def _answer_due_reads(self, member: Member, new: tuple[Read, ...]) -> None:
        applied, waiting = member.etcd.consistent_index, [*member.reads, *new]
        member.reads = [read for read in waiting if read.index > applied]
        for read in waiting:
            if read.index <= applied:
                _, session, command = read.context.split(" ", 2)
                client, _, serial = session.partition(":")
                self._read(member, commands.parse(command), Asker(client, serial))

    def _snapshot_if_due(self, member: Member) -> None:
        """After so many entries a member writes a snapshot and forgets the log before it."""
        done = member.node.last_applied
        if self.snapshot_count and done - member.storage.snapshot.index >= self.snapshot_count and member.etcd.consistent_index == done:
            snapshot = member.snapshot()
            self.tell(member, "snapshot", **member.standing(), index=snapshot.index)

    # -- leases ----------------------------------------------------------------------------------------------------------------------------

    def _follow_leadership(self, member: Member) -> None:
        lessor, election_ms = member.etcd.lessor, member.config.election_ticks_min * member.tick_us // 1000
        change = follow_leadership(member.node, lessor, now_ms=member.clock_ms(self.now_us), election_ms=election_ms)
        if change:
            self.tell(member, change, leases=tuple(lease.lease_id for lease in lessor.leases))
            self.arm_leases(member)

    def arm_leases(self, member: Member) -> None:
        """Make sure that the leader looks when the next lease may be due: twice a second at most."""
        due_ms = member.etcd.lessor.next_due_ms() if member.is_free and member.etcd.lessor.is_primary else None
        if due_ms is None:
            return
        look_ms = max(-(-due_ms // LEASE_LOOK_MS), member.clock_ms(self.now_us) // LEASE_LOOK_MS + 1) * LEASE_LOOK_MS
        wake_us = max(member.true_us_of_clock(look_ms), self.now_us)
        if member.lease_alarm_us is None or wake_us < member.lease_alarm_us:
            member.lease_alarm_us = wake_us
            self.after(wake_us - self.now_us, self._lease_alarm, (member, member.epoch))

    def _lease_alarm(self, call: Call) -> None:
        member, epoch = call.value
        if member.epoch != epoch or member.lease_alarm_us != self.now_us:
            return
        member.lease_alarm_us = None
        if not member.is_free or not member.etcd.lessor.is_primary:
            return  # whoever wakes up or is promoted sets the alarm again
        member.node.now_ticks = member.ticks_at(self.now_us)
        for request in member.etcd.due(now_ms=member.clock_ms(self.now_us)):
            if isinstance(request, LeaseRevokeRequest):
                self.tell(member, "lease_expired", lease=request.ID)
            if member.is_free and member.node.role == "leader":  # a slow disk may have begun to write meanwhile
                detail = {**member.standing(), "lease": request.ID}
                self.submit(member, request, Asker(), cause="propose_lease_end", detail=detail)
        self.arm_leases(member)
