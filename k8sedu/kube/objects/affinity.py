"""Where a pod wants to run, and beside whom: affinity, tolerations, spread.

Source: kubernetes, staging/src/k8s.io/api/core/v1/types.go (Affinity … TopologySpreadConstraint).
"""

from __future__ import annotations

from typing import Literal

from k8sedu.kube.fields import Value
from k8sedu.kube.objects.meta import LabelSelector


class NodeSelectorRequirement(Value):
    """One condition on a node's label or field; Gt and Lt compare whole numbers."""

    key: str = ""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    values: tuple[str, ...] = ()


class NodeSelectorTerm(Value):
    """All of these conditions; a term without any matches no node."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    match_fields: tuple[NodeSelectorRequirement, ...] = ()


class NodeSelector(Value):
    """Any of these terms."""

    node_selector_terms: tuple[NodeSelectorTerm, ...] = ()


class PreferredSchedulingTerm(Value):
    """A wish for nodes, and how strong it is (1 to 100)."""

    weight: int = 0
    preference: NodeSelectorTerm = NodeSelectorTerm()


class NodeAffinity(Value):
    """Which nodes a pod needs and which it would rather have."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()


class PodAffinityTerm(Value):
    """Pods with these labels, in these namespaces, in the same value of the topology key."""

    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    topology_key: str = ""
    namespace_selector: LabelSelector | None = None
    match_label_keys: tuple[str, ...] = ()
    mismatch_label_keys: tuple[str, ...] = ()


class WeightedPodAffinityTerm(Value):
    """A wish for neighbours, and how strong it is (1 to 100)."""

    weight: int = 0
    pod_affinity_term: PodAffinityTerm = PodAffinityTerm()


class PodAffinity(Value):
    """Near which pods; as anti-affinity, far from which."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()


class PodAntiAffinity(PodAffinity):
    """Far from which pods."""


class Affinity(Value):
    """All wishes about the place of a pod."""

    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None
    pod_anti_affinity: PodAntiAffinity | None = None


class Toleration(Value):
    """Which taints a pod bears. No key bears all of them; no effect means every effect."""

    key: str = ""
    operator: Literal["", "Exists", "Equal", "Lt", "Gt"] = ""
    value: str = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    toleration_seconds: int | None = None


class Taint(Value):
    """What keeps pods off a node that do not tolerate it."""

    key: str = ""
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    time_added: str | None = None


class TopologySpreadConstraint(Value):
    """How unevenly the pods of a selector may lie over the values of a topology key."""

    max_skew: int = 0
    topology_key: str = ""
    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"] = "DoNotSchedule"
    label_selector: LabelSelector | None = None
    min_domains: int | None = None
    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    match_label_keys: tuple[str, ...] = ()
