from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sedu.kube.controllers.endpointslice import EndpointSliceController
from k8sedu.kube.garbage import GarbageCollector
from k8sedu.kube.objects import EndpointSlice
from k8sedu.kube.services.addresses import ServiceAddresses


def found(cluster: Any) -> list[EndpointSlice]:
    slices: list[EndpointSlice] = list(cluster.server.list(EndpointSlice).items)
    return slices


def lengths(cluster: Any) -> list[int]:
    return sorted(len(each.endpoints) for each in found(cluster))


def verbs(done: list[str]) -> list[int]:
    return [sum(line.startswith(verb) for line in done) for verb in ("create", "update", "delete")]


@pytest.mark.conformance("k8s/endpointslice.json")
def test_other_ports(conformance_path: Path, cluster: Any) -> None:
    """When a Service's target port changes, slices are rewritten in place instead of deleted and made anew; too many are joined."""
    for number, case in enumerate(json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["other"]):
        name = f"web{number}"
        cluster.service(name)
        controller = EndpointSliceController(cluster.server, most=max(case["existing"]))
        for place in range(sum(case["existing"])):
            cluster.pod(f"{name}-{place:03}", app=name)
        controller.run(now_ms=0)
        assert sorted(len(each.endpoints) for each in of(cluster, name)) == sorted(case["existing"])
        controller.most = 100
        cluster.server.patch("services", name, {"spec": {"ports": [{"name": "http", "port": 80, "targetPort": 9090}]}})
        done = controller.run(now_ms=0)
        assert sorted(len(each.endpoints) for each in of(cluster, name)) == sorted(case["expected_lengths"]), case["name"]
        assert verbs(done) == [case.get("creates", 0), case["updates"], case["deletes"]], case["name"]
        assert {each.ports[0].port for each in of(cluster, name)} == {9090}


def of(cluster: Any, service: str) -> list[EndpointSlice]:
    return [each for each in found(cluster) if each.labels["kubernetes.io/service-name"] == service]


def test_the_life_of_an_endpoint(cluster: Any) -> None:
    """A pod is not ready, ready, on its way out but serving, and gone; each is told in the slice."""
    cluster.service()
    controller = EndpointSliceController(cluster.server)
    conditions = []
    for verb, told in (("pod", {"ready": False}), ("say", {"ready": True}), ("delete", {}), ("say", {"ready": False}), ("gone", {})):
        getattr(cluster, verb)("a", **told)
        controller.run(now_ms=0)
        (only,) = found(cluster)
        conditions.append([(one.conditions.ready, one.conditions.serving, one.conditions.terminating) for one in only.endpoints])
    assert conditions == [[(False, False, False)], [(True, True, False)], [(False, True, True)], [(False, False, True)], []]


