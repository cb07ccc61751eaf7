"""Nodes and pods in one line each, for lessons, experiments and tests: real objects, as a manifest would give them.

A manifest says everything and takes fifteen lines; whoever tries out a scheduler needs six nodes at once. What is left out here is what the
API server would fill in, and it is filled in: the namespace, a restart policy, a request where only a limit was given. Whatever a sketch
has no word for is said with the API's own field name: `pod("web", nodeSelector={"disk": "ssd"})`.

>>> nodes = [node(f"n{n}", zone="ab"[n % 2], cpu="4", memory="8Gi") for n in range(4)]
>>> web = pod("web", cpu="500m", memory="256Mi", labels={"app": "web"})
>>> nodes[1].labels["topology.kubernetes.io/zone"], web.namespace, str(web.spec.containers[0].resources.requests["cpu"])
('b', 'default', '500m')
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.kube import times
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Node, Pod, PodDisruptionBudget

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
_TAINT = re.compile(r"(?P<key>[^=:\s]+)(?:=(?P<value>[^:\s]*))?:(?P<effect>NoSchedule|PreferNoSchedule|NoExecute)")
_TOLERATION = re.compile(r"(?P<key>[^=:\s]*)(?:=(?P<value>[^:\s]*))?(?::(?P<effect>NoSchedule|PreferNoSchedule|NoExecute))?")


class SketchError(K8sEduError, ValueError):
    """A taint or a toleration that is not written as kubectl writes it."""


def node(
    name: str,
    *,
    zone: str = "",
    cpu: str = "4",
    memory: str = "8Gi",
    pods: int = 110,
    labels: Mapping[str, str] | None = None,
    taints: Iterable[str] = (),
    resources: Mapping[str, Any] | None = None,
    unschedulable: bool = False,
) -> Node:
    """A node with its host name as a label, as a kubelet registers it.

    Args:
        name: its name.
        zone: the label `topology.kubernetes.io/zone`; none if empty.
        cpu: allocatable cores, as in a manifest: "4", "250m".
        memory: allocatable memory: "8Gi".
        pods: how many pods it may hold.
        labels: further labels.
        taints: as `kubectl taint` takes them: "gpu=yes:NoSchedule", "flaky:PreferNoSchedule".
        resources: further allocatable resources: {"nvidia.com/gpu": 2}.
        unschedulable: as after `kubectl cordon`.

    Raises:
        SketchError: a taint without key or effect.
    """
    spoken = {HOSTNAME: name, **({ZONE: zone} if zone else {}), **(labels or {})}
    spec: dict[str, Any] = {"taints": [_parts(_TAINT, text, "a taint such as 'gpu=yes:NoSchedule'") for text in taints]}
    if unschedulable:
        spec["unschedulable"] = True
    amounts = {"cpu": cpu, "memory": memory, "pods": str(pods), **{key: str(value) for key, value in (resources or {}).items()}}
    status = {"capacity": amounts, "allocatable": amounts}
    return Node.of({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": spoken}, "spec": spec, "status": status})


def pod(
    name: str,
    *,
    cpu: str = "",
    memory: str = "",
    node: str = "",
    labels: Mapping[str, str] | None = None,
    resources: Mapping[str, Any] | None = None,
    tolerations: Iterable[str] = (),
    started_ms: int | None = None,
    **spec: Any,
) -> Pod:
    """A pod of one container, with the defaults that the API server fills in; its UID is its name, so that runs can be repeated.

    Args:
        name: its name; the namespace is "default".
        cpu: requested cores; none if empty.
        memory: requested memory; none if empty.
        node: where it runs already; empty for one that waits.
        labels: its labels.
        resources: further requests: {"nvidia.com/gpu": 1}.
        tolerations: "gpu=yes:NoSchedule"; without a value any value is borne ("gpu"), without a key every taint ("").
        started_ms: when it has started, for preemption: the later one is the cheaper victim.
        spec: any field of the pod's spec under the API's name: `priority=100`, `nodeSelector={…}`, `topologySpreadConstraints=[…]`.

    Raises:
        SketchError: a toleration that is none.
    """
    asked = {**({"cpu": cpu} if cpu else {}), **({"memory": memory} if memory else {})}
    asked |= {key: str(value) for key, value in (resources or {}).items()}
    container = {"name": "main", "image": f"{name.partition('-')[0]}:1", "resources": {"requests": asked, "limits": _whole(resources)}}
    borne = [_toleration(text) for text in tolerations]
    document = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "uid": name, "labels": dict(labels or {})},
        "spec": {"containers": [container], "tolerations": borne, **({"nodeName": node} if node else {}), **spec},
        "status": {"phase": "Running" if node else "Pending", **({} if started_ms is None else {"startTime": times.to_text(started_ms)})},
    }
    return with_defaults(Pod.of(document))


def budget(name: str, labels: Mapping[str, str], *, allowed: int) -> PodDisruptionBudget:
    """A PodDisruptionBudget that allows this many of the pods with these labels to be disturbed now.

    >>> budget("keep-web", {"app": "web"}, allowed=1).status.disruptions_allowed
    1
    """
    return PodDisruptionBudget.of(
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"maxUnavailable": allowed, "selector": {"matchLabels": dict(labels)}},
            "status": {"disruptionsAllowed": allowed},
        }
    )


def _whole(resources: Mapping[str, Any] | None) -> dict[str, str]:
    """Extended resources are requested and limited alike; the API server takes nothing else."""
    return {key: str(value) for key, value in (resources or {}).items()}


def _toleration(text: str) -> dict[str, str]:
    found = _parts(_TOLERATION, text, "a toleration such as 'gpu=yes:NoSchedule', 'gpu' or ''")
    return {**found, "operator": "Equal" if "value" in found else "Exists"}


def _parts(form: re.Pattern[str], text: str, expected: str) -> dict[str, str]:
    match = form.fullmatch(text)
    if match is None:
        raise SketchError(f"{text!r} was met, expected {expected}")
    return {name: value for name, value in match.groupdict().items() if value}
