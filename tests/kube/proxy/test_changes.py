from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Endpoint, EndpointSlice, Node, ObjectMeta, Service
from k8sedu.kube.objects.service import EndpointConditions, EndpointPort
from k8sedu.kube.proxy.changes import ChangeTracker, all_of, stale_connections
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings


def service(name: str = "web", **spec: Any) -> Service:
    spec = {"clusterIP": "10.96.0.7", "ports": [{"port": 80, "protocol": "UDP"}]} | spec
    return with_defaults(Service.of({"metadata": {"name": name, "namespace": "default"}, "spec": spec}))


def piece(*ips: str, name: str = "web-a", of: str = "web", serving: bool = True) -> EndpointSlice:
    meta = ObjectMeta(name=name, namespace="default", labels={"kubernetes.io/service-name": of})
    conditions = EndpointConditions(ready=serving, serving=serving)
    endpoints = tuple(Endpoint(addresses=(ip,), conditions=conditions) for ip in ips)
    ports = (EndpointPort(name="", port=80, protocol="UDP"),)
    return EndpointSlice(metadata=meta, address_type="IPv4", endpoints=endpoints, ports=ports)


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_forgotten_connections(conformance_path: Path, recordings: Any) -> None:
    """After each sync conntrack is told to forget exactly what the real kube-proxy tells it to, and a sync is full when its is."""
    for recording in recordings(conformance_path):
        update, tracker = recording.first(), recording.tracker
        forgotten = stale_connections(update, tracker.ports, tracker.settings)
        assert list(forgotten) == recording.expected["iptables"]["conntrack"], recording.name
        if recording.expected_after is not None:
            update, expected = recording.second(), recording.expected_after["iptables"]
            assert update.is_full == expected["fullSync"], recording.name
            assert list(stale_connections(update, tracker.ports, tracker.settings)) == expected["conntrack"], recording.name


def test_what_is_changed_back() -> None:
    """What was changed and changed back before the sync is no change."""
    tracker = all_of([service(), piece("10.0.0.1")], ProxySettings())
    tracker.take()
    tracker.drop(service())
    tracker.put(piece("10.0.0.2"))
    tracker.put(service(), piece("10.0.0.1"))
    assert tracker.take().services == frozenset()


def test_an_endpoint_that_goes() -> None:
    """An endpoint of UDP that is gone, or no longer serves, is named as stale; that of an unknown Service is not cleaned up."""
    tracker = all_of([service(), piece("10.0.0.1", "10.0.0.2")], ProxySettings())
    tracker.take()
    tracker.put(piece("10.0.0.2"))
    update = tracker.take()
    assert [(str(stale.port), stale.ip) for stale in update.stale_endpoints] == [("default/web", "10.0.0.1")]
    tracker.put(piece("10.0.0.2", serving=False))
    update = tracker.take()
    assert stale_connections(update, tracker.ports, tracker.settings) == ("nat 10.96.0.7 -> 10.0.0.2 UDP",)
    assert stale_connections(update, {}, tracker.settings) == ()


def test_another_nodes_labels() -> None:
    """Labels of this node call for a full sync, those of another node for nothing."""
    tracker = ChangeTracker(ProxySettings(node_name="n1"))
    tracker.take()
    tracker.put(Node(metadata=ObjectMeta(name="n2", labels={"topology.kubernetes.io/zone": "b"})))
    assert not tracker.take().is_full
    tracker.put(Node(metadata=ObjectMeta(name="n1", labels={"topology.kubernetes.io/zone": "a"})))
    assert tracker.take().is_full
    assert tracker.settings.node_labels == {"topology.kubernetes.io/zone": "a"}


def test_a_service_that_goes() -> None:
    """Every port of a Service that is gone is touched, and its cluster IP is forgotten by conntrack."""
    tracker = all_of([service(ports=[{"port": 53, "name": "a", "protocol": "UDP"}, {"port": 53, "name": "b"}])], ProxySettings())
    tracker.take()
    tracker.drop(service())
    update = tracker.take()
    assert list(update.ports) == [ServicePortName("default", "web", "a", "UDP"), ServicePortName("default", "web", "b", "TCP")]
    assert update.gone_udp_ips == ("10.96.0.7",)
    assert tracker.ports == {}


def test_two_slices() -> None:
    """Endpoints of all slices of a Service count together, and one that stands in two of them counts once."""
    tracker = all_of([service(), piece("10.0.0.1", "10.0.0.2"), piece("10.0.0.2", "10.0.0.3", name="web-b")], ProxySettings())
    tracker.take()
    backends = tracker.backends[ServicePortName("default", "web", "", "UDP")]
    assert [backend.ip for backend in backends] == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]


def test_require_full() -> None:
    """Once rules are lost, everything has to be made anew, once."""
    tracker = all_of([service()], ProxySettings())
    assert tracker.take().is_full
    tracker.require_full()
    assert tracker.take().is_full
    assert not tracker.take().is_full
