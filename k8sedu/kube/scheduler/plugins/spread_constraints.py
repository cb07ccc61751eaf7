"""The constraints of PodTopologySpread: those of the pod, or those of the profile.

A pod without constraints of its own is spread all the same, softly, over hosts and zones, if a Service, ReplicaSet, StatefulSet or
ReplicationController says which pods are its like.

Source: kubernetes 1.35, plugins/podtopologyspread/{common,plugin}.go, plugins/helper/spread.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from k8sedu.kube import selectors
from k8sedu.kube.fields import FieldError, Value
from k8sedu.kube.objects.affinity import TopologySpreadConstraint
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.labels import Codes
from k8sedu.kube.scheduler.neighbours import Condition, Question
from k8sedu.kube.scheduler.node_match import bears_taints, matches_required
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import Ints, Truth
from k8sedu.kube.scheduler.terms import narrowed, selector_of
from k8sedu.kube.selectors import Requirement, Selector

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"

SYSTEM_DEFAULTS = (
    TopologySpreadConstraint(topology_key=HOSTNAME, when_unsatisfiable="ScheduleAnyway", max_skew=3),
    TopologySpreadConstraint(topology_key=ZONE, when_unsatisfiable="ScheduleAnyway", max_skew=5),
)
"""How a pod is spread that says nothing."""


class PodTopologySpreadArgs(Value):
    """Constraints for pods that have none."""

    api_version: str = ""
    kind: Literal["", "PodTopologySpreadArgs"] = ""
    default_constraints: tuple[TopologySpreadConstraint, ...] = ()
    defaulting_type: Literal["System", "List"] = "System"


def check_defaults(args: PodTopologySpreadArgs) -> None:
    """Refuse constraints that no profile can have.

    Raises:
        FieldError: constraints beside the system's own, a skew below 1, no topology key, or a selector.
    """
    if args.defaulting_type == "System" and args.default_constraints:
        raise FieldError("defaultConstraints", args.default_constraints, "none, or defaultingType: List")
    for place, constraint in enumerate(args.default_constraints):
        path = f"defaultConstraints[{place}]"
        if constraint.max_skew < 1:
            raise FieldError(f"{path}.maxSkew", constraint.max_skew, "1 or more")
        if not constraint.topology_key:
            raise FieldError(f"{path}.topologyKey", "", "the key of a label")
        if constraint.label_selector is not None:
            raise FieldError(f"{path}.labelSelector", constraint.label_selector.document(), "none: it is found out for each pod")


class Constraint(NamedTuple):
    """One constraint of one pod, ready to be counted."""

    topology_key: str
    max_skew: int
    selector: Selector
    min_domains: int
    honors_affinity: bool
    honors_taints: bool

    def question(self, namespace: str) -> Question:
        """Which pods count: those of the selector in the pod's namespace that are not on their way out."""
        return Question((Condition(self.selector, (namespace,)),), counts_terminating=False)


def constraints_of(cycle: Cycle, args: PodTopologySpreadArgs, action: str) -> tuple[Constraint, ...]:
    """The constraints of a pod for this action: `DoNotSchedule` or `ScheduleAnyway`."""
    pod, release = cycle.pod, cycle.release
    own = pod.spec.topology_spread_constraints
    if own:
        return tuple(_read(each, pod.labels, release) for each in own if each.when_unsatisfiable == action)
    defaults = SYSTEM_DEFAULTS if args.defaulting_type == "System" else args.default_constraints
    found = [each for each in defaults if each.when_unsatisfiable == action]
    selector = default_selector(cycle.cluster, pod) if found else Selector()
    if not selector.requirements and not selector.selects_nothing:
        return ()
    return tuple(_read(each, pod.labels, release)._replace(selector=selector) for each in found)


def _read(found: TopologySpreadConstraint, labels: Mapping[str, str], release: str) -> Constraint:
    selector = selector_of(found.label_selector)
    if has(release, "spread_label_keys"):
        selector = narrowed(selector, found.match_label_keys, labels)
    inclusion, domains = has(release, "node_inclusion"), has(release, "min_domains")
    return Constraint(
        found.topology_key,
        found.max_skew,
        selector,
        (found.min_domains or 1) if domains else 1,
        honors_affinity=not (inclusion and found.node_affinity_policy == "Ignore"),
        honors_taints=inclusion and found.node_taints_policy == "Honor",
    )


def default_selector(cluster: Cluster, pod: PodInfo) -> Selector:
    """Which pods are a pod's like: those of its Services and of its owner; an empty selector where nobody says."""
    owner = pod.pod.controller
    answer: Selector = cluster.remember(("default selector", pod.namespace, pod.labels, owner), lambda: _default_selector(cluster, pod))
    return answer


def _default_selector(cluster: Cluster, pod: PodInfo) -> Selector:
    labels: dict[str, str] = {}
    for service in cluster.all("Service"):
        wanted = service.spec.selector
        if service.namespace == pod.namespace and wanted and selectors.of_labels(wanted).matches(pod.labels):
            labels.update(wanted)
    owner = pod.pod.controller
    found: Any = owner and cluster.get(owner.kind, f"{pod.namespace}/{owner.name}")
    if found is None or owner is None:
        return _of_labels(labels)
    if owner.kind == "ReplicationController":
        return _of_labels({**labels, **found.spec.selector})
    if owner.kind not in {"ReplicaSet", "StatefulSet"} or not owner.api_version.startswith("apps/"):
        return _of_labels(labels)
    other = selector_of(found.spec.selector)
    return _of_labels(labels) if other.selects_nothing else Selector((*_of_labels(labels).requirements, *other.requirements))


def _of_labels(labels: Mapping[str, str]) -> Selector:
    return Selector(tuple(Requirement(key, "In", (value,)) for key, value in sorted(labels.items())))


# -- counting -----------------------------------------------------------------------------------------------------------------------------


def included(cycle: Cycle, constraint: Constraint, everyone: Nodes) -> Truth:
    """Which of all nodes count for a constraint: by default those that the pod's own node affinity allows."""
    found = np.ones(len(everyone), dtype=bool)
    if constraint.honors_affinity and (cycle.pod.spec.node_selector or cycle.pod.spec.affinity):
        found &= everyone.pick(matches_required(cycle.table, cycle.pod.spec))
    if constraint.honors_taints:
        found &= everyone.pick(bears_taints(cycle.table, cycle.pod.spec.tolerations))
    return found


def have_all_keys(nodes: Nodes, constraints: Iterable[Constraint]) -> Truth:
    """Which nodes have every topology key."""
    found = np.ones(len(nodes), dtype=bool)
    for constraint in constraints:
        found &= nodes.has_label(constraint.topology_key)
    return found


def matching(cycle: Cycle, constraint: Constraint, nodes: Nodes) -> Ints:
    """How many pods of each node count. An empty selector, which means every pod, counts none here: so the real one does it."""
    if not constraint.selector.requirements:
        return np.zeros(len(nodes), dtype=np.int64)
    return nodes.pick(cycle.table.neighbours.count(constraint.question(cycle.pod.namespace)))


def per_domain(domains: Codes, counts: Ints, size: int) -> Ints:
    """The sum of counts per domain; -1 (no label) is the last one."""
    return np.bincount(np.where(domains < 0, size, domains), weights=counts, minlength=size + 1).astype(np.int64)
