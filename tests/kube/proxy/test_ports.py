from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Service
from k8sedu.kube.proxy.ports import ServicePort, cluster_ip_of, service_ports
from k8sedu.kube.proxy.settings import ProxySettings

V4, V6 = ProxySettings(), ProxySettings(ip_family="IPv6")


def service(status: Any = None, labels: Any = None, annotations: Any = None, **spec: Any) -> Service:
    metadata = {"name": "web", "namespace": "default", "labels": labels or {}, "annotations": annotations or {}}
    spec = {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]} | spec
    return with_defaults(Service.of({"metadata": metadata, "spec": spec, "status": status}))


def only(found: Service, settings: ProxySettings = V4) -> ServicePort:
    (made,) = service_ports(found, settings).values()
    return made


@pytest.mark.parametrize(
    ("spec", "labels"),
    [
        ({"clusterIP": "None"}, {}), ({"clusterIP": ""}, {}), ({"type": "ExternalName", "externalName": "example.com"}, {}),
        ({}, {"service.kubernetes.io/headless": ""}), ({}, {"service.kubernetes.io/service-proxy-name": "other"}),
    ],
)  # fmt: skip
def test_no_rule_for_it(spec: dict[str, Any], labels: dict[str, str]) -> None:
    """Headless Services, names of outside hosts and Services of another proxy are nothing to kube-proxy."""
    assert service_ports(service(labels=labels, **spec), V4) == {}


def test_two_families() -> None:
    """A Service of two families is one thing to the proxy of each, under its own address."""
    both = service(clusterIPs=["10.96.0.7", "fd00::7"], ipFamilies=["IPv4", "IPv6"], externalIPs=["203.0.113.1", "2001:db8::1"])
    assert (only(both).cluster_ip, only(both).external_ips) == ("10.96.0.7", ("203.0.113.1",))
    assert (only(both, V6).cluster_ip, only(both, V6).external_ips) == ("fd00::7", ("2001:db8::1",))
    assert cluster_ip_of(service(), "IPv6") == ""
    assert service_ports(service(), V6) == {}


def test_addresses_of_the_load_balancer() -> None:
    """Only addresses that packets still carry count: no host names, and none of a load balancer that rewrites them itself."""
    ingress = [
        {"ip": "203.0.113.1"}, {"hostname": "lb.example.com"}, {"ip": "203.0.113.2", "ipMode": "Proxy"},
        {"ip": "203.0.113.3", "ipMode": "VIP"},
    ]  # fmt: skip
    found = only(service(status={"loadBalancer": {"ingress": ingress}}, type="LoadBalancer"))
    assert found.load_balancer_vips == ("203.0.113.1", "203.0.113.3")


def test_policies() -> None:
    """External policy Local means something only where there is an outside; health checks are for load balancers with that policy."""
    assert not only(service(externalTrafficPolicy="Local")).is_external_local
    assert only(service(externalTrafficPolicy="Local", type="NodePort")).is_external_local
    assert only(service(externalTrafficPolicy="Local", type="NodePort", healthCheckNodePort=32_000)).health_check_node_port == 0
    assert only(service(externalTrafficPolicy="Local", type="LoadBalancer", healthCheckNodePort=32_000)).health_check_node_port == 32_000


def test_affinity() -> None:
    """A client stays three hours where nothing else is said, and not at all where nobody asked for it."""
    assert only(service(sessionAffinity="ClientIP")).affinity_seconds == 10_800
    config = {"clientIP": {"timeoutSeconds": 60}}
    assert only(service(sessionAffinity="ClientIP", sessionAffinityConfig=config)).affinity_seconds == 60
    assert only(service()).affinity_seconds == 0


def test_the_older_annotation_counts() -> None:
    """Of two annotations that say something about zones, the older one decides."""
    both = {"service.kubernetes.io/topology-aware-hints": "disabled", "service.kubernetes.io/topology-mode": "Auto"}
    assert only(service(annotations=both)).hints == "disabled"


def test_source_ranges() -> None:
    """Ranges are read with the blanks that people leave, and only those of the family count."""
    found = only(service(type="LoadBalancer", loadBalancerSourceRanges=[" 1.2.3.4/28", "2001:db8::/64"]))
    assert found.load_balancer_source_ranges == ("1.2.3.0/28",)
