"""A packet's way through a node in IPVS mode.

Every address of every Service is on kube-ipvs0, so to the kernel such a packet is for the node itself. It comes to INPUT, passes the few
rules there, and then the director takes it: the destination becomes a real server's, and the packet leaves by OUTPUT and POSTROUTING as if
the node had sent it. The iptables rules around only mark and filter; they never choose.

Source: linux, net/netfilter/ipvs/ip_vs_core.c (ip_vs_ops: LOCAL_IN, LOCAL_OUT, FORWARD), ip_vs_xmit.c.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from k8sedu.kube.proxy.conntrack import Connection
from k8sedu.kube.proxy.iptables.chains import ChainWalker
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.ruleset import Tables
from k8sedu.kube.proxy.iptables.syntax import Module
from k8sedu.kube.proxy.ipvs.director import Director, Scheduled
from k8sedu.kube.proxy.ipvs.ipsets import IpSet
from k8sedu.kube.proxy.journey import Ended, Journey
from k8sedu.kube.proxy.packet import Hook, Packet, Step, Walk, socket_text
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.language import Words

BRIDGES = ("cbr0", "cni0", "docker0")


class IpvsJourney(Journey):
    """One packet, there and back, through a node in IPVS mode."""

    mode = "ipvs"

    def __init__(
        self, director: Director, sets: Mapping[str, IpSet], tables: Tables, bound: Mapping[str, int], settings: ProxySettings, *,
        rng: Random, now_ms: int = 0, with_misses: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(settings, director.connections, rng=rng, now_ms=now_ms, with_misses=with_misses)
        self.director, self._sets, self._bound = director, {found.name: found for found in sets.values()}, bound
        matchers = {"set": self._in_set, "physdev": self._from_bridge, "ipvs": self._of_virtual}
        self._state = State(self.is_local, rng, now_ms, matchers=matchers)
        self._walker = ChainWalker(tables, self._state, settings, with_misses=with_misses, is_free=self.is_free)
        self._walker.steps = self.steps
        self._virtual: tuple[str, int, str] | None = None
        """What was asked for, once the director has taken the packet."""
        self._scheduled: Scheduled | None = None
        self._known: Connection | None = None

    def is_local(self, address: str) -> bool:
        """The node's own addresses, and everything on kube-ipvs0."""
        return address in self._bound or self.settings.is_local_address(address)

    # -- rules ----------------------------------------------------------------------------------------------------------------------------

    def _table(self, table: str, hook: Hook, packet: Packet) -> Ended:
        self._walker.steps = self.steps
        self._state.ct_states = frozenset({"NEW"}) if self.sent is None else frozenset({"ESTABLISHED"})
        before = self._walker.asked
        ended = self._walker.enter(table, hook, packet)
        self.asked += self._walker.asked - before
        return Ended(ended.packet, ended.verdict if ended.verdict in {"DROP", "REJECT"} else "")

    def _nat(self, hook: Hook, packet: Packet) -> Packet:
        return self._table("nat", hook, packet).packet if self.sent is None else packet

    def _in_set(self, module: Module, packet: Packet) -> bool:
        option = module.options[0]
        name, ways = option.values
        return self._sets[name].has(packet, ways) != option.is_negated

    def _from_bridge(self, module: Module, packet: Packet) -> bool:
        is_bridge = packet.in_interface in BRIDGES or (
            self.settings.local_mode == "BridgeInterface" and packet.in_interface == self.settings.local_value
        )
        return is_bridge != module.options[0].is_negated

    def _of_virtual(self, module: Module, packet: Packet) -> bool:  # noqa: ARG002 - the packet has lost the address by now
        asked = (module.value("--vaddr"), int(module.value("--vport")), module.value("--vproto").upper())
        return self._virtual == asked

    # -- the way --------------------------------------------------------------------------------------------------------------------------

    def walk(self, packet: Packet) -> Walk:
        """There, and back."""
        known = self.conntrack.find(packet, now_ms=self.now_ms)
        real = self.director.connections.server_of(known) if known is not None else None
        if known is not None and real is not None and not real.is_available:
            self.conntrack.remove(known)
            return _lost(packet, known, real.text)
        return super().walk(packet)

    def go(self, packet: Packet, known: Connection | None) -> Ended:
        """From where it comes from to where it goes."""
        self.sent, self._known = self.conntrack.translated(packet, now_ms=self.now_ms) if known is not None else None, known
        if self.is_local(packet.source) and not packet.in_interface:
            return self._out(packet)
        came = packet._replace(in_interface=packet.in_interface or self.settings.interface_of(packet.source))
        after = self._nat("PREROUTING", self._client(came, "PREROUTING"))
        if self.is_local(after.destination):
            return self._in(after)
        ended = self._table("filter", "FORWARD", self.routed(after, tell="FORWARD"))
        if ended.verdict:
            return ended
        return Ended(self._leave(self._server_part(ended.packet, "FORWARD")))

    def _out(self, packet: Packet) -> Ended:
        """A program of the node sends it; the director sits right after the rules that mark."""
        after = self._nat("OUTPUT", self._client(self.routed(packet), "OUTPUT"))
        taken = self._take(after, "OUTPUT")
        if taken is not None:
            return taken
        ended = self._table("filter", "OUTPUT", after)
        return ended if ended.verdict else Ended(self._leave(ended.packet))

    def _in(self, packet: Packet) -> Ended:
        """It is for the node: the filter, then the director."""
        ended = self._table("filter", "INPUT", packet)
        if ended.verdict:
            return ended
        if self._known is not None and packet.source == self._known.sent.destination and not self._is_question(packet):
            return Ended(self._server_part(ended.packet, "INPUT"))
        return self._take(ended.packet, "INPUT") or Ended(ended.packet)

    def _take(self, packet: Packet, hook: Hook) -> Ended | None:
        """The director takes what is for a virtual server, known or new; None for what is not."""
        self.asked += 1
        if self.sent is not None:
            if (self.sent.destination, self.sent.destination_port) == (packet.destination, packet.destination_port):
                return None
            self._virtual = (packet.destination, packet.destination_port, packet.protocol)
            return self._send(self._redirected(packet, self.sent.destination, self.sent.destination_port, hook, "a known connection"))
        self._scheduled = found = self.director.schedule(packet, now_ms=self.now_ms)
        if found is None:
            return None
        if found.real is None:
            self._note(hook, packet, "REJECT", found.why)
            return Ended(packet, "REJECT")
        self._virtual = (packet.destination, packet.destination_port, packet.protocol)
        return self._send(self._redirected(packet, found.real.ip, found.real.port, hook, found.why))

    def _redirected(self, packet: Packet, ip: str, port: int, hook: Hook, why: str) -> Packet:
        after = packet._replace(destination=ip, destination_port=port)
        self._note(hook, after, f"DNAT to {socket_text(ip, port)}", why)
        return after

    def _send(self, packet: Packet) -> Ended:
        """Out again, as if the node had sent it."""
        ended = self._table("filter", "OUTPUT", self.routed(packet._replace(in_interface="")))
        return ended if ended.verdict else Ended(self._leave(ended.packet))

    def _leave(self, packet: Packet) -> Packet:
        """The last hook: masquerading, by the rules for a new connection and from memory for a known one."""
        packet = self.routed(packet)
        if self.sent is None:
            return self._nat("POSTROUTING", packet)
        return self._from(Ended(packet), "POSTROUTING").packet

    # -- both memories --------------------------------------------------------------------------------------------------------------------

    def _client(self, packet: Packet, hook: Hook) -> Packet:
        """Masquerading is undone by conntrack; the rest of what is known is the director's."""
        if self.sent is not None and self._is_question(packet):
            self._tell(hook, packet, packet, "")
            return packet
        return self.redirected(packet, hook)

    def _is_question(self, packet: Packet) -> bool:
        """Does a known connection's packet go from the client to the server?"""
        return self._known is not None and packet.flow == self._known.asked.flow

    def _server_part(self, packet: Packet, hook: Hook) -> Packet:
        """The director puts the virtual server's address back as the sender of an answer."""
        if self.sent is None or (self.sent.source, self.sent.source_port) == (packet.source, packet.source_port):
            return packet
        after = packet._replace(source=self.sent.source, source_port=self.sent.source_port)
        self._note(hook, after, f"rewritten from {socket_text(after.source, after.source_port)}", "the answer of a known connection")
        return after

    def _note(self, hook: Hook, packet: Packet, verdict: str, why: str) -> None:
        rule, chain = "a known connection", ""
        if self._scheduled is not None and self.sent is None:
            server = self._scheduled.server
            chain = str(server.key)
            rule = f"-A -{server.key.protocol[0].lower()} {socket_text(server.key.ip, server.key.port)} -s {server.scheduler}"
            rule += f" -p {server.timeout_s}" if server.is_persistent else ""
        self.steps.append(Step(hook, "ipvs", chain, 0, rule, is_match=True, verdict=verdict, packet=packet, why=why))

    def remember(self, asked: Packet, arrived: Packet, service: str) -> Connection:
        """Write a new connection down, and count it at its server."""
        made = super().remember(asked, arrived, service)
        if self._scheduled is not None and self._scheduled.real is not None:
            self.director.connections.bind(made, self._scheduled.real, self._scheduled.template)
        return made

    # -- what is told ---------------------------------------------------------------------------------------------------------------------

    def service_named(self, steps: tuple[Step, ...]) -> str:  # noqa: ARG002 - the virtual server knows it
        """The Service port for which the virtual server was made."""
        return self._scheduled.server.service_port if self._scheduled is not None else ""

    def refused(self, packet: Packet, service: str, ended: Ended) -> Words:  # noqa: ARG002 - the last step tells more
        """Why it was dropped or rejected."""
        return why_refused(self.steps[-1], packet, service)


