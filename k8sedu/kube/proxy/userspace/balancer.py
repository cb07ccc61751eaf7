"""Whose turn it is: round robin over the endpoints of a Service port, in the program itself.

Because a program chooses and connects, it can do what no rule of the kernel can: notice that nobody answers, and try the next one.

Source: kubernetes 1.25, pkg/proxy/userspace/roundrobin.go (NextEndpoint), proxysocket.go (TryConnectEndpoints, EndpointDialTimeouts).
Left out: the real one shuffles the list of endpoints whenever it changes; here it keeps its order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DIAL_TIMEOUTS_MS = (250, 500, 1_000, 2_000)
"""How long each try to connect may take. After the fourth the client is hung up on."""


@dataclass
class Balancer:
    """The endpoints of one Service port.

    >>> turns = Balancer(("10.244.1.5:8080", "10.244.2.5:8080"))
    >>> [turns.next_for("10.0.0.1", now_ms=0) for _ in range(3)]
    ['10.244.1.5:8080', '10.244.2.5:8080', '10.244.1.5:8080']
    """

    endpoints: tuple[str, ...] = ()
    affinity_ms: int = 0
    """How long a client stays with its endpoint after it was here last; 0 for no affinity."""
    _turn: int = 0
    _clients: dict[str, tuple[str, int]] = field(default_factory=dict)

    def set_endpoints(self, endpoints: tuple[str, ...], affinity_ms: int) -> None:
        """The endpoints have changed; clients of those that are gone are free again."""
        self.affinity_ms = affinity_ms
        if endpoints != self.endpoints:
            self.endpoints, self._turn = endpoints, 0
            self._clients = {client: entry for client, entry in self._clients.items() if entry[0] in endpoints}

    def next_for(self, client: str, *, now_ms: int, starts_anew: bool = False) -> str | None:
        """The endpoint for a client's connection; None if there is none. It `starts_anew` where the endpoint before did not answer."""
        if not self.endpoints:
            return None
        endpoint, last_ms = self._clients.get(client, ("", 0))
        if not self.affinity_ms or starts_anew or not endpoint or now_ms - last_ms >= self.affinity_ms:
            endpoint = self.endpoints[self._turn]
            self._turn = (self._turn + 1) % len(self.endpoints)
        if self.affinity_ms:
            self._clients[client] = (endpoint, now_ms)
        return endpoint
