"""What a packet's walk costs as the cluster grows: the same in IPVS and nftables mode, whatever the number of Services.

Both sizes are measured in turns in one run, in time of the processor; the fastest of several rounds counts, since other programs only add.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from random import Random

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.node import MODES, Mode
from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

FEW, MANY = 10, 30_000
ROUNDS, WALKS = 12, 150
IN_USE = 500
"""So many Services, spread over all, are asked; the rules of one are read when it is asked for the first time."""
SAME = 1.5
"""A walk at MANY Services may cost this many times one at FEW."""


def filled(mode: str, count: int) -> tuple[Mode, list[str]]:
    """A node with so many Services of two endpoints, and the addresses of those that are in use."""
    settings = ProxySettings(local_value="10.244.0.0/16")
    tracker, node = ChangeTracker(settings), MODES[mode](settings)
    for number in range(count):
        name, place = ServicePortName("default", f"web-{number}", "http"), f"{number // 250}.{number % 250 + 1}"
        tracker.ports[name] = ServicePort(name, f"10.96.{place}", 80)
        tracker.backends[name] = (Backend(f"10.244.{place}", 8080), Backend(f"10.245.{place}", 8080))
    node.sync(tracker, Update(is_full=True))
    return node, [port.cluster_ip for port in tracker.ports.values()][:: max(1, count // IN_USE)]


def walked(node: Mode, ips: list[str], rng: Random, number: int) -> float:
    """Microseconds of the processor per new connection."""
    start = time.process_time()
    for turn in range(WALKS):
        node.route(Packet("10.243.1.9", 1_024 + number * WALKS + turn, rng.choice(ips), 80), rng=rng)
    return (time.process_time() - start) / WALKS * 1e6


@pytest.fixture
def asleep() -> Iterator[None]:
    """The garbage collector looks at every object of a large cluster now and then; that is not the walk's doing."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("mode", ["ipvs", "nftables"])
@pytest.mark.usefixtures("asleep")
def test_walk_costs_the_same(benchmark: BenchmarkFixture, mode: str) -> None:
    """A first packet's walk costs the same at ten Services and at thirty thousand, within one and a half times."""
    few, many, rng = filled(mode, FEW), filled(mode, MANY), Random(1)
    times = [(walked(*few, rng, number), walked(*many, rng, number)) for number in range(ROUNDS)]
    few_us, many_us = (min(found) for found in zip(*times, strict=True))
    benchmark.extra_info.update(few_us=round(few_us), many_us=round(many_us), ratio=round(many_us / few_us, 2))
    benchmark.pedantic(walked, args=(*many, rng, ROUNDS), rounds=1)
    assert many_us <= SAME * few_us, f"{mode}: {many_us:.0f} µs at {MANY} Services, {few_us:.0f} µs at {FEW}"
