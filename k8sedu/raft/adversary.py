"""An adversary: random faults with a sense for what hurts.

Drawing every action blindly would take ages to come across anything: an election needs four messages in the right order. So the adversary
thinks in *rounds*, as the proofs of the paper do: some servers can hear each other for a while and the others cannot; one of them times
out, is given commands, speaks; part of what is said arrives, late, twice or never; somebody crashes. Then the sides change. Between the
rounds it plays single deliveries, drops and duplicates in any order, because some mistakes hide there.

Everything it does is an action of `schedule`, chosen with one random stream, so a schedule is repeated by its seed and number.

Source: the shape of the counterexamples in raft.pdf §5.4 (Figure 8) and thesis ch. 4; Jepsen's nemesis for the menu of faults.
Left out: bytes that rot on disk, and servers that lie.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from random import Random
from typing import Any, NamedTuple

from k8sedu.raft.group import Group
from k8sedu.raft.messages import MESSAGE_NAMES, Message
from k8sedu.raft.schedule import Action


class Flavour(NamedTuple):
    """What an adversary likes to do: weights of its moves within a round."""

    name: str
    moves: dict[str, int]
    exchange: tuple[int, ...] = (1, 2, 3, 4, 6, 40, 40, 40)
    """How many messages travel in one go, each as likely as the others."""
    moves_max: int = 5
    """How many moves a round has at most."""
    hush: float = 0.5
    """How often a side falls silent once its votes are counted."""
    uses_spares: bool = False


_ALWAYS = {"elect": 8, "submit": 8, "speak": 6, "beat": 2, "crash": 3, "restart": 3, "meddle": 2, "wait": 1}

FLAVOURS = (
    Flavour("elections", {**_ALWAYS, "elect": 12, "crash": 6, "restart": 4}, moves_max=3, hush=0.7),
    Flavour("coups", {"elect": 10, "speak": 4, "submit": 2, "restart": 2, "crash": 1}, (2, 3, 4, 4, 5, 6), moves_max=2, hush=0.9),
    Flavour("clients", {"elect": 8, "submit": 14, "speak": 6, "beat": 4, "meddle": 2}),
    Flavour("membership", {"elect": 8, "change": 8, "submit": 5, "speak": 4, "beat": 2, "transfer": 1}, (3, 4, 4, 5, 6, 8, 40, 40),
            moves_max=3, hush=0.6, uses_spares=True),
    Flavour("membership and crashes", {**_ALWAYS, "change": 8, "submit": 5, "transfer": 1}, moves_max=3, hush=0.6, uses_spares=True),
    Flavour("snapshots", {**_ALWAYS, "compact": 6, "beat": 4, "transfer": 1}),
)
"""Each schedule has one flavour: several kinds of trouble at once only dilute each other."""

VOTING = ("pre_vote", "pre_vote_reply", "request_vote", "request_vote_reply")

CHANGES = ("add {new}", "add {new}", "remove {old}", "remove {old}", "learner {new}", "learner {old}", "joint: add {new}",
           "add {new}, remove {old}", "leave joint")  # fmt: skip
"""Membership changes: `new` is not in the leader's configuration, `old` is in it and is not the leader."""


