r"""Names: what the cluster's DNS tells a pod that asks.

A Service is called `web.shop.svc.cluster.local`, and a pod in the same namespace need only say `web`, because its resolver tries the name
with each of its search domains. A headless Service has no address of its own, so its name leads to the pods themselves; a Service of type
ExternalName is only another name.

>>> from k8sedu.kube.defaults import with_defaults
>>> web = Service.of({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}})
>>> names = Dns([with_defaults(web)])
>>> names.ask("web", namespace="shop").addresses, names.ask("web.shop").name, names.ask("web", namespace="blog").is_found
(('10.96.0.7',), 'web.shop.svc.cluster.local', False)

Source: kubernetes/dns, docs/specification.md, version 1.1.0; pods' resolv.conf: pkg/kubelet/network/dns/dns.go.
Left out: reverse names (PTR), time to live, and the names of pods by their address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.service import Endpoint, EndpointSlice, Service

ZONE = "cluster.local"
NDOTS = 5
"""With fewer dots than this, the search domains are tried before the name itself."""
SERVICE_NAME = "kubernetes.io/service-name"


class Record(NamedTuple):
    """One answer of DNS."""

    name: str
    type: str
    """A, AAAA, CNAME or SRV."""
    value: str
    """An address, a name, or for SRV priority, weight, port and name."""


class Answer(NamedTuple):
    """What came of a question."""

    name: str
    """The name that had an answer; the one that was asked if none had."""
    records: tuple[Record, ...]
    tried: tuple[str, ...]
    """The names that were tried, in their order."""

    @property
    def is_found(self) -> bool:
        """Is there such a name? If not, DNS says NXDOMAIN."""
        return bool(self.records)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses among the answers."""
        return tuple(record.value for record in self.records if record.type in {"A", "AAAA"})


class Dns:
    """The names of a cluster.

    Building costs O(Services and endpoints), a question O(search domains).
    """

    def __init__(self, objects: Iterable[ApiObject] = (), *, zone: str = ZONE) -> None:
        self.zone = zone
        self._records: dict[str, list[Record]] = {}
        found = list(objects)
        slices: dict[tuple[str, str], list[EndpointSlice]] = {}
        for each in found:
            if isinstance(each, EndpointSlice):
                slices.setdefault((each.namespace or "default", each.labels.get(SERVICE_NAME, "")), []).append(each)
        for service in found:
            if isinstance(service, Service):
                for record in records(service, slices.get((service.namespace or "default", service.name), []), zone=zone):
                    self._records.setdefault(record.name, []).append(record)

    def ask(self, name: str, *, namespace: str = "default", type: str = "") -> Answer:  # noqa: A002 (DNS calls it so)
        """Ask for a name as a pod of that namespace does; with `type`, for records of that type only."""
        tried = tuple(search(name, namespace=namespace, zone=self.zone))
        for each in tried:
            answers = tuple(record for record in self._records.get(each.lower(), ()) if type in {"", record.type, ADDRESS.get(record.type)})
            if answers:
                return Answer(each, answers, tried)
        return Answer(name, (), tried)


ADDRESS = {"CNAME": "A"}
"""Who asks for an address is told of another name."""


def search(name: str, *, namespace: str, zone: str = ZONE) -> Iterator[str]:
    """The names that a pod's resolver tries for a name.

    >>> list(search("web", namespace="shop"))
    ['web.shop.svc.cluster.local', 'web.svc.cluster.local', 'web.cluster.local', 'web']
    """
    if name.endswith("."):
        yield name.removesuffix(".")
        return
    domains = [f"{name}.{domain}" for domain in (f"{namespace}.svc.{zone}", f"svc.{zone}", zone)]
    yield from ([*domains, name] if name.count(".") < NDOTS else [name, *domains])


def records(service: Service, slices: Iterable[EndpointSlice], *, zone: str = ZONE) -> Iterator[Record]:
    """All records of a Service; those of a headless one come from its endpoints."""
    spec, name = service.spec, f"{service.name}.{service.namespace or 'default'}.svc.{zone}"
    if spec.type == "ExternalName":
        yield Record(name, "CNAME", spec.external_name)
        return
    if spec.cluster_ip == "None":
        yield from _headless(service, name, slices)
        return
    for ip in spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else ()):
        yield _address(name, ip)
    for port in spec.ports:
        if port.name:
            yield _srv(port.name, port.protocol, name, port.port, name)


def _headless(service: Service, name: str, slices: Iterable[EndpointSlice]) -> Iterator[Record]:
    """One address per ready endpoint under the common name, and under its own; one SRV record per named port and endpoint."""
    seen: dict[Record, None] = {}
    for piece in slices:
        for endpoint in piece.endpoints:
            if endpoint.conditions.ready is not False or service.spec.publish_not_ready_addresses:
                seen |= dict.fromkeys(_of_endpoint(endpoint, piece, name))
    yield from seen


def _of_endpoint(endpoint: Endpoint, piece: EndpointSlice, name: str) -> Iterator[Record]:
    for ip in endpoint.addresses:
        own = f"{endpoint.hostname or ip.replace('.', '-').replace(':', '-')}.{name}"
        yield _address(name, ip)
        yield _address(own, ip)
        for port in piece.ports:
            if port.name and port.port:
                yield _srv(port.name, port.protocol or "TCP", name, port.port, own)


def _address(name: str, ip: str) -> Record:
    return Record(name.lower(), "AAAA" if ":" in ip else "A", ip)


def _srv(port: str, protocol: str, name: str, number: int, target: str) -> Record:
    return Record(f"_{port}._{(protocol or 'TCP').lower()}.{name}".lower(), "SRV", f"0 100 {number} {target}")


def resolv_conf(namespace: str, *, nameserver: str = "10.96.0.10", zone: str = ZONE) -> str:
    """What stands in a pod's /etc/resolv.conf.

    >>> print(resolv_conf("shop"), end="")
    search shop.svc.cluster.local svc.cluster.local cluster.local
    nameserver 10.96.0.10
    options ndots:5
    """
    return f"search {namespace}.svc.{zone} svc.{zone} {zone}\nnameserver {nameserver}\noptions ndots:{NDOTS}\n"


def service_of(name: str, services: Mapping[tuple[str, str], Service], *, namespace: str, zone: str = ZONE) -> Service | None:
    """The Service that a pod of that namespace means by a name; None if it means none."""
    for each in search(name, namespace=namespace, zone=zone):
        parts = each.removesuffix(f".svc.{zone}").split(".") if each.endswith(f".svc.{zone}") else []
        if len(parts) == 2 and (parts[1], parts[0]) in services:
            return services[parts[1], parts[0]]
    return None
