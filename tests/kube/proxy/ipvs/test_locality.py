from __future__ import annotations

from k8sedu.kube.proxy.ipvs.locality import EXPIRY_MS, Locality, ReplicatedLocality
from k8sedu.kube.proxy.ipvs.servers import RealServer, ServerKey, VirtualServer
from k8sedu.kube.proxy.packet import Packet

PACKET = Packet("10.244.1.7", 40_001, "10.96.0.7", 80)


def virtual(*weights: int) -> VirtualServer:
    reals = [RealServer(f"10.0.0.{number}", 80, weight) for number, weight in enumerate(weights, 1)]
    return VirtualServer(ServerKey("10.96.0.7", 80), reals=reals)


def test_keeps() -> None:
    """A destination keeps its server, though another one has fewer connections."""
    server = virtual(4, 4)
    scheduler = Locality(server)
    first = scheduler.pick(PACKET)
    assert first is not None
    first.active = 4
    assert scheduler.pick(PACKET) is first


def test_leaves_the_overloaded() -> None:
    """It leaves a server with more connections than its weight once another has less than half of its own."""
    server = virtual(4, 4)
    scheduler = Locality(server)
    first = scheduler.pick(PACKET)
    assert first is not None
    first.active, server.reals[1].active = 5, 2
    assert scheduler.pick(PACKET) is first
    server.reals[1].active = 1
    assert scheduler.pick(PACKET) is server.reals[1]


def test_leaves_the_dead() -> None:
    """It leaves a server that was taken out, or has the weight 0."""
    server = virtual(1, 1)
    scheduler = Locality(server)
    first = scheduler.pick(PACKET)
    assert first is not None
    server.set_weight(first, 0)
    assert scheduler.pick(PACKET) is server.reals[1]


def test_replicas() -> None:
    """A destination that is asked for a lot gets a further server, and loses the busiest one when nothing has changed for a day."""
    server = virtual(4, 4)
    scheduler = ReplicatedLocality(server)
    first = scheduler.pick(PACKET)
    assert first is not None
    first.active, second = 5, server.reals[1]
    assert scheduler.pick(PACKET) is second
    second.active = 3
    first.active = 1
    assert scheduler.pick(PACKET, now_ms=1) is first, "both are the destination's now, and the first has less to do"
    assert scheduler.pick(PACKET, now_ms=EXPIRY_MS) is first
    first.active = 4
    assert scheduler.pick(PACKET, now_ms=EXPIRY_MS + 1) is second, "the last choice among both"
    assert scheduler.pick(PACKET, now_ms=EXPIRY_MS + 2) is second
    second.active = 4
    first.active = 0
    assert scheduler.pick(PACKET, now_ms=EXPIRY_MS + 3) is second, "the other one is not the destination's any more"


def test_forgets() -> None:
    """A destination that nobody has asked for during a day starts anew."""
    for made in (Locality, ReplicatedLocality):
        server = virtual(4, 4)
        scheduler = made(server)
        first = scheduler.pick(PACKET)
        assert first is not None
        first.active = 4
        assert scheduler.pick(PACKET, now_ms=EXPIRY_MS) is server.reals[1]
