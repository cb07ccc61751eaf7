"""InterPodAffinity: near some pods, far from others; and those who run have a say.

Three questions, in this order. Does the pod get its company? Does it keep its distance? And do the pods that run keep theirs from it? The
first `no` is a matter of the wrong node (no eviction brings company), the others may be cured by one.

Scores go both ways as well: the wishes of the pod count, those of the pods that run, and even their *requirements* draw the pod a little
(`hardPodAffinityWeight`).

Source: kubernetes 1.35, plugins/interpodaffinity/{filtering,scoring,plugin}.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Literal

import numpy as np

from k8sedu.kube.fields import FieldError, Value
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.neighbours import Condition, Held, Question
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.normalizing import stretched
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.plugins.spread_constraints import per_domain
from k8sedu.kube.scheduler.statuses import SKIP, SUCCESS, Code, Ints, Rejection, Status, Truth
from k8sedu.kube.scheduler.terms import Term

NO_COMPANY = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
UNWELCOME = "node(s) didn't satisfy existing pods anti-affinity rules"

ByKey = dict[str, Ints]
"""Topology key → a number per value of that label."""


class InterPodAffinityArgs(Value):
    """How much the requirements of pods that run draw others, and whether their wishes count for pods that have none."""

    api_version: str = ""
    kind: Literal["", "InterPodAffinityArgs"] = ""
    hard_pod_affinity_weight: int = 1
    ignore_preferred_terms_of_existing_pods: bool = False


class InterPodAffinity(Plugin):
    """Rejects by required terms, of the pod and of those who run; scores by preferred ones."""

    NAME: ClassVar[str] = "InterPodAffinity"
    ARGS = InterPodAffinityArgs

    def check_args(self) -> None:
        """A weight is from 0 to 100."""
        if not 0 <= self.args.hard_pod_affinity_weight <= 100:
            raise FieldError("hardPodAffinityWeight", self.args.hard_pod_affinity_weight, "0 to 100")

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Neither the pod nor anybody who runs minds: nothing to look at."""
        terms = cycle.pod.terms
        minds = terms.required_affinity or terms.required_anti_affinity or any(there.any() for there in refused(cycle).values())
        return PreFiltered() if minds else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Company, own distance, the others' distance: the first that fails is the reason."""
        terms = cycle.pod.terms
        alone = lacks_company(cycle, terms.required_affinity, nodes)
        near = is_near(cycle, terms.required_anti_affinity, nodes) & ~alone
        unwelcome = in_domains(refused(cycle), nodes) & ~alone & ~near
        return [
            Rejection(alone, Code.UNRESOLVABLE, NO_COMPANY),
            Rejection(near, Code.UNSCHEDULABLE, TOO_NEAR),
            Rejection(unwelcome, Code.UNSCHEDULABLE, UNWELCOME),
        ]

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:  # noqa: ARG002 (all plugins are called alike)
        """What each domain is worth; if no term met anybody, there is nothing to score."""
        terms = cycle.pod.terms
        has_wishes = bool(terms.preferred_affinity or terms.preferred_anti_affinity)
        if self.args.ignore_preferred_terms_of_existing_pods and not has_wishes:
            return SKIP
        worth: ByKey = {}
        for key, counts, weight in (*own_wishes(cycle), *wishes_of_others(cycle, self.args.hard_pod_affinity_weight)):
            worth[key] = worth.get(key, 0) + weight * counts
        cycle.state[self.name] = worth
        return SUCCESS if worth else SKIP

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """The sum of what the node's domains are worth."""
        total = np.zeros(len(nodes), dtype=np.int64)
        worth: ByKey = cycle.state[self.name]
        for key, values in worth.items():
            total += values[nodes.domain(key)]
        return total

    def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:  # noqa: ARG002 (all normalisers are called alike)
        """From the lowest, 0, to the highest, 100."""
        return stretched(scores)


# -- the pod's own terms ------------------------------------------------------------------------------------------------------------------


def condition(cluster: Cluster, term: Term) -> Condition:
    """Whom a pod's own term means. A namespace selector is looked up in the namespaces that there are; an empty one means all."""
    if term.namespace_selector is None:
        return Condition(term.selector, term.namespaces)
    if not term.namespace_selector.requirements and not term.namespace_selector.selects_nothing:
        return Condition(term.selector)
    return Condition(term.selector, tuple(sorted({*term.namespaces, *cluster.namespaces(term.namespace_selector)})))


