"""What the server itself writes into an object: identity and age when it is made, and what no client may touch when it is changed.

An object has two halves with two owners. The spec belongs to whoever wants something, the status to whoever does it, so a write to the
object leaves the status alone and a write to its `status` leaves everything else alone: neither can undo the other by accident.
`generation` counts what changed in the first half, so that the second can say how far it has got (`observedGeneration`).

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/registry/rest/create.go, update.go; pkg/registry/*/strategy.go.
"""

from __future__ import annotations

from random import Random
from typing import Any, TypeVar

from k8sedu.kube.objects.meta import ApiObject, Condition
from k8sedu.kube.objects.pod import Pod, PodStatus
from k8sedu.kube.requests import qos_class
from k8sedu.kube.times import to_text

Document = dict[str, Any]
ObjectT = TypeVar("ObjectT", bound=ApiObject)

LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What generated names are made of: no vowels, so that no words come out, and nothing that is easily taken for something else."""
LONGEST = 63 - 5

COUNTED = {
    "Pod", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "PodDisruptionBudget",
    "Ingress", "NetworkPolicy", "PriorityClass",
}  # fmt: skip
"""Kinds whose generation is counted."""
DIVIDED = {
    "Pod", "Node", "Namespace", "Service", "PersistentVolume", "PersistentVolumeClaim", "ReplicationController", "ReplicaSet", "Deployment",
    "StatefulSet", "DaemonSet", "Job", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress",
}  # fmt: skip
"""Kinds with a status of its own."""
BORN_WITH_STATUS = {"Node"}
"""A kubelet announces its node together with what it has."""
FIRST_STATUS: dict[str, Document] = {
    "Namespace": {"phase": "Active"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "PersistentVolume": {"phase": "Pending"},
}
SERVERS_OWN = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


def new_uid(rng: Random) -> str:
    """A random UUID of version 4.

    >>> new_uid(Random(1))
    'cd613e30-d8f1-4adf-91b7-584a2265b1f5'
    """
    bits = rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (0x4 << 76) | (0x2 << 62)
    digits = f"{bits:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def generated(prefix: str, rng: Random) -> str:
    """A name that begins so and is most likely new.

    >>> generated("web-", Random(1))
    'web-gx87d'
    """
    return prefix[:LONGEST] + "".join(LETTERS[rng.randrange(len(LETTERS))] for _ in range(5))


def prepare_create(document: Document, cls: type[ApiObject], *, rng: Random, now_ms: int) -> None:
    """Give a new object its identity, and the status that everybody begins with."""
    metadata = document["metadata"]
    for name in SERVERS_OWN:
        metadata.pop(name, None)
    metadata["uid"] = new_uid(rng)
    metadata["creationTimestamp"] = to_text(now_ms)
    if cls.KIND in COUNTED:
        metadata["generation"] = 1
    if cls.KIND in DIVIDED - BORN_WITH_STATUS:
        document.pop("status", None)
    if cls.KIND in FIRST_STATUS:
        document["status"] = dict(FIRST_STATUS[cls.KIND])
    if cls.KIND == "Job":
        _select_by_uid(document)


def finish_create(found: ObjectT) -> ObjectT:
    """What can be told of a pod once its spec is complete: its phase, and how well it will be treated."""
    if isinstance(found, Pod):
        return found.evolve(status=PodStatus(phase="Pending", qos_class=qos_class(found.spec)))
    return found


def _select_by_uid(document: Document) -> None:
    """A job finds its pods by its own UID, unless somebody insists on another selector."""
    spec = document["spec"]
    if spec.get("manualSelector"):
        return
    uid, name = document["metadata"]["uid"], document["metadata"].get("name", "")
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("batch.kubernetes.io/", ""):
        labels |= {f"{prefix}controller-uid": uid, f"{prefix}job-name": name}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def tolerate_bad_nodes(spec: Document) -> None:
    """A pod stays five minutes on a node that is gone, unless it says something else."""
    tolerations = list(spec.get("tolerations") or [])
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if not any(each.get("key", "") in {"", key} and each.get("effect", "") in {"", "NoExecute"} for each in tolerations):
            tolerations.append({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300})
    spec["tolerations"] = tolerations


def scheduled(status: PodStatus, *, now_ms: int) -> PodStatus:
    """The status of a pod that has got its node."""
    condition = Condition(type="PodScheduled", status="True", last_transition_time=to_text(now_ms))
    return status.evolve(conditions=(*(each for each in status.conditions if each.type != "PodScheduled"), condition))


def prepare_update(document: Document, old: Document, cls: type[ApiObject]) -> None:
    """Keep what belongs to the server, and the half that this write is not about; count what has changed."""
    metadata, before = document["metadata"], old["metadata"]
    for name in SERVERS_OWN:
        _keep(metadata, before, name)
    if cls.KIND in DIVIDED:
        _keep(document, old, "status")
    if cls is Pod:
        document["spec"] = {name: old["spec"][name] for name in ("priority", "preemptionPolicy") if name in old["spec"]} | document["spec"]
        tolerate_bad_nodes(document["spec"])
    if cls.KIND in COUNTED and _first_half(document) != _first_half(old):
        metadata["generation"] = before.get("generation", 0) + 1


def prepare_status(document: Document, old: Document) -> Document:
    """The old object with the new status."""
    made = {**old, "status": document.get("status", {})}
    made["metadata"] = {**old["metadata"]}
    return made


def _keep(new: Document, old: Document, name: str) -> None:
    if name in old:
        new[name] = old[name]
    else:
        new.pop(name, None)


def _first_half(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in {"metadata", "status", "apiVersion", "kind"}}
