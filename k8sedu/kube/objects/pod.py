"""Pods: containers that live and die together on one node.

Source: kubernetes, staging/src/k8s.io/api/core/v1/types.go (Pod, PodSpec, PodStatus, Container).
Left out: fields that no model here reads (security contexts, most volume sources, DNS settings, …). They are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from k8sedu.kube.fields import EMPTY, Time, Value
from k8sedu.kube.objects.affinity import Affinity, Toleration, TopologySpreadConstraint
from k8sedu.kube.objects.meta import ApiObject, Condition, IntOrString, ObjectMeta
from k8sedu.kube.quantity import Quantity


class ContainerPort(Value):
    """A port that a container listens on; with a host port it also takes that port of the node."""

    name: str = ""
    container_port: int = 0
    protocol: Literal["", "TCP", "UDP", "SCTP"] = ""
    host_port: int = 0
    host_ip: str = ""


class ResourceRequirements(Value):
    """What is reserved (requests) and what is the most that may be used (limits)."""

    limits: Mapping[str, Quantity] = EMPTY
    requests: Mapping[str, Quantity] = EMPTY
    claims: tuple[Any, ...] = ()


class HttpGet(Value):
    """A request that must be answered with 200 to 399."""

    path: str = ""
    port: IntOrString = 0
    host: str = ""
    scheme: Literal["", "HTTP", "HTTPS"] = ""
    http_headers: tuple[Any, ...] = ()


class TcpSocket(Value):
    """A connection that must open."""

    port: IntOrString = 0
    host: str = ""


class Exec(Value):
    """A command that must end with 0."""

    command: tuple[str, ...] = ()


class Grpc(Value):
    """A gRPC health check."""

    port: int = 0
    service: str | None = None


class Probe(Value):
    """How, how often and how patiently a container is asked for its health."""

    http_get: HttpGet | None = None
    tcp_socket: TcpSocket | None = None
    exec: Exec | None = None
    grpc: Grpc | None = None
    initial_delay_seconds: int = 0
    timeout_seconds: int = 0
    period_seconds: int = 0
    success_threshold: int = 0
    failure_threshold: int = 0
    termination_grace_period_seconds: int | None = None


class EnvVar(Value):
    """A variable of the environment."""

    name: str = ""
    value: str = ""
    value_from: Any = None


class VolumeMount(Value):
    """Where a container sees a volume."""

    ALSO: ClassVar[tuple[str, ...]] = ("subPathExpr", "mountPropagation", "recursiveReadOnly",)

    name: str = ""
    mount_path: str = ""
    read_only: bool = False
    sub_path: str = ""


class Container(Value):
    """One program of a pod. An init container with restart policy Always is a sidecar."""

    ALSO: ClassVar[tuple[str, ...]] = ("volumeDevices", "stdin", "stdinOnce", "tty", "resizePolicy", "restartPolicyRules",)

    name: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    ports: tuple[ContainerPort, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[Any, ...] = ()
    resources: ResourceRequirements = ResourceRequirements()
    restart_policy: Literal["Always", "OnFailure", "Never"] | None = None
    volume_mounts: tuple[VolumeMount, ...] = ()
    liveness_probe: Probe | None = None
    readiness_probe: Probe | None = None
    startup_probe: Probe | None = None
    lifecycle: Any = None
    image_pull_policy: Literal["", "Always", "Never", "IfNotPresent"] = ""
    termination_message_path: str = ""
    termination_message_policy: str = ""
    security_context: Any = None


class PersistentVolumeClaimSource(Value):
    """A volume that a claim names."""

    claim_name: str = ""
    read_only: bool = False


class Volume(Value):
    """A place for files that the containers of a pod share; every other source than a claim is kept as it is."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "projected", "downwardAPI", "nfs", "iscsi", "csi", "secretRef", "gitRepo", "glusterfs", "cephfs", "cinder", "fc",
        "flexVolume", "flocker", "azureFile", "azureDisk", "awsElasticBlockStore", "gcePersistentDisk", "photonPersistentDisk",
        "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume", "ephemeral", "image",
    )  # fmt: skip

    name: str = ""
    persistent_volume_claim: PersistentVolumeClaimSource | None = None
    empty_dir: Any = None
    host_path: Any = None
    config_map: Any = None
    secret: Any = None


