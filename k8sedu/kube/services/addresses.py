"""What the API server gives a Service: cluster IPs, families, node ports.

A Service says which kind it is and perhaps what it would like to have; the server completes it when it is made, keeps what it has while it
changes, and takes everything back when it goes. If one part cannot be had, nothing is taken at all.

Source: kubernetes 1.30, pkg/registry/core/service/storage/alloc.go (initIPFamilyFields, initClusterIP, initNodePorts), storage.go
(patchAllocatedValues); KEP-563.
Left out: allocations that survive the server as objects of their own; a server that starts reads them off its Services (`learn`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects.service import Service
from k8sedu.kube.services.bands import FullError, IpRange, OutsideError, PortRange, TakenError
from k8sedu.kube.status import InternalError, InvalidError, Problem, invalid

Document = dict[str, Any]
HEADLESS = "None"
NODE_PORT_TYPES = {"NodePort", "LoadBalancer"}
IP_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


class ServiceAddresses:
    """The ranges of a cluster, and who has what of them.

    >>> addresses = ServiceAddresses()
    >>> web = {"metadata": {"name": "web"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
    >>> addresses.give(web, rng=Random(1))
    >>> web["spec"]["clusterIP"], web["spec"]["ipFamilies"], web["spec"]["ports"][0]["nodePort"]
    ('10.98.39.92', ['IPv4'], 32417)
    >>> addresses.give({"metadata": {"name": "b"}, "spec": {"clusterIP": "10.98.39.92", "ports": [{"port": 80}]}}, rng=Random(1))
    Traceback (most recent call last):
        ...
    k8sedu.kube.status.InvalidError: Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.98.39.92"]: failed to allocate IP …
    """

    def __init__(self, cidrs: Iterable[str] = ("10.96.0.0/12",), node_ports: tuple[int, int] = (30_000, 32_767)) -> None:
        self.ranges = {found.family: found for found in map(IpRange, cidrs)}
        """Family → its range; the first one is the cluster's first choice."""
        self.node_ports = PortRange(*node_ports)

    # -- the life of a Service ------------------------------------------------------------------------------------------------------------

    def give(self, document: Document, *, rng: Random) -> None:
        """Complete the document of a new Service.

        Raises:
            InvalidError: it wants what it cannot have.
            InternalError: a range is full.
        """
        spec = document["spec"]
        _Giving(self, document, rng).run([_families, _cluster_ips, _node_ports] if _has_addresses(spec) else [])

    def given(self, found: Service, *, rng: Random) -> Service:
        """A new Service, complete.

        Raises:
            InvalidError, InternalError: as for `give`.
        """
        document = found.document()
        self.give(document, rng=rng)
        return Service.of(document)

    def changed(self, new: Service, old: Service, *, rng: Random) -> Service:
        """A Service that is changed, complete: what it needs and lacks is handed out, what it no longer needs goes back.

        Raises:
            InvalidError, InternalError: as for `give`.
        """
        document = new.document()
        had, spec = _taken(old.document().get("spec", {})), document["spec"]
        giving = _Giving(self, document, rng, had=had)
        giving.run([_families, _cluster_ips, _node_ports] if _has_addresses(spec) else [])
        has = _taken(spec)
        self._free(had[0] - has[0], had[1] - has[1])
        return Service.of(document)

    def take_back(self, old: Service) -> None:
        """A Service is gone."""
        self._free(*_taken(old.document()["spec"]))

    def learn(self, services: Iterable[Service]) -> None:
        """Read off the Services that are there what is taken."""
        for service in services:
            ips, ports = _taken(service.document().get("spec", {}))
            for ip in sorted(ips):
                _quietly(lambda ip=ip: self.range_of(ip).take(ip))  # type: ignore[misc]  # each its own
            for port in sorted(ports):
                _quietly(lambda port=port: self.node_ports.take(port))  # type: ignore[misc]  # as above

    def range_of(self, ip: str) -> IpRange:
        """The range of an address's family.

        Raises:
            OutsideError: the cluster has no such family.
        """
        family = "IPv6" if ":" in ip else "IPv4"
        if family not in self.ranges:
            raise OutsideError(f"{family} is not configured on this cluster")
        return self.ranges[family]

    def _free(self, ips: set[str], ports: set[int]) -> None:
        for found in self.ranges.values():
            found.free(sorted(ip for ip in ips if (":" in ip) == (found.family == "IPv6")))
        self.node_ports.free(sorted(ports))


class _Giving:
    """One Service is given what it needs; if something fails, what was taken goes back."""

    def __init__(
        self, addresses: ServiceAddresses, document: Document, rng: Random, *, had: tuple[set[str], set[int]] = (set(), set()),
    ) -> None:  # fmt: skip
        self.addresses, self.document, self.spec, self.rng = addresses, document, document["spec"], rng
        self.ips, self.ports = had
        self.new_ips: list[str] = []
        self.new_ports: list[int] = []

    def run(self, parts: list[Callable[[_Giving], None]]) -> None:
        """Do all parts, or nothing."""
        try:
            for part in parts:
                part(self)
        except K8sEduError:
            self.addresses._free(set(self.new_ips), set(self.new_ports))
            raise

    def refuse(self, problem: Problem) -> InvalidError:
        """What to raise for a wish that cannot be granted."""
        return InvalidError.of(Service, self.document["metadata"].get("name", ""), [problem])

    def take_ip(self, ip: str) -> None:
        """Take an address that somebody wishes."""
        if ip in self.ips:
            return
        try:
            self.addresses.range_of(ip).take(ip)
        except (TakenError, OutsideError) as error:
            raise self.refuse(invalid("spec.clusterIPs", [ip], f"failed to allocate IP {ip}: {error}")) from None
        self.new_ips.append(ip)

    def give_ip(self, family: str) -> str:
        """Hand out an address of a family."""
        try:
            self.new_ips.append(self.addresses.ranges[family].give(self.rng))
        except FullError as error:
            raise InternalError.of(f"failed to allocate a serviceIP: {error}") from None
        return self.new_ips[-1]

    def take_port(self, place: int, port: int) -> None:
        """Take a node port that somebody wishes."""
        try:
            self.reserve_port(port)
        except (TakenError, OutsideError) as error:
            raise self.refuse(invalid(f"spec.ports[{place}].nodePort", port, str(error))) from None

    def reserve_port(self, port: int) -> None:
        """Take a node port, unless the Service has it already."""
        if port not in self.ports and port not in self.new_ports:
            self.addresses.node_ports.take(port)
            self.new_ports.append(port)

    def give_port(self) -> int:
        """Hand out a node port."""
        try:
            self.new_ports.append(self.addresses.node_ports.give(self.rng))
        except FullError as error:
            raise InternalError.of(f"failed to allocate a nodePort: {error}") from None
        return self.new_ports[-1]


# -- the parts ----------------------------------------------------------------------------------------------------------------------------


def _has_addresses(spec: Mapping[str, Any]) -> bool:
    return spec.get("type") != "ExternalName"


def _families(giving: _Giving) -> None:
    """Which families it has: as it says, as its addresses say, or as the cluster would have it."""
    spec, known = giving.spec, list(giving.addresses.ranges)
    wished = [ip for ip in spec.get("clusterIPs") or [spec.get("clusterIP", "")] if ip not in {"", HEADLESS}]
    policy = spec.get("ipFamilyPolicy") or ("RequireDualStack" if _is_bare_headless(spec) and len(known) > 1 else "SingleStack")
    families = list(spec.get("ipFamilies") or (("IPv6" if ":" in ip else "IPv4") for ip in wished)) or known[:1]
    for place, family in enumerate(families):
        if family not in known:
            raise giving.refuse(invalid(f"spec.ipFamilies[{place}]", family, "not configured on this cluster"))
    if policy == "RequireDualStack" and len(known) < 2:
        raise giving.refuse(invalid("spec.ipFamilyPolicy", policy, "this cluster is not configured for dual-stack services"))
    if policy == "SingleStack" and len(families) > 1:
        why = "must be RequireDualStack or PreferDualStack when multiple IP families are specified"
        raise giving.refuse(invalid("spec.ipFamilyPolicy", policy, why))
    if policy != "SingleStack":
        families += [family for family in known if family not in families]
    spec |= {"ipFamilyPolicy": policy, "ipFamilies": families}


def _is_bare_headless(spec: Mapping[str, Any]) -> bool:
    return spec.get("clusterIP") == HEADLESS and not spec.get("selector")


def _cluster_ips(giving: _Giving) -> None:
    spec = giving.spec
    if spec.get("clusterIP") == HEADLESS:
        spec["clusterIPs"] = [HEADLESS]
        return
    wished = list(spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else []))
    for place, (ip, family) in enumerate(zip(wished, spec["ipFamilies"], strict=False)):
        if (":" in ip) != (family == "IPv6"):
            raise giving.refuse(invalid(f"spec.clusterIPs[{place}]", ip, f"expected an {family} value as indicated by `ipFamilies`"))
        giving.take_ip(ip)
    given = [wished[place] if place < len(wished) else giving.give_ip(family) for place, family in enumerate(spec["ipFamilies"])]
    spec |= {"clusterIP": given[0], "clusterIPs": given}


def _node_ports(giving: _Giving) -> None:
    """Ports of one number share a node port even if they differ in protocol."""
    spec = giving.spec
    if spec.get("type") not in NODE_PORT_TYPES:
        return
    ports, given = spec.get("ports") or [], {}
    is_wanted = spec["type"] == "NodePort" or spec.get("allocateLoadBalancerNodePorts", True)
    for place, port in enumerate(ports):
        if not port.get("nodePort") and not is_wanted:
            continue
        number = port["port"]
        if number not in given:
            wished = next((each["nodePort"] for each in ports[place:] if each["port"] == number and each.get("nodePort")), 0)
            if wished:
                giving.take_port(place, wished)
            given[number] = wished or giving.give_port()
        if port.get("nodePort") and port["nodePort"] != given[number]:
            giving.take_port(place, port["nodePort"])
        port["nodePort"] = port.get("nodePort") or given[number]
    _health_check(giving)


def _health_check(giving: _Giving) -> None:
    spec = giving.spec
    if spec["type"] == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local":
        wished = spec.get("healthCheckNodePort", 0)
        if not wished:
            spec["healthCheckNodePort"] = giving.give_port()
        else:
            _take_health_check(giving, wished)


def _take_health_check(giving: _Giving, wished: int) -> None:
    try:
        giving.reserve_port(wished)
    except (TakenError, OutsideError) as error:
        raise InternalError.of(f"failed to allocate requested HealthCheck NodePort {wished}: {error}") from None


def keep(spec: Document, before: Mapping[str, Any]) -> None:
    """Who changes a Service need not repeat what the server had given it, nor take out what its new type has no use for."""
    if not _has_addresses(spec):
        for name in (*IP_FIELDS, "healthCheckNodePort"):
            if spec.get(name) == before.get(name):
                spec.pop(name, None)
    elif _has_addresses(before):
        spec.update({name: before[name] for name in IP_FIELDS if not spec.get(name) and before.get(name)})
        if spec.get("ipFamilyPolicy") == "SingleStack" and before.get("ipFamilyPolicy") != "SingleStack":
            spec.update({name: spec[name][:1] for name in ("clusterIPs", "ipFamilies") if spec.get(name) == before.get(name)})
    had = {(port.get("protocol", "TCP"), port["port"]): port.get("nodePort", 0) for port in before.get("ports") or ()}
    for port in spec.get("ports") or ():
        old = had.get((port.get("protocol", "TCP"), port["port"]), 0)
        if spec.get("type") in NODE_PORT_TYPES:
            port.update({"nodePort": port.get("nodePort") or old} if old else {})
        elif port.get("nodePort") == old:
            port.pop("nodePort", None)
    _keep_health_check(spec, before)


def _keep_health_check(spec: Document, before: Mapping[str, Any]) -> None:
    old = before.get("healthCheckNodePort", 0)
    is_needed = spec.get("externalTrafficPolicy") == "Local" and spec.get("type") == "LoadBalancer"
    if is_needed and old and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = old
    elif not is_needed and spec.get("healthCheckNodePort") == old:
        spec.pop("healthCheckNodePort", None)
    is_outside = spec.get("type") in NODE_PORT_TYPES or spec.get("externalIPs")
    if not is_outside and spec.get("externalTrafficPolicy") == before.get("externalTrafficPolicy"):
        spec.pop("externalTrafficPolicy", None)


def _taken(spec: Mapping[str, Any]) -> tuple[set[str], set[int]]:
    """The addresses and ports that a Service has."""
    if not _has_addresses(spec):
        return set(), set()
    ips = {ip for ip in [*(spec.get("clusterIPs") or ()), spec.get("clusterIP") or ""] if ip not in {"", HEADLESS}}
    ports = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
    return ips, ports | ({spec["healthCheckNodePort"]} if spec.get("healthCheckNodePort") else set())


def _quietly(take: Callable[[], None]) -> None:
    """What is stored is stored, even if two have it."""
    try:
        take()
    except (TakenError, OutsideError):
        return