class Adversary:
    """Plays one schedule against a group."""

    def __init__(self, group: Group, random: Random, flavour: Flavour) -> None:
        self.group, self.random = group, random
        self._flavour = flavour
        self._moves = tuple(flavour.moves)
        self._weights = tuple(flavour.moves.values())
        self._names = group.names
        self._written = 0
        voters = group.nodes[self._names[0]].membership.voters
        self._rivals = random.sample(voters, min(2, len(voters)))
        self._rival = self._names[0]

    def play(self, *, steps: int) -> None:
        """Act until an invariant breaks or `steps` actions have happened."""
        while self.group.violation is None and len(self.group.actions) < steps:
            self._round()

    def _round(self) -> None:
        """Some servers hear each other for a while."""
        random = self.random
        self._rival, side = self._sides()
        for move in random.choices(self._moves, self._weights, k=random.randint(1, self._flavour.moves_max)):
            getattr(self, f"_{move}")(side)
            if self.group.violation is not None:
                return
        if random.random() < 0.7:
            self._clear_the_air()

    def _sides(self) -> tuple[str, list[str]]:
        """Who is heard this time: any part of the servers, or one of two rivals with some who do not hear the other rival."""
        random = self.random
        if random.random() < 0.4:
            side = self._some(self._names, smallest=1)
            return self._one(side), side
        rival = self._one(self._rivals)
        others = [name for name in self._names if name not in self._rivals]
        side = [rival, *self._some(others, smallest=1)] if others else [rival]
        return rival, side

    # -- moves -----------------------------------------------------------------------------------------------------------------------

    def _elect(self, side: list[str]) -> None:
        """Somebody stands for election; often the side falls silent as soon as the votes are counted."""
        name = self._rival if self.random.random() < 0.7 else self._one(side)
        if name in self.group.nodes:
            self._stand(name, side)
            self._exchange(side, kinds=VOTING if self.random.random() < self._flavour.hush else MESSAGE_NAMES)

    def _stand(self, name: str, side: list[str]) -> None:
        """Time out, and usually again and again until the term is new to everybody who listens."""
        nodes = self.group.nodes
        newest = max(nodes[other].term for other in side if other in nodes) if self.random.random() < 0.7 else 0
        for _ in range(4):
            if not self._do("timeout", name) or nodes[name].term > newest:
                return

    def _submit(self, side: list[str]) -> None:
        leaders = self._leaders(side)
        name = self._one(leaders) if leaders and self.random.random() < 0.9 else self._one(side)
        client = self._one(("c1", "c2", "c3"))
        waits = self.group.clientele.waiting(client) is not None
        luck = self.random.random()
        if waits:
            self._do("retry", name, client)
        elif luck < 0.3:
            self._do("read", name, f"{client} x")
        elif luck < 0.6:
            self._do("request", name, f"{client} x+=1")
        else:
            self._written += 1
            self._do("request", name, f"{client} x={self._written}")
        self._exchange(side)

    def _speak(self, side: list[str]) -> None:
        self._exchange(side)

    def _beat(self, side: list[str]) -> None:
        for name in side:
            self._do("heartbeat", name)
        self._exchange(side)

    def _crash(self, side: list[str]) -> None:
        name = self._one(side)
        if self._do("crash", name) and self.random.random() < 0.6:
            self._do("restart", name)

    def _restart(self, _side: list[str]) -> None:
        for name in self._names:
            if name not in self.group.nodes and self.random.random() < 0.7:
                self._do("restart", name)

    def _wait(self, side: list[str]) -> None:
        for name in side:
            self._do("wait", name)

    def _compact(self, side: list[str]) -> None:
        self._do("compact", self._one(side))

    def _transfer(self, side: list[str]) -> None:
        if self.group.leader is not None and self._do("transfer", self.group.leader, self._one(side)):
            self._exchange(side)

    def _change(self, side: list[str]) -> None:
        for leader in self._leaders(side):
            members = self.group.nodes[leader].membership.members
            new = [name for name in self._names if name not in members] or self._names
            old = [name for name in members if name != leader] or self._names
            for _ in range(self.random.choice((1, 2))):
                self._do("change", leader, self._one(CHANGES).format(new=self._one(new), old=self._one(old)))
        self._exchange(side)

    def _meddle(self, _side: list[str]) -> None:
        """Single messages, in no order at all."""
        for _ in range(self.random.randrange(1, 6)):
            numbers = tuple(self.group.messages)
            if not numbers or self.group.violation is not None:
                return
            kind = self.random.choices(("deliver", "duplicate", "drop"), (6, 2, 2))[0]
            self._do(kind, text=self.group.name_of(self._one(numbers)))

    # -- messages --------------------------------------------------------------------------------------------------------------------

    def _exchange(self, side: list[str], *, kinds: Container[str] = MESSAGE_NAMES) -> None:
        """Let messages travel within a side: usually until nothing is left to say, sometimes only a few of them."""
        random, group = self.random, self.group
        left = random.choice(self._flavour.exchange)
        mixes = random.random() < 0.3
        while left and group.violation is None:
            ways = [number for number, message in group.messages.items() if self._passes(message, side) and message.kind in kinds]
            if not ways:
                return
            self._do("deliver", text=group.name_of(self._one(ways) if mixes else ways[0]))
            left -= 1

    def _passes(self, message: Message, side: list[str]) -> bool:
        return message.sender in side and message.receiver in side and message.receiver in self.group.nodes

    def _clear_the_air(self) -> None:
        """Most of what is still in flight is lost."""
        for number in tuple(self.group.messages):
            if self.random.random() < 0.85:
                self._do("drop", text=self.group.name_of(number))

    def _leaders(self, side: list[str]) -> list[str]:
        nodes = self.group.nodes
        return [name for name in side if name in nodes and nodes[name].role == "leader"]

    # -- luck ------------------------------------------------------------------------------------------------------------------------

    def _do(self, kind: str, node: str = "", text: str = "") -> bool:
        return self.group.do(Action(kind, node, text))

    def _one(self, things: Sequence[Any]) -> Any:
        return things[int(self.random.random() * len(things))]

    def _some(self, names: Sequence[str], *, smallest: int) -> list[str]:
        """A random part of the servers, in their usual order."""
        count = self.random.randrange(smallest, len(names) + 1)
        chosen = self.random.sample(names, count)
        return [name for name in names if name in chosen]
