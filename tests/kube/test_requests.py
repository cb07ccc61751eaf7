from __future__ import annotations

import pytest

from k8sedu.kube.objects import PodSpec
from k8sedu.kube.requests import pod_requests


def asks(cpu: str = "", memory: str = "", **more: str) -> dict[str, object]:
    requests = {name: amount for name, amount in (("cpu", cpu), ("memory", memory)) if amount}
    return {"resources": {"requests": requests}, **more}


CASES = {
    "containers add up": ({"containers": [asks("1", "1Gi"), asks("500m")]}, {"cpu": "1500m", "memory": "1Gi"}),
    "of init containers the largest counts": (
        {"initContainers": [asks("2", "1G"), asks("2", "3G")], "containers": [asks("2", "1G"), asks("1", "1G")]},
        {"cpu": "3", "memory": "3G"},
    ),
    "a sidecar stays": (
        {"initContainers": [asks("1", restartPolicy="Always"), asks("3"), asks("1", restartPolicy="Always")], "containers": [asks("1")]},
        {"cpu": "4"},
    ),
    "a sidecar counts in the end": (
        {"initContainers": [asks("1"), asks("2", restartPolicy="Always")], "containers": [asks("1")]}, {"cpu": "3"},
    ),
    "the pod's own request is the last word": (
        {"containers": [asks("1", "1Gi")], "resources": {"requests": {"cpu": "500m", "example.com/gpu": "1"}}},
        {"cpu": "500m", "memory": "1Gi"},
    ),
    "overhead comes on top": (
        {"containers": [asks("1")], "overhead": {"cpu": "100m", "memory": "64Mi"}}, {"cpu": "1100m", "memory": "64Mi"},
    ),
    "nothing": ({}, {}),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), CASES.values(), ids=CASES)
def test_what_a_pod_asks_for(spec: dict[str, object], expected: dict[str, str]) -> None:
    """Scheduling facts, section 1.3: everything that runs in the end, or the worst moment before."""
    assert {name: str(amount) for name, amount in pod_requests(PodSpec.of(spec)).items()} == expected
