from __future__ import annotations

from typing import Any

from k8sedu.kube.controllers.endpointslice_mirroring import EndpointSliceMirroringController
from k8sedu.kube.objects import Endpoints, EndpointSlice

PORTS = [{"name": "sql", "port": 5432}]


def write(cluster: Any, *ips: str, waiting: tuple[str, ...] = (), labels: Any = None, annotations: Any = None) -> Endpoints:
    subset = {"addresses": [{"ip": ip} for ip in ips], "notReadyAddresses": [{"ip": ip} for ip in waiting], "ports": PORTS}
    meta = {"name": "db", "labels": labels or {}, "annotations": annotations or {}}
    made: Endpoints = cluster.server.create({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": [subset]}, now_ms=0)
    return made


def found(cluster: Any) -> list[EndpointSlice]:
    slices: list[EndpointSlice] = list(cluster.server.list(EndpointSlice).items)
    return slices


def mirror(cluster: Any, **options: Any) -> EndpointSliceMirroringController:
    cluster.service("db", selector={})
    return EndpointSliceMirroringController(cluster.server, **options)


def test_a_mirror(cluster: Any) -> None:
    """Hand-made Endpoints stand in a slice that names their keeper and belongs to them."""
    controller = mirror(cluster)
    made = write(cluster, "192.0.2.1", waiting=("192.0.2.2",), labels={"team": "data"})
    controller.run(now_ms=0)
    (only,) = found(cluster)
    assert [(one.addresses[0], one.conditions.ready) for one in only.endpoints] == [("192.0.2.1", True), ("192.0.2.2", False)]
    assert (only.ports[0].name, only.ports[0].port) == ("sql", 5432)
    assert only.labels == {
        "team": "data", "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }  # fmt: skip
    assert only.controller is not None
    assert only.controller.uid == made.metadata.uid


def test_what_is_not_mirrored(cluster: Any) -> None:
    """Nothing is copied that says no, that is an election, or whose Service has a selector or is not there."""
    controller = mirror(cluster)
    write(cluster, "192.0.2.1", labels={"endpointslice.kubernetes.io/skip-mirror": "true"})
    assert controller.run(now_ms=0) == []
    election = {"control-plane.alpha.kubernetes.io/leader": "x"}
    cluster.server.patch("endpoints", "db", {"metadata": {"labels": None, "annotations": election}})
    assert controller.run(now_ms=0) == []
    cluster.server.patch("endpoints", "db", {"metadata": {"annotations": None}})
    assert len(controller.run(now_ms=0)) == 1
    cluster.server.patch("services", "db", {"spec": {"selector": {"app": "db"}}})
    controller.run(now_ms=0)
    assert found(cluster) == []


def test_it_follows(cluster: Any) -> None:
    """A mirror follows what it mirrors, and what somebody does to it is undone."""
    controller = mirror(cluster)
    made = write(cluster, "192.0.2.1")
    controller.run(now_ms=0)
    cluster.server.update(made.evolve(subsets=({"addresses": [{"ip": "192.0.2.9"}], "ports": PORTS},)).without("metadata").evolve(
        metadata=made.metadata.without("resource_version"),
    ))  # fmt: skip
    controller.run(now_ms=0)
    assert [one.addresses[0] for one in found(cluster)[0].endpoints] == ["192.0.2.9"]
    cluster.server.delete(EndpointSlice, found(cluster)[0].name, now_ms=0)
    controller.run(now_ms=0)
    assert len(found(cluster)) == 1
    cluster.server.delete("services", "db", now_ms=0)
    controller.run(now_ms=0)
    assert found(cluster) == []


def test_many_addresses(cluster: Any) -> None:
    """A long list makes several slices; of a subset the first thousand addresses count; families stand apart."""
    controller = mirror(cluster)
    write(cluster, "fd00::1", *(f"10.0.{place // 250}.{place % 250}" for place in range(1050)))
    controller.run(now_ms=0)
    sizes = {family: sorted(len(each.endpoints) for each in found(cluster) if each.address_type == family) for family in ("IPv4", "IPv6")}
    assert sizes == {"IPv4": [99, *[100] * 9], "IPv6": [1]}
