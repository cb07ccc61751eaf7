"""One attempt to place one pod: what its plugins share.

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/framework/cycle_state.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.pods import PodInfo, info_of

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.cluster import Cluster
    from k8sedu.kube.scheduler.table import NodeTable


class Cycle:
    """A pod on its way, the cluster as it was when the attempt began, and the notes of the plugins.

    Args:
        pod: the pod to place.
        cluster: everything that the scheduler knows besides nodes and pods.
        table: nodes and pods, that of the cluster if none is given.
        release: of the scheduler, that of the cluster if none is given.
    """

    def __init__(self, pod: Pod | PodInfo, cluster: Cluster, table: NodeTable | None = None, release: str = "") -> None:
        self.table = cluster.table if table is None else table
        self.cluster = cluster
        self.release = release or cluster.release
        self.pod = info_of(pod, self.release)
        self.state: dict[str, Any] = {}
        """What a plugin notes for its later calls, by its name."""
        self.skipped_filters: set[str] = set()
        self.skipped_scores: set[str] = set()

    @cached_property
    def everyone(self) -> Nodes:
        """All nodes: what spreading and affinity count over, whoever is being asked about."""
        return Nodes(self.table)

    def all_nodes(self) -> Nodes:
        """All nodes as they are now, after changes on trial."""
        return Nodes(self.table)

    @property
    def namespace_labels(self) -> Mapping[str, str]:
        """The labels of the pod's namespace."""
        return self.cluster.namespace_labels(self.pod.namespace)
