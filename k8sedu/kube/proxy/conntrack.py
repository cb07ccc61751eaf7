"""conntrack: the kernel's memory of connections.

Only the first packet of a connection is shown to the rules that choose an endpoint. What they decided is written down here, and every later
packet, in both directions, is rewritten by it. That is why a change of rules moves no connection that exists, and why an endpoint that is
gone leaves its clients' UDP packets flying into nothing until somebody deletes the entry.

Source: linux, net/netfilter/nf_conntrack_core.c, nf_nat_core.c; default timeouts of nf_conntrack_proto_*.c; kubernetes 1.30,
pkg/proxy/conntrack/cleanup.go (which entries kube-proxy deletes).
Left out: the states of opening and of half-closed connections, sequence numbers, and the size of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

from k8sedu.kube.proxy.packet import Packet

Flow = tuple[str, str, int, str, int]
TIMEOUT_MS = {
    ("TCP", "ESTABLISHED"): 432_000_000, ("TCP", "TIME_WAIT"): 120_000, ("TCP", "CLOSE"): 10_000, ("UDP", "UNREPLIED"): 30_000,
    ("UDP", "ASSURED"): 120_000, ("SCTP", "ESTABLISHED"): 432_000_000, ("SCTP", "TIME_WAIT"): 3_000, ("SCTP", "CLOSE"): 10_000,
}  # fmt: skip
"""Protocol and state → how long a silent connection is remembered: five days for open TCP, half a minute for a question by UDP."""


class Connection(NamedTuple):
    """One connection: how it was asked for, and how it is really."""

    asked: Packet
    """As the client sends."""
    sent: Packet
    """As the endpoint receives."""
    expires_ms: int
    chosen_by: str = ""
    """What chose the endpoint."""
    state: str = "ESTABLISHED"

    def __str__(self) -> str:
        return f"{self.asked} {self.state}, answered by {self.sent.answer()}"


class Conntrack:
    """The connections of one node.

    >>> table = Conntrack()
    >>> asked = Packet("10.244.1.7", 40001, "10.96.0.7", 80)
    >>> _ = table.add(asked, asked._replace(destination="10.244.2.3", destination_port=8080), now_ms=0)
    >>> str(table.translated(asked, now_ms=5)), table.translated(asked._replace(source_port=40002), now_ms=5)
    ('TCP 10.244.1.7:40001 → 10.244.2.3:8080', None)
    >>> str(table.translated(Packet("10.244.2.3", 8080, "10.244.1.7", 40001), now_ms=5))
    'TCP 10.96.0.7:80 → 10.244.1.7:40001'

    Finding and adding cost O(1), forgetting what is due O(log n) for each entry.
    """

    timeouts: Mapping[tuple[str, str], int] = TIMEOUT_MS

    def __init__(self) -> None:
        self._asked: dict[Flow, Connection] = {}
        self._answers: dict[Flow, Flow] = {}
        self._due: list[tuple[int, Flow]] = []

    def __len__(self) -> int:
        return len(self._asked)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._asked.values()))

    def check(self) -> None:
        """Both directions of every connection are found, and nothing else."""
        assert len(self._asked) == len(self._answers), "each connection has one way back"
        for flow, found in self._asked.items():
            assert found.asked.flow == flow, "a connection lies under how it was asked for"
            assert self._answers[found.sent.answer().flow] == flow, "its answers lead to it"
        assert set(self._asked) <= {flow for _, flow in self._due}, "each will be looked at when it may be due"

    # -- the packets' side ----------------------------------------------------------------------------------------------------------------

    def add(self, asked: Packet, sent: Packet, *, now_ms: int, chosen_by: str = "") -> Connection:
        """Remember a new connection."""
        old = self._asked.get(asked.flow)
        if old is not None:
            self.remove(old)
        state = "UNREPLIED" if asked.protocol == "UDP" else "ESTABLISHED"
        made = Connection(asked, sent, now_ms + self.timeouts[asked.protocol, state], chosen_by, state)
        self._asked[asked.flow] = made
        self._answers[sent.answer().flow] = asked.flow
        heappush(self._due, (made.expires_ms, asked.flow))
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
        is_question = packet.flow == found.asked.flow
        state = "ASSURED" if found.state == "UNREPLIED" and not is_question else found.state
        if state != "TIME_WAIT":
            self._asked[found.asked.flow] = found._replace(expires_ms=now_ms + self.timeouts[packet.protocol, state], state=state)
        return found.sent if is_question else found.asked.answer()

    def close(self, packet: Packet, *, now_ms: int, is_reset: bool = False) -> None:
        """Both sides have ended a connection, or one has broken it off; it is remembered a little longer."""
        found = self.find(packet, now_ms=now_ms)
        if found is None or found.asked.protocol == "UDP":
            return
        state = "CLOSE" if is_reset else "TIME_WAIT"
        closed = found._replace(state=state, expires_ms=now_ms + self.timeouts[found.asked.protocol, state])
        self._asked[found.asked.flow] = closed
        heappush(self._due, (closed.expires_ms, found.asked.flow))

    def remove(self, found: Connection) -> None:
        """Forget a connection."""
        self._asked.pop(found.asked.flow, None)
        self._answers.pop(found.sent.answer().flow, None)

    # -- tidying --------------------------------------------------------------------------------------------------------------------------

    def expire(self, *, now_ms: int) -> int:
        """Forget what is due; how many that were."""
        gone = 0
        while self._due and self._due[0][0] <= now_ms:
            _, flow = heappop(self._due)
            found = self._asked.get(flow)
            if found is None:
                continue
            if found.expires_ms <= now_ms:
                self.remove(found)
                gone += 1
            else:
                heappush(self._due, (found.expires_ms, flow))
        return gone

    def clean(self, told: Iterable[str]) -> int:
        """Forget what kube-proxy asks for after a sync, in the words of `stale_connections`; how many that were.

        >>> table, asked = Conntrack(), Packet("10.244.1.7", 40001, "10.96.0.10", 53, "UDP")
        >>> _ = table.add(asked, asked._replace(destination="10.244.2.3"), now_ms=0)
        >>> table.clean(["nat 10.96.0.10 -> 10.244.2.4 UDP"]), table.clean(["nat 10.96.0.10 -> 10.244.2.3 UDP"])
        (0, 1)
        """
        wanted = [_Wanted.of(line) for line in told]
        gone = [found for found in self if any(each.matches(found) for each in wanted)] if wanted else []
        for found in gone:
            self.remove(found)
        return len(gone)


class _Wanted(NamedTuple):
    """Which connections should go."""

    protocol: str
    asked_ip: str = ""
    asked_port: int = 0
    sent_ip: str = ""

    @classmethod
    def of(cls, line: str) -> _Wanted:
        kind, what, *rest = line.split()
        sent_ip = rest[1] if rest[0] == "->" else ""
        if kind in {"port", "portnat"}:
            return cls(rest[-1], asked_port=int(what), sent_ip=sent_ip)
        return cls(rest[-1], asked_ip=what, sent_ip=sent_ip)

    def matches(self, found: Connection) -> bool:
        """Is a connection meant?"""
        return (
            found.asked.protocol == self.protocol
            and self.asked_ip in {"", found.asked.destination}
            and self.asked_port in {0, found.asked.destination_port}
            and self.sent_ip in {"", found.sent.destination}
        )
