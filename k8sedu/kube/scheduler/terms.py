"""Terms of pod affinity: which pods are meant, and what counts as the same place.

A term is seen from two sides. A pod's own term asks about the pods that run; the terms of those that run ask about the pod. In both the
term's *owner* says what an unnamed namespace means: his own.

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/framework/types.go (AffinityTerm, getNamespacesFromPodAffinityTerm),
pkg/registry/core/pod/strategy.go (matchLabelKeys become part of the selector when a pod is created).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from k8sedu.kube import selectors
from k8sedu.kube.objects.affinity import Affinity, PodAffinity, PodAffinityTerm, WeightedPodAffinityTerm
from k8sedu.kube.objects.meta import LabelSelector
from k8sedu.kube.selectors import NOTHING, Requirement, Selector, SelectorError


class Term(NamedTuple):
    """Pods with these labels in these namespaces, and the label of nodes whose value says what is one place."""

    topology_key: str
    selector: Selector
    namespaces: tuple[str, ...]
    namespace_selector: Selector | None = None
    """Namespaces with these labels are meant as well; an empty selector means all, None means no more."""
    weight: int = 0

    def matches(self, namespace: str, labels: Mapping[str, str], namespace_labels: Mapping[str, str]) -> bool:
        """Is a pod meant that has these labels and lives in a namespace with those?"""
        there = namespace in self.namespaces or (self.namespace_selector is not None and self.namespace_selector.matches(namespace_labels))
        return there and self.selector.matches(labels)


class Terms(NamedTuple):
    """All terms of one pod."""

    required_affinity: tuple[Term, ...] = ()
    required_anti_affinity: tuple[Term, ...] = ()
    preferred_affinity: tuple[Term, ...] = ()
    preferred_anti_affinity: tuple[Term, ...] = ()


NO_TERMS = Terms()


def terms_of(affinity: Affinity | None, namespace: str, labels: Mapping[str, str], *, with_label_keys: bool = True) -> Terms:
    """The terms of a pod that lives in this namespace with these labels."""
    if affinity is None or (affinity.pod_affinity is None and affinity.pod_anti_affinity is None):
        return NO_TERMS
    near, far = affinity.pod_affinity or PodAffinity(), affinity.pod_anti_affinity or PodAffinity()

    def required(terms: Iterable[PodAffinityTerm]) -> tuple[Term, ...]:
        return tuple(_term(term, namespace, labels, 0, with_label_keys=with_label_keys) for term in terms)

    def preferred(terms: Iterable[WeightedPodAffinityTerm]) -> tuple[Term, ...]:
        return tuple(_term(each.pod_affinity_term, namespace, labels, each.weight, with_label_keys=with_label_keys) for each in terms)

    return Terms(
        required(near.required_during_scheduling_ignored_during_execution),
        required(far.required_during_scheduling_ignored_during_execution),
        preferred(near.preferred_during_scheduling_ignored_during_execution),
        preferred(far.preferred_during_scheduling_ignored_during_execution),
    )


def _term(found: PodAffinityTerm, namespace: str, labels: Mapping[str, str], weight: int, *, with_label_keys: bool) -> Term:
    named = tuple(sorted({each or "default" for each in found.namespaces}))
    if not named and found.namespace_selector is None:
        named = (namespace,)
    selector = selector_of(found.label_selector)
    if with_label_keys:
        selector = narrowed(selector, found.match_label_keys, labels)
        selector = narrowed(selector, found.mismatch_label_keys, labels, operator="NotIn")
    others = None if found.namespace_selector is None else selector_of(found.namespace_selector)
    return Term(found.topology_key, selector, named, others, weight)


@lru_cache(maxsize=4096)
def selector_of(found: LabelSelector | None) -> Selector:
    """The selector of a manifest; one that makes no sense selects nothing."""
    try:
        return selectors.of(found)
    except SelectorError:
        return NOTHING


def narrowed(selector: Selector, keys: Iterable[str], labels: Mapping[str, str], *, operator: str = "In") -> Selector:
    """The selector with the pod's own values of these labels as further conditions."""
    more = tuple(Requirement(key, operator, (labels[key],)) for key in keys if key in labels)
    return selector._replace(requirements=(*selector.requirements, *more)) if more else selector
