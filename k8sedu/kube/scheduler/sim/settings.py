"""What a run of the scheduler depends on besides its workload and its seed, checked, and which faults it can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler.profiles import Profile, default_profile
from k8sedu.kube.scheduler.releases import minor
from k8sedu.kube.scheduler.sim.orders import Order, read_fault, read_line
from k8sedu.kube.scheduler.statuses import SchedulerError
from k8sedu.sim.faults import Fault

SCHEDULER, APISERVER, CONTROLLER, USER = "scheduler", "apiserver", "controllers", "user"
OF_NODES = frozenset({"crash", "restart", "pause", "resume"})
OF_SERVERS = frozenset({"crash", "restart"})
STRATEGIES = ("LeastAllocated", "MostAllocated")
GRACE_PERIOD_RELEASE = 32
"""From 1.32 on a node may be silent for 50 s, before for 40 s."""
Arrival = tuple[int, ApiObject]
"""(milliseconds, object): something that is created in the course of a run."""


class RunError(SchedulerError):
    """A run that cannot be: a fault of something that is not there, a wrong setting, no time."""


class Settings(NamedTuple):
    """Everything that a run depends on; times are in milliseconds unless the name says µs."""

    duration_ms: int = 30_000
    faults: tuple[Fault, ...] = ()
    changes: tuple[Order, ...] = ()
    release: str = "1.35"
    profile: Profile | None = None
    """Which plugins decide; None is the default profile of the release."""
    strategy: str = "LeastAllocated"
    """How the default profile scores room: LeastAllocated spreads, MostAllocated packs."""
    percentage_of_nodes_to_score: int = 0
    tie_break: str = ""
    """Who is taken of equals: "first", "random", "heap"; nothing for what the release does."""
    extras: Mapping[str, Mapping[str, Any]] = {}
    """job or machine → what only Kubernetes knows of it, as in a manifest: `{"web": {"spec": {"tolerations": […]}}}`."""
    initial_backoff_ms: int = 1_000
    max_backoff_ms: int = 10_000
    cycle_us: int = 1_000
    """How long the scheduler thinks about any pod …"""
    node_us: int = 2
    """… and how much longer for each node that it looks at."""
    bind_ms: int = 20
    """How long a request to the API server takes that the scheduler waits for."""
    client_qps: int = 50
    client_burst: int = 100
    """The scheduler may send so many requests a second, after a burst; a qps of 0 sets no limit."""
    watch_ms: int = 5
    """How much later those who watch are told of a change."""
    start_ms: int = 500
    """From binding until a pod runs: images, containers."""
    stop_ms: int = 2_000
    """How long a pod's containers take to end when they are asked to; their grace period may be shorter."""
    heartbeat_ms: int = 10_000
    monitor_ms: int = 5_000
    """How often the node controller looks for nodes whose heartbeats have stopped."""
    grace_period_ms: int | None = None
    """How long a node may be silent; None is what the release does: 50 s from 1.32 on, before 40 s."""
    toleration_s: int = 300
    """How long pods stay on a node that is unreachable, if they say nothing else."""

    @property
    def node_grace_ms(self) -> int:
        """How long a node may be silent."""
        if self.grace_period_ms is not None:
            return self.grace_period_ms
        return 50_000 if minor(self.release) >= GRACE_PERIOD_RELEASE else 40_000

    @property
    def chosen_profile(self) -> Profile:
        """The profile that decides."""
        if self.profile is not None:
            return self.profile
        args = {"scoringStrategy": {"type": self.strategy}}
        return default_profile(self.release).with_args("NodeResourcesFit", args)

    def checked(self, nodes: Iterable[str]) -> Settings:
        """The same settings, if a cluster with these nodes can be run with them.

        Raises:
            RunError, ReleaseError: see the classes.
        """
        if not isinstance(self.release, str):
            raise RunError(f"the release is the number {self.release}, expected a text such as \"1.30\", which is another one than 1.3")
        minor(self.release)
        positive = ("duration_ms", "cycle_us", "initial_backoff_ms", "max_backoff_ms", "heartbeat_ms", "monitor_ms")
        for name in positive:
            if getattr(self, name) <= 0:
                raise RunError(f"{name} is {getattr(self, name)}, expected more than 0")
        never_less = ("node_us", "bind_ms", "client_qps", "client_burst", "watch_ms", "start_ms", "stop_ms", "toleration_s")
        for name in (*never_less, *(("grace_period_ms",) if self.grace_period_ms is not None else ())):
            if getattr(self, name) < 0:
                raise RunError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if self.strategy not in STRATEGIES:
            raise RunError(f"the strategy is {self.strategy!r}, expected one of {', '.join(STRATEGIES)}")
        if self.tie_break not in {"", "first", "random", "heap"}:
            raise RunError(f"the tie-break is {self.tie_break!r}, expected one of first, random, heap")
        _check_faults(list(nodes), self)
        return self

    def plain(self) -> dict[str, Any]:
        """As values that a trace can keep."""
        profile = self.chosen_profile
        told = {"name": profile.name, "plugins": list(profile.plugins), "weights": dict(profile.weights)}
        faults = tuple(fault.format() for fault in self.faults)
        changes = tuple(f"at {order.at_us / 1_000:g} {order.text}" for order in self.changes)
        return {**self._asdict(), "faults": faults, "changes": changes, "profile": told, "node_grace_ms": self.node_grace_ms}


def planned(faults: Iterable[Fault | str], changes: Iterable[str]) -> tuple[tuple[Fault, ...], tuple[Order, ...]]:
    """Faults and orders as values, each in the order of their time; a `request` among the faults is an order.

    Raises:
        FaultError, OrderError: see the classes.
    """
    read = [fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults]
    orders = [*map(read_line, changes), *(read_fault(fault) for fault in read if fault.kind == "request")]
    kept = sorted((fault for fault in read if fault.kind != "request"), key=lambda fault: fault.at_us)
    return tuple(kept), tuple(sorted(orders, key=lambda order: order.at_us))


def _check_faults(nodes: list[str], settings: Settings) -> None:
    known = set(nodes)
    for fault in settings.faults:
        names = fault.names()
        of_node = fault.kind in OF_NODES and set(names) <= known
        of_server = fault.kind in OF_SERVERS and set(names) <= {SCHEDULER, APISERVER}
        if not (of_node or of_server):
            raise RunError(
                f"met the fault {fault.format()!r}, expected 'crash', 'restart', 'pause' or 'resume' of a node ({', '.join(nodes[:5])} …), "
                f"or 'crash' or 'restart' of {SCHEDULER} or {APISERVER}"
            )
    for order in settings.changes:
        if order.node and order.node not in known:
            raise RunError(f"met the order {order.text!r}, expected a node such as {', '.join(nodes[:5])}")
    for at_us, text in [(fault.at_us, fault.format()) for fault in settings.faults] + [(one.at_us, one.text) for one in settings.changes]:
        if at_us > settings.duration_ms * 1_000:
            raise RunError(f"{text!r} is after the end, expected a time up to {settings.duration_ms} ms")



