"""TaintToleration: taints keep pods away, tolerations let some in; and of those who may, the node with fewest soft taints is best.

Source: kubernetes 1.35, plugins/tainttoleration/taint_toleration.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from k8sedu.kube.objects.affinity import Taint, Toleration
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.node_match import first_untolerated, tainted_rows, tolerates
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.normalizing import scaled
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import Code, Ints, Rejection, Truth
from k8sedu.kube.scheduler.table import NodeTable


class TaintToleration(Plugin):
    """NoSchedule and NoExecute taints reject; PreferNoSchedule taints cost points."""

    NAME: ClassVar[str] = "TaintToleration"

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Nodes are out that have a taint which the pod does not tolerate."""
        reasons = untolerated(cycle.table, cycle.pod.spec.tolerations, self.release)
        return [Rejection(nodes.pick(where), Code.UNRESOLVABLE, reason) for reason, where in reasons.items()]

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """How many PreferNoSchedule taints the pod does not tolerate."""
        return nodes.pick(soft_taints(cycle.table, cycle.pod.spec.tolerations))

    def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:  # noqa: ARG002 (all normalisers are called alike)
        """The fewer, the better."""
        return scaled(scores, reverse=True)


def untolerated(table: NodeTable, tolerations: tuple[Toleration, ...], release: str) -> dict[str, Truth]:
    """Reason → the rows that it is told about; one reason where the release names no taint, else one per first taint."""

    def ask() -> dict[str, Truth]:
        found: dict[str, Truth] = {}
        for taints, rows in tainted_rows(table).items():
            taint = first_untolerated(tolerations, taints)
            if taint is not None:
                found.setdefault(reason_of(taint, release), np.zeros(table.size, dtype=bool))[rows] = True
        return found

    answer: dict[str, Truth] = table.remember(("untolerated", tolerations, release), ask)
    return answer


def reason_of(taint: Taint, release: str) -> str:
    """How a release tells that a taint is not tolerated."""
    if has(release, "taints_unnamed"):
        return "node(s) had untolerated taint(s)"
    if has(release, "untolerated_taint"):
        return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
    return f"node(s) had taint {{{taint.key}: {taint.value}}}, that the pod didn't tolerate"


def soft_taints(table: NodeTable, tolerations: tuple[Toleration, ...]) -> Ints:
    """How many PreferNoSchedule taints of each row are not tolerated."""
    soft = tuple(each for each in tolerations if each.effect in {"", "PreferNoSchedule"})

    def ask() -> Ints:
        found = np.zeros(table.size, dtype=np.int64)
        for taints, rows in tainted_rows(table).items():
            found[rows] = sum(taint.effect == "PreferNoSchedule" and not tolerates(soft, taint) for taint in taints)
        return found

    answer: Ints = table.remember(("soft taints", soft), ask)
    return answer
