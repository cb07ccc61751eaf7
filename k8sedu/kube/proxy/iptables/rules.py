"""A rule that can be asked: its conditions, and what it does.

Source: iptables-extensions(8), "TARGET EXTENSIONS".
Left out: targets that change nothing that is looked at here (LOG, TCPMSS, CT, …); they let the packet pass on to the next rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8sedu.kube.proxy.iptables.conditions import Condition, State, conditions
from k8sedu.kube.proxy.iptables.syntax import Parts, take_apart
from k8sedu.kube.proxy.packet import Packet

ENDS = frozenset({"ACCEPT", "DROP", "REJECT", "RETURN", "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "QUEUE", "NFQUEUE"})
"""Targets after which no further rule of the chain is asked."""
PASSES = frozenset({
    "MARK", "LOG", "NFLOG", "TCPMSS", "CT", "NOTRACK", "CONNMARK", "CONNSECMARK", "SECMARK", "TRACE", "CHECKSUM", "SET", "CLASSIFY", "TTL",
    "HL", "TOS", "DSCP", "AUDIT", "HMARK", "TPROXY", "ULOG", "TEE", "IDLETIMER", "RATEEST", "LED", "TCPOPTSTRIP", "ECN", "CLUSTERIP",
})  # fmt: skip
"""Targets after which the next rule is asked."""


class Rule(NamedTuple):
    """A rule, ready to be asked."""

    text: str
    parts: Parts
    conditions: tuple[Condition, ...]

    @property
    def target(self) -> str:
        """What it does, or where it leads."""
        return self.parts.target

    def objection(self, packet: Packet, state: State) -> Condition | None:
        """The first condition that the packet does not meet; None for a match."""
        for condition in self.conditions:
            if not condition.test(packet, state):
                return condition
        return None


def rule(line: str) -> Rule:
    """Make a rule of a line, whoever wrote it.

    Raises:
        RuleError: the line is no rule.
    """
    parts = take_apart(line)
    return Rule(line, parts, conditions(parts))


def rules(lines: Iterable[str]) -> tuple[Rule, ...]:
    """Make rules of lines."""
    return tuple(map(rule, lines))


def marked(packet: Packet, parts: Parts) -> Packet:
    """The packet after `-j MARK`."""
    for option in parts.options:
        value, _, mask = option.value.partition("/")
        number = int(value, 0)
        if option.name == "--or-mark":
            return packet._replace(mark=packet.mark | number)
        if option.name == "--and-mark":
            return packet._replace(mark=packet.mark & number)
        if option.name == "--set-mark":
            bits = int(mask or "0xffffffff", 0)
            return packet._replace(mark=(packet.mark & ~bits) | number)
        if option.name in {"--xor-mark", "--set-xmark"}:
            clears = int(mask, 0) if mask else 0 if option.name == "--xor-mark" else 0xFFFFFFFF
            return packet._replace(mark=(packet.mark & ~clears) ^ number)
    return packet
