from __future__ import annotations

from collections import Counter

from k8sedu.kube.proxy.ipvs.hashed import MAGLEV_PLACES, Maglev, SourceHash, bucket
from k8sedu.kube.proxy.ipvs.servers import SOURCE_PORT, RealServer, ServerKey, VirtualServer
from k8sedu.kube.proxy.packet import Packet

CLIENTS = [f"10.244.{third}.{fourth}" for third in range(4) for fourth in range(1, 60)]


def virtual(count: int, *, flags: int = 0) -> VirtualServer:
    return VirtualServer(ServerKey("10.96.0.7", 80), flags=flags, reals=[RealServer(f"10.0.0.{host}", 80) for host in range(1, count + 1)])


def asked(client: str, port: int = 40_001) -> Packet:
    return Packet(client, port, "10.96.0.7", 80)


def test_source_hash_by_hand() -> None:
    """The server of a client is the one that owns its place, and places are dealt in the order of the list."""
    server = virtual(3)
    for client in CLIENTS:
        found = SourceHash(server).pick(asked(client))
        assert found is not None
        assert found is server.reals[bucket(client) % 3]


def test_zero_weight_refuses() -> None:
    """A server of weight 0 keeps a place in the table of sh, and its clients get nobody."""
    server = virtual(2)
    server.set_weight(server.reals[0], 0)
    found = [SourceHash(server).pick(asked(client)) for client in CLIENTS]
    assert None in found
    assert server.reals[0] not in found


def test_maglev_is_fair() -> None:
    """Places are shared among servers of one weight to within one."""
    counts = Counter(real.ip for real in Maglev(virtual(5)).places)
    assert sum(counts.values()) == MAGLEV_PLACES
    assert max(counts.values()) - min(counts.values()) <= 1


def test_maglev_moves_few() -> None:
    """With a sixth server hardly more places change hands than it gets; with sh five of six do."""
    few, many = virtual(5), virtual(6)
    moved = sum(a.ip != b.ip for a, b in zip(Maglev(few).places, Maglev(many).places, strict=True)) / MAGLEV_PLACES
    moved_by_sh = sum(a.ip != b.ip for a, b in zip(SourceHash(few).places, SourceHash(many).places, strict=True)) / 256
    assert 1 / 6 <= moved < 0.3
    assert moved_by_sh > 0.7


def test_maglev_by_weight() -> None:
    """A server of twice the weight owns twice the places."""
    server = virtual(2)
    server.set_weight(server.reals[0], 2)
    counts = Counter(real.ip for real in Maglev(server).places)
    assert abs(counts["10.0.0.1"] - 2 * counts["10.0.0.2"]) <= 2


def test_maglev_and_ports() -> None:
    """As kube-proxy sets it up, the connections of one client are spread by its ports; without the flag they stay together."""
    spread, together = virtual(5, flags=SOURCE_PORT), virtual(5)
    ports = range(40_000, 40_100)
    for server, is_spread in ((spread, True), (together, False)):
        scheduler = Maglev(server)
        assert (len({scheduler.pick(asked("10.244.1.7", port)) for port in ports}) > 1) == is_spread
