"""Those who make pods: ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob, and the old ReplicationController.

Source: kubernetes, staging/src/k8s.io/api/apps/v1/types.go, batch/v1/types.go, core/v1/types.go, autoscaling/v2/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from k8sedu.kube.fields import EMPTY, Time, Value
from k8sedu.kube.objects.meta import ApiObject, Condition, IntOrString, LabelSelector, ObjectMeta
from k8sedu.kube.objects.pod import PodTemplateSpec
from k8sedu.kube.objects.storage import PersistentVolumeClaim


class ReplicaStatus(Value):
    """How many there are, and how many of them are well."""

    replicas: int = 0
    fully_labeled_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    terminating_replicas: int | None = None
    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()


class ReplicationControllerSpec(Value):
    """So many pods with these labels; equality only."""

    replicas: int | None = None
    min_ready_seconds: int = 0
    selector: Mapping[str, str] = EMPTY
    template: PodTemplateSpec | None = None


class ReplicationController(ApiObject):
    """The ReplicaSet's ancestor."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "ReplicationController"
    RESOURCE: ClassVar[str] = "replicationcontrollers"
    SHORT: ClassVar[tuple[str, ...]] = ("rc",)
    REGISTRY: ClassVar[str] = "controllers"

    spec: ReplicationControllerSpec = ReplicationControllerSpec()
    status: ReplicaStatus = ReplicaStatus()


class ReplicaSetSpec(Value):
    """So many pods with these labels."""

    replicas: int | None = None
    min_ready_seconds: int = 0
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()


class ReplicaSet(ApiObject):
    """Keeps a number of equal pods alive."""

    API_VERSION: ClassVar[str] = "apps/v1"
    KIND: ClassVar[str] = "ReplicaSet"
    RESOURCE: ClassVar[str] = "replicasets"
    SHORT: ClassVar[tuple[str, ...]] = ("rs",)

    spec: ReplicaSetSpec = ReplicaSetSpec()
    status: ReplicaStatus = ReplicaStatus()


class RollingUpdate(Value):
    """How far a rolling update may leave the wanted number, upwards (surge) and downwards; a partition holds pods back."""

    max_unavailable: IntOrString | None = None
    max_surge: IntOrString | None = None
    partition: int | None = None


class DeploymentStrategy(Value):
    """Old and new side by side, or all old ones first."""

    type: Literal["", "RollingUpdate", "Recreate"] = ""
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Value):
    """So many pods, in this version, and how to get there."""

    ALSO: ClassVar[tuple[str, ...]] = ("podReplacementPolicy", "rollbackTo",)

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    strategy: DeploymentStrategy = DeploymentStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None
    paused: bool = False
    progress_deadline_seconds: int | None = None


class DeploymentStatus(Value):
    """How far a rollout is."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    unavailable_replicas: int = 0
    terminating_replicas: int | None = None
    conditions: tuple[Condition, ...] = ()
    collision_count: int | None = None


class Deployment(ApiObject):
    """Replaces one ReplicaSet by the next."""

    API_VERSION: ClassVar[str] = "apps/v1"
    KIND: ClassVar[str] = "Deployment"
    RESOURCE: ClassVar[str] = "deployments"
    SHORT: ClassVar[tuple[str, ...]] = ("deploy",)

    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()


class UpdateStrategy(Value):
    """How the pods of a StatefulSet or DaemonSet are replaced."""

    type: Literal["", "RollingUpdate", "OnDelete"] = ""
    rolling_update: RollingUpdate | None = None


class Ordinals(Value):
    """The number of the first pod."""

    start: int = 0


class StatefulSetSpec(Value):
    """Pods with names, an order and claims of their own."""

    replicas: int | None = None
    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    volume_claim_templates: tuple[PersistentVolumeClaim, ...] = ()
    service_name: str = ""
    pod_management_policy: Literal["", "OrderedReady", "Parallel"] = ""
    update_strategy: UpdateStrategy = UpdateStrategy()
    revision_history_limit: int | None = None
    min_ready_seconds: int = 0
    persistent_volume_claim_retention_policy: Any = None
    ordinals: Ordinals | None = None


class StatefulSetStatus(Value):
    """How many there are of the old and the new revision."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    current_replicas: int = 0
    updated_replicas: int = 0
    current_revision: str = ""
    update_revision: str = ""
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()
    available_replicas: int = 0


