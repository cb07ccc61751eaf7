from __future__ import annotations

import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.comparison import compare
from k8sedu.kube.scheduler.explain_text import wide
from k8sedu.kube.scheduler.profiles import default_profile, most_allocated


def cluster() -> Cluster:
    there = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}
    return Cluster(Node.of({"metadata": {"name": name}, "status": there}) for name in ("a", "b", "c"))


def pods(number: int, cpu: str = "1") -> list[Pod]:
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]
    return [Pod.of({"metadata": {"name": f"p{place}"}, "spec": {"containers": containers}}) for place in range(number)]


def test_spreading_and_packing_side_by_side() -> None:
    """The same pods on the same cluster, twice; the cluster stays as it was."""
    shared = cluster()
    found = compare(default_profile(), most_allocated(), shared, pods(4))
    assert list(found.one.pods.values()) == [2, 1, 1]
    assert (list(found.other.pods.values()), found.other.empty_nodes) == ([4, 0, 0], 2)
    assert len(found.differences) == 2
    assert not any(shared.table.pods_on(name) for name in shared.table.names)


def test_imbalance_is_the_spread_of_what_is_taken() -> None:
    """Percent over the nodes: mean, standard deviation, least and most; both profiles take the same in sum."""
    rows = {(row["resource"], row["profile"]): row for row in compare(default_profile(), most_allocated(), cluster(), pods(3)).imbalance()}
    even, packed = rows["cpu", "default-scheduler"], rows["cpu", "most-allocated"]
    assert (even["mean"], even["deviation"], even["least"], even["most"]) == (25.0, 0.0, 25.0, 25.0)
    assert (packed["mean"], packed["least"], packed["most"], packed["empty_nodes"]) == (25.0, 0.0, 75.0, 2)
    assert packed["deviation"] == pytest.approx(35.355, abs=0.001)


def test_pods_that_fit_nowhere_are_counted() -> None:
    """A pending pod changes nothing."""
    found = compare(default_profile(), most_allocated(), cluster(), pods(4, "3"))
    assert (found.one.pending, [row["pending"] for row in found.imbalance()]) == (("default/p3",), [1] * 6)


def test_pods_that_run_already_are_placed_anew() -> None:
    """A cluster may ask what another profile would have made of it."""
    shared = cluster()
    running = [pod.evolve(spec=pod.spec.evolve(node_name="c")) for pod in pods(3)]
    for pod in running:
        shared.add(pod)
    found = compare(default_profile(), most_allocated(), shared, shared.table.pods_on("c"))
    assert (list(found.one.pods.values()), list(found.other.pods.values())) == ([1, 1, 1], [3, 0, 0])
    assert len(shared.table.pods_on("c")) == 3


def test_the_table_in_both_languages() -> None:
    """It fits a terminal, and tells who goes elsewhere."""
    found = compare(default_profile(), most_allocated(), cluster(), pods(4))
    for language, words in (("en", "2 of 4 pods go elsewhere"), ("zh", "4 个 Pod 中 2 个去向不同")):
        text = found.text(language)
        assert words in text
        assert all(wide(line) <= 100 for line in text.splitlines())
        assert "…" not in text
