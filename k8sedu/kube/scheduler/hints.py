"""Queueing hints: which events may help a pod that a plugin has rejected, and which surely do not.

Each plugin knows best. Who lacked cores is helped by a deleted pod, by a new node that is large enough, by a node that grew; not by a taint
that went away. Without hints (before 1.32) the kind of the event alone decided, and a deleted pod woke every pod that lacked cores; with
them the plugin looks at the objects too. A plugin that says nothing, as one that was written in a cell, is woken by everything: to try once
too often costs time, to try once too seldom costs five minutes.

Source: kubernetes 1.35, EventsToRegister and isSchedulableAfter… of the plugins in pkg/scheduler/framework/plugins; KEP-4247.
Left out: hints of plugins for volumes and resource claims look at the kind of the event only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from k8sedu.kube import selectors
from k8sedu.kube.objects.affinity import NodeSelectorTerm, PodAffinityTerm, Taint
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.requests import pod_requests
from k8sedu.kube.scheduler import events as on
from k8sedu.kube.scheduler.events import ANYTHING, ClusterEvent
from k8sedu.kube.scheduler.node_match import first_untolerated, required_terms, tolerates

Hint = Callable[[Pod, Any, Any], bool]
Registered = Mapping[ClusterEvent, Hint]
"""event → whether it may help (pod, object before, object after); before or after is None for what was added or deleted."""


def events_of(plugin: str) -> Registered | None:
    """The events that a plugin has registered; None for one that hears everything."""
    return REGISTERED.get(plugin)


def may_help(plugin: str, event: ClusterEvent, pod: Pod, old: Any, new: Any, *, by_kind: bool = False) -> bool:
    """May this event undo the plugin's rejection of the pod?

    >>> from k8sedu.kube.scheduler.events import NODE_TAINT
    >>> may_help("NodeResourcesFit", NODE_TAINT, Pod(), None, None), may_help("MyPlugin", NODE_TAINT, Pod(), None, None)
    (False, True)

    Args:
        plugin: who rejected the pod.
        event: what has happened.
        pod: the pod that waits.
        old: the object before; None if it was added.
        new: the object after; None if it was deleted.
        by_kind: look at the kind of the event alone, as before 1.32.
    """
    registered = events_of(plugin)
    if registered is None or event.resource == ANYTHING:
        return True
    hint = registered.get(event)
    return hint is not None and (by_kind or hint(pod, old, new))


# -- NodeResourcesFit, NodePorts ------------------------------------------------------------------------------------------------------


def _frees_room(_pod: Pod, old: Pod | None, _new: Pod | None) -> bool:
    """A pod that has, or was promised, a node goes."""
    return old is not None and bool(old.spec.node_name or old.status.nominated_node_name)


def _fits_allocatable(pod: Pod, node: Node) -> bool:
    there = node.status.allocatable
    return all(name in there and amount <= there[name] for name, amount in pod_requests(pod).items() if amount)


def _is_large_enough(pod: Pod, old: Node | None, new: Node) -> bool:
    """A node has come that could hold the pod if it were empty, or has grown in what the pod asks for."""
    if not _fits_allocatable(pod, new):
        return False
    return old is None or any(
        name not in old.status.allocatable or old.status.allocatable[name] < new.status.allocatable[name] for name in pod_requests(pod)
    ) or old.status.allocatable.get("pods") != new.status.allocatable.get("pods")  # fmt: skip


def _asks_for_less(_pod: Pod, old: Pod | None, new: Pod | None) -> bool:
    return old is not None and new is not None


def _host_ports(pod: Pod) -> set[tuple[str, int]]:
    return {(port.protocol or "TCP", port.host_port) for container in pod.spec.containers for port in container.ports if port.host_port}


def _frees_ports(pod: Pod, old: Pod | None, _new: Pod | None) -> bool:
    return old is not None and bool(old.spec.node_name) and bool(_host_ports(pod) & _host_ports(old))


# -- TaintToleration, NodeUnschedulable -------------------------------------------------------------------------------------------------


def _is_tolerated(pod: Pod, node: Node) -> bool:
    return first_untolerated(pod.spec.tolerations, node.spec.taints) is None


def _is_tolerated_now(pod: Pod, old: Node | None, new: Node) -> bool:
    return _is_tolerated(pod, new) and (old is None or not _is_tolerated(pod, old))


def _is_own_change(pod: Pod, _old: Pod | None, new: Pod | None) -> bool:
    """The pod itself was changed."""
    return new is not None and new.key == pod.key


CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


def _is_schedulable_now(_pod: Pod, old: Node | None, new: Node) -> bool:
    return not new.spec.unschedulable and (old is None or old.spec.unschedulable)


def _tolerates_cordon_now(pod: Pod, old: Pod | None, new: Pod | None) -> bool:
    return _is_own_change(pod, old, new) and new is not None and tolerates(new.spec.tolerations, CORDON)


# -- NodeAffinity, NodeName -------------------------------------------------------------------------------------------------------------


def _term_matches(term: NodeSelectorTerm, node: Node) -> bool:
    if not term.match_expressions and not term.match_fields:
        return False
    return all(selectors.node_requirement(each).matches(node.labels) for each in term.match_expressions) and all(
        (node.name in each.values) == (each.operator == "In") for each in term.match_fields
    )


def matches_node(pod: Pod, node: Node) -> bool:
    """Do the pod's node selector and required node affinity accept this node?"""
    if any(node.labels.get(key) != value for key, value in pod.spec.node_selector.items()):
        return False
    required = required_terms(pod.spec)
    return required is None or any(_term_matches(term, node) for term in required.node_selector_terms)


