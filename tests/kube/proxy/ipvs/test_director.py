from __future__ import annotations

from k8sedu.kube.proxy.ipvs.director import Director
from k8sedu.kube.proxy.ipvs.servers import PERSISTENT, RealServer, ServerKey, VirtualServer
from k8sedu.kube.proxy.packet import Packet

ASKED = Packet("10.244.1.7", 40_001, "10.96.0.7", 80)


def director(scheduler: str = "rr", *, timeout_s: int = 0) -> Director:
    found = Director()
    reals = [RealServer("10.244.1.5", 8080), RealServer("10.244.2.5", 8080)]
    flags = PERSISTENT if timeout_s else 0
    found.servers.add(VirtualServer(ServerKey("10.96.0.7", 80), scheduler, flags, timeout_s, "default/web:http", reals))
    return found


def connected(found: Director, asked: Packet, *, now_ms: int = 0) -> str:
    """Connect; who got it?"""
    scheduled = found.schedule(asked, now_ms=now_ms)
    assert scheduled is not None
    assert scheduled.real is not None
    sent = asked._replace(destination=scheduled.real.ip, destination_port=scheduled.real.port)
    found.connections.bind(found.connections.add(asked, sent, now_ms=now_ms), scheduled.real, scheduled.template)
    return scheduled.real.ip


def test_counts() -> None:
    """An open connection counts as active, a closed one as inactive, and a forgotten one not at all."""
    found = director("lc")
    real = next(iter(found.servers)).reals[0]
    connected(found, ASKED)
    assert (real.active, real.inactive) == (1, 0)
    found.connections.close(ASKED, now_ms=5)
    assert (real.active, real.inactive) == (0, 1)
    found.connections.expire(now_ms=5 + 120_000)
    assert (real.active, real.inactive) == (0, 0)


def test_least_connections_follow_closing() -> None:
    """Least connections chooses anew whenever a connection ends."""
    found = director("lc")
    assert [connected(found, ASKED._replace(source_port=port)) for port in (1, 2)] == ["10.244.1.5", "10.244.2.5"]
    found.connections.close(ASKED._replace(source_port=2), now_ms=1)
    assert connected(found, ASKED._replace(source_port=3), now_ms=1) == "10.244.2.5"


def test_client_stays() -> None:
    """A persistent client stays with its server for its time, counted from its last connection, and with open ones for ever."""
    found = director(timeout_s=60)
    first = connected(found, ASKED)
    assert {connected(found, ASKED._replace(source_port=port), now_ms=50_000) for port in (2, 3)} == {first}
    assert connected(found, ASKED._replace(source_port=4), now_ms=500_000) == first, "its connections are open"
    for port in (40_001, 2, 3, 4):
        found.connections.close(ASKED._replace(source_port=port), now_ms=500_000)
    found.connections.expire(now_ms=620_000)
    assert connected(found, ASKED._replace(source_port=5), now_ms=620_000) != first


def test_client_of_a_leaving_server() -> None:
    """A persistent client is given another server once its own has the weight 0."""
    found = director(timeout_s=60)
    first = connected(found, ASKED)
    server = next(iter(found.servers))
    real = server.find(f"{first}:8080")
    assert real is not None
    server.set_weight(real, 0)
    assert connected(found, ASKED._replace(source_port=2)) != first


def test_patience() -> None:
    """A silent TCP connection is forgotten after fifteen minutes; conntrack alone would keep it for five days."""
    found = director()
    connected(found, ASKED)
    assert found.connections.translated(ASKED, now_ms=899_999) is not None
    assert found.connections.translated(ASKED, now_ms=899_999 + 900_000) is None


def test_nobody_meant() -> None:
    """What is for no virtual server is none of the director's business; where nobody may be chosen it says so."""
    found = director()
    assert found.schedule(ASKED._replace(destination_port=81), now_ms=0) is None
    server = next(iter(found.servers))
    for real in tuple(server.reals):
        server.remove(real)
    scheduled = found.schedule(ASKED, now_ms=0)
    assert scheduled is not None
    assert scheduled.real is None
