"""Nominated nodes: a place that a pod was promised, while its victims still end.

The promise is written into the pod (`status.nominatedNodeName`), and it binds in one direction: a pod of lower or the same priority may not
take the room; one of higher priority may. So when the scheduler looks at a node for a pod, it counts the nominated pods of at least the
same priority as if they were there. It then asks once more without them, because they may never come, and a pod that wants to be *near*
one of them would wait in vain.

Source: kubernetes 1.35, pkg/scheduler/backend/queue/nominator.go, framework/runtime/framework.go (RunFilterPluginsWithNominatedPods).
"""

from __future__ import annotations

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.victims import priority_of


class Nominator:
    """Who was promised which node. Each call costs O(1), `on` and `below` O(pods nominated to the node).

    >>> nominator = Nominator()
    >>> urgent = Pod.of({"metadata": {"name": "urgent"}, "spec": {"priority": 9}})
    >>> nominator.add(urgent, "n1")
    >>> [pod.name for pod in nominator.on("n1")], nominator.node_of(urgent), nominator.for_pod(Pod.of({"spec": {"priority": 10}}))
    (['urgent'], 'n1', {})
    """

    def __init__(self) -> None:
        self._on: dict[str, dict[str, Pod]] = {}
        self._node_of: dict[str, str] = {}

    def __len__(self) -> int:
        """How many pods were promised a node."""
        return len(self._node_of)

    def add(self, pod: Pod, node: str = "") -> None:
        """Promise a node, in the place of an older promise; without a name, the one that the pod's status tells."""
        self.delete(pod)
        name = node or pod.status.nominated_node_name
        if name:
            self._on.setdefault(name, {})[pod.key] = pod
            self._node_of[pod.key] = name

    def delete(self, pod: Pod) -> None:
        """The promise is kept or taken back."""
        name = self._node_of.pop(pod.key, None)
        if name is not None:
            del self._on[name][pod.key]
            if not self._on[name]:
                del self._on[name]

    def update(self, pod: Pod) -> None:
        """The pod was changed; a promise that its new status does not tell, and that was made a moment ago, stays."""
        self.add(pod, pod.status.nominated_node_name or self._node_of.get(pod.key, ""))

    def node_of(self, pod: Pod) -> str:
        """The node that this pod was promised, or nothing."""
        return self._node_of.get(pod.key, "")

    def on(self, node: str) -> tuple[Pod, ...]:
        """The pods that were promised this node."""
        return tuple(self._on.get(node, {}).values())

    def below(self, pod: Pod, node: str) -> tuple[Pod, ...]:
        """The pods of lower priority that were promised this node: a preemption there takes their promise back."""
        return tuple(found for found in self.on(node) if priority_of(found) < priority_of(pod))

    def for_pod(self, pod: Pod) -> dict[str, tuple[Pod, ...]]:
        """By node, the nominated pods that count when this pod looks for room: those of at least its priority, without itself."""
        found = {
            node: tuple(each for each in pods.values() if priority_of(each) >= priority_of(pod) and each.key != pod.key)
            for node, pods in self._on.items()
        }
        return {node: pods for node, pods in found.items() if pods}

    def check(self) -> None:
        """Assert that both books tell the same; O(nominated pods)."""
        assert {key: node for node, pods in self._on.items() for key in pods} == self._node_of
        assert all(self._on.values()), "a node without promises is kept"
