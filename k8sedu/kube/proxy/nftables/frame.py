"""What stands in the nft table before any Service: base chains, the jumps between them, empty maps.

Source: kubernetes 1.30, pkg/proxy/nftables/proxier.go (setupNFTables).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from k8sedu.kube.proxy.nftables.pieces import (
    CLUSTER_IPS,
    FIREWALL_IPS,
    NO_ENDPOINT_NODEPORTS,
    NO_ENDPOINT_SERVICES,
    SERVICE_IPS,
    SERVICE_NODEPORTS,
    Element,
    family,
)
from k8sedu.kube.proxy.nftables.table import Chain, Holder, NftTable
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings, family_of

BASE_CHAINS = (
    ("filter-prerouting", "filter", "prerouting", -110),
    ("filter-input", "filter", "input", -110),
    ("filter-forward", "filter", "forward", -110),
    ("filter-output", "filter", "output", -110),
    ("filter-output-post-dnat", "filter", "output", -90),
    ("nat-prerouting", "nat", "prerouting", -100),
    ("nat-output", "nat", "output", -100),
    ("nat-postrouting", "nat", "postrouting", 100),
)
"""Name, type, hook, priority. At one hook the smallest priority comes first; destinations are rewritten at -100."""
_JUMPS = {
    "filter-prerouting": ("ct state new jump firewall-check",),
    "filter-input": ("ct state new jump nodeport-endpoints-check", "ct state new jump service-endpoints-check"),
    "filter-forward": ("ct state new jump service-endpoints-check", "ct state new jump cluster-ips-check"),
    "filter-output": ("ct state new jump service-endpoints-check", "ct state new jump firewall-check"),
    "filter-output-post-dnat": ("ct state new jump cluster-ips-check",),
    "nat-prerouting": ("jump services",),
    "nat-output": ("jump services",),
    "nat-postrouting": ("jump masquerading",),
}
_MAPS = (
    (SERVICE_IPS, "ADDR . inet_proto . inet_service : verdict", "ClusterIP, ExternalIP and LoadBalancer IP traffic"),
    (SERVICE_NODEPORTS, "inet_proto . inet_service : verdict", "NodePort traffic"),
    (NO_ENDPOINT_SERVICES, "ADDR . inet_proto . inet_service : verdict", "vmap to drop or reject packets to services with no endpoints"),
    (NO_ENDPOINT_NODEPORTS, "inet_proto . inet_service : verdict",
     "vmap to drop or reject packets to service nodeports with no endpoints"),
    (FIREWALL_IPS, "ADDR . inet_proto . inet_service : verdict", "destinations that are subject to LoadBalancerSourceRanges"),
)  # fmt: skip
NODEPORT_IPS = "nodeport-ips"
NOBODY = ServicePortName("", "")
"""Who has put what is always there."""


def address_type(settings: ProxySettings) -> str:
    """The name of the type of an address."""
    return "ipv6_addr" if settings.is_ipv6 else "ipv4_addr"


def empty_table(settings: ProxySettings) -> NftTable:
    """The table without any Service."""
    table = NftTable(family(settings), 'comment "rules for kube-proxy" ; ')
    for name, kind, hook, priority in BASE_CHAINS:
        table.chains[name] = Chain(f"type {kind} hook {hook} priority {priority} ; ", _JUMPS[name])
    table.chains["reject-chain"] = Chain('comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ; ', ("reject",))
    for name, rules in _shared_chains(settings):
        table.chains[name] = Chain(rules=tuple(rules))
    addr = address_type(settings)
    table.holders[CLUSTER_IPS] = Holder(f'type {addr} ; comment "Active ClusterIPs" ; ', is_map=False)
    for name, kind, comment in _MAPS:
        table.holders[name] = Holder(f'type {kind.replace("ADDR", addr)} ; comment "{comment}" ; ', is_map=True)
    if not _is_everywhere(settings):
        table.holders[NODEPORT_IPS] = Holder(f'type {addr} ; comment "IPs that accept NodePort traffic" ; ', is_map=False)
        for ip in nodeport_ips(settings):
            table.add(Element(NODEPORT_IPS, (ip,)), NOBODY)
    return table


def _shared_chains(settings: ProxySettings) -> Iterator[tuple[str, list[str]]]:
    ip, mark = family(settings), settings.mark
    asked = f"{ip} daddr . meta l4proto . th dport vmap"
    ports = _node_match(settings) + " meta l4proto . th dport vmap"
    fib = "fib daddr type local " if _is_everywhere(settings) else ""
    yield "mark-for-masquerade", [f"mark set mark or {mark}"]
    yield "masquerading", [f"mark and {mark} == 0 return", f"mark set mark xor {mark}", "masquerade fully-random"]
    yield "services", [f"{asked} @{SERVICE_IPS}", f"{fib}{ports} @{SERVICE_NODEPORTS}"]
    yield "service-endpoints-check", [f"{asked} @{NO_ENDPOINT_SERVICES}"]
    yield "nodeport-endpoints-check", [f"{ports} @{NO_ENDPOINT_NODEPORTS}"]
    yield "firewall-check", [f"{asked} @{FIREWALL_IPS}"]
    yield "cluster-ips-check", list(_cluster_ips_check(settings))


def _cluster_ips_check(settings: ProxySettings) -> Iterator[str]:
    ip = family(settings)
    yield f'{ip} daddr @{CLUSTER_IPS} reject comment "Reject traffic to invalid ports of ClusterIPs"'
    cidrs = [text for text in settings.service_cidrs if family_of(text) == settings.ip_family]
    if cidrs:
        yield f'{ip} daddr {{ {",".join(cidrs)} }} drop comment "Drop traffic to unallocated ClusterIPs"'


def _is_everywhere(settings: ProxySettings) -> bool:
    """Are node ports open on all addresses? Unlike in the other modes that must be asked for."""
    texts = [text for text in settings.nodeport_addresses if family_of(text) == settings.ip_family]
    return any(ip_network(text, strict=False).prefixlen == 0 for text in texts)


def _node_match(settings: ProxySettings) -> str:
    ip = family(settings)
    if not _is_everywhere(settings):
        return f"{ip} daddr @{NODEPORT_IPS}"
    return f"{ip} daddr != {'::1' if settings.is_ipv6 else '127.0.0.0/8'}"


def nodeport_ips(settings: ProxySettings) -> tuple[str, ...]:
    """The addresses on which node ports are open: the node's own one, or those in the networks that were named; never the loopback's."""
    if not any(family_of(text) == settings.ip_family for text in settings.nodeport_addresses):
        return (settings.node_ip,)
    return tuple(ip for ip in settings.nodeport_ips if not ip_address(ip).is_loopback)
