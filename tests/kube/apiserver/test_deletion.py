from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.apiserver.deletion import FOREGROUND, ORPHAN, grace_s
from k8sedu.kube.objects import ConfigMap, Namespace, Pod
from k8sedu.kube.status import ConflictError, ForbiddenError, NotFoundError


@pytest.fixture
def server() -> ApiServer:
    return ApiServer(Random(1))


def config_map(name: str, *finalizers: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "finalizers": list(finalizers)}}


def running_pod(server: ApiServer, **meta: Any) -> Pod:
    spec = {"containers": [{"name": "c", "image": "i"}], "terminationGracePeriodSeconds": 10}
    server.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", **meta}, "spec": spec}, now_ms=0)
    return server.bind("web", "n1", now_ms=0)


def test_at_once(server: ApiServer) -> None:
    """What nobody holds is gone, and the answer shows it as it was last, with the revision of its end."""
    made = server.create(config_map("a"), now_ms=0)
    last = server.delete("configmaps", "a", now_ms=0)
    assert (last.metadata.uid, last.metadata.resource_version) == (made.metadata.uid, server.resource_version)
    with pytest.raises(NotFoundError):
        server.get("configmaps", "a")


def test_finalizers(server: ApiServer) -> None:
    """A finalizer keeps the object, marked, until the last one is taken away."""
    server.create(config_map("a", "x/1", "x/2"), now_ms=0)
    marked = server.delete("configmaps", "a", now_ms=3_000)
    assert (marked.metadata.deletion_timestamp, marked.metadata.deletion_grace_period_seconds) == ("2026-01-01T00:00:03Z", 0)
    assert server.delete("configmaps", "a", now_ms=9_000) == marked
    one = server.patch("configmaps", "a", {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x/1"]}})
    assert one.metadata.finalizers == ("x/2",)
    watch = server.watch("configmaps", resource_version=server.resource_version)
    server.update(one.evolve(metadata=one.metadata.without("finalizers")))
    assert [event.type for event in watch.receive()] == ["DELETED"]


def test_grace(server: ApiServer) -> None:
    """A running pod stays until its node says that it has ended; a second delete can only shorten that."""
    running_pod(server)
    first = server.delete("pods", "web", now_ms=1_000)
    assert (first.metadata.deletion_timestamp, first.metadata.deletion_grace_period_seconds) == ("2026-01-01T00:00:11Z", 10)
    assert first.metadata.generation == 2
    assert server.delete("pods", "web", grace_period_s=60, now_ms=2_000) == first
    sooner = server.delete("pods", "web", grace_period_s=4, now_ms=2_000)
    assert (sooner.metadata.deletion_timestamp, sooner.metadata.generation) == ("2026-01-01T00:00:05Z", 2)
    server.delete("pods", "web", grace_period_s=0, now_ms=5_000)
    assert server.list("pods").items == ()


def test_grace_and_finalizer(server: ApiServer) -> None:
    """Both must let go, in whichever order."""
    pod = running_pod(server, finalizers=["x/1"])
    server.delete("pods", "web", now_ms=0)
    server.patch("pods", "web", {"metadata": {"finalizers": None}})
    assert server.get(Pod, "web").metadata.uid == pod.metadata.uid
    server.delete("pods", "web", grace_period_s=0, now_ms=0)
    running_pod(server, finalizers=["x/1"])
    server.delete("pods", "web", grace_period_s=0, now_ms=0)
    server.patch("pods", "web", {"metadata": {"finalizers": None}})
    assert server.list("pods").items == ()


@pytest.mark.conformance("k8s/pods.json")
def test_effective_grace(conformance_path: Path) -> None:
    """A pod without a node, or one that has ended, gets no grace."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["delete_grace"]:
        pod = Pod.of({"spec": {"nodeName": "n1" if case["scheduled"] else ""}, "status": {"phase": case["phase"]}})
        assert grace_s(pod, case["requested_grace"]) == case["effective_grace"], case


def test_policies(server: ApiServer) -> None:
    """The policy is written down as a finalizer; a later delete may take another one."""
    server.create(config_map("a"), now_ms=0)
    waiting = server.delete("configmaps", "a", propagation="Foreground", now_ms=0)
    assert waiting.metadata.finalizers == (FOREGROUND,)
    orphaning = server.delete("configmaps", "a", propagation="Orphan", now_ms=0)
    assert orphaning.metadata.finalizers == (ORPHAN,)
    server.delete("configmaps", "a", propagation="Background", now_ms=0)
    assert server.list("configmaps").items == ()


def test_conditions(server: ApiServer) -> None:
    """A delete may insist on the object that was meant, and on the version that was read."""
    made = server.create(config_map("a"), now_ms=0)
    with pytest.raises(ConflictError, match="UID in precondition: other"):
        server.delete("configmaps", "a", uid="other", now_ms=0)
    server.patch(ConfigMap, "a", {"data": {"x": "y"}})
    with pytest.raises(ConflictError, match="has been modified"):
        server.delete("configmaps", "a", resource_version=made.metadata.resource_version, now_ms=0)
    server.delete("configmaps", "a", uid=made.metadata.uid, now_ms=0)


def test_collections(server: ApiServer) -> None:
    """All that are selected go, and only they."""
    for name in "abc":
        server.create(config_map(name), now_ms=0)
    assert server.delete_collection("configmaps", field_selector="metadata.name!=b", now_ms=0) == 2
    assert [found.name for found in server.list("configmaps").items] == ["b"]


def test_a_namespace_on_its_way_out(server: ApiServer) -> None:
    """A namespace waits to be emptied, takes nothing new, and is gone once somebody has let it go."""
    server.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, now_ms=0)
    with pytest.raises(ConflictError, match="not being deleted"):
        server.finalize_namespace("shop")
    assert server.delete(Namespace, "shop", now_ms=0).status.phase == "Terminating"
    with pytest.raises(ForbiddenError, match="because it is being terminated"):
        server.create(config_map("a"), namespace="shop", now_ms=0)
    server.finalize_namespace("shop")
    assert "shop" not in [found.name for found in server.list("namespaces").items]
