"""NodeAffinity: which nodes a pod needs by their labels, and which it would rather have.

Source: kubernetes 1.35, plugins/nodeaffinity/node_affinity.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from k8sedu.kube.fields import Value
from k8sedu.kube.objects.affinity import NodeAffinity as Wishes
from k8sedu.kube.objects.affinity import NodeSelector, NodeSelectorTerm, PreferredSchedulingTerm
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.node_match import NAME_FIELD, matches_required, matches_selector, matches_term, required_terms
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.normalizing import scaled
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.statuses import SKIP, SUCCESS, Code, Ints, Rejection, Status, Truth
from k8sedu.kube.scheduler.table import NodeTable


class NodeAffinityArgs(Value):
    """An affinity that is added to every pod of the profile."""

    api_version: str = ""
    kind: Literal["", "NodeAffinityArgs"] = ""
    added_affinity: Wishes | None = None


class NodeAffinity(Plugin):
    """`nodeSelector` and required terms reject; preferred terms score by their weights."""

    NAME: ClassVar[str] = "NodeAffinity"
    ARGS = NodeAffinityArgs

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Terms that name nodes narrow the search to these."""
        spec = cycle.pod.spec
        needed = required_terms(spec)
        if needed is None and self._added() is None and not spec.gives("node_selector"):
            return PreFiltered(SKIP)
        names = None if needed is None else named_nodes(needed)
        if names == ():
            return PreFiltered(Status(Code.UNRESOLVABLE, ("pod affinity terms conflict",), self.name))
        return PreFiltered(SUCCESS, names)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Nodes are out that lack the labels; first by what the profile adds, then by the pod."""
        table = cycle.table
        wanted = nodes.pick(matches_required(table, cycle.pod.spec))
        added = self._added()
        if added is None:
            return [Rejection(~wanted, Code.UNRESOLVABLE, "node(s) didn't match Pod's node affinity/selector")]
        enforced = nodes.pick(_remembered(table, added))
        return [
            Rejection(~enforced, Code.UNRESOLVABLE, "node(s) didn't match scheduler-enforced node affinity"),
            Rejection(enforced & ~wanted, Code.UNRESOLVABLE, "node(s) didn't match Pod's node affinity/selector"),
        ]

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:  # noqa: ARG002 (all plugins are called alike)
        """Nothing is preferred: nothing to score."""
        return SUCCESS if self._preferred(cycle) else SKIP

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """The sum of the weights of the preferred terms that the node meets."""
        preferred = self._preferred(cycle)
        column: Ints = cycle.table.remember(("preferred", preferred), lambda: preference(cycle.table, preferred))
        return nodes.pick(column)

    def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:  # noqa: ARG002 (all normalisers are called alike)
        """The highest is 100."""
        return scaled(scores)

    def _added(self) -> NodeSelector | None:
        added: Wishes | None = self.args.added_affinity
        return added.required_during_scheduling_ignored_during_execution if added else None

    def _preferred(self, cycle: Cycle) -> tuple[PreferredSchedulingTerm, ...]:
        own = cycle.pod.spec.affinity and cycle.pod.spec.affinity.node_affinity
        found: list[Any] = [wishes for wishes in (own, self.args.added_affinity) if wishes]
        return tuple(term for wishes in found for term in wishes.preferred_during_scheduling_ignored_during_execution)


def _remembered(table: NodeTable, selector: NodeSelector) -> Truth:
    found: Truth = table.remember(("selector", selector), lambda: matches_selector(table, selector))
    return found


def preference(table: NodeTable, preferred: tuple[PreferredSchedulingTerm, ...]) -> Ints:
    """The sum of the weights of the terms that each row meets."""
    total = np.zeros(table.size, dtype=np.int64)
    for term in preferred:
        total += term.weight * matches_term(table, term.preference)
    return total


def named_nodes(needed: NodeSelector) -> tuple[str, ...] | None:
    """The nodes that required terms name, sorted; None if some term, or none at all, names no node.

    Within a term all conditions must hold, so its names are those in all of them; terms are alternatives, so the names of all terms count.
    """
    found: list[str] = []
    for term in needed.node_selector_terms:
        names = _names(term)
        if names is None:
            return None
        found += names
    return tuple(sorted(set(found))) if needed.node_selector_terms else None


def _names(term: NodeSelectorTerm) -> tuple[str, ...] | None:
    conditions = [each.values for each in term.match_fields if each.key == NAME_FIELD and each.operator == "In"]
    if not conditions:
        return None
    first, *others = conditions
    return tuple(name for name in first if all(name in other for other in others))
