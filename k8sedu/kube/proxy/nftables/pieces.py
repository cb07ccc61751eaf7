"""What one Service port puts into the nft table.

Chains of its own, and one *element* for each of its addresses in a map that all Services share. The map is why a packet is not compared
with every Service: it is looked up once, and the verdict that it finds says in which chain to go on.

Source: kubernetes 1.30, pkg/proxy/nftables/proxier.go (syncProxyRules, writeServiceToEndpointRules).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from k8sedu.kube.proxy.backends import Backend, Choice, choose
from k8sedu.kube.proxy.nftables.names import base_of, endpoint_base_of
from k8sedu.kube.proxy.ports import ServicePort
from k8sedu.kube.proxy.settings import ProxySettings

CLUSTER_IPS = "cluster-ips"
SERVICE_IPS = "service-ips"
SERVICE_NODEPORTS = "service-nodeports"
FIREWALL_IPS = "firewall-ips"
NO_ENDPOINT_SERVICES = "no-endpoint-services"
NO_ENDPOINT_NODEPORTS = "no-endpoint-nodeports"
MARK = "jump mark-for-masquerade"
REJECT = "goto reject-chain"


class Element(NamedTuple):
    """One entry of a set, or of a map where it has a verdict."""

    holder: str
    """The set or map."""
    key: tuple[str, ...]
    verdict: str = ""
    comment: str = ""

    def __str__(self) -> str:
        key = " . ".join(self.key)
        comment = f' comment "{self.comment}"' if self.comment else ""
        return f"{{ {key}{comment}{f' : {self.verdict}' if self.verdict else ''} }}"


class Piece(NamedTuple):
    """Everything that one Service port puts there."""

    chains: Mapping[str, tuple[str, ...]]
    """Chain → its rules."""
    elements: tuple[Element, ...] = ()
    affinity_sets: tuple[tuple[str, int], ...] = ()
    """Sets that remember clients, and for how many seconds."""


NOTHING = Piece({})


class _Ways(NamedTuple):
    """Where a Service port's traffic goes, and what refuses it where nothing is there."""

    external: str
    """The chain to which everything from outside comes first, or nothing."""
    firewall: str

    inside: str
    """The chain for traffic to the cluster IP, or nothing."""
    outside: str
    """The chain in which traffic from outside ends, or nothing."""
    refusal: str


def local_match(settings: ProxySettings, *, is_local: bool) -> str:
    """The condition that a packet comes, or does not come, from a pod of this cluster.

    >>> local_match(ProxySettings(local_value="10.0.0.0/8"), is_local=False)
    'ip saddr != 10.0.0.0/8'
    """
    sign = "" if is_local else "!= "
    if settings.local_mode in {"ClusterCIDR", "NodeCIDR"}:
        return f"{family(settings)} saddr {sign}{settings.local_value}"
    return f"iif {sign}{settings.local_value}{'*' if settings.local_mode == 'InterfaceNamePrefix' else ''}"


def family(settings: ProxySettings) -> str:
    """`ip` or `ip6`."""
    return "ip6" if settings.is_ipv6 else "ip"


