from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Node, PersistentVolume, PersistentVolumeClaim, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import schedule

ZONE, BETA = "topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"
POD = Pod.of({"metadata": {"name": "p"}, "spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}})


def rejected(labels: dict[str, str]) -> list[str]:
    nodes = [Node.of({"metadata": {"name": name, "labels": found}, "status": {"allocatable": {"pods": "9"}}})
             for name, found in (("none", {}), ("y", {ZONE: "y"}), ("z", {ZONE: "z"}))]  # fmt: skip
    claim: Any = PersistentVolumeClaim.of({"metadata": {"name": "data"}, "spec": {"volumeName": "pv"}, "status": {"phase": "Bound"}})
    cluster = Cluster([*nodes, claim, PersistentVolume.of({"metadata": {"name": "pv", "labels": labels}})])
    statuses = schedule(POD, cluster).diagnosis.statuses()
    assert {status.plugin for status in statuses.values()} <= {"VolumeZone"}
    assert all(status.reasons == ("node(s) had no available volume zone",) for status in statuses.values())
    return sorted(statuses)


@pytest.mark.parametrize(("labels", "out"), [
    ({}, []),
    ({ZONE: "z"}, ["y"]),
    ({BETA: "z"}, ["y"]),
    ({ZONE: "y__z"}, []),
    ({ZONE: "w"}, ["y", "z"]),
    ({"topology.kubernetes.io/region": "r"}, ["y", "z"]),
])  # fmt: skip
def test_a_volume_with_a_zone_wants_its_pod_there(labels: dict[str, str], out: list[str]) -> None:
    """A node that says nothing passes; the old label means the new one; a volume may be in several zones."""
    assert rejected(labels) == out


def test_a_claim_without_a_volume_that_nobody_will_bind() -> None:
    """Neither a volume nor a class that waits: no node is looked at."""
    claim = PersistentVolumeClaim.of({"metadata": {"name": "data"}, "status": {"phase": "Bound"}})
    node = Node.of({"metadata": {"name": "a"}, "status": {"allocatable": {"pods": "9"}}})
    reasons = schedule(POD, Cluster([node, claim])).diagnosis.pre_filter.reasons
    assert reasons == ("pod has unbound immediate PersistentVolumeClaims",)
