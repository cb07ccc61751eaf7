"""What belongs to the whole cluster: nodes, namespaces, priorities, leases, events, and plain data.

Source: kubernetes, staging/src/k8s.io/api/core/v1/types.go (Node, Namespace, Event, ConfigMap, Secret), scheduling/v1, coordination/v1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from k8sedu.kube.fields import EMPTY, Time, Value
from k8sedu.kube.objects.affinity import Taint
from k8sedu.kube.objects.meta import ApiObject, Condition
from k8sedu.kube.quantity import Quantity


class NodeSpec(Value):
    """What is wanted of a node."""

    ALSO: ClassVar[tuple[str, ...]] = ("configSource", "externalID",)

    pod_cidr: str = ""
    pod_cidrs: tuple[str, ...] = ()
    provider_id: str = ""
    unschedulable: bool = False
    """`kubectl cordon` sets it."""
    taints: tuple[Taint, ...] = ()


class NodeAddress(Value):
    """One way to reach a node."""

    type: str = ""
    address: str = ""


class ContainerImage(Value):
    """An image that lies on a node, under all its names."""

    names: tuple[str, ...] = ()
    size_bytes: int = 0


class NodeStatus(Value):
    """How a node is doing; `allocatable` is what pods may have, `capacity` what there is."""

    ALSO: ClassVar[tuple[str, ...]] = ("config", "features", "runtimeHandlers", "declaredFeatures",)

    capacity: Mapping[str, Quantity] = EMPTY
    allocatable: Mapping[str, Quantity] = EMPTY
    phase: str = ""
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[NodeAddress, ...] = ()
    daemon_endpoints: Any = None
    node_info: Any = None
    images: tuple[ContainerImage, ...] = ()
    volumes_in_use: tuple[str, ...] = ()
    volumes_attached: tuple[Any, ...] = ()


class Node(ApiObject):
    """A machine on which pods run."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Node"
    RESOURCE: ClassVar[str] = "nodes"
    NAMESPACED: ClassVar[bool] = False
    SHORT: ClassVar[tuple[str, ...]] = ("no",)
    REGISTRY: ClassVar[str] = "minions"

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class NamespaceSpec(Value):
    """Who must let go of a namespace before it is gone."""

    finalizers: tuple[str, ...] = ()


class NamespaceStatus(Value):
    """Active, or on its way out."""

    phase: Literal["", "Active", "Terminating"] = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(ApiObject):
    """A room for names."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Namespace"
    RESOURCE: ClassVar[str] = "namespaces"
    NAMESPACED: ClassVar[bool] = False
    SHORT: ClassVar[tuple[str, ...]] = ("ns",)

    spec: NamespaceSpec = NamespaceSpec()
    status: NamespaceStatus = NamespaceStatus()


class PriorityClass(ApiObject):
    """A name for a priority; a pod of a higher one may take the place of others."""

    API_VERSION: ClassVar[str] = "scheduling.k8s.io/v1"
    KIND: ClassVar[str] = "PriorityClass"
    RESOURCE: ClassVar[str] = "priorityclasses"
    NAMESPACED: ClassVar[bool] = False
    SHORT: ClassVar[tuple[str, ...]] = ("pc",)

    value: int = 0
    global_default: bool = False
    description: str = ""
    preemption_policy: Literal["PreemptLowerPriority", "Never"] | None = None


class LeaseSpec(Value):
    """Who holds a lease, for how long, and since when."""

    ALSO: ClassVar[tuple[str, ...]] = ("strategy", "preferredHolder",)

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: Time | None = None
    renew_time: Time | None = None
    lease_transitions: int | None = None


class Lease(ApiObject):
    """The heartbeat of a node, or the crown of an elected controller."""

    API_VERSION: ClassVar[str] = "coordination.k8s.io/v1"
    KIND: ClassVar[str] = "Lease"
    RESOURCE: ClassVar[str] = "leases"

    spec: LeaseSpec = LeaseSpec()


class ObjectReference(Value):
    """An object, named from elsewhere."""

    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    uid: str = ""
    resource_version: str = ""
    field_path: str = ""


class Event(ApiObject):
    """Something that happened to an object, told to people."""

    ALSO: ClassVar[tuple[str, ...]] = ("series",)

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Event"
    RESOURCE: ClassVar[str] = "events"
    SHORT: ClassVar[tuple[str, ...]] = ("ev",)

    involved_object: ObjectReference = ObjectReference()
    reason: str = ""
    message: str = ""
    source: Any = None
    first_timestamp: Time | None = None
    last_timestamp: Time | None = None
    event_time: Time | None = None
    count: int = 0
    type: Literal["", "Normal", "Warning"] = ""
    action: str = ""
    related: ObjectReference | None = None
    reporting_component: str = ""
    reporting_instance: str = ""


class ConfigMap(ApiObject):
    """Texts for programs."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "ConfigMap"
    RESOURCE: ClassVar[str] = "configmaps"
    SHORT: ClassVar[tuple[str, ...]] = ("cm",)

    data: Mapping[str, str] = EMPTY
    binary_data: Mapping[str, str] = EMPTY
    immutable: bool | None = None


class Secret(ApiObject):
    """The same for what not everybody may read; the values are Base64."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "Secret"
    RESOURCE: ClassVar[str] = "secrets"

    type: str = ""
    data: Mapping[str, str] = EMPTY
    string_data: Mapping[str, str] = EMPTY
    immutable: bool | None = None


class ServiceAccount(ApiObject):
    """Who a pod is when it talks to the API server."""

    API_VERSION: ClassVar[str] = "v1"
    KIND: ClassVar[str] = "ServiceAccount"
    RESOURCE: ClassVar[str] = "serviceaccounts"
    SHORT: ClassVar[tuple[str, ...]] = ("sa",)

    secrets: tuple[Any, ...] = ()
    image_pull_secrets: tuple[Any, ...] = ()
    automount_service_account_token: bool | None = None
