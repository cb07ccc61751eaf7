"""The Endpoints controller: all addresses of a Service in one object, as it was before slices.

It still runs, because some programs read Endpoints; since 1.33 they are deprecated. One object has an end: at a thousand addresses the rest
is left out, ready ones last, and an annotation says so. That end is one of the reasons why there are slices now.

Source: kubernetes 1.30, pkg/controller/endpoint/endpoints_controller.go (syncService, truncateEndpoints); pkg/api/v1/endpoints/util.go
(RepackSubsets).
Left out: the order of subsets, which the real one takes from a hash; here it is that of their first address. Endpoints whose Service went
while the controller was away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from math import ceil
from typing import Any, NamedTuple

from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.controllers.endpointslice import HEADLESS
from k8sedu.kube.controllers.loop import Loop
from k8sedu.kube.controllers.pod_endpoints import belongs, families_of, find_port, has_hostname, ips_of, is_ready, reference
from k8sedu.kube.controllers.selected_pods import SelectedPods, makes_endpoints
from k8sedu.kube.fields import plain
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.service import Endpoints, Service
from k8sedu.kube.status import NotFoundError

MOST = 1000
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
Document = dict[str, Any]


class Place(NamedTuple):
    """One address under one set of ports."""

    address: Document
    ports: tuple[tuple[str, str, int, str], ...]
    """Name, protocol, number and application protocol of each."""
    is_ready: bool


class EndpointsController:
    """Keeps the Endpoints of every Service with a selector.

    >>> from random import Random
    >>> server = ApiServer(Random(1))
    >>> _ = server.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
    ...                    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}, now_ms=0)
    >>> EndpointsController(server).run(now_ms=0)
    ['create endpoints default/web (0 ready, 0 not)']

    A change of a pod costs O(Services of its namespace), then O(endpoints) for each Service that it touches.
    """

    def __init__(self, server: ApiServer, *, most: int = MOST) -> None:
        self.server, self.most = server, most
        self.selected = SelectedPods(server)
        self.endpoints = Informer(server, Endpoints)
        self.loop = Loop(self.sync, self.selected.services, self.selected.pods, self.endpoints)
        self.selected.tell(self.loop.queue.add)
        self.endpoints.handlers.append(self._hear)

    def run(self, *, now_ms: int) -> list[str]:
        """Work until nothing is left to be done now; tells what was done."""
        return self.loop.run(now_ms=now_ms)

    def _hear(self, change: Change[Endpoints]) -> None:
        """Who deletes Endpoints gets them back; who changes them is let be until something else happens."""
        if change.type == "deleted":
            self.loop.queue.add(change.object.key)

    # -- doing ----------------------------------------------------------------------------------------------------------------------------

    def sync(self, key: str, now_ms: int) -> Iterator[str]:
        """Make the Endpoints of one Service say who answers for it."""
        service, old = self.selected.services.cache.get(key), self.endpoints.cache.get(key)
        if service is None:
            yield from self._remove(old, now_ms)
            return
        if makes_endpoints(service):
            subsets = repacked(place for pod in self.selected.of(service) for place in _places(pod, service))
            kept, is_over = truncated(subsets, most=self.most)
            yield from self._write(service, old, kept, {OVER_CAPACITY: "truncated"} if is_over else {}, now_ms)

    def _remove(self, old: Endpoints | None, now_ms: int) -> Iterator[str]:
        """A Service is gone, and its Endpoints go too, whoever wrote them."""
        if old is not None:
            try:
                self.server.delete(Endpoints, old.name, namespace=old.namespace, uid=old.metadata.uid, now_ms=now_ms)
            except NotFoundError:
                return
            yield f"delete endpoints {old.key}"

    def _write(
        self, service: Service, old: Endpoints | None, subsets: list[Document], annotations: Mapping[str, str], now_ms: int,
    ) -> Iterator[str]:  # fmt: skip
        labels = _labels(service)
        counts = f"({_count(subsets, 'addresses')} ready, {_count(subsets, 'notReadyAddresses')} not)"
        if old is None:
            meta = {"name": service.name, "namespace": service.namespace, "labels": labels, "annotations": dict(annotations)}
            self.server.create({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": subsets}, now_ms=now_ms)
            yield f"create endpoints {service.key} {counts}"
            return
        others = {name: value for name, value in old.metadata.annotations.items() if name != OVER_CAPACITY}
        notes = {**others, **annotations}
        new = old.evolve(metadata=old.metadata.evolve(labels=labels, annotations=notes), subsets=tuple(subsets))
        if plain(new.subsets) != plain(old.subsets) or dict(old.labels) != labels or dict(old.metadata.annotations) != notes:
            self.server.update(new)
            yield f"update endpoints {service.key} {counts}"


def _places(pod: Pod, service: Service) -> Iterator[Place]:
    """Where a pod stands: once for every port of the Service that it has."""
    spec = service.spec
    if not belongs(pod, with_terminating=spec.publish_not_ready_addresses):
        return
    ip = next((ip for family in families_of(service)[:1] for ip in ips_of(pod, family)), "")
    if not ip:
        return
    address: Document = {"ip": ip, "targetRef": reference(pod).document()}
    address |= {"nodeName": pod.spec.node_name} if pod.spec.node_name else {}
    address |= {"hostname": pod.spec.hostname} if has_hostname(pod, service) else {}
    ready = spec.publish_not_ready_addresses or is_ready(pod)
    if not spec.ports and spec.cluster_ip == "None":
        yield Place(address, (), ready)
    for port in spec.ports:
        number = find_port(pod, port)
        if number is not None:
            yield Place(address, ((port.name, port.protocol or "TCP", number, port.app_protocol or ""),), ready)


def repacked(places: Iterable[Place]) -> list[Document]:
    """Addresses with the same ports, together: the subsets of an Endpoints object."""
    by_address: dict[tuple[str, str], tuple[Document, bool, dict[tuple[str, str, int, str], None]]] = {}
    for place in places:
        key = (place.address["ip"], place.address.get("targetRef", {}).get("uid", ""))
        by_address.setdefault(key, (place.address, place.is_ready, {}))[2].update(dict.fromkeys(place.ports))
    groups: dict[tuple[tuple[str, str, int, str], ...], tuple[list[Document], list[Document]]] = {}
    for address, ready, ports in by_address.values():
        groups.setdefault(tuple(sorted(ports)), ([], []))[0 if ready else 1].append(address)
    subsets = [_subset(ports, ready, waiting) for ports, (ready, waiting) in groups.items()]
    return sorted(subsets, key=lambda subset: _address_order((subset.get("addresses") or subset["notReadyAddresses"])[0]))


def _subset(ports: Iterable[tuple[str, str, int, str]], ready: list[Document], waiting: list[Document]) -> Document:
    found: Document = {}
    for name, addresses in (("addresses", ready), ("notReadyAddresses", waiting)):
        if addresses:
            found[name] = sorted(addresses, key=_address_order)
    found["ports"] = [_port(*port) for port in ports]
    return found


def _port(name: str, protocol: str, number: int, app_protocol: str) -> Document:
    port: Document = {"name": name} if name else {}
    return port | {"port": number, "protocol": protocol} | ({"appProtocol": app_protocol} if app_protocol else {})


def _address_order(address: Document) -> tuple[int, int, str]:
    found = ip_address(address["ip"])
    return found.version, int(found), address.get("targetRef", {}).get("uid", "")


def truncated(subsets: list[Document], *, most: int = MOST) -> tuple[list[Document], bool]:
    """At most so many addresses: ready ones first, from every subset in proportion; and whether something was left out.

    >>> pods = [{"addresses": [{"ip": f"10.0.0.{place}"} for place in range(6)], "notReadyAddresses": [{"ip": "10.0.1.1"}]}]
    >>> kept, is_over = truncated(pods, most=4)
    >>> len(kept[0]["addresses"]), "notReadyAddresses" in kept[0], is_over
    (4, False, True)
    """
    ready, waiting = _count(subsets, "addresses"), _count(subsets, "notReadyAddresses")
    if ready + waiting <= most:
        return subsets, False
    kept = _shortened(subsets, "addresses", most) if ready > most else subsets
    kept = _shortened(kept, "notReadyAddresses", max(most - ready, 0))
    return [subset for subset in kept if subset.get("addresses") or subset.get("notReadyAddresses")], True


def _shortened(subsets: list[Document], name: str, most: int) -> list[Document]:
    """The subsets with at most so many addresses of one kind in all, each giving its share."""
    total, left, kept = _count(subsets, name), most, []
    for subset in subsets:
        found = subset.get(name, [])
        share = min(left, ceil(len(found) * most / total)) if total else 0
        left -= min(share, len(found))
        rest = {key: value for key, value in subset.items() if key != name}
        kept.append({**({name: found[:share]} if share and found else {}), **rest})
    return kept


def _count(subsets: Iterable[Document], name: str) -> int:
    return sum(len(subset.get(name, ())) for subset in subsets)


def _labels(service: Service) -> dict[str, str]:
    headless = {HEADLESS: ""} if service.spec.cluster_ip in {"", "None"} else {}
    return {name: value for name, value in service.labels.items() if name != HEADLESS} | headless

