"""Who answers for a Service: the endpoints that the EndpointSlice controller makes of pods, as plain values.

>>> service = {"selector": {"app": "web"}, "targetPort": "http", "publishNotReadyAddresses": False}
>>> pods = [{"labels": {"app": "web"}, "ip": "10.244.1.2", "phase": "Running", "ready": True, "terminating": False, "ports": {"http": 80}}]
>>> ready(service, pods), ready({**service, "selector": {"app": "web", "tier": "front"}}, pods)
(['10.244.1.2:80'], [])

Source: `k8sedu.kube.controllers` (kubernetes, staging/src/k8s.io/endpointslice).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from k8sedu.kube import selectors
from k8sedu.kube.controllers.endpointslice import wanted_of
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Pod, Service
from k8sedu.kube.proxy.packet import socket_text

PlainPod: TypeAlias = Mapping[str, Any]
"""`labels`, `ip` (empty for none yet), `phase`, `ready`, `terminating`, and `ports`: name of a container port → its number."""


def ready(service: Mapping[str, Any], pods: Sequence[PlainPod]) -> list[str]:
    """The addresses that new connections may be sent to, sorted: what the slices call ready, with a port."""
    made = _service(service)
    selected = selectors.of_labels(service["selector"])
    there = [_pod(number, pod) for number, pod in enumerate(pods)]
    drafts = wanted_of(made, [pod for pod in there if selected.matches(pod.labels)], "IPv4", {}) if service["selector"] else {}
    return sorted(
        socket_text(endpoint.addresses[0], port.port)
        for draft in drafts.values() for endpoint in draft.endpoints for port in draft.ports
        if endpoint.conditions.ready and port.port is not None
    )  # fmt: skip


def _service(service: Mapping[str, Any]) -> Service:
    spec = {
        "selector": dict(service["selector"]), "ports": [{"name": "main", "port": 80, "targetPort": service["targetPort"]}],
        "publishNotReadyAddresses": service["publishNotReadyAddresses"], "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"],
        "ipFamilies": ["IPv4"],
    }  # fmt: skip
    return with_defaults(Service.of({"metadata": {"name": "asked", "namespace": "default"}, "spec": spec}))


def _pod(number: int, pod: PlainPod) -> Pod:
    meta = {"name": f"pod-{number}", "namespace": "default", "uid": f"pod-{number}", "labels": dict(pod["labels"])}
    ending = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if pod["terminating"] else {}
    ports = [{"name": name, "containerPort": port} for name, port in pod["ports"].items()]
    address = {"podIP": pod["ip"], "podIPs": [{"ip": pod["ip"]}]} if pod["ip"] else {}
    condition = {"type": "Ready", "status": "True" if pod["ready"] else "False"}
    return Pod.of({
        "metadata": meta | ending, "spec": {"nodeName": "node-1", "containers": [{"name": "main", "image": "main:1", "ports": ports}]},
        "status": {"phase": pod["phase"], "conditions": [condition], **address},
    })  # fmt: skip