class StatefulSet(ApiObject):
    """web-0, web-1, web-2: each with its own name and disk."""

    API_VERSION: ClassVar[str] = "apps/v1"
    KIND: ClassVar[str] = "StatefulSet"
    RESOURCE: ClassVar[str] = "statefulsets"
    SHORT: ClassVar[tuple[str, ...]] = ("sts",)

    spec: StatefulSetSpec = StatefulSetSpec()
    status: StatefulSetStatus = StatefulSetStatus()


class DaemonSetSpec(Value):
    """One pod on every node that is eligible."""

    selector: LabelSelector | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    update_strategy: UpdateStrategy = UpdateStrategy()
    min_ready_seconds: int = 0
    revision_history_limit: int | None = None


class DaemonSetStatus(Value):
    """On how many nodes it should run, and runs."""

    current_number_scheduled: int = 0
    number_misscheduled: int = 0
    desired_number_scheduled: int = 0
    number_ready: int = 0
    observed_generation: int = 0
    updated_number_scheduled: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    collision_count: int | None = None
    conditions: tuple[Condition, ...] = ()


class DaemonSet(ApiObject):
    """A pod on every node."""

    API_VERSION: ClassVar[str] = "apps/v1"
    KIND: ClassVar[str] = "DaemonSet"
    RESOURCE: ClassVar[str] = "daemonsets"
    SHORT: ClassVar[tuple[str, ...]] = ("ds",)

    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()


class ControllerRevision(ApiObject):
    """An earlier template of a StatefulSet or DaemonSet."""

    API_VERSION: ClassVar[str] = "apps/v1"
    KIND: ClassVar[str] = "ControllerRevision"
    RESOURCE: ClassVar[str] = "controllerrevisions"

    data: Any = None
    revision: int = 0


class JobSpec(Value):
    """Work that ends: so many successes, so many at once."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "podFailurePolicy", "successPolicy", "backoffLimitPerIndex", "maxFailedIndexes", "podReplacementPolicy", "managedBy",
    )  # fmt: skip

    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None
    selector: LabelSelector | None = None
    manual_selector: bool | None = None
    template: PodTemplateSpec = PodTemplateSpec()
    ttl_seconds_after_finished: int | None = None
    completion_mode: Literal["NonIndexed", "Indexed"] | None = None
    suspend: bool | None = None


class JobStatus(Value):
    """How much of the work is done."""

    ALSO: ClassVar[tuple[str, ...]] = ("completedIndexes", "failedIndexes", "uncountedTerminatedPods",)

    conditions: tuple[Condition, ...] = ()
    start_time: Time | None = None
    completion_time: Time | None = None
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    ready: int | None = None
    terminating: int | None = None


class Job(ApiObject):
    """Pods that run to their end."""

    API_VERSION: ClassVar[str] = "batch/v1"
    KIND: ClassVar[str] = "Job"
    RESOURCE: ClassVar[str] = "jobs"

    spec: JobSpec = JobSpec()
    status: JobStatus = JobStatus()


class JobTemplateSpec(Value):
    """What a CronJob makes jobs from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: JobSpec = JobSpec()


class CronJobSpec(Value):
    """When, and what."""

    schedule: str = ""
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: Literal["", "Allow", "Forbid", "Replace"] = ""
    suspend: bool | None = None
    job_template: JobTemplateSpec = JobTemplateSpec()
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


class CronJob(ApiObject):
    """Jobs by the clock."""

    API_VERSION: ClassVar[str] = "batch/v1"
    KIND: ClassVar[str] = "CronJob"
    RESOURCE: ClassVar[str] = "cronjobs"
    SHORT: ClassVar[tuple[str, ...]] = ("cj",)

    spec: CronJobSpec = CronJobSpec()
    status: Any = None


class ScaleTarget(Value):
    """What an autoscaler scales."""

    api_version: str = ""
    kind: str = ""
    name: str = ""


class HorizontalPodAutoscalerSpec(Value):
    """Between how many and how many, and by what."""

    scale_target_ref: ScaleTarget = ScaleTarget()
    min_replicas: int | None = None
    max_replicas: int = 0
    metrics: tuple[Any, ...] = ()
    behavior: Any = None


class HorizontalPodAutoscaler(ApiObject):
    """More pods when there is more to do."""

    API_VERSION: ClassVar[str] = "autoscaling/v2"
    KIND: ClassVar[str] = "HorizontalPodAutoscaler"
    RESOURCE: ClassVar[str] = "horizontalpodautoscalers"
    SHORT: ClassVar[tuple[str, ...]] = ("hpa",)

    spec: HorizontalPodAutoscalerSpec = HorizontalPodAutoscalerSpec()
    status: Any = None
