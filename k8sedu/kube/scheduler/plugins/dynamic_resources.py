"""DynamicResources: devices that a pod claims by a ResourceClaim.

Source: kubernetes 1.35, plugins/dynamicresources/dynamicresources.go.
Left out: the claims themselves. A pod without any is skipped, as there; a pod with claims is refused with a sentence that says so, rather
than placed as if it had none.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PostFiltered, PreFiltered
from k8sedu.kube.scheduler.statuses import SKIP, Code, Ints, Rejection, SchedulerError, Status


class DynamicResources(Plugin):
    """Knows pods without claims only."""

    NAME: ClassVar[str] = "DynamicResources"

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """No claims: nothing to look at."""
        if cycle.pod.spec.resource_claims:
            raise SchedulerError(f"the pod {cycle.pod.key} has spec.resourceClaims, which this model does not know; expected a pod without")
        return PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> list[Rejection]:  # noqa: ARG002 (all filters are called alike)
        """Never asked: every pod that gets here was skipped."""
        return []

    def post_filter(self, cycle: Cycle, decision: Any) -> PostFiltered:  # noqa: ARG002 (all plugins are called alike)
        """No claim, none to take away; the event of every pending pod says so."""
        return PostFiltered(Status(Code.UNSCHEDULABLE, ("no new claims to deallocate",), self.name))

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:  # noqa: ARG002 (all scores are called alike)
        """Nothing is claimed, no node is better."""
        return np.zeros(len(nodes), dtype=np.int64)
