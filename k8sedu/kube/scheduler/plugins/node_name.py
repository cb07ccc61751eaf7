"""NodeName: a pod that names its node goes there or nowhere.

Source: kubernetes 1.35, plugins/nodename/node_name.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.statuses import Code, Rejection


class NodeName(Plugin):
    """Rejects every node but the one that the pod names."""

    NAME: ClassVar[str] = "NodeName"

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """All others are out."""
        wanted = cycle.pod.spec.node_name
        if not wanted:
            return ()
        row = nodes.table.row(wanted) if wanted in nodes.table else -1
        others = np.asarray(nodes.rows != row)
        return [Rejection(others, Code.UNRESOLVABLE, "node(s) didn't match the requested node name")]
