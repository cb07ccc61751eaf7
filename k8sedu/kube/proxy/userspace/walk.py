"""A packet's way into kube-proxy, and what kube-proxy sends in its place.

There are two connections: one from the client to the program, and one from the program to an endpoint. So a failed try is no failed
connection: the program tries the next endpoint while the client waits, four times in all. UDP has no connecting that could fail.

Source: kubernetes 1.25, pkg/proxy/userspace/proxysocket.go.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple, Protocol

from k8sedu.kube.proxy.conntrack import Conntrack, Flow
from k8sedu.kube.proxy.iptables.chains import ChainWalker
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.ruleset import Tables
from k8sedu.kube.proxy.journey import Ended, Journey, node_address
from k8sedu.kube.proxy.packet import Hook, Packet, Step, Walk, socket_of, socket_text
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.reasons import delivered, unserved
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.proxy.userspace.balancer import DIAL_TIMEOUTS_MS, Balancer
from k8sedu.language import Words

UDP_IDLE_MS = 250
"""A conversation by UDP that is silent for so long is over; the next packet gets another endpoint."""


class Session(NamedTuple):
    """One connection that the program copies on."""

    sent: Packet
    """What it sends to the endpoint."""
    used_ms: int


class Program(Protocol):
    """What a walk needs of kube-proxy."""

    settings: ProxySettings
    balancers: dict[ServicePortName, Balancer]
    sessions: dict[Flow, Session]
    is_up: Callable[[str], bool]

    @property
    def tables(self) -> Tables:
        """The rules that lead to the listening ports."""

    def listening(self, packet: Packet) -> ServicePortName | None:
        """The Service port for which kube-proxy listens where a packet has arrived."""


class UserspaceJourney(Journey):
    """One packet, there and back, through the program."""

    mode = "userspace"

    def __init__(self, program: Program, conntrack: Conntrack, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> None:
        super().__init__(program.settings, conntrack, rng=rng, now_ms=now_ms, with_misses=with_misses)
        self.program = program
        self._walker = ChainWalker(program.tables, State(self.is_local, rng, now_ms), program.settings, with_misses=with_misses)

    def ask(self, hook: Hook, packet: Packet) -> Ended:
        """The nat rules at the two hooks where packets come in."""
        if self.sent is not None or hook not in {"PREROUTING", "OUTPUT"}:
            return Ended(packet)
        self._walker.steps, before = self.steps, self._walker.asked
        ended = self._walker.enter("nat", hook, packet)
        self.asked += self._walker.asked - before
        return Ended(ended.packet)

    def walk(self, packet: Packet) -> Walk:
        """Into the program, out of it, and the answer back."""
        known = self.conntrack.find(packet, now_ms=self.now_ms)
        arrived = Packet(*self.go(packet, known).packet[:5])
        name = self.program.listening(arrived) if self.is_local(arrived.destination) else None
        if known is None:
            known = self.conntrack.add(Packet(*packet[:5]), arrived, now_ms=self.now_ms, chosen_by=str(name) if name else "")
        walk = Walk(
            "userspace", packet, "unserved", tuple(self.steps), arrived, service_port=str(name) if name else "",
            is_known=self._session(packet) is not None, rules_asked=self.asked, answer=packet.answer(), reason=unserved(packet),
        )  # fmt: skip
        return walk if name is None else self._served(walk, arrived, name)

    def _served(self, walk: Walk, arrived: Packet, name: ServicePortName) -> Walk:
        """The program has it; who gets what it sends?"""
        self._program(arrived, str(name), 0, f"listens on port {arrived.destination_port}", "accepts")
        known = self._session(walk.packet)
        sent = known.sent if known is not None else self._connected(arrived, name)
        is_broken = known is not None and arrived.protocol == "TCP" and not self.program.is_up(_place(known.sent))
        if sent is None or is_broken:
            return self._hung_up(walk, name, sent)
        self.program.sessions[walk.packet.flow] = Session(sent, self.now_ms)
        endpoint = _place(sent)
        there, self.steps = tuple(self.steps), []
        return walk._replace(
            outcome="delivered", arrived=sent, endpoint=endpoint, steps=there, back=self._back(walk.packet, sent, str(name)),
            reason=delivered(str(name), endpoint, walk.packet, sent),
        )  # fmt: skip

    def _session(self, packet: Packet) -> Session | None:
        """What the program remembers of a connection."""
        found = self.program.sessions.get(packet.flow)
        is_over = found is not None and packet.protocol == "UDP" and self.now_ms - found.used_ms > UDP_IDLE_MS
        return None if is_over else found

    def _hung_up(self, walk: Walk, name: ServicePortName, lost: Packet | None) -> Walk:
        """The program closes what it had accepted."""
        self.conntrack.close(walk.packet, now_ms=self.now_ms)
        self.program.sessions.pop(walk.packet.flow, None)
        reason = hung_up(str(name), has_any=bool(self.program.balancers[name].endpoints), lost=_place(lost) if lost is not None else "")
        return walk._replace(outcome="refused", arrived=None, answer=None, steps=tuple(self.steps), reason=reason)

    def _connected(self, arrived: Packet, name: ServicePortName) -> Packet | None:
        """Try one endpoint after the other."""
        balancer, starts_anew = self.program.balancers[name], False
        tries = DIAL_TIMEOUTS_MS if arrived.protocol == "TCP" else DIAL_TIMEOUTS_MS[:1]
        for number, timeout_ms in enumerate(tries, 1):
            endpoint = balancer.next_for(arrived.source, now_ms=self.now_ms, starts_anew=starts_anew)
            if endpoint is None:
                return None
            ip, port = socket_of(endpoint)
            source = node_address(self.settings, self.settings.interface_of(ip))
            sent = Packet(source, self.rng.randrange(32_768, 61_000), ip, port, arrived.protocol)
            if self.program.is_up(endpoint) or arrived.protocol == "UDP":
                self._program(sent, str(name), number, f"try {number}: {endpoint} is next", f"connects to {endpoint}")
                self.steps.append(Step("OUTPUT", "routing", "", 0, f"to {ip}", is_match=True,
                                       verdict=f"out by {self.settings.interface_of(ip)}", packet=sent))  # fmt: skip
                return sent
            self._program(arrived, str(name), number, f"try {number}: {endpoint} is next", f"gives up after {timeout_ms} ms")
            starts_anew = True
        return None

    def _program(self, packet: Packet, chain: str, number: int, rule: str, verdict: str) -> None:
        self.steps.append(Step("", "kube-proxy", chain, number, rule, is_match=True, verdict=verdict, packet=packet))

    def _back(self, packet: Packet, sent: Packet, name: str) -> tuple[Step, ...]:
        """The answer: into the program, copied, and rewritten by conntrack so that it comes from where the client has asked."""
        self._program(sent.answer(), name, 0, "the endpoint's answer", "copies it to the client")
        known = self.conntrack.find(packet, now_ms=self.now_ms)
        if known is not None:
            self.go(known.sent.answer(), known)
        return tuple(self.steps)

    def service_named(self, steps: tuple[Step, ...]) -> str:
        """The Service port whose rule was met first."""
        return next((step.chain for step in steps if step.table == "kube-proxy"), "")

    def refused(self, packet: Packet, service: str, ended: Ended) -> Words:
        """The rules of this mode refuse nothing."""
        raise AssertionError(f"{packet} ended with {ended.verdict} for {service}, though no rule of userspace mode refuses")


def _place(sent: Packet) -> str:
    return socket_text(sent.destination, sent.destination_port)


def hung_up(service: str, *, has_any: bool, lost: str = "") -> Words:
    """Why the program closed a connection that it had accepted."""
    if lost:
        return Words(f"the endpoint {lost} of {service} broke the connection off: only connecting is tried again, so kube-proxy hangs up",
                     f"{service} 的端点 {lost} 断开了连接：只有建立连接才会重试，因此 kube-proxy 挂断")  # fmt: skip
    if not has_any:
        return Words(f"kube-proxy accepts the connection, finds no endpoint for {service}, and hangs up",
                     f"kube-proxy 接受了连接，但 {service} 没有端点（endpoint），于是挂断")  # fmt: skip
    return Words(f"kube-proxy accepts the connection, tries {len(DIAL_TIMEOUTS_MS)} times to reach an endpoint of {service}, and hangs up",
                 f"kube-proxy 接受了连接，尝试 {len(DIAL_TIMEOUTS_MS)} 次都连不上 {service} 的端点（endpoint），于是挂断")  # fmt: skip
