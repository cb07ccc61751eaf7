"""Schedulers that compute the server from an address: dh, sh and mh.

A client always meets the same server, without anybody remembering it. The price: a server whose weight has become 0 still owns its share
of the table, and clients that fall into it are refused.

dh and sh fill 256 places in the order of the list, so one server more moves almost everybody. mh (Maglev) lets each server claim places
of a larger table in an order of its own; one server more moves little more than its own share.

Source: linux, net/netfilter/ipvs/ip_vs_dh.c, ip_vs_sh.c, ip_vs_mh.c; Eisenbud et al., "Maglev", NSDI 2016, section 3.4.
Left out: the flags sh-fallback, sh-port and mh-fallback, which kube-proxy never sets.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from math import gcd

from k8sedu.kube.proxy.ipvs.hashing import folded, hash_32, hsiphash, old_hash
from k8sedu.kube.proxy.ipvs.servers import SOURCE_PORT, RealServer, VirtualServer
from k8sedu.kube.proxy.packet import Packet

PLACES = 256
MAGLEV_PLACES = 4093
"""A prime, so that any step reaches every place; what kernels are built with if nobody says otherwise."""
MAGLEV_BITS = 6
OFFSET_KEY, STEP_KEY = 2654435761, 2654446892


class _Table:
    """A table of servers, filled anew when servers or weights change."""

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._generation = -1
        self._places: tuple[RealServer, ...] = ()

    @property
    def places(self) -> tuple[RealServer, ...]:
        """Who owns which place; empty without servers."""
        if self._generation != self._server.generation:
            self._places, self._generation = tuple(self._filled(self._server.reals)), self._server.generation
        return self._places

    def _filled(self, reals: list[RealServer]) -> Iterator[RealServer]:
        raise NotImplementedError

    def _at(self, place: int) -> RealServer | None:
        """The owner of a place, if it may get connections."""
        places = self.places
        real = places[place] if places else None
        return real if real is not None and real.weight > 0 else None


class DestinationHash(_Table):
    """dh: by the address that is asked for; weights do not count.

    A Service has one cluster IP, so under kube-proxy one server gets everything.
    """

    def __init__(self, server: VirtualServer, *, is_old: bool = False) -> None:
        super().__init__(server)
        self._is_old = is_old

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The owner of the destination's place."""
        return self._at(bucket(packet.destination, is_old=self._is_old))

    def _filled(self, reals: list[RealServer]) -> Iterator[RealServer]:
        return islice(cycle(reals), PLACES)


class SourceHash(_Table):
    """sh: by the client's address. Each server owns as many places in a row as its weight.

    Args:
        is_old: hash as kernels before 4.18 do.
    """

    def __init__(self, server: VirtualServer, *, is_old: bool = False) -> None:
        super().__init__(server)
        self._is_old = is_old

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The owner of the client's place."""
        return self._at(bucket(packet.source, is_old=self._is_old))

    def _filled(self, reals: list[RealServer]) -> Iterator[RealServer]:
        in_rows = (real for real in cycle(reals) for _ in range(max(1, real.weight)))
        return islice(in_rows, PLACES)


def bucket(address: str, *, is_old: bool = False) -> int:
    """The place of an address in the tables of dh and sh.

    >>> bucket("10.0.0.2"), bucket("10.9.8.1"), bucket("10.0.0.2", is_old=True)
    (137, 36, 98)
    """
    return old_hash(folded(address)) if is_old else hash_32(folded(address), 8)


class Maglev(_Table):
    """mh: consistent hashing over a table in which each server has claimed its places.

    kube-proxy lets the client's port count too, so the connections of one client are spread.
    """

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The owner of the client's place."""
        port = packet.source_port if self._server.flags & SOURCE_PORT else 0
        return self._at(hsiphash(port + folded(packet.source), OFFSET_KEY) % MAGLEV_PLACES)

    def _filled(self, reals: list[RealServer]) -> Iterator[RealServer]:
        claims = [(real, _turns(real, reals), _preferred(real)) for real in reals if real.last_weight > 0]
        owners: dict[int, RealServer] = {}
        while claims and len(owners) < MAGLEV_PLACES:
            for real, turns, preferred in claims:
                for _ in range(min(turns, MAGLEV_PLACES - len(owners))):
                    owners[next(place for place in preferred if place not in owners)] = real
        return (owners[place] for place in range(MAGLEV_PLACES if owners else 0))


def _preferred(real: RealServer) -> Iterator[int]:
    """The places in the order in which a server wants them: it starts somewhere, and always jumps equally far."""
    value = real.port + folded(real.ip)
    place, step = hsiphash(value, OFFSET_KEY) % MAGLEV_PLACES, hsiphash(value, STEP_KEY) % (MAGLEV_PLACES - 1) + 1
    while True:
        yield place
        place = (place + step) % MAGLEV_PLACES


def _turns(real: RealServer, reals: list[RealServer]) -> int:
    """How many places in a row a server claims: its weight, in the smallest whole numbers that fit into six bits."""
    weights = [each.last_weight for each in reals if each.last_weight > 0]
    divisor = gcd(*weights)
    shift = max(0, (max(weights) // divisor).bit_length() - MAGLEV_BITS)
    return (real.last_weight // divisor) >> shift or 1
