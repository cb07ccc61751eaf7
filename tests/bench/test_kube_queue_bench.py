"""How fast waiting and preempting are: the queue against a bare heap, a search for victims against moving the pods that it looks at."""

from __future__ import annotations

import gc
import heapq
import time
from collections.abc import Iterator

import pytest

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.attempts import make_room
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.queue import SchedulingQueue
from k8sedu.kube.scheduler.sketch import node, pod

PODS, NODES, PER_NODE = 20_000, 1_000, 8
MOST_HEAPS = 20
"""A pod that comes and goes may cost as much as so many pushes and pops of a bare heap."""
MOST_MOVES = 8
"""A search on 100 nodes may cost so many times as much as taking all their pods off once and putting them back."""


@pytest.fixture(autouse=True)
def no_garbage_collector() -> Iterator[None]:
    """Runs of k8sedu put it to sleep as well."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.bench
def test_the_queue_costs_a_few_bare_heaps() -> None:
    """Twenty thousand pods are added and popped."""
    pods = [Pod.of({"metadata": {"name": f"p{number}", "uid": f"u{number}"}, "spec": {"priority": number % 7}}) for number in range(PODS)]
    start, heap = time.process_time(), []
    for number in range(PODS):
        heapq.heappush(heap, (-(number % 7), number))
    while heap:
        heapq.heappop(heap)
    bare, start, queue = time.process_time() - start, time.process_time(), SchedulingQueue()
    for each in pods:
        queue.add(each, now_ms=0)
    while (queued := queue.pop(now_ms=1)) is not None:
        queue.done(queued.pod.metadata.uid)
    ratio = (time.process_time() - start) / bare
    print(f"\na pod in the queue costs {ratio:.1f} bare heaps")
    assert ratio <= MOST_HEAPS


@pytest.mark.bench
def test_a_search_for_victims_costs_a_few_moves() -> None:
    """A full cluster of a thousand nodes: a hundred of them are searched, all at once, in a few passes over the columns."""
    cluster = Cluster(node(f"n{number}", cpu="8", memory="32Gi") for number in range(NODES))
    for number in range(NODES * PER_NODE):
        cluster.table.add_pod(pod(f"r{number}", cpu="1", memory="1Gi", priority=number % 3), f"n{number // PER_NODE}")
    table, wanted = cluster.table, pod("p", cpu="2", memory="1Gi", priority=9)
    make_room(wanted, cluster)
    start = time.process_time()
    with table.trial() as trial:
        for number in range(100):
            for each in table.infos_on(f"n{number}"):
                trial.remove_pod(each)
    moving, start = time.process_time() - start, time.process_time()
    found = make_room(wanted, cluster)
    ratio = (time.process_time() - start) / moving
    print(f"\nvictims on {len(found.searches)} nodes cost {ratio:.1f} times moving their pods ({moving * 1e3:.1f} ms)")
    assert len(found.searches) == 100
    assert ratio <= MOST_MOVES
