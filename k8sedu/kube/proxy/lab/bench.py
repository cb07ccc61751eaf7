"""What lies on the laboratory's bench: a Service, its pods, one node with its kube-proxy, and a client that sends requests.

A pod that is killed is dead at once, and the node does not know it until it is told: what is sent in between may be lost, as in life. All
other changes reach the node's rules at once. A bench is copied before it is changed, so that every earlier one can be taken up again.
"""

from __future__ import annotations

import copy
from collections import Counter
from random import Random
from typing import cast

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects import Service
from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.node import MODES, ModeName, ProxyNode, route
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.sim.cluster import ADDRESS, PORT, TARGET, SimPod, node_settings, slice_of, web_service
from k8sedu.kube.proxy.userspace.proxier import Userspace
from k8sedu.kube.proxy.views.bench_scene import Held
from k8sedu.kube.proxy.views.course import rule_count
from k8sedu.language import Words
from k8sedu.sim.seeds import stream

CLIENT = "10.244.1.200"
MOST = 5
NODES = 2
NOT_HEARD = Words("the node has not heard of a death", "节点还不知道有 Pod 死亡")
GAP_MS = 10
"""Between two requests."""


class BenchError(K8sEduError, ValueError):
    """Something that cannot be done on the bench."""


class Bench:
    """The small cluster under the reader's hands.

    >>> bench = Bench.of(pods=2)
    >>> bench.kill("web-1"); sum(bench.is_lost(walk) for walk in bench.send(100)) > 0
    True
    >>> bench.tell(); sum(bench.is_lost(walk) for walk in bench.send(100))
    0
    """

    def __init__(self, mode: ModeName, rng: Random) -> None:
        self.mode, self.rng = mode, rng
        self.affinity_seconds, self.policy = 0, "Cluster"
        self.pods: dict[str, SimPod] = {}
        self.served: Counter[str] = Counter()
        self.sent = self.lost = 0
        """Since the last change, as what was `served`."""
        self.now_ms = 0
        self._turn = 0
        self._made = 0

    @classmethod
    def of(cls, *, pods: int = 3, mode: str = "iptables", seed: int = 0) -> Bench:
        """A bench on which everybody is well.

        Raises:
            BenchError: there is no such mode, or there are too many pods.
        """
        bench = cls(_known(mode), stream(seed, "requests"))
        bench.node = bench._fresh()
        bench.scale(pods)
        return bench

    node: ProxyNode

    def copied(self) -> Bench:
        """The same once more; what happens to one does not happen to the other."""
        return copy.deepcopy(self)

    # -- changes ---------------------------------------------------------------------------------------------------------------------------

    def kill(self, name: str) -> None:
        """A pod is dead at once; the node has not heard of it.

        Raises:
            BenchError: no pod has this name.
        """
        self._pod(name).state = "dead"
        self._counted_anew()

    def start(self, name: str) -> None:
        """A dead pod's place is taken by a new pod, with another address; the node is told.

        Raises:
            BenchError: no pod has this name.
        """
        self._pod(name)
        self._place(name)
        self.tell()

    def scale(self, count: int) -> None:
        """So many pods that live; dead ones are cleared away, and the node is told.

        Raises:
            BenchError: more than there is room for.
        """
        if not 0 <= count <= MOST:
            raise BenchError(f"met {count} pods, expected 0 to {MOST}")
        self.pods = {name: pod for name, pod in self.pods.items() if pod.is_up}
        while len(self.pods) > count:
            self.pods.popitem()
        names = (f"web-{number}" for number in range(1, 2 * MOST + 2))
        while len(self.pods) < count:
            self._place(next(name for name in names if name not in self.pods))
        self.tell()

    def tell(self) -> None:
        """The controller writes the endpoints down, the node hears of it, and programs its rules."""
        self.node.put(self._service(), slice_of(self.pods.values()))
        self.node.sync(now_ms=self.now_ms)
        self._counted_anew()

    def turn_to(self, mode: str) -> None:
        """kube-proxy begins anew in another mode, with what the API knows.

        Raises:
            BenchError: there is no such mode.
        """
        self.mode = _known(mode)
        self.node = self._fresh()
        self.tell()

    def keep_clients(self, seconds: int) -> None:
        """Session affinity by the client's address for so many seconds; 0 for none."""
        self.affinity_seconds = seconds
        self.tell()

    def route_by(self, policy: str) -> None:
        """Which endpoints requests from inside may get: those of the Cluster, or Local ones only."""
        self.policy = policy
        self.tell()

    # -- requests --------------------------------------------------------------------------------------------------------------------------

    def send(self, count: int, *, with_misses: bool = False) -> list[Walk]:
        """So many new connections of the client, one after the other."""
        found = []
        for _ in range(count):
            walk = route(self.packet(), self.node, self.mode, rng=self.rng, now_ms=self.now_ms, with_misses=with_misses)
            found.append(walk)
            self._turn += 1
            self.now_ms += GAP_MS
            self.sent += 1
            self.served[walk.endpoint] += bool(walk.endpoint)
            self.lost += self.is_lost(walk)
        return found

    def packet(self) -> Packet:
        """The next one."""
        return Packet(CLIENT, 20_000 + self._turn % 40_000, ADDRESS, PORT)

    def is_lost(self, walk: Walk) -> bool:
        """Does nobody answer?"""
        return not walk.is_answered or walk.endpoint in self.dead

    def is_up(self, endpoint: str) -> bool:
        """Does anybody answer at an endpoint?"""
        return any(f"{pod.ip}:{TARGET}" == endpoint and pod.is_up for pod in self.pods.values())

    @property
    def known(self) -> tuple[str, ...]:
        """The endpoints that the node's rules hold and may choose from."""
        found = next(iter(self.node.tracker.backends.values()), ())
        is_local = self.policy == "Local"
        return tuple(each.text for each in found if each.is_ready and (each.is_local or not is_local))

    @property
    def dead(self) -> frozenset[str]:
        """Endpoints that nobody has any more."""
        return frozenset(endpoint for endpoint in (*self.known, *self._texts()) if not self.is_up(endpoint))

    def held(self) -> Held:
        """What a picture needs."""
        names = {pod.ip: pod.name for pod in self.pods.values()}
        backends = tuple(_backend(pod) for pod in self.pods.values())
        stale = len(set(self.known) & self.dead)
        lines = (
            (Words("mode", "模式"), Words(self.mode, self.mode)),
            (Words("session affinity", "会话保持"), _affinity(self.affinity_seconds)),
            (Words("internal traffic policy", "内部流量策略"), Words(self.policy, self.policy)),
            (Words("rules", "规则"), NOT_HEARD if stale else Words("in step", "已同步")),
        )  # fmt: skip
        return Held(
            self.node, self.packet(), "default/web:http", backends, self.known, names, self.dead, dict(self.served), self.sent, self.lost,
            rule_count(self.node, self.mode), lines,
        )  # fmt: skip

    # -- what is inside --------------------------------------------------------------------------------------------------------------------

    def _counted_anew(self) -> None:
        self.served.clear()
        self.sent = self.lost = 0

    def _fresh(self) -> ProxyNode:
        node = ProxyNode(node_settings(1), (self.mode,))
        mode = node.mode(self.mode)
        if isinstance(mode, Userspace):
            mode.is_up = self.is_up
        return node

    def _service(self) -> Service:
        return web_service(affinity_seconds=self.affinity_seconds, internal_policy=self.policy)

    def _place(self, name: str) -> None:
        """A new pod, with an address that nobody had before."""
        node = self._made % NODES + 1
        self.pods[name] = SimPod(name, f"10.244.{node}.{10 + self._made // NODES}", f"node-{node}")
        self._made += 1

    def _pod(self, name: str) -> SimPod:
        if name not in self.pods:
            raise BenchError(f"met the pod {name!r}, expected one of: {', '.join(self.pods) or 'none'}")
        return self.pods[name]

    def _texts(self) -> list[str]:
        return [f"{pod.ip}:{TARGET}" for pod in self.pods.values()]


def _known(mode: str) -> ModeName:
    if mode not in MODES:
        raise BenchError(f"met the mode {mode!r}, expected one of: {', '.join(MODES)}")
    return cast(ModeName, mode)


def _backend(pod: SimPod) -> Backend:
    return Backend(pod.ip, TARGET, is_local=pod.node == "node-1", is_ready=True, is_serving=True, node_name=pod.node)


def _affinity(seconds: int) -> Words:
    return Words(f"by client, {seconds} s", f"按客户端，{seconds} 秒") if seconds else Words("none", "无")
