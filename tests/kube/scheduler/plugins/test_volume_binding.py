from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import Framework, schedule
from k8sedu.kube.scheduler.statuses import Status

ZONE = "topology.kubernetes.io/zone"


def nodes() -> list[Node]:
    there = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}
    return [Node.of({"metadata": {"name": name, "labels": {ZONE: zone}}, "status": there}) for name, zone in (("a", "y"), ("b", "z"))]


def claim(name: str = "data", *, volume: str = "", storage: str = "slow", phase: str = "", size: str = "1Gi", **metadata: Any) -> Any:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    spec = {"storageClassName": storage, "volumeName": volume, **wanted}
    status = {"phase": phase or ("Bound" if volume else "Pending")}
    return PersistentVolumeClaim.of({"metadata": {"name": name, "namespace": "default", **metadata}, "spec": spec, "status": status})


def volume(name: str, zone: str = "", *, size: str = "1Gi", storage: str = "slow", **spec: Any) -> PersistentVolume:
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
    where = {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}} if zone else {}
    access = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "storageClassName": storage}
    return PersistentVolume.of({"metadata": {"name": name}, "spec": {**access, **where, **spec}, "status": {"phase": "Available"}})


def storage(name: str = "slow", provisioner: str = "kubernetes.io/no-provisioner", mode: str = "WaitForFirstConsumer", **more: Any) -> Any:
    return StorageClass.of({"metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode, **more})


def pod(*claims: str, name: str = "db") -> Pod:
    volumes = [{"name": f"v{place}", "persistentVolumeClaim": {"claimName": each}} for place, each in enumerate(claims or ("data",))]
    return Pod.of({"metadata": {"name": name}, "spec": {"containers": [{"name": "c"}], "volumes": volumes}})


def reasons(*objects: Any, release: str = "1.35", claims: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Node → why not, of VolumeBinding alone."""
    framework = Framework(None, Cluster([*nodes(), *objects], release=release))
    statuses = framework.schedule(pod(*claims)).diagnosis.statuses()
    return {name: status.reasons for name, status in statuses.items()}


def test_a_bound_volume_is_where_it_is() -> None:
    """Nodes that cannot reach it are out; the words changed with 1.35."""
    objects = (claim(volume="pv"), volume("pv", "z"))
    assert reasons(*objects) == {"a": ("node(s) didn't match PersistentVolume's node affinity",)}
    assert reasons(*objects, release="1.30") == {"a": ("node(s) had volume node affinity conflict",)}


def test_a_volume_that_is_gone() -> None:
    """No node can do, and every node says so."""
    told = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
    assert reasons(claim(volume="pv")) == {"a": (told,), "b": (told,)}


def test_an_unbound_claim_finds_a_volume_where_there_is_one() -> None:
    """It must be large enough, of the class, free, and within reach."""
    missing = ("node(s) didn't find available persistent volumes to bind",)
    assert reasons(storage(), claim(), volume("pv", "z")) == {"a": missing}
    assert reasons(storage(), claim(size="2Gi"), volume("pv", "z")) == {"a": missing, "b": missing}
    assert reasons(storage(), claim(), volume("pv", "z", storage="fast")) == {"a": missing, "b": missing}
    taken = {"claimRef": {"namespace": "default", "name": "other"}}
    assert reasons(storage(), claim(), volume("pv", "z", **taken)) == {"a": missing, "b": missing}
    kept = {"claimRef": {"namespace": "default", "name": "data"}}
    assert reasons(storage(), claim(), volume("pv", "z", **kept)) == {"a": missing}


def test_two_claims_need_two_volumes() -> None:
    """One volume is never given twice."""
    both = (storage(), claim("one"), claim("two"))
    assert set(reasons(*both, volume("pv"), claims=("one", "two"))) == {"a", "b"}
    assert reasons(*both, volume("pv"), volume("pw", "y"), claims=("one", "two")).keys() == {"b"}


def test_a_provisioner_makes_volumes_where_its_class_allows_it() -> None:
    """Everywhere, or in the topologies of the class."""
    assert reasons(storage(provisioner="csi.example.com"), claim()) == {}
    allowed = [{"matchLabelExpressions": [{"key": ZONE, "values": ["y"]}]}]
    assert reasons(storage(provisioner="csi.example.com", allowedTopologies=allowed), claim()).keys() == {"b"}
    assert reasons(storage(provisioner="csi.example.com"), claim(annotations={"volume.kubernetes.io/selected-node": "b"})).keys() == {"a"}


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ((), 'persistentvolumeclaim "data" not found'),
        ((claim(volume="pv", phase="Lost"),), 'persistentvolumeclaim "data" bound to non-existent persistentvolume "pv"'),
        ((claim(deletionTimestamp="2026-01-01T00:00:00Z"),), 'persistentvolumeclaim "data" is being deleted'),
        ((storage(mode="Immediate"), claim()), "pod has unbound immediate PersistentVolumeClaims"),
    ],
)
def test_a_claim_that_cannot_be_used_is_told_before_any_node_is_looked_at(objects: tuple[Any, ...], reason: str) -> None:
    """No node is asked."""
    found = schedule(pod(), Cluster([*nodes(), *objects]))
    assert found.diagnosis.pre_filter.reasons == (reason,)
    assert found.evaluated == 0


def test_a_reserved_volume_is_not_given_to_the_next_pod_and_comes_back() -> None:
    """Reserve keeps the smallest that will do; unreserve frees it; pre_bind binds both sides."""
    cluster = Cluster([*nodes(), storage(), claim("one"), claim("two"), volume("large", "z", size="9Gi"), volume("small", "z")])
    framework = Framework(None, cluster)
    first = framework.schedule(pod("one", name="first"))
    assert (first.node, framework.run("reserve", first.cycle, "b")) == ("b", Status())
    reference = cluster.get("PersistentVolume", "small").spec.claim_ref
    assert (reference.namespace, reference.name) == ("default", "one")
    second = framework.schedule(pod("two", name="second"))
    framework.run("reserve", second.cycle, "b")
    assert cluster.get("PersistentVolume", "large").spec.claim_ref.name == "two"
    framework.unreserve(second.cycle, "b")
    assert cluster.get("PersistentVolume", "large").spec.claim_ref is None
    assert framework.run("pre_bind", first.cycle, "b").is_success
    bound = cluster.get("PersistentVolumeClaim", "default/one")
    assert (bound.spec.volume_name, bound.status.phase) == ("small", "Bound")
    assert framework.schedule(pod("one", name="third")).feasible == ("b",)


def test_a_claim_whose_volume_is_to_be_made_asks_for_it_on_the_node() -> None:
    """The provisioner reads the annotation, and until then no other node will do."""
    cluster = Cluster([*nodes(), storage(provisioner="csi.example.com"), claim()])
    framework = Framework(None, cluster)
    decision = framework.schedule(pod())
    framework.run("reserve", decision.cycle, "b")
    assert framework.schedule(pod(name="other")).feasible == ("b",)
    framework.unreserve(decision.cycle, "b")
    assert framework.schedule(pod(name="other")).feasible == ("a", "b")
