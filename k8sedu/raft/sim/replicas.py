"""A replicated master in time: a few Raft servers in somebody else's world, with any state machine above the log.

A cluster manager wants of Raft only this: a leader, a log that a majority agrees on, and silence when there is none. So this driver puts
the servers into a simulation that exists already, carries their messages, and says what was applied where. It writes no trace: what is
worth a step is the owner's business.

    replicas = Replicas(env, ["mgr1", "mgr2", "mgr3"], machine=Store, seed=7)
    replicas.on_applied = lambda name, index, data, outcome: …
    replicas.propose("…")

Source: etcd-io/raft README ("Usage"), the order of saving, sending and applying.
Left out: disks that take time, clocks that drift, and members that come and go; `world` has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import simpy

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message, Snapshot
from k8sedu.raft.node import Node, NotLeaderError
from k8sedu.raft.ready import Ready
from k8sedu.raft.state import NEVER_TICKS
from k8sedu.raft.storage import Storage
from k8sedu.sim.network import Network, Wire, links_between
from k8sedu.sim.seeds import stream

LAN = Network(delay_ms=(0.3, 1.2))
"""Servers in one building."""


class StateMachine(Protocol):
    """What stands above the log: it is told each agreed entry once, in order, and can be written down whole."""

    def apply(self, data: str) -> object:
        """Carry out one entry."""

    def dump(self) -> str:
        """The whole state as text."""

    def load(self, data: str) -> None:
        """Take over a state that was written down; an empty text is the beginning."""


class Member:
    """One server: its node while it is up, its disk for ever, and its copy of the state machine."""

    def __init__(self, name: str, disk: Storage, machine: Callable[[], StateMachine]) -> None:
        self.name, self.disk, self.new_machine = name, disk, machine
        self.is_up = True
        self.epoch = 0
        """Counts its lives: what was set in motion in an earlier one is void."""
        self.node: Node
        self.machine: StateMachine
        self.born_us = 0
        self.wake_us: int | None = None


class Replicas:
    """The servers of one replicated master.

    Args:
        env: the simulation that they live in; its time is in microseconds.
        names: of the servers.
        machine: makes an empty state machine; each server has one.
        seed: election timeouts and the network draw from it, by name.
        tick_us: what a tick of the timers lasts.
        compact_every: so many applied entries, and a server writes a snapshot in their place; 0 for never.
    """

    def __init__(
        self, env: simpy.Environment, names: Sequence[str], *, machine: Callable[[], StateMachine], seed: int, config: Config = Config(),
        tick_us: int = 1_000, network: Network = LAN, compact_every: int = 0,
    ) -> None:  # fmt: skip
        self.env, self.config, self.tick_us, self.seed, self.compact_every = env, config, tick_us, seed, compact_every
        self.wire = Wire(network)
        self.luck = {name: stream(seed, "network", name) for name in names}
        self.timers = {name: stream(seed, "timers", name) for name in names}
        first = Snapshot(0, 0, tuple(names))
        self.members = {name: Member(name, Storage(first), machine) for name in names}
        self.on_applied: Callable[[str, int, str, object], None] = _ignore
        """Is told (server, index, entry, what the state machine answered) of each entry that a server applies."""
        self.on_event: Callable[[str, str, Mapping[str, Any]], None] = _ignore
        """Is told (server, kind, detail) of what happens inside: `become_leader`, `become_follower`, `election_timeout`, …"""
        self.messages = 0

    def start(self) -> None:
        """Switch all servers on."""
        for member in self.members.values():
            self._boot(member)

    # -- what one may ask ----------------------------------------------------------------------------------------------------------------

    @property
    def leader(self) -> str | None:
        """The leader of the highest term among the servers that are up. It may not know yet that the others have left it."""
        leading = [member for member in self.members.values() if member.is_up and member.node.role == "leader"]
        return max(leading, key=lambda member: member.node.term).name if leading else None

    @property
    def has_quorum(self) -> bool:
        """Whether a majority is up."""
        return 2 * sum(member.is_up for member in self.members.values()) > len(self.members)

    def propose(self, data: str) -> int | None:
        """Let the leader append an entry: its index, or None where nobody leads. `on_applied` tells later, or never, that it counts."""
        leader = self.leader
        if leader is None:
            return None
        member = self.members[leader]
        index = member.node.last_index + 1
        try:
            self._act(member, lambda node: node.propose(data))
        except NotLeaderError:
            return None
        return index

    def campaign(self, name: str) -> None:
        """Let a server stand for election now, so that a run can begin with a leader."""
        self._act(self.members[name], lambda node: node.campaign())

    # -- faults --------------------------------------------------------------------------------------------------------------------------

    def crash(self, name: str) -> None:
        """A server stops; its disk stays."""
        member = self.members[name]
        member.is_up = False
        member.epoch += 1

    def restart(self, name: str) -> None:
        """A server that stopped starts again from its disk."""
        if not self.members[name].is_up:
            self._boot(self.members[name])

    def partition(self, groups: Iterable[Sequence[str]]) -> None:
        """Cut the links between these groups; servers that are not named form one more."""
        self.wire.cut(links_between(tuple(groups), nodes=tuple(self.members)), cause="partition")

    def heal(self) -> None:
        """Every link works again."""
        self.wire.heal()

    # -- inside --------------------------------------------------------------------------------------------------------------------------

    def _boot(self, member: Member) -> None:
        member.is_up, member.epoch, member.wake_us = True, member.epoch + 1, None
        member.born_us = int(self.env.now)
        member.node = Node(member.name, storage=member.disk, config=self.config, generator=self.timers[member.name])
        member.machine = member.new_machine()
        member.machine.load(member.disk.snapshot.data)
        self._arm(member)

    def _act(self, member: Member, act: Callable[[Node], Ready]) -> None:
        """Bring a server's clock up to date, let it act, and carry out what follows."""
        member.node.now_ticks = (int(self.env.now) - member.born_us) // self.tick_us
        self._carry_out(member, act(member.node))

    def _carry_out(self, member: Member, ready: Ready) -> None:
        member.disk.save(ready)
        for message in ready.messages:
            self._send(message)
        if ready.snapshot is not None:
            member.machine.load(ready.snapshot.data)
        epoch = member.epoch
        self._arm(member)
        for kind, detail in ready.events:
            self.on_event(member.name, kind, detail)
        for entry in ready.committed:
            if entry.kind == "normal" and entry.data and member.epoch == epoch:
                self.on_applied(member.name, entry.index, entry.data, member.machine.apply(entry.data))
        self._compact(member)

    def _compact(self, member: Member) -> None:
        if self.compact_every and member.node.last_applied - member.disk.snapshot.index >= self.compact_every:
            member.disk.compact(member.node.compact(member.node.last_applied, member.machine.dump()))

    def _send(self, message: Message) -> None:
        self.messages += 1
        for due_us, lost in self.wire.plan(message.sender, message.receiver, int(self.env.now), self.luck[message.sender]):
            if not lost:
                self.env.process(self._fly(message, due_us - int(self.env.now)))

    def _fly(self, message: Message, delay_us: int) -> Any:
        yield self.env.timeout(delay_us)
        member = self.members[message.receiver]
        if member.is_up and not self.wire.is_blocked(message.sender, message.receiver):
            self._act(member, lambda node: node.step(message))

    def _arm(self, member: Member) -> None:
        """Wake the server when its next timer is due."""
        wait_ticks = member.node.due_ticks()
        if wait_ticks >= NEVER_TICKS:
            return
        due_us = member.born_us + (member.node.now_ticks + wait_ticks) * self.tick_us
        if member.wake_us is None or due_us < member.wake_us or member.wake_us <= int(self.env.now):
            member.wake_us = due_us
            self.env.process(self._wake(member, member.epoch, due_us))

    def _wake(self, member: Member, epoch: int, due_us: int) -> Any:
        yield self.env.timeout(max(0, due_us - int(self.env.now)))
        if member.epoch != epoch or member.wake_us != due_us:
            return
        member.wake_us = None
        member.node.now_ticks = (int(self.env.now) - member.born_us) // self.tick_us
        if member.node.due_ticks() > 0:
            self._arm(member)
        else:
            self._act(member, lambda node: node.tick(0))


def _ignore(*_: object) -> None:
    """Nobody listens."""
