"""What happens to a message on its way: it takes time, overtakes others, arrives twice or never, or meets a partition.

`Network` says how a network behaves; `Wire` is one such network in a run, with the links that are cut right now. A wire does not carry
anything: asked about a message, it answers when it will arrive. The driver keeps the messages and the clock.

Each message draws the same random numbers whether its link is cut or not. So a partition changes the fate of the messages that it
stops, and nothing else: the delays of all the others stay as they were.

Left out: bandwidth. Messages do not queue behind each other; a slow link is a link with a longer delay.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from k8sedu.errors import K8sEduError

Link = tuple[str, str]
"""From a sender to a receiver."""

_new = tuple.__new__
"""Makes a Delivery without the call of its own constructor: a run makes one per message."""


class NetworkError(K8sEduError, ValueError):
    """A network that cannot be."""


class Delivery(NamedTuple):
    """One arrival of a message. A lost one gets so far that a picture can show where it disappears, but never arrives."""

    due_us: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Network:
    """How a network treats messages. The delay of each message is drawn evenly from a range.

    The default is a local network as in the Raft paper, where a broadcast and its answers take 0.5 to 20 ms.

    >>> Network(delay_ms=(30, 40), loss=0.01).delay_us()
    (30000, 40000)
    >>> Network(loss=2)
    Traceback (most recent call last):
    k8sedu.sim.network.NetworkError: loss is 2, expected a ratio from 0 to 1

    Source: delays fitted to figure 16 of "In Search of an Understandable Consensus Algorithm".
    """

    delay_ms: float | tuple[float, float] = (0.5, 6.0)
    loss: float = 0.0
    duplication: float = 0.0
    reordering: bool = True
    slow_links: Mapping[Link, float | tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("loss", "duplication"):
            if not 0 <= getattr(self, name) <= 1:
                raise NetworkError(f"{name} is {getattr(self, name)!r}, expected a ratio from 0 to 1")
        for delay_ms in (self.delay_ms, *self.slow_links.values()):
            _range_us(delay_ms)

    def delay_us(self, link: Link | None = None) -> tuple[int, int]:
        """The shortest and the longest delay on this link, or on a usual one."""
        return _range_us(self.delay_ms if link is None else self.slow_links.get(link, self.delay_ms))

    def __hash__(self) -> int:
        return hash((self.delay_ms, self.loss, self.duplication, self.reordering, frozenset(self.slow_links.items())))


class Wire:
    """A network in a run: what it does to each message, given the links that are cut now.

    >>> wire = Wire(Network(delay_ms=2))
    >>> wire.plan("n1", "n2", now_us=1000, random=Random(7))
    (Delivery(due_us=3000, lost=False),)
    >>> wire.cut([("n1", "n2")], cause="wall")
    >>> wire.plan("n1", "n2", now_us=1000, random=Random(7))
    (Delivery(due_us=3000, lost=True),)
    """

    __slots__ = (
        "_cuts",
        "_duplication",
        "_in_order",
        "_is_plain",
        "_last_due_us",
        "_loss",
        "_plain_us",
        "_slow",
        "_usual",
        "_walls",
        "blocked",
        "network",
    )

    def __init__(self, network: Network) -> None:
        self.blocked: tuple[Link, ...] = ()  # sorted, and the same object until it changes: frames share it
        self._walls: frozenset[Link] = frozenset()
        self._cuts: dict[Hashable, frozenset[Link]] = {}
        self._last_due_us: dict[Link, int] = {}
        self.become(network)

    def become(self, network: Network) -> None:
        """From now on messages are treated like this; the cuts stay, and so do the messages already on their way."""
        self.network = network
        low_us, high_us = self._usual = network.delay_us()
        self._plain_us = low_us, high_us - low_us + 1
        self._is_plain = not (network.loss or network.duplication or network.slow_links) and network.reordering
        self._slow = {link: network.delay_us(link) for link in network.slow_links}
        self._loss, self._duplication, self._in_order = network.loss, network.duplication, not network.reordering

    def plan(self, sender: str, receiver: str, now_us: int, random: Random) -> tuple[Delivery, ...]:
        """When a message sent now arrives: one delivery, or two if the network makes a copy."""
        if self._is_plain:
            (low_us, span_us), walls = self._plain_us, self._walls
            lost = (sender, receiver) in walls if walls else False
            return (_new(Delivery, (now_us + low_us + int(random.random() * span_us), lost)),)
        link = (sender, receiver)
        first = self._delivery(link, now_us, random)
        if self._duplication and random.random() < self._duplication:
            return first, self._delivery(link, now_us, random)
        return (first,)

    def is_blocked(self, sender: str, receiver: str) -> bool:
        """Whether this link is cut now; a message in flight asks when it arrives."""
        return (sender, receiver) in self._walls

    def cut(self, links: Iterable[Link], *, cause: Hashable) -> None:
        """Cut these links. Cuts of several causes add up."""
        self._cuts[cause] = frozenset(links)
        self._build_walls()

    def mend(self, cause: Hashable) -> None:
        """Take away the cuts of one cause; a link that another cause cuts as well stays cut."""
        self._cuts.pop(cause, None)
        self._build_walls()

    def heal(self) -> None:
        """Take away all cuts."""
        self._cuts.clear()
        self._build_walls()

    def _build_walls(self) -> None:
        self._walls = frozenset().union(*self._cuts.values())
        self.blocked = tuple(sorted(self._walls))

    def _delivery(self, link: Link, now_us: int, random: Random) -> Delivery:
        low_us, high_us = self._slow.get(link, self._usual) if self._slow else self._usual
        due_us = now_us + low_us + int(random.random() * (high_us - low_us + 1))
        lost = self._loss > 0 and random.random() < self._loss
        if self._in_order and not lost:
            due_us = self._last_due_us[link] = max(due_us, self._last_due_us.get(link, 0))
        return Delivery(due_us, lost or link in self._walls)


def links_between(groups: Sequence[Sequence[str]], *, nodes: Sequence[str]) -> tuple[Link, ...]:
    """The links that a partition into these groups cuts, both ways; nodes that are in no group form one more.

    >>> links_between([["n1"]], nodes=["n1", "n2", "n3"])
    (('n1', 'n2'), ('n1', 'n3'), ('n2', 'n1'), ('n3', 'n1'))
    """
    side = {name: number for number, group in enumerate(groups) for name in group}
    rest = len(groups)
    return tuple((a, b) for a in nodes for b in nodes if side.get(a, rest) != side.get(b, rest))


def _range_us(delay_ms: float | tuple[float, float]) -> tuple[int, int]:
    low_ms, high_ms = delay_ms if isinstance(delay_ms, tuple | list) else (delay_ms, delay_ms)
    if not (math.isfinite(high_ms) and 0 <= low_ms <= high_ms):
        raise NetworkError(f"the delay is {delay_ms!r} ms, expected a number from 0 on, or (shortest, longest)")
    return round(low_ms * 1000), round(high_ms * 1000)
