"""What iptables mode costs: making the table, changing one Service of it, and walking through it.

Everything is measured in turns in one run, in time of the processor; the fastest of several rounds counts, since other programs only add.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.iptables.names import chains_of
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

SERVICES, RULES = 5_000, 40_005
TABLE_RATIO = 40
"""Making the nat table may cost this many times the formatting of the same lines by one f-string each."""
MANY, PARTIAL_RATIO = 10_000, 100
"""A full sync of MANY Services must cost this many times a partial one."""
ROUNDS = 5


@pytest.fixture(autouse=True)
def asleep() -> Iterator[None]:
    """The garbage collector looks at every object of a large cluster now and then; that is not the proxy's doing."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def told(count: int) -> ChangeTracker:
    """What a proxy knows of so many Services of two endpoints."""
    tracker = ChangeTracker(ProxySettings(local_value="10.244.0.0/16", localhost_nodeports=False))
    for number in range(count):
        name, place = ServicePortName("default", f"web-{number}"), f"{number // 250}.{number % 250 + 1}"
        tracker.ports[name] = ServicePort(name, f"10.96.{place}", 80)
        tracker.backends[name] = (Backend(f"10.244.{place}", 8080), Backend(f"10.245.{place}", 8080))
    return tracker


def seconds(action: Callable[..., Any], *given: Any, **more: Any) -> float:
    """Time of the processor for one call."""
    start = time.process_time()
    action(*given, **more)
    return time.process_time() - start


def formatted(parts: list[tuple[str, str, str, str, str, str]]) -> list[str]:
    """The rules of a nat table by one f-string each, from names that are ready."""
    lines: list[str] = []
    for text, ip, chain, one, two, first in parts:
        where = f'"{text} cluster IP" -m tcp -p tcp -d {ip} --dport 80'
        lines.append(f"-A KUBE-SERVICES -m comment --comment {where} -j {chain}")
        lines.append(f"-A {chain} -m comment --comment {where} ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ")
        lines.append(f'-A {chain} -m comment --comment "{text} -> {first}" -m statistic --mode random --probability 0.5000000000 -j {one}')
        lines.append(f'-A {chain} -m comment --comment "{text} -> {first}" -j {two}')
        lines.append(f"-A {one} -m comment --comment {text} -s {ip} -j KUBE-MARK-MASQ")
        lines.append(f"-A {one} -m comment --comment {text} -m tcp -p tcp -j DNAT --to-destination {first}")
        lines.append(f"-A {two} -m comment --comment {text} -s {ip} -j KUBE-MARK-MASQ")
        lines.append(f"-A {two} -m comment --comment {text} -m tcp -p tcp -j DNAT --to-destination {first}")
    return [*lines, *(f"-A KUBE-POSTROUTING -j {place}" for place in range(5))]


def test_making_the_table(benchmark: BenchmarkFixture) -> None:
    """Making 40,005 rules for 5,000 Services costs at most forty times the formatting of 40,005 lines."""
    tracker = told(SERVICES)
    parts = [(str(name), port.cluster_ip, *chains_of(name)[:3], "10.244.0.1:8080") for name, port in tracker.ports.items()]
    assert len(formatted(parts)) == RULES
    times = []
    for _ in range(ROUNDS):
        chains_of.cache_clear()
        fresh = told(SERVICES)
        proxier = Iptables(fresh.settings)
        made = seconds(proxier.sync, fresh, Update(is_full=True))
        assert proxier.rule_counts()["nat"] == RULES
        times.append((made, seconds(formatted, parts)))
    made_s, bare_s = (min(found) for found in zip(*times, strict=True))
    benchmark.extra_info.update(made_ms=round(made_s * 1e3), bare_ms=round(bare_s * 1e3, 1), ratio=round(made_s / bare_s, 1))
    benchmark.pedantic(formatted, args=(parts,), rounds=1)
    assert made_s <= TABLE_RATIO * bare_s, f"{made_s * 1e3:.0f} ms for the table, {bare_s * 1e3:.0f} ms for its lines"


def test_one_change_among_many(benchmark: BenchmarkFixture) -> None:
    """A sync of one changed Service at 10,000 costs at most a hundredth of a full one."""
    tracker = told(MANY)
    full_s = min(seconds(Iptables(tracker.settings).sync, tracker, Update(is_full=True)) for _ in range(3))
    proxier, times = Iptables(tracker.settings), []
    proxier.sync(tracker, Update(is_full=True))
    for number in range(ROUNDS * 4):
        name = ServicePortName("default", f"web-{number * 77}")
        tracker.backends[name] = tracker.backends[name][: 1 + number % 2]
        times.append(seconds(proxier.sync, tracker, Update(ports={name: None})))
    partial_s = min(times)
    benchmark.extra_info.update(full_ms=round(full_s * 1e3), partial_ms=round(partial_s * 1e3, 2), ratio=round(full_s / partial_s))
    benchmark.pedantic(proxier.sync, args=(tracker, Update()), rounds=1)
    assert partial_s * PARTIAL_RATIO <= full_s, f"{partial_s * 1e3:.1f} ms for one Service, {full_s * 1e3:.0f} ms for all"


def test_a_walk_grows_linearly(benchmark: BenchmarkFixture) -> None:
    """A first packet's walk to the last Service asks one rule more per Service, and costs in proportion: no more, and not less."""
    per_service = {}
    for count in (3_000, 30_000):
        tracker = told(count)
        proxier, rng = Iptables(tracker.settings), Random(1)
        proxier.sync(tracker, Update(is_full=True))
        ip = list(tracker.ports.values())[-1].cluster_ip
        walk = proxier.route(Packet("10.244.1.9", 1, ip, 80), rng=rng)
        assert count <= walk.rules_asked <= count + 20
        times = [seconds(proxier.route, Packet("10.244.1.9", port, ip, 80), rng=rng) for port in range(2, 12)]
        per_service[count] = min(times) / count * 1e9
    few, many = per_service.values()
    benchmark.extra_info.update({f"ns_per_service_{count}": round(found) for count, found in per_service.items()})
    benchmark.pedantic(proxier.route, args=(Packet("10.244.1.9", 99, ip, 80),), kwargs={"rng": rng}, rounds=1)
    assert few / 3 <= many <= few * 3, f"{few:.0f} ns per Service at 3,000, {many:.0f} ns at 30,000"
