"""Laws of cluster events: which parts of a change are told."""

from __future__ import annotations

import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import events

NODE = Node.of({"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "2"}, "conditions": [{"type": "Ready", "status": "True"}]}})
POD = Pod.of({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]}})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"status": {"allocatable": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": "True"}]}}, [events.NODE_ALLOCATABLE]),
        ({"metadata": {"name": "n1", "labels": {"zone": "a"}}}, [events.NODE_LABEL]),
        ({"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]}}, [events.NODE_TAINT]),
        ({"spec": {"unschedulable": True}}, [events.NODE_TAINT]),
        ({"status": {"allocatable": {"cpu": "2"}, "conditions": [{"type": "Ready", "status": "False"}]}}, [events.NODE_CONDITION]),
        ({}, []),
    ],
)
def test_each_part_of_a_node_is_an_event_of_its_own(changed: dict[str, object], told: list[events.ClusterEvent]) -> None:
    """What has changed of a node is told, and nothing else."""
    assert list(events.node_changes(NODE, Node.of({**NODE.document(), **changed}))) == told


def test_a_pods_changes_are_its_own_or_somebody_elses() -> None:
    """A label of a waiting pod matters to itself, that of a running one to others; a pod that shrinks gives room back."""
    labelled = POD.evolve(metadata=POD.metadata.evolve(labels={"a": "b"}))
    assert list(events.pod_changes(POD, labelled)) == [events.POD_LABEL]
    running = labelled.evolve(spec=labelled.spec.evolve(node_name="n1"))
    assert list(events.pod_changes(POD, running)) == [events.ASSIGNED_POD_LABEL]
    small = Pod.of({"metadata": {"name": "p"}, "spec": {"nodeName": "n1", "containers": [{"name": "c"}]}})
    assert list(events.pod_changes(POD, small)) == [events.ASSIGNED_POD_SCALE_DOWN]


def test_gates_count_when_the_last_is_gone() -> None:
    """Taking one of two gates away is an ordinary change."""

    def gated(names: str) -> Pod:
        return Pod.of({"metadata": {"name": "p"}, "spec": {"schedulingGates": [{"name": name} for name in names]}})

    two, one, none = map(gated, ("ab", "a", ""))
    assert list(events.pod_changes(two, one)) == [events.POD_UPDATE]
    assert list(events.pod_changes(one, none)) == [events.POD_GATES_ELIMINATED]
