from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from k8sedu.etcd.mvcc import Store
from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.fields import plain
from k8sedu.kube.objects import ConfigMap, Container, Deployment, Job, Node, Pod, PodSpec
from k8sedu.kube.requests import qos_class
from k8sedu.kube.status import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    ServerTimeoutError,
)


def pod(name: str = "web", *, spec: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    whole = {"containers": [{"name": "c", "image": "nginx:1"}]} | (spec or {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **meta}, "spec": whole}


def config_map(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


@pytest.fixture
def server() -> ApiServer:
    return ApiServer(Random(7))


def test_a_new_object_is_completed(server: ApiServer) -> None:
    """Identity, age, defaults and the first status are the server's; what a client says of them does not count."""
    meta = {"uid": "mine", "creationTimestamp": "1999-01-01T00:00:00Z", "generation": 9, "selfLink": "/x"}
    found = server.create(pod(**meta) | {"status": {"phase": "Running"}}, now_ms=5_000)
    assert found.metadata.creation_timestamp == "2026-01-01T00:00:05Z"
    assert (found.metadata.generation, found.metadata.self_link, len(found.metadata.uid)) == (1, "", 36)
    assert (found.status.phase, found.status.qos_class, found.namespace) == ("Pending", "BestEffort", "default")
    assert (found.spec.restart_policy, found.spec.priority, found.spec.scheduler_name) == ("Always", 0, "default-scheduler")
    assert found.metadata.resource_version == server.resource_version
    assert server.get(Pod, "web") == found


def test_the_same_calls_make_the_same_objects() -> None:
    """UIDs and generated names come from the stream that was handed in, times from the call."""
    def run() -> list[Any]:
        server = ApiServer(Random(3))
        for _ in range(3):
            server.create({**pod(), "metadata": {"generateName": "web-"}}, now_ms=1)
        return [plain(found) for found in server.list("pods").items]

    assert run() == run()
    assert len({found["metadata"]["name"] for found in run()}) == 3


def test_the_version_is_the_revision_of_etcd() -> None:
    """What etcd has under /registry is the object; its version is the revision of the key, and is not stored."""
    store = Store()
    server = ApiServer(Random(1), store=store)
    found = server.create(pod(), now_ms=0)
    kv = store.get("/registry/pods/default/web")
    assert kv is not None
    assert str(kv.mod_revision) == found.metadata.resource_version
    stored = json.loads(kv.value)
    assert "resourceVersion" not in stored["metadata"]
    assert stored["spec"] == found.document()["spec"]
    again = ApiServer(Random(2), store=store)
    assert again.get("pods", "web") == found
    assert again.resource_version == server.resource_version


def test_two_servers_on_one_store() -> None:
    """A second server sees what the first has written, conflicts with it, and its watches are told."""
    store = Store()
    one, two = ApiServer(Random(1), store=store), ApiServer(Random(2), store=store)
    found = one.create(config_map("a", data={"x": "1"}), now_ms=0)
    watch = two.watch("configmaps", resource_version=found.metadata.resource_version)
    one.update(found.evolve(data={"x": "2"}))
    with pytest.raises(ConflictError):
        two.update(found.evolve(data={"x": "3"}))
    assert [(event.type, event.object.data["x"]) for event in watch.receive()] == [("MODIFIED", "2")]
    assert two.get(ConfigMap, "a").data["x"] == "2"


def test_writing_the_same_writes_nothing(server: ApiServer) -> None:
    """An update that changes nothing makes no new version and no event."""
    found = server.create(config_map("a"), now_ms=0)
    watch = server.watch("configmaps", resource_version=server.resource_version)
    assert server.update(found) == server.update(config_map("a")) == found
    assert watch.receive() == []


def test_two_halves(server: ApiServer) -> None:
    """A write to the object leaves the status alone, a write to the status leaves everything else alone; only one is counted."""
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    wanted = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    made = server.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": wanted}, now_ms=0)
    done = server.update_status(made.evolve(status={"replicas": 1}, spec=made.spec.evolve(replicas=9)))
    assert (done.spec.replicas, done.status.replicas, done.metadata.generation) == (1, 1, 1)
    more = server.update(done.evolve(spec=done.spec.evolve(replicas=2), status=done.status.evolve(replicas=7)))
    assert (more.spec.replicas, more.status.replicas, more.metadata.generation) == (2, 1, 2)
    labelled = server.patch(Deployment, "d", {"metadata": {"labels": {"x": "y"}}})
    assert labelled.metadata.generation == 2
    patched = server.patch("deploy", "d", {"status": {"readyReplicas": 1}, "spec": {"replicas": 5}}, subresource="status")
    assert (patched.spec.replicas, patched.status.ready_replicas) == (2, 1)
    with pytest.raises(NotFoundError, match="could not find the requested resource"):
        server.update_status(server.create(config_map("a"), now_ms=0))


def test_a_node_brings_its_status(server: ApiServer) -> None:
    """A kubelet announces its node with what it has; from then on the status has its own door."""
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {"capacity": {"cpu": "4"}}}
    made = server.create(node, now_ms=0)
    assert str(made.status.allocatable["cpu"]) == "4"
    assert server.update({**node, "status": {"capacity": {"cpu": "8"}}}) == made
    assert isinstance(server.get("no", "n1"), Node)


REFUSED: list[tuple[Any, type[ApiError], str]] = [
    (pod(resourceVersion="5"), BadRequestError, "resourceVersion should not be set on objects to be created"),
    (pod(namespace="shop"), NotFoundError, 'namespaces "shop" not found'),
    (pod(name=""), InvalidError, 'Pod "" is invalid: metadata.name: Required value: name or generateName is required'),
    (pod(spec={"containers": []}), InvalidError, 'Pod "web" is invalid: spec.containers: Required value'),
    (pod(spec={"restartPolicy": "always"}), InvalidError,
     'Pod "web" is invalid: spec.restartPolicy: Unsupported value: "always": supported values: "Always", "OnFailure", "Never"'),
    (pod(spec={"containers": 3}), BadRequestError, 'Pod in version "v1" cannot be handled as a Pod: spec.containers is 3, expected a list'),
    (pod(spec={"priorityClassName": "high"}), ForbiddenError, 'pods "web" is forbidden: no PriorityClass with name high was found'),
    (pod(spec={"priority": 7}), ForbiddenError, "the integer value of priority (7) must not be provided in pod spec"),
    ({"apiVersion": "v1", "kind": "Pot"}, BadRequestError, 'no matches for kind "Pot" in version "v1"'),
    ({"apiVersion": "v1", "kind": "Pod", "metadata": []}, BadRequestError, "metadata is no mapping"),
    ("Pod", BadRequestError, "the body is no object"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "error", "sentence"), REFUSED, ids=[sentence[:40] for _, _, sentence in REFUSED])
def test_refusals(server: ApiServer, body: Any, error: type[ApiError], sentence: str) -> None:
    """What must not be stored is refused in the server's words, and leaves no trace."""
    before = server.resource_version
    with pytest.raises(error) as told:
        server.create(body, now_ms=0)
    assert sentence in str(told.value)
    assert server.resource_version == before


def test_namespaces_of_request_and_object(server: ApiServer) -> None:
    """The request's namespace is the object's, and two that differ are refused."""
    assert server.create(config_map("a"), namespace="kube-public", now_ms=0).namespace == "kube-public"
    with pytest.raises(BadRequestError, match="does not match the namespace sent on the request"):
        server.create(pod(namespace="default"), namespace="kube-system", now_ms=0)
    with pytest.raises(NotFoundError):
        server.get("configmaps", "a")


def test_priorities(server: ApiServer) -> None:
    """The name of a class becomes a number when the pod is made; the default class counts for all that name none."""
    assert server.create(pod(spec={"priorityClassName": "system-node-critical"}), now_ms=0).spec.priority == 2_000_001_000
    for name, value in (("b", 50), ("a", 20)):
        made = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}}
        server.create({**made, "value": value, "globalDefault": True, "preemptionPolicy": "Never"}, now_ms=0)
    found = server.create(pod("db"), now_ms=0).spec
    assert (found.priority, found.priority_class_name, found.preemption_policy) == (20, "a", "Never")


