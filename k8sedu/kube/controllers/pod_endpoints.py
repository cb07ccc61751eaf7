"""From a pod to an endpoint: whether it counts, under which address and port, and what is said about it.

Three questions are easily mixed up. *Is it in?* It has an address and has not ended. *Is it serving?* Its readiness probe succeeds. *Is it
ready?* It serves and is not on its way out - that is what traffic is steered by, and it is why a pod that shuts down gets no new clients
while it still answers the old ones.

Source: kubernetes, staging/src/k8s.io/endpointslice/utils.go (podToEndpoint, getEndpointPorts), pkg/controller/util/endpoint/
controller_utils.go (ShouldPodBeInEndpoints, ShouldSetHostname), pkg/api/v1/pod/util.go (FindPort).
"""

from __future__ import annotations

from collections.abc import Iterable

from k8sedu.kube.objects.cluster import Node, ObjectReference
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.service import Endpoint, EndpointConditions, EndpointPort, Service, ServicePort

ZONE = "topology.kubernetes.io/zone"
ENDED = {"Succeeded", "Failed"}


def is_ready(pod: Pod) -> bool:
    """Does the pod say of itself that it is ready?"""
    return any(condition.type == "Ready" and condition.status == "True" for condition in pod.status.conditions)


def belongs(pod: Pod, *, with_terminating: bool) -> bool:
    """Is the pod an endpoint at all?

    >>> from k8sedu.kube.objects.pod import PodStatus
    >>> belongs(Pod(status=PodStatus(phase="Running", pod_ip="10.0.0.1")), with_terminating=False)
    True
    >>> belongs(Pod(status=PodStatus(phase="Failed", pod_ip="10.0.0.1")), with_terminating=True)
    False
    """
    if pod.status.phase in ENDED or not ips_of(pod):
        return False
    return with_terminating or not pod.metadata.deletion_timestamp


def ips_of(pod: Pod, family: str = "") -> tuple[str, ...]:
    """The pod's addresses, of one family if it is named."""
    found = tuple(each.ip for each in pod.status.pod_ips) or ((pod.status.pod_ip,) if pod.status.pod_ip else ())
    return tuple(ip for ip in found if not family or (":" in ip) == (family == "IPv6"))


def find_port(pod: Pod, port: ServicePort) -> int | None:
    """The number behind a target port: itself, or that of the container port with this name and protocol; None if there is none.

    >>> from k8sedu.kube.objects.pod import PodSpec
    >>> pod = Pod.of({"spec": {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}]}})
    >>> find_port(pod, ServicePort(port=80, target_port="http")), find_port(pod, ServicePort(port=80, target_port=81))
    (8080, 81)
    >>> find_port(pod, ServicePort(port=80, target_port="https")) is None
    True
    """
    target = port.target_port or port.port
    if isinstance(target, int):
        return target
    sidecars = (container for container in pod.spec.init_containers if container.restart_policy == "Always")
    for container in (*pod.spec.containers, *sidecars):
        for found in container.ports:
            if found.name == target and (found.protocol or "TCP") == (port.protocol or "TCP"):
                return found.container_port
    return None


def ports_of(pod: Pod, service: Service) -> tuple[EndpointPort, ...]:
    """The ports that a Service has on this pod; a named one that the pod lacks is left out."""
    pairs = ((port, find_port(pod, port)) for port in service.spec.ports)
    return tuple(
        EndpointPort(name=port.name, protocol=port.protocol or "TCP", port=number, **_app_protocol(port))
        for port, number in pairs
        if number is not None
    )


def _app_protocol(port: ServicePort) -> dict[str, str]:
    return {"app_protocol": port.app_protocol} if port.app_protocol is not None else {}


def has_hostname(pod: Pod, service: Service) -> bool:
    """Has the pod a name of its own within this Service?"""
    return bool(pod.spec.hostname) and pod.spec.subdomain == service.name and pod.namespace == service.namespace


def reference(pod: Pod) -> ObjectReference:
    """Which pod it is."""
    return ObjectReference(kind="Pod", namespace=pod.namespace, name=pod.name, uid=pod.metadata.uid)


def endpoint_of(pod: Pod, service: Service, family: str, node: Node | None) -> Endpoint:
    """The endpoint that a pod is to a Service."""
    is_serving, is_terminating = is_ready(pod), bool(pod.metadata.deletion_timestamp)
    ready = service.spec.publish_not_ready_addresses or (is_serving and not is_terminating)
    found = Endpoint(
        addresses=ips_of(pod, family), conditions=EndpointConditions(ready=ready, serving=is_serving, terminating=is_terminating),
        target_ref=reference(pod),
    )  # fmt: skip
    if pod.spec.node_name:
        found = found.evolve(node_name=pod.spec.node_name)
    if node is not None and node.labels.get(ZONE):
        found = found.evolve(zone=node.labels[ZONE])
    return found.evolve(hostname=pod.spec.hostname) if has_hostname(pod, service) else found


def families_of(service: Service) -> tuple[str, ...]:
    """The address families of a Service."""
    if service.spec.ip_families:
        return service.spec.ip_families
    ips = [ip for ip in (service.spec.cluster_ip,) if ip not in {"", "None"}]
    return tuple("IPv6" if ":" in ip else "IPv4" for ip in ips) or ("IPv4",)


def in_order(pods: Iterable[Pod]) -> list[Pod]:
    """Pods in the order of their names, so that a run can be repeated."""
    return sorted(pods, key=lambda pod: pod.name)
