"""One address for many pods: Services, Endpoints, EndpointSlices.

Source: kubernetes, staging/src/k8s.io/api/core/v1/types.go (Service, Endpoints), discovery/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from k8sedu.kube.fields import EMPTY, Value
from k8sedu.kube.objects.cluster import ObjectReference
from k8sedu.kube.objects.meta import ApiObject, IntOrString


class ServicePort(Value):
    """A port of a Service, and where it leads on the pods."""

    name: str = ""
    protocol: Literal["", "TCP", "UDP", "SCTP"] = ""
    app_protocol: str | None = None
    port: int = 0
    target_port: IntOrString | None = None
    node_port: int = 0


class ClientIpConfig(Value):
    """How long a client stays with its pod."""

    timeout_seconds: int | None = None


class SessionAffinityConfig(Value):
    """Settings of session affinity."""

    client_ip: ClientIpConfig | None = None


class ServiceSpec(Value):
    """Which pods, under which addresses and ports, for whom."""

    ports: tuple[ServicePort, ...] = ()
    selector: Mapping[str, str] = EMPTY
    cluster_ip: str = ""
    cluster_ips: tuple[str, ...] = ()
    type: Literal["", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] = ""
    external_ips: tuple[str, ...] = ()
    session_affinity: Literal["", "None", "ClientIP"] = ""
    session_affinity_config: SessionAffinityConfig | None = None
    load_balancer_ip: str = ""
    load_balancer_source_ranges: tuple[str, ...] = ()
    external_name: str = ""
    external_traffic_policy: Literal["", "Cluster", "Local"] = ""
    internal_traffic_policy: Literal["Cluster", "Local"] | None = None
    health_check_node_port: int = 0
    publish_not_ready_addresses: bool = False
    ip_families: tuple[Literal["IPv4", "IPv6"], ...] = ()
    ip_family_policy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    allocate_load_balancer_node_ports: bool | None = None
    load_balancer_class: str | None = None
    traffic_distribution: str | None = None


class Service(ApiObject):
    """One address for the pods of a selector."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Service"
    RESOURCE: ClassVar[str] = "services"
    SHORT: ClassVar[tuple[str, ...]] = ("svc",)
    REGISTRY: ClassVar[str] = "services/specs"

    spec: ServiceSpec = ServiceSpec()
    status: Any = None


class Endpoints(ApiObject):
    """All addresses of a Service in one object: deprecated since 1.33, because it grew too large."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Endpoints"
    RESOURCE: ClassVar[str] = "endpoints"
    SHORT: ClassVar[tuple[str, ...]] = ("ep",)
    REGISTRY: ClassVar[str] = "services/endpoints"

    subsets: tuple[Any, ...] = ()


class EndpointConditions(Value):
    """Takes traffic, still serves, is on its way out."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class Endpoint(Value):
    """One pod behind a Service."""

    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()
    hostname: str | None = None
    target_ref: ObjectReference | None = None
    deprecated_topology: Mapping[str, str] = EMPTY
    node_name: str | None = None
    zone: str | None = None
    hints: Any = None


class EndpointPort(Value):
    """A port that all endpoints of a slice have."""

    name: str | None = None
    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    port: int | None = None
    app_protocol: str | None = None


class EndpointSlice(ApiObject):
    """At most so many endpoints of a Service that a change stays small."""

    API_VERSION: ClassVar[str] = "discovery.k8s.io/v1"
    KIND: ClassVar[str] = "EndpointSlice"
    RESOURCE: ClassVar[str] = "endpointslices"

    address_type: Literal["", "IPv4", "IPv6", "FQDN"] = ""
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class IngressSpec(Value):
    """Which host and path leads to which Service."""

    ingress_class_name: str | None = None
    default_backend: Any = None
    tls: tuple[Any, ...] = ()
    rules: tuple[Any, ...] = ()


class Ingress(ApiObject):
    """A door from outside, by host and path."""

    API_VERSION: ClassVar[str] = "networking.k8s.io/v1"
    KIND: ClassVar[str] = "Ingress"
    RESOURCE: ClassVar[str] = "ingresses"
    SHORT: ClassVar[tuple[str, ...]] = ("ing",)
    REGISTRY: ClassVar[str] = "ingress"

    spec: IngressSpec = IngressSpec()
    status: Any = None


class NetworkPolicy(ApiObject):
    """Who may talk to whom."""

    API_VERSION: ClassVar[str] = "networking.k8s.io/v1"
    KIND: ClassVar[str] = "NetworkPolicy"
    RESOURCE: ClassVar[str] = "networkpolicies"
    SHORT: ClassVar[tuple[str, ...]] = ("netpol",)

    spec: Any = None
