"""EBSLimits, GCEPDLimits, AzureDiskLimits: how many disks of a cloud a node can attach; gone in 1.31, where CSI limits do it all.

Source: kubernetes 1.30, plugins/nodevolumelimits/non_csi.go, pkg/volume/util/attach_limit.go.
Left out: nodes that have migrated these disks to a CSI driver (`CSINode` says so by an annotation); there NodeVolumeLimits counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.node_volume_limits import TOO_MANY
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.statuses import SKIP, Code, Rejection
from k8sedu.kube.scheduler.volumes import uses_of, volume_of


class _CloudLimits(Plugin):
    """A limit to the disks of one cloud."""

    SOURCE: ClassVar[str] = ""
    """The field of a volume, and the field in it that names the disk."""
    DISK: ClassVar[str] = ""
    LIMIT: ClassVar[int] = 0
    RESOURCE: ClassVar[str] = ""
    """What a node's allocatable calls the limit, where it states one."""

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Without disks there is nothing to count."""
        return PreFiltered() if self._disks(cycle.cluster, [cycle.pod]) else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """A disk that is attached already costs nothing."""
        new = self._disks(cycle.cluster, [cycle.pod])
        stated = nodes.allocatable(self.RESOURCE)
        limits = np.where(stated > 0, stated, self.LIMIT)
        full = np.zeros(len(nodes), dtype=bool)
        for place, row in enumerate(nodes.rows.tolist()):
            pods = cycle.table.occupancy.with_volumes.get(row, {})
            full[place] = len({**self._disks(cycle.cluster, pods.values()), **new}) > limits[place]
        return [Rejection(full, Code.UNSCHEDULABLE, TOO_MANY)]

    def _disks(self, cluster: Cluster, pods: Iterable[PodInfo]) -> dict[str, None]:
        return {disk: None for pod in pods for disk in self._disks_of(cluster, pod)}

    def _disks_of(self, cluster: Cluster, pod: PodInfo) -> Iterator[str]:
        sources: list[Any] = [volume.extra.get(self.SOURCE) for volume in pod.spec.volumes]
        volumes = (volume_of(cluster, use.claim) for use in uses_of(cluster, pod) if use.claim is not None)
        sources += [volume.spec.extra.get(self.SOURCE) for volume in volumes if volume is not None]
        return (source[self.DISK] for source in sources if source is not None)


class EBSLimits(_CloudLimits):
    """Disks of Amazon's cloud: 39."""

    NAME, SOURCE, DISK, LIMIT, RESOURCE = "EBSLimits", "awsElasticBlockStore", "volumeID", 39, "attachable-volumes-aws-ebs"


class GCEPDLimits(_CloudLimits):
    """Disks of Google's cloud: 16."""

    NAME, SOURCE, DISK, LIMIT, RESOURCE = "GCEPDLimits", "gcePersistentDisk", "pdName", 16, "attachable-volumes-gce-pd"


class AzureDiskLimits(_CloudLimits):
    """Disks of Microsoft's cloud: 16."""

    NAME, SOURCE, DISK, LIMIT, RESOURCE = "AzureDiskLimits", "azureDisk", "diskName", 16, "attachable-volumes-azure-disk"
