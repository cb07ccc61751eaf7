"""The EndpointSlice controller: who answers for a Service, in pieces small enough to be told to every node.

It makes nothing for a Service without a selector (who made that one makes its slices, too) and nothing for a mere name. For all others it
keeps slices per address family and per set of ports, since a named port may have another number on another pod.

Source: kubernetes 1.30, pkg/controller/endpointslice/endpointslice_controller.go; staging/src/k8s.io/endpointslice/reconciler.go.
Left out: the annotation with the time of the last change; hints that are kept as long as they are good enough are worked out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.controllers.loop import Loop
from k8sedu.kube.controllers.pod_endpoints import belongs, endpoint_of, families_of, ips_of, ports_of
from k8sedu.kube.controllers.selected_pods import SelectedPods, makes_endpoints
from k8sedu.kube.controllers.slice_packing import MOST_PER_SLICE, PortsKey, pack, ports_key
from k8sedu.kube.controllers.topology_hints import asks_for_hints, with_distribution, with_hints, zone_shares
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.meta import ApiObject, ObjectMeta, OwnerReference
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.service import Endpoint, EndpointPort, EndpointSlice, Service
from k8sedu.kube.workqueue import WorkQueue

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"


class Draft(NamedTuple):
    """A slice that is to be."""

    family: str
    ports: tuple[EndpointPort, ...]
    endpoints: tuple[Endpoint, ...]


class Writes(NamedTuple):
    """What is to be written for one Service."""

    create: list[Draft]
    update: list[EndpointSlice]
    delete: list[EndpointSlice]


class EndpointSliceController:
    """Keeps the slices of every Service with a selector.

    >>> from random import Random
    >>> server = ApiServer(Random(1))
    >>> _ = server.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
    ...                    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}, now_ms=0)
    >>> EndpointSliceController(server).run(now_ms=0)
    ['create endpointslices default/web-l68kx (0 endpoints)']

    A change of a pod costs O(Services of its namespace), then O(endpoints) for each Service that it touches.
    """

    def __init__(self, server: ApiServer, *, most: int = MOST_PER_SLICE) -> None:
        self.server, self.most = server, most
        self.selected = SelectedPods(server)
        self.nodes, self.slices = Informer(server, Node), slices_kept_by(CONTROLLER, server)
        self.loop = Loop(self.sync, self.selected.services, self.nodes, self.selected.pods, self.slices)
        self.selected.tell(self.loop.queue.add)
        add_services(self.slices, self.loop.queue)

    def run(self, *, now_ms: int) -> list[str]:
        """Work until nothing is left to be done now; tells what was done."""
        return self.loop.run(now_ms=now_ms)

    # -- doing ----------------------------------------------------------------------------------------------------------------------------

    def sync(self, key: str, now_ms: int) -> Iterator[str]:
        """Make the slices of one Service say who answers for it."""
        service = self.selected.services.cache.get(key)
        if service is None or not makes_endpoints(service):
            return
        pods = self.selected.of(service)
        existing = [each for each in self.slices.cache.by("service", key) if not each.metadata.deletion_timestamp]
        writes = Writes([], [], [])
        for family in ("IPv4", "IPv6"):
            ours = [each for each in existing if each.address_type == family]
            if family in families_of(service):
                self._plan(service, pods, ours, family, writes)
            else:
                writes.delete.extend(ours)
        if service.metadata.deletion_timestamp:
            writes.create.clear()
        yield from write_slices(self.server, service, recycled(writes, service), labels_of(service), now_ms)

    def _plan(self, service: Service, pods: list[Pod], existing: list[EndpointSlice], family: str, writes: Writes) -> None:
        """The writes for one family."""
        owned = [each for each in existing if is_owned(each, service)]
        before = (len(writes.create), len(writes.delete))
        writes.delete.extend(each for each in existing if each not in owned)
        wanted = wanted_of(service, pods, family, {node.name: node for node in self.nodes.cache})
        by_ports: dict[PortsKey, list[EndpointSlice]] = {}
        for each in owned:
            by_ports.setdefault(ports_key(each.ports), []).append(each)
        for key, draft in wanted.items():
            self._plan_ports(service, by_ports.pop(key, []), draft, writes)
        writes.delete.extend(each for group in by_ports.values() for each in group)
        if len(writes.delete) - before[1] == len(existing) and len(writes.create) == before[0]:
            _keep_one_empty(Draft(family, (), ()), writes, before[1])

    def _plan_ports(self, service: Service, slices: list[EndpointSlice], draft: Draft, writes: Writes) -> None:
        labels = labels_of(service)
        packing = pack(slices, draft.endpoints, most=self.most, is_relabelled=lambda each: dict(each.labels) != labels)
        named = {each.name: each for each in slices}
        writes.create.extend(draft._replace(endpoints=endpoints) for endpoints in packing.create)
        writes.update.extend(named[name].evolve(endpoints=endpoints) for name, endpoints in packing.update.items())
        writes.delete.extend(named[name] for name in packing.delete)


def wanted_of(service: Service, pods: Iterable[Pod], family: str, nodes: Mapping[str, Node]) -> dict[PortsKey, Draft]:
    """What should stand in a Service's slices of one family, by ports; the pods are those that it selects."""
    found: dict[PortsKey, tuple[tuple[EndpointPort, ...], list[Endpoint]]] = {}
    for pod in pods:
        if belongs(pod, with_terminating=True) and ips_of(pod, family):
            ports = ports_of(pod, service)
            endpoint = endpoint_of(pod, service, family, nodes.get(pod.spec.node_name))
            found.setdefault(ports_key(ports), (ports, []))[1].append(endpoint)
    hint = _hinting(service, nodes)
    found = {key: (ports, hint(endpoints)) for key, (ports, endpoints) in found.items()}
    return {key: Draft(family, ports, tuple(endpoints)) for key, (ports, endpoints) in found.items()}


