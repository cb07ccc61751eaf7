"""Which nodes a selector means: `nodeSelector`, node affinity, tolerations; once for all nodes.

Nothing here depends on pods, so an answer is remembered until a node changes: the second pod of a template asks for free.

Source: kubernetes 1.35, staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go, helpers.go;
staging/src/k8s.io/api/core/v1/toleration.go (ToleratesTaint).
Left out: the operators Lt and Gt of tolerations, which are alpha in 1.35 and off.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from k8sedu.kube import selectors
from k8sedu.kube.objects.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Taint, Toleration
from k8sedu.kube.objects.pod import PodSpec
from k8sedu.kube.scheduler.statuses import Truth
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.selectors import SelectorError

NO_TAINTS: tuple[Taint, ...] = ()
NAME_FIELD = "metadata.name"


def matches_required(table: NodeTable, spec: PodSpec) -> Truth:
    """Which rows meet a pod's `nodeSelector` and its required node affinity."""
    needed = required_terms(spec)
    question = ("required", spec.node_selector, needed)
    found: Truth = table.remember(question, lambda: _selected(table, spec) & matches_selector(table, needed))
    return found


def required_terms(spec: PodSpec) -> NodeSelector | None:
    """The required node affinity of a pod."""
    affinity = spec.affinity and spec.affinity.node_affinity
    return affinity.required_during_scheduling_ignored_during_execution if affinity else None


def _selected(table: NodeTable, spec: PodSpec) -> Truth:
    found = everywhere(table)
    for key, value in spec.node_selector.items():
        found &= table.labels.one_of(key, (value,))[: table.size]
    return found


def everywhere(table: NodeTable) -> Truth:
    """Every row."""
    return np.ones(table.size, dtype=bool)


def matches_selector(table: NodeTable, selector: NodeSelector | None) -> Truth:
    """Which rows meet any term; no selector at all is met everywhere."""
    if selector is None:
        return everywhere(table)
    found = np.zeros(table.size, dtype=bool)
    for term in selector.node_selector_terms:
        found |= matches_term(table, term)
    return found


def matches_term(table: NodeTable, term: NodeSelectorTerm) -> Truth:
    """Which rows meet all conditions of a term. An empty term is met nowhere, and so is one that makes no sense."""
    if not term.match_expressions and not term.match_fields:
        return np.zeros(table.size, dtype=bool)
    found = everywhere(table)
    try:
        for each in term.match_fields:
            found &= _field(table, each)
        for each in term.match_expressions:
            found &= _expression(table, each)
    except SelectorError:
        return np.zeros(table.size, dtype=bool)
    return found


def _expression(table: NodeTable, found: NodeSelectorRequirement) -> Truth:
    requirement = selectors.node_requirement(found)
    if requirement.operator == "In":
        return table.labels.one_of(requirement.key, requirement.values)[: table.size]
    test = selectors.TESTS[requirement.operator]
    return table.labels.where(requirement.key, lambda value: test(value, requirement.values))[: table.size]


def _field(table: NodeTable, found: NodeSelectorRequirement) -> Truth:
    """The only field is the name, and it is compared with one value."""
    if found.key != NAME_FIELD or found.operator not in {"In", "NotIn"} or len(found.values) != 1:
        raise SelectorError(f"met the field {found.key!r} {found.operator} {list(found.values)}, expected {NAME_FIELD} In or NotIn a name")
    (name,) = found.values
    here = np.zeros(table.size, dtype=bool)
    if name in table:
        here[table.row(name)] = True
    return here if found.operator == "In" else ~here


def tolerates(tolerations: Iterable[Toleration], taint: Taint) -> bool:
    """Does any toleration bear a taint?

    >>> tolerates([Toleration(operator="Exists")], Taint(key="gpu", effect="NoSchedule"))
    True
    """
    return any(_bears(each, taint) for each in tolerations)


def _bears(toleration: Toleration, taint: Taint) -> bool:
    if toleration.effect and toleration.effect != taint.effect:
        return False
    if toleration.key and toleration.key != taint.key:
        return False
    if toleration.operator == "Exists":
        return True
    return toleration.operator in {"", "Equal"} and toleration.value == taint.value


def tainted_rows(table: NodeTable) -> dict[tuple[Taint, ...], list[int]]:
    """Taints → the rows that have exactly these; a cluster has few different lists of taints. Rows without taints are left out."""

    def ask() -> dict[tuple[Taint, ...], list[int]]:
        found: dict[tuple[Taint, ...], list[int]] = {}
        for row in table.rows.tolist():
            taints = table.node_at(row).spec.taints
            if taints:
                found.setdefault(taints, []).append(row)
        return found

    answer: dict[tuple[Taint, ...], list[int]] = table.remember("taints", ask)
    return answer


def bears_taints(table: NodeTable, tolerations: tuple[Toleration, ...]) -> Truth:
    """Which rows have no NoSchedule or NoExecute taint that these tolerations do not bear."""

    def ask() -> Truth:
        found = everywhere(table)
        for taints, rows in tainted_rows(table).items():
            if first_untolerated(tolerations, taints) is not None:
                found[rows] = False
        return found

    answer: Truth = table.remember(("bears", tolerations), ask)
    return answer


def first_untolerated(tolerations: tuple[Toleration, ...], taints: Iterable[Taint]) -> Taint | None:
    """The first taint that keeps the pod away."""
    return next((taint for taint in taints if taint.effect in {"NoSchedule", "NoExecute"} and not tolerates(tolerations, taint)), None)
