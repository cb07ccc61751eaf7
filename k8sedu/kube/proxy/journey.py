"""A packet's way through the kernel's hooks, and its answer's way back: what all modes have in common.

What comes in passes PREROUTING, then it is either for the node (INPUT) or for somebody else (FORWARD, POSTROUTING); what the node's own
programs send passes OUTPUT and POSTROUTING. A mode says what is asked at each hook; conntrack rewrites what it knows, in every mode alike.

Source: linux, include/uapi/linux/netfilter.h (hooks), net/netfilter/nf_nat_core.c.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from random import Random
from typing import NamedTuple

from k8sedu.kube.proxy.conntrack import Connection, Conntrack
from k8sedu.kube.proxy.packet import Hook, Outcome, Packet, Step, Walk, socket_text
from k8sedu.kube.proxy.reasons import delivered, unanswered, unserved
from k8sedu.kube.proxy.settings import ProxySettings, family_of
from k8sedu.language import Words


class Ended(NamedTuple):
    """How a hook was left."""

    packet: Packet
    verdict: str = ""
    """DROP or REJECT where the journey ends; empty where it goes on."""


class Journey:
    """One packet, there and back, in one mode."""

    mode = ""

    def __init__(self, settings: ProxySettings, conntrack: Conntrack, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> None:
        self.settings, self.conntrack, self.rng, self.now_ms, self.with_misses = settings, conntrack, rng, now_ms, with_misses
        self.steps: list[Step] = []
        self.asked = 0
        self.sent: Packet | None = None
        """As a known connection's packet must leave; None for a new connection."""

    # -- what a mode says -----------------------------------------------------------------------------------------------------------------

    def ask(self, hook: Hook, packet: Packet) -> Ended:
        """Ask the mode's rules at a hook."""
        raise NotImplementedError

    def is_local(self, address: str) -> bool:
        """Does an address belong to the node?"""
        return self.settings.is_local_address(address)

    def service_named(self, steps: tuple[Step, ...]) -> str:
        """The Service port that was meant, as far as the steps tell."""
        raise NotImplementedError

    def refused(self, packet: Packet, service: str, ended: Ended) -> Words:
        """Why the journey ended before its end."""
        raise NotImplementedError

    # -- the whole ------------------------------------------------------------------------------------------------------------------------

    def walk(self, packet: Packet) -> Walk:
        """There, and back."""
        packet = normal(packet)
        known = self.conntrack.find(packet, now_ms=self.now_ms)
        ended = self.go(packet, known)
        there, asked = tuple(self.steps), self.asked
        service = known.chosen_by if known is not None else self.service_named(there)
        walk = Walk(self.mode, packet, "unserved", there, service_port=service, is_known=known is not None, rules_asked=asked)
        if ended.verdict in {"DROP", "REJECT"}:
            outcome: Outcome = "dropped" if ended.verdict == "DROP" else "rejected"
            return walk._replace(outcome=outcome, reason=self.refused(packet, service, ended))
        arrived = Packet(*ended.packet[:5])
        if known is None:
            known = self.remember(Packet(*packet[:5]), arrived, service)
        return self._with_answer(walk._replace(arrived=arrived), arrived, known)

    def remember(self, asked: Packet, arrived: Packet, service: str) -> Connection:
        """Write a new connection down."""
        return self.conntrack.add(asked, arrived, now_ms=self.now_ms, chosen_by=service)

    def _with_answer(self, walk: Walk, arrived: Packet, known: Connection) -> Walk:
        asked = walk.packet
        is_served = (asked.destination, asked.destination_port) != (arrived.destination, arrived.destination_port)
        endpoint = socket_text(arrived.destination, arrived.destination_port) if is_served else ""
        back: tuple[Step, ...] = ()
        answer = arrived.answer()
        if self._comes_back(asked, arrived):
            self.steps = []
            answer = Packet(*self.go(arrived.answer(), known).packet[:5])
            back = tuple(self.steps)
        reason = delivered(walk.service_port or "the address", endpoint, asked, arrived) if is_served else unserved(asked)
        if answer != Packet(*asked[:5]).answer():
            reason = unanswered(asked, answer)
        outcome: Outcome = "delivered" if is_served else "unserved"
        return walk._replace(outcome=outcome, back=back, answer=answer, endpoint=endpoint, reason=reason)

    def _comes_back(self, packet: Packet, arrived: Packet) -> bool:
        """Does the answer pass this node, whose conntrack alone can undo what was done?

        A pod that would answer itself does so without ever leaving itself.
        """
        if self.settings.is_local_address(arrived.source):
            return True
        if arrived.source == arrived.destination:
            return False
        return any(self.settings.is_on_node(ip) for ip in (packet.source, arrived.destination))

    # -- one direction --------------------------------------------------------------------------------------------------------------------

    def go(self, packet: Packet, known: Connection | None) -> Ended:
        """From where it comes from to where it goes."""
        self.sent = self.conntrack.translated(packet, now_ms=self.now_ms) if known is not None else None
        if self.is_local(packet.source) and not packet.in_interface:
            ended = self.hook("OUTPUT", self.routed(packet))
            ended = self._after(ended)
        else:
            ended = self.hook("PREROUTING", packet._replace(in_interface=packet.in_interface or self.settings.interface_of(packet.source)))
            if ended.verdict:
                return ended
            if self.is_local(ended.packet.destination):
                return self._from(self.hook("INPUT", ended.packet), "INPUT")
            ended = self._after(self.hook("FORWARD", self.routed(ended.packet, tell="FORWARD")))
        if not ended.verdict and self.is_local(ended.packet.destination):
            ended = self.hook("INPUT", ended.packet._replace(in_interface="lo", out_interface=""))
        return ended

    def _after(self, ended: Ended) -> Ended:
        """The last hook of what leaves the node, or loops back into it."""
        if ended.verdict:
            return ended
        return self._from(self.hook("POSTROUTING", self.routed(ended.packet)), "POSTROUTING")

    def hook(self, hook: Hook, packet: Packet) -> Ended:
        """One hook: conntrack where it is asked, then the mode's rules."""
        if hook in {"PREROUTING", "OUTPUT"}:
            packet = self.redirected(packet, hook)
        return self.ask(hook, packet)

    def routed(self, packet: Packet, tell: Hook = "") -> Packet:
        """Look up where it leaves the node."""
        found = packet._replace(out_interface=self.settings.interface_of(packet.destination))
        if tell:
            where, way = f"to {found.destination}", f"out by {found.out_interface}"
            self.steps.append(Step(tell, "routing", "", 0, where, is_match=True, verdict=way, packet=found))
        return found

    # -- what conntrack does --------------------------------------------------------------------------------------------------------------

    def redirected(self, packet: Packet, hook: Hook) -> Packet:
        """A known connection's packet goes where its first one went."""
        self.asked += 1
        if self.sent is None:
            return packet
        after = packet._replace(destination=self.sent.destination, destination_port=self.sent.destination_port)
        self._tell(hook, packet, after, f"to {socket_text(after.destination, after.destination_port)}")
        return after

    def _from(self, ended: Ended, hook: Hook) -> Ended:
        """And it comes from where its first one came from."""
        if self.sent is None or ended.verdict:
            return ended
        after = ended.packet._replace(source=self.sent.source, source_port=self.sent.source_port)
        if after != ended.packet:
            self._tell(hook, ended.packet, after, f"from {socket_text(after.source, after.source_port)}")
        return ended._replace(packet=after)

    def _tell(self, hook: Hook, before: Packet, after: Packet, what: str) -> None:
        verdict = f"rewritten {what}" if after != before else "known"
        self.steps.append(Step(hook, "conntrack", "", 0, "a known connection", is_match=True, verdict=verdict, packet=after))

    # -- masquerading ---------------------------------------------------------------------------------------------------------------------

    def is_free(self, packet: Packet) -> bool:
        """May a packet be sent so, or would its answers be taken for another connection's?"""
        return self.conntrack.find(packet.answer(), now_ms=self.now_ms) is None

    def masqueraded(self, packet: Packet, *, is_random: bool) -> Packet:
        """The node's address becomes the sender, with a port that no other connection to the same place uses."""
        changed = packet._replace(source=node_address(self.settings, packet.out_interface))
        if is_random:
            changed = changed._replace(source_port=self.rng.randrange(1024, 65_536))
        return freed(changed, self.is_free)


def normal(packet: Packet) -> Packet:
    """The packet with its addresses in the one way of writing them that rules are compared with."""
    source, destination = _normal(packet.source), _normal(packet.destination)
    is_normal = (source, destination) == (packet.source, packet.destination)
    return packet if is_normal else packet._replace(source=source, destination=destination)


def freed(packet: Packet, is_free: Callable[[Packet], bool]) -> Packet:
    """The packet with the next source port with which its answers are not taken for another connection's."""
    for _ in range(65_536 - 1024):
        if is_free(packet):
            break
        packet = packet._replace(source_port=1024 + (packet.source_port - 1023) % (65_536 - 1024))
    return packet


@lru_cache(maxsize=4096)
def _normal(address: str) -> str:
    return str(ip_address(address))


def node_address(settings: ProxySettings, interface: str) -> str:
    """The node's address on an interface, or its main one."""
    texts = (text.partition("/")[0] for text in settings.interfaces.get(interface, ()))
    usable = (ip for ip in texts if family_of(ip) == settings.ip_family and not ip.startswith(("127.", "fe80:")) and ip != "::1")
    return next(usable, settings.node_ip)
