from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube import kinds
from k8sedu.kube.defaults import DEFAULTS, with_defaults
from k8sedu.kube.objects import ApiObject

CASES: dict[str, tuple[str, dict[str, Any], str, Any]] = {
    "limits become requests": (
        "Pod", {"spec": {"containers": [{"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": "1"}}}]}},
        "spec.containers.0.resources.requests", {"cpu": "1", "memory": "1Gi"},
    ),
    "latest is always pulled": ("Pod", {"spec": {"containers": [{"image": "r:5000/a/b"}]}}, "spec.containers.0.imagePullPolicy", "Always"),
    "a tag is not": ("Pod", {"spec": {"containers": [{"image": "r:5000/a/b:1"}]}}, "spec.containers.0.imagePullPolicy", "IfNotPresent"),
    "a digest is not": ("Pod", {"spec": {"containers": [{"image": "a@sha256:0"}]}}, "spec.containers.0.imagePullPolicy", "IfNotPresent"),
    "the node's network takes the node's port": (
        "Pod", {"spec": {"hostNetwork": True, "containers": [{"ports": [{"containerPort": 80}]}]}},
        "spec.containers.0.ports.0", {"containerPort": 80, "protocol": "TCP", "hostPort": 80},
    ),
    "a pod's limits with containers that ask": (
        "Pod",
        {"spec": {"resources": {"limits": {"cpu": "4", "memory": "2Gi"}}, "containers": [{"resources": {"requests": {"cpu": "1"}}}]}},
        "spec.resources.requests", {"cpu": "1", "memory": "2Gi"},
    ),
    "a probe has patience": (
        "Pod", {"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": 80}}}]}}, "spec.containers.0.livenessProbe",
        {
            "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
            "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
        },
    ),
    "a rollout is rolling": (
        "Deployment", {}, "spec.strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    ),
    "unless it is not": ("Deployment", {"spec": {"strategy": {"type": "Recreate"}}}, "spec.strategy", {"type": "Recreate"}),
    "zero is not nothing": ("Deployment", {"spec": {"replicas": 0}}, "spec.replicas", 0),
    "one replica": ("StatefulSet", {}, "spec.replicas", 1),
    "one at a time": ("DaemonSet", {}, "spec.updateStrategy.rollingUpdate", {"maxUnavailable": 1, "maxSurge": 0}),
    "a port leads to itself": ("Service", {"spec": {"ports": [{"port": 80}]}}, "spec.ports.0.targetPort", 80),
    "a template's labels": ("ReplicaSet", {"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}}, "metadata.labels", {"a": "b"}),
    "a work queue has no completions": ("Job", {"spec": {"parallelism": 3}}, "spec.completions", None),
    "a namespace is labelled with its name": (
        "Namespace", {"metadata": {"name": "a"}}, "metadata.labels", {"kubernetes.io/metadata.name": "a"},
    ),
    "what is there may be used": ("Node", {"status": {"capacity": {"cpu": "4"}}}, "status.allocatable", {"cpu": "4"}),
}  # fmt: skip


def at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[int(step)] if step.isdigit() else document.get(step)
    return document


@pytest.mark.parametrize(("kind", "document", "path", "expected"), CASES.values(), ids=CASES)
def test_defaults(kind: str, document: dict[str, Any], path: str, expected: Any) -> None:
    """What a manifest does not say, the API server says."""
    assert at(with_defaults(kinds.resource(kind).of(document)).document(), path) == expected


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_stable(kind: str) -> None:
    """Filling in a second time changes nothing, from nothing at all as well."""
    once = with_defaults(kinds.resource(kind)())
    assert with_defaults(once).document() == once.document()


@given(st.sampled_from(sorted(DEFAULTS)), st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=3), max_size=2))
def test_the_object_itself_stays(kind: str, labels: dict[str, str]) -> None:
    """Defaults make a new object and leave the old one alone."""
    found: ApiObject = kinds.resource(kind).of({"metadata": {"labels": labels}})
    before = found.document()
    with_defaults(found)
    assert found.document() == before
