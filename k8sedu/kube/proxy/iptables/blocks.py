"""What one Service port puts into the tables.

Three kinds of lines: a few in chains that all share (which address leads where), chains of its own (who is chosen, and how the packet is
rewritten), and lines that refuse what cannot be served. They depend on nothing but this port, its endpoints and the node's settings. That
is what makes a partial sync possible: a port that has not changed has the same block as before.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (syncProxyRules, writeServiceToEndpointRules).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from k8sedu.kube.proxy.backends import Backend, Choice, choose
from k8sedu.kube.proxy.iptables.names import (
    EXTERNAL_SERVICES,
    MARK_MASQ,
    NODEPORTS,
    PROXY_FIREWALL,
    SERVICES,
    ChainNames,
    chains_of,
    endpoint_chain,
)
from k8sedu.kube.proxy.iptables.probability import written
from k8sedu.kube.proxy.ports import ServicePort
from k8sedu.kube.proxy.settings import ProxySettings, family_of

LOCALHOST_COUNTER = "localhost_nps_accepted_pkts"
"""Since 1.31 the kernel counts who still uses node ports of 127.0.0.1, which other modes do not have."""


class Block(NamedTuple):
    """The lines of one Service port; each text is lines that end, so that blocks are put together by copying."""

    shared: str
    """Rules of nat's KUBE-SERVICES and KUBE-NODEPORTS."""
    filters: str
    """Rules of the filter table."""
    chains: tuple[str, ...]
    """The port's own chains in nat."""
    rules: str
    """The rules of those."""


class _Plan(NamedTuple):
    """A Service port, and everything that its lines need."""

    port: ServicePort
    choice: Choice
    names: ChainNames
    match: str
    """The condition on the protocol."""
    inside: _Way
    """The way from inside of the cluster: to the cluster IP."""
    outside: _Way
    counts_localhost: bool
    """Are packets to node ports of 127.0.0.1 counted?"""

    @property
    def has_door(self) -> bool:
        """Is there a chain for traffic from outside?"""
        return self.choice.has_any and self.port.is_externally_accessible

    @property
    def has_guard(self) -> bool:
        """Are there source ranges to be kept to?"""
        return self.choice.has_any and bool(self.port.load_balancer_vips and self.port.load_balancer_source_ranges)


class _Way(NamedTuple):
    """Where traffic of one kind goes, and what refuses it."""

    chain: str
    is_open: bool
    """Is there an endpoint for it?"""
    refusal: str
    """`REJECT` where nothing is there at all, `DROP` where it is on other nodes only."""
    comment: str


def local_match(settings: ProxySettings, *, is_local: bool = True) -> str:
    """The condition that a packet comes, or does not come, from a pod of this cluster.

    >>> local_match(ProxySettings(local_value="10.0.0.0/8"), is_local=False)
    '! -s 10.0.0.0/8'
    """
    sign = "" if is_local else "! "
    if settings.local_mode in {"ClusterCIDR", "NodeCIDR"}:
        return f"{sign}-s {settings.local_value}"
    plus = "+" if settings.local_mode == "InterfaceNamePrefix" else ""
    return f"{sign}-i {settings.local_value}{plus}"


