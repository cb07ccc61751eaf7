from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube import kinds
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import ApiObject
from k8sedu.kube.validation import problems_of, problems_of_update

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
ENDING = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
SPEC = {"selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}


def made(kind: str, spec: Any = None, **more: Any) -> ApiObject:
    document = {"metadata": {"name": "x"}, **({"spec": spec} if spec is not None else {}), **more}
    return with_defaults(kinds.resource(kind).of(document))


PROBLEMS: dict[str, tuple[ApiObject, list[str]]] = {
    "good": (made("Deployment", SPEC), []),
    "no name": (made("ConfigMap", metadata={}), ["metadata.name: Required value: name or generateName is required"]),
    "no selector": (made("Deployment", {"template": TEMPLATE}), ["spec.selector: Required value"]),
    "selector beside the template": (
        made("ReplicaSet", {**SPEC, "selector": {"matchLabels": {"app": "db"}}}),
        ['spec.template.metadata.labels: Invalid value: {"app": "web"}: `selector` does not match template `labels`'],
    ),
    "negative": (made("Deployment", {**SPEC, "replicas": -1}), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
    "neither more nor less": (
        made("Deployment", {**SPEC, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}}),
        ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ),
    "recreate by steps": (
        made("Deployment", {**SPEC, "strategy": {"type": "Recreate", "rollingUpdate": {}}}),
        ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ),
    "a job that never ends": (
        made("Job", {"template": TEMPLATE}),
        ['spec.template.spec.restartPolicy: Unsupported value: "Always": supported values: "OnFailure", "Never"'],
    ),
    "a schedule of four": (
        made("CronJob", {"schedule": "* * * *", "jobTemplate": {"spec": {"template": ENDING}}}),
        ['spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    ),
    "a Service without ports": (made("Service", {}), ["spec.ports: Required value"]),
    "two ports want names": (
        made("Service", {"ports": [{"port": 80}, {"port": 70_000, "name": "a"}]}),
        ["spec.ports[0].name: Required value", "spec.ports[1].port: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ),
    "both budgets": (
        made("PodDisruptionBudget", {"minAvailable": 1, "maxUnavailable": 1}),
        ['spec: Invalid value: {"minAvailable": 1, "maxUnavailable": 1}: minAvailable and maxUnavailable cannot be both set'],
    ),
    "too important": (
        made("PriorityClass", value=1_000_000_001), ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"],
    ),
    "a taint twice": (
        made("Node", {"taints": [{"key": "a", "effect": "NoSchedule"}] * 2}), ['spec.taints[1]: Duplicate value: "a:NoSchedule"'],
    ),
    "owners": (
        made("ConfigMap", metadata={"name": "x", "ownerReferences": [
            {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1", "controller": True},
            {"apiVersion": "v1", "kind": "B", "name": "b", "uid": "", "controller": True},
        ]}),
        [
            'metadata.ownerReferences[1].uid: Invalid value: "": must not be empty',
            'metadata.ownerReferences: Invalid value: "a and b": Only one reference can have Controller set to true',
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems(found: ApiObject, expected: list[str]) -> None:
    """All that is wrong is told at once, each with its field, in the server's words."""
    assert [problem.sentence for problem in problems_of(found)] == expected


@pytest.mark.parametrize("name", ["Upper", "under_score", "-a", "x" * 254, "a..b"])
def test_names(name: str) -> None:
    """A name that DNS does not allow is refused."""
    assert [problem.field for problem in problems_of(made("ConfigMap", metadata={"name": name}))] == ["metadata.name"]


UPDATES: dict[str, tuple[ApiObject, ApiObject, list[str]]] = {
    "a selector": (
        made("Deployment", SPEC),
        made("Deployment", {"selector": {"matchLabels": {"a": "b"}}, "template": {**TEMPLATE, "metadata": {"labels": {"a": "b"}}}}),
        ["spec.selector"],
    ),
    "replicas": (made("StatefulSet", SPEC), made("StatefulSet", {**SPEC, "replicas": 5}), []),
    "a stateful set's Service": (made("StatefulSet", SPEC), made("StatefulSet", {**SPEC, "serviceName": "y"}), ["spec"]),
    "a priority": (made("PriorityClass", value=1), made("PriorityClass", value=2), ["value"]),
    "what is immutable": (made("ConfigMap", immutable=True, data={"a": "1"}), made("ConfigMap", immutable=True, data={"a": "2"}), ["data"]),
    "what is not": (made("ConfigMap", data={"a": "1"}), made("ConfigMap", data={"a": "2"}), []),
    "a new finalizer on the way out": (
        made("ConfigMap", metadata={"name": "x", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b"]}),
        made("ConfigMap", metadata={"name": "x", "deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b", "a/c"]}),
        ["metadata.finalizers"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "fields"), UPDATES.values(), ids=UPDATES)
def test_what_may_change(old: ApiObject, new: ApiObject, fields: list[str]) -> None:
    """What never changes is named."""
    assert [problem.field for problem in problems_of_update(new, old)] == fields
