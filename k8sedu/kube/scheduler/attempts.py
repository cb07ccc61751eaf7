"""Several pods one after the other, and the account of a preemption: what one asks first in a cell.

`place` does what the scheduler does with a queue of pods, without time: it walks over the nodes zone by zone, ends when enough are found,
begins the next search behind the last node, and books each pod before it looks at the next one.

Source: kubernetes 1.35, pkg/scheduler/schedule_one.go (schedulingCycle, assume).
Left out: queues, backoff and binding, which need time (`sim`); a pod that fits nowhere is not tried again.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.node_tree import NodeTree
from k8sedu.kube.scheduler.plugins.default_preemption import DefaultPreemption
from k8sedu.kube.scheduler.preemption import Preemption
from k8sedu.kube.scheduler.profiles import Profile
from k8sedu.kube.scheduler.sampling import Rotation, num_feasible_nodes_to_find
from k8sedu.kube.scheduler.table import NodeTable, Rows


class AttemptError(K8sEduError, ValueError):
    """A question that has no answer, since the pod has a node already, or nobody who would preempt."""


def place(pods: Iterable[Pod], cluster: Cluster, profile: Profile | None = None) -> list[Decision]:
    """Place pods one after the other. Each that gets a node is added to the cluster, so that the next one sees it.

    >>> from k8sedu.kube.scheduler.sketch import node, pod
    >>> cluster = Cluster([node("n1"), node("n2")])
    >>> [decision.node for decision in place([pod(f"web-{n}", cpu="2500m") for n in range(3)], cluster)]
    ['n1', 'n2', '']

    Args:
        pods: the pods, in the order of the queue.
        cluster: what the scheduler knows; it grows.
        profile: which plugins; the default profile if none is given.
    """
    framework, rotation = Framework(profile, cluster), Rotation()
    order = visiting_order(cluster.table)
    want = num_feasible_nodes_to_find(len(order), framework.profile.percentage_of_nodes_to_score or 0)
    decisions = []
    for pod in pods:
        decision = framework.schedule(pod, start=rotation.begin(len(order)), want=want, order=order)
        rotation.advance(decision.advance, nodes=len(order))
        if decision.node:
            cluster.add(pod.evolve(spec=pod.spec.evolve(node_name=decision.node)))
        decisions.append(decision)
    return decisions


def visiting_order(table: NodeTable) -> Rows:
    """The rows of a table in the order in which the scheduler walks over them: one node of each zone, again and again."""
    tree = NodeTree()
    for name in table.names:
        tree.add(table.node(name))
    return np.array([table.row(name) for name in tree.order()], dtype=np.intp)


def make_room(pod: Pod, cluster: Cluster, profile: Profile | None = None) -> Preemption:
    """Who would have to leave for a pod that fits nowhere, and how that was found. Nothing is booked, and nobody leaves.

    >>> from k8sedu.kube.scheduler.sketch import node, pod
    >>> full = Cluster([node("n1"), pod("batch", cpu="4", node="n1")])
    >>> found = make_room(pod("web", cpu="1", priority=9), full)
    >>> found.nominated_node, [victim.name for victim in found.victims]
    ('n1', ['batch'])

    Raises:
        AttemptError: the pod fits somewhere, or the profile has no DefaultPreemption.
    """
    framework = Framework(profile, cluster)
    decision = framework.schedule(pod)
    if decision.node:
        raise AttemptError(f"{decision.pod} fits on {decision.node}, expected a pod that fits nowhere")
    framework.post_filter(decision)
    found = decision.cycle.state.get(DefaultPreemption.NAME)
    if not isinstance(found, Preemption):
        raise AttemptError(f"nobody in {framework.profile.name} looks for victims, expected DefaultPreemption among its plugins")
    return found
