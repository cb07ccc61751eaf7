"""The cluster in time: pods come and go, the news travels, every node syncs when it may, and clients ask all the while.

Between a pod's death and the moment when a node's rules forget it lie four waits: until the controller writes it down, until the node hears
of it, until the node may sync again, and the sync itself. All that time the node sends its share of connections into nothing.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (the runner: at most one sync per min-sync-period, with a burst of two);
pkg/util/async/bounded_frequency_runner.go.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import Any, NamedTuple

import simpy

from k8sedu.kube.proxy.backends import choose
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.ipvs.proxier import IpvsSync
from k8sedu.kube.proxy.nftables.proxier import NftSync
from k8sedu.kube.proxy.node import ProxyNode, route
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.sim.cluster import ADDRESS, PORT, TARGET, SimPod, node_settings, slice_of, web_service
from k8sedu.kube.proxy.sim.picture import Picture
from k8sedu.kube.proxy.sim.plan import Happening
from k8sedu.kube.proxy.sim.settings import ProxyRunError, RunSettings
from k8sedu.kube.proxy.userspace.proxier import Userspace, UserspaceSync
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream

BURST = 2
Process = Generator[simpy.Event, Any, None]


class SimNode:
    """One node: its proxy, what it has heard and not yet programmed, and when it may sync."""

    def __init__(self, number: int, settings: RunSettings) -> None:
        self.name = f"node-{number}"
        self.proxy = ProxyNode(node_settings(number, scheduler=settings.scheduler), (settings.mode,))  # type: ignore[arg-type]  # checked
        self.heard: list[Any] = []
        self.is_syncing = False
        self.is_running = False
        self.syncs = 0
        self.rules = 0
        self.allowance_us = 1_000 * settings.min_sync_ms * BURST
        self.allowed_at_us = 0

    @property
    def is_stale(self) -> bool:
        """Has it heard of something that it has not programmed?"""
        return bool(self.heard) or self.is_syncing

    def known(self) -> tuple[str, ...]:
        """The endpoints that it would choose from now."""
        tracker = self.proxy.tracker
        found = ((port, tracker.backends.get(name, ())) for name, port in tracker.ports.items())
        return tuple(backend.text for port, backends in found for backend in choose(backends, port, tracker.settings).reachable)


class Client(NamedTuple):
    """A pod that asks."""

    name: str
    ip: str
    node: SimNode
    times: Random
    """When it asks: the same times in every mode."""
    choices: Random
    """What its node's kernel draws."""


