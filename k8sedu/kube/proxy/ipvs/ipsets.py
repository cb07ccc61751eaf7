"""ipsets: the lists that keep the number of iptables rules constant.

IPVS chooses servers, but it cannot masquerade, refuse by source or tell node ports apart; iptables must do that still. Instead of a rule
for every Service there is one rule for a *set*, and the set holds the Services. Looking into a set costs the same whatever its size.

Source: kubernetes 1.30, pkg/proxy/ipvs/ipset.go, ipset/ipset.go; the set types: ipset(8).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.settings import ProxySettings

MAX_NAME = 31
"""So long may the name of a set be; longer ones are cut."""


class SetKind(NamedTuple):
    """One set that kube-proxy keeps, and what its rule says about it."""

    name: str
    type: str
    comment: str


KINDS = (
    SetKind("KUBE-LOOP-BACK", "hash:ip,port,ip", "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"),
    SetKind("KUBE-CLUSTER-IP", "hash:ip,port", "Kubernetes service cluster ip + port for masquerade purpose"),
    SetKind("KUBE-EXTERNAL-IP", "hash:ip,port", "Kubernetes service external ip + port for masquerade and filter purpose"),
    SetKind("KUBE-EXTERNAL-IP-LOCAL", "hash:ip,port", "Kubernetes service external ip + port with externalTrafficPolicy=local"),
    SetKind("KUBE-LOAD-BALANCER", "hash:ip,port", "Kubernetes service lb portal"),
    SetKind("KUBE-LOAD-BALANCER-LOCAL", "hash:ip,port", "Kubernetes service load balancer ip + port with externalTrafficPolicy=local"),
    SetKind("KUBE-LOAD-BALANCER-FW", "hash:ip,port", "Kubernetes service load balancer ip + port for load balancer with sourceRange"),
    SetKind("KUBE-LOAD-BALANCER-SOURCE-IP", "hash:ip,port,ip",
            "Kubernetes service load balancer ip + port + source IP for packet filter purpose"),
    SetKind("KUBE-LOAD-BALANCER-SOURCE-CIDR", "hash:ip,port,net",
            "Kubernetes service load balancer ip + port + source cidr for packet filter purpose"),
    SetKind("KUBE-NODE-PORT-TCP", "bitmap:port", "Kubernetes nodeport TCP port for masquerade purpose"),
    SetKind("KUBE-NODE-PORT-LOCAL-TCP", "bitmap:port", "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
    SetKind("KUBE-NODE-PORT-UDP", "bitmap:port", "Kubernetes nodeport UDP port for masquerade purpose"),
    SetKind("KUBE-NODE-PORT-LOCAL-UDP", "bitmap:port", "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
    SetKind("KUBE-NODE-PORT-SCTP-HASH", "hash:ip,port", "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
    SetKind("KUBE-NODE-PORT-LOCAL-SCTP-HASH", "hash:ip,port",
            "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'"),
    SetKind("KUBE-HEALTH-CHECK-NODE-PORT", "bitmap:port", "Kubernetes health check node port"),
    SetKind("KUBE-IPVS-IPS", "hash:ip", ""),
)  # fmt: skip


def set_name(name: str, settings: ProxySettings) -> str:
    """A set's name for the proxy's family.

    >>> set_name("KUBE-NODE-PORT-LOCAL-SCTP-HASH", ProxySettings(ip_family="IPv6"))
    'KUBE-6-NODE-PORT-LOCAL-SCTP-HAS'
    """
    return name.replace("KUBE-", "KUBE-6-", 1)[:MAX_NAME] if settings.is_ipv6 else name


class IpSet:
    """One set, with an entry for each Service port that needs it.

    >>> found = IpSet(KINDS[1], ProxySettings())
    >>> found.add("10.96.0.7,tcp:80"), found.add("10.96.0.7,tcp:80"), found.discard("10.96.0.7,tcp:80"), len(found)
    (True, False, False, 1)
    >>> found.has(Packet("10.244.1.7", 40001, "10.96.0.7", 80), "dst,dst")
    True

    Everything costs O(1); only a set of networks is asked once for each length of prefix in it.
    """

    def __init__(self, kind: SetKind, settings: ProxySettings) -> None:
        self.kind = kind
        self.name = set_name(kind.name, settings)
        self.family = "inet6" if settings.is_ipv6 else "inet"
        self._wanted: dict[str, int] = {}
        self._lengths: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._wanted)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._wanted))

    def __contains__(self, entry: str) -> bool:
        return entry in self._wanted

    def add(self, entry: str) -> bool:
        """One more wants this entry; true if it is new."""
        self._wanted[entry] = self._wanted.get(entry, 0) + 1
        if self._wanted[entry] > 1:
            return False
        if self.kind.type.endswith("net"):
            self._count(entry, 1)
        return True

    def discard(self, entry: str) -> bool:
        """One less wants this entry; true if nobody is left."""
        self._wanted[entry] -= 1
        if self._wanted[entry]:
            return False
        del self._wanted[entry]
        if self.kind.type.endswith("net"):
            self._count(entry, -1)
        return True

    def _count(self, entry: str, change: int) -> None:
        length = ip_network(entry.rpartition(",")[2]).prefixlen
        self._lengths[length] = self._lengths.get(length, 0) + change

    def has(self, packet: Packet, directions: str) -> bool:
        """Does a packet match, if its source or destination is taken as `directions` says: `dst,dst,src`?"""
        if self.kind.type == "bitmap:port":
            return str(packet.destination_port) in self._wanted
        ways = directions.split(",")
        ip = packet.destination if ways[0] == "dst" else packet.source
        if len(ways) == 1:
            return ip in self._wanted
        entry = f"{ip},{packet.protocol.lower()}:{packet.destination_port if ways[1] == 'dst' else packet.source_port}"
        if len(ways) == 2:
            return entry in self._wanted
        if self.kind.type.endswith("net"):
            return any(f"{entry},{_network(packet.source, length)}" in self._wanted for length, count in self._lengths.items() if count)
        return f"{entry},{packet.source}" in self._wanted


def _network(address: str, length: int) -> str:
    return str(ip_network((ip_address(address), length), strict=False))
