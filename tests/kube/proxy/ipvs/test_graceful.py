from __future__ import annotations

from collections import Counter

from k8sedu.kube.proxy.ipvs.graceful import Leaving
from k8sedu.kube.proxy.ipvs.servers import ServerKey, VirtualServer

ONE, TWO = ("10.244.1.5", 8080), ("10.244.2.5", 8080)


def test_udp_is_cut() -> None:
    """A server of UDP is deleted at once, connections or not."""
    server, leaving = VirtualServer(ServerKey("10.96.0.10", 53, "UDP")), Leaving()
    leaving.follow(server, [ONE], Counter())
    server.reals[0].inactive = 3
    leaving.follow(server, [], Counter())
    assert not server.reals
    assert not len(leaving)


def test_last_connection() -> None:
    """A server of TCP stays with weight 0 until its last connection has ended and a minute is over."""
    server, leaving, told = VirtualServer(ServerKey("10.96.0.7", 80)), Leaving(), Counter[str]()
    leaving.follow(server, [ONE, TWO], told)
    real = server.find("10.244.1.5:8080")
    assert real is not None
    real.active = 1
    leaving.follow(server, [TWO], told)
    assert (real.weight, real.is_available, list(leaving)) == (0, True, [real])
    leaving.check(told, now_ms=60_000)
    assert real in server.reals
    real.active = 0
    leaving.check(told, now_ms=119_999)
    assert real in server.reals
    leaving.check(told, now_ms=120_000)
    assert real not in server.reals
    assert not len(leaving)


def test_back_again() -> None:
    """An endpoint that returns while its server leaves gets a new server, with weight 1 and no connection."""
    server, leaving, told = VirtualServer(ServerKey("10.96.0.7", 80)), Leaving(), Counter[str]()
    leaving.follow(server, [ONE], told)
    old = server.reals[0]
    old.active = 1
    leaving.follow(server, [], told)
    leaving.follow(server, [ONE], told)
    assert not old.is_available
    assert [(real.weight, real.active) for real in server.reals] == [(1, 0)]


def test_a_service_goes() -> None:
    """With its virtual server a leaving server goes, too."""
    server, leaving, told = VirtualServer(ServerKey("10.96.0.7", 80)), Leaving(), Counter[str]()
    leaving.follow(server, [ONE], told)
    server.reals[0].active = 1
    leaving.follow(server, [], told)
    leaving.forget(server)
    assert not len(leaving)
