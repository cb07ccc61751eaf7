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


@pytest.fixture(scope="session")
def table() -> type[Table]:
    """The class: a test sets its own table."""
    return Table


class Storm(Table):
    """A table on which a dice decides everything, and which checks the promises of Raft as it goes.

    Five servers run, the first three are the group. Messages are lost, doubled and reordered; servers crash, join and leave, hand over,
    read and compact their logs.
    """

    CHANGES = (
        "add n4", "add n5", "learner n4", "learner n3", "remove n1", "remove n2", "add n1, remove n3", "joint: add n2", "leave joint",
    )  # fmt: skip

    def __init__(self, seed: int, *, config: Config = CONFIG, rules: Rules = ALL_RULES, changes: bool = True) -> None:
        super().__init__(3, config=config, rules=rules, seed=seed)
        self.dice = random.Random(seed)
        self.changes = changes
        self.leaders: dict[int, str] = {}
        self.committed: dict[int, Entry] = {}
        self.memberships: dict[int, object] = {}
        self.asked: dict[str, int] = {}
        for name in ("n4", "n5"):
            self.join(name)
        self.names = tuple(self.nodes)

    def run(self, steps: int) -> None:
        """Throw the dice so many times."""
        for _ in range(steps):
            self.one()

    def one(self) -> None:
        """Something happens."""
        dice = self.dice
        if self.network and dice.random() < 0.75:
            return self.message()
        name = dice.choice(self.names)
        if name not in self.nodes:
            return self.restart(name) if dice.random() < 0.3 else None
        happening = dice.choices((self.wait, self.wish, self.fall), (20, 12, 1))[0]
        happening(name)
        return None

    def message(self) -> None:
        """The network takes any message and delivers, doubles or loses it."""
        message = self.network.pop(self.dice.randrange(min(len(self.network), 8)))
        fate = self.dice.random()
        if fate < 0.05:
            self.network.append(message)
        if fate < 0.9 and message.receiver in self.nodes:
            self.do(message.receiver, lambda node: node.step(message))

    def wait(self, name: str) -> None:
        """Time passes at one server."""
        self.do(name, lambda node: node.tick(self.dice.choice((1, 1, 1, 5))))

    def wish(self, name: str) -> None:
        """Somebody wants something of a server."""
        node, dice = self.nodes[name], self.dice
        index, context = node.last_applied, f"{name}/{len(self.asked)}"
        wish = dice.randrange(6)
        if wish == 0 and index > node.log.snapshot_index:
            self.storage[name].compact(node.compact(index, str(index)))
        elif wish == 1:
            self.asked[context] = max(other.commit_index for other in self.nodes.values())
            self.do(name, lambda node: node.read(context))
        elif node.role != "leader" or node.transferee or not node.is_voter:
            return
        elif wish == 2 and self.changes:
            self.change(name, dice.choice(self.CHANGES))
        elif wish == 3 and dice.random() < 0.3:
            self.do(name, lambda node: node.transfer_leadership(dice.choice(self.names)))
        else:
            self.propose(name, f"x={dice.randrange(100)}")

    def fall(self, name: str) -> None:
        """A server crashes; mostly it comes back at once, its messages on the way are not lost."""
        del self.nodes[name]
        if self.dice.random() < 0.7:
            self.restart(name)

    def do(self, name: str, call: Callable[[Node], Ready]) -> Ready:
        """As above, and then everything that must hold is checked."""
        ready = super().do(name, call)
        node = self.nodes[name]
        node.log.check()
        where = f"seed {self.seed}, {name}"
        if node.role == "leader":
            assert self.leaders.setdefault(node.term, name) == name, f"{where}: two leaders in term {node.term}"
        for entry in ready.committed:
            assert self.committed.setdefault(entry.index, entry) == entry, f"{where}: applied {entry}, others {self.committed[entry.index]}"
        if ready.snapshot is not None:
            assert self.committed[ready.snapshot.index].term == ready.snapshot.term, f"{where}: a snapshot of something else"
        if ready.committed or ready.snapshot:
            known = self.memberships.setdefault(max(node.last_applied, node.membership_index), node.membership)
            assert known == node.membership, f"{where}: {node.membership}, others {known}"
        for read in ready.reads:
            assert read.index >= self.asked[read.context], f"{where}: stale read {read}, committed was {self.asked[read.context]}"
        disk = self.storage[name]
        assert (disk.entries, disk.snapshot.index) == (node.log.entries, node.log.snapshot_index), f"{where}: disk and memory differ"
        return ready


@pytest.fixture(scope="session")
def storm() -> type[Storm]:
    """The class: a test chooses the seed."""
    return Storm
