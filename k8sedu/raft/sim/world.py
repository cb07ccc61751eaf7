"""The world that Raft servers live in: simulated time, a network between them, and somebody who writes everything down.

SimPy keeps the time. Each message is one timeout that ends at its receiver; each server has one alarm for its next timer. Whatever
happens, the same three things follow: the core is called, its `Ready` is carried out (write, then send, then apply), and a step goes
into the trace.

Faults act after everything else that happens at the same microsecond. So a run with one more fault is the same run up to that moment,
which is what makes a fork honest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import simpy
from simpy.core import StopSimulation

from k8sedu.raft.checker import Checker
from k8sedu.raft.frames import message_frame
from k8sedu.raft.messages import MESSAGE_NAMES, Message
from k8sedu.raft.node import NotLeaderError
from k8sedu.raft.ready import Ready
from k8sedu.raft.sim.clients import Client
from k8sedu.raft.sim.server import Server, Waiting
from k8sedu.sim.network import Delivery, Wire
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.trace import Frozen

RECEIVE = {kind: f"receive_{kind}" for kind in MESSAGE_NAMES}
"""The kind of step that a message's arrival makes."""

AFTER_ALL = 2
"""SimPy's priority for faults: behind everything that is due at the same time."""


class Call:
    """Something that will be done later: the least that SimPy asks of an event, because a run makes millions of them."""

    __slots__ = ("action", "callbacks", "due_us", "value")
    _ok = True

    def __init__(self, callbacks: tuple[Callable[[Any], None]], action: Callable[[Call], None], value: Any, due_us: int) -> None:
        self.callbacks = callbacks
        self.action, self.value, self.due_us = action, value, due_us


class Flight(Call):
    """A message on its way: the call of its own arrival."""

    __slots__ = ("message", "number", "why_lost")

    def __init__(self, callbacks: tuple[Callable[[Any], None]], message: Message, number: int, due_us: int, why_lost: str) -> None:
        self.callbacks = callbacks
        self.message, self.number, self.due_us, self.why_lost = message, number, due_us, why_lost


