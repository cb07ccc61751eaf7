"""The director: the part of the kernel that lets a real server answer for a virtual one.

It keeps its own memory of connections, and of clients that must stay with their server (*templates*). A template is asked before any
scheduler is; it holds while its time runs or a connection under it is open, unless its server is on its way out.

Its patience is shorter than that of conntrack: a TCP connection that is silent for 15 minutes is forgotten, and that breaks clients which
keep connections open without a word.

Source: linux, net/netfilter/ipvs/ip_vs_core.c (ip_vs_schedule, ip_vs_sched_persist, ip_vs_in), ip_vs_conn.c; kubernetes 1.30,
pkg/proxy/ipvs/proxier.go (sysctls conntrack, expire_nodest_conn and expire_quiescent_template are 1).
Left out: one-packet scheduling, firewall marks, tunnels and direct routing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from k8sedu.kube.proxy.conntrack import TIMEOUT_MS, Connection, Conntrack, Flow
from k8sedu.kube.proxy.ipvs.schedulers import Scheduler, scheduler_of
from k8sedu.kube.proxy.ipvs.servers import RealServer, ServerKey, ServerTable, VirtualServer
from k8sedu.kube.proxy.packet import Packet

IPVS_TIMEOUT_MS = {
    **TIMEOUT_MS, ("TCP", "ESTABLISHED"): 900_000, ("UDP", "UNREPLIED"): 300_000, ("UDP", "ASSURED"): 300_000,
    ("SCTP", "ESTABLISHED"): 900_000,
}  # fmt: skip


@dataclass
class Template:
    """A client that stays with a server."""

    real: RealServer
    expires_ms: int
    connections: int = 0
    """How many are open under it."""


class Connections(Conntrack):
    """The connections that the director has given to servers; each counts at its server for as long as it is remembered."""

    timeouts = IPVS_TIMEOUT_MS

    def __init__(self) -> None:
        super().__init__()
        self._at: dict[Flow, tuple[RealServer, Template | None]] = {}

    def bind(self, found: Connection, real: RealServer, template: Template | None = None) -> None:
        """A connection belongs to a server; TCP is open at once here, since no packet shows its handshake."""
        self._at[found.asked.flow] = (real, template)
        self._count(found, real, 1)
        if template is not None:
            template.connections += 1

    def server_of(self, found: Connection) -> RealServer | None:
        """The server that has a connection."""
        return self._at[found.asked.flow][0] if found.asked.flow in self._at else None

    def close(self, packet: Packet, *, now_ms: int, is_reset: bool = False) -> None:
        """A connection has ended; until it is forgotten it counts as inactive."""
        found = self.find(packet, now_ms=now_ms)
        real = self.server_of(found) if found is not None else None
        if found is not None and real is not None:
            self._count(found, real, -1)
        super().close(packet, now_ms=now_ms, is_reset=is_reset)
        after = self.find(packet, now_ms=now_ms)
        if after is not None and real is not None:
            self._count(after, real, 1)

    def remove(self, found: Connection) -> None:
        """Forget a connection."""
        super().remove(found)
        real, template = self._at.pop(found.asked.flow, (None, None))
        if real is not None:
            self._count(found, real, -1)
        if template is not None:
            template.connections -= 1

    def _count(self, found: Connection, real: RealServer, change: int) -> None:
        if found.asked.protocol == "TCP" and found.state == "ESTABLISHED":
            real.active += change
        else:
            real.inactive += change


class Scheduled(NamedTuple):
    """Whom a connection was given to."""

    server: VirtualServer
    real: RealServer | None
    """Nobody, where no server may be chosen."""
    template: Template | None
    why: str


class Director:
    """The virtual servers of a node, its connections, and who is next.

    Finding a virtual server costs O(1) in the number of Services; scheduling what its scheduler costs.
    """

    def __init__(self) -> None:
        self.servers = ServerTable()
        self.connections = Connections()
        self._schedulers: dict[VirtualServer, Scheduler] = {}
        self._templates: dict[tuple[VirtualServer, str], Template] = {}

    def schedule(self, packet: Packet, *, now_ms: int) -> Scheduled | None:
        """Choose a real server for a new connection; None if no virtual server is meant."""
        server = self.servers.find(ServerKey(packet.destination, packet.destination_port, packet.protocol))
        if server is None:
            return None
        if not server.is_persistent:
            real = self.scheduler(server).pick(packet, now_ms=now_ms)
            return Scheduled(server, real, None, _told(server, real))
        template = self._templates.get((server, packet.source))
        if template is not None and _holds(template, now_ms):
            template.expires_ms = now_ms + 1_000 * server.timeout_s
            return Scheduled(server, template.real, template, f"{packet.source} stays with {template.real.text}")
        real = self.scheduler(server).pick(packet, now_ms=now_ms)
        if real is None:
            return Scheduled(server, None, None, _told(server, None))
        made = self._templates[server, packet.source] = Template(real, now_ms + 1_000 * server.timeout_s)
        return Scheduled(server, real, made, f"{_told(server, real)}; {packet.source} stays with it for {server.timeout_s} s")

    def check(self) -> None:
        """Each server counts the connections that it has, and each template those under it."""
        self.connections.check()
        counted = Counter(self.connections.server_of(found) for found in self.connections)
        for server in self.servers:
            assert all(real.connections == counted[real] for real in server.reals), f"{server.key}: a real server miscounts"
            assert all(real.active >= 0 and real.inactive >= 0 for real in server.reals), f"{server.key}: fewer than no connections"

    def scheduler(self, server: VirtualServer) -> Scheduler:
        """The scheduler of a virtual server, with what it remembers."""
        if server not in self._schedulers:
            self._schedulers[server] = scheduler_of(server)
        return self._schedulers[server]

    def remove(self, server: VirtualServer) -> None:
        """Take a virtual server out, with everything that was remembered for it."""
        self.servers.remove(server)
        self._schedulers.pop(server, None)
        for key in [key for key in self._templates if key[0] is server] if server.is_persistent else ():
            del self._templates[key]


def _holds(template: Template, now_ms: int) -> bool:
    real = template.real
    return real.is_available and real.weight > 0 and (template.expires_ms > now_ms or template.connections > 0)


def _told(server: VirtualServer, real: RealServer | None) -> str:
    count = sum(1 for each in server.reals if each.weight > 0)
    return f"{server.scheduler} over {count} server{'' if count == 1 else 's'} chose {real.text if real is not None else 'nobody'}"
