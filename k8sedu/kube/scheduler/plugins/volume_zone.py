"""VolumeZone: a volume that carries a zone's label wants its pod in that zone.

Volumes of today say where they are by node affinity (VolumeBinding); this is for those that carry labels only.

Source: kubernetes 1.35, plugins/volumezone/volume_zone.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.statuses import SKIP, Code, Rejection, Status
from k8sedu.kube.scheduler.volumes import class_of, uses_of, volume_of, waits_for_consumer

TODAY = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region": "topology.kubernetes.io/region",
}
"""The labels that say where something is → how they are called today."""

ELSEWHERE = "node(s) had no available volume zone"


class VolumeZone(Plugin):
    """Rejects nodes whose zone or region is not that of the pod's volumes."""

    NAME: ClassVar[str] = "VolumeZone"

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Which labels the volumes carry; without any there is nothing to look at."""
        for use in uses_of(cycle.cluster, cycle.pod):
            if use.claim is None:
                return PreFiltered(Status(Code.UNRESOLVABLE, (f'persistentvolumeclaim "{use.claim_name}" not found',), self.name))
            if not use.claim.spec.volume_name and not waits_for_consumer(cycle.cluster, use.claim):
                has_class = class_of(cycle.cluster, use.claim) is not None
                reason = "PersistentVolume had no name" if has_class else "PersistentVolumeClaim had no pv name and storageClass name"
                return PreFiltered(Status(Code.UNRESOLVABLE, (reason,), self.name))
        found = cycle.state[self.name] = tuple(places_of(cycle))
        return PreFiltered() if found else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """A node that says nothing about zones passes; one that does must be in the volume's."""
        says = np.zeros(len(nodes), dtype=bool)
        for key in TODAY:
            says |= nodes.has_label(key)
        away = np.zeros(len(nodes), dtype=bool)
        for key, values in cycle.state[self.name]:
            there = nodes.pick(cycle.table.labels.one_of(key, values))
            if TODAY[key] != key:
                there = there | (~nodes.has_label(key) & nodes.pick(cycle.table.labels.one_of(TODAY[key], values)))
            away |= ~there
        return [Rejection(says & away, Code.UNRESOLVABLE, ELSEWHERE)]


def places_of(cycle: Cycle) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Label and its values, for every label of a volume that says where it is; a volume in several zones has them joined by `__`."""
    for use in uses_of(cycle.cluster, cycle.pod):
        volume = use.claim and volume_of(cycle.cluster, use.claim)
        for key in TODAY if volume else ():
            if volume and key in volume.labels:
                yield key, tuple(volume.labels[key].split("__"))
