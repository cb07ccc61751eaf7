"""What happens in a cluster, as the scheduler's queue hears of it: a node was added, a pod was deleted, a taint is gone.

A pod that fits nowhere is not tried again and again. It waits until something happens that may help it. So every change is an event with a
resource and an action, and each plugin says which events may undo its own rejections (`hints`).

Source: kubernetes, staging/src/k8s.io/kube-scheduler/framework/types.go (ClusterEvent, ActionType), pkg/scheduler/framework/events.go.
Left out: events of resource claims and of volumes other than claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.requests import pod_requests

ANYTHING = "*"


class ClusterEvent(NamedTuple):
    """One kind of change."""

    resource: str
    action: str

    @property
    def label(self) -> str:
        """What metrics and traces call it.

        >>> NODE_ADD.label, WILDCARD.label
        ('NodeAdd', 'UnschedulableTimeout')
        """
        return self.action if self.resource == ANYTHING else self.resource + self.action


POD_ADD = ClusterEvent("UnscheduledPod", "Add")
POD_UPDATE = ClusterEvent("UnscheduledPod", "Update")
POD_LABEL = ClusterEvent("UnscheduledPod", "UpdatePodLabel")
POD_TOLERATION = ClusterEvent("UnscheduledPod", "UpdatePodToleration")
POD_SCALE_DOWN = ClusterEvent("UnscheduledPod", "UpdatePodScaleDown")
POD_GATES_ELIMINATED = ClusterEvent("UnscheduledPod", "UpdatePodSchedulingGatesEliminated")
POD_DELETE = ClusterEvent("UnscheduledPod", "Delete")
ASSIGNED_POD_ADD = ClusterEvent("AssignedPod", "Add")
ASSIGNED_POD_LABEL = ClusterEvent("AssignedPod", "UpdatePodLabel")
ASSIGNED_POD_SCALE_DOWN = ClusterEvent("AssignedPod", "UpdatePodScaleDown")
ASSIGNED_POD_UPDATE = ClusterEvent("AssignedPod", "Update")
ASSIGNED_POD_DELETE = ClusterEvent("AssignedPod", "Delete")
NODE_ADD = ClusterEvent("Node", "Add")
NODE_DELETE = ClusterEvent("Node", "Delete")
NODE_ALLOCATABLE = ClusterEvent("Node", "UpdateNodeAllocatable")
NODE_LABEL = ClusterEvent("Node", "UpdateNodeLabel")
NODE_TAINT = ClusterEvent("Node", "UpdateNodeTaint")
NODE_CONDITION = ClusterEvent("Node", "UpdateNodeCondition")
CLAIM_ADD = ClusterEvent("PersistentVolumeClaim", "Add")
CLAIM_UPDATE = ClusterEvent("PersistentVolumeClaim", "Update")
WILDCARD = ClusterEvent(ANYTHING, "UnschedulableTimeout")
"""A pod has waited for five minutes: whatever it waits for, it is tried again."""
FORCE_ACTIVATE = ClusterEvent(ANYTHING, "ForceActivate")
"""A plugin wants this pod to be tried now."""

SCHEDULE_ATTEMPT_FAILURE, BACKOFF_COMPLETE, POP_FROM_BACKOFF = "ScheduleAttemptFailure", "BackoffComplete", "PopFromBackoffQ"
"""Why a pod changes from one queue to another where no event of the cluster is the reason."""


def node_changes(old: Node, new: Node) -> Iterator[ClusterEvent]:
    """What of a node's change may matter to a pod that waits.

    >>> old = Node.of({"metadata": {"name": "n1"}, "spec": {"unschedulable": True}})
    >>> [event.label for event in node_changes(old, old.evolve(spec=old.spec.evolve(unschedulable=False)))]
    ['NodeUpdateNodeTaint']
    """
    if old.status.allocatable != new.status.allocatable:
        yield NODE_ALLOCATABLE
    if old.labels != new.labels:
        yield NODE_LABEL
    if (old.spec.taints, old.spec.unschedulable) != (new.spec.taints, new.spec.unschedulable):
        yield NODE_TAINT
    if [(one.type, one.status) for one in old.status.conditions] != [(one.type, one.status) for one in new.status.conditions]:
        yield NODE_CONDITION


def pod_changes(old: Pod, new: Pod) -> Iterator[ClusterEvent]:
    """What of a pod's change may matter: to itself while it waits, to others once it has a node."""
    changed = False
    if old.labels != new.labels:
        changed = True
        yield ASSIGNED_POD_LABEL if new.spec.node_name else POD_LABEL
    if old.spec.tolerations != new.spec.tolerations:
        changed = True
        yield ASSIGNED_POD_UPDATE if new.spec.node_name else POD_TOLERATION
    if old.spec.scheduling_gates and not new.spec.scheduling_gates:
        changed = True
        yield POD_GATES_ELIMINATED
    if _asks_for_less(old, new):
        changed = True
        yield ASSIGNED_POD_SCALE_DOWN if new.spec.node_name else POD_SCALE_DOWN
    if not changed:
        yield ASSIGNED_POD_UPDATE if new.spec.node_name else POD_UPDATE


def _asks_for_less(old: Pod, new: Pod) -> bool:
    if old.spec == new.spec:
        return False
    before, now = pod_requests(old), pod_requests(new)
    return any(name not in now or now[name] < amount for name, amount in before.items())
