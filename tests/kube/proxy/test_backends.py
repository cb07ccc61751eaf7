from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.objects import EndpointSlice
from k8sedu.kube.proxy.backends import Backend, backends_of, choose
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

WEB = ServicePortName("default", "web")
ZONED = ProxySettings(node_labels={"topology.kubernetes.io/zone": "a"})


def port(**more: Any) -> ServicePort:
    return ServicePort(WEB, "10.96.0.1", 80, **more)


def ips(backends: tuple[Backend, ...]) -> list[str]:
    return [backend.ip for backend in backends]


def groups(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["groups"]
    return found


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_traffic_policy(conformance_path: Path) -> None:
    """Each policy leaves the endpoints that the real one leaves, and refuses where that refuses."""
    for case in groups(conformance_path)["traffic_policy"]:
        backends = tuple(Backend(ip, 80, is_local=where == "local") for ip, where in case["endpoints"])
        is_local = case["policy"] == "Local"
        choice = choose(backends, port(is_internal_local=is_local), ProxySettings())
        found = ips(choice.local if is_local else choice.cluster)
        expected = case["expected"]
        assert (found or ("DROP" if choice.has_any else "REJECT")) == expected, case["name"]


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_terminating(conformance_path: Path) -> None:
    """Endpoints on their way out serve only where nothing ready is left: the four stories of KEP-1669."""
    for case in groups(conformance_path)["terminating"]:
        backends = tuple(
            Backend(ip, 80, is_local=local, is_ready=ready, is_serving=serving, is_terminating=terminating)
            for ip, ready, serving, terminating, local in case["endpoints"]
        )
        choice = choose(backends, port(node_port=30_080, is_external_local=case["etp"] == "Local"), ProxySettings())
        assert (ips(choice.cluster) or "REJECT") == case["pod_to_clusterip"], case["name"]
        outside = choice.local if case["etp"] == "Local" else choice.cluster
        assert (ips(outside) or ("DROP" if choice.has_any else "REJECT")) == case["external_to_lb"], case["name"]


backend = st.builds(
    Backend, ip=st.integers(1, 6).map("10.0.0.{}".format), port=st.just(80), is_local=st.booleans(), is_ready=st.booleans(),
    is_serving=st.booleans(), is_terminating=st.booleans(), zone_hints=st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
)  # fmt: skip
some = st.lists(backend, max_size=6, unique_by=lambda found: found.ip).map(lambda found: tuple(sorted(found, key=lambda one: one.text)))


@given(some, st.booleans(), st.booleans(), st.booleans())
def test_what_can_be_reached(backends: tuple[Backend, ...], internal: bool, external: bool, outside: bool) -> None:
    """What may be chosen is exactly what one of the two policies may choose, and something is there if and only if somebody serves."""
    found = port(is_internal_local=internal, is_external_local=external, node_port=30_080 if outside else 0, hints="Auto")
    choice = choose(backends, found, ZONED)
    assert choice.reachable == tuple(sorted({*choice.cluster, *choice.local}, key=lambda one: one.text))
    assert all(one.is_local for one in choice.local)
    usable = [one for one in backends if one.is_ready or one.is_last_resort]
    assert choice.has_any == bool(usable)
    assert all(one in usable for one in choice.reachable)


def test_traffic_within_a_zone() -> None:
    """Hints are kept to only if every ready endpoint has some, one is meant for this zone, and the Service asks for it."""
    near, far = Backend("10.0.0.1", 80, zone_hints=("a",)), Backend("10.0.0.2", 80, zone_hints=("b",))
    bare = Backend("10.0.0.3", 80)
    assert ips(choose((near, far), port(hints="Auto"), ZONED).cluster) == ["10.0.0.1"]
    assert ips(choose((near, far, bare), port(hints="Auto"), ZONED).cluster) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert ips(choose((far,), port(hints="Auto"), ZONED).cluster) == ["10.0.0.2"]
    assert len(choose((near, far), port(), ZONED).cluster) == 2
    assert len(choose((near, far), port(hints="Disabled"), ZONED).cluster) == 2


def test_later_releases_keep_to_hints_unasked() -> None:
    """From 1.31 on, hints on the endpoints are enough: traffic distribution needs no annotation."""
    near, far = Backend("10.0.0.1", 80, zone_hints=("a",)), Backend("10.0.0.2", 80, zone_hints=("b",))
    later = ProxySettings(node_labels=ZONED.node_labels, release="1.31")
    assert ips(choose((near, far), port(), later).cluster) == ["10.0.0.1"]


def test_hints_for_nodes() -> None:
    """From 1.34 on, traffic stays on the node if every ready endpoint has hints for nodes and one is meant for this one."""
    here, there = Backend("10.0.0.1", 80, node_hints=("node-1",)), Backend("10.0.0.2", 80, node_hints=("node-2",))
    later = ProxySettings(node_name="node-1", release="1.34")
    assert ips(choose((here, there), port(), later).cluster) == ["10.0.0.1"]
    assert len(choose((here, there, Backend("10.0.0.3", 80)), port(), later).cluster) == 3
    assert len(choose((here, there), port(), ProxySettings(node_name="node-1", release="1.33")).cluster) == 2
    assert ips(choose((there,), port(), later).cluster) == ["10.0.0.2"]


def test_conditions_that_nobody_has_told() -> None:
    """An endpoint without conditions is ready and serves; ports without a name or number are passed over."""
    document = {
        "metadata": {"name": "web-a", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4",
        "endpoints": [
            {"addresses": ["10.0.0.10"]}, {"addresses": ["10.0.0.9"], "conditions": {"ready": False}}, {"addresses": ["fd00::1"]},
        ],
        "ports": [{"name": "", "port": 80}, {"port": 81}, {"name": "x"}],
    }  # fmt: skip
    found = backends_of([EndpointSlice.of(document)], ProxySettings())
    assert [(one.text, one.is_ready, one.is_serving) for one in found[WEB]] == [("10.0.0.10:80", True, True), ("10.0.0.9:80", False, True)]
    assert list(found) == [WEB]
