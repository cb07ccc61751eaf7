"""kube-proxy's userspace mode: a listening port per Service port, and rules that redirect to it.

The kernel knows no endpoints. It only knows that what is for a Service has to go to a port of the node, where kube-proxy listens, accepts,
chooses an endpoint, connects to it and copies bytes in both directions. Each byte crosses the border between kernel and program four times,
and the endpoint always sees the node as its client.

Source: kubernetes 1.25, pkg/proxy/userspace/proxier.go (openPortal, iptablesContainerPortalArgs, iptablesHostPortalArgs); removed in 1.26.
Left out: what this mode never had: traffic policies, source ranges, endpoints that serve while they terminate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.changes import ChangeTracker, Update, stale_connections
from k8sedu.kube.proxy.conntrack import Conntrack, Flow
from k8sedu.kube.proxy.iptables.rules import Rule, rule
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings, family_of
from k8sedu.kube.proxy.userspace.balancer import Balancer
from k8sedu.kube.proxy.userspace.walk import Session, UserspaceJourney

FIRST_PORT, LAST_PORT = 32_768, 65_535
"""The real one takes whatever port the kernel has free; here the smallest one from here on."""
NAT_CHAINS = ("KUBE-PORTALS-CONTAINER", "KUBE-PORTALS-HOST", "KUBE-NODEPORT-CONTAINER", "KUBE-NODEPORT-HOST")
_JUMPS = {
    "PREROUTING": ("KUBE-PORTALS-CONTAINER", "KUBE-NODEPORT-CONTAINER"),
    "OUTPUT": ("KUBE-PORTALS-HOST", "KUBE-NODEPORT-HOST"),
}


class NoPortError(K8sEduError, RuntimeError):
    """The node has no port left on which kube-proxy could listen."""


@dataclass(frozen=True)
class UserspaceSync:
    """What a sync did."""

    is_full: bool
    opened: tuple[int, ...]
    """Ports on which kube-proxy listens from now on."""
    closed: tuple[int, ...]
    rules_written: int
    stale: tuple[str, ...] = ()
    """Connections of UDP that the kernel had to forget."""


class PortalTables:
    """The nat rules that lead to the listening ports, chain by chain."""

    def __init__(self) -> None:
        self._of: dict[ServicePortName, dict[str, list[str]]] = {}
        self._chains: dict[str, tuple[Rule, ...]] = {}
        self._read: dict[str, Rule] = {}
        """Line → the rule that it means; a line is read when a packet first comes by."""

    def put(self, name: ServicePortName, lines: dict[str, list[str]] | None) -> int:
        """The rules of a Service port, or nothing if it is gone; how many were written."""
        self._chains.clear()
        for line in (line for found in self._of.pop(name, {}).values() for line in found):
            self._read.pop(line, None)
        if lines is None:
            return 0
        self._of[name] = {chain: [f"-A {chain} {line}" for line in found] for chain, found in lines.items()}
        return sum(map(len, self._of[name].values()))

    def rules(self, table: str, chain: str) -> tuple[Rule, ...] | None:
        """The rules of a chain; None if there is no such chain."""
        if table != "nat" or chain not in {*NAT_CHAINS, *_JUMPS}:
            return None
        if chain not in self._chains:
            lines = _jumps(chain) if chain in _JUMPS else (line for of in self._of.values() for line in of.get(chain, ()))
            self._chains[chain] = tuple(self._rule(line) for line in lines)
        return self._chains[chain]

    def _rule(self, line: str) -> Rule:
        if line not in self._read:
            self._read[line] = rule(line)
        return self._read[line]

    @property
    def rule_count(self) -> int:
        """The rules of all Service ports."""
        return sum(len(rules) for chains in self._of.values() for rules in chains.values())

    def policy(self, table: str, chain: str) -> str:  # noqa: ARG002 - every chain of the kernel accepts
        """What happens at the end of one of the kernel's chains."""
        return "ACCEPT"


def _jumps(chain: str) -> Iterator[str]:
    portals, node_ports = _JUMPS[chain]
    yield f'-A {chain} -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j {portals}'
    last = "handle service NodePorts; NOTE: this must be the last rule in the chain"
    yield f'-A {chain} -m addrtype --dst-type LOCAL -m comment --comment "{last}" -j {node_ports}'


