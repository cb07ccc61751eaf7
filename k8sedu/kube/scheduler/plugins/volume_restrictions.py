"""VolumeRestrictions: some disks can be attached once, and some claims can be used by one pod.

Source: kubernetes 1.35, plugins/volumerestrictions/volume_restrictions.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.objects.pod import Volume
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.statuses import SKIP, Code, Rejection, Status
from k8sedu.kube.scheduler.volumes import uses_of

SINGLE = ("gcePersistentDisk", "awsElasticBlockStore", "iscsi", "rbd")
"""Disks that two pods of a node cannot both write."""

DISK_TAKEN = "node(s) had no available disk"
CLAIM_TAKEN = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"


class VolumeRestrictions(Plugin):
    """Rejects nodes where a disk is attached already, and every node where a claim may have one pod and has it."""

    NAME: ClassVar[str] = "VolumeRestrictions"

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Neither such a disk nor such a claim: nothing to look at."""
        for use in uses_of(cycle.cluster, cycle.pod):
            if use.claim is None and not use.is_ephemeral:
                return PreFiltered(Status(Code.UNRESOLVABLE, (f'persistentvolumeclaim "{use.claim_name}" not found',), self.name))
        has_disk = any(kind in volume.extra for volume in cycle.pod.spec.volumes for kind in SINGLE)
        return PreFiltered() if has_disk or self._is_taken(cycle) else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """First the disks, then the claims."""
        disks = nodes.pick(self._disks(cycle))
        claims = np.full(len(nodes), self._is_taken(cycle)) & ~disks
        return [Rejection(disks, Code.UNSCHEDULABLE, DISK_TAKEN), Rejection(claims, Code.UNSCHEDULABLE, CLAIM_TAKEN)]

    def _disks(self, cycle: Cycle) -> Any:
        found = np.zeros(cycle.table.size, dtype=bool)
        for row, pods in cycle.table.occupancy.with_volumes.items():
            others = [volume for info in pods.values() for volume in info.spec.volumes]
            found[row] = any(conflicts(volume, other) for volume in cycle.pod.spec.volumes for other in others)
        return found

    def _is_taken(self, cycle: Cycle) -> bool:
        taken, namespace = cycle.table.occupancy.claims, cycle.pod.namespace
        claims = [use.claim for use in uses_of(cycle.cluster, cycle.pod) if use.claim is not None and not use.is_ephemeral]
        return any("ReadWriteOncePod" in claim.spec.access_modes and taken[f"{namespace}/{claim.name}"] > 0 for claim in claims)


def conflicts(volume: Volume, other: Volume) -> bool:
    """Can the two not be on one node? Most may, if both only read."""
    for kind in SINGLE:
        one, two = volume.extra.get(kind), other.extra.get(kind)
        if one is not None and two is not None and _same_disk(kind, one, two):
            only_read = bool(one.get("readOnly")) and bool(two.get("readOnly"))
            return kind == "awsElasticBlockStore" or not only_read
    return False


def _same_disk(kind: str, one: Mapping[str, Any], two: Mapping[str, Any]) -> bool:
    if kind == "rbd":
        shares = any(monitor in two.get("monitors", ()) for monitor in one.get("monitors", ()))
        return shares and all(one.get(name, default) == two.get(name, default) for name, default in (("pool", "rbd"), ("image", "")))
    name = {"gcePersistentDisk": "pdName", "awsElasticBlockStore": "volumeID", "iscsi": "iqn"}[kind]
    return bool(one.get(name) == two.get(name))
