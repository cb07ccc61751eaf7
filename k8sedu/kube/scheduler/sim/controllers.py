"""The controllers beside the scheduler: who makes new pods, who notices that a node is silent, who counts what may be disturbed.

- *Owners.* A pod of a ReplicaSet or Job that is gone has a successor, with a new name and no node: it waits in the scheduler's queue.
- *Node lifecycle.* A node whose heartbeat has stopped for 50 s gets the taint `node.kubernetes.io/unreachable`, and its pods are evicted
  when they bear it no longer: after five minutes, if they say nothing else. So it takes 350 s until they run elsewhere.
- *Disruption.* A budget says how many of its pods may be disturbed now; somebody must count.

Source: kubernetes, pkg/controller/{nodelifecycle,tainteviction,disruption,replicaset}; nodes.md; KEP-3902.
Left out: the rate at which nodes are tainted (one in ten seconds), and that nobody is evicted when all zones are silent.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Literal

import simpy

from k8sedu.kube import selectors
from k8sedu.kube.informers import Change
from k8sedu.kube.objects import Node, Pod, PodDisruptionBudget, Taint
from k8sedu.kube.scheduler.cluster import FINISHED
from k8sedu.kube.scheduler.node_match import tolerates
from k8sedu.kube.scheduler.sim.settings import CONTROLLER
from k8sedu.kube.status import ApiError

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World

UNREACHABLE = "node.kubernetes.io/unreachable"
EFFECTS: tuple[Literal["NoSchedule", "NoExecute"], ...] = ("NoSchedule", "NoExecute")
SECOND_US = 1_000_000


class Controllers:
    """All of them, in one process as in a real control plane."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.silent: dict[str, int] = {}
        """Nodes that are marked as unreachable → when."""
        self._timers: dict[str, int] = {}
        """UID of a pod → when it will be evicted, µs."""

    def start(self) -> None:
        """Begin to look."""
        self.world.env.process(self._monitor())

    def hear(self, change: Change[Any]) -> None:
        """The API server tells of a change."""
        found = change.object
        if isinstance(found, Pod):
            self._count_budgets()
            if change.new is not None:
                self._look_at(change.new)
        elif isinstance(found, Node) and change.new is not None:
            for pod in self.world.pods_on(found.name):
                self._look_at(pod)
        elif isinstance(found, PodDisruptionBudget):
            self._count_budgets()

    # -- nodes -----------------------------------------------------------------------------------------------------------------------------

    def _monitor(self) -> Generator[simpy.Event, Any, None]:
        settings, kubelets, next_beat_us = self.world.settings, self.world.kubelets, 0
        step_us = min(settings.monitor_ms, settings.heartbeat_ms) * 1_000
        while True:
            if self.world.now_us >= next_beat_us:
                kubelets.beat()
                next_beat_us = self.world.now_us + settings.heartbeat_ms * 1_000
            if self.world.api_works:
                self._compare()
            yield self.world.env.timeout(step_us)

    def _compare(self) -> None:
        """Which nodes have become silent, and which speak again?"""
        for name, beat_us in self.world.kubelets.last_beat_us.items():
            is_silent = self.world.now_us - beat_us > self.world.settings.node_grace_ms * 1_000
            if is_silent and name not in self.silent and self.world.node(name) is not None:
                self.silent[name] = self.world.now_us
                self._mark(name, silent=True)
            elif not is_silent and name in self.silent:
                del self.silent[name]
                self._mark(name, silent=False)

    def _mark(self, name: str, *, silent: bool) -> None:
        """Tell it in the node's condition and taints; the books of the run follow."""
        node = self.world.node(name)
        assert node is not None
        others = tuple(taint for taint in node.spec.taints if taint.key != UNREACHABLE)
        taints = (*others, *(Taint(key=UNREACHABLE, effect=effect) for effect in EFFECTS)) if silent else others
        ready = {"type": "Ready", "status": "Unknown" if silent else "True", "reason": "NodeStatusUnknown" if silent else "KubeletReady"}
        self.world.write_taints(node, taints)
        self.world.try_to_patch(node, {"status": {"conditions": [ready]}})
        if silent:
            self.world.lose_node(name)
        else:
            self.world.regain_node(name)

    # -- evictions -------------------------------------------------------------------------------------------------------------------------

    def _look_at(self, pod: Pod) -> None:
        """Must the pod leave its node because of a NoExecute taint, and when?"""
        uid, node = pod.metadata.uid, self.world.node(pod.spec.node_name)
        if node is None or pod.metadata.deletion_timestamp or pod.status.phase in FINISHED:
            self._timers.pop(uid, None)
            return
        left_s = patience_s(pod, node)
        if left_s is None:
            self._timers.pop(uid, None)
        elif uid not in self._timers:
            self._timers[uid] = due_us = self.world.now_us + left_s * SECOND_US
            self.world.later(left_s * SECOND_US, lambda: self._evict(pod.key, uid, due_us))

    def _evict(self, key: str, uid: str, due_us: int) -> None:
        pod = self.world.pod(key)
        if pod is not None and pod.metadata.uid == uid and self._timers.get(uid) == due_us:
            del self._timers[uid]
            try:
                self.world.end(pod, "taint", actor=CONTROLLER)
            except ApiError as error:
                if error.code >= 500:
                    self.world.later(SECOND_US, lambda: self._look_at(pod))

    # -- budgets ---------------------------------------------------------------------------------------------------------------------------

    def _count_budgets(self) -> None:
        for budget in self.world.budgets():
            allowed = self._allowed(budget)
            if allowed != budget.status.disruptions_allowed or not budget.status.gives("disruptions_allowed"):
                self.world.try_to_patch(budget, {"status": {"disruptionsAllowed": allowed}})

    def _allowed(self, budget: PodDisruptionBudget) -> int:
        """How many of the budget's pods may be disturbed now."""
        mine = [pod for pod in self.world.pods() if pod.namespace == budget.namespace and pod.status.phase not in FINISHED
                and selectors.of(budget.spec.selector).matches(pod.labels)]  # fmt: skip
        healthy = sum(pod.status.phase == "Running" and not pod.metadata.deletion_timestamp for pod in mine)
        return max(0, healthy - desired(budget, len(mine)))

    def may_disturb(self, pod: Pod) -> bool:
        """Do all budgets of this pod allow it to be evicted?"""
        guards = [found for found in self.world.budgets()
                  if found.namespace == pod.namespace and selectors.of(found.spec.selector).matches(pod.labels)]  # fmt: skip
        return all(self._allowed(found) > 0 for found in guards)


