"""Topology hints: which zone an endpoint is meant for, so that traffic can stay near.

Each zone gets endpoints in proportion to its CPUs, since that is where clients probably are. If that cannot be done without giving the
endpoints of some zone more than a fifth too much to do, no hints are given at all, and traffic goes everywhere as before.

Source: KEP-2433; kubernetes, staging/src/k8s.io/endpointslice/topologycache/topologycache.go (getAllocations), utils.go.
Left out: hints that are kept while they are only a little wrong (up to 30 %), and the check that every node says its zone and CPUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import NamedTuple

from k8sedu.kube.controllers.pod_endpoints import ZONE
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.service import Endpoint, Service

OVERLOAD = 0.2
ANNOTATIONS = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")


class Allocation(NamedTuple):
    """How many endpoints a zone should get."""

    least: int
    """With fewer, each would have more than a fifth too much to do."""
    desired: float


def asks_for_hints(service: Service) -> bool:
    """Does the Service want hints?"""
    return any(service.metadata.annotations.get(name) in {"Auto", "auto"} for name in ANNOTATIONS)


def zone_shares(nodes: Iterable[Node]) -> dict[str, float]:
    """Each zone's share of the cluster's CPUs, in the order of the zones' names.

    >>> from k8sedu.kube.objects import NodeStatus, ObjectMeta
    >>> def node(zone, cores):
    ...     return Node(metadata=ObjectMeta(labels={ZONE: zone}), status=NodeStatus.of({"allocatable": {"cpu": cores}}))
    >>> zone_shares([node("a", "20"), node("b", "16"), node("c", "14")])
    {'a': 0.4, 'b': 0.32, 'c': 0.28}
    """
    cores: dict[str, int] = {}
    for node in nodes:
        amount, zone = node.status.allocatable.get("cpu"), node.labels.get(ZONE, "")
        if amount is not None and zone:
            cores[zone] = cores.get(zone, 0) + amount.milli_value
    return {zone: cores[zone] / sum(cores.values()) for zone in sorted(cores)}


def allocations(count: int, shares: Mapping[str, float]) -> dict[str, Allocation] | None:
    """How many of so many endpoints each zone should get; None if it cannot be done without overloading some.

    >>> allocations(4, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}) is None
    True
    >>> allocations(6, {"a": 0.5, "b": 0.5})
    {'a': Allocation(least=3, desired=3.0), 'b': Allocation(least=3, desired=3.0)}
    """
    if count < len(shares) or len(shares) < 2:
        return None
    found = {zone: Allocation(ceil(share * count / (1 + OVERLOAD)), share * count) for zone, share in shares.items()}
    if sum(each.least for each in found.values()) > count:
        return None
    return {zone: Allocation(each.least, max(each.desired, float(each.least))) for zone, each in found.items()}


def with_hints(endpoints: list[Endpoint], shares: Mapping[str, float]) -> list[Endpoint]:
    """The endpoints, each meant for one zone: its own, unless that has enough and another has too few."""
    ready = [place for place, endpoint in enumerate(endpoints) if endpoint.conditions.ready]
    wanted = allocations(len(ready), shares)
    if wanted is None or any(endpoints[place].zone not in wanted for place in ready):
        return endpoints
    zones = {place: str(endpoints[place].zone) for place in ready}
    _even_out(zones, wanted)
    return [
        endpoint.evolve(hints={"forZones": [{"name": zones[place]}]}) if place in zones else endpoint
        for place, endpoint in enumerate(endpoints)
    ]


def with_distribution(endpoints: list[Endpoint], distribution: str) -> list[Endpoint]:
    """The endpoints with the hints that a Service's traffic distribution asks for: each is meant for where it is.

    >>> here = Endpoint(zone="a", node_name="n1")
    >>> with_distribution([here], "PreferClose")[0].hints
    Frozen(forZones=(Frozen(name='a'),))
    >>> with_distribution([here], "PreferSameNode")[0].hints
    Frozen(forZones=(Frozen(name='a'),), forNodes=(Frozen(name='n1'),))

    Source: KEP-4444 (PreferClose, since 1.35 called PreferSameZone), KEP-3015 (PreferSameNode).
    """
    return [_meant_for_its_place(endpoint, distribution) for endpoint in endpoints]


def _meant_for_its_place(endpoint: Endpoint, distribution: str) -> Endpoint:
    hints = {"forZones": [{"name": endpoint.zone}]} if endpoint.zone else {}
    if distribution == "PreferSameNode" and endpoint.node_name:
        hints["forNodes"] = [{"name": endpoint.node_name}]
    return endpoint.evolve(hints=hints) if hints else endpoint


def _even_out(zones: dict[int, str], wanted: Mapping[str, Allocation]) -> None:
    """Lend endpoints of zones with the most to spare to zones that have fewer than they need."""
    counts = {zone: list(zones.values()).count(zone) for zone in wanted}
    while True:
        needy = next((zone for zone in sorted(wanted) if counts[zone] < wanted[zone].least), None)
        rich = max(sorted(wanted), key=lambda zone: counts[zone] - wanted[zone].desired)
        if needy is None or counts[rich] <= wanted[rich].least:
            return
        place = max(place for place, zone in zones.items() if zone == rich)
        zones[place] = needy
        counts[rich] -= 1
        counts[needy] += 1
