"""Schedulers that remember where a destination went: lblc and lblcr.

They were made for caches: what has been asked of a server once should be asked of it again, unless it is overloaded while another is half
idle. lblcr lets a destination have several servers, and takes one away when nothing has changed for a day.

Source: linux, net/netfilter/ipvs/ip_vs_lblc.c, ip_vs_lblcr.c.
Left out: the early collection of entries when more than 16,384 destinations are remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from k8sedu.kube.proxy.ipvs.servers import RealServer, VirtualServer
from k8sedu.kube.proxy.packet import Packet

EXPIRY_MS = 24 * 60 * 60 * 1_000
"""An entry that nobody has asked for during a day is forgotten; a set that has not changed for a day gets smaller."""


def least_loaded(reals: Iterable[RealServer], load: Callable[[RealServer], int], *, is_weighted: bool = True) -> RealServer | None:
    """The first server whose load is smallest, each load divided by its weight.

    The kernel has no fractions: it compares a/v > b/w as a·w > b·v, and so do we.
    """
    least: RealServer | None = None
    for real in reals:
        if least is None or _is_less(real, least, load, is_weighted=is_weighted):
            least = real
    return least


def _is_less(real: RealServer, than: RealServer, load: Callable[[RealServer], int], *, is_weighted: bool) -> bool:
    if not is_weighted:
        return load(real) < load(than)
    return load(than) * real.weight > load(real) * than.weight


def _overhead(real: RealServer) -> int:
    return real.overhead


def _is_overloaded(real: RealServer, server: VirtualServer) -> bool:
    """It has more open connections than its weight, while another has less than half of its own."""
    return real.active > real.weight and any(2 * other.active < other.weight for other in server.reals)


class Locality:
    """lblc: a destination keeps its server as long as that is well.

    Left out: nothing but the collection named above.
    """

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._remembered: dict[str, tuple[RealServer, int]] = {}

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:
        """The remembered server, or the least loaded one."""
        real, used_ms = self._remembered.get(packet.destination, (None, 0))
        fits = real is not None and real.is_available and real.weight > 0 and not _is_overloaded(real, self._server)
        if not fits or used_ms + EXPIRY_MS <= now_ms:
            real = least_loaded((each for each in self._server.reals if each.weight > 0), _overhead)
        if real is not None:
            self._remembered[packet.destination] = (real, now_ms)
        return real


@dataclass
class _Replicas:
    """The servers of one destination, the newest first."""

    reals: list[RealServer] = field(default_factory=list)
    changed_ms: int = 0
    used_ms: int = 0

    def add(self, real: RealServer, now_ms: int) -> None:
        if real not in self.reals:
            self.reals.insert(0, real)
            self.changed_ms = now_ms

    def shrink(self, now_ms: int) -> None:
        """Take the most loaded server away, if nothing has changed for a day."""
        able = [real for real in self.reals if real.weight > 0]
        if len(self.reals) > 1 and now_ms > self.changed_ms + EXPIRY_MS and able:
            most = able[0]
            for real in able[1:]:
                if real.overhead * most.weight > most.overhead * real.weight:
                    most = real
            self.reals.remove(most)
            self.changed_ms = now_ms


class ReplicatedLocality:
    """lblcr: a destination that is asked for a lot gets a further server."""

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._remembered: dict[str, _Replicas] = {}

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:
        """The least loaded of the destination's servers, unless that is overloaded."""
        found = self._remembered.get(packet.destination)
        if found is None or found.used_ms + EXPIRY_MS <= now_ms:
            found = _Replicas()
        real = least_loaded((each for each in found.reals if each.is_available and each.weight > 0), _overhead)
        found.shrink(now_ms)
        found.used_ms = now_ms
        if real is None or _is_overloaded(real, self._server):
            real = least_loaded((each for each in self._server.reals if each.weight > 0), _overhead)
            if real is not None:
                found.add(real, now_ms)
        if real is not None:
            self._remembered[packet.destination] = found
        return real