def desired(budget: PodDisruptionBudget, expected: int) -> int:
    """How many of a budget's pods must be healthy; shares are rounded up.

    >>> [desired(PodDisruptionBudget.of({"spec": spec}), 5) for spec in ({"minAvailable": "50%"}, {"maxUnavailable": 1})]
    [3, 4]
    """
    spec = budget.spec
    if spec.max_unavailable is not None:
        return max(0, expected - _scaled(spec.max_unavailable, expected))
    return _scaled(spec.min_available if spec.min_available is not None else 0, expected)


def _scaled(amount: int | str, whole: int) -> int:
    return amount if isinstance(amount, int) else -(-int(amount.rstrip("%")) * whole // 100)


def patience_s(pod: Pod, node: Node) -> int | None:
    """How long a pod may stay on a node with these taints: None for ever, 0 not at all."""
    waits: list[int] = []
    for taint in node.spec.taints:
        if taint.effect != "NoExecute":
            continue
        bearing = [found for found in pod.spec.tolerations if tolerates((found,), taint)]
        if not bearing:
            return 0
        waits += _limits(bearing)
    return min(waits, default=None)


def _limits(bearing: list[Any]) -> Iterator[int]:
    """The shortest time that one of the tolerations sets."""
    set_ = [max(0, found.toleration_seconds) for found in bearing if found.toleration_seconds is not None]
    yield from (min(set_),) if set_ else ()
