"""Two curves that are often taken for one: what a first packet is asked, and what has to be written, by the number of Services.

Both are counted, not timed: a rule that is compared or a lookup that is made counts one, and so does a line or an order that the kernel is
given. So the numbers are the same on every machine. Whoever wants seconds too hands in a clock, and gets those of this machine and this
model; beside them stand what was measured on real clusters (`published`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import NamedTuple, TypeVar

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.node import MODES, Mode, ModeName, ProxyNode
from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.sim.cluster import node_settings
from k8sedu.kube.proxy.sim.settings import ProxyRunError
from k8sedu.kube.proxy.sim.world import counted
from k8sedu.sim.seeds import stream

Clock = Callable[[], float]
T = TypeVar("T")
SIZES = (10, 1_000, 10_000, 30_000)


class Cost(NamedTuple):
    """What one mode costs at one size."""

    mode: str
    services: int
    rules: int
    """All rules, and in userspace mode those of its nat chains."""
    asked_first: int
    """What the first packet of a connection is asked, for the Service that was made first."""
    asked_last: int
    asked_mean: float
    """The mean over some Services."""
    written_full: int
    """Lines or orders of the first sync."""
    written_change: int
    """The same when one endpoint of one Service has changed."""
    full_s: float | None = None
    """Seconds of this machine, where a clock was given."""
    change_s: float | None = None
    walk_s: float | None = None


def scaling(
    services: Iterable[int] = SIZES, *, modes: Iterable[ModeName] = ("iptables", "ipvs", "nftables", "userspace"), endpoints: int = 2,
    seed: int = 0, samples: int = 20, clock: Clock | None = None, progress: bool = False,
) -> tuple[Cost, ...]:  # fmt: skip
    """What each mode costs at each size; one row per mode and size.

    >>> [(row.mode, row.asked_last - row.asked_first) for row in scaling([10], modes=["iptables", "nftables"], endpoints=1)]
    [('iptables', 9), ('nftables', 0)]

    Args:
        services: how many Services, once each.
        modes: of kube-proxy.
        endpoints: of each Service, 1 to 250.
        seed: which Services are asked.
        samples: how many of them, at most.
        clock: tells seconds, such as `time.perf_counter`; without one nothing is timed.
        progress: show how far it is.

    Raises:
        ProxyRunError: sizes, endpoints or samples that cannot be.
    """
    sizes, names = tuple(services), tuple(modes)
    _check(sizes, names, endpoints, samples)
    tasks = [(mode, size) for size in sizes for mode in names]
    trial = _Trial(endpoints, samples, clock)
    return tuple(trial.cost(mode, size, stream(seed, mode, size)) for mode, size in _shown(tasks, is_seen=progress))


def _check(sizes: tuple[int, ...], modes: tuple[str, ...], endpoints: int, samples: int) -> None:
    wrong = next((size for size in sizes if not 1 <= size <= 62_000), None)
    if wrong is not None:
        raise ProxyRunError(f"services holds {wrong}, expected numbers from 1 to 62,000")
    if not 1 <= endpoints <= 250 or samples < 1:
        raise ProxyRunError(f"endpoints is {endpoints} and samples {samples}, expected 1 to 250 endpoints and at least one sample")
    unknown = next((mode for mode in modes if mode not in MODES), None)
    if unknown is not None:
        raise ProxyRunError(f"modes holds {unknown!r}, expected some of {', '.join(MODES)}")


def _shown(tasks: list[tuple[ModeName, int]], *, is_seen: bool) -> Iterator[tuple[ModeName, int]]:
    from tqdm.auto import tqdm  # here, since it is not needed to look at a run

    yield from tqdm(tasks, unit="size", disable=not is_seen, leave=False)


def crowd(tracker: ChangeTracker, count: int, endpoints: int) -> list[ServicePort]:
    """Fill a tracker with so many Services of so many endpoints, without the detour over objects of the API."""
    ports = []
    for number in range(count):
        name, place = ServicePortName("default", f"web-{number}", "http"), f"{number // 250}.{number % 250 + 1}"
        ports.append(ServicePort(name, f"10.96.{place}", 80))
        tracker.ports[name] = ports[-1]
        tracker.backends[name] = tuple(Backend(f"172.{16 + host}.{place}", 8080) for host in range(endpoints))
    return ports


class _Trial(NamedTuple):
    """How each size is tried."""

    endpoints: int
    samples: int
    clock: Clock | None

    def cost(self, mode: ModeName, size: int, rng: Random) -> Cost:
        """One row."""
        node = ProxyNode(node_settings(1), (mode,))
        found, ports = node.mode(mode), crowd(node.tracker, size, self.endpoints)
        record, full_s = self._timed(lambda: found.sync(node.tracker, Update(is_full=True)))
        rules, written_full = counted(node, mode, record)
        first, last = (_asked(found, port, rng, turn) for turn, port in enumerate((ports[0], ports[-1])))
        chosen = rng.sample(ports, min(self.samples, size))
        many, walk_s = self._timed(lambda: [_asked(found, port, rng, turn) for turn, port in enumerate(chosen, 2)])
        update = _changed(node.tracker, ports[size // 2].name)
        record, change_s = self._timed(lambda: found.sync(node.tracker, update, now_ms=60_000))
        return Cost(
            mode, size, rules, first, last, sum(many) / len(many), written_full, counted(node, mode, record)[1], full_s, change_s,
            None if walk_s is None else walk_s / len(chosen),
        )  # fmt: skip

    def _timed(self, action: Callable[[], T]) -> tuple[T, float | None]:
        start = self.clock() if self.clock is not None else 0.0
        found = action()
        return found, self.clock() - start if self.clock is not None else None


def _changed(tracker: ChangeTracker, name: ServicePortName) -> Update:
    """One endpoint of a Service gets another address."""
    first, *others = tracker.backends[name]
    tracker.backends[name] = (replace(first, ip="172.31.255.254"), *others)
    return Update(services=frozenset({name.service}), ports={name: None})


def _asked(found: Mode, port: ServicePort, rng: Random, turn: int) -> int:
    return found.route(Packet("10.244.1.200", 20_000 + turn, port.cluster_ip, port.port), rng=rng).rules_asked
