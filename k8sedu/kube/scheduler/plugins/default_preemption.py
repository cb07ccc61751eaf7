"""DefaultPreemption: makes room for a pod that fits nowhere, at the cost of less important ones.

Source: kubernetes 1.35, plugins/defaultpreemption/default_preemption.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from k8sedu.kube.fields import Value
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.candidates import candidates_wanted
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PostFiltered
from k8sedu.kube.scheduler.preemption import FitsAll, preempt
from k8sedu.kube.scheduler.statuses import SUCCESS, Status

NODE_BY_NODE = frozenset({"NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity", "NodePorts", "NodeResourcesFit"})
"""Filters whose verdict on a node does not depend on the pods of other nodes; all others are asked node by node."""


class DefaultPreemptionArgs(Value):
    """How many candidates are enough: a share of the nodes in per cent, and at least so many."""

    api_version: str = ""
    kind: str = ""
    min_candidate_nodes_percentage: int = 10
    min_candidate_nodes_absolute: int = 100


class DefaultPreemption(Plugin):
    """Looks for victims; inherit and overwrite `is_eligible` to let somebody off."""

    NAME: ClassVar[str] = "DefaultPreemption"
    ARGS = DefaultPreemptionArgs

    def is_eligible(self, victim: Pod, preemptor: Pod) -> bool:  # noqa: ARG002 (for those who overwrite it)
        """May this pod of lower priority be a victim? By default all may."""
        return True

    def post_filter(self, cycle: Cycle, decision: Any) -> PostFiltered:
        """Where can room be made? The whole account of the search stays in the cycle's state, under the plugin's name."""
        pod = cycle.pod.pod
        found = preempt(
            cycle.table, pod, decision.diagnosis.statuses(), cycle.cluster.all("PodDisruptionBudget"),
            lambda node: self._fits(cycle, decision, node), wanted=self._wanted, offset=cycle.state.get(f"{self.NAME}.offset", 0),
            eligible=lambda victim: self.is_eligible(victim, pod), fits_all=self._fits_all(cycle, decision),
        )  # fmt: skip
        cycle.state[self.NAME] = found
        told = (found.message,) if found.message else ()
        return PostFiltered(found.status._replace(reasons=told, plugin=self.NAME), found.nominated_node, found.victims)

    def _wanted(self, nodes: int) -> int:
        args = self.args
        return candidates_wanted(nodes, percentage=args.min_candidate_nodes_percentage, absolute=args.min_candidate_nodes_absolute)

    @staticmethod
    def _fits_all(cycle: Cycle, decision: Any) -> FitsAll | None:
        """Do the filters accept each of these nodes, asked in one pass? Not where a filter looks across nodes, or may."""
        framework = decision.framework
        running = [plugin.name for plugin in framework.at("filter") if plugin.name not in cycle.skipped_filters]
        if any(name not in NODE_BY_NODE for name in running):
            return None

        def fits_all(names: Sequence[str]) -> list[Status]:
            if not names:
                return []
            rows = np.array([cycle.table.row(name) for name in names], dtype=np.intp)
            promised = {name: decision.nominated[name] for name in names if name in decision.nominated}
            filtered = framework.filter(cycle, Nodes(cycle.table, rows), promised)
            return [filtered.status(place) for place in range(len(names))]

        return fits_all

    @staticmethod
    def _fits(cycle: Cycle, decision: Any, node: str) -> Status:
        """Do the filters accept the node, with the pods that were promised it and without them?"""
        promised = [pod for pod in decision.nominated.get(node, ()) if pod.key != cycle.pod.pod.key]
        passes: Callable[[Cycle, str], Status] = decision.framework.passes
        with cycle.table.trial() as trial:
            for pod in promised:
                trial.add_pod(pod, node)
            status = passes(cycle, node) if promised else SUCCESS
        return passes(cycle, node) if status.is_success else status
