"""Laws of workloads that count as their pods."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube import manifest
from k8sedu.kube.objects import ApiObject, Pod, PriorityClass
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.expansion import expanded, pods_of, with_priority
from k8sedu.kube.scheduler.framework import schedule
from k8sedu.kube.scheduler.sketch import node

TEMPLATE = "{metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: nginx}]}}"
SELECTOR = "selector: {matchLabels: {app: x}}"


def read(kind: str, spec: str, version: str = "apps/v1") -> ApiObject:
    return manifest.load(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {spec}\n")[0]


WORKLOADS = [
    ("Deployment", f"{{replicas: 2, {SELECTOR}, template: {TEMPLATE}}}", "apps/v1", ["x-0", "x-1"]),
    ("Deployment", f"{{{SELECTOR}, template: {TEMPLATE}}}", "apps/v1", ["x-0"]),
    ("ReplicaSet", f"{{replicas: 0, {SELECTOR}, template: {TEMPLATE}}}", "apps/v1", []),
    ("StatefulSet", f"{{replicas: 2, ordinals: {{start: 5}}, {SELECTOR}, template: {TEMPLATE}}}", "apps/v1", ["x-5", "x-6"]),
    ("Job", f"{{parallelism: 3, completions: 2, template: {TEMPLATE}}}", "batch/v1", ["x-0", "x-1"]),
    ("Job", f"{{suspend: true, template: {TEMPLATE}}}", "batch/v1", []),
    ("CronJob", f"{{schedule: '@daily', jobTemplate: {{spec: {{template: {TEMPLATE}}}}}}}", "batch/v1", ["x-0"]),
    ("ReplicationController", f"{{replicas: 1, template: {TEMPLATE}}}", "v1", ["x-0"]),
]


@pytest.mark.parametrize(("kind", "spec", "version", "names"), WORKLOADS)
def test_each_kind_makes_its_pods(kind: str, spec: str, version: str, names: list[str]) -> None:
    """So many pods, with the template's labels, the API server's defaults, and an owner who is their controller."""
    pods = pods_of(read(kind, spec, version))
    assert [pod.name for pod in pods] == names
    assert all(pod.labels["app"] == "x" and pod.spec.restart_policy and pod.controller is not None for pod in pods)


def test_a_deployment_makes_a_replica_set_that_knows_its_pods_from_older_ones() -> None:
    """The template's digest is a label of the pods and part of the selector, so that two versions can be told apart."""
    _, replica_set, pod = expanded([read("Deployment", f"{{{SELECTOR}, template: {TEMPLATE}}}")])
    digest = pod.labels["pod-template-hash"]
    assert replica_set.name == f"x-{digest}"
    assert replica_set.spec.selector.match_labels == {"app": "x", "pod-template-hash": digest}  # type: ignore[attr-defined]  # a ReplicaSet
    other = expanded([read("Deployment", f"{{{SELECTOR}, template: {TEMPLATE.replace('nginx', 'httpd')}}}")])[2]
    assert other.labels["pod-template-hash"] != digest


def test_a_stateful_set_brings_its_claims() -> None:
    """Each pod has a claim of its own, named after template and pod."""
    spec = f"{{{SELECTOR}, template: {TEMPLATE}, volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {{}}}}]}}"
    _, claim, pod = expanded([read("StatefulSet", spec)])
    assert (claim.kind, claim.key) == ("PersistentVolumeClaim", "default/data-x-0")
    assert isinstance(pod, Pod)
    assert pod.spec.volumes[-1].persistent_volume_claim.claim_name == "data-x-0"  # type: ignore[union-attr]  # it has one


def test_a_daemon_goes_to_every_node_that_takes_it_and_to_no_other() -> None:
    """One pod for each eligible node, pinned to it by name; cordons and pressure do not keep it away, other taints do."""
    cordoned = node("n2", unschedulable=True, taints=["node.kubernetes.io/unschedulable:NoSchedule"])
    nodes = [node("n1"), cordoned, node("n3", taints=["gpu:NoSchedule"])]
    pods = pods_of(read("DaemonSet", f"{{{SELECTOR}, template: {TEMPLATE}}}"), nodes=nodes)
    assert [pod.name for pod in pods] == ["x-n1", "x-n2"]
    cluster = Cluster(nodes)
    assert [schedule(pod, cluster).node for pod in pods] == ["n1", "n2"]


CLASSES = {
    "high": PriorityClass.of({"metadata": {"name": "high"}, "value": 9, "preemptionPolicy": "Never"}),
    "usual": PriorityClass.of({"metadata": {"name": "usual"}, "value": 3, "globalDefault": True}),
}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"priorityClassName": "high"}, (9, "Never")),
        ({}, (3, "PreemptLowerPriority")),
        ({"priorityClassName": "system-node-critical"}, (2_000_001_000, "PreemptLowerPriority")),
    ],
)
def test_priority_comes_from_the_class(spec: dict[str, Any], expected: tuple[int, str]) -> None:
    """The class gives priority and policy; without one the default class does; two classes every cluster has."""
    found = with_priority(Pod.of({"metadata": {"name": "p"}, "spec": spec}), CLASSES).spec
    assert (found.priority, found.preemption_policy) == expected


def test_other_objects_stand_for_themselves() -> None:
    """What is no workload is left as it is."""
    service = manifest.load("apiVersion: v1\nkind: Service\nmetadata: {name: x}")
    assert expanded(service) == service