class BlockMaker:
    """Makes the lines of Service ports for one node.

    >>> from k8sedu.kube.proxy.ports import ServicePortName
    >>> maker = BlockMaker(ProxySettings(), is_large=False)
    >>> block = maker.block(ServicePort(ServicePortName("ns1", "svc1"), "172.30.1.1", 80), ())
    >>> print(block.filters, end="")
    -A KUBE-SERVICES -m comment --comment "ns1/svc1 has no endpoints" -m tcp -p tcp -d 172.30.1.1 --dport 80 -j REJECT

    A block costs O(its endpoints).
    """

    def __init__(self, settings: ProxySettings, *, is_large: bool) -> None:
        self.settings, self.is_large = settings, is_large
        self._can_tell = settings.can_tell_local
        self._counts_localhost = settings.is_at_least("1.31") and settings.nodeports_on_localhost

    @cached_property
    def _from_pods(self) -> str:
        return local_match(self.settings)

    @cached_property
    def _not_from_pods(self) -> str:
        """The condition for masquerading traffic to cluster IPs, with a space before it; empty if all of it is."""
        return "" if self.settings.masquerade_all else f" {local_match(self.settings, is_local=False)}"

    def block(self, port: ServicePort, backends: tuple[Backend, ...]) -> Block:
        """All lines of a Service port."""
        plan = _plan(port, choose(backends, port, self.settings), counts_localhost=self._counts_localhost)
        chains, rules = self._own(plan)
        return Block(lines_of(_shared(plan)), lines_of(_filters(plan)), tuple(chains), lines_of(rules))

    def _own(self, plan: _Plan) -> tuple[list[str], list[str]]:
        """The port's own chains, and their rules."""
        port, choice, names, match, inside, outside, _ = plan
        chains: list[str] = []
        rules: list[str] = []
        if inside.is_open and (self.settings.masquerade_all or self._can_tell):
            where = f'"{port.text} cluster IP" {match} -d {port.cluster_ip} --dport {port.port}'
            rules.append(f"-A {inside.chain} -m comment --comment {where}{self._not_from_pods} -j {MARK_MASQ}")
        if plan.has_door:
            chains.append(names.external)
            rules += self._external(port, names, outside)
        if plan.has_guard:
            chains.append(names.firewall)
            rules += self._firewall(port, names)
        sends = [(backend, endpoint_chain(port.text, port.protocol.lower(), backend.text)) for backend in choice.reachable]
        chain_of = {backend.text: chain for backend, chain in sends}
        for chain, backends, is_used in (
            (names.cluster, choice.cluster, port.uses_cluster_endpoints), (names.local, choice.local, port.uses_local_endpoints),
        ):  # fmt: skip
            if backends and is_used:
                chains.append(chain)
                rules += self._choosing(port, chain, backends, chain_of)
        for backend, chain in sends:
            chains.append(chain)
            rules += self._sending(port, chain, backend, match)
        return chains, rules

    def _external(self, port: ServicePort, names: ChainNames, outside: _Way) -> list[str]:
        """Whose source address can be kept, and whose cannot."""
        begin, where = f"-A {names.external} -m comment --comment", f"for {port.text} external destinations"
        from_node = "-m addrtype --src-type LOCAL"
        if not port.is_external_local:
            rules = [f'{begin} "masquerade traffic {where}" -j {MARK_MASQ}']
        else:
            rules = [f'{begin} "pod traffic {where}" {self._from_pods} -j {names.cluster}'] if self._can_tell else []
            rules.append(f'{begin} "masquerade LOCAL traffic {where}" {from_node} -j {MARK_MASQ}')
            rules.append(f'{begin} "route LOCAL traffic {where}" {from_node} -j {names.cluster}')
        return [*rules, f"-A {names.external} -j {outside.chain}"] if outside.is_open else rules

    def _firewall(self, port: ServicePort, names: ChainNames) -> list[str]:
        """Whom the load balancer's source ranges let in; the others reach the end and are dropped in the filter table."""
        begin = f'-A {names.firewall} -m comment --comment "{port.text} loadbalancer IP"'
        rules = [f"{begin} -s {source} -j {names.external}" for source in port.load_balancer_source_ranges]
        node_ip = ip_address(self.settings.node_ip)
        same = (text for text in port.load_balancer_source_ranges if family_of(text) == family_of(self.settings.node_ip))
        if any(node_ip in ip_network(text) for text in same):
            rules += [f"{begin} -s {ip} -j {names.external}" for ip in port.load_balancer_vips]
        told = f'"other traffic to {port.text} will be dropped by {PROXY_FIREWALL}"'
        return [*rules, f"-A {names.firewall} -m comment --comment {told}"]

    def _choosing(self, port: ServicePort, chain: str, backends: tuple[Backend, ...], chain_of: dict[str, str]) -> list[str]:
        """Back to the endpoint of last time, or to one by chance."""
        begins = [(self._begin(chain, f'"{port.text} -> {backend.text}"'), chain_of[backend.text]) for backend in backends]
        rules = []
        if port.affinity_seconds:
            how = f"--rcheck --seconds {port.affinity_seconds} --reap"
            rules = [f"{begin} -m recent --name {target} {how} -j {target}" for begin, target in begins]
        left = len(begins)
        for begin, target in begins[:-1]:
            rules.append(f"{begin} -m statistic --mode random --probability {written(left)} -j {target}")
            left -= 1
        begin, target = begins[-1]
        return [*rules, f"{begin} -j {target}"]

    def _sending(self, port: ServicePort, chain: str, backend: Backend, match: str) -> tuple[str, str]:
        """A pod that reaches itself must see another sender than itself; everybody is rewritten to the endpoint."""
        begin = self._begin(chain, port.text)
        recent = f" -m recent --name {chain} --set" if port.affinity_seconds else ""
        return f"{begin} -s {backend.ip} -j {MARK_MASQ}", f"{begin}{recent} {match} -j DNAT --to-destination {backend.text}"

    def _begin(self, chain: str, comment: str) -> str:
        return f"-A {chain}" if self.is_large else f"-A {chain} -m comment --comment {comment}"