def pods_by_domain(cycle: Cycle, question: Question, key: str) -> Ints:
    """How many pods that are meant each value of a label has; the last place is for nodes without the label, and is 0."""
    everyone = cycle.all_nodes()
    number = len(cycle.table.labels.values(key))
    found = per_domain(everyone.domain(key), everyone.pick(cycle.table.neighbours.count(question)), number)
    found[number] = 0
    return found


def lacks_company(cycle: Cycle, terms: Sequence[Term], nodes: Nodes) -> Truth:
    """Where a required term finds nobody in the domain. Somebody must match *all* terms to count for any.

    The first of a group that wants to be together would wait for ever: it passes if it means itself and nobody is there yet.
    """
    if not terms:
        return np.zeros(len(nodes), dtype=bool)
    question = Question(tuple(condition(cycle.cluster, term) for term in terms))
    keys = {term.topology_key: None for term in terms}
    company = {key: pods_by_domain(cycle, question, key) for key in keys}
    missing = np.zeros(len(nodes), dtype=bool)
    for key in keys:
        missing |= ~nodes.has_label(key)
    is_first = not any(counts.any() for counts in company.values()) and question.matches((cycle.pod.namespace, cycle.pod.labels, False))
    return missing if is_first else missing | ~_everywhere(company, nodes)


def _everywhere(company: ByKey, nodes: Nodes) -> Truth:
    found = np.ones(len(nodes), dtype=bool)
    for key, counts in company.items():
        found &= counts[nodes.domain(key)] > 0
    return found


def is_near(cycle: Cycle, terms: Sequence[Term], nodes: Nodes) -> Truth:
    """Where a required anti-affinity term finds somebody in the domain."""
    found = np.zeros(len(nodes), dtype=bool)
    for term in terms:
        question = Question((condition(cycle.cluster, term),))
        found |= pods_by_domain(cycle, question, term.topology_key)[nodes.domain(term.topology_key)] > 0
    return found


def own_wishes(cycle: Cycle) -> Iterator[tuple[str, Ints, int]]:
    """For each preferred term of the pod that meets somebody: key, pods per domain, weight."""
    for terms, sign in ((cycle.pod.terms.preferred_affinity, 1), (cycle.pod.terms.preferred_anti_affinity, -1)):
        for term in terms:
            counts = pods_by_domain(cycle, Question((condition(cycle.cluster, term),)), term.topology_key)
            if counts.any():
                yield term.topology_key, counts, sign * term.weight


# -- the terms of those who run -----------------------------------------------------------------------------------------------------------


def refused(cycle: Cycle) -> dict[str, Truth]:
    """Topology key → the values whose pods refuse this one."""
    found: dict[str, Truth] = {}
    for held in _that_mean(cycle, ("required_anti_affinity",)):
        counts = holders_by_domain(cycle, held) > 0
        found[held.term.topology_key] = found.get(held.term.topology_key, False) | counts
    return found


def in_domains(found: dict[str, Truth], nodes: Nodes) -> Truth:
    """Which nodes are in any of these domains."""
    there = np.zeros(len(nodes), dtype=bool)
    for key, values in found.items():
        there |= values[nodes.domain(key)]
    return there


def wishes_of_others(cycle: Cycle, hard_weight: int) -> Iterator[tuple[str, Ints, int]]:
    """For each term of a pod that runs and means this one: key, pods with the term per domain, weight."""
    for held in _that_mean(cycle, ("required_affinity", "preferred_affinity", "preferred_anti_affinity")):
        weight = {"required_affinity": hard_weight, "preferred_affinity": held.term.weight}.get(held.sort, -held.term.weight)
        if held.sort == "required_affinity" and hard_weight == 0:
            continue
        counts = holders_by_domain(cycle, held)
        if counts.any():
            yield held.term.topology_key, counts, weight


def _that_mean(cycle: Cycle, sorts: Iterable[str]) -> Iterator[Held]:
    terms = cycle.table.neighbours.terms_that_mean(cycle.pod, cycle.namespace_labels)
    return (held for held in terms if held.sort in sorts)


def holders_by_domain(cycle: Cycle, held: Held) -> Ints:
    """How many pods with a term each value of its label has; the last place is for nodes without the label, and is 0."""
    rows = cycle.table.neighbours.holders(held)
    codes = cycle.table.labels.codes(held.term.topology_key)
    number = len(cycle.table.labels.values(held.term.topology_key))
    places = np.fromiter(rows, dtype=np.intp, count=len(rows))
    found = per_domain(codes[places], np.fromiter(rows.values(), dtype=np.int64, count=len(rows)), number)
    found[number] = 0
    return found
