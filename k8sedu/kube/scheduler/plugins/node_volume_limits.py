"""NodeVolumeLimits: a node can attach so many volumes of each driver.

Source: kubernetes 1.35, plugins/nodevolumelimits/csi.go.
Left out: volumes of clouds written as `awsElasticBlockStore` and the like that a node has migrated to a CSI driver; a CSI volume is counted
as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.statuses import SKIP, Code, Rejection, Truth
from k8sedu.kube.scheduler.volumes import class_of, uses_of, volume_of

TOO_MANY = "node(s) exceed max volume count"


class NodeVolumeLimits(Plugin):
    """Rejects nodes where a driver would have more volumes than its `CSINode` allows."""

    NAME: ClassVar[str] = "NodeVolumeLimits"

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Without claims there is nothing to count."""
        return PreFiltered() if any(True for _ in uses_of(cycle.cluster, cycle.pod)) else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Only nodes that state a limit are counted."""
        full: Truth = np.zeros(len(nodes), dtype=bool)
        new = attached_by(cycle.cluster, [cycle.pod])
        if new:
            for place, row in enumerate(nodes.rows.tolist()):
                limits = limits_of(cycle.cluster, cycle.table.name_of(row))
                pods = cycle.table.occupancy.with_volumes.get(row, {})
                full[place] = bool(limits) and exceeds(new, attached_by(cycle.cluster, pods.values()), limits)
        return [Rejection(full, Code.UNSCHEDULABLE, TOO_MANY)]


def limits_of(cluster: Cluster, node_name: str) -> dict[str, int]:
    """Driver → how many volumes it can attach to a node, where it says."""
    found = cluster.get("CSINode", node_name)
    drivers: Iterable[Any] = found.spec.drivers if found is not None else ()
    allowed = ((driver.name, (driver.allocatable or {}).get("count")) for driver in drivers)
    return {name: count for name, count in allowed if count is not None}


def attached_by(cluster: Cluster, pods: Iterable[PodInfo]) -> dict[str, str]:
    """The CSI volumes of pods: a unique name → the driver. A volume that two pods share is there once."""
    found: dict[str, str] = {}
    for pod in pods:
        for use in uses_of(cluster, pod):
            if use.claim is None:
                continue
            volume = volume_of(cluster, use.claim)
            if volume is not None and volume.spec.csi is not None:
                driver = volume.spec.csi.get("driver", "")
                found[f"{driver}/{volume.spec.csi.get('volumeHandle', '')}"] = driver
            elif not use.claim.spec.volume_name and (storage := class_of(cluster, use.claim)) is not None:
                found[f"{storage.provisioner}/{pod.namespace}/{use.claim_name}"] = storage.provisioner
    return found


def exceeds(new: Mapping[str, str], attached: Mapping[str, str], limits: Mapping[str, int]) -> bool:
    """Would a driver have too many? What is attached already costs nothing."""
    before = Counter(attached.values())
    more = Counter(driver for name, driver in new.items() if name not in attached)
    return any(driver in limits and before[driver] + count > limits[driver] for driver, count in more.items())