class PieceMaker:
    """Makes the pieces of Service ports for one node.

    A piece costs O(its endpoints).
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings, self.family = settings, family(settings)

    def piece(self, port: ServicePort, backends: tuple[Backend, ...]) -> Piece:
        """All that a Service port needs."""
        choice, base = choose(backends, port, self.settings), base_of(port.name)
        ends = {backend: endpoint_base_of(port.name, backend) for backend in choice.reachable}
        ways = _ways(port, choice, base)
        chains = dict(self._chains(port, choice, base, ends, ways))
        sets = tuple((f"affinity-{end}", port.affinity_seconds) for end in ends.values()) if port.affinity_seconds else ()
        return Piece(chains, tuple(_elements(port, ways)), sets)

    # -- chains ---------------------------------------------------------------------------------------------------------------------------

    def _chains(
        self, port: ServicePort, choice: Choice, base: str, ends: Mapping[Backend, str], ways: _Ways
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        masquerade = self._masquerade(port)
        for prefix, found, is_used in (
            ("service-", choice.cluster, port.uses_cluster_endpoints),
            ("local-", choice.local, port.uses_local_endpoints),
        ):
            if found and is_used:
                chain = f"{prefix}{base}"
                first = masquerade if chain == ways.inside else ()
                yield chain, (*first, *self._choice(port, [ends[backend] for backend in found]))
        if choice.has_any and port.is_externally_accessible:
            yield f"external-{base}", tuple(self._external(port, base, ways))
        if port.load_balancer_vips and port.load_balancer_source_ranges:
            yield f"firewall-{base}", (self._firewall(port),)
        for backend, end in ends.items():
            yield f"endpoint-{end}", tuple(self._endpoint(port, backend, end))

    def _masquerade(self, port: ServicePort) -> tuple[str, ...]:
        """Who asks for the cluster IP and is no pod is masqueraded, or the answer would not find back."""
        meant = f"{self.family} daddr {port.cluster_ip} {port.name.protocol.lower()} dport {port.port}"
        if self.settings.masquerade_all:
            return (f"{meant} {MARK}",)
        return (f"{meant} {local_match(self.settings, is_local=False)} {MARK}",) if self.settings.can_tell_local else ()

    def _choice(self, port: ServicePort, ends: list[str]) -> Iterator[str]:
        """Who has been here lately goes where they went; everybody else is drawn a number."""
        if port.affinity_seconds:
            for end in ends:
                yield f"{self.family} saddr @affinity-{end} goto endpoint-{end}"
        numbered = " , ".join(f"{number} : goto endpoint-{end}" for number, end in enumerate(ends))
        yield f"numgen random mod {len(ends)} vmap {{ {numbered} }}"

    def _external(self, port: ServicePort, base: str, ways: _Ways) -> Iterator[str]:
        if not port.is_external_local:
            yield MARK
        else:
            if self.settings.can_tell_local:
                pods = local_match(self.settings, is_local=True)
                yield f'{pods} goto service-{base} comment "short-circuit pod traffic"'
            yield f'fib saddr type local {MARK} comment "masquerade local traffic"'
            yield f'fib saddr type local goto service-{base} comment "short-circuit local traffic"'
        if ways.outside:
            yield f"goto {ways.outside}"

    def _firewall(self, port: ServicePort) -> str:
        """Everybody is dropped whose address is not in the ranges; a node that is in them may come from the address itself."""
        node = ip_address(self.settings.node_ip)
        allowed = list(port.load_balancer_source_ranges)
        if any(node in ip_network(text) for text in allowed):
            allowed += port.load_balancer_vips
        return f"{self.family} saddr != {{ {' , '.join(allowed)} }} drop"

    def _endpoint(self, port: ServicePort, backend: Backend, end: str) -> Iterator[str]:
        yield f"{self.family} saddr {backend.ip} {MARK}"
        if port.affinity_seconds:
            yield f"update @affinity-{end} {{ {self.family} saddr }}"
        yield f"meta l4proto {port.name.protocol.lower()} dnat to {backend.text}"


def _ways(port: ServicePort, choice: Choice, base: str) -> _Ways:
    inside = f"local-{base}" if port.is_internal_local else f"service-{base}"
    outside = f"local-{base}" if port.is_external_local else f"service-{base}"
    refusal = "drop" if choice.has_any else REJECT
    has_inside = choice.has_any and bool(choice.local or not port.is_internal_local)
    has_outside = choice.has_any and bool(choice.local or not port.is_external_local)
    external = f"external-{base}" if choice.has_any else ""
    return _Ways(external, f"firewall-{base}", inside if has_inside else "", outside if has_outside else "", refusal)


def _elements(port: ServicePort, ways: _Ways) -> Iterator[Element]:
    protocol, number = port.name.protocol.lower(), str(port.port)
    yield Element(CLUSTER_IPS, (port.cluster_ip,))
    key = (port.cluster_ip, protocol, number)
    if ways.inside:
        yield Element(SERVICE_IPS, key, f"goto {ways.inside}")
    else:
        yield Element(NO_ENDPOINT_SERVICES, key, ways.refusal, port.text)
    for ip in (*port.external_ips, *port.load_balancer_vips):
        yield from _outside(SERVICE_IPS, NO_ENDPOINT_SERVICES, (ip, protocol, number), port.text, ways)
    if port.load_balancer_source_ranges:
        for ip in port.load_balancer_vips:
            yield Element(FIREWALL_IPS, (ip, protocol, number), f"goto {ways.firewall}", port.text)
    if port.node_port:
        yield from _outside(SERVICE_NODEPORTS, NO_ENDPOINT_NODEPORTS, (protocol, str(port.node_port)), port.text, ways)


def _outside(open_map: str, shut_map: str, key: tuple[str, ...], text: str, ways: _Ways) -> Iterator[Element]:
    """An address from outside: with endpoints anywhere there is a chain for it, and without any for its policy a refusal."""
    if ways.external:
        yield Element(open_map, key, f"goto {ways.external}")
    if not ways.outside:
        yield Element(shut_map, key, ways.refusal, text)
