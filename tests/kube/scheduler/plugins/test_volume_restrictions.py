from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Node, PersistentVolumeClaim, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import schedule

TAKEN = ("node(s) had no available disk",)


def pod(name: str, volume: Any, node: str = "") -> Pod:
    spec = {"volumes": [{"name": "v", **volume}], "containers": [{"name": "c"}], **({"nodeName": node} if node else {})}
    return Pod.of({"metadata": {"name": name}, "spec": spec})


def reasons(volume: Any, other: Any) -> Any:
    cluster = Cluster([Node.of({"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "9"}}}), pod("old", other, "a")])
    statuses = schedule(pod("new", volume), cluster).diagnosis.statuses()
    return statuses["a"].reasons if statuses else ()


def rbd(image: str = "i", **more: Any) -> Any:
    return {"rbd": {"monitors": ["m1", "m2"], "image": image, **more}}


@pytest.mark.parametrize(("one", "two", "expected"), [
    ({"gcePersistentDisk": {"pdName": "d"}}, {"gcePersistentDisk": {"pdName": "d"}}, TAKEN),
    ({"gcePersistentDisk": {"pdName": "d"}}, {"gcePersistentDisk": {"pdName": "e"}}, ()),
    ({"gcePersistentDisk": {"pdName": "d", "readOnly": True}}, {"gcePersistentDisk": {"pdName": "d", "readOnly": True}}, ()),
    ({"gcePersistentDisk": {"pdName": "d", "readOnly": True}}, {"gcePersistentDisk": {"pdName": "d"}}, TAKEN),
    ({"awsElasticBlockStore": {"volumeID": "d", "readOnly": True}}, {"awsElasticBlockStore": {"volumeID": "d", "readOnly": True}}, TAKEN),
    ({"iscsi": {"iqn": "q"}}, {"iscsi": {"iqn": "q"}}, TAKEN),
    (rbd(), rbd(monitors=["m2", "m3"]), TAKEN),
    (rbd(), rbd(monitors=["m3"]), ()),
    (rbd(), rbd("j"), ()),
    ({"emptyDir": {}}, {"gcePersistentDisk": {"pdName": "d"}}, ()),
])  # fmt: skip
def test_disks_that_two_pods_of_a_node_cannot_share(one: Any, two: Any, expected: Any) -> None:
    """Most may be shared if both only read; a disk of Amazon's cloud never."""
    assert reasons(one, two) == expected


def test_a_claim_for_one_pod() -> None:
    """ReadWriteOncePod: as long as one pod has it, no other gets it, on whatever node."""
    modes = {"accessModes": ["ReadWriteOncePod"], "volumeName": "pv", "storageClassName": ""}
    claim = PersistentVolumeClaim.of({"metadata": {"name": "data"}, "spec": modes, "status": {"phase": "Bound"}})
    nodes = [Node.of({"metadata": {"name": name}, "status": {"allocatable": {"pods": "9"}}}) for name in "ab"]
    uses = {"persistentVolumeClaim": {"claimName": "data"}}
    cluster = Cluster([*nodes, claim, pod("old", uses, "a")])
    statuses = schedule(pod("new", uses), cluster).diagnosis.statuses()
    assert {status.reasons for status in statuses.values()} == {
        ("node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",)
    }
    assert schedule(pod("new", uses), Cluster([*nodes, claim])).diagnosis.counts() == {
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)": 2,
    }  # fmt: skip
