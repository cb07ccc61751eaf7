"""What one Service port needs in IPVS mode: its virtual servers, and its entries in the sets.

One Service becomes several virtual servers: one for its cluster IP, one for every external and load balancer address, and one per address
of the node for its node port. All are equal to the kernel.

Two answers differ from the other modes. A Service that can be reached from outside and whose policy is Local, on a node that has none of
its pods, still sends traffic on, to pods elsewhere. And where nothing may answer, IPVS tells the client (port unreachable) instead of
dropping silently.

Source: kubernetes 1.30, pkg/proxy/ipvs/proxier.go (syncProxyRules, syncEndpoint).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from k8sedu.kube.proxy.backends import Backend, Choice, choose
from k8sedu.kube.proxy.ipvs.servers import PERSISTENT, SOURCE_PORT, ServerKey
from k8sedu.kube.proxy.ports import ServicePort
from k8sedu.kube.proxy.settings import ProxySettings


class WantedServer(NamedTuple):
    """A virtual server that should be there."""

    key: ServerKey
    flags: int
    timeout_s: int
    reals: tuple[tuple[str, int], ...]
    """Addresses and ports of its real servers, in the order in which they are added."""
    is_bound: bool
    """Its address must be put on kube-ipvs0; those of the node itself are on another interface already."""


class Plan(NamedTuple):
    """All that one Service port needs."""

    servers: tuple[WantedServer, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()
    """Name of a set, and an entry."""
    closed_to_node: tuple[ServerKey, ...] = ()
    """Load balancer addresses whose source ranges do not hold this node."""


def node_ips(settings: ProxySettings) -> tuple[str, ...]:
    """The node's addresses for which node ports get virtual servers: never those of the loopback.

    >>> node_ips(ProxySettings())
    ('192.168.10.11', '10.244.1.1')
    """
    found = ((ip, ip_address(ip)) for ip in settings.nodeport_ips)
    return tuple(ip for ip, address in found if not address.is_loopback and not address.is_link_local)


def plan_of(port: ServicePort, backends: tuple[Backend, ...], settings: ProxySettings, ips: tuple[str, ...]) -> Plan:
    """What a Service port needs; `ips` are those of `node_ips`, which are the same for all ports."""
    choice = choose(backends, port, settings)
    return Plan(
        servers=tuple(_servers(port, choice, settings, ips)),
        entries=tuple(_entries(port, backends, settings, ips)),
        closed_to_node=tuple(_closed(port, settings)),
    )


def _servers(port: ServicePort, choice: Choice, settings: ProxySettings, ips: tuple[str, ...]) -> Iterator[WantedServer]:
    flags = (PERSISTENT if port.affinity_seconds else 0) | (SOURCE_PORT if settings.ipvs_scheduler == "mh" else 0)
    inside = _reals(choice, is_local=port.is_internal_local)
    outside = _reals(choice, is_local=port.is_external_local)

    def wanted(ip: str, number: int, reals: tuple[tuple[str, int], ...], *, is_bound: bool = True) -> WantedServer:
        return WantedServer(ServerKey(ip, number, port.name.protocol), flags, port.affinity_seconds, reals, is_bound)  # type: ignore[arg-type] # protocol is one of the three

    yield wanted(port.cluster_ip, port.port, inside)
    for ip in (*port.external_ips, *port.load_balancer_vips):
        yield wanted(ip, port.port, outside, is_bound=ip not in settings.addresses)
    if port.node_port:
        for ip in ips:
            yield wanted(ip, port.node_port, outside, is_bound=False)


def _reals(choice: Choice, *, is_local: bool) -> tuple[tuple[str, int], ...]:
    """Who stands behind an address with a policy; where no pod is local, whoever else this node knows of."""
    found = (choice.local or choice.cluster) if is_local else choice.cluster
    return tuple((backend.ip, backend.port) for backend in found)


def _entries(port: ServicePort, backends: tuple[Backend, ...], settings: ProxySettings, ips: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    protocol = port.name.protocol.lower()
    for backend in backends:
        if backend.is_local:
            yield "KUBE-LOOP-BACK", f"{backend.ip},{protocol}:{backend.port},{backend.ip}"
    yield "KUBE-CLUSTER-IP", f"{port.cluster_ip},{protocol}:{port.port}"
    for ip in port.external_ips:
        yield "KUBE-EXTERNAL-IP-LOCAL" if port.is_external_local else "KUBE-EXTERNAL-IP", f"{ip},{protocol}:{port.port}"
    for ip in port.load_balancer_vips:
        yield from _of_load_balancer(port, f"{ip},{protocol}:{port.port}", ip, settings)
    if port.node_port and ips:
        yield from _of_node_port(port, protocol, ips)
    if port.health_check_node_port and (ips or not port.node_port):
        yield "KUBE-HEALTH-CHECK-NODE-PORT", str(port.health_check_node_port)


def _of_load_balancer(port: ServicePort, entry: str, ip: str, settings: ProxySettings) -> Iterator[tuple[str, str]]:
    yield "KUBE-LOAD-BALANCER", entry
    if port.is_external_local:
        yield "KUBE-LOAD-BALANCER-LOCAL", entry
    if port.load_balancer_source_ranges:
        yield "KUBE-LOAD-BALANCER-FW", entry
        for network in port.load_balancer_source_ranges:
            yield "KUBE-LOAD-BALANCER-SOURCE-CIDR", f"{entry},{network}"
        if _is_open_to_node(port, settings):
            yield "KUBE-LOAD-BALANCER-SOURCE-IP", f"{entry},{ip}"


def _of_node_port(port: ServicePort, protocol: str, ips: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    suffix, entries = protocol.upper(), [str(port.node_port)]
    if protocol == "sctp":
        suffix, entries = "SCTP-HASH", [f"{ip},sctp:{port.node_port}" for ip in ips]
    for entry in entries:
        yield f"KUBE-NODE-PORT-{suffix}", entry
        if port.is_external_local:
            yield f"KUBE-NODE-PORT-LOCAL-{suffix}", entry


def _is_open_to_node(port: ServicePort, settings: ProxySettings) -> bool:
    node = ip_address(settings.node_ip)
    return any(node in ip_network(text) for text in port.load_balancer_source_ranges)


def _closed(port: ServicePort, settings: ProxySettings) -> Iterator[ServerKey]:
    if port.load_balancer_source_ranges and not _is_open_to_node(port, settings):
        for ip in port.load_balancer_vips:
            yield ServerKey(ip, port.port, port.name.protocol)  # type: ignore[arg-type] # protocol is one of the three