class World:
    """Everything that moves in one run."""

    def __init__(self, servers: dict[str, Server], *, wire: Wire, seed: int, recorder: Recorder, checker: Checker | None) -> None:
        self.environment = simpy.Environment(initial_time=0)
        self._schedule: Callable[[Any, int, int], None] = self.environment.schedule  # type: ignore[assignment]  # a Call will do
        self._to_happen, self._to_arrive = (self._happen,), (self._arrive,)  # what SimPy calls, made once for all calls
        self.now_us = 0
        self.servers, self.wire, self.seed = servers, wire, seed
        self.recorder, self.checker = recorder, checker
        self.has_frames, self._record = recorder.frames, recorder.record
        self.clients: dict[str, Client] = {}
        self.flights: dict[int, Flight] = {}
        self.lucks: dict[str, Random] = {name: stream(seed, "network", name) for name in servers}
        self.dice: dict[str, Random] = {name: stream(seed, "disk", name) for name in servers}
        self.drop_next: list[tuple[str, str, str]] = []
        self.network = wire.network
        self.weather: dict[int, dict[str, Any]] = {}  # what faults have changed about the network, by cause
        self.sent = 0
        self.is_over = False
        self._touched = dict(servers)  # whose picture is out of date
        self._node_frames: dict[str, Frozen] = {}
        self._message_frames: dict[str, Frozen] = {}
        self._client_frames: Frozen | None = None
        self._frame: Frozen | None = None

    # -- time ----------------------------------------------------------------------------------------------------------------------

    def after(self, delay_us: int, action: Callable[[Call], None], value: Any = None, *, priority: int = 1) -> None:
        """Do `action` when this much time has passed; it is given the call, whose `value` is `value`."""
        call = Call(self._to_happen, action, value, self.now_us + delay_us)
        self._schedule(call, priority, delay_us)

    def _happen(self, call: Call) -> None:
        self.now_us = call.due_us
        call.action(call)

    def run(self, until_us: int) -> None:
        """Let the world go on up to and including a time, or until an invariant is broken."""
        self.environment.run(until=until_us + 1)
        if not self.is_over:
            self.now_us = until_us

    # -- messages --------------------------------------------------------------------------------------------------------------------

    def send(self, messages: Iterable[Message]) -> None:
        """Hand messages to the network, which decides when, and whether, and how often each arrives."""
        now_us, plan, lucks, drop_next = self.now_us, self.wire.plan, self.lucks, self.drop_next
        for message in messages:
            sender, receiver, why = message.sender, message.receiver, ""
            if drop_next and (message.kind, sender, receiver) in drop_next:
                drop_next.remove((message.kind, sender, receiver))
                deliveries: tuple[Delivery, ...] = (Delivery(now_us, lost=True),)
                why = "dropped on purpose"
            else:
                deliveries = plan(sender, receiver, now_us, lucks[sender])
            for due_us, lost in deliveries:
                self.sent = number = self.sent + 1
                why_lost = (why or self._why_lost(sender, receiver)) if lost else ""
                flight = self.flights[number] = Flight(self._to_arrive, message, number, due_us, why_lost)
                if self.has_frames:
                    self._message_frames[str(number)] = message_frame(message, number, sent_us=now_us, due_us=due_us, lost=lost)
                    self._frame = None
                self._schedule(flight, 1, due_us - now_us)

    def _why_lost(self, sender: str, receiver: str) -> str:
        return "partition" if self.wire.is_blocked(sender, receiver) else "lost by the network"

    def _arrive(self, flight: Flight) -> None:
        number = flight.number
        if self.flights.pop(number, None) is None:
            return  # dropped or delayed on its way
        self.now_us = flight.due_us
        if self.has_frames:
            self._erase(number)
        message, blocked = flight.message, self.wire.blocked
        receiver = message.receiver
        server = self.servers.get(receiver)
        if flight.why_lost:
            self.lose(flight, flight.why_lost)
        elif server is None:
            self.clients[receiver].receive(message, number)
        elif blocked and (message.sender, receiver) in blocked:
            self.lose(flight, "partition")
        elif server.status == "up" and server.busy_until_us is None:  # `is_free`, without a call for each message
            self._take(server, message, number)
        elif server.status == "stopped":
            self.lose(flight, "receiver is down")
        else:
            server.inbox.append((number, message))

    def forget(self, number: int) -> None:
        """Take a message out of the air."""
        del self.flights[number]
        if self.has_frames:
            self._erase(number)

    def _erase(self, number: int) -> None:
        del self._message_frames[str(number)]
        self._frame = None

    def delay(self, number: int, by_us: int) -> None:
        """Let a message in flight arrive later."""
        old = self.flights[number]
        old.number = 0  # no message has this number: when the old flight is over, nothing arrives
        flight = self.flights[number] = Flight(self._to_arrive, old.message, number, old.due_us + by_us, old.why_lost)
        if self.has_frames:
            self._message_frames[str(number)] = self._message_frames[str(number)].evolve(due_us=flight.due_us)
            self._frame = None
        self._schedule(flight, 1, flight.due_us - self.now_us)

    def lose(self, flight: Flight, why: str, *, kind: str = "message_lost") -> None:
        """Write down that a message will never arrive."""
        message = flight.message
        self.record(kind, message.receiver, message=flight.number, message_kind=message.kind, sender=message.sender, why=why)

    # -- a server takes a message -----------------------------------------------------------------------------------------------------

    def _take(self, server: Server, message: Message, number: int) -> None:
        node = server.node
        node.now_ticks = server.ticks_at(self.now_us)
        kind, sender, _, term, _, _, entries, _, reject, _, _, _ = message  # one look for all
        if kind == "client_request":
            self._take_request(server, message, number)
            return
        ready = node.step(message)
        detail: dict[str, Any] = {"message": number, "sender": sender, "term": term}
        if reject:
            detail["reject"] = True
        if entries:
            detail["entries"] = len(entries)
        self.carry_out(server, ready, RECEIVE[kind], detail)

    def _take_request(self, server: Server, message: Message, number: int) -> None:
        client, command = message.sender, message.context
        serial = int(command.partition(" ")[0].partition(":")[2])
        accepted = server.node.role == "leader" and server.node.transferee is None
        detail = {"message": number, "sender": client, "command": command, "accepted": accepted}
        if not accepted:
            self.carry_out(server, Ready(), "receive_client_request", detail)
            self.reply(server, client, serial, reject=True, text=server.node.leader or "")
        elif command.endswith("?"):
            self.carry_out(server, server.node.read(command), "receive_client_request", detail)
        else:
            self.propose(server, command, waiting=Waiting(server.node.term, client, serial), cause="receive_client_request", detail=detail)

    def propose(self, server: Server, command: str, *, waiting: Waiting | None, cause: str, detail: dict[str, Any]) -> None:
        """Let a leader append a command; whoever waits for it is answered when it is applied."""
        index = server.node.last_index + 1
        if waiting is not None:
            server.waiting[index] = waiting
        try:
            ready = server.node.propose(command)
        except NotLeaderError as error:
            server.waiting.pop(index, None)
            self.carry_out(server, Ready(), cause, {**detail, "accepted": False, "leader": error.leader})
            return
        self.carry_out(server, ready, cause, {**detail, "index": index})

    def reply(self, server: Server, client: str, serial: int, *, reject: bool = False, text: str = "") -> None:
        """Answer a client: the result, or whom to ask instead."""
        self.send((Message("client_reply", server.name, client, server.node.term, reject=reject, context=f"{serial} {text}".rstrip()),))

    # -- what follows a call of the core -------------------------------------------------------------------------------------------------

    def carry_out(self, server: Server, ready: Ready, cause: str, detail: dict[str, Any]) -> None:
        """Write, send, apply, set the alarm, and write the trace."""
        if self.has_frames:
            self.touch(server)
        messages, entries, hard_state, snapshot, committed, reads, events = ready
        is_written = not (entries or hard_state is not None or snapshot is not None) or self._write(server, ready)
        if is_written:
            if messages:
                self.send(messages)
            if committed or reads or server.reads or snapshot is not None:
                self._apply(server, ready)
            node = server.node
            if node.deadline_ticks < server.alarm_ticks or node.role != server.alarm_role or server.wake_at_us is None:
                self.arm(server)  # only these bring a timer forward; an alarm that comes too early is set again
        now_us, name, record = self.now_us, server.name, self._record
        frame = self.frame() if self.has_frames else None
        if cause:
            record(now_us, cause, name, detail, frame)
        for kind, what in events:
            record(now_us, kind, name, what, frame)
        if self.checker is not None and is_written and (events or entries or hard_state is not None or server.node.role == "leader"):
            self._check(server)  # without any of these, nothing that an invariant speaks of has changed

    def _write(self, server: Server, ready: Ready) -> bool:
        """Write to disk; False if that takes time, and everything else has to wait for it."""
        delay_us = self._disk_delay_us(server)
        if not delay_us:
            server.storage.save(ready, rules=server.rules)
            return True
        server.busy_until_us, server.unsaved = self.now_us + delay_us, ready
        self.after(delay_us, self._disk_done, (server, server.epoch))
        return False

    def _apply(self, server: Server, ready: Ready) -> None:
        """Give the state machine what is committed, and clients their answers."""
        if ready.snapshot is not None:
            server.restore(ready.snapshot)
        if ready.committed:
            for waiting, answer in server.apply(ready.committed):
                self.reply(server, waiting.client, waiting.serial, text=answer)
        if ready.reads or server.reads:
            self._answer_reads(server, ready)

    def _answer_reads(self, server: Server, ready: Ready) -> None:
        reads = server.reads + list(ready.reads)
        server.reads = [read for read in reads if read.index > server.node.last_applied]
        for read in reads:
            if read.index <= server.node.last_applied:
                session, _, question = read.context.partition(" ")
                client, _, serial = session.partition(":")
                self.reply(server, client, int(serial), text=server.machine.read(question.rstrip("?")))

    def _disk_delay_us(self, server: Server) -> int:
        low, high = next(reversed(server.slow_disks.values()), server.disk_us)
        return low if low == high else self.dice[server.name].randrange(low, high + 1)

    def _disk_done(self, call: Call) -> None:
        server, epoch = call.value
        if server.epoch == epoch:  # or else it crashed in the middle of the write
            self.wake_up(server)

    def _finish_write(self, server: Server, ready: Ready) -> None:
        server.unsaved = server.busy_until_us = None
        server.storage.save(ready, rules=server.rules)
        self.touch(server)
        self.send(ready.messages)
        self._apply(server, ready)
        self.record("disk_written", server.name, entries=len(ready.entries))
        if self.checker is not None:
            self._check(server)

    def wake_up(self, server: Server) -> None:
        """Go on after a disk write or a pause: first what the disk has confirmed, then the inbox, then the timers."""
        is_written = server.busy_until_us is not None and server.busy_until_us <= self.now_us
        if server.status == "up" and is_written and server.unsaved is not None:
            self._finish_write(server, server.unsaved)
        while server.is_free and server.inbox:
            number, message = server.inbox.popleft()
            self._take(server, message, number)
        if server.is_free:
            self.arm(server)

    def _check(self, server: Server) -> None:
        assert self.checker is not None
        violation = self.checker.observe(server.node)
        if violation is not None:
            self.is_over = True
            self.record("violation", server.name, invariant=violation.name, message=violation.message)
            raise StopSimulation(None)

    # -- timers ------------------------------------------------------------------------------------------------------------------------

    def arm(self, server: Server) -> None:
        """Make sure the server is woken when its next timer is due."""
        due_us = server.due_us()
        if due_us is not None and (server.wake_at_us is None or due_us < server.wake_at_us):
            server.wake_at_us = due_us
            self.after(max(due_us - self.now_us, 0), self._alarm, (server, server.epoch))

    def _alarm(self, call: Call) -> None:
        server, epoch = call.value
        if server.epoch != epoch or server.wake_at_us != self.now_us:
            return
        server.wake_at_us = None
        if not server.is_free:
            return  # wake_up sets the alarm again
        server.node.now_ticks = server.ticks_at(self.now_us)
        if server.node.due_ticks() > 0:
            self.arm(server)
            return
        self.carry_out(server, server.node.tick(0), "", {})

    # -- the trace -----------------------------------------------------------------------------------------------------------------------

    def record(self, kind: str, actor: str, **detail: Any) -> None:
        """Add a step to the trace, with the frame of the world as it is now."""
        self._record(self.now_us, kind, actor, detail, self.frame() if self.has_frames else None)

    def touch(self, server: Server) -> None:
        """Something about this server has changed: the next frame takes a new picture of it."""
        self._touched[server.name] = server
        self._frame = None

    def touch_clients(self) -> None:
        """Something about a client has changed."""
        self._client_frames = self._frame = None

    def redraw(self) -> None:
        """Something besides the servers has changed."""
        self._frame = None

    def frame(self) -> Frozen:
        """The whole world as a frozen value; what did not change is shared with earlier frames."""
        if self._frame is None:
            nodes, messages = self._node_frames, self._message_frames
            for name, server in self._touched.items():
                nodes[name] = server.take_frame()
            self._touched.clear()
            if self._client_frames is None:
                self._client_frames = Frozen({name: client.frame or client.take_frame() for name, client in self.clients.items()})
            self._frame = Frozen(
                {"nodes": Frozen(nodes), "messages": Frozen(messages), "blocked": self.wire.blocked, "clients": self._client_frames}
            )
        return self._frame

    def clear(self) -> None:
        """Let go of everything: clients and pending calls refer back to their world, so without this its memory would stay taken."""
        self.__dict__.clear()

    def start(self) -> None:
        """Set all alarms and write the first step."""
        for server in self.servers.values():
            self.arm(server)
        for client in self.clients.values():
            client.start()
        self.record("start", "")
