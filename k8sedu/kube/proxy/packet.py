"""Packets, and the record of a packet's way through a node.

A `Walk` is what a mode answers: every step there, every step back, and how it ended. It is data and nothing else, so a picture can be drawn
of it, a student's prediction can be compared with it, and four modes can be laid side by side.

Source: the hooks of netfilter (PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING) and their order: linux, include/uapi/linux/netfilter.h.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.language import Words

Protocol: TypeAlias = Literal["TCP", "UDP", "SCTP"]
Hook: TypeAlias = Literal["", "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]
"""A place in the kernel where rules are asked; empty for what happens in a program (userspace mode)."""
Outcome: TypeAlias = Literal["delivered", "rejected", "dropped", "unserved", "refused"]
"""`unserved`: no Service was meant, the packet goes where it says. `refused`: nobody listens there, or nobody is there any more."""


class PacketError(K8sEduError, ValueError):
    """A packet that cannot be."""


class Packet(NamedTuple):
    """The part of a packet that rules look at.

    >>> packet = Packet("10.244.1.7", 40001, "10.96.0.7", 80)
    >>> str(packet), str(packet.answer())
    ('TCP 10.244.1.7:40001 → 10.96.0.7:80', 'TCP 10.96.0.7:80 → 10.244.1.7:40001')
    """

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: Protocol = "TCP"
    in_interface: str = ""
    """Where it came in; empty for what the node itself sends."""
    out_interface: str = ""
    mark: int = 0
    """The kernel's note on it; it is never sent."""

    def __str__(self) -> str:
        return f"{self.protocol} {socket_text(self.source, self.source_port)} → {socket_text(self.destination, self.destination_port)}"

    def answer(self) -> Packet:
        """What the receiver sends back."""
        return Packet(self.destination, self.destination_port, self.source, self.source_port, self.protocol)

    @property
    def flow(self) -> tuple[str, str, int, str, int]:
        """What conntrack tells connections apart by."""
        return self.protocol, self.source, self.source_port, self.destination, self.destination_port


def socket_text(ip: str, port: int) -> str:
    """Address and port as one text.

    >>> socket_text("10.0.0.1", 80), socket_text("fd00::1", 80)
    ('10.0.0.1:80', '[fd00::1]:80')
    """
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def socket_of(text: str) -> tuple[str, int]:
    """Address and port of a text.

    >>> socket_of("10.0.0.1:80"), socket_of("[fd00::1]:80")
    (('10.0.0.1', 80), ('fd00::1', 80))

    Raises:
        PacketError: there is no port, or no address.
    """
    ip, _, port = text.rpartition(":")
    try:
        return str(ip_address(ip.strip("[]"))), int(port)
    except ValueError:
        raise PacketError(f"{text!r} is no address with a port, expected one such as 10.96.0.7:80 or [fd00::7]:80") from None


class Step(NamedTuple):
    """One thing that happened to a packet: a rule that was asked, a lookup, a rewriting, a decision."""

    hook: Hook
    table: str
    """`nat`, `filter`, `ipvs`, `conntrack`, `routing`, the name of an nft table, or the name of a program."""
    chain: str
    """The chain, virtual server, map or set that was asked."""
    number: int
    """Which rule of the chain, from 1; 0 where there are no rules in an order."""
    rule: str
    """The rule, as the tool of that mode prints it."""
    is_match: bool
    """A rule that does not match is passed by; such steps are kept only when a walk is asked for its misses."""
    verdict: str
    """What it did: `jump KUBE-SVC-…`, `RETURN`, `DNAT to 10.244.1.7:80`, `MARK 0x4000`, `ACCEPT`, `REJECT`, `DROP`, or empty."""
    packet: Packet
    """The packet after the step."""
    why: str = ""
    """For a miss: which condition failed. For a choice: what was drawn, and from what."""


class Walk(NamedTuple):
    """A packet's way through a node, and its answer's way back."""

    mode: str
    packet: Packet
    """As the client sent it."""
    outcome: Outcome
    steps: tuple[Step, ...]
    arrived: Packet | None = None
    """As the endpoint receives it; None where nothing arrives."""
    back: tuple[Step, ...] = ()
    """The steps of the answer."""
    answer: Packet | None = None
    """The answer as the client receives it: it must come from where the client has asked."""
    service_port: str = ""
    """The Service port that was meant: `default/web:http`."""
    endpoint: str = ""
    """Who answers: `10.244.1.7:80`."""
    is_known: bool = False
    """The connection was known to conntrack: no rule had to choose."""
    rules_asked: int = 0
    """How many rules were compared, or lookups made, on the way there."""
    reason: Words = Words("", "")
    """Why it ended as it did."""

    @property
    def is_masqueraded(self) -> bool:
        """Does the endpoint see another source than the client?"""
        return self.arrived is not None and self.arrived.source != self.packet.source

    @property
    def is_answered(self) -> bool:
        """Does the client get an answer, and from where it has asked?"""
        return self.answer is not None and self.answer == Packet(*self.packet[:5]).answer()

    @property
    def chains(self) -> tuple[str, ...]:
        """The chains that were walked through, each once, in their order."""
        return tuple(dict.fromkeys(step.chain for step in self.steps if step.is_match))
