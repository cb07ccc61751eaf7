"""A pod as the scheduler sees it: what it asks for, and what it wants, worked out once.

Two numbers per resource surprise. The *filter* counts what a pod asks for. The *score* counts a pod that says nothing of cpu as 100m and
one that says nothing of memory as 200 MB: otherwise a hundred pods without requests would all be drawn to the same empty-looking node.

A request of the whole pod counts in every release here. Before 1.34 it counts in a real cluster only where somebody has asked for it; else
the API server has dropped the field before the scheduler sees the pod.

Source: kubernetes 1.35, pkg/scheduler/framework/types.go (PodInfo, CalculateResource), pkg/scheduler/util/pod_resources.go,
staging/src/k8s.io/component-helpers/resource/helpers.go (PodRequests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects.pod import Container, Pod, PodSpec
from k8sedu.kube.quantity import Quantity
from k8sedu.kube.requests import is_sidecar, pod_requests
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.terms import NO_TERMS, Terms, terms_of
from k8sedu.trace.frozen import Frozen

DEFAULT_MILLI_CPU = 100
DEFAULT_MEMORY = 200 * 1024 * 1024
MISSING = {"cpu": Quantity("100m"), "memory": Quantity(str(DEFAULT_MEMORY))}
"""What the score takes a container to need that does not say."""


class HostPort(NamedTuple):
    """A port of the node that a pod takes for itself."""

    ip: str
    protocol: str
    port: int


ANY_IP = "0.0.0.0"


class Amounts(NamedTuple):
    """What a pod asks for: cpu in thousandths of a core, everything else in its unit."""

    requests: Mapping[str, int]
    nonzero: Mapping[str, int]
    """The same with a guess for every container that does not say; only cpu and memory differ. So a pod counts on its node."""
    scored: Mapping[str, int]
    """The same without a request of the whole pod: so NodeResourcesFit scores a pod that comes, and 1.35 has not changed that."""
    ports: tuple[HostPort, ...]
    images: tuple[str, ...]
    """The images of its containers, with their tags."""


class PodInfo:
    """A pod and what the scheduler has worked out about it.

    >>> pod = Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "250m"}}}]}})
    >>> info = PodInfo(pod)
    >>> dict(info.requests), dict(info.nonzero), info.key
    ({'cpu': 250}, {'cpu': 250, 'memory': 209715200}, 'default/web')

    Args:
        pod: the pod.
        release: of Kubernetes.
    """

    __slots__ = ("amounts", "key", "kin", "labels", "namespace", "pod", "release", "terminating", "terms")

    def __init__(self, pod: Pod, release: str = "1.35") -> None:
        self.pod, self.release = pod, release
        metadata, spec = pod.metadata, pod.spec
        self.namespace = metadata.namespace or "default"
        self.labels: Mapping[str, str] = metadata.labels
        self.key = f"{self.namespace}/{metadata.name}"
        self.terminating = metadata.deletion_timestamp is not None
        self.amounts = amounts_of(spec, release)
        with_keys = has(release, "affinity_label_keys")
        affinity = spec.affinity
        self.terms: Terms = NO_TERMS if affinity is None else terms_of(affinity, self.namespace, self.labels, with_label_keys=with_keys)
        self.kin: Kin = (self.namespace, self.labels if isinstance(self.labels, Frozen) else Frozen(self.labels), self.terminating)

    @property
    def spec(self) -> PodSpec:
        """What is wanted of the pod."""
        return self.pod.spec

    @property
    def name(self) -> str:
        """The name within its namespace."""
        return self.pod.metadata.name

    @property
    def priority(self) -> int:
        """Who comes first; 0 where nothing is said."""
        return self.pod.spec.priority or 0

    @property
    def requests(self) -> Mapping[str, int]:
        """What it asks for: cpu in thousandths of a core, everything else in its unit."""
        return self.amounts.requests

    @property
    def nonzero(self) -> Mapping[str, int]:
        """The same with a guess where it says nothing of cpu or memory."""
        return self.amounts.nonzero

    def __repr__(self) -> str:
        return f"PodInfo({self.key})"


Kin = tuple[str, Mapping[str, str], bool]
"""Namespace, labels, terminating: pods that agree in these are one to every selector."""


def info_of(pod: Pod | PodInfo, release: str) -> PodInfo:
    """The pod's info, made if there is none yet."""
    return pod if isinstance(pod, PodInfo) else PodInfo(pod, release)


@lru_cache(maxsize=8192)
def amounts_of(spec: PodSpec, release: str = "1.35") -> Amounts:
    """What a pod with this spec asks for. Pods of one template share the answer."""
    spec = _as_stored(spec)
    asked = whole(pod_requests(spec))
    nonzero = _guessing(spec, asked)
    scored = nonzero if spec.resources is None else _guessing(spec.without("resources"), asked)
    return Amounts(Frozen(asked), Frozen(nonzero), Frozen(scored), tuple(_ports(spec)), tuple(_images(spec, release)))


def _guessing(spec: PodSpec, asked: Mapping[str, int]) -> dict[str, int]:
    guessed = whole(pod_requests(_with_guesses(spec)))
    return {**asked, "cpu": guessed.get("cpu", 0), "memory": guessed.get("memory", 0)}


def _as_stored(spec: PodSpec) -> PodSpec:
    """With limits for requests that are missing, as the API server fills them in; a pod that comes from there does not change."""
    parts = [container.resources for container in (*spec.containers, *spec.init_containers)]
    limited = any(part.limits for part in parts) or (spec.resources is not None and bool(spec.resources.limits))
    return with_defaults(Pod(spec=spec)).spec if limited else spec


def whole(amounts: Mapping[str, Quantity]) -> dict[str, int]:
    """Amounts as whole numbers: cpu in thousandths of a core, rounded up; everything else in its unit."""
    return {name: amount.milli_value if name == "cpu" else amount.value for name, amount in amounts.items()}


def _with_guesses(spec: PodSpec) -> PodSpec:
    changed = {"containers": tuple(map(_guessed, spec.containers)), "init_containers": tuple(map(_guessed, spec.init_containers))}
    return spec.evolve(**changed)


def _guessed(container: Container) -> Container:
    requests = container.resources.requests
    lacking = {name: amount for name, amount in MISSING.items() if name not in requests}
    return container.evolve(resources=container.resources.evolve(requests={**requests, **lacking})) if lacking else container


def _ports(spec: PodSpec) -> Iterator[HostPort]:
    running = [*spec.containers, *filter(is_sidecar, spec.init_containers)]
    for container in running:
        for port in container.ports:
            number = port.host_port or (port.container_port if spec.host_network else 0)
            if number > 0:
                yield HostPort(port.host_ip or ANY_IP, port.protocol or "TCP", number)


def _images(spec: PodSpec, release: str) -> Iterator[str]:
    first = spec.init_containers if has(release, "images_of_init_containers") else ()
    return (normalized_image(container.image) for container in (*first, *spec.containers))


def normalized_image(name: str) -> str:
    """An image's name with its tag; without one it is the latest.

    >>> normalized_image("registry.local:5000/web"), normalized_image("web:1")
    ('registry.local:5000/web:latest', 'web:1')
    """
    return name if name.rfind(":") > name.rfind("/") else f"{name}:latest"
