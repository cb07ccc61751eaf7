"""How much a pod asks for: not simply the sum of its containers.

Init containers run one after the other before the others start, so of them only the largest counts; but a sidecar (an init container that
is restarted always) stays, and is there while the later init containers run. So a pod needs the larger of two: everything that runs in the
end, or the worst moment on the way there. Then a request of the whole pod takes the place of the containers' sum, and the overhead of the
sandbox comes on top.

Source: kubernetes 1.35, staging/src/k8s.io/component-helpers/resource/helpers.go (PodRequests, AggregateContainerRequests).
Left out: requests that differ from what a resize has allocated so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from k8sedu.kube.objects.pod import Container, Pod, PodSpec, ResourceRequirements
from k8sedu.kube.quantity import Quantity

Amounts = dict[str, Quantity]
ZERO = Quantity("0")


def pod_requests(pod: Pod | PodSpec) -> Amounts:
    """What a pod asks for, by resource: cpu in cores, memory in bytes, extended resources in pieces.

    >>> from k8sedu.kube.objects import Container, PodSpec, ResourceRequirements
    >>> def asks(cpu): return Container(resources=ResourceRequirements(requests={"cpu": Quantity(cpu)}))
    >>> pod_requests(PodSpec(init_containers=(asks("2"),), containers=(asks("1"), asks("500m"))))
    {'cpu': Quantity('2')}
    """
    spec = pod.spec if isinstance(pod, Pod) else pod
    asked = container_requests(spec)
    if spec.resources is not None:
        asked.update({name: amount for name, amount in spec.resources.requests.items() if is_pod_level(name)})
    return _plus(asked, spec.overhead)


def container_requests(spec: PodSpec) -> Amounts:
    """What the containers ask for together, before a request of the whole pod and the overhead."""
    running = _sum(container.resources.requests for container in spec.containers)
    sidecars: Amounts = {}
    worst: Amounts = {}
    for container in spec.init_containers:
        own = container.resources.requests
        if is_sidecar(container):
            running, sidecars = _plus(running, own), _plus(sidecars, own)
            moment: Mapping[str, Quantity] = sidecars
        else:
            moment = _plus(sidecars, own)
        worst = _larger(worst, moment)
    return _larger(running, worst)


def is_sidecar(container: Container) -> bool:
    """Does this init container stay?"""
    return container.restart_policy == "Always"


def is_pod_level(name: str) -> bool:
    """May a whole pod ask for this resource?"""
    return name in {"cpu", "memory"} or name.startswith("hugepages-")


def _sum(parts: Iterable[Mapping[str, Quantity]]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        total = _plus(total, part)
    return total


def _plus(one: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> Amounts:
    return {**one, **{name: one.get(name, ZERO) + amount for name, amount in other.items()}}


def _larger(one: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> Amounts:
    return {**one, **{name: max(one[name], amount) if name in one else amount for name, amount in other.items()}}


def qos_class(spec: PodSpec) -> Literal["Guaranteed", "Burstable", "BestEffort"]:
    """How well a pod is treated when a node runs short: Guaranteed asks for all that it may use, BestEffort for nothing.

    Source: kubernetes, pkg/apis/core/helper/qos/qos.go; only cpu and memory count.
    """
    containers = [container.resources for container in (*spec.containers, *spec.init_containers)]
    asked = {(part, name) for found in containers for part in ("requests", "limits") for name, amount in getattr(found, part).items()
             if name in {"cpu", "memory"} and amount}  # fmt: skip
    if not asked:
        return "BestEffort"
    return "Guaranteed" if all(_is_guaranteed(found) for found in containers) else "Burstable"


def _is_guaranteed(found: ResourceRequirements) -> bool:
    return all(found.limits.get(name) and found.requests.get(name, found.limits[name]) == found.limits[name] for name in ("cpu", "memory"))
