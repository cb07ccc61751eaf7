from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Pod
from k8sedu.kube.pod_rules import pod_problems, pod_update_problems


def pod(*containers: dict[str, Any], **spec: Any) -> Pod:
    named = [{"name": f"c{place}", "image": "a:1", **container} for place, container in enumerate(containers or ({},))]
    return with_defaults(Pod.of({"metadata": {"name": "x"}, "spec": {"containers": named, **spec}}))


SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
GPU = "nvidia.com/gpu"
PROBLEMS: dict[str, tuple[Pod, list[str]]] = {
    "good": (pod({"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", GPU: "1"}}}), []),
    "no containers": (Pod.of({"metadata": {"name": "x"}}), ["spec.containers: Required value"]),
    "no name and no image": (
        pod({"name": "", "image": ""}), ["spec.containers[0].name: Required value", "spec.containers[0].image: Required value"],
    ),
    "a name twice": (
        pod({"name": "a"}, initContainers=[{"name": "a", "image": "b"}]), ['spec.initContainers[0].name: Duplicate value: "a"'],
    ),
    "more than the limit": (
        pod({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}),
        ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ),
    "half a device": (
        pod({"resources": {"limits": {GPU: "500m"}}}),
        [f'spec.containers[0].resources.{part}[{GPU}]: Invalid value: "500m": must be an integer' for part in ("limits", "requests")],
    ),
    "a device without a limit": (
        pod({"resources": {"requests": {GPU: "1"}}}),
        [f"spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources: {GPU}"],
    ),
    "less than nothing": (
        pod({"resources": {"requests": {"cpu": "-1"}}}),
        ['spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ),
    "a port": (
        pod({"ports": [{"containerPort": 70_000}]}),
        ["spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"],
    ),
    "a toleration of everything that is equal": (
        pod(tolerations=[{"value": "x"}]),
        ['spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, '
         'which means "match all values and all keys"'],
    ),
    "patience without expulsion": (
        pod(tolerations=[{"key": "k", "effect": "NoSchedule", "tolerationSeconds": 3}]),
        ["spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set"],
    ),
    "a spread twice": (
        pod(topologySpreadConstraints=[SPREAD, SPREAD]),
        ['spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"'],
    ),
    "no skew": (
        pod(topologySpreadConstraints=[{**SPREAD, "maxSkew": 0}]),
        ["spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_problems(found: Pod, expected: list[str]) -> None:
    """All that is wrong with a pod is told at once."""
    assert [problem.sentence for problem in pod_problems(found)] == expected


BORN = pod(tolerations=[{"key": "a", "operator": "Exists"}], schedulingGates=[{"name": "g"}])
CHANGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an image": ({"containers": (BORN.spec.containers[0].evolve(image="b:2"),)}, []),
    "a further toleration": ({"tolerations": (*BORN.spec.tolerations, BORN.spec.tolerations[0].evolve(key="b"))}, []),
    "a gate that opens": ({"scheduling_gates": ()}, []),
    "a deadline": ({"active_deadline_seconds": 5}, []),
    "a toleration less": ({"tolerations": BORN.spec.tolerations[1:]}, ["spec.tolerations"]),
    "a new gate": (
        {"scheduling_gates": (*BORN.spec.scheduling_gates, BORN.spec.scheduling_gates[0].evolve(name="h"))}, ["spec.schedulingGates"],
    ),
    "a node": ({"node_name": "n1"}, ["spec"]),
    "a request": ({"containers": (BORN.spec.containers[0].evolve(resources={"requests": {"cpu": "1"}}),)}, ["spec"]),
}  # fmt: skip


@pytest.mark.parametrize(("change", "fields"), CHANGES.values(), ids=CHANGES)
def test_what_may_change(change: dict[str, Any], fields: list[str]) -> None:
    """Of a stored pod an image, further tolerations, fewer gates and a deadline may change, and nothing else."""
    assert [problem.field for problem in pod_update_problems(BORN.evolve(spec=BORN.spec.evolve(**change)), BORN)] == fields
