"""Two bands of numbers: the lower one for those who choose, the upper one for everybody else.

Who writes `clusterIP: 10.96.0.10` into a manifest does not want to find it taken by chance. So the server hands out numbers from the upper
band, at a random place, and touches the lower one only when the upper one is full. Whoever chooses from the lower band has it nearly for
himself.

Source: kubernetes, pkg/registry/core/service/ipallocator (calculateRangeOffset), portallocator (calculateRangeOffset), pkg/registry/core/
service/allocator/bitmap.go (randomScanStrategyWithOffset); documentation, "Service ClusterIP allocation"; KEP-3070, KEP-3668.
Left out: allocations kept as objects of their own (IPAddress, since 1.33) and their repair loops. What is taken is what Services say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from itertools import chain
from random import Random

from k8sedu.errors import K8sEduError


class TakenError(K8sEduError, ValueError):
    """A number that another Service has."""


class OutsideError(K8sEduError, ValueError):
    """A number that is not in the range."""


class FullError(K8sEduError, RuntimeError):
    """A range with nothing left."""


def static_size(size: int, *, step: int, most: int, least: int = 16) -> int:
    """How many numbers at the beginning of a range are kept for those who choose.

    Between 16 and `most`, else one in `step`; none where the range has no more than 16.

    >>> static_size(2768, step=32, most=128), static_size(256, step=16, most=256), static_size(16, step=32, most=128)
    (86, 16, 0)
    """
    return 0 if size <= least else min(max(size // step, least), most)


class Band:
    """A range of places from 0, those below `static` kept for who chooses.

    >>> band = Band(10, static=4)
    >>> band.take(2); sorted(band.give(Random(1)) for _ in range(6)), band.give(Random(1)) < 4
    ([4, 5, 6, 7, 8, 9], True)

    Taking costs O(1), handing out O(places that are taken in a row).
    """

    def __init__(self, size: int, *, static: int) -> None:
        self.size, self.static = size, static
        self._taken: set[int] = set()

    def __len__(self) -> int:
        return len(self._taken)

    def __contains__(self, place: int) -> bool:
        return place in self._taken

    def take(self, place: int) -> None:
        """Take a certain place.

        Raises:
            TakenError: somebody has it.
        """
        if place in self._taken:
            raise TakenError(f"place {place} is taken, expected one that is free")
        self._taken.add(place)

    def free(self, place: int) -> None:
        """Give a place back."""
        self._taken.discard(place)

    def give(self, rng: Random) -> int:
        """Hand out a place: of the upper band from a random one on, and if that is full, of the lower one.

        Raises:
            FullError: none is left.
        """
        for first, end in ((self.static, self.size), (0, self.static)):
            found = next(self._free_from(first, end, rng), None)
            if found is not None:
                self._taken.add(found)
                return found
        raise FullError("range is full")

    def _free_from(self, first: int, end: int, rng: Random) -> Iterator[int]:
        if end <= first or len(self._taken) >= self.size:
            return
        start = first + rng.randrange(end - first)
        yield from (place for place in chain(range(start, end), range(first, start)) if place not in self._taken)


class IpRange:
    """The cluster IPs of one family.

    >>> ips = IpRange("10.96.0.0/24")
    >>> ips.static_band, ips.dynamic_band
    (('10.96.0.1', '10.96.0.16'), ('10.96.0.17', '10.96.0.254'))
    """

    def __init__(self, cidr: str) -> None:
        network = ip_network(cidr)
        self.cidr = str(network)
        self.family = "IPv6" if network.version == 6 else "IPv4"
        size = min(network.num_addresses, 1 << 16) if network.version == 6 else network.num_addresses
        self._first = int(network.network_address) + 1
        usable = size - 1 if network.version == 6 else size - 2
        self.band = Band(max(usable, 0), static=min(static_size(size, step=16, most=256), max(usable, 0)))

    @property
    def static_band(self) -> tuple[str, str]:
        """The first and the last address for those who choose."""
        return self._text(0), self._text(self.band.static - 1)

    @property
    def dynamic_band(self) -> tuple[str, str]:
        """The first and the last address that is handed out."""
        return self._text(self.band.static), self._text(self.band.size - 1)

    def _text(self, place: int) -> str:
        number = self._first + place
        return str(ip_address(number.to_bytes(16 if self.family == "IPv6" else 4, "big")))

    def _place(self, ip: str) -> int:
        place = int(ip_address(ip)) - self._first
        if not 0 <= place < self.band.size:
            raise OutsideError(f"the provided IP ({ip}) is not in the valid range. The range of valid IPs is {self.cidr}")
        return place

    def take(self, ip: str) -> None:
        """Take a certain address.

        Raises:
            OutsideError, TakenError: it cannot be had.
        """
        place = self._place(ip)
        if place in self.band:
            raise TakenError("provided IP is already allocated")
        self.band.take(place)

    def give(self, rng: Random) -> str:
        """Hand out an address.

        Raises:
            FullError: none is left.
        """
        return self._text(self.band.give(rng))

    def free(self, ips: Iterable[str]) -> None:
        """Take addresses back; those of another range are none of ours."""
        for ip in ips:
            place = int(ip_address(ip)) - self._first
            if 0 <= place < self.band.size:
                self.band.free(place)


class PortRange:
    """The node ports of a cluster.

    >>> ports = PortRange(30000, 32767)
    >>> ports.static_band, ports.dynamic_band
    ((30000, 30085), (30086, 32767))
    """

    def __init__(self, first: int = 30_000, last: int = 32_767) -> None:
        self.first, self.last = first, last
        size = last - first + 1
        self.band = Band(size, static=static_size(size, step=32, most=128))

    @property
    def static_band(self) -> tuple[int, int]:
        """The first and the last port for those who choose."""
        return self.first, self.first + self.band.static - 1

    @property
    def dynamic_band(self) -> tuple[int, int]:
        """The first and the last port that is handed out."""
        return self.first + self.band.static, self.last

    def take(self, port: int) -> None:
        """Take a certain port.

        Raises:
            OutsideError, TakenError: it cannot be had.
        """
        if not self.first <= port <= self.last:
            raise OutsideError(f"provided port is not in the valid range. The range of valid ports is {self.first}-{self.last}")
        if port - self.first in self.band:
            raise TakenError("provided port is already allocated")
        self.band.take(port - self.first)

    def give(self, rng: Random) -> int:
        """Hand out a port.

        Raises:
            FullError: none is left.
        """
        return self.first + self.band.give(rng)

    def free(self, ports: Iterable[int]) -> None:
        """Take ports back."""
        for port in ports:
            self.band.free(port - self.first)
