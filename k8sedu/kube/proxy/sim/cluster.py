"""The small cluster of a run: its nodes, its one Service, and its pods with their addresses.

Node `node-2` has the address 192.168.10.12 and its pods 10.244.2.0/24. A pod that returns is a new pod and has a new address; that is why
a node with old rules sends packets to an address that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.packet import Protocol
from k8sedu.kube.proxy.settings import ProxySettings

ADDRESS, PORT, TARGET = "10.96.0.7", 80, 8080


@dataclass
class SimPod:
    """One pod."""

    name: str
    ip: str
    node: str
    state: str = "running"
    """`starting`, `running`, `terminating` (still serving), or `dead`."""
    is_ready: bool = True

    @property
    def is_up(self) -> bool:
        """Does it answer?"""
        return self.state in {"running", "terminating"}


def node_settings(number: int, *, scheduler: str = "rr") -> ProxySettings:
    """The settings of a node.

    >>> node_settings(2).node_ip, node_settings(2).interface_of("10.244.2.9"), node_settings(2).interface_of("10.244.1.9")
    ('192.168.10.12', 'cbr0', 'eth0')
    """
    own = f"192.168.10.{10 + number}"
    interfaces = {"lo": ("127.0.0.1/8",), "eth0": (f"{own}/24",), "cbr0": (f"10.244.{number}.1/24",)}
    return ProxySettings(
        node_name=f"node-{number}", node_ip=own, interfaces=interfaces, local_value="10.244.0.0/16", ipvs_scheduler=scheduler
    )  # fmt: skip


def web_service(protocol: Protocol = "TCP", *, affinity_seconds: int = 0, internal_policy: str = "Cluster") -> Service:
    """The Service of a run."""
    ports = [{"name": "http", "port": PORT, "protocol": protocol}]
    spec: dict[str, Any] = {"clusterIP": ADDRESS, "ports": ports, "internalTrafficPolicy": internal_policy}
    if affinity_seconds:
        spec |= {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": affinity_seconds}}}
    return with_defaults(Service.of({"metadata": {"name": "web", "namespace": "default"}, "spec": spec}))


def slice_of(pods: Iterable[SimPod], protocol: Protocol = "TCP") -> EndpointSlice:
    """What the EndpointSlice controller writes about these pods: those that start are not ready, and those that are dead are gone."""
    endpoints = [
        {"addresses": [pod.ip], "nodeName": pod.node, "conditions": {
            "ready": pod.is_ready and pod.state == "running", "serving": pod.is_ready and pod.is_up,
            "terminating": pod.state == "terminating",
        }} for pod in pods if pod.state != "dead"
    ]  # fmt: skip
    return EndpointSlice.of({
        "metadata": {"name": "web-a", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4",
        "endpoints": endpoints, "ports": [{"name": "http", "port": TARGET, "protocol": protocol}],
    })  # fmt: skip
