"""A group of servers on a table: messages lie in one queue and travel when the test says so."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.ready import HardState, Read, Ready
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.storage import Storage

CONFIG = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)


class Table:
    """Servers n1, n2, … with their disks, and the messages between them; nothing moves by itself."""

    def __init__(
        self,
        size: int = 3,
        *,
        names: Sequence[str] = (),
        config: Config = CONFIG,
        rules: Rules = ALL_RULES,
        logs: Mapping[str, Sequence[int]] | None = None,
        learners: Sequence[str] = (),
        seed: int = 0,
    ) -> None:
        self.names = tuple(names) or tuple(f"n{number}" for number in range(1, size + 1))
        self.config, self.rules, self.seed = config, rules, seed
        voters = tuple(name for name in self.names if name not in learners)
        self.start = Snapshot(0, 0, voters, learners=tuple(learners))
        self.storage: dict[str, Storage] = {}
        self.nodes: dict[str, Node] = {}
        self.network: list[Message] = []
        self.transcript: list[str] = []
        self.events: list[tuple[str, str, dict[str, object]]] = []
        self.applied: dict[str, list[Entry]] = {}
        self.reads: dict[str, list[Read]] = {}
        for name in self.names:
            self.join(name, terms=(logs or {}).get(name, ()))

    def join(self, name: str, *, terms: Sequence[int] = ()) -> None:
        """Start a server that has a log of these terms on its disk."""
        storage = self.storage[name] = Storage(self.start)
        storage.entries = [Entry(term, index, data=f"x={index}") for index, term in enumerate(terms, 1)]
        storage.hard_state = HardState(terms[-1] if terms else 0)
        self.restart(name)

    def restart(self, name: str) -> None:
        """Boot a server from its disk."""
        generator = random.Random(f"{self.seed}/{name}")
        self.nodes[name] = Node(name, storage=self.storage[name], config=self.config, rules=self.rules, generator=generator)
        self.applied[name], self.reads[name] = [], []

    def crash(self, name: str) -> None:
        """Take a server away; what is on its way to it is lost."""
        del self.nodes[name]
        self.drop(to=name)

    def do(self, name: str, call: Callable[[Node], Ready]) -> Ready:
        """Let a server do something and carry out its Ready: disk, then network, then state machine."""
        ready = call(self.nodes[name])
        self.storage[name].save(ready, rules=self.rules)
        self.network += ready.messages
        self.applied[name] += ready.committed
        self.reads[name] += ready.reads
        self.events += [(name, event.kind, event.detail) for event in ready.events]
        return ready

    def campaign(self, name: str) -> Ready:
        """Let a server stand for election now."""
        return self.do(name, lambda node: node.campaign())

    def propose(self, name: str, *commands: str) -> Ready:
        """Hand commands to a leader."""
        return self.do(name, lambda node: node.propose(*commands))

    def change(self, name: str, change: str) -> Ready:
        """Hand a membership change to a leader."""
        return self.do(name, lambda node: node.propose_change(change))

    def tick(self, name: str, ticks: int) -> None:
        """One tick at a time, as a driver with a coarse clock does."""
        for _ in range(ticks):
            self.do(name, lambda node: node.tick())

    def beat(self, name: str) -> Ready:
        """Let exactly one heartbeat interval pass at a leader."""
        return self.do(name, lambda node: node.tick(self.config.heartbeat_ticks))

    def deliver(self, names: Iterable[str] | None = None) -> int:
        """Deliver what lies in the queue now for these servers (or all); returns how many messages that were."""
        allowed = frozenset(self.nodes if names is None else names)
        due = [message for message in self.network if message.receiver in allowed]
        self.network = [message for message in self.network if message.receiver not in allowed]
        for message in due:
            self.transcript.append(message.line())
            if message.receiver in self.nodes:
                self.do(message.receiver, lambda node, message=message: node.step(message))
        return len(due)

    def settle(self, *names: str) -> None:
        """Deliver to these servers (or to all that are up) until nothing is left for them."""
        for _ in range(1_000):
            if not self.deliver(names or None):
                return
        raise AssertionError(f"the group never comes to rest: {self.network[:3]}")

    def drop(self, *, to: str | None = None) -> list[Message]:
        """Lose everything in the queue, or everything for one server; returns what was lost."""
        lost = [message for message in self.network if to in (None, message.receiver)]
        self.network = [message for message in self.network if message not in lost]
        return lost

    def only(self, *names: str) -> None:
        """Like settle, and what goes to anybody else is lost."""
        self.settle(*names)
        self.drop()

    def elect(self, name: str) -> None:
        """Make `name` leader and let the group come to rest."""
        self.campaign(name)
        self.settle()
        assert self.nodes[name].role == "leader", self.roles()

    def roles(self) -> dict[str, tuple[str, int]]:
        """Role and term of everybody."""
        return {name: (node.role, node.term) for name, node in self.nodes.items()}

    def terms(self, name: str) -> tuple[int, ...]:
        """A log as the paper writes it: by terms."""
        return tuple(entry.term for entry in self.nodes[name].log.entries)

    def data(self, name: str) -> list[str]:
        """The commands that a server has applied, without empty entries."""
        return [entry.data for entry in self.applied[name] if entry.kind == "normal"]

    def kinds(self, name: str) -> list[str]:
        """What has happened inside a server."""
        return [kind for actor, kind, _ in self.events if actor == name]

    def lines(self) -> list[str]:
        """The messages in the queue, as text."""
        return [message.line() for message in self.network]


@pytest.fixture
def table() -> type[Table]:
    """The class: a test sets its own table."""
    return Table
