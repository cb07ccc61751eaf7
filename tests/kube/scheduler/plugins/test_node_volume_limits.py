from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import CSINode, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import schedule

DRIVER = "ebs.csi.aws.com"


def objects(limit: int | None, claims: int) -> list[Any]:
    allocatable = {} if limit is None else {"allocatable": {"count": limit}}
    found: list[Any] = [
        Node.of({"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "99"}}}),
        CSINode.of({"metadata": {"name": "a"}, "spec": {"drivers": [{"name": DRIVER, "nodeID": "a", **allocatable}]}}),
        StorageClass.of({"metadata": {"name": "fast"}, "provisioner": DRIVER, "volumeBindingMode": "WaitForFirstConsumer"}),
    ]
    for number in range(claims):
        bound = {"volumeName": f"pv{number}"} if number % 2 else {}
        claim = {"metadata": {"name": f"c{number}"}, "spec": {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"], **bound}}
        found.append(PersistentVolumeClaim.of({**claim, "status": {"phase": "Bound" if bound else "Pending"}}))
        if bound:
            csi = {"csi": {"driver": DRIVER, "volumeHandle": f"h{number}"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "fast"}
            found.append(PersistentVolume.of({"metadata": {"name": f"pv{number}"}, "spec": csi}))
    return found


def pod(name: str, *claims: int, node: str = "") -> Pod:
    volumes = [{"name": f"v{number}", "persistentVolumeClaim": {"claimName": f"c{number}"}} for number in claims]
    spec = {"volumes": volumes, "containers": [{"name": "c"}], **({"nodeName": node} if node else {})}
    return Pod.of({"metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize(("limit", "attached", "new", "fits"), [
    (2, (0,), (1,), True),
    (2, (0, 1), (2,), False),
    (2, (0, 1), (1,), True),
    (2, (), (0, 1, 2), False),
    (None, (0, 1), (2,), True),
])  # fmt: skip
def test_volumes_are_counted_by_driver(limit: int | None, attached: tuple[int, ...], new: tuple[int, ...], fits: bool) -> None:
    """Bound volumes count by their handle, unbound ones by their class's driver; a shared one counts once; no limit, no count."""
    cluster = Cluster([*objects(limit, 3), *([pod("old", *attached, node="a")] if attached else [])])
    counts = schedule(pod("new", *new), cluster).diagnosis.counts()
    assert counts == ({} if fits else {"node(s) exceed max volume count": 1})


def test_the_clouds_own_limits_up_to_1_30() -> None:
    """Sixteen disks of Google's cloud per node, unless the node says another number."""

    def disks(*numbers: int, name: str = "new", node: str = "") -> Pod:
        volumes = [{"name": f"v{number}", "gcePersistentDisk": {"pdName": f"d{number}"}} for number in numbers]
        return Pod.of({"metadata": {"name": name}, "spec": {"volumes": volumes, **({"nodeName": node} if node else {})}})

    def counts(release: str, **allocatable: str) -> dict[str, int]:
        node = Node.of({"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "99", **allocatable}}})
        cluster = Cluster([node, disks(*range(16), name="old", node="a")], release=release)
        return schedule(disks(99), cluster).diagnosis.counts()

    assert counts("1.30") == {"node(s) exceed max volume count": 1}
    assert counts("1.30", **{"attachable-volumes-gce-pd": "17"}) == counts("1.31") == {}