def _is_accepted_now(pod: Pod, old: Node | None, new: Node) -> bool:
    return matches_node(pod, new) and (old is None or not matches_node(pod, old))


def _is_the_one(pod: Pod, _old: Node | None, new: Node) -> bool:
    return new.name == pod.spec.node_name


# -- InterPodAffinity, PodTopologySpread -------------------------------------------------------------------------------------------------


def _terms(pod: Pod, *, anti: bool) -> tuple[PodAffinityTerm, ...]:
    affinity = pod.spec.affinity
    part = affinity and (affinity.pod_anti_affinity if anti else affinity.pod_affinity)
    return part.required_during_scheduling_ignored_during_execution if part else ()


def _term_hits(term: PodAffinityTerm, owner: Pod, other: Pod | None) -> bool:
    """Does the term of this owner mean that pod? Selectors of namespaces are not evaluated: they may."""
    if other is None:
        return False
    if term.namespace_selector is None and other.namespace not in (term.namespaces or (owner.namespace,)):
        return False
    return selectors.of(term.label_selector).matches(other.labels)


def _brings_neighbour(pod: Pod, old: Pod | None, new: Pod | None) -> bool:
    """A pod has come, or has become one, that the affinity looks for; or has gone that the anti-affinity of either kept away."""
    wanted, unwanted = _terms(pod, anti=False), _terms(pod, anti=True)
    matched = [bool(wanted) and all(_term_hits(term, pod, found) for term in wanted) for found in (old, new)]
    if matched == [False, True]:
        return True
    kept_away = any(_term_hits(term, pod, old) and not _term_hits(term, pod, new) for term in unwanted)
    return kept_away or (new is None and old is not None and any(_term_hits(term, old, pod) for term in _terms(old, anti=True)))


def _brings_domain(pod: Pod, old: Node | None, new: Node | None) -> bool:
    """A node has another value of a topology key that the pod's rules look at."""
    keys = [term.topology_key for anti in (False, True) for term in _terms(pod, anti=anti)]
    keys += [constraint.topology_key for constraint in pod.spec.topology_spread_constraints]
    if not keys:
        return old is None or new is None
    before, after = ((node.labels if node is not None else {}) for node in (old, new))
    return any(before.get(key) != after.get(key) for key in keys)


def _changes_spread(pod: Pod, old: Pod | None, new: Pod | None) -> bool:
    """A pod comes, goes or changes that one of the constraints counts; or the pod itself has changed."""
    if new is not None and new.key == pod.key:
        return True
    there = [found for found in (old, new) if found is not None and found.namespace == pod.namespace]
    rules = pod.spec.topology_spread_constraints
    if not rules:
        return bool(there)
    return any(selectors.of(rule.label_selector).matches(found.labels) for rule in rules for found in there)


# -- who hears what --------------------------------------------------------------------------------------------------------------------


def _always(*_: Any) -> bool:
    return True


def _never(*_: Any) -> bool:
    return False


def _table() -> Iterator[tuple[str, dict[ClusterEvent, Hint]]]:
    assigned = (on.ASSIGNED_POD_ADD, on.ASSIGNED_POD_LABEL, on.ASSIGNED_POD_DELETE)
    claims = dict.fromkeys((on.CLAIM_ADD, on.CLAIM_UPDATE, on.NODE_ADD, on.NODE_LABEL), _always)
    yield "SchedulingGates", {on.POD_GATES_ELIMINATED: _is_own_change}
    yield "NodeUnschedulable", {
        on.NODE_ADD: _is_schedulable_now, on.NODE_TAINT: _is_schedulable_now, on.POD_TOLERATION: _tolerates_cordon_now,
    }  # fmt: skip
    yield "NodeName", {on.NODE_ADD: _is_the_one}
    yield "TaintToleration", {on.NODE_ADD: _is_tolerated_now, on.NODE_TAINT: _is_tolerated_now, on.POD_TOLERATION: _is_own_change}
    yield "NodeAffinity", {on.NODE_ADD: _is_accepted_now, on.NODE_LABEL: _is_accepted_now}
    yield "NodePorts", {on.NODE_ADD: _always, on.ASSIGNED_POD_DELETE: _frees_ports}
    yield "NodeResourcesFit", {
        on.NODE_ADD: _is_large_enough, on.NODE_ALLOCATABLE: _is_large_enough, on.ASSIGNED_POD_DELETE: _frees_room,
        on.ASSIGNED_POD_SCALE_DOWN: _asks_for_less, on.POD_SCALE_DOWN: _is_own_change,
    }  # fmt: skip
    for plugin in ("VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"):
        yield plugin, {**claims, on.ASSIGNED_POD_DELETE: _frees_room}
    yield "PodTopologySpread", {
        **dict.fromkeys((*assigned, on.POD_LABEL), _changes_spread),
        **dict.fromkeys((on.NODE_ADD, on.NODE_DELETE, on.NODE_LABEL, on.NODE_TAINT), _brings_domain),
    }
    yield "InterPodAffinity", {
        **dict.fromkeys((*assigned, on.POD_LABEL), _brings_neighbour), **dict.fromkeys((on.NODE_ADD, on.NODE_LABEL), _brings_domain),
    }  # fmt: skip
    yield "DefaultPreemption", {on.ASSIGNED_POD_DELETE: _never}


REGISTERED: Mapping[str, Registered] = dict(_table())
"""plugin → its events. A pod that waits for its victims is woken by whoever rejected it: preemption itself wakes nobody."""
