from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.pods import HostPort, PodInfo


def info(release: str = "1.35", **spec: Any) -> PodInfo:
    return PodInfo(Pod.of({"metadata": {"name": "p"}, "spec": spec}), release)


def asks(cpu: str = "", memory: str = "", **more: Any) -> dict[str, Any]:
    requests = {name: amount for name, amount in (("cpu", cpu), ("memory", memory)) if amount}
    return {"name": "c", "resources": {"requests": requests}, **more}


def test_the_example_of_the_source() -> None:
    """Init containers count by their largest, the others by their sum: 3 cpu and 3G."""
    found = info(initContainers=[asks("2", "1G"), asks("2", "3G")], containers=[asks("2", "1G"), asks("1", "1G")])
    assert dict(found.requests) == {"cpu": 3000, "memory": 3 * 10**9}


def test_what_is_not_said_is_guessed_for_scores_only() -> None:
    """A container that says nothing counts 100m and 200 MB; an explicit 0 is not nothing; a pod without containers is nothing."""
    found = info(containers=[asks(), asks("0", "1Mi")])
    assert dict(found.requests) == {"cpu": 0, "memory": 2**20}
    assert dict(found.nonzero) == {"cpu": 100, "memory": 2**20 * 201}
    assert dict(info().nonzero) == {"cpu": 0, "memory": 0}


def test_a_limit_is_a_request_where_there_is_none() -> None:
    """As the API server would have it: a pod that never saw one counts the same."""
    found = info(containers=[{"name": "c", "resources": {"limits": {"cpu": "2"}}}])
    assert dict(found.requests) == {"cpu": 2000}


def test_a_request_of_the_whole_pod_and_its_overhead() -> None:
    """It takes the place of the containers' sum for the filter, and not for the score of NodeResourcesFit."""
    found = info(containers=[asks("1")], resources={"requests": {"cpu": "4"}}, overhead={"cpu": "100m"})
    assert (found.requests["cpu"], found.nonzero["cpu"], found.amounts.scored["cpu"]) == (4100, 4100, 1100)


@pytest.mark.parametrize(("spec", "ports"), [
    ({"containers": [asks(ports=[{"containerPort": 80}])]}, ()),
    ({"containers": [asks(ports=[{"containerPort": 80, "hostPort": 8080}])]}, (HostPort("0.0.0.0", "TCP", 8080),)),
    ({"containers": [asks(ports=[{"containerPort": 80}])], "hostNetwork": True}, (HostPort("0.0.0.0", "TCP", 80),)),
    ({"initContainers": [asks(ports=[{"hostPort": 81}])]}, ()),
    ({"initContainers": [asks(ports=[{"hostPort": 81}], restartPolicy="Always")]}, (HostPort("0.0.0.0", "TCP", 81),)),
])  # fmt: skip
def test_host_ports(spec: Any, ports: Any) -> None:
    """Only ports of the node count; with the node's network every port is one; of init containers only sidecars stay."""
    assert info(**spec).amounts.ports == ports


def test_images_have_tags_and_init_containers_count_since_1_30() -> None:
    """One image per container."""
    spec = {"initContainers": [asks(image="setup:1")], "containers": [asks(image="web")]}
    assert info(**spec).amounts.images == ("setup:1", "web:latest")
    assert info("1.29", **spec).amounts.images == ("web:latest",)
