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
from functools import lru_cache
from ipaddress import ip_address
from random import Random
from typing import NamedTuple

from k8sedu.kube.proxy.conntrack import Connection, Conntrack
from k8sedu.kube.proxy.iptables.chains import ChainWalker, Ended
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.ruleset import Tables
from k8sedu.kube.proxy.iptables.syntax import take_apart
from k8sedu.kube.proxy.packet import Hook, Outcome, Packet, Step, Walk, socket_text
from k8sedu.kube.proxy.reasons import delivered, dropped, rejected, unanswered, unserved
from k8sedu.kube.proxy.settings import ProxySettings

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
    return _Journey(kernel, rng, now_ms, with_misses=with_misses).walk(normal(packet))


def normal(packet: Packet) -> Packet:
    """The packet with its addresses in the one way of writing them that rules are compared with."""
    source, destination = _normal(packet.source), _normal(packet.destination)
    is_normal = (source, destination) == (packet.source, packet.destination)
    return packet if is_normal else packet._replace(source=source, destination=destination)


@lru_cache(maxsize=4096)
def _normal(address: str) -> str:
    return str(ip_address(address))


class _Journey:
    """One packet, there and back."""

    def __init__(self, kernel: Kernel, rng: Random, now_ms: int, *, with_misses: bool) -> None:
        self.kernel, self.settings, self.conntrack, self.now_ms = kernel, kernel.settings, kernel.conntrack, now_ms
        self.state = State(self.settings.is_local_address, rng, now_ms, recent=kernel.recent)
        self.walker = ChainWalker(kernel.tables, self.state, self.settings, with_misses=with_misses, is_free=self._is_free)
        self.sent: Packet | None = None
        """As a known connection's packet must leave."""

    def _is_free(self, packet: Packet) -> bool:
        return self.conntrack.find(packet.answer(), now_ms=self.now_ms) is None

    # -- the whole ------------------------------------------------------------------------------------------------------------------------

    def walk(self, packet: Packet) -> Walk:
        """There, and back."""
        known = self.conntrack.find(packet, now_ms=self.now_ms)
        ended = self._go(packet, known)
        there, asked = tuple(self.walker.steps), self.walker.asked
        service = known.chosen_by if known is not None else _service_named(there)
        arrived = Packet(*ended.packet[:5])
        walk = Walk("iptables", packet, "unserved", there, service_port=service, is_known=known is not None, rules_asked=asked)
        if ended.verdict in {"DROP", "REJECT"}:
            outcome: Outcome = "dropped" if ended.verdict == "DROP" else "rejected"
            last = there[-1]
            return walk._replace(outcome=outcome, reason=(dropped if outcome == "dropped" else rejected)(service or str(packet), last))
        if known is None:
            known = self.conntrack.add(Packet(*packet[:5]), arrived, now_ms=self.now_ms, chosen_by=service)
        return self._with_answer(walk._replace(arrived=arrived), known)

    def _with_answer(self, walk: Walk, known: Connection) -> Walk:
        arrived = walk.arrived
        assert arrived is not None
        is_served = walk.packet.destination != arrived.destination or walk.packet.destination_port != arrived.destination_port
        endpoint = socket_text(arrived.destination, arrived.destination_port) if is_served else ""
        outcome: Outcome = "delivered" if is_served else "unserved"
        back: tuple[Step, ...] = ()
        answer = arrived.answer()
        if self.comes_back_here(walk.packet, arrived):
            self.walker.steps = []
            answer = Packet(*self._go(arrived.answer(), known).packet[:5])
            back = tuple(self.walker.steps)
        reason = delivered(walk.service_port or "the address", endpoint, walk.packet, arrived) if is_served else unserved(walk.packet)
        if answer != Packet(*walk.packet[:5]).answer():
            reason = unanswered(walk.packet, answer)
        return walk._replace(outcome=outcome, back=back, answer=answer, endpoint=endpoint, reason=reason)

    def comes_back_here(self, packet: Packet, arrived: Packet) -> bool:
        """Does the answer pass this node, whose conntrack alone can undo what was done?

        A pod that would answer itself does so without ever leaving itself.
        """
        if self.settings.is_local_address(arrived.source):
            return True
        if arrived.source == arrived.destination:
            return False
        return any(self.settings.is_on_node(ip) for ip in (packet.source, arrived.destination))

    # -- one direction --------------------------------------------------------------------------------------------------------------------

    def _go(self, packet: Packet, known: Connection | None) -> Ended:
        """From where it comes from to where it goes."""
        self.sent = self.conntrack.translated(packet, now_ms=self.now_ms) if known is not None else None
        changed = {"DNAT"} if known is not None and known.asked.destination != known.sent.destination else set()
        self.state.ct_states = frozenset({"NEW"}) if known is None else frozenset({"ESTABLISHED"} | changed)
        if self.settings.is_local_address(packet.source) and not packet.in_interface:
            ended = self._hook("OUTPUT", self._routed(packet))
        else:
            came = packet.in_interface or self.settings.interface_of(packet.source)
            ended = self._hook("PREROUTING", packet._replace(in_interface=came))
            if not ended.verdict and self.settings.is_local_address(ended.packet.destination):
                return self._source_part(self._hook("INPUT", ended.packet), "INPUT")
            if not ended.verdict:
                ended = self._hook("FORWARD", self._routed(ended.packet, tell="FORWARD"))
        if not ended.verdict:
            ended = self._source_part(self._hook("POSTROUTING", ended.packet), "POSTROUTING")
        if not ended.verdict and self.settings.is_local_address(ended.packet.destination):
            ended = self._hook("INPUT", ended.packet._replace(in_interface="lo", out_interface=""))
        return ended

    def _routed(self, packet: Packet, tell: Hook = "") -> Packet:
        """Look up where it leaves the node."""
        found = packet._replace(out_interface=self.settings.interface_of(packet.destination))
        if tell:
            where, way = f"to {found.destination}", f"out by {found.out_interface}"
            self.walker.steps.append(Step(tell, "routing", "", 0, where, is_match=True, verdict=way, packet=found))
        return found

    def _hook(self, hook: Hook, packet: Packet) -> Ended:
        """Ask all tables of a hook; only a refusal ends the journey."""
        for table in ORDER[hook]:
            if table == "conntrack":
                packet = self._destination_part(packet, hook)
            elif table == "reroute":
                packet = self._routed(packet)
            elif table != "nat" or self.sent is None:
                ended = self.walker.enter(table, hook, packet)
                packet = ended.packet
                if ended.verdict in {"DROP", "REJECT"}:
                    return ended
        return Ended(packet, "")

    # -- what conntrack does --------------------------------------------------------------------------------------------------------------

    def _destination_part(self, packet: Packet, hook: Hook) -> Packet:
        """A known connection's packet goes where its first one went."""
        self.walker.asked += 1
        if self.sent is None:
            return packet
        after = packet._replace(destination=self.sent.destination, destination_port=self.sent.destination_port)
        self._tell(hook, packet, after, f"to {socket_text(after.destination, after.destination_port)}")
        return after

    def _source_part(self, ended: Ended, hook: Hook) -> Ended:
        """And it comes from where its first one came from."""
        if self.sent is None or ended.verdict:
            return ended
        after = ended.packet._replace(source=self.sent.source, source_port=self.sent.source_port)
        if after != ended.packet:
            self._tell(hook, ended.packet, after, f"from {socket_text(after.source, after.source_port)}")
        return ended._replace(packet=after)

    def _tell(self, hook: Hook, before: Packet, after: Packet, what: str) -> None:
        verdict = f"rewritten {what}" if after != before else "known"
        self.walker.steps.append(Step(hook, "conntrack", "", 0, "a known connection", is_match=True, verdict=verdict, packet=after))


def _service_named(steps: tuple[Step, ...]) -> str:
    """The Service port that the first rule with such a comment names."""
    for step in steps:
        if step.is_match and "--comment" in step.rule:
            found = NAMED.match(take_apart(step.rule).comment)
            if found:
                return found.group()
    return ""
