"""How fast the API server is, in units that all machines share: the bytes alone into the same etcd model, and itself with fewer pods.

What is compared is measured in the same process, in time of the processor, so that other programs on the machine count for little.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu.etcd.mvcc import Store
from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.informers import Informer
from k8sedu.kube.objects import Pod

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

MANY, FEW = 20_000, 2_000
GROWTH = 2.5
"""Ten times as many pods may cost ten times this per pod at most; a quadratic step would cost ten times as much per pod."""


class Times(NamedTuple):
    """Microseconds per pod."""

    create: float
    list: float
    pages: float
    bind: float
    watch: float
    patch: float
    informer: float


def manifest(number: int) -> dict[str, Any]:
    """A small pod as somebody would write it."""
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}}
    containers = [{"name": "c", "image": "nginx:1", "resources": resources}]
    metadata = {"name": f"web-{number}", "labels": {"app": f"a{number % 50}"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}


def per_pod(count: int, action: Callable[[], Any]) -> float:
    """Microseconds of the processor per pod."""
    start = time.process_time()
    action()
    return (time.process_time() - start) / count * 1e6


def filled(count: int) -> ApiServer:
    """A server with so many pods."""
    server = ApiServer(Random(1))
    for number in range(count):
        server.create(manifest(number), now_ms=0)
    return server


def paged(server: ApiServer) -> int:
    """Everything in pages of 500."""
    page = server.list("pods", limit=500)
    found = len(page.items)
    while page.continue_:
        page = server.list("pods", limit=500, continue_=page.continue_)
        found += len(page.items)
    return found


def measured(count: int) -> Times:
    """A cluster of so many pods: made, listed, read in pages, bound, heard of, patched, and followed by an informer."""
    start = time.process_time()
    server, names = filled(count), [f"web-{number}" for number in range(count)]
    create = (time.process_time() - start) / count * 1e6
    watch = server.watch(Pod, resource_version=server.resource_version)
    listed = per_pod(count, lambda: server.list(Pod))
    pages = per_pod(count, lambda: paged(server))
    bind = per_pod(count, lambda: [server.bind(name, "n1", now_ms=0) for name in names])
    heard: list[Any] = []
    told = per_pod(count, lambda: heard.extend(watch.receive()))
    patch = per_pod(count, lambda: [server.patch(Pod, name, {"metadata": {"labels": {"x": "y"}}}) for name in names])
    informer = Informer(server, Pod, indexes={"node": lambda pod: [pod.spec.node_name]})
    followed = per_pod(count, lambda: informer.run(now_ms=0))
    assert (len(heard), paged(server), len(informer.cache.by("node", "n1"))) == (count, count, count)
    return Times(create, listed, pages, bind, told, patch, followed)


def bare(count: int) -> float:
    """The floor: the same bodies as JSON into the same model of etcd, unread and unchecked."""
    store = Store()
    return per_pod(count, lambda: [store.put(f"/registry/pods/default/web-{n}", json.dumps(manifest(n))) for n in range(count)])


def test_no_quadratic_growth(benchmark: BenchmarkFixture) -> None:
    """With ten times as many pods, creating, listing, paging, binding, watching, patching and following cost about as much per pod."""
    few, many = measured(FEW), measured(MANY)
    growth = {name: round(after / before, 2) for name, before, after in zip(Times._fields, few, many, strict=True)}
    benchmark.extra_info["growth"] = growth
    benchmark.pedantic(measured, (FEW,), rounds=1)
    print("\nper pod at 20,000, in µs:", {name: round(value, 1) for name, value in many._asdict().items()}, "\ngrowth:", growth)
    assert max(growth.values()) <= GROWTH


def test_the_price_of_a_door(benchmark: BenchmarkFixture) -> None:
    """Reading, completing, checking, storing and remembering a pod costs at most forty times the bare put of its bytes."""
    puts = [bare(FEW) for _ in range(3)]
    doors = [per_pod(FEW, lambda: filled(FEW)) for _ in range(3)]
    ratio = min(doors) / min(puts)
    benchmark.extra_info["creates_per_put"] = round(ratio, 1)
    benchmark.pedantic(bare, (FEW,), rounds=1)
    print(f"\na create {min(doors):.0f} µs, a bare put {min(puts):.1f} µs: {ratio:.1f}")
    assert ratio <= 40
