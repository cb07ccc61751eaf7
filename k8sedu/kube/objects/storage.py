"""Disks: volumes, claims and classes; and the budgets that protect pods from too much good will.

Source: kubernetes, staging/src/k8s.io/api/core/v1/types.go (PersistentVolume, PersistentVolumeClaim), storage/v1, policy/v1.
Left out: what is behind a volume (NFS, iSCSI, a cloud's disk). It is kept as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from k8sedu.kube.fields import EMPTY, Time, Value
from k8sedu.kube.objects.affinity import NodeSelector
from k8sedu.kube.objects.cluster import ObjectReference
from k8sedu.kube.objects.meta import ApiObject, Condition, IntOrString, LabelSelector
from k8sedu.kube.objects.pod import ResourceRequirements
from k8sedu.kube.quantity import Quantity

AccessMode: TypeAlias = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]


class VolumeNodeAffinity(Value):
    """From which nodes a volume can be reached."""

    required: NodeSelector | None = None


class PersistentVolumeSpec(Value):
    """A disk: how large, who may mount it how, from where."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "nfs", "hostPath", "local", "iscsi", "fc", "rbd", "cephfs", "cinder", "glusterfs", "flexVolume", "flocker", "azureFile",
        "azureDisk", "awsElasticBlockStore", "gcePersistentDisk", "photonPersistentDisk", "portworxVolume", "quobyte", "scaleIO",
        "storageos", "vsphereVolume", "volumeAttributesClassName",
    )  # fmt: skip

    capacity: Mapping[str, Quantity] = EMPTY
    access_modes: tuple[AccessMode, ...] = ()
    claim_ref: ObjectReference | None = None
    persistent_volume_reclaim_policy: Literal["", "Retain", "Delete", "Recycle"] = ""
    storage_class_name: str = ""
    mount_options: tuple[str, ...] = ()
    volume_mode: Literal["Filesystem", "Block"] | None = None
    node_affinity: VolumeNodeAffinity | None = None
    csi: Any = None


class PersistentVolumeStatus(Value):
    """Free, or taken."""

    ALSO: ClassVar[tuple[str, ...]] = ("lastPhaseTransitionTime",)

    phase: Literal["", "Pending", "Available", "Bound", "Released", "Failed"] = ""
    message: str = ""
    reason: str = ""


class PersistentVolume(ApiObject):
    """A disk of the cluster."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "PersistentVolume"
    RESOURCE: ClassVar[str] = "persistentvolumes"
    NAMESPACED: ClassVar[bool] = False
    SHORT: ClassVar[tuple[str, ...]] = ("pv",)

    spec: PersistentVolumeSpec = PersistentVolumeSpec()
    status: PersistentVolumeStatus = PersistentVolumeStatus()


class PersistentVolumeClaimSpec(Value):
    """A wish for a disk."""

    ALSO: ClassVar[tuple[str, ...]] = ("dataSource", "dataSourceRef", "volumeAttributesClassName",)

    access_modes: tuple[AccessMode, ...] = ()
    selector: LabelSelector | None = None
    resources: ResourceRequirements = ResourceRequirements()
    volume_name: str = ""
    storage_class_name: str | None = None
    volume_mode: Literal["Filesystem", "Block"] | None = None


class PersistentVolumeClaimStatus(Value):
    """Whether the wish is granted."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "allocatedResources", "allocatedResourceStatuses", "currentVolumeAttributesClassName", "modifyVolumeStatus",
    )  # fmt: skip

    phase: Literal["", "Pending", "Bound", "Lost"] = ""
    access_modes: tuple[AccessMode, ...] = ()
    capacity: Mapping[str, Quantity] = EMPTY
    conditions: tuple[Condition, ...] = ()


class PersistentVolumeClaim(ApiObject):
    """A pod's claim to a disk."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "PersistentVolumeClaim"
    RESOURCE: ClassVar[str] = "persistentvolumeclaims"
    SHORT: ClassVar[tuple[str, ...]] = ("pvc",)

    spec: PersistentVolumeClaimSpec = PersistentVolumeClaimSpec()
    status: PersistentVolumeClaimStatus = PersistentVolumeClaimStatus()


class StorageClass(ApiObject):
    """How disks come into being."""

    API_VERSION: ClassVar[str] = "storage.k8s.io/v1"
    KIND: ClassVar[str] = "StorageClass"
    RESOURCE: ClassVar[str] = "storageclasses"
    NAMESPACED: ClassVar[bool] = False
    SHORT: ClassVar[tuple[str, ...]] = ("sc",)

    provisioner: str = ""
    parameters: Mapping[str, str] = EMPTY
    reclaim_policy: Literal["Retain", "Delete", "Recycle"] | None = None
    mount_options: tuple[str, ...] = ()
    allow_volume_expansion: bool | None = None
    volume_binding_mode: Literal["Immediate", "WaitForFirstConsumer"] | None = None
    allowed_topologies: tuple[Any, ...] = ()


class CsiNodeDriver(Value):
    """A driver on a node, and how many volumes it can attach."""

    name: str = ""
    node_id: str = ""
    topology_keys: tuple[str, ...] = ()
    allocatable: Any = None


class CsiNodeSpec(Value):
    """All drivers of a node."""

    drivers: tuple[CsiNodeDriver, ...] = ()


class CSINode(ApiObject):
    """What a node can attach."""

    API_VERSION: ClassVar[str] = "storage.k8s.io/v1"
    KIND: ClassVar[str] = "CSINode"
    RESOURCE: ClassVar[str] = "csinodes"
    NAMESPACED: ClassVar[bool] = False

    spec: CsiNodeSpec = CsiNodeSpec()


class PodDisruptionBudgetSpec(Value):
    """How many of these pods must stay, or may be gone."""

    min_available: IntOrString | None = None
    selector: LabelSelector | None = None
    max_unavailable: IntOrString | None = None
    unhealthy_pod_eviction_policy: Literal["IfHealthyBudget", "AlwaysAllow"] | None = None


class PodDisruptionBudgetStatus(Value):
    """How many may be taken away now."""

    observed_generation: int = 0
    disrupted_pods: Mapping[str, Time] = EMPTY
    disruptions_allowed: int = 0
    current_healthy: int = 0
    desired_healthy: int = 0
    expected_pods: int = 0
    conditions: tuple[Condition, ...] = ()


class PodDisruptionBudget(ApiObject):
    """A limit to how many pods may be disturbed at once."""

    API_VERSION: ClassVar[str] = "policy/v1"
    KIND: ClassVar[str] = "PodDisruptionBudget"
    RESOURCE: ClassVar[str] = "poddisruptionbudgets"
    SHORT: ClassVar[tuple[str, ...]] = ("pdb",)

    spec: PodDisruptionBudgetSpec = PodDisruptionBudgetSpec()
    status: PodDisruptionBudgetStatus = PodDisruptionBudgetStatus()
