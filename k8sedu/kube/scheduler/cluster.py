"""Everything that the scheduler knows of a cluster: the node table, and the objects that plugins look up.

A pod belongs into the table as soon as it has a node and until it has finished. Pods without a node are the queue's business.

Source: kubernetes 1.35, pkg/scheduler/eventhandlers.go (which pods enter the cache), kube-scheduler/framework/listers.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from k8sedu.kube.fields import EMPTY
from k8sedu.kube.objects.cluster import Namespace, Node
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.selectors import Selector

FINISHED = {"Succeeded", "Failed"}


class Cluster:
    """Nodes and the pods on them as a table; Services, ReplicaSets, claims, volumes, … by kind and name.

    >>> shop = Namespace.of({"metadata": {"name": "shop", "labels": {"team": "a"}}})
    >>> cluster = Cluster([shop, Node.of({"metadata": {"name": "n1"}})])
    >>> len(cluster.table), cluster.namespace_labels("shop")
    (1, Frozen(team='a'))

    Args:
        objects: objects of any kind. Nodes may stand behind the pods on them.
        release: of Kubernetes.
    """

    def __init__(self, objects: Iterable[ApiObject] = (), *, release: str = "1.35") -> None:
        self.release = release
        self.table = NodeTable(release=release)
        self.objects_version = 0
        """Grows when an object changes that is neither a node nor a pod."""
        self._kinds: dict[str, dict[str, Any]] = {}
        self._remembered: dict[Any, Any] = {}
        found = list(objects)
        for each in sorted(found, key=lambda each: isinstance(each, Pod)):  # nodes before the pods on them
            self.add(each)

    def __repr__(self) -> str:
        others = ", ".join(f"{len(found)} {kind}" for kind, found in sorted(self._kinds.items()) if found)
        return f"Cluster({self.table!r}{f', {others}' if others else ''}, release {self.release})"

    def add(self, found: ApiObject) -> bool:
        """An object appears, or takes the place of its older self. False for a pod that is on no node of the table: it is not kept."""
        if isinstance(found, Pod):
            return self._add_pod(found)
        if isinstance(found, Node):
            if found.name in self.table:
                self.table.update_node(found)
            else:
                self.table.add_node(found)
            return True
        self._kinds.setdefault(_kind(found), {})[_key(found)] = found
        self._forget()
        return True

    update = add

    def remove(self, found: ApiObject) -> None:
        """An object is gone. What is not known is not missed."""
        if isinstance(found, Pod):
            key = f"{found.namespace or 'default'}/{found.name}"
            if self.table.has_pod(key):
                self.table.remove_pod(key)
        elif isinstance(found, Node):
            if found.name in self.table:
                self.table.remove_node(found.name)
        elif self._kinds.get(_kind(found), {}).pop(_key(found), None) is not None:
            self._forget()

    def _add_pod(self, pod: Pod) -> bool:
        self.remove(pod)
        if not pod.spec.node_name or pod.spec.node_name not in self.table or pod.status.phase in FINISHED:
            return False
        self.table.add_pod(pod)
        return True

    def _forget(self) -> None:
        self.objects_version += 1
        self._remembered = {}

    # -- looking up ---------------------------------------------------------------------------------------------------------------------

    def get(self, kind: str, key: str) -> Any:
        """The object of this kind and key (namespace/name, or the name of what has no namespace); None if there is none."""
        return self._kinds.get(kind, {}).get(key)

    def all(self, kind: str) -> tuple[Any, ...]:
        """All objects of a kind, in the order in which they came."""
        return tuple(self._kinds.get(kind, {}).values())

    def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """The labels of a namespace; none where it is not known."""
        found: Namespace | None = self.get("Namespace", namespace)
        return EMPTY if found is None else found.labels

    def namespaces(self, selector: Selector) -> tuple[str, ...]:
        """The names of the namespaces that a selector means."""
        return tuple(each.name for each in self.all("Namespace") if selector.matches(each.labels))

    def remember(self, question: Any, answer: Any) -> Any:
        """The answer to a question about objects (neither nodes nor pods): `answer()` is asked once, until one changes."""
        found = self._remembered.get(question)
        if found is None:
            found = self._remembered[question] = answer()
            if len(self._remembered) > 4096:
                self._remembered = {question: found}
        return found


def _kind(found: ApiObject) -> str:
    return type(found).KIND or found.kind


def _key(found: ApiObject) -> str:
    return f"{found.namespace or 'default'}/{found.name}" if found.NAMESPACED and found.KIND else found.key
