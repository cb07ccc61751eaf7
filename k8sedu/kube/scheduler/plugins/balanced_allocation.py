"""NodeResourcesBalancedAllocation: cpu and memory should fill up alike.

A node that is full of memory and half empty of cpu has lost that cpu. Weights do not count here, and pods that say nothing count as
nothing: both differ from the strategies of NodeResourcesFit.

Source: kubernetes 1.35, plugins/noderesources/balanced_allocation.go.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from k8sedu.kube.fields import Value
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins import allocation
from k8sedu.kube.scheduler.plugins.node_resources_fit import CPU_AND_MEMORY, ResourceSpec, check_weights, shares_of
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import SKIP, SUCCESS, Ints, Status


class NodeResourcesBalancedAllocationArgs(Value):
    """The resources that should fill up alike."""

    api_version: str = ""
    kind: Literal["", "NodeResourcesBalancedAllocationArgs"] = ""
    resources: tuple[ResourceSpec, ...] = CPU_AND_MEMORY


class NodeResourcesBalancedAllocation(Plugin):
    """Scores how alike the shares of resources would be that are taken."""

    NAME: ClassVar[str] = "NodeResourcesBalancedAllocation"
    ARGS = NodeResourcesBalancedAllocationArgs

    def check_args(self) -> None:
        """A weight other than 1 would have no effect, so it is refused."""
        check_weights(self.args.resources, "resources", most=1)

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:  # noqa: ARG002 (all plugins are called alike)
        """A pod that asks for nothing changes no balance."""
        asks = any(cycle.pod.requests.get(spec.name, 0) for spec in self.args.resources)
        return SUCCESS if asks or not has(self.release, "balanced_skips_best_effort") else SKIP

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """100 less the standard deviation of the shares that would be taken."""
        shares = shares_of(self.args.resources, cycle.pod, nodes, guesses=False)
        return allocation.balanced(shares) if shares else np.full(len(nodes), 100, dtype=np.int64)
