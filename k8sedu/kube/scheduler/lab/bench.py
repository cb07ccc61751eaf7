"""What lies on the laboratory's bench: a cluster, and one pod that wants into it. A change gives another bench.

The pod is kept as it was written, without the defaults of the API server, so that the manifest in the box stays as short as the reader made
it. It is completed when it is scheduled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube import manifest
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.profiles import Profile, default_profile, most_allocated, requested_to_capacity_ratio

PROFILES: Mapping[str, Callable[[str], Profile]] = {
    "least": default_profile,
    "most": most_allocated,
    "ratio": lambda release: requested_to_capacity_ratio(((0, 0), (70, 10), (100, 0)), release=release),
}
"""Name → the profile of a release. The third likes nodes that are filled to 70 %."""

TAINT = "mine"
"""The key of the taint that the reader puts on a node."""


class BenchError(K8sEduError, ValueError):
    """Something that cannot be laid on the bench."""


class Bench(NamedTuple):
    """A cluster and a pod, with the profile and the release that decide.

    >>> bench = Bench.of([sketch.node("n1"), sketch.pod("db", node="n1")], sketch.pod("web"))
    >>> [node.name for node in bench.nodes], bench.cordoned("n1", is_on=True).nodes[0].spec.unschedulable
    (['n1'], True)
    """

    objects: tuple[ApiObject, ...]
    pod: Pod
    profile: str = "least"
    release: str = "1.35"
    own: tuple[Profile, ...] = ()
    """Profiles of the reader's own, chosen by their names."""

    @classmethod
    def of(cls, objects: Iterable[ApiObject], pod: Pod, *, release: str = "1.35", own: Iterable[Profile] = ()) -> Bench:
        """A bench with these objects; pods without a node are left out. The first profile of one's own, if there is one, decides.

        Raises:
            BenchError: there is no node, or a profile has a name that another one has.
        """
        profiles = tuple(own)
        names = [*PROFILES, *(profile.name for profile in profiles)]
        double = next((name for name in names if names.count(name) > 1), None)
        if double is not None:
            raise BenchError(f"met two profiles with the name {double!r}, expected different names: .named('mine') gives one")
        kept = tuple(each for each in objects if not isinstance(each, Pod) or each.spec.node_name)
        if not any(isinstance(each, Node) for each in kept):
            raise BenchError(f"met {len(kept)} objects and no node among them, expected at least one node")
        return cls(kept, pod, profiles[0].name if profiles else "least", release, profiles)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in their order."""
        return tuple(each for each in self.objects if isinstance(each, Node))

    @property
    def running(self) -> tuple[Pod, ...]:
        """The pods that have a node."""
        return tuple(each for each in self.objects if isinstance(each, Pod))

    def cluster(self) -> Cluster:
        """What the scheduler knows."""
        return Cluster(self.objects, release=self.release)

    def candidate(self) -> Pod:
        """The pod as the API server would have completed it."""
        return with_defaults(self.pod)

    def decides(self) -> Profile:
        """The profile that decides; one of the reader's own as it would be in this release."""
        mine = next((profile for profile in self.own if profile.name == self.profile), None)
        return mine._replace(release=self.release) if mine is not None else PROFILES[self.profile](self.release)

    # -- the pod ------------------------------------------------------------------------------------------------------------------------

    def with_pod(self, document: Mapping[str, Any]) -> Bench:
        """With another pod."""
        return self._replace(pod=Pod.of(document))

    def with_request(self, resource: str, amount: str) -> Bench:
        """With another request of the first container; nothing if the amount is 0."""
        document = self.pod.document()
        containers = document.setdefault("spec", {}).setdefault("containers", [{"name": "main", "image": "web:1"}])
        requests = containers[0].setdefault("resources", {}).setdefault("requests", {})
        requests.pop(resource, None)
        if not re.fullmatch(r"0\D*", amount):
            requests[resource] = amount
        return self.with_pod(document)

    def with_priority(self, priority: int) -> Bench:
        """With another priority."""
        document = self.pod.document()
        document.setdefault("spec", {})["priority"] = priority
        return self.with_pod(document)

    def with_manifest(self, text: str) -> Bench:
        """With the pod of a manifest.

        Raises:
            ManifestError: no manifest.
            BenchError: not a single pod.
        """
        found = manifest.load(text, "pod.yaml")
        if len(found) != 1 or not isinstance(found[0], Pod):
            raise BenchError(f"met {', '.join(each.kind or 'nothing' for each in found) or 'nothing'} in the box, expected a single Pod")
        return self._replace(pod=found[0])

    # -- nodes --------------------------------------------------------------------------------------------------------------------------

    def _with_node(self, name: str, change: Callable[[dict[str, Any]], None]) -> Bench:
        def changed(found: ApiObject) -> ApiObject:
            if not isinstance(found, Node) or found.name != name:
                return found
            document = found.document()
            change(document.setdefault("spec", {}))
            return Node.of(document)

        return self._replace(objects=tuple(changed(each) for each in self.objects))

    def cordoned(self, name: str, *, is_on: bool) -> Bench:
        """With a node that takes no new pods, or takes them again."""
        return self._with_node(name, lambda spec: spec.update(unschedulable=True) if is_on else spec.pop("unschedulable", None))

    def tainted(self, name: str, effect: str) -> Bench:
        """With one more taint of the reader's own on a node; an empty effect takes it away."""
        def change(spec: dict[str, Any]) -> None:
            others = [taint for taint in spec.get("taints", ()) if taint["key"] != TAINT]
            spec["taints"] = [*others, *([{"key": TAINT, "value": "yes", "effect": effect}] if effect else [])]

        return self._with_node(name, change)

    def emptied(self, name: str) -> Bench:
        """Without the pods of a node."""
        return self._replace(objects=tuple(each for each in self.objects if not isinstance(each, Pod) or each.spec.node_name != name))

    def without(self, name: str) -> Bench:
        """Without a node and its pods.

        Raises:
            BenchError: it is the last one.
        """
        if len(self.nodes) == 1:
            raise BenchError(f"{name} is the last node, expected another one to stay")
        kept = tuple(each for each in self.emptied(name).objects if not isinstance(each, Node) or each.name != name)
        return self._replace(objects=kept)

    # -- what comes after ---------------------------------------------------------------------------------------------------------------

    def placed(self, node: str) -> Bench:
        """The pod runs on a node, and another one like it comes."""
        document = self.candidate().document()
        document["spec"]["nodeName"] = node
        document.setdefault("status", {}).update(phase="Running")
        document["status"].pop("nominatedNodeName", None)
        again = self.pod.document()
        again["metadata"] = {**again.get("metadata", {}), "name": following(self.pod.name)}
        again["metadata"].pop("uid", None)
        again.get("status", {}).pop("nominatedNodeName", None)
        return self._replace(objects=(*self.objects, Pod.of(document)), pod=Pod.of(again))

    def evicted(self, victims: Iterable[Pod], node: str) -> Bench:
        """The victims are gone, and the pod is nominated."""
        gone = {(pod.namespace, pod.name) for pod in victims}
        kept = tuple(each for each in self.objects if not isinstance(each, Pod) or (each.namespace, each.name) not in gone)
        document = self.pod.document()
        document.setdefault("status", {})["nominatedNodeName"] = node
        return self._replace(objects=kept, pod=Pod.of(document))


