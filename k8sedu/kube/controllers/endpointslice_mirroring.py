"""The mirroring controller: Endpoints that somebody wrote by hand, told to kube-proxy as slices.

A Service without a selector has no endpoints but those that its owner writes - the address of a database outside, say. Many such owners
still write Endpoints, and kube-proxy reads only slices. So they are copied, unless a label says not to, or the Service has a selector and
its slices come from its pods.

Source: kubernetes 1.30, pkg/controller/endpointslicemirroring (endpointslicemirroring_controller.go, reconciler.go, utils.go).
Left out: events about what was skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.controllers.endpointslice import (
    MANAGED_BY,
    SERVICE_NAME,
    Draft,
    Writes,
    add_services,
    is_owned,
    recycled,
    slices_kept_by,
    write_slices,
)
from k8sedu.kube.controllers.loop import Loop
from k8sedu.kube.controllers.slice_packing import MOST_PER_SLICE, PortsKey, pack, ports_key
from k8sedu.kube.fields import plain
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects.cluster import ObjectReference
from k8sedu.kube.objects.service import Endpoint, EndpointConditions, EndpointPort, Endpoints, EndpointSlice, Service

CONTROLLER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
MOST_PER_SUBSET = 1000


class EndpointSliceMirroringController:
    """Keeps a mirror of every hand-made Endpoints object.

    A change costs O(addresses of that object).
    """

    def __init__(self, server: ApiServer, *, most: int = MOST_PER_SLICE) -> None:
        self.server, self.most = server, most
        self.services, self.endpoints = Informer(server, Service), Informer(server, Endpoints)
        self.slices = slices_kept_by(CONTROLLER, server)
        self.loop = Loop(self.sync, self.services, self.endpoints, self.slices)
        self.services.handlers.append(self._hear)
        self.endpoints.handlers.append(self._hear)
        add_services(self.slices, self.loop.queue)

    def run(self, *, now_ms: int) -> list[str]:
        """Work until nothing is left to be done now; tells what was done."""
        return self.loop.run(now_ms=now_ms)

    def _hear(self, change: Change[Any]) -> None:
        self.loop.queue.add(change.object.key)

    # -- doing ----------------------------------------------------------------------------------------------------------------------------

    def sync(self, key: str, now_ms: int) -> Iterator[str]:
        """Make the mirror of one Endpoints object say what that says."""
        found, service = self.endpoints.cache.get(key), self.services.cache.get(key)
        existing = self.slices.cache.by("service", key)
        if found is None or service is None or service.spec.selector or not is_mirrored(found):
            if existing:
                yield from write_slices(self.server, existing[0], Writes([], [], existing), {}, now_ms)
            return
        writes = Writes([], [], [each for each in existing if not is_owned(each, found)])
        for family in ("IPv4", "IPv6"):
            ours = [each for each in existing if each.address_type == family and is_owned(each, found)]
            self._plan(mirrored(found, family), ours, family, writes)
        yield from write_slices(self.server, found, recycled(writes, found), _labels(found), now_ms)

    def _plan(self, wanted: Mapping[PortsKey, Draft], existing: list[EndpointSlice], family: str, writes: Writes) -> None:
        by_ports: dict[PortsKey, list[EndpointSlice]] = {}
        for each in existing:
            by_ports.setdefault(ports_key(each.ports), []).append(each)
        for key, draft in wanted.items():
            packing = pack(by_ports.get(key, []), draft.endpoints, most=self.most)
            named = {each.name: each for each in by_ports.pop(key, [])}
            writes.create.extend(Draft(family, draft.ports, endpoints) for endpoints in packing.create)
            writes.update.extend(named[name].evolve(endpoints=endpoints) for name, endpoints in packing.update.items())
            writes.delete.extend(named[name] for name in packing.delete)
        writes.delete.extend(each for group in by_ports.values() for each in group)


def is_mirrored(found: Endpoints) -> bool:
    """Is it to be copied? Not if its owner says no, and not if it is only somebody's election."""
    return found.labels.get(SKIP) != "true" and LEADER not in found.metadata.annotations


def mirrored(found: Endpoints, family: str) -> dict[PortsKey, Draft]:
    """What an Endpoints object says of one family, by ports; of each subset the first thousand addresses."""
    drafts: dict[PortsKey, Draft] = {}
    for subset in plain(found.subsets):
        ports = tuple(_port(port) for port in subset.get("ports") or ())
        pairs = [(address, True) for address in subset.get("addresses") or ()]
        pairs += [(address, False) for address in subset.get("notReadyAddresses") or ()]
        ours = [pair for pair in pairs[:MOST_PER_SUBSET] if (":" in pair[0]["ip"]) == (family == "IPv6")]
        if ours:
            draft = drafts.setdefault(ports_key(ports), Draft(family, ports, ()))
            drafts[ports_key(ports)] = draft._replace(endpoints=(*draft.endpoints, *(_endpoint(*pair) for pair in ours)))
    return drafts


def _port(port: Mapping[str, Any]) -> EndpointPort:
    given = {"name": port.get("name", ""), "port": port["port"], "protocol": port.get("protocol", "TCP")}
    return EndpointPort(**given, **({"app_protocol": port["appProtocol"]} if port.get("appProtocol") else {}))


def _endpoint(address: Mapping[str, Any], ready: bool) -> Endpoint:  # noqa: FBT001 (a pair, taken apart)
    found = Endpoint(addresses=(address["ip"],), conditions=EndpointConditions(ready=ready))
    if address.get("hostname"):
        found = found.evolve(hostname=address["hostname"])
    if address.get("nodeName"):
        found = found.evolve(node_name=address["nodeName"])
    return found.evolve(target_ref=ObjectReference.of(address["targetRef"])) if address.get("targetRef") else found


def _labels(found: Endpoints) -> dict[str, str]:
    return {**found.labels, SERVICE_NAME: found.name, MANAGED_BY: CONTROLLER}
