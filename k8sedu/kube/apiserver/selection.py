"""Which objects a list or watch is about: a namespace, labels, fields.

Only few fields can be selected, because the server would have to look into every object for each: the name, the namespace, and what
somebody needs badly. A kubelet watches `spec.nodeName=n1`, the scheduler `spec.nodeName=` (pods without a node): with those two fields
a large cluster works.

Source: kubernetes, pkg/apis/core/v1/conversion.go, pkg/registry/*/strategy.go (ToSelectableFields).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from k8sedu.kube import selectors
from k8sedu.kube.fields import fields_of
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.selectors import EVERYTHING, FieldCondition, Selector, SelectorError
from k8sedu.kube.status import BadRequestError

SELECTABLE: dict[str, tuple[str, ...]] = {
    "Pod": (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
        "status.podIP", "status.nominatedNodeName",
    ),
    "Node": ("spec.unschedulable",),
    "Namespace": ("status.phase",),
    "Event": (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "type",
    ),
    "Secret": ("type",),
    "ReplicationController": ("status.replicas",),
    "ReplicaSet": ("status.replicas",),
    "Service": ("spec.clusterIP", "spec.type"),
    "Job": ("status.successful",),
}  # fmt: skip
"""Kind → what can be selected beside metadata.name and metadata.namespace."""


class Selection(NamedTuple):
    """What a request is about."""

    namespace: str = ""
    labels: Selector = EVERYTHING
    fields: tuple[FieldCondition, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Is nothing left out but by namespace?"""
        return not self.labels.requirements and not self.fields

    def matches(self, found: ApiObject) -> bool:
        """Is the object meant?"""
        return self.labels.matches(found.metadata.labels) and all(
            (field_text(found, condition.path) == condition.value) == condition.equal for condition in self.fields
        )


def select(cls: type[ApiObject], *, namespace: str = "", label_selector: str = "", field_selector: str = "") -> Selection:
    """Read the selectors of a request.

    Raises:
        BadRequestError: no selector, or a field that cannot be selected.
    """
    try:
        labels, fields = selectors.parse(label_selector), selectors.parse_fields(field_selector)
    except SelectorError as error:
        raise BadRequestError(str(error)) from None
    more = SELECTABLE.get(cls.KIND, ())
    for condition in fields:
        if condition.path not in {"metadata.name", "metadata.namespace", *more}:
            raise BadRequestError(_refusal(condition.path, known=bool(more)))
    return Selection(namespace if cls.NAMESPACED else "", labels, fields)


def _refusal(path: str, *, known: bool) -> str:
    if known:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def field_text(found: ApiObject, path: str) -> str:
    """The value of a field as a selector compares it.

    >>> from k8sedu.kube.objects import Pod
    >>> field_text(Pod.of({"spec": {"nodeName": "n1"}}), "spec.nodeName"), field_text(Pod(), "spec.hostNetwork")
    ('n1', 'false')
    """
    value = _getter(path)(found)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _getter(path: str) -> Callable[[ApiObject], Any]:
    words = path.split(".")

    def get(found: Any) -> Any:
        for word in words:
            name = next((name for name, wire in fields_of(type(found)).items() if wire == word), None)
            found = getattr(found, name) if name else None
            if found is None:
                return None
        return found

    return get