class PodSchedulingGate(Value):
    """While a pod has one, nobody tries to place it."""

    name: str = ""


class PodReadinessGate(Value):
    """A further condition that must be true before the pod is ready."""

    condition_type: str = ""


class PodSpec(Value):
    """What is wanted of a pod."""

    ALSO: ClassVar[tuple[str, ...]] = ("dnsConfig", "setHostnameAsFQDN", "os", "hostUsers", "hostnameOverride", "workloadRef",)

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Any, ...] = ()
    volumes: tuple[Volume, ...] = ()
    restart_policy: Literal["", "Always", "OnFailure", "Never"] = ""
    termination_grace_period_seconds: int | None = None
    active_deadline_seconds: int | None = None
    dns_policy: Literal["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] = ""
    node_selector: Mapping[str, str] = EMPTY
    service_account_name: str = ""
    service_account: str = ""
    automount_service_account_token: bool | None = None
    node_name: str = ""
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    share_process_namespace: bool | None = None
    security_context: Any = None
    image_pull_secrets: tuple[Any, ...] = ()
    hostname: str = ""
    subdomain: str = ""
    affinity: Affinity | None = None
    scheduler_name: str = ""
    tolerations: tuple[Toleration, ...] = ()
    host_aliases: tuple[Any, ...] = ()
    priority_class_name: str = ""
    priority: int | None = None
    preemption_policy: Literal["PreemptLowerPriority", "Never"] | None = None
    readiness_gates: tuple[PodReadinessGate, ...] = ()
    runtime_class_name: str | None = None
    enable_service_links: bool | None = None
    overhead: Mapping[str, Quantity] = EMPTY
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    scheduling_gates: tuple[PodSchedulingGate, ...] = ()
    resource_claims: tuple[Any, ...] = ()
    resources: ResourceRequirements | None = None


class StateRunning(Value):
    """The container runs since then."""

    started_at: Time | None = None


class StateWaiting(Value):
    """The container is not yet running, and why: ContainerCreating, CrashLoopBackOff, ImagePullBackOff, …"""

    reason: str = ""
    message: str = ""


class StateTerminated(Value):
    """The container has ended."""

    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""
    started_at: Time | None = None
    finished_at: Time | None = None
    container_id: str = ""


class ContainerState(Value):
    """Exactly one of the three is given."""

    running: StateRunning | None = None
    waiting: StateWaiting | None = None
    terminated: StateTerminated | None = None


class ContainerStatus(Value):
    """How a container is doing."""

    ALSO: ClassVar[tuple[str, ...]] = ("allocatedResources", "allocatedResourcesStatus", "resources", "user", "volumeMounts", "stopSignal",)

    name: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    ready: bool = False
    restart_count: int = 0
    image: str = ""
    image_id: str = ""
    container_id: str = ""
    started: bool | None = None


class PodIp(Value):
    """One address of a pod."""

    ip: str = ""


class PodStatus(Value):
    """How a pod is doing."""

    ALSO: ClassVar[tuple[str, ...]] = (
        "resize", "ephemeralContainerStatuses", "resourceClaimStatuses", "extendedResourceClaimStatus", "allocatedResources",
        "resources",
    )  # fmt: skip

    observed_generation: int | None = None
    phase: Literal["", "Pending", "Running", "Succeeded", "Failed", "Unknown"] = ""
    conditions: tuple[Condition, ...] = ()
    message: str = ""
    reason: str = ""
    nominated_node_name: str = ""
    host_ip: str = ""
    host_ips: tuple[PodIp, ...] = ()
    pod_ip: str = ""
    pod_ips: tuple[PodIp, ...] = ()
    start_time: Time | None = None
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    qos_class: Literal["", "Guaranteed", "Burstable", "BestEffort"] = ""


class Pod(ApiObject):
    """Containers that live and die together on one node.

    >>> pod = Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "250m"}}}]}})
    >>> pod.name, pod.spec.containers[0].resources.requests["cpu"].milli_value, pod.spec.affinity
    ('web', 250, None)
    """

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Pod"
    RESOURCE: ClassVar[str] = "pods"
    SHORT: ClassVar[tuple[str, ...]] = ("po",)

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class PodTemplateSpec(Value):
    """What a controller makes pods from."""

    metadata: ObjectMeta = ObjectMeta()
    spec: PodSpec = PodSpec()