def lines_of(lines: Iterable[str]) -> str:
    """Lines that end, as one text."""
    return "".join([f"{line}\n" for line in lines])


def _plan(port: ServicePort, choice: Choice, *, counts_localhost: bool) -> _Plan:
    names, protocol = chains_of(port.name), port.name.protocol.lower()
    inside, outside = (_way(port, choice, names, is_local=is_local) for is_local in (port.is_internal_local, port.is_external_local))
    return _Plan(port, choice, names, f"-m {protocol} -p {protocol}", inside, outside, counts_localhost)


def _way(port: ServicePort, choice: Choice, names: ChainNames, *, is_local: bool) -> _Way:
    return _Way(
        chain=names.local if is_local else names.cluster,
        is_open=choice.has_any and (bool(choice.local) or not is_local),
        refusal="DROP" if choice.has_any else "REJECT",
        comment=f'"{port.text} has no {"local " if choice.has_any else ""}endpoints"',
    )


def _shared(plan: _Plan) -> list[str]:
    """Which address leads where."""
    port, names = plan.port, plan.names
    lines = [_service_rule(plan, "cluster IP", port.cluster_ip, plan.inside.chain)] if plan.inside.is_open else []
    if plan.has_door:
        lines += [_service_rule(plan, "external IP", ip, names.external) for ip in port.external_ips]
        door = names.firewall if plan.has_guard else names.external
        lines += [_service_rule(plan, "loadbalancer IP", ip, door) for ip in port.load_balancer_vips]
        if port.node_port:
            begin, there = f"-A {NODEPORTS} -m comment --comment {port.text} {plan.match}", f"--dport {port.node_port}"
            if plan.counts_localhost:
                lines.append(f"{begin} -d 127.0.0.0/8 {there} -m nfacct --nfacct-name {LOCALHOST_COUNTER} -j {names.external}")
            lines.append(f"{begin} {there} -j {names.external}")
    return lines


def _filters(plan: _Plan) -> list[str]:
    """What is refused, and why; and the door for the load balancer's health checks."""
    port, match, outside = plan.port, plan.match, plan.outside
    lines = [] if plan.inside.is_open else [_refusal(SERVICES, plan.inside, f"{match} -d {port.cluster_ip} --dport {port.port}")]
    if not outside.is_open:
        lines += [_refusal(EXTERNAL_SERVICES, outside, f"{match} -d {ip} --dport {port.port}") for ip in port.external_ips]
    if plan.has_guard:
        begin = f'-A {PROXY_FIREWALL} -m comment --comment "{port.text} traffic not accepted by {plan.names.firewall}" {match}'
        lines += [f"{begin} -d {ip} --dport {port.port} -j DROP" for ip in port.load_balancer_vips]
    if not outside.is_open:
        lines += [_refusal(EXTERNAL_SERVICES, outside, f"{match} -d {ip} --dport {port.port}") for ip in port.load_balancer_vips]
        if port.node_port:
            lines.append(_refusal(EXTERNAL_SERVICES, outside, f"-m addrtype --dst-type LOCAL {match} --dport {port.node_port}"))
    if port.health_check_node_port:
        begin = f'-A {NODEPORTS} -m comment --comment "{port.text} health check node port"'
        lines.append(f"{begin} -m tcp -p tcp --dport {port.health_check_node_port} -j ACCEPT")
    return lines


def _service_rule(plan: _Plan, what: str, ip: str, target: str) -> str:
    port = plan.port
    return f'-A {SERVICES} -m comment --comment "{port.text} {what}" {plan.match} -d {ip} --dport {port.port} -j {target}'


def _refusal(chain: str, way: _Way, where: str) -> str:
    return f"-A {chain} -m comment --comment {way.comment} {where} -j {way.refusal}"
