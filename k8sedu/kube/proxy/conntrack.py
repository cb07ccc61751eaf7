"""conntrack: the kernel's memory of connections.

Only the first packet of a connection is shown to the rules that choose an endpoint. What they decided is written down here, and every later
packet, in both directions, is rewritten by it. That is why a change of rules moves no connection that exists, and why an endpoint that is
gone leaves its clients' UDP packets flying into nothing until somebody deletes the entry.

Source: linux, net/netfilter/nf_conntrack_core.c, nf_nat_core.c; default timeouts of nf_conntrack_proto_*.c.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.kube.proxy.packet import Packet

Flow = tuple[str, str, int, str, int]
TIMEOUT_MS = {"TCP": 432_000_000, "UDP": 30_000, "SCTP": 432_000_000}
"""How long a silent connection is remembered: five days for TCP, half a minute for UDP."""


class Connection(NamedTuple):
    """One connection: how it was asked for, and how it is really."""

    asked: Packet
    """As the client sends."""
    sent: Packet
    """As the endpoint receives."""
    expires_ms: int
    chosen_by: str = ""
    """What chose the endpoint."""


class Conntrack:
    """The connections of one node.

    >>> table = Conntrack()
    >>> asked = Packet("10.244.1.7", 40001, "10.96.0.7", 80)
    >>> _ = table.add(asked, asked._replace(destination="10.244.2.3", destination_port=8080), now_ms=0)
    >>> str(table.translated(asked, now_ms=5)), table.translated(asked._replace(source_port=40002), now_ms=5)
    ('TCP 10.244.1.7:40001 → 10.244.2.3:8080', None)
    >>> str(table.translated(Packet("10.244.2.3", 8080, "10.244.1.7", 40001), now_ms=5))
    'TCP 10.96.0.7:80 → 10.244.1.7:40001'
    """

    def __init__(self) -> None:
        self._asked: dict[Flow, Connection] = {}
        self._answers: dict[Flow, Flow] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, asked: Packet, sent: Packet, *, now_ms: int, chosen_by: str = "") -> Connection:
        """Remember a new connection."""
        made = Connection(asked, sent, now_ms + TIMEOUT_MS[asked.protocol], chosen_by)
        self._asked[asked.flow] = made
        self._answers[sent.answer().flow] = asked.flow
        return made

    def find(self, packet: Packet, *, now_ms: int) -> Connection | None:
        """The connection to which a packet of either direction belongs."""
        found = self._asked.get(self._answers.get(packet.flow, packet.flow))
        if found is not None and found.expires_ms <= now_ms:
            self.remove(found)
            return None
        return found

    def translated(self, packet: Packet, *, now_ms: int) -> Packet | None:
        """What a packet of a known connection becomes; None for an unknown one. Either direction keeps the connection alive."""
        found = self.find(packet, now_ms=now_ms)
        if found is None:
            return None
        self._asked[found.asked.flow] = found._replace(expires_ms=now_ms + TIMEOUT_MS[packet.protocol])
        return found.sent if packet.flow == found.asked.flow else found.asked.answer()

    def remove(self, found: Connection) -> None:
        """Forget a connection."""
        self._asked.pop(found.asked.flow, None)
        self._answers.pop(found.sent.answer().flow, None)
