"""Laws of the bench: every change makes another bench, and the manifest stays as short as its reader wrote it."""

from __future__ import annotations

import pytest

from k8sedu.kube import manifest
from k8sedu.kube.manifest import ManifestError
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.explain import explain
from k8sedu.kube.scheduler.lab.bench import PROFILES, Bench, BenchError, example


@pytest.fixture
def bench() -> Bench:
    """The bench that the laboratory opens with."""
    return Bench.of(*example())


def test_the_example_has_something_to_see(bench: Bench) -> None:
    """Nodes in three zones, of which one is tainted and one is nearly full; the newcomer fits on some of them."""
    found = explain(bench.candidate(), bench.cluster())
    assert {status.plugin for status in found.verdicts.values()} == {"", "TaintToleration", "NodeResourcesFit"}
    assert len(found.feasible) >= 3


def test_a_request_is_written_and_taken_away(bench: Bench) -> None:
    """0 means that the pod asks for nothing, and then the manifest does not mention it."""
    more = bench.with_request("cpu", "1500m").with_request("memory", "0Mi")
    assert more.pod.spec.containers[0].resources.document() == {"requests": {"cpu": "1500m"}}
    assert bench.pod.spec.containers[0].resources.document() == {"requests": {"cpu": "500m", "memory": "1Gi"}}


def test_nodes_change_alone(bench: Bench) -> None:
    """Cordon, taint, delete the pods, remove: nothing else on the bench is touched, and each is undone by its opposite."""
    assert bench.cordoned("n1", is_on=True).cordoned("n1", is_on=False).nodes == bench.nodes
    tainted = bench.tainted("n1", "NoSchedule")
    assert [taint.effect for taint in tainted.nodes[0].spec.taints] == ["NoSchedule"]
    assert tainted.tainted("n1", "PreferNoSchedule").tainted("n1", "").nodes[0].spec.taints == ()
    assert tainted.nodes[1:] == bench.nodes[1:]
    assert {pod.spec.node_name for pod in bench.emptied("n1").running} == {"n2", "n3", "n4", "n5", "n6"}
    assert "n1" not in {node.name for node in bench.without("n1").nodes}


def test_the_last_node_stays() -> None:
    """A cluster without nodes is none."""
    with pytest.raises(BenchError, match="expected another one to stay"):
        Bench.of([sketch.node("n1")], sketch.pod("web")).without("n1")
    with pytest.raises(BenchError, match="met 1 objects and no node"):
        Bench.of([sketch.budget("b", {}, allowed=1)], sketch.pod("web"))


def test_a_placed_pod_runs_and_another_one_like_it_comes(bench: Bench) -> None:
    """With the next number, the same wishes, and no node."""
    after = bench.placed("n4")
    assert (after.running[-1].name, after.running[-1].spec.node_name) == ("web-1", "n4")
    assert (after.pod.name, after.pod.spec, after.pod.labels) == ("web-2", bench.pod.spec, bench.pod.labels)


def test_victims_are_gone_and_the_pod_is_nominated(bench: Bench) -> None:
    """Until somebody places it, it only has a promise."""
    victim = bench.running[0]
    after = bench.evicted([victim], "n1")
    assert victim not in after.running
    assert after.pod.status.nominated_node_name == "n1"
    assert not after.placed("n1").pod.status.nominated_node_name


def test_the_box_takes_one_pod(bench: Bench) -> None:
    """A manifest of something else, of two pods or of none is refused in one sentence; a mistake is told with its line."""
    text = manifest.to_yaml(bench.with_priority(7).pod)
    assert bench.with_manifest(text).pod.spec.priority == 7
    assert bench.with_manifest(text).pod == bench.with_priority(7).pod
    for wrong in ("kind: Namespace\napiVersion: v1\n", f"{text}---\n{text}"):
        with pytest.raises(BenchError, match="expected a single Pod"):
            bench.with_manifest(wrong)
    with pytest.raises(ManifestError, match="line 4"):
        bench.with_manifest("apiVersion: v1\nkind: Pod\nspec:\n  priority: high\n")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("release", ["1.24", "1.35"])
def test_every_profile_decides_in_every_release(bench: Bench, name: str, release: str) -> None:
    """No choice of the lists leads into an error."""
    chosen = bench._replace(profile=name, release=release)
    assert explain(chosen.candidate(), chosen.cluster(), chosen.decides()).node
