"""Laws of queueing hints: each plugin is woken by what may help it, and sleeps through the rest."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import events as on
from k8sedu.kube.scheduler.hints import events_of, matches_node, may_help


def pod(*, labels: dict[str, str] | None = None, cpu: str = "", **spec: Any) -> Pod:
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu}}}] if cpu else [{"name": "c"}]
    return Pod.of({"metadata": {"name": "p", "namespace": "default", "labels": labels or {}}, "spec": {"containers": containers, **spec}})


def node(cpu: str = "4", *, labels: dict[str, str] | None = None, **spec: Any) -> Node:
    status = {"allocatable": {"cpu": cpu, "pods": "110"}}
    return Node.of({"metadata": {"name": "n1", "labels": labels or {}}, "spec": spec, "status": status})


GPU = {"key": "gpu", "effect": "NoSchedule"}
RUNNING = pod(nodeName="n1")
PORT = [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]
NEAR_WEB = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
    {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "zone"}]}}  # fmt: skip
FAR_FROM_WEB = {"podAntiAffinity": NEAR_WEB["podAffinity"]}
SPREAD = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]
WEB = pod(labels={"app": "web"}, nodeName="n1")
CASES = [
    ("NodeResourcesFit", on.ASSIGNED_POD_DELETE, pod(cpu="1"), RUNNING, None, True),
    ("NodeResourcesFit", on.ASSIGNED_POD_DELETE, pod(cpu="1"), pod(), None, False),
    ("NodeResourcesFit", on.ASSIGNED_POD_ADD, pod(cpu="1"), None, RUNNING, False),
    ("NodeResourcesFit", on.NODE_ADD, pod(cpu="1"), None, node("4"), True),
    ("NodeResourcesFit", on.NODE_ADD, pod(cpu="8"), None, node("4"), False),
    ("NodeResourcesFit", on.NODE_ALLOCATABLE, pod(cpu="1"), node("2"), node("4"), True),
    ("NodeResourcesFit", on.NODE_ALLOCATABLE, pod(cpu="1"), node("4"), node("2"), False),
    ("NodeResourcesFit", on.NODE_TAINT, pod(cpu="1"), node(taints=[GPU]), node(), False),
    ("TaintToleration", on.NODE_TAINT, pod(), node(taints=[GPU]), node(), True),
    ("TaintToleration", on.NODE_TAINT, pod(), node(), node(taints=[GPU]), False),
    ("TaintToleration", on.NODE_ADD, pod(), None, node(taints=[GPU]), False),
    ("TaintToleration", on.NODE_ADD, pod(tolerations=[{"operator": "Exists"}]), None, node(taints=[GPU]), True),
    ("NodeUnschedulable", on.NODE_TAINT, pod(), node(unschedulable=True), node(), True),
    ("NodeUnschedulable", on.NODE_TAINT, pod(), node(), node(unschedulable=True), False),
    ("NodeAffinity", on.NODE_LABEL, pod(nodeSelector={"disk": "ssd"}), node(), node(labels={"disk": "ssd"}), True),
    ("NodeAffinity", on.NODE_LABEL, pod(nodeSelector={"disk": "ssd"}), node(), node(labels={"disk": "hdd"}), False),
    ("NodeName", on.NODE_ADD, pod(nodeName="n1"), None, node(), True),
    ("NodePorts", on.ASSIGNED_POD_DELETE, pod(containers=PORT), pod(containers=PORT, nodeName="n1"), None, True),
    ("NodePorts", on.ASSIGNED_POD_DELETE, pod(containers=PORT), RUNNING, None, False),
    ("InterPodAffinity", on.ASSIGNED_POD_ADD, pod(affinity=NEAR_WEB), None, WEB, True),
    ("InterPodAffinity", on.ASSIGNED_POD_ADD, pod(affinity=NEAR_WEB), None, RUNNING, False),
    ("InterPodAffinity", on.ASSIGNED_POD_DELETE, pod(affinity=FAR_FROM_WEB), WEB, None, True),
    ("InterPodAffinity", on.ASSIGNED_POD_DELETE, pod(affinity=FAR_FROM_WEB), RUNNING, None, False),
    ("InterPodAffinity", on.ASSIGNED_POD_DELETE, pod(labels={"app": "web"}), pod(affinity=FAR_FROM_WEB, nodeName="n1"), None, True),
    ("InterPodAffinity", on.NODE_LABEL, pod(affinity=NEAR_WEB), node(), node(labels={"zone": "a"}), True),
    ("InterPodAffinity", on.NODE_LABEL, pod(affinity=NEAR_WEB), node(), node(labels={"disk": "a"}), False),
    ("PodTopologySpread", on.ASSIGNED_POD_DELETE, pod(topologySpreadConstraints=SPREAD), WEB, None, True),
    ("PodTopologySpread", on.ASSIGNED_POD_DELETE, pod(topologySpreadConstraints=SPREAD), RUNNING, None, False),
    ("PodTopologySpread", on.NODE_ADD, pod(topologySpreadConstraints=SPREAD), None, node(labels={"zone": "b"}), True),
    ("PodTopologySpread", on.NODE_ADD, pod(topologySpreadConstraints=SPREAD), None, node(), False),
    ("DefaultPreemption", on.ASSIGNED_POD_DELETE, pod(), RUNNING, None, False),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1].label}-{case[5]}")
def test_a_plugin_knows_what_helps(case: tuple[Any, ...]) -> None:
    """An event wakes a pod only where it may undo this plugin's rejection."""
    *given, helps = case
    assert may_help(*given) is helps


def test_without_hints_the_kind_decides() -> None:
    """Before 1.32 a new node woke every pod that lacked cores, however small the node."""
    small = (on.NODE_ADD, pod(cpu="8"), None, node("4"))
    assert may_help("NodeResourcesFit", *small, by_kind=True)
    assert not may_help("NodeResourcesFit", on.NODE_TAINT, pod(cpu="8"), None, None, by_kind=True)


def test_who_says_nothing_is_woken_by_everything() -> None:
    """A plugin that is not known here hears all events; and the timeout of five minutes wakes pods of every plugin."""
    assert events_of("MyPlugin") is None
    assert may_help("MyPlugin", on.NODE_CONDITION, pod(), node(), node())
    assert may_help("NodeName", on.WILDCARD, pod(), None, None)


def test_selectors_are_those_of_the_api() -> None:
    """A term without conditions accepts no node; names are conditions too."""
    nothing, named = ({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
                      for term in ({}, {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}))  # fmt: skip
    assert [matches_node(pod(affinity=affinity), node()) for affinity in (nothing, named)] == [False, True]
