"""Service ports: what a Service is to kube-proxy.

A Service with three ports is three things here, because each has rules of its own. What has no cluster IP (headless Services, names of
outside hosts) is nothing: no rule is ever made for it, and only DNS knows it.

Source: kubernetes 1.30, pkg/proxy/serviceport.go (newBaseServiceInfo, UsesClusterEndpoints), servicechangetracker.go (serviceToServiceMap).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from k8sedu.kube.objects.service import Service
from k8sedu.kube.objects.service import ServicePort as ApiPort
from k8sedu.kube.proxy.settings import IpFamily, ProxySettings, family_of

HINTS = ("service.kubernetes.io/topology-aware-hints", "service.kubernetes.io/topology-mode")
"""Annotations that ask for traffic within a zone; the older one, if it is there, is the one that counts."""
NOT_OURS = ("service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless")
"""Labels of Services that another proxy takes care of."""


class ServicePortName(NamedTuple):
    """Which port of which Service.

    >>> str(ServicePortName("default", "web", "http", "TCP")), str(ServicePortName("default", "web"))
    ('default/web:http', 'default/web')
    """

    namespace: str
    name: str
    port: str = ""
    """The port's name, empty where it has none."""
    protocol: str = "TCP"

    @property
    def service(self) -> tuple[str, str]:
        """The Service: namespace and name."""
        return self.namespace, self.name

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}:{self.port}" if self.port else f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class ServicePort:
    """One port of one Service, with all addresses under which it can be reached; those of the proxy's IP family only."""

    name: ServicePortName
    cluster_ip: str
    port: int
    node_port: int = 0
    external_ips: tuple[str, ...] = ()
    load_balancer_vips: tuple[str, ...] = ()
    load_balancer_source_ranges: tuple[str, ...] = ()
    health_check_node_port: int = 0
    affinity_seconds: int = 0
    """How long a client stays with its endpoint; 0 for no session affinity."""
    is_external_local: bool = False
    is_internal_local: bool = False
    hints: str = ""
    """What the Service's annotation says about traffic within a zone."""

    @property
    def protocol(self) -> str:
        """TCP, UDP or SCTP."""
        return self.name.protocol

    @cached_property
    def text(self) -> str:
        """How rules and comments call it: `default/web:http`."""
        return str(self.name)

    @property
    def is_externally_accessible(self) -> bool:
        """Can it be reached from outside of the cluster?"""
        return bool(self.node_port or self.load_balancer_vips or self.external_ips)

    @property
    def uses_cluster_endpoints(self) -> bool:
        """Does some traffic go to all endpoints? With external policy Local, that of the node's own pods does."""
        return not self.is_internal_local or self.is_externally_accessible

    @property
    def uses_local_endpoints(self) -> bool:
        """Does some traffic go to this node's endpoints only?"""
        return self.is_internal_local or (self.is_external_local and self.is_externally_accessible)


def service_ports(service: Service, settings: ProxySettings) -> dict[ServicePortName, ServicePort]:
    """What kube-proxy makes of a Service; nothing for one without a cluster IP of this family.

    >>> from k8sedu.kube.defaults import with_defaults
    >>> web = Service.of({"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80, "name": "http"}]}})
    >>> [(found.text, found.cluster_ip, found.port) for found in service_ports(with_defaults(web), ProxySettings()).values()]
    [('default/web:http', '10.96.0.7', 80)]
    """
    spec = service.spec
    if spec.cluster_ip in {"", "None"} or spec.type == "ExternalName" or any(label in service.labels for label in NOT_OURS):
        return {}
    cluster_ip = cluster_ip_of(service, settings.ip_family)
    if not cluster_ip:
        return {}
    shared = _of_the_service(service, settings.ip_family)
    made = (ServicePort(_port_name(service, port), cluster_ip, port.port, port.node_port, **shared) for port in spec.ports)
    return {found.name: found for found in made}


def cluster_ip_of(service: Service, family: IpFamily) -> str:
    """The Service's cluster IP of a family, or nothing."""
    spec = service.spec
    if not spec.ip_families:
        return spec.cluster_ip if spec.cluster_ip not in {"", "None"} and family_of(spec.cluster_ip) == family else ""
    ips = spec.cluster_ips or ((spec.cluster_ip,) if spec.cluster_ip else ())
    return next((ip for ip, has in zip(ips, spec.ip_families, strict=False) if has == family), "")


def _port_name(service: Service, port: ApiPort) -> ServicePortName:
    return ServicePortName(service.namespace or "default", service.name, port.name, port.protocol or "TCP")


def _of_the_service(service: Service, family: IpFamily) -> dict[str, Any]:
    """What all ports of a Service have alike."""
    spec = service.spec
    is_outside = spec.type in {"NodePort", "LoadBalancer"} or bool(spec.external_ips)
    external_local = spec.external_traffic_policy == "Local" and is_outside
    return {
        "external_ips": tuple(ip for ip in spec.external_ips if family_of(ip) == family),
        "load_balancer_vips": tuple(_vips(service, family)),
        "load_balancer_source_ranges": tuple(_networks(spec.load_balancer_source_ranges, family)),
        "health_check_node_port": spec.health_check_node_port if spec.type == "LoadBalancer" and external_local else 0,
        "affinity_seconds": _affinity_seconds(service),
        "is_external_local": external_local,
        "is_internal_local": spec.internal_traffic_policy == "Local",
        "hints": next((service.metadata.annotations[name] for name in HINTS if name in service.metadata.annotations), ""),
    }


def _affinity_seconds(service: Service) -> int:
    if service.spec.session_affinity != "ClientIP":
        return 0
    config = service.spec.session_affinity_config
    seconds = config.client_ip.timeout_seconds if config is not None and config.client_ip is not None else None
    return 10_800 if seconds is None else seconds


def _vips(service: Service, family: IpFamily) -> Iterator[str]:
    """The addresses of the load balancer that packets still carry when they reach a node."""
    status = service.status if isinstance(service.status, Mapping) else {}
    for found in (status.get("loadBalancer") or {}).get("ingress") or ():
        ip = found.get("ip") or ""
        if ip and found.get("ipMode", "VIP") == "VIP" and family_of(ip) == family:
            yield str(ip_address(ip))


def _networks(texts: tuple[str, ...], family: IpFamily) -> Iterator[str]:
    for text in texts:
        if family_of(text) == family:
            yield str(ip_network(text.strip(), strict=False))
