"""The kernel's schedulers: which real server gets the next connection.

Three ideas. *Take turns* (rr, wrr). *Count connections* (lc, wlc, sed, nq), each node its own only: nobody knows how busy a pod is with the
connections of other nodes. *Compute it from an address* (dh, sh, mh, and lblc, lblcr, which remember), so that the same client or the same
destination comes to the same server. kube-proxy gives every endpoint the weight 1, hence wrr is rr and wlc is lc under Kubernetes.

None of them draws lots: with the same connections before, the choice is the same.

Source: linux, net/netfilter/ipvs/ip_vs_{rr,wrr,lc,wlc,sed,nq}.c. `hashed` has those that compute, and `locality` those that remember.
Left out: overload thresholds, which kube-proxy never sets.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Protocol

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.ipvs.hashed import DestinationHash, Maglev, SourceHash
from k8sedu.kube.proxy.ipvs.locality import Locality, ReplicatedLocality, least_loaded
from k8sedu.kube.proxy.ipvs.servers import RealServer, VirtualServer
from k8sedu.kube.proxy.packet import Packet


class UnknownSchedulerError(K8sEduError, LookupError):
    """A scheduler that the kernel does not have."""


class Scheduler(Protocol):
    """What chooses among the real servers of one virtual server."""

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:
        """The server for a new connection, or nobody."""


class RoundRobin:
    """rr: one after the other, over and over.

    >>> from k8sedu.kube.proxy.ipvs.servers import ServerKey
    >>> web = VirtualServer(ServerKey("10.96.0.7", 80), reals=[RealServer("10.244.0.1", 80), RealServer("10.244.0.2", 80)])
    >>> turns, packet = RoundRobin(web), Packet("10.244.1.7", 40001, "10.96.0.7", 80)
    >>> [turns.pick(packet).ip for _ in range(3)]
    ['10.244.0.1', '10.244.0.2', '10.244.0.1']
    """

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._seen: list[RealServer] = []
        self._last: RealServer | None = None

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The next server with a weight, after the one that had its turn last."""
        reals = self._server.reals
        start = self._place()
        for step in range(1, len(reals) + 1):
            real = reals[(start + step) % len(reals)]
            if real.weight > 0:
                self._last, self._seen = real, list(reals)
                return real
        return None

    def _place(self) -> int:
        """Where the last one stands; if it is gone, the one that stood before it."""
        reals = self._server.reals
        if self._last is None:
            return -1
        before = self._seen[: self._seen.index(self._last) + 1]
        return next((reals.index(real) for real in reversed(before) if real.is_available and real in reals), -1)


class WeightedRoundRobin:
    """wrr: whole rounds in which only heavy servers take part, until all do.

    The wanted weight falls by the greatest common divisor of all weights, from the largest weight to nothing, and starts again.
    """

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._generation = -1
        self._place, self._wanted = -1, 0
        self._most, self._step = 0, 1

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The next server whose weight is at least the wanted one."""
        self._look()
        reals = self._server.reals
        for _ in range((self._most + 1) * (len(reals) + 1) if self._most > 0 else 0):
            self._place += 1
            if self._place >= len(reals):
                self._place = -1
                self._wanted = self._wanted - self._step if self._wanted > self._step else self._most
            elif reals[self._place].weight >= self._wanted:
                return reals[self._place]
        return None

    def _look(self) -> None:
        """Servers or weights have changed: begin at the head, with the wanted weight brought into its steps."""
        if self._generation == self._server.generation:
            return
        weights = [real.weight for real in self._server.reals]
        self._step = gcd(*weights) or 1
        self._most = max(weights, default=0) - (self._step - 1)
        if self._generation == -1 or self._wanted > self._most or not self._wanted:
            self._wanted = self._most
        elif self._step > 1:
            self._wanted = self._wanted // self._step * self._step + 1
        self._place, self._generation = -1, self._server.generation


class Least:
    """lc, wlc, sed, nq: the server for which a number is smallest; the first of equals."""

    def __init__(
        self, server: VirtualServer, load: Callable[[RealServer], int], *, is_weighted: bool = True, takes_idle: bool = False
    ) -> None:
        self._server, self._load = server, load
        self._is_weighted, self._takes_idle = is_weighted, takes_idle

    def pick(self, packet: Packet, *, now_ms: int = 0) -> RealServer | None:  # noqa: ARG002 - all schedulers are called alike
        """The least loaded server; with nq the first that has no connection at all."""
        able = [real for real in self._server.reals if real.weight > 0]
        if self._takes_idle and (idle := next((real for real in able if not real.active), None)):
            return idle
        return least_loaded(able, self._load, is_weighted=self._is_weighted)


def _overhead(real: RealServer) -> int:
    return real.overhead


def _expected_delay(real: RealServer) -> int:
    """What would be there with the new connection: a server that is quick and idle is better than one that is only idle."""
    return real.active + 1


SCHEDULERS: dict[str, Callable[[VirtualServer], Scheduler]] = {
    "rr": RoundRobin,
    "wrr": WeightedRoundRobin,
    "lc": lambda server: Least(server, _overhead, is_weighted=False),
    "wlc": lambda server: Least(server, _overhead),
    "sed": lambda server: Least(server, _expected_delay),
    "nq": lambda server: Least(server, _expected_delay, takes_idle=True),
    "dh": DestinationHash,
    "sh": SourceHash,
    "mh": Maglev,
    "lblc": Locality,
    "lblcr": ReplicatedLocality,
}
"""Name → what makes one for a virtual server."""


def scheduler_of(server: VirtualServer) -> Scheduler:
    """The scheduler that a virtual server asks for.

    Raises:
        UnknownSchedulerError: the kernel has none of that name.
    """
    if server.scheduler not in SCHEDULERS:
        raise UnknownSchedulerError(f"IPVS scheduler {server.scheduler!r} is not known, expected one of {', '.join(SCHEDULERS)}")
    return SCHEDULERS[server.scheduler](server)
