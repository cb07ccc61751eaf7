"""Laws of sketches: they are real objects, as the API server would have stored them."""

from __future__ import annotations

import pytest

from k8sedu.kube import validation
from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.requests import pod_requests
from k8sedu.kube.scheduler import sketch


def test_a_sketch_is_what_the_manifest_says() -> None:
    """A node in one line equals the node whose manifest says the same."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1", "topology.kubernetes.io/zone": "a", "disk": "ssd"}},
        "spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        "status": {each: {"cpu": "4", "memory": "8Gi", "pods": "110", "gpu.io/x": "2"} for each in ("capacity", "allocatable")},
    }
    made = sketch.node("n1", zone="a", labels={"disk": "ssd"}, taints=["gpu=yes:NoSchedule"], resources={"gpu.io/x": 2})
    assert made == Node.of(manifest)
    assert sketch.node("n2", unschedulable=True).spec.unschedulable


def test_the_api_server_would_take_a_sketch() -> None:
    """Validation finds nothing wrong in a pod that uses every word of a sketch, and its requests are those that were asked for."""
    made = sketch.pod(
        "web-1", cpu="500m", memory="1Gi", resources={"nvidia.com/gpu": 1}, labels={"app": "web"},
        tolerations=["gpu=yes:NoSchedule", "", "x"], started_ms=60_000, nodeSelector={"disk": "ssd"},
    )  # fmt: skip
    assert validation.problems_of(made) == []
    assert {name: str(amount) for name, amount in pod_requests(made).items()} == {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": "1"}
    assert (made.namespace, made.metadata.uid, made.spec.restart_policy) == ("default", "web-1", "Always")


def test_tolerations_are_read_as_they_are_written() -> None:
    """With a value it must be equal, without one any value is borne, and without a key any taint."""
    exact, any_value, everything = sketch.pod("p", tolerations=["gpu=yes:NoExecute", "gpu", ""]).spec.tolerations
    assert (exact.key, exact.operator, exact.value, exact.effect) == ("gpu", "Equal", "yes", "NoExecute")
    assert (any_value.key, any_value.operator, any_value.effect) == ("gpu", "Exists", "")
    assert (everything.key, everything.operator) == ("", "Exists")


def test_where_a_pod_runs_decides_its_phase() -> None:
    """A pod with a node runs since it was started; one without waits."""
    running, waiting = sketch.pod("a", node="n1", started_ms=1_000), sketch.pod("b")
    assert (running.status.phase, running.status.start_time) == ("Running", "2026-01-01T00:00:01Z")
    assert (waiting.status.phase, waiting.status.start_time) == ("Pending", None)
    assert pod_requests(waiting) == {}
    assert isinstance(waiting, Pod)


@pytest.mark.parametrize("text", ["gpu", "=yes:NoSchedule", "gpu=yes", "gpu:Never", ""])
def test_a_wrong_taint_is_told(text: str) -> None:
    """A taint needs a key and one of three effects; the error quotes what was met."""
    with pytest.raises(sketch.SketchError, match=f"{text!r} was met, expected a taint"):
        sketch.node("n1", taints=[text])
    with pytest.raises(sketch.SketchError, match="expected a toleration"):
        sketch.pod("p", tolerations=["gpu yes"])


def test_a_budget_selects_by_labels() -> None:
    """A budget protects the pods with these labels and says how many of them may go."""
    keep = sketch.budget("keep", {"app": "web"}, allowed=0)
    assert (keep.spec.selector.match_labels, keep.status.disruptions_allowed, keep.namespace) == ({"app": "web"}, 0, "default")
