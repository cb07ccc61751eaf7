from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.controllers.pod_endpoints import belongs, endpoint_of, families_of, find_port, ips_of, is_ready, ports_of
from k8sedu.kube.objects import Pod, Service, ServicePort


def pod(*, deleted: bool = False, ready: bool = True, phase: str = "Running", ips: tuple[str, ...] = ("10.0.0.1",), **spec: Any) -> Pod:
    metadata = {"name": "a", "namespace": "default"} | ({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {"phase": phase, "podIPs": [{"ip": ip} for ip in ips], "conditions": conditions}
    return Pod.of({"metadata": metadata, "spec": spec, "status": status})


PORT = {"name": "http", "port": 80, "targetPort": "http"}
WEB = Service.of({"metadata": {"name": "web", "namespace": "default"}, "spec": {"ports": [PORT]}})


def container(name: str, *ports: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "ports": list(ports)} | more


@pytest.mark.parametrize(
    ("found", "in_endpoints", "in_slices"),
    [
        (pod(), True, True), (pod(deleted=True), False, True), (pod(phase="Succeeded"), False, False), (pod(phase="Failed"), False, False),
        (pod(ips=()), False, False), (pod(phase="Pending"), True, True),
    ],
)  # fmt: skip
def test_who_is_in(found: Pod, in_endpoints: bool, in_slices: bool) -> None:
    """A pod is in with an address and until it has ended; on its way out it is in slices only."""
    assert (belongs(found, with_terminating=False), belongs(found, with_terminating=True)) == (in_endpoints, in_slices)


def test_named_ports() -> None:
    """A name is looked for with its protocol, in containers and in sidecars, not in containers that only prepare."""
    http = {"name": "http", "containerPort": 8080}
    assert find_port(pod(containers=[container("c", http)]), WEB.spec.ports[0]) == 8080
    assert find_port(pod(containers=[container("c", http | {"protocol": "UDP"})]), WEB.spec.ports[0]) is None
    assert find_port(pod(initContainers=[container("s", http, restartPolicy="Always")]), WEB.spec.ports[0]) == 8080
    assert find_port(pod(initContainers=[container("i", http)]), WEB.spec.ports[0]) is None
    assert find_port(pod(), ServicePort(port=80)) == 80
    assert ports_of(pod(), WEB) == ()


def test_readiness() -> None:
    """A pod serves if it says so, and is ready if it is not on its way out either."""
    assert is_ready(pod())
    assert not is_ready(pod(ready=False))
    leaving = endpoint_of(pod(deleted=True), WEB, "IPv4", None).conditions
    assert (leaving.ready, leaving.serving, leaving.terminating) == (False, True, True)


def test_addresses() -> None:
    """A pod has addresses of its families; a Service has the families it says, or that of its address."""
    both = pod(ips=("10.0.0.1", "fd00::1"))
    assert (ips_of(both), ips_of(both, "IPv6")) == (("10.0.0.1", "fd00::1"), ("fd00::1",))
    assert families_of(WEB) == ("IPv4",)
    assert families_of(Service.of({"spec": {"clusterIP": "fd00::7"}})) == ("IPv6",)