def test_five_minutes_on_a_lost_node(server: ApiServer) -> None:
    """A pod stays five minutes on a node that is gone, unless it says that it bears that."""
    patient = server.create(pod(), now_ms=0).spec.tolerations
    assert [(each.key, each.effect, each.toleration_seconds) for each in patient] == [
        ("node.kubernetes.io/not-ready", "NoExecute", 300), ("node.kubernetes.io/unreachable", "NoExecute", 300),
    ]  # fmt: skip
    assert len(server.create(pod("all", spec={"tolerations": [{"operator": "Exists"}]}), now_ms=0).spec.tolerations) == 1


def test_a_pod_is_updated_from_its_manifest(server: ApiServer) -> None:
    """Sending the manifest again with another image changes the image and keeps what the server has filled in."""
    server.create(pod(), now_ms=0)
    newer = server.update(pod(spec={"containers": [{"name": "c", "image": "nginx:2"}]}))
    assert (newer.spec.containers[0].image, newer.spec.priority, newer.metadata.generation) == ("nginx:2", 0, 2)
    with pytest.raises(InvalidError, match="pod updates may not change fields other than"):
        server.update(pod(spec={"nodeName": "n1"}))


def test_binding(server: ApiServer) -> None:
    """A pod gets its node once, by the door that is made for it."""
    made = server.create(pod(), now_ms=0)
    bound = server.bind("web", "n1", uid=made.metadata.uid, now_ms=1_000)
    assert (bound.spec.node_name, bound.status.conditions[0].type, bound.status.phase) == ("n1", "PodScheduled", "Pending")
    for name, uid, why in (("web", "", "already assigned to node"), ("web", "other", "UID in precondition: other")):
        with pytest.raises(ConflictError, match=why):
            server.bind(name, "n2", uid=uid, now_ms=2_000)
    server.create(pod("gated", spec={"schedulingGates": [{"name": "g"}]}), now_ms=0)
    with pytest.raises(ConflictError, match=r"non-empty .spec.schedulingGates"):
        server.bind("gated", "n1", now_ms=0)
    server.create(pod("held", finalizers=["a/b"]), now_ms=0)
    server.delete("pods", "held", now_ms=0)
    with pytest.raises(ConflictError, match="is being deleted"):
        server.bind("held", "n1", now_ms=0)