def following(name: str) -> str:
    """The name of the next pod of a kind.

    >>> following("web-1"), following("web")
    ('web-2', 'web-2')
    """
    stem, _, number = name.rpartition("-")
    return f"{stem}-{int(number) + 1}" if stem and number.isdigit() else f"{name}-2"


def example() -> tuple[tuple[ApiObject, ...], Pod]:
    """Six nodes in three zones with something on each of them, and a pod that comes."""
    zone_of = {"n1": "a", "n2": "a", "n3": "b", "n4": "b", "n5": "c", "n6": "c"}
    disks = {"n1": {"disk": "ssd"}, "n4": {"disk": "ssd"}, "n6": {"disk": "ssd"}}
    taints = {"n2": ["gpu=yes:NoSchedule"], "n5": ["flaky=yes:PreferNoSchedule"]}
    nodes = [sketch.node(name, zone=zone, labels=disks.get(name), taints=taints.get(name, ())) for name, zone in zone_of.items()]
    running = [
        ("web-0", "n1", "1", "2Gi", "web", 0), ("db-0", "n1", "1500m", "4Gi", "db", 500), ("train-0", "n2", "1", "1Gi", "train", 0),
        ("batch-0", "n3", "2", "1Gi", "batch", 0), ("batch-1", "n3", "1800m", "2Gi", "batch", 0),
        ("cache-0", "n4", "500m", "3Gi", "cache", 100), ("web-00", "n4", "500m", "1Gi", "web", 0),
        ("batch-2", "n5", "1", "1Gi", "batch", 0), ("db-1", "n6", "2", "5Gi", "db", 500),
    ]  # fmt: skip
    pods = [
        sketch.pod(name, node=node, cpu=cpu, memory=memory, labels={"app": app}, priority=priority, started_ms=1_000 * place)
        for place, (name, node, cpu, memory, app, priority) in enumerate(running)
    ]
    return (*nodes, *pods, sketch.budget("keep-db", {"app": "db"}, allowed=0)), Pod.of(NEWCOMER)


NEWCOMER: dict[str, Any] = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "main", "image": "web:1", "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}}}]},
}  # fmt: skip
"""The pod that comes, as one would write it."""
