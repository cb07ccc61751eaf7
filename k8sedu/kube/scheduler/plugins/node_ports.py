"""NodePorts: a port of the node can be taken once.

Source: kubernetes 1.35, plugins/nodeports/node_ports.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.statuses import SKIP, Code, Rejection


class NodePorts(Plugin):
    """Rejects nodes where a host port of the pod is taken: same protocol, same number, and the same address or either any."""

    NAME: ClassVar[str] = "NodePorts"

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Without host ports there is nothing to look at."""
        return PreFiltered() if cycle.pod.amounts.ports else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Nodes are out where a port is taken."""
        taken = np.zeros(cycle.table.size, dtype=bool)
        for port in cycle.pod.amounts.ports:
            taken[list(cycle.table.occupancy.rows_with(port))] = True
        return [Rejection(nodes.pick(taken), Code.UNSCHEDULABLE, "node(s) didn't have free ports for the requested pod ports")]
