"""A packet's way through a node, and its answer's way back.

The kernel offers five hooks. What comes in passes PREROUTING, then it is either for the node (INPUT) or for somebody else (FORWARD,
POSTROUTING); what the node's own programs send passes OUTPUT and POSTROUTING. Addresses are rewritten at the first hook and at the last, so
that everything in between sees where a packet really goes.

Only the first packet of a connection is shown to the nat table. Its answer is never shown to it: conntrack undoes what was done. And that
is why an answer must come back through the same node, and why some packets have to be masqueraded.

Source: linux, net/netfilter (hook priorities: raw, conntrack, mangle, nat, filter), net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

import re
from random import Random
from typing import NamedTuple

from k8sedu.kube.proxy.conntrack import Connection, Conntrack
from k8sedu.kube.proxy.iptables.chains import ChainWalker
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.ruleset import Tables
from k8sedu.kube.proxy.iptables.syntax import take_apart
from k8sedu.kube.proxy.journey import Ended, Journey
from k8sedu.kube.proxy.packet import Hook, Packet, Step, Walk
from k8sedu.kube.proxy.reasons import dropped, rejected
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.language import Words

ORDER: dict[Hook, tuple[str, ...]] = {
    "PREROUTING": ("raw", "conntrack", "mangle", "nat"), "INPUT": ("mangle", "filter", "security", "nat"),
    "FORWARD": ("mangle", "filter", "security"), "OUTPUT": ("raw", "conntrack", "mangle", "nat", "reroute", "filter", "security"),
    "POSTROUTING": ("mangle", "nat"),
}  # fmt: skip
"""Hook → what is asked there, in this order."""
NAMED = re.compile(r"[^\s/]+/\S+")
"""How a comment of kube-proxy begins that names a Service port."""


class Kernel(NamedTuple):
    """What a node's kernel holds: rules, and what it remembers."""

    tables: Tables
    settings: ProxySettings
    conntrack: Conntrack
    recent: Recent


def follow(kernel: Kernel, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
    """Send a packet through a kernel's tables, and its answer back."""
    return IptablesJourney(kernel, rng=rng, now_ms=now_ms, with_misses=with_misses).walk(packet)


class IptablesJourney(Journey):
    """One packet, there and back, through the tables of iptables."""

    mode = "iptables"

    def __init__(self, kernel: Kernel, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> None:
        super().__init__(kernel.settings, kernel.conntrack, rng=rng, now_ms=now_ms, with_misses=with_misses)
        self._state = State(self.is_local, rng, now_ms, recent=kernel.recent)
        self._walker = ChainWalker(kernel.tables, self._state, self.settings, with_misses=with_misses, is_free=self.is_free)

    def go(self, packet: Packet, known: Connection | None) -> Ended:
        """From where it comes from to where it goes; rules may ask whether the connection is known, and whether it was rewritten."""
        changed = {"DNAT"} if known is not None and known.asked.destination != known.sent.destination else set()
        self._state.ct_states = frozenset({"NEW"}) if known is None else frozenset({"ESTABLISHED"} | changed)
        return super().go(packet, known)

    def hook(self, hook: Hook, packet: Packet) -> Ended:
        """Ask all tables of a hook, and conntrack where its turn is; only a refusal ends the journey."""
        for table in ORDER[hook]:
            if table == "conntrack":
                packet = self.redirected(packet, hook)
            elif table == "reroute":
                packet = self.routed(packet)
            elif table != "nat" or self.sent is None:
                ended = self._enter(table, hook, packet)
                packet = ended.packet
                if ended.verdict:
                    return ended
        return Ended(packet)

    def _enter(self, table: str, hook: Hook, packet: Packet) -> Ended:
        self._walker.steps, before = self.steps, self._walker.asked
        found = self._walker.enter(table, hook, packet)
        self.asked += self._walker.asked - before
        return Ended(found.packet, found.verdict if found.verdict in {"DROP", "REJECT"} else "")

    def service_named(self, steps: tuple[Step, ...]) -> str:
        """The Service port that the first rule with such a comment names."""
        return _service_named(steps)

    def refused(self, packet: Packet, service: str, ended: Ended) -> Words:
        """Why the last rule that matched ended the journey."""
        return (dropped if ended.verdict == "DROP" else rejected)(service or str(packet), self.steps[-1])


def _service_named(steps: tuple[Step, ...]) -> str:
    """The Service port that the first rule with such a comment names."""
    for step in steps:
        if step.is_match and "--comment" in step.rule:
            found = NAMED.match(take_apart(step.rule).comment)
            if found:
                return found.group()
    return ""
