"""What has changed since the last sync: the ears of kube-proxy.

kube-proxy is told of every change of Services, slices and its node, and does nothing yet. It collects, and when it is time to sync it takes
everything at once: the new state, and which Services are touched by it. What was changed and changed back meanwhile is no change.

It also remembers which connections of UDP are now wrong. TCP notices by itself that its partner is gone; UDP would go on sending to nobody,
for as long as the kernel remembers the way.

Source: kubernetes 1.30, pkg/proxy/servicechangetracker.go, endpointschangetracker.go, endpointslicecache.go; conntrack/cleanup.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.service import EndpointSlice, Service
from k8sedu.kube.proxy.backends import SERVICE_NAME, Backend, backends_of
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName, service_ports
from k8sedu.kube.proxy.settings import ProxySettings

ServiceName = tuple[str, str]
"""Namespace and name."""


class StaleEndpoint(NamedTuple):
    """An endpoint of UDP that has just gone."""

    port: ServicePortName
    ip: str


@dataclass(frozen=True)
class Update:
    """What a sync has to do."""

    services: frozenset[ServiceName] = frozenset()
    """Services that have changed, or whose endpoints have."""
    ports: Mapping[ServicePortName, None] = field(default_factory=dict)
    """Their ports, those that are gone included."""
    is_full: bool = False
    """Everything has to be made anew: it is the first sync, or the node has changed."""
    gone_udp_ips: tuple[str, ...] = ()
    """Cluster IPs of UDP ports that no longer exist."""
    stale_endpoints: tuple[StaleEndpoint, ...] = ()
    woken_udp_ports: tuple[ServicePortName, ...] = ()
    """UDP ports that had no endpoint and now have one."""


class ChangeTracker:
    """All Services and endpoints that one node's proxy knows, and what it has heard since it looked last.

    >>> from k8sedu.kube.defaults import with_defaults
    >>> web = with_defaults(Service.of({"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}}))
    >>> tracker = ChangeTracker(ProxySettings())
    >>> tracker.put(web); update = tracker.take()
    >>> sorted(update.services), update.is_full, [str(name) for name in tracker.ports]
    ([('default', 'web')], True, ['default/web'])
    >>> tracker.put(web); sorted(tracker.take().services)
    []

    A change costs O(its Service); taking costs O(what has changed).
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.ports: dict[ServicePortName, ServicePort] = {}
        self.backends: dict[ServicePortName, tuple[Backend, ...]] = {}
        self._services: dict[ServiceName, dict[ServicePortName, ServicePort]] = {}
        self._slices: dict[ServiceName, dict[str, EndpointSlice]] = {}
        self._new_services: dict[ServiceName, dict[ServicePortName, ServicePort]] = {}
        self._new_slices: dict[ServiceName, dict[str, EndpointSlice | None]] = {}
        self._named: dict[ServiceName, tuple[ServicePortName, ...]] = {}
        self._needs_full = True

    # -- hearing --------------------------------------------------------------------------------------------------------------------------

    def put(self, *objects: ApiObject) -> None:
        """These are new, or have changed; what is no Service, slice or node of ours is none of our business."""
        for found in objects:
            if isinstance(found, Service):
                self._new_services[_name(found)] = service_ports(found, self.settings)
            elif isinstance(found, EndpointSlice):
                self._put_slice(found, found)
            elif isinstance(found, Node) and found.name == self.settings.node_name:
                self._put_labels(found.labels)

    def drop(self, *objects: ApiObject) -> None:
        """These are gone."""
        for found in objects:
            if isinstance(found, Service):
                self._new_services[_name(found)] = {}
            elif isinstance(found, EndpointSlice):
                self._put_slice(found, None)

    def _put_slice(self, found: EndpointSlice, new: EndpointSlice | None) -> None:
        service = found.labels.get(SERVICE_NAME, "")
        if service and found.address_type == self.settings.ip_family:
            self._new_slices.setdefault((found.namespace or "default", service), {})[found.name] = new

    def _put_labels(self, labels: Mapping[str, str]) -> None:
        if dict(labels) != dict(self.settings.node_labels):
            self.settings = replace(self.settings, node_labels=dict(labels))
            self._needs_full = True

    def require_full(self) -> None:
        """The next sync makes everything anew: the last one has failed, or somebody has flushed the rules."""
        self._needs_full = True

    # -- taking ---------------------------------------------------------------------------------------------------------------------------

    def take(self) -> Update:
        """Take everything that was heard into the state, and tell what is touched by it."""
        gone, services = self._take_services()
        stale, woken, endpoints = self._take_slices()
        touched = {**services, **endpoints}
        ports = dict.fromkeys(gone) | {name: None for service in touched for name in self._named.get(service, ())}
        update = Update(
            services=frozenset(touched), ports=ports, is_full=self._needs_full,
            gone_udp_ips=tuple(dict.fromkeys(port.cluster_ip for port in gone.values() if port.protocol == "UDP")),
            stale_endpoints=tuple(stale), woken_udp_ports=tuple(woken),
        )  # fmt: skip
        self._needs_full = False
        return update

    def _take_services(self) -> tuple[dict[ServicePortName, ServicePort], dict[ServiceName, None]]:
        """The ports that are gone, and the Services that have changed."""
        gone: dict[ServicePortName, ServicePort] = {}
        changed: dict[ServiceName, None] = {}
        for service, new in self._new_services.items():
            old = self._services.get(service, {})
            if old == new:
                continue
            changed[service] = None
            left = {name: port for name, port in old.items() if name not in new}
            for name in left:
                del self.ports[name]
            gone.update(left)
            self.ports.update(new)
            self._services[service] = new
            self._named[service] = tuple(new)
            if not new:
                del self._services[service], self._named[service]
        self._new_services = {}
        return gone, changed

    def _take_slices(self) -> tuple[list[StaleEndpoint], list[ServicePortName], dict[ServiceName, None]]:
        stale: list[StaleEndpoint] = []
        woken: list[ServicePortName] = []
        changed: dict[ServiceName, None] = {}
        for service, news in self._new_slices.items():
            slices = self._slices.get(service, {})
            if all(slices.get(name) == new for name, new in news.items()):
                continue
            changed[service] = None
            before = backends_of(slices.values(), self.settings)
            self._slices[service] = {name: each for name, each in {**slices, **news}.items() if each is not None}
            after = backends_of(self._slices[service].values(), self.settings)
            for name in before:
                self.backends.pop(name, None)
            self.backends.update(after)
            stale.extend(_gone(before, after))
            woken.extend(name for name in after if name.protocol == "UDP" and _serving(after, name) and not _serving(before, name))
        self._new_slices = {}
        return stale, woken, changed


def stale_connections(update: Update, ports: Mapping[ServicePortName, ServicePort], settings: ProxySettings) -> tuple[str, ...]:
    """The connections of UDP that the kernel must forget after a sync, as the recordings write them; sorted.

    `ip A UDP` are all to an address, `port N …` all to a node port, `nat A -> B UDP` those to A that were sent on to B.
    """
    ips, node_ports = dict.fromkeys(update.gone_udp_ips), dict[int, None]()
    for name in update.woken_udp_ports:
        if (port := ports.get(name)) is not None:
            ips |= dict.fromkeys((port.cluster_ip, *port.external_ips, *port.load_balancer_vips))
            node_ports |= {port.node_port: None} if port.node_port else {}
    family = f"ipv6={'true' if settings.is_ipv6 else 'false'}"
    told = [*(f"ip {ip} UDP" for ip in ips), *(f"port {number} {family} UDP" for number in node_ports)]
    for stale in update.stale_endpoints:
        if (port := ports.get(stale.port)) is not None:
            told += [f"nat {ip} -> {stale.ip} UDP" for ip in (port.cluster_ip, *port.external_ips, *port.load_balancer_vips)]
            told += [f"portnat {port.node_port} -> {stale.ip} UDP"] if port.node_port else []
    return tuple(sorted(told))


def _name(found: ApiObject) -> ServiceName:
    return found.namespace or "default", found.name


Backends = Mapping[ServicePortName, tuple[Backend, ...]]


def _gone(before: Backends, after: Backends) -> Iterator[StaleEndpoint]:
    """Endpoints of UDP that got traffic, and must not any more."""
    for name, backends in before.items():
        if name.protocol == "UDP":
            still = {backend.text for backend in after.get(name, ()) if backend.is_serving}
            yield from (StaleEndpoint(name, each.ip) for each in backends if each.is_serving and each.text not in still)


def _serving(backends: Backends, name: ServicePortName) -> bool:
    return any(backend.is_serving for backend in backends.get(name, ()))


def all_of(objects: Iterable[ApiObject], settings: ProxySettings) -> ChangeTracker:
    """A tracker that has heard of all these."""
    tracker = ChangeTracker(settings)
    tracker.put(*objects)
    return tracker
