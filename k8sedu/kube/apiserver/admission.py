"""Who is let in: the checks that need to know about other objects.

Validation looks at one object, admission at the cluster: is the namespace there, and not on its way out? Which priority does the name of a
PriorityClass mean? The priority is written into the pod when it is made, so that nobody can raise a running pod by changing the class.

Source: kubernetes, plugin/pkg/admission/namespace/lifecycle, plugin/pkg/admission/priority, plugin/pkg/admission/defaulttolerationseconds.
Left out: all other plugins (quotas, service accounts, webhooks, the taint of a new node that is not ready).
"""

from __future__ import annotations

from typing import Any

from k8sedu.kube.apiserver.storage import Storage
from k8sedu.kube.apiserver.strategy import tolerate_bad_nodes
from k8sedu.kube.kinds import registry_key
from k8sedu.kube.objects.cluster import Namespace, PriorityClass
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.status import ForbiddenError, NotFoundError

Document = dict[str, Any]


def admit(storage: Storage, document: Document, cls: type[ApiObject]) -> None:
    """Let a new object in, completed where that needs other objects.

    Raises:
        NotFoundError: its namespace is not there.
        ForbiddenError: its namespace is being deleted, or there is no such priority.
    """
    if cls.NAMESPACED:
        _namespace(storage, document["metadata"], cls)
    if cls is Pod:
        _priority(storage, document)
        tolerate_bad_nodes(document["spec"])


def _namespace(storage: Storage, metadata: Document, cls: type[ApiObject]) -> None:
    name = metadata["namespace"]
    found = storage.get(Namespace, "", name)
    if found is None:
        raise NotFoundError.of(Namespace, name)
    if found.metadata.deletion_timestamp:
        why = f"unable to create new content in namespace {name} because it is being terminated"
        raise ForbiddenError.of(cls, metadata.get("name", ""), why)


def _priority(storage: Storage, document: Document) -> None:
    spec = document["spec"]
    name = spec.get("priorityClassName") or ""
    found = storage.get(PriorityClass, "", name) if name else _default_class(storage)
    if name and found is None:
        pod = document["metadata"].get("name", "")
        raise ForbiddenError.of(Pod, pod, f"no PriorityClass with name {name} was found")
    value = found.value if found is not None else 0
    if spec.get("priority") not in {None, value}:
        why = (
            f"the integer value of priority ({spec['priority']}) must not be provided in pod spec; "
            f"priority admission controller computed {value} from the given PriorityClass name"
        )
        raise ForbiddenError.of(Pod, document["metadata"].get("name", ""), why)
    spec["priority"] = value
    spec.setdefault("preemptionPolicy", (found.preemption_policy if found is not None else None) or "PreemptLowerPriority")
    if found is not None and not name:
        spec["priorityClassName"] = found.name


def _default_class(storage: Storage) -> PriorityClass | None:
    """The class of pods that name none: the one that says so; of several, the lowest."""
    kvs, _ = storage.page(registry_key(PriorityClass, "", ""))
    defaults = [found for kv in kvs for found in [storage.decode(PriorityClass, kv)] if found.global_default]
    return min(defaults, key=lambda found: found.value, default=None)
