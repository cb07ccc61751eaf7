"""Endpoints that leave: no new connection for them, and time for those they have.

A real server of TCP that still has connections gets the weight 0 and is looked at again every minute. If its endpoint comes back meanwhile,
it is taken out and put in anew, with its connections lost to it. UDP and SCTP have nothing to finish; their servers are deleted at once.

Source: kubernetes 1.30, pkg/proxy/ipvs/graceful_termination.go, proxier.go (syncEndpoint).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from k8sedu.kube.proxy.ipvs.servers import RealServer, VirtualServer
from k8sedu.kube.proxy.packet import socket_text

CHECK_MS = 60_000
"""How often servers that leave are looked at."""


class Leaving:
    """The real servers of a node that have been told to get no new connection.

    >>> from k8sedu.kube.proxy.ipvs.servers import ServerKey
    >>> web, leaving, told = VirtualServer(ServerKey("10.96.0.7", 80)), Leaving(), Counter()
    >>> leaving.follow(web, [("10.244.1.7", 8080), ("10.244.2.3", 8080)], told)
    >>> web.find("10.244.1.7:8080").active = 1
    >>> leaving.follow(web, [], told)
    >>> [(real.ip, real.weight) for real in web.reals], sorted(told.items())
    ([('10.244.1.7', 0)], [('real added', 2), ('real deleted', 1), ('real quiesced', 1)])
    """

    def __init__(self) -> None:
        self._of: dict[RealServer, VirtualServer] = {}
        self._checked_ms = 0

    def __len__(self) -> int:
        return len(self._of)

    def __iter__(self) -> Iterator[RealServer]:
        return iter(self._of)

    def follow(self, server: VirtualServer, wanted: Iterable[tuple[str, int]], told: Counter[str]) -> None:
        """Let a virtual server have these real servers; `told` counts what the kernel was asked to do."""
        there = {real.text: real for real in server.reals}
        texts = {socket_text(ip, port): (ip, port) for ip, port in wanted}
        for text in sorted(texts):
            real = there.get(text)
            if real is not None and real not in self._of:
                continue
            if real is not None:
                self.cut(server, real, told)
            server.add(RealServer(*texts[text]))
            told["real added"] += 1
        for text, real in there.items():
            if text not in texts and real not in self._of:
                self._let_go(server, real, told)

    def _let_go(self, server: VirtualServer, real: RealServer, told: Counter[str]) -> None:
        if server.key.protocol == "TCP" and real.connections:
            server.set_weight(real, 0)
            self._of[real] = server
            told["real quiesced"] += 1
        else:
            self.cut(server, real, told)

    def cut(self, server: VirtualServer, real: RealServer, told: Counter[str]) -> None:
        """Delete a real server now."""
        self._of.pop(real, None)
        server.remove(real)
        told["real deleted"] += 1

    def forget(self, server: VirtualServer) -> None:
        """A whole virtual server goes, with those that were leaving it."""
        for real in server.reals:
            self._of.pop(real, None)

    def check(self, told: Counter[str], *, now_ms: int) -> None:
        """Delete those whose last connection has ended, if a minute has passed since they were looked at."""
        if now_ms - self._checked_ms < CHECK_MS:
            return
        self._checked_ms = now_ms
        for real, server in tuple(self._of.items()):
            if not real.connections:
                self.cut(server, real, told)
