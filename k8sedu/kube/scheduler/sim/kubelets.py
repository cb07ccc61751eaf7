"""Kubelets: on every node one that starts the pods it is told of, ends them when it is asked to, and sends a heartbeat.

What is here is the truth; the API server learns of it later. A node that crashes takes its containers with it, and tells nobody. One that
is cut off goes on with everything it has, and hears of nothing: neither of new pods nor that old ones should end.

A kubelet trusts nobody: a pod that does not fit beside those that it runs is rejected (`OutOfcpu`), whoever bound it.

Source: kubernetes, pkg/kubelet (syncPod, killPod, lifecycle/predicate.go); nodes.md (heartbeats).
Left out: containers one by one, probes, and restarts of containers that crash.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8sedu.kube import times
from k8sedu.kube.informers import Change
from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.cluster import FINISHED
from k8sedu.kube.scheduler.pods import amounts_of, whole
from k8sedu.kube.status import ApiError

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World

RETRY_US = 1_000_000


class Kubelets:
    """All kubelets of a cluster."""

    def __init__(self, world: World, names: list[str]) -> None:
        self.world = world
        self.working = dict.fromkeys(names, True)
        self.reachable = dict.fromkeys(names, True)
        self.running: dict[str, dict[str, Pod]] = {name: {} for name in names}
        """node → key → the pod whose containers run there."""
        self.last_beat_us = dict.fromkeys(names, 0)
        self.touched: dict[str, None] = {}
        """Nodes on which a pod has been started since somebody has looked."""
        self._lives = dict.fromkeys(names, 0)
        self._asked: dict[str, None] = {}
        """UIDs of pods that were asked to end."""
        self._ended: dict[str, Pod] = {}
        """UID → a pod whose work is done and that could not be reported yet."""

    def join(self, name: str) -> None:
        """A new node."""
        for switch in (self.working, self.reachable):
            switch.setdefault(name, True)
        self._lives.setdefault(name, 0)
        self.last_beat_us.setdefault(name, self.world.now_us)
        self.running.setdefault(name, {})

    def answers(self, name: str) -> bool:
        """Does this kubelet work, and can it speak with the API server?"""
        return self.working.get(name, False) and self.reachable[name]

    def beat(self) -> None:
        """Every node that can renews its lease."""
        for name in self.last_beat_us:
            if self.answers(name) and self.world.api_works:
                self.last_beat_us[name] = self.world.now_us

    # -- hearing ---------------------------------------------------------------------------------------------------------------------------

    def hear(self, change: Change[Any]) -> None:
        """The API server tells of a pod."""
        pod = change.new
        if isinstance(pod, Pod) and pod.spec.node_name and self.answers(pod.spec.node_name):
            self._see(pod)

    def _see(self, pod: Pod) -> None:
        if pod.metadata.deletion_timestamp:
            self._ask_to_end(pod)
        elif pod.status.phase not in FINISHED and pod.key not in self.running[pod.spec.node_name] and pod.metadata.uid not in self._ended:
            self._later(self.world.settings.start_ms * 1_000, pod, self._start)

    def _later(self, delay_us: int, pod: Pod, action: Callable[[Pod], None]) -> None:
        """Unless the node fails before."""
        node = pod.spec.node_name
        life = self._lives[node]
        self.world.later(delay_us, lambda: action(pod) if self._lives[node] == life else None)

    # -- starting and ending ---------------------------------------------------------------------------------------------------------------

    def adopt(self, pod: Pod) -> None:
        """The pod ran here before the story began."""
        self.running[pod.spec.node_name][pod.key] = pod
        self._plan_end(pod)

    def _start(self, pod: Pod) -> None:
        node, known = pod.spec.node_name, self.world.pod(pod.key)
        if known is None or known.metadata.uid != pod.metadata.uid or known.metadata.deletion_timestamp or pod.key in self.running[node]:
            return
        if lacking := self._lacking(pod):
            status = {"phase": "Failed", "reason": f"OutOf{lacking}", "message": f"Node didn't have enough resource: {lacking}"}
            self._report(pod, status)
            return
        self.running[node][pod.key] = pod
        self.touched[node] = None
        self._report(pod, {"phase": "Running", "startTime": times.to_text(self.world.now_ms)})
        self.world.note("start", node, {"pod": pod.key})
        self._plan_end(pod)

    def _lacking(self, pod: Pod) -> str:
        """The first resource of which the node has too little for the pod, beside what runs."""
        node = self.world.node(pod.spec.node_name)
        there = whole(node.status.allocatable) if node is not None else {}
        beside = [amounts_of(found.spec).requests for found in self.running[pod.spec.node_name].values()]
        for name, amount in amounts_of(pod.spec).requests.items():
            if amount and amount + sum(one.get(name, 0) for one in beside) > there.get(name, 0):
                return name
        return ""

    def _plan_end(self, pod: Pod) -> None:
        duration_ms = self.world.duration_ms(pod)
        if duration_ms is not None:
            self._later(duration_ms * 1_000, pod, self._done)

    def _done(self, pod: Pod) -> None:
        """The pod's work is done."""
        if self.running[pod.spec.node_name].pop(pod.key, None) is not None:
            self._ended[pod.metadata.uid] = pod
            if self.answers(pod.spec.node_name):
                self._report(pod, {"phase": "Succeeded"})

    def _ask_to_end(self, pod: Pod) -> None:
        """SIGTERM, and after the grace period SIGKILL."""
        if pod.metadata.uid in self._asked:
            return
        self._asked[pod.metadata.uid] = None
        runs = pod.key in self.running[pod.spec.node_name]
        grace_ms = (pod.metadata.deletion_grace_period_seconds or 0) * 1_000
        self._later(min(grace_ms, self.world.settings.stop_ms) * 1_000 if runs else 0, pod, self._remove)

    def _remove(self, pod: Pod) -> None:
        self.running[pod.spec.node_name].pop(pod.key, None)
        self._insist(pod, lambda server, now_ms: server.delete(
            "pods", pod.name, namespace=pod.namespace, grace_period_s=0, uid=pod.metadata.uid, now_ms=now_ms))  # fmt: skip

    def _report(self, pod: Pod, status: dict[str, Any]) -> None:
        change, where = {"status": status}, pod.namespace
        self._insist(pod, lambda server, _: server.patch("pods", pod.name, change, namespace=where, subresource="status"))

    def _insist(self, pod: Pod, request: Callable[..., Any]) -> None:
        """Say it again every second until the API server has it; what is not there any more need not be said."""
        known = self.world.pod(pod.key)
        if known is None or known.metadata.uid != pod.metadata.uid:
            return
        try:
            self.world.call(request)
        except ApiError as error:
            if error.code >= 500:
                self._later(RETRY_US, pod, lambda pod: self._insist(pod, request))

    # -- failing ---------------------------------------------------------------------------------------------------------------------------

    def crash(self, name: str) -> tuple[str, ...]:
        """The node is switched off: its containers are gone, and with them what was planned. Returns the pods that ran."""
        lost, self.running[name] = tuple(self.running[name]), {}
        self.working[name] = False
        self._lives[name] += 1
        return lost

    def restart(self, name: str) -> None:
        """The node is switched on, reads what it should run, and begins anew with all of it."""
        self.working[name] = True
        self._catch_up(name)

    def reach(self, name: str, *, on: bool) -> None:
        """The node is cut off, or can be reached again and hears what it has missed."""
        self.reachable[name] = on
        if self.answers(name):
            self._catch_up(name)

    def _catch_up(self, name: str) -> None:
        self.last_beat_us[name] = self.world.now_us
        mine = {pod.key: pod for pod in self.world.pods_on(name)}
        for key, pod in list(self.running[name].items()):
            if key not in mine or mine[key].metadata.uid != pod.metadata.uid:
                del self.running[name][key]
        for pod in mine.values():
            if pod.metadata.deletion_timestamp:
                self._asked.pop(pod.metadata.uid, None)
            if pod.metadata.uid in self._ended and not pod.metadata.deletion_timestamp:
                self._report(pod, {"phase": "Succeeded"})
            else:
                self._see(pod)

    def check(self) -> None:
        """Assert that nothing runs on a node that is off, and each pod only where it was bound."""
        assert not any(self.running[name] for name, works in self.working.items() if not works), "a node that is off runs pods"
        assert all(pod.spec.node_name == name for name, pods in self.running.items() for pod in pods.values())
