"""Virtual and real servers: what IPVS knows of Services and endpoints.

A virtual server is an address with a port; behind it stand real servers, each with a weight. kube-proxy makes one virtual server for every
address of a Service port, and gives each endpoint the weight 1; a weight of 0 means: keep your connections, get no new one.

The kernel puts a new real server at the *head* of its list. So round robin over servers added as A, B, C begins with C.

Source: linux, net/netfilter/ipvs/ip_vs_ctl.c (ip_vs_add_service, __ip_vs_update_dest, __ip_vs_unlink_dest).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from k8sedu.kube.proxy.packet import Protocol, socket_text

PERSISTENT = 1
"""Flag: a client stays with its server."""
SOURCE_PORT = 16
"""Flag: the scheduler `mh` looks at the source port too. kube-proxy sets it under the name of source hash."""


class ServerKey(NamedTuple):
    """What tells virtual servers apart."""

    ip: str
    port: int
    protocol: Protocol = "TCP"

    def __str__(self) -> str:
        return f"{self.protocol} {socket_text(self.ip, self.port)}"


@dataclass(eq=False)
class RealServer:
    """One endpoint behind one virtual server."""

    ip: str
    port: int
    weight: int = 1
    active: int = 0
    """Connections that are open."""
    inactive: int = 0
    """Connections that are not open yet, not any more, or of a protocol that has no opening."""
    is_available: bool = True
    """False once it has been taken out of its virtual server."""
    last_weight: int = 1
    """The last weight above 0; `mh` goes on reckoning with it."""

    @property
    def text(self) -> str:
        """Address and port as one text."""
        return socket_text(self.ip, self.port)

    @property
    def connections(self) -> int:
        """All connections."""
        return self.active + self.inactive

    @property
    def overhead(self) -> int:
        """How loaded it is to the schedulers that count connections: an open one weighs as much as 256 others."""
        return 256 * self.active + self.inactive


@dataclass(eq=False)
class VirtualServer:
    """One address of a Service port, and the servers behind it.

    >>> server = VirtualServer(ServerKey("10.96.0.7", 80))
    >>> for host in (1, 2, 3): server.add(RealServer(f"10.244.0.{host}", 8080))
    >>> [real.ip for real in server.reals]
    ['10.244.0.3', '10.244.0.2', '10.244.0.1']
    """

    key: ServerKey
    scheduler: str = "rr"
    flags: int = 0
    timeout_s: int = 0
    """For how long a client stays with its server, where it is persistent."""
    service_port: str = ""
    """The Service port for which it was made."""
    reals: list[RealServer] = field(default_factory=list)
    """In the kernel's order: the newest first."""
    generation: int = 0
    """How often the real servers or their weights have changed; schedulers keep tables that depend on them."""

    @property
    def is_persistent(self) -> bool:
        """Does a client stay with its server?"""
        return bool(self.flags & PERSISTENT)

    def find(self, text: str) -> RealServer | None:
        """The real server with that address and port."""
        return next((real for real in self.reals if real.text == text), None)

    def add(self, real: RealServer) -> None:
        """Put a real server at the head."""
        self.reals.insert(0, real)
        self.generation += 1

    def remove(self, real: RealServer) -> None:
        """Take a real server out; its connections find it unavailable."""
        real.is_available = False
        self.reals.remove(real)
        self.generation += 1

    def set_weight(self, real: RealServer, weight: int) -> None:
        """Change a weight; 0 keeps connections and takes no new one."""
        real.weight = weight
        real.last_weight = weight or real.last_weight
        self.generation += 1


class ServerTable:
    """The virtual servers of a node, found by address and port in O(1)."""

    def __init__(self) -> None:
        self._servers: dict[ServerKey, VirtualServer] = {}

    def __len__(self) -> int:
        return len(self._servers)

    def __iter__(self) -> Iterator[VirtualServer]:
        return iter(self._servers.values())

    def find(self, key: ServerKey) -> VirtualServer | None:
        """The virtual server of an address."""
        return self._servers.get(key)

    def add(self, server: VirtualServer) -> None:
        """Add a virtual server."""
        self._servers[server.key] = server

    def remove(self, server: VirtualServer) -> None:
        """Take a virtual server out, with the real servers behind it."""
        del self._servers[server.key]
        for real in tuple(server.reals):
            server.remove(real)
