from __future__ import annotations

from k8sedu.kube.proxy.ipvs.ipsets import KINDS, IpSet
from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.settings import ProxySettings

BY_NAME = {kind.name: kind for kind in KINDS}
PACKET = Packet("198.51.100.7", 40_001, "203.0.113.9", 80)


def filled(name: str, *entries: str) -> IpSet:
    found = IpSet(BY_NAME[name], ProxySettings())
    for entry in entries:
        found.add(entry)
    return found


def test_networks() -> None:
    """A set of networks holds every address in one of them, and forgets a network that is taken out."""
    found = filled("KUBE-LOAD-BALANCER-SOURCE-CIDR", "203.0.113.9,tcp:80,198.51.100.0/24", "203.0.113.9,tcp:80,10.0.0.0/8")
    assert found.has(PACKET, "dst,dst,src")
    assert not found.has(PACKET._replace(source="192.0.2.1"), "dst,dst,src")
    assert not found.has(PACKET._replace(destination_port=81), "dst,dst,src")
    found.discard("203.0.113.9,tcp:80,198.51.100.0/24")
    assert not found.has(PACKET, "dst,dst,src")


def test_directions() -> None:
    """Which address is looked up is said by the rule, not by the set."""
    found = filled("KUBE-CLUSTER-IP", "203.0.113.9,tcp:80")
    assert found.has(PACKET, "dst,dst")
    assert not found.has(PACKET, "src,dst")
    assert found.has(PACKET._replace(source="203.0.113.9", destination="10.0.0.1"), "src,dst")


def test_ports_and_addresses() -> None:
    """A bitmap knows ports only, a set of addresses addresses only, and a loop is an address that asks itself."""
    assert filled("KUBE-NODE-PORT-TCP", "80").has(PACKET, "dst")
    assert filled("KUBE-IPVS-IPS", "203.0.113.9").has(PACKET, "dst")
    loop = filled("KUBE-LOOP-BACK", "203.0.113.9,tcp:80,203.0.113.9")
    assert loop.has(PACKET._replace(source="203.0.113.9"), "dst,dst,src")
    assert not loop.has(PACKET, "dst,dst,src")
