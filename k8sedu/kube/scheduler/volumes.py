"""Claims and volumes as the volume plugins see them.

A claim is *bound* when its volume is chosen and both sides know it. One that is not waits for one of two: a controller that binds at once
(`Immediate`), or the scheduler, which first finds a node for the pod (`WaitForFirstConsumer`): only so does the disk appear in the zone
where the pod can run.

Source: kubernetes 1.35, plugins/volumebinding/{binder,volume_binding}.go, staging/src/k8s.io/component-helpers/storage/volume/helpers.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8sedu.kube.objects.pod import Volume
from k8sedu.kube.objects.storage import PersistentVolume, PersistentVolumeClaim, StorageClass
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.terms import selector_of

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"
BETA_CLASS = "volume.beta.kubernetes.io/storage-class"
SELECTED_NODE = "volume.kubernetes.io/selected-node"
NO_PROVISIONER = "kubernetes.io/no-provisioner"


class Use(NamedTuple):
    """A volume of a pod that is a claim: its name, and the claim if there is one."""

    claim_name: str
    is_ephemeral: bool
    claim: PersistentVolumeClaim | None


def uses_of(cluster: Cluster, pod: PodInfo) -> Iterator[Use]:
    """The claims of a pod, in the order of its volumes. A generic ephemeral volume has a claim named after pod and volume."""
    for volume in pod.spec.volumes:
        name, is_ephemeral = _claim_name(pod, volume)
        if name:
            yield Use(name, is_ephemeral, cluster.get("PersistentVolumeClaim", f"{pod.namespace}/{name}"))


def _claim_name(pod: PodInfo, volume: Volume) -> tuple[str, bool]:
    if volume.persistent_volume_claim is not None:
        return volume.persistent_volume_claim.claim_name, False
    return (f"{pod.name}-{volume.name}", True) if "ephemeral" in volume.extra else ("", False)


class Claims(NamedTuple):
    """The claims of a pod by what is still to be done for them."""

    bound: tuple[PersistentVolumeClaim, ...]
    to_bind: tuple[PersistentVolumeClaim, ...]
    """The scheduler binds them, once it has a node."""
    immediate: tuple[PersistentVolumeClaim, ...]
    """Somebody else should have bound them already."""


def claims_of(cluster: Cluster, pod: PodInfo) -> Claims:
    """The claims of a pod, which all exist."""
    bound, to_bind, immediate = [], [], []
    for use in uses_of(cluster, pod):
        claim = use.claim
        assert claim is not None
        if is_bound(claim):
            bound.append(claim)
        elif waits_for_consumer(cluster, claim) and not claim.spec.volume_name:
            to_bind.append(claim)
        else:
            immediate.append(claim)
    return Claims(tuple(bound), tuple(to_bind), tuple(immediate))


def is_bound(claim: PersistentVolumeClaim) -> bool:
    """Is the claim's volume chosen and told? A hand-written claim may say so by its phase instead of the annotation."""
    return bool(claim.spec.volume_name) and (BIND_COMPLETED in claim.metadata.annotations or claim.status.phase == "Bound")


def class_of(cluster: Cluster, claim: PersistentVolumeClaim) -> StorageClass | None:
    """The storage class of a claim."""
    found: StorageClass | None = cluster.get("StorageClass", class_name(claim))
    return found


def class_name(claim: PersistentVolumeClaim) -> str:
    """The name of a claim's storage class, "" if it has none."""
    return claim.metadata.annotations.get(BETA_CLASS) or claim.spec.storage_class_name or ""


def waits_for_consumer(cluster: Cluster, claim: PersistentVolumeClaim) -> bool:
    """Is the claim bound only once a pod needs it?"""
    found = class_of(cluster, claim)
    return found is not None and found.volume_binding_mode == "WaitForFirstConsumer"


def volume_of(cluster: Cluster, claim: PersistentVolumeClaim) -> PersistentVolume | None:
    """The volume that a claim is bound to."""
    found: PersistentVolume | None = cluster.get("PersistentVolume", claim.spec.volume_name)
    return found


def could_bind(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    """Would a volume do for a claim, wherever the pod runs? Large enough, of the same class, mode and access, and not taken."""
    spec, wanted = volume.spec, claim.spec
    if spec.claim_ref is not None and not _is_reserved_for(claim, volume):
        return False
    if spec.claim_ref is None and volume.status.phase not in {"", "Available", "Pending"}:
        return False
    if volume.metadata.deletion_timestamp is not None or (spec.volume_mode or "Filesystem") != (wanted.volume_mode or "Filesystem"):
        return False
    if wanted.selector is not None and not selector_of(wanted.selector).matches(volume.labels):
        return False
    same_class = spec.storage_class_name == class_name(claim)
    return same_class and set(wanted.access_modes) <= set(spec.access_modes) and _size(spec.capacity) >= _size(wanted.resources.requests)


def _is_reserved_for(claim: PersistentVolumeClaim, volume: PersistentVolume) -> bool:
    reference = volume.spec.claim_ref
    assert reference is not None
    same = (reference.namespace or "default", reference.name) == (claim.namespace or "default", claim.name)
    return same and reference.uid in {"", claim.metadata.uid}


def _size(amounts: Any) -> int:
    amount = amounts.get("storage")
    return 0 if amount is None else int(amount.value)


def by_size(volumes: list[PersistentVolume]) -> list[PersistentVolume]:
    """The smallest first: it is the one that is taken."""
    return sorted(volumes, key=lambda volume: (_size(volume.spec.capacity), volume.name))