class World:
    """One run."""

    def __init__(self, recorder: Recorder, settings: RunSettings, seed: int) -> None:
        self.env = simpy.Environment()
        self.settings, self.seed = settings, seed
        self.pods: dict[str, SimPod] = {}
        self.addresses: dict[str, SimPod] = {}
        self.nodes = {f"node-{number}": SimNode(number, settings) for number in range(1, settings.nodes + 1)}
        self.written = slice_of(())
        self.picture = Picture(recorder, self)
        self.controller = stream(seed, "controller")
        self.is_writing = False
        self.next_number = 1
        self.next_host: dict[str, int] = dict.fromkeys(self.nodes, 10)

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    @property
    def now_ms(self) -> int:
        """The same in milliseconds, which the proxies count in."""
        return self.now_us // 1_000

    def begin(self) -> None:
        """Everything is in order: the pods run, and every node has heard of them and synced."""
        for _ in range(self.settings.pods):
            self._new_pod(f"web-{self.next_number}", state="running")
        self.written = slice_of(self.pods.values(), self.settings.protocol)  # type: ignore[arg-type]  # checked
        service = web_service(
            self.settings.protocol, affinity_seconds=self.settings.affinity_seconds, internal_policy=self.settings.internal_policy,  # type: ignore[arg-type]  # checked
        )  # fmt: skip
        for node in self.nodes.values():
            node.proxy.put(service, self.written)
            mode = node.proxy.mode(self.settings.mode)
            if isinstance(mode, Userspace):
                mode.is_up = self.is_up
            self._program(node)
        for number, node in enumerate(self.nodes.values(), 1):
            name = f"client-{number}"
            client = Client(name, f"10.244.{number}.200", node, stream(self.seed, name), stream(self.seed, node.name, "kernel"))
            self.env.process(self._asking(client))
            for line in range(self.settings.keep_open):
                self.env.process(self._talking(client, line))

    # -- pods -----------------------------------------------------------------------------------------------------------------------------

    def is_up(self, endpoint: str) -> bool:
        """Does somebody answer at an address and port?"""
        pod = self.addresses.get(endpoint.rpartition(":")[0])
        return pod is not None and pod.is_up

    def _new_pod(self, name: str, *, state: str) -> SimPod:
        number = int(name.rpartition("-")[2]) if name.rpartition("-")[2].isdigit() else self.next_number
        node = list(self.nodes)[(number - 1) % len(self.nodes)]
        self.next_number = max(self.next_number, number + 1)
        host = self.next_host[node]
        self.next_host[node] += 1
        if host >= 200:
            raise ProxyRunError(f"{node} has no address left for pod {name}, expected fewer new pods in one run")
        pod = SimPod(name, f"10.244.{node.rpartition('-')[2]}.{host}", node, state, is_ready=state == "running")
        self.pods[name] = self.addresses[pod.ip] = pod
        return pod

    def happen(self, happening: Happening) -> Process:
        """One line of the plan."""
        yield self.env.timeout(happening.at_us)
        if happening.kind == "rollout":
            self.env.process(self._roll_out())
        elif happening.kind == "scale":
            self._scale(happening.size)
        elif happening.kind == "start":
            self.start(happening.pod)
        else:
            getattr(self, f"_{happening.kind}")(self._running(happening))

    def _running(self, happening: Happening) -> SimPod:
        pod = self.pods.get(happening.pod)
        if pod is None or not pod.is_up:
            running = ", ".join(found.name for found in self.pods.values() if found.is_up) or "no pod"
            raise ProxyRunError(f"{str(happening)!r}: {happening.pod} does not run then, expected one of {running}")
        return pod

    def start(self, name: str) -> SimPod:
        """A new pod; it is ready after a while."""
        pod = self._new_pod(name, state="starting")
        self.picture.note("start", name, ip=pod.ip, node=pod.node)
        self.env.process(self._become_ready(pod))
        return pod

    def _become_ready(self, pod: SimPod) -> Process:
        yield self.env.timeout(1_000 * self.settings.start_ms)
        if pod.state == "starting":
            pod.state = "running"
            self._ready(pod)

    def _ready(self, pod: SimPod) -> None:
        pod.is_ready = True
        self._changed("ready", pod)

    def _unready(self, pod: SimPod) -> None:
        pod.is_ready = False
        self._changed("unready", pod)

    def _kill(self, pod: SimPod) -> None:
        pod.state, pod.is_ready = "dead", False
        self._changed("kill", pod)

    def _delete(self, pod: SimPod) -> None:
        pod.state = "terminating"
        self._changed("delete", pod)
        self.env.process(self._end(pod))

    def _end(self, pod: SimPod) -> Process:
        yield self.env.timeout(1_000 * self.settings.grace_ms)
        if pod.state == "terminating":
            pod.state, pod.is_ready = "dead", False
            self._changed("gone", pod)

    def _changed(self, kind: str, pod: SimPod) -> None:
        self.picture.note(kind, pod.name, ip=pod.ip, node=pod.node)
        if not self.is_writing:
            self.is_writing = True
            self.env.process(self._write())

    def _scale(self, count: int) -> None:
        wanted = [pod for pod in self.pods.values() if pod.state in {"running", "starting"}]
        for pod in reversed(wanted[count:]):
            if pod.state == "running":
                self._delete(pod)
            else:
                pod.state = "dead"
        for _ in range(count - len(wanted)):
            self.start(f"web-{self.next_number}")

    def _roll_out(self) -> Process:
        for old in [pod for pod in self.pods.values() if pod.state == "running"]:
            new = self.start(f"web-{self.next_number}")
            while not new.is_ready:
                yield self.env.timeout(10_000)
            if old.state == "running":
                self._delete(old)

    # -- the news -------------------------------------------------------------------------------------------------------------------------

    def _write(self) -> Process:
        """The controller writes what is so when it comes to it; several changes before that are one."""
        yield self.env.timeout(1_000 * self.controller.randint(*self.settings.endpoints_delay_ms))
        self.is_writing = False
        self.written = slice_of(self.pods.values(), self.settings.protocol)  # type: ignore[arg-type]  # checked
        endpoints = tuple(f"{found.addresses[0]}:{TARGET}" for found in self.written.endpoints)
        self.picture.note("endpoints_changed", "controller", endpoints=endpoints)
        for node in self.nodes.values():
            delay_us = 1_000 * stream(self.seed, node.name, self.now_us).randint(*self.settings.watch_delay_ms)
            self.env.process(self._hear(node, self.written, delay_us))

    def _hear(self, node: SimNode, written: Any, delay_us: int) -> Process:
        yield self.env.timeout(delay_us)
        node.heard.append(written)
        if not node.is_running:
            node.is_running = True
            self.env.process(self._syncing(node))

    def _syncing(self, node: SimNode) -> Process:
        """Sync as soon as the node may, and again for what it has heard meanwhile."""
        while node.heard:
            yield self.env.timeout(self._wait_us(node))
            node.proxy.put(*node.heard)
            node.heard.clear()
            node.is_syncing = True
            self.picture.note("sync_started", node.name)
            yield self.env.timeout(self.settings.sync_us)
            node.is_syncing = False
            self._program(node)
        node.is_running = False

    def _wait_us(self, node: SimNode) -> int:
        """How long until the node may sync: time adds to its allowance, up to two syncs' worth, and a sync takes one of it."""
        one_us = 1_000 * self.settings.min_sync_ms
        allowance_us = min(BURST * one_us, node.allowance_us + self.now_us - node.allowed_at_us)
        wait_us = max(0, one_us - allowance_us)
        node.allowance_us, node.allowed_at_us = max(0, allowance_us - one_us), self.now_us + wait_us
        return wait_us

    def _program(self, node: SimNode) -> None:
        record = node.proxy.sync(now_ms=self.now_ms)[self.settings.mode]
        node.syncs += 1
        node.rules, written = counted(node.proxy, self.settings.mode, record)
        self.picture.note(
            "synced", node.name, node=node.name, rules=node.rules, written=written, took_ms=self.settings.sync_us // 1_000,
            is_full=node.syncs == 1, known=node.known(),
        )  # fmt: skip

    # -- clients --------------------------------------------------------------------------------------------------------------------------

    def _asking(self, client: Client) -> Process:
        """A new connection again and again, at times that are a little random."""
        port = 20_000
        while self.settings.requests_per_s:
            pause_us = 1_000_000 // self.settings.requests_per_s
            yield self.env.timeout(client.times.randint(pause_us // 2, pause_us + pause_us // 2))
            packet = Packet(client.ip, port, ADDRESS, PORT, self.settings.protocol)  # type: ignore[arg-type]  # checked
            port = 20_000 + (port - 19_999) % 20_000
            walk = self._walk(client, packet)
            outcome = self.outcome(walk)
            client.node.proxy.mode(self.settings.mode).conntrack.close(packet, now_ms=self.now_ms, is_reset=outcome != "answered")
            self.picture.request(client, walk, outcome)

    def _talking(self, client: Client, line: int) -> Process:
        """One connection that is kept open, with a packet now and then; when it breaks, a new one is opened."""
        port, endpoint = 50_000 + 100 * line, ""
        while True:
            packet = Packet(client.ip, port, ADDRESS, PORT, self.settings.protocol)  # type: ignore[arg-type]  # checked
            walk = self._walk(client, packet)
            outcome = self.outcome(walk)
            if outcome == "answered" and walk.endpoint != endpoint:
                endpoint = walk.endpoint
                self.picture.opened(client, line, endpoint)
            elif outcome != "answered":
                if endpoint:
                    self.picture.broken(client, line, walk, endpoint)
                endpoint = ""
                if self.settings.protocol == "TCP":
                    client.node.proxy.mode(self.settings.mode).conntrack.close(packet, now_ms=self.now_ms, is_reset=True)
                    port += 1
            yield self.env.timeout(1_000_000 // max(1, self.settings.requests_per_s))

    def _walk(self, client: Client, packet: Packet) -> Walk:
        return route(packet, client.node.proxy, self.settings.mode, rng=client.choices, now_ms=self.now_ms)

    def outcome(self, walk: Walk) -> str:
        """What the client makes of it: the rules may have delivered a packet to somebody who is dead."""
        if walk.outcome == "unserved":
            return "dropped"
        if walk.outcome != "delivered":
            return walk.outcome
        return "answered" if self.is_up(walk.endpoint) and walk.answer == Packet(*walk.packet[:5]).answer() else "lost"


def counted(node: ProxyNode, mode: str, record: object) -> tuple[int, int]:
    """How many rules a node has after a sync, and how many lines or orders that sync was."""
    found = node.mode(mode)
    if isinstance(found, Iptables):
        return sum(found.rule_counts().values()), record.rules_written  # type: ignore[attr-defined]  # its own record
    if isinstance(record, (IpvsSync, NftSync)):
        return record.rules, sum(record.operations.values())
    if isinstance(found, Userspace) and isinstance(record, UserspaceSync):
        return found.tables.rule_count, record.rules_written
    raise AssertionError(f"a sync of {mode} left {record!r}")
