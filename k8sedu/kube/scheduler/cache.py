"""The scheduler's cache: what it knows of nodes and pods, and the pods that it has placed before anybody has agreed.

Binding a pod is a request to the API server, and takes a while. The scheduler does not wait for the answer. It *assumes* that the pod is on
its node, so the next pod sees the room as taken, and goes on. Then one of three things happens: the API server tells that the pod is bound,
and the assumption is true; the binding fails, and the pod is *forgotten*; or nothing is heard of it, and the assumption *expires*, if it
may (in today's scheduler it may not, and waits for ever).

    initial  ── assume ─→ assumed ── add ─→ added ── remove ─→ deleted
    initial  ───────────── add ──────────→ added
    assumed  ── forget ─→ initial
    assumed  ── expire ─→ expired ── add ─→ added

Source: kubernetes 1.35, pkg/scheduler/backend/cache/interface.go (the state machine), cache.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.cluster import Cluster

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("initial", "assume"): "assumed",
    ("initial", "add"): "added",
    ("assumed", "add"): "added",
    ("assumed", "forget"): "initial",
    ("assumed", "expire"): "expired",
    ("expired", "add"): "added",
    ("added", "update"): "added",
    ("added", "remove"): "deleted",
}
"""(state, what happens) → state; everything else is a mistake of the caller."""
GONE = ("initial", "expired", "deleted")
"""In these states the cache knows nothing of a pod."""


class CacheError(K8sEduError, ValueError):
    """A pod that is assumed twice, or forgotten though it is bound."""


class Assumed(NamedTuple):
    """A pod that is believed to be on a node, and until when: None while its binding is under way, or for ever."""

    pod: Pod
    until_ms: int | None = None


class SchedulerCache:
    """Nodes and pods of a cluster, assumed pods among them. Each call costs what the table's books cost.

    >>> from k8sedu.kube.scheduler.sketch import node, pod
    >>> cache = SchedulerCache(Cluster([node("n1", cpu="4")]))
    >>> web = pod("web", cpu="1")
    >>> cache.assume(web, "n1"), cache.state_of(web), cache.cluster.table.requested("cpu").tolist()
    (None, 'assumed', [1000])
    >>> cache.forget(web), cache.state_of(web), cache.cluster.table.requested("cpu").tolist()
    (None, 'initial', [0])

    Args:
        cluster: what is known; the cache writes its nodes and pods.
        expire_after_ms: how long after a finished binding an unconfirmed pod is believed in; 0 for ever, as today.
    """

    def __init__(self, cluster: Cluster, *, expire_after_ms: int = 0) -> None:
        self.cluster = cluster
        self.expire_after_ms = expire_after_ms
        self._pods: dict[str, Pod] = {}
        self._assumed: dict[str, Assumed] = {}
        for info, _ in cluster.table.pods():
            self._pods[info.pod.key] = info.pod

    def state_of(self, pod: Pod) -> str:
        """`assumed`, `added`, or `initial` for a pod that the cache does not know."""
        return "assumed" if pod.key in self._assumed else "added" if pod.key in self._pods else "initial"

    def node_of(self, pod: Pod) -> str:
        """The node on which the pod is, or is believed to be; nothing if it is on none."""
        found = self._pods.get(pod.key)
        return found.spec.node_name if found is not None else ""

    # -- assuming --------------------------------------------------------------------------------------------------------------------------

    def assume(self, pod: Pod, node: str) -> None:
        """Believe from now on that the pod is on this node.

        Raises:
            CacheError: it is known already.
        """
        self._step(pod, "assume")
        placed = pod.evolve(spec=pod.spec.evolve(node_name=node))
        self._assumed[pod.key] = Assumed(placed)
        self._put(placed)

    def finish_binding(self, pod: Pod, *, now_ms: int) -> None:
        """The API server has taken the binding; what is missing is that it tells so."""
        found = self._assumed.get(pod.key)
        if found is not None and self.expire_after_ms:
            self._assumed[pod.key] = found._replace(until_ms=now_ms + self.expire_after_ms)

    def forget(self, pod: Pod) -> None:
        """The binding has failed: the pod is not there.

        Raises:
            CacheError: it is not assumed.
        """
        self._step(pod, "forget")
        self._drop(pod)

    def expire(self, *, now_ms: int) -> list[Pod]:
        """Give up those of whom nothing was heard for too long; returns them."""
        late = [found.pod for found in self._assumed.values() if found.until_ms is not None and found.until_ms <= now_ms]
        for pod in late:
            self._step(pod, "expire")
            self._drop(pod)
        return late

    def assumed(self) -> tuple[Pod, ...]:
        """All pods that are assumed, in the order in which they were."""
        return tuple(found.pod for found in self._assumed.values())

    # -- hearing ---------------------------------------------------------------------------------------------------------------------------

    def add_pod(self, pod: Pod) -> None:
        """The API server tells of a pod with a node; it may be where it was assumed, or elsewhere, and then that counts."""
        if self.state_of(pod) == "added":
            self.update_pod(pod)
            return
        self._step(pod, "add")
        self._assumed.pop(pod.key, None)
        self._put(pod)

    def update_pod(self, pod: Pod) -> None:
        """A pod that has a node was changed."""
        self._step(pod, "update")
        self._put(pod)

    def remove_pod(self, pod: Pod) -> None:
        """A pod with a node is gone, or has ended; of an assumed one that means that it was bound and deleted unseen."""
        if self.state_of(pod) == "initial":
            return
        self._assumed.pop(pod.key, None)
        self._step(pod, "remove")
        self._drop(pod)

    def add_node(self, node: Node) -> None:
        """A node has come, or has changed; pods that were heard of before it take their places."""
        is_new = node.name not in self.cluster.table
        self.cluster.add(node)
        if is_new:
            for pod in self._pods.values():
                if pod.spec.node_name == node.name:
                    self.cluster.add(pod)

    def remove_node(self, node: Node) -> None:
        """A node is gone; its pods stay known until they are told to be gone."""
        self.cluster.remove(node)

    def check(self) -> None:
        """Assert that the table holds exactly the pods of the cache whose nodes are there, each where the cache says; O(pods)."""
        table = self.cluster.table
        there = {info.pod.key: node for info, node in table.pods()}
        expected = {key: pod.spec.node_name for key, pod in self._pods.items() if pod.spec.node_name in table}
        assert there == expected, f"the table has {there}, the cache {expected}"
        assert all(found.pod is self._pods[key] for key, found in self._assumed.items()), "an assumed pod is not the one in the cache"

    # -- books -----------------------------------------------------------------------------------------------------------------------------

    def _step(self, pod: Pod, what: str) -> None:
        state = self.state_of(pod)
        if (state, what) not in TRANSITIONS:
            possible = ", ".join(name for before, name in TRANSITIONS if before == state)
            raise CacheError(f"cannot {what} the pod {pod.key}, which is {state}: expected one of {possible}")

    def _put(self, pod: Pod) -> None:
        self._pods[pod.key] = pod
        self.cluster.add(pod)

    def _drop(self, pod: Pod) -> None:
        self._assumed.pop(pod.key, None)
        known = self._pods.pop(pod.key)
        self.cluster.remove(known)