def _hinting(service: Service, nodes: Mapping[str, Node]) -> Callable[[list[Endpoint]], list[Endpoint]]:
    """What gives hints to a Service's endpoints: its annotation comes first, then its traffic distribution."""
    distribution = service.spec.traffic_distribution
    if asks_for_hints(service):
        shares = zone_shares(nodes.values())
        return lambda endpoints: with_hints(endpoints, shares)
    if distribution in {"PreferClose", "PreferSameZone", "PreferSameNode"}:
        return lambda endpoints: with_distribution(endpoints, distribution)
    return lambda endpoints: endpoints


def recycled(writes: Writes, kept_for: ApiObject) -> Writes:
    """Instead of deleting one slice and creating another, write the new content into the old one, if that was for the same object."""
    create, delete = list(writes.create), []
    update = list(writes.update)
    for old in writes.delete:
        if create and create[-1].family == old.address_type and is_owned(old, kept_for):
            draft = create.pop()
            update.append(old.evolve(endpoints=draft.endpoints, ports=draft.ports))
        else:
            delete.append(old)
    return Writes(create, update, delete)


def _keep_one_empty(draft: Draft, writes: Writes, begin: int) -> None:
    """A Service without endpoints has one empty slice, so that everybody knows that there is none."""
    going = writes.delete[begin:]
    if len(going) == 1 and not going[0].endpoints and not going[0].ports:
        del writes.delete[begin:]
    else:
        writes.create.append(draft)


def labels_of(service: Service) -> dict[str, str]:
    """The labels of a Service's slices: its own, whose they are, and who keeps them."""
    labels = {name: value for name, value in service.labels.items() if name not in {HEADLESS, SERVICE_NAME, MANAGED_BY}}
    headless = {HEADLESS: ""} if service.spec.cluster_ip in {"", "None"} else {}
    return labels | headless | {SERVICE_NAME: service.name, MANAGED_BY: CONTROLLER}


def write_slices(server: ApiServer, kept_for: ApiObject, writes: Writes, labels: Mapping[str, str], now_ms: int) -> Iterator[str]:
    """Write what was planned, and tell it."""
    for draft in writes.create:
        made = server.create(new_slice(kept_for, draft, labels), now_ms=now_ms)
        yield f"create endpointslices {made.key} ({len(made.endpoints)} endpoints)"
    for each in writes.update:
        server.update(each.evolve(metadata=each.metadata.evolve(labels=labels)))
        yield f"update endpointslices {each.key} ({len(each.endpoints)} endpoints)"
    for each in writes.delete:
        server.delete(EndpointSlice, each.name, namespace=each.namespace, uid=each.metadata.uid, now_ms=now_ms)
        yield f"delete endpointslices {each.key}"


def new_slice(kept_for: ApiObject, draft: Draft, labels: Mapping[str, str]) -> EndpointSlice:
    """A slice that does not yet exist: the server will complete its name."""
    meta = ObjectMeta(
        generate_name=f"{kept_for.name}-", namespace=kept_for.namespace, labels=labels, owner_references=(owner(kept_for),),
    )  # fmt: skip
    return EndpointSlice(metadata=meta, address_type=draft.family, endpoints=draft.endpoints, ports=draft.ports)  # type: ignore[arg-type]  # a family


def slices_kept_by(controller: str, server: ApiServer) -> Informer[EndpointSlice]:
    """The slices that a controller keeps, found by their Service."""
    return Informer(server, EndpointSlice, label_selector=f"{MANAGED_BY}={controller}", indexes={"service": _by_service})


def add_services(slices: Informer[EndpointSlice], queue: WorkQueue[str]) -> None:
    """When somebody changes a slice, let its Service be looked at: perhaps the slice is no longer right."""

    def hear(change: Change[EndpointSlice]) -> None:
        for key in _by_service(change.object):
            queue.add(key)

    slices.handlers.append(hear)


def owner(found: ApiObject) -> OwnerReference:
    """A reference to the object that something is kept for: if it goes, so does what is kept."""
    kind = {"api_version": found.API_VERSION, "kind": found.KIND, "name": found.name, "uid": found.metadata.uid}
    return OwnerReference(**kind, controller=True, block_owner_deletion=True)


def is_owned(found: ApiObject, by: ApiObject) -> bool:
    """Is it kept for this very object, and not for an older one of the same name?"""
    return found.controller is not None and found.controller.uid == by.metadata.uid


def _by_service(found: Any) -> list[str]:
    return [f"{found.namespace}/{found.labels[SERVICE_NAME]}"] if SERVICE_NAME in found.labels else []