def test_a_job_selects_its_own_pods(server: ApiServer) -> None:
    """A job's selector and its template's labels are its UID."""
    template = {"spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}}
    made = server.create({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": template}}, now_ms=0)
    assert isinstance(made, Job)
    assert made.spec.selector is not None
    assert made.spec.selector.match_labels == {"batch.kubernetes.io/controller-uid": made.metadata.uid}
    assert made.spec.template.metadata.labels["job-name"] == "j"


def test_versions_that_are_not_there_yet(server: ApiServer) -> None:
    """A version of the future is refused with a timeout, one that is no number as a bad request."""
    def get(version: str) -> Any:
        return server.get("ns", "default", resource_version=version)

    for ask in (get, lambda version: server.list("ns", resource_version=version)):
        with pytest.raises(ServerTimeoutError, match="Too large resource version: 999, current: "):
            ask("999")
        with pytest.raises(BadRequestError, match="no whole number"):
            ask("x")
        assert ask("0")


def test_patches_that_leave_no_object(server: ApiServer) -> None:
    """A patch may not take the metadata away, nor write nonsense."""
    server.create(config_map("a"), now_ms=0)
    removal = [{"op": "remove", "path": "/metadata"}]
    for kind, patch in (("json", removal), ("merge", {"metadata": None}), ("merge", 3), ("merge", {"data": 1})):
        with pytest.raises(BadRequestError):
            server.patch("configmaps", "a", patch, type=kind)  # type: ignore[arg-type]  # a text of the table
    with pytest.raises(ConflictError):
        server.patch("configmaps", "a", {"metadata": {"resourceVersion": "1"}, "data": {"x": "y"}})
    server.check()


@pytest.mark.conformance("k8s/pods.json")
def test_quality_of_service(conformance_path: Path) -> None:
    """Each pod has the class that the kubelet's table gives it."""
    def container(amounts: list[list[str]]) -> Container:
        parts = zip(("requests", "limits"), amounts, strict=True)
        given = {part: {name: amount for name, amount in zip(("cpu", "memory"), pair, strict=True) if amount} for part, pair in parts}
        return Container.of({"resources": given})

    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["qos"]:
        spec = PodSpec(containers=tuple(map(container, case["containers"])), init_containers=tuple(map(container, case["init"])))
        assert qos_class(spec) == case["qos"], case["name"]
