"""NodeUnschedulable: no new pods on a cordoned node.

Source: kubernetes 1.35, plugins/nodeunschedulable/node_unschedulable.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from k8sedu.kube.objects.affinity import Taint
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.node_match import tolerates
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.statuses import Code, Rejection

CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


class NodeUnschedulable(Plugin):
    """Rejects nodes with `spec.unschedulable`, unless the pod bears the taint of that name."""

    NAME: ClassVar[str] = "NodeUnschedulable"

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Cordoned nodes are out."""
        cordoned = nodes.unschedulable
        if not cordoned.any() or tolerates(cycle.pod.spec.tolerations, CORDON):
            return ()
        return [Rejection(cordoned, Code.UNRESOLVABLE, "node(s) were unschedulable")]