def test_what_a_slice_says(cluster: Any) -> None:
    """A slice names its Service, its keeper and its owner, and each endpoint its pod, node and zone."""
    zone = {"topology.kubernetes.io/zone": "a"}
    cluster.server.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": zone}}, now_ms=0)
    service = cluster.service()
    pod = cluster.pod("a", hostname="first", subdomain="web")
    EndpointSliceController(cluster.server).run(now_ms=0)
    (only,) = found(cluster)
    assert only.labels == {
        "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }  # fmt: skip
    assert only.controller is not None
    assert (only.controller.uid, only.address_type) == (service.metadata.uid, "IPv4")
    assert only.ports[0].document() == {"name": "http", "protocol": "TCP", "port": 8080}
    assert only.endpoints[0].document() == {
        "addresses": [pod.status.pod_ip], "conditions": {"ready": True, "serving": True, "terminating": False}, "nodeName": "n1",
        "zone": "a", "hostname": "first",
        "targetRef": {"kind": "Pod", "namespace": "default", "name": "a", "uid": pod.metadata.uid},
    }  # fmt: skip


def test_services_without_a_selector(cluster: Any) -> None:
    """Who selects no pods makes the endpoints himself; a mere name has none."""
    cluster.service(selector={})
    cluster.service("name", type="ExternalName", externalName="example.com")
    cluster.pod("a")
    assert EndpointSliceController(cluster.server).run(now_ms=0) == []


def test_not_ready_but_published(cluster: Any) -> None:
    """A Service that publishes pods which are not ready calls them all ready, even on their way out."""
    cluster.service(publishNotReadyAddresses=True)
    cluster.pod("a", ready=False)
    cluster.pod("b")
    cluster.delete("b")
    EndpointSliceController(cluster.server).run(now_ms=0)
    assert [one.conditions.ready for one in found(cluster)[0].endpoints] == [True, True]


def test_named_ports(cluster: Any) -> None:
    """Where a named port has another number on some pods, they stand in slices of their own; pods that lack it have no port."""
    cluster.service(ports=[{"name": "http", "port": 80, "targetPort": "http"}])
    cluster.pod("a")
    cluster.pod("b", containers=[{"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 9090}]}])
    cluster.pod("c", containers=[{"name": "c", "image": "nginx"}])
    EndpointSliceController(cluster.server).run(now_ms=0)
    assert sorted([port.port for port in each.ports] for each in found(cluster)) == [[], [8080], [9090]]


def test_two_families(cluster: Any) -> None:
    """A Service of two families has slices of each; a pod stands in those for which it has an address."""
    cluster.server.addresses = ServiceAddresses(("10.96.0.0/12", "fd00::/112"))
    cluster.service(ipFamilyPolicy="RequireDualStack")
    cluster.pod("a", ip="10.244.0.9,fd00:10::9")
    cluster.pod("b", ip="10.244.0.10")
    EndpointSliceController(cluster.server).run(now_ms=0)
    assert sorted((each.address_type, len(each.endpoints)) for each in found(cluster)) == [("IPv4", 2), ("IPv6", 1)]


def test_somebody_meddles(cluster: Any) -> None:
    """A slice that somebody deletes comes back; pods whose labels change leave; what goes with its Service is collected."""
    cluster.service()
    cluster.pods(2)
    controller = EndpointSliceController(cluster.server)
    controller.run(now_ms=0)
    cluster.server.delete(EndpointSlice, found(cluster)[0].name, now_ms=0)
    assert verbs(controller.run(now_ms=0)) == [1, 0, 0]
    cluster.server.patch("pods", "web-0000", {"metadata": {"labels": {"app": "other"}}})
    controller.run(now_ms=0)
    assert lengths(cluster) == [1]
    cluster.server.delete("services", "web", now_ms=0)
    assert controller.run(now_ms=0) == []
    GarbageCollector(cluster.server).run(now_ms=0)
    assert found(cluster) == []


def test_an_older_service_of_that_name(cluster: Any) -> None:
    """Slices of a Service that is gone are not taken for those of a new one of the same name."""
    cluster.service()
    cluster.pods(1)
    controller = EndpointSliceController(cluster.server)
    controller.run(now_ms=0)
    cluster.server.delete("services", "web", now_ms=0)
    new = cluster.service()
    assert verbs(controller.run(now_ms=0)) == [1, 0, 1]
    assert [each.controller.uid for each in found(cluster) if each.controller] == [new.metadata.uid]


def test_hints(cluster: Any) -> None:
    """A Service that asks for hints gets them, if every zone can have its share."""
    for zone in ("a", "b"):
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"n-{zone}", "labels": {"topology.kubernetes.io/zone": zone}}}
        cluster.server.create({**body, "status": {"allocatable": {"cpu": "4"}}}, now_ms=0)
    cluster.service()
    cluster.server.patch("services", "web", {"metadata": {"annotations": {"service.kubernetes.io/topology-mode": "Auto"}}})
    cluster.pod("1", nodeName="n-a")
    cluster.pod("2", nodeName="n-b")
    EndpointSliceController(cluster.server).run(now_ms=0)
    hints = [one.hints["forZones"][0]["name"] for one in found(cluster)[0].endpoints]
    assert hints == ["a", "b"]


def test_traffic_distribution(cluster: Any) -> None:
    """A Service whose traffic should stay near gives every endpoint a hint for where it is."""
    body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "a"}}}
    cluster.server.create(body, now_ms=0)
    cluster.service(trafficDistribution="PreferSameNode")
    cluster.pod("1")
    EndpointSliceController(cluster.server).run(now_ms=0)
    assert found(cluster)[0].endpoints[0].hints == {"forZones": ({"name": "a"},), "forNodes": ({"name": "n1"},)}


act = st.tuples(st.sampled_from(["pod", "ready", "unready", "delete", "gone", "relabel", "run"]), st.integers(0, 5))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(story=st.lists(act, max_size=15), most=st.integers(1, 4), seed=st.integers(0, 99))
def test_in_the_end_it_is_right(cluster_of: Any, story: list[tuple[str, int]], most: int, seed: int) -> None:
    """Whatever happens to pods and whenever the controller looks, in the end every pod that should be is in exactly one slice."""
    cluster = cluster_of()
    cluster.service()
    controller, names = EndpointSliceController(cluster.server, most=most), [f"p{number}" for number in range(6)]
    for verb, number in story:
        perform(cluster, controller, verb, names[number], Random(seed))
    controller.run(now_ms=0)
    selected = cluster.server.list("pods", label_selector="app=web").items
    told = [one.target_ref.name for each in found(cluster) for one in each.endpoints if one.target_ref]
    assert sorted(told) == sorted(pod.name for pod in selected)
    assert all(len(each.endpoints) <= most for each in found(cluster))
    assert controller.run(now_ms=0) == []


def perform(cluster: Any, controller: EndpointSliceController, verb: str, name: str, rng: Random) -> None:
    is_there = name in {pod.name for pod in cluster.server.list("pods").items}
    if verb == "run":
        controller.run(now_ms=0)
    elif verb == "pod" and not is_there:
        cluster.pod(name, ready=rng.random() < 0.5)
    elif is_there and verb in {"ready", "unready"}:
        cluster.say(name, ready=verb == "ready")
    elif is_there and verb == "relabel":
        cluster.server.patch("pods", name, {"metadata": {"labels": {"app": rng.choice(["web", "other"])}}})
    elif is_there and verb in {"delete", "gone"}:
        getattr(cluster, verb)(name)
