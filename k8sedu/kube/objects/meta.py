"""What every object has: a name, labels, an owner, a version; and the selectors that find objects by their labels.

Source: kubernetes, staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from k8sedu.kube.fields import EMPTY, Time, Value

IntOrString: TypeAlias = int | str
"""`1` or `"25%"`; a port's number or its name."""


class OwnerReference(Value):
    """Whose object this is: when the last owner is gone, the garbage collector takes the object too."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None
    """The one owner that manages the object."""
    block_owner_deletion: bool | None = None
    """A foreground deletion of the owner waits for this object."""


class ObjectMeta(Value):
    """Name, version and kinship of an object."""

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    """The etcd revision of the last change, as a text that clients compare for equality only."""
    generation: int = 0
    """How often what is *wanted* (the spec) has changed."""
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: int | None = None
    labels: Mapping[str, str] = EMPTY
    annotations: Mapping[str, str] = EMPTY
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()
    managed_fields: tuple[Any, ...] = ()
    self_link: str = ""


class LabelSelectorRequirement(Value):
    """One condition on a label."""

    key: str = ""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"] = "In"
    values: tuple[str, ...] = ()


class LabelSelector(Value):
    """All conditions together; `{}` selects everything, and no selector at all selects nothing."""

    match_labels: Mapping[str, str] = EMPTY
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class Condition(Value):
    """One aspect of an object's state: is it so, since when, and why."""

    type: str = ""
    status: Literal["True", "False", "Unknown"] = "Unknown"
    reason: str = ""
    message: str = ""
    observed_generation: int | None = None
    last_transition_time: Time | None = None
    last_heartbeat_time: Time | None = None
    last_probe_time: Time | None = None
    last_update_time: Time | None = None


class ApiObject(Value):
    """Anything that the API server keeps.

    A class that the API calls by name says so in `API_VERSION`, `KIND` and `RESOURCE`; an object of a kind that is not known here is an
    `ApiObject`, with all its fields in `extra`.
    """

    API_VERSION: ClassVar[str] = ""
    KIND: ClassVar[str] = ""
    RESOURCE: ClassVar[str] = ""
    """The plural in paths: `pods`."""
    NAMESPACED: ClassVar[bool] = True
    SHORT: ClassVar[tuple[str, ...]] = ()
    """What people type: `po`."""
    REGISTRY: ClassVar[str] = ""
    """Where etcd has it below /registry/; mostly the plural."""

    api_version: str = ""
    kind: str = ""
    metadata: ObjectMeta = ObjectMeta()

    def __init__(self, **given: Any) -> None:
        if self.KIND and "kind" not in self.__dict__:
            given = {"api_version": self.API_VERSION, "kind": self.KIND} | given
        super().__init__(**given)

    @property
    def name(self) -> str:
        """The name within its namespace."""
        return self.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace, empty for what belongs to the whole cluster."""
        return self.metadata.namespace

    @property
    def key(self) -> str:
        """What work queues and messages call it: `namespace/name`, or the name alone."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.metadata.labels

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that manages it."""
        return next((owner for owner in self.metadata.owner_references if owner.controller), None)