def _lost(packet: Packet, known: Connection, server: str) -> Walk:
    """The first packet after a server was taken away is dropped, and the connection forgotten; the next one is new."""
    step = Step("INPUT", "ipvs", "", 0, "a known connection", is_match=True, verdict="DROP", packet=packet, why=f"{server} is gone")
    reason = Words(f"the connection belonged to {server}, which is gone: the packet is dropped, and the connection forgotten",
                   f"该连接属于已不存在的 {server}：数据包被丢弃，连接被遗忘")  # fmt: skip
    return Walk("ipvs", packet, "dropped", (step,), service_port=known.chosen_by, is_known=True, rules_asked=1, reason=reason)


def why_refused(step: Step, packet: Packet, service: str) -> Words:
    """One sentence on a packet that ended at a rule or at the director."""
    place = socket_text(packet.destination, packet.destination_port)
    if step.table == "ipvs":
        return Words(f"{service} has no endpoints for this node: the director rejects the packet, and the client is told at once",
                     f"{service} 没有本节点可选的端点（endpoint）：IPVS 拒绝该数据包，客户端立即得知")  # fmt: skip
    if step.chain == "KUBE-IPVS-FILTER":
        return Words(f"{place} is an address of a Service, but none of its ports: the packet is rejected",
                     f"{place} 是某个 Service 的地址，但不是它的端口：数据包被拒绝")  # fmt: skip
    if step.chain == "KUBE-SOURCE-RANGES-FIREWALL":
        return Words(f"the client {packet.source} is outside of the load balancer source ranges of {place}: the packet is dropped",
                     f"客户端 {packet.source} 不在 {place} 的 loadBalancerSourceRanges 之内：数据包被丢弃")  # fmt: skip
    return Words(f"chain {step.chain} of table {step.table} refuses the packet for {place}",
                 f"{step.table} 表的链 {step.chain} 拒绝发往 {place} 的数据包")  # fmt: skip