class Userspace:
    """One node in userspace mode: the program, and the rules that lead to it.

    A sync costs O(what has changed).
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.conntrack = Conntrack()
        self.tables = PortalTables()
        self.listeners: dict[ServicePortName, int] = {}
        """Service port → the port on which kube-proxy listens for it."""
        self.balancers: dict[ServicePortName, Balancer] = {}
        self.sessions: dict[Flow, Session] = {}
        """Connections that the program is copying: how the client asks → what it sends to the endpoint."""
        self.is_up: Callable[[str], bool] = lambda _: True
        """Does an endpoint answer when the program connects to it?"""
        self._names: dict[tuple[str, int], ServicePortName] = {}
        self._freed: dict[str, list[int]] = {}
        self._taken: dict[str, int] = {}
        """Protocol → how many ports were ever taken; those that were given back are taken first."""

    def sync(self, tracker: ChangeTracker, update: Update, *, now_ms: int = 0) -> UserspaceSync:  # noqa: ARG002 - nothing here is timed
        """Open and close ports, and write the rules that lead to them."""
        self.settings = tracker.settings
        opened, closed, written = [], [], 0
        for name in dict.fromkeys((*self.listeners, *tracker.ports)) if update.is_full else update.ports:
            port = tracker.ports.get(name)
            if port is None:
                closed += self._close(name)
                continue
            opened += self._open(name)
            written += self.tables.put(name, self._portals(port, self.listeners[name]))
            ready = tuple(backend.text for backend in tracker.backends.get(name, ()) if backend.is_ready)
            self.balancers.setdefault(name, Balancer()).set_endpoints(ready, 1_000 * port.affinity_seconds)
        stale = stale_connections(update, tracker.ports, self.settings)
        self.conntrack.clean(stale)
        return UserspaceSync(update.is_full, tuple(opened), tuple(closed), written, stale)

    def _open(self, name: ServicePortName) -> list[int]:
        if name in self.listeners:
            return []
        freed = self._freed.setdefault(name.protocol, [])
        number = heappop(freed) if freed else FIRST_PORT + self._taken.get(name.protocol, 0)
        if number > LAST_PORT:
            raise NoPortError(f"{name} needs a port of its own on the node, and all from {FIRST_PORT} to {LAST_PORT} are taken")
        self._taken[name.protocol] = max(self._taken.get(name.protocol, 0), number - FIRST_PORT + 1)
        self.listeners[name], self._names[name.protocol, number] = number, name
        return [number]

    def _close(self, name: ServicePortName) -> list[int]:
        self.tables.put(name, None)
        self.balancers.pop(name, None)
        number = self.listeners.pop(name, None)
        if number is None:
            return []
        del self._names[name.protocol, number]
        heappush(self._freed[name.protocol], number)
        return [number]

    def listening(self, packet: Packet) -> ServicePortName | None:
        """The Service port for which kube-proxy listens where a packet has arrived."""
        return self._names.get((packet.protocol, packet.destination_port))

    def _portals(self, port: ServicePort, number: int) -> dict[str, list[str]]:
        """Rules for packets from pods (and from outside), and for those of the node's own programs."""
        protocol, comment = port.name.protocol.lower(), f'-m comment --comment "{port.text}"'
        host = self.settings.node_ip if family_of(self.settings.node_ip) == "IPv4" else f"[{self.settings.node_ip}]"
        redirect, dnat = f"-j REDIRECT --to-ports {number}", f"-j DNAT --to-destination {host}:{number}"
        length = 128 if self.settings.is_ipv6 else 32
        ips = (port.cluster_ip, *port.external_ips, *port.load_balancer_vips)
        meant = [f"-d {ip}/{length} -p {protocol} {comment} -m {protocol} --dport {port.port}" for ip in ips]
        node = [f"-p {protocol} {comment} -m {protocol} --dport {port.node_port}"] if port.node_port else []
        return {
            "KUBE-PORTALS-CONTAINER": [f"{each} {redirect}" for each in meant],
            "KUBE-PORTALS-HOST": [f"{each} {dnat}" for each in meant],
            "KUBE-NODEPORT-CONTAINER": [f"{each} {redirect}" for each in node],
            "KUBE-NODEPORT-HOST": [f"{each} {dnat}" for each in node],
        }

    def route(self, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
        """Send a packet through the rules into the program, and from there to an endpoint."""
        self.conntrack.expire(now_ms=now_ms)
        return UserspaceJourney(self, self.conntrack, rng=rng, now_ms=now_ms, with_misses=with_misses).walk(packet)
