from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.node import MODES, ProxyNode, UnknownModeError, route
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.settings import ProxySettings

SETTINGS = ProxySettings(local_value="10.244.0.0/16")
POD, NODE, WORLD = "10.244.1.99", "192.168.10.11", "203.0.113.9"
EQUAL = [mode for mode in MODES if mode in {"iptables", "nftables"}]
"""The modes that promise each endpoint a chance of 1/n."""
STRICT = EQUAL
"""The modes that let this cluster's own pods take the short way, whatever the external policy."""


def service(name: str, number: int, **spec: Any) -> Service:
    spec = {"clusterIP": f"10.96.0.{number}", "ports": [{"port": 80, "name": "http"}]} | spec
    return with_defaults(Service.of({"metadata": {"name": name, "namespace": "default"}, "spec": spec}))


def piece(name: str, *endpoints: dict[str, Any]) -> EndpointSlice:
    document = {
        "metadata": {"name": f"{name}-a", "namespace": "default", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4", "endpoints": list(endpoints), "ports": [{"name": "http", "port": 8080}],
    }  # fmt: skip
    return EndpointSlice.of(document)


def endpoint(ip: str, *, here: bool = False, ready: bool = True, serving: bool = True, terminating: bool = False) -> dict[str, Any]:
    conditions = {"ready": ready, "serving": serving, "terminating": terminating}
    return {"addresses": [ip], "nodeName": "node-1" if here else "node-2", "conditions": conditions}


# -- the naive twin: who may answer, read off the objects alone ---------------------------------------------------------------------------


def may_answer(found: Service, endpoints: list[dict[str, Any]], *, source: str, to: str, mode: str) -> list[str]:
    """The addresses that may answer a client of that source at that kind of address.

    In one thing modes differ: what the node itself sends is looked at before it is rewritten in nftables mode, and after that in iptables
    mode. So where no endpoint is on the node, policy Local drops it in the one (but for node ports), and lets it pass in the other.
    """

    def pool(*, here_only: bool) -> list[str]:
        near = [one for one in endpoints if one["nodeName"] == "node-1" or not here_only]
        ready = [one for one in near if one["conditions"]["ready"]]
        leaving = [one for one in near if one["conditions"]["serving"] and one["conditions"]["terminating"]]
        return [one["addresses"][0] for one in ready or leaving]

    spec = found.spec
    if to == "cluster":
        return pool(here_only=spec.internal_traffic_policy == "Local")
    if to == "balancer" and spec.load_balancer_source_ranges and source != WORLD:
        return []
    is_local = spec.external_traffic_policy == "Local"
    if mode == "nftables" and source == NODE and to != "node" and is_local and not pool(here_only=True):
        return []
    return pool(here_only=is_local and source == WORLD)


some_endpoints = st.lists(
    st.builds(
        endpoint, st.integers(1, 9).map("10.244.1.{}".format), here=st.booleans(), ready=st.booleans(), serving=st.booleans(),
        terminating=st.booleans(),
    ),
    max_size=5, unique_by=lambda found: found["addresses"][0],
)  # fmt: skip
specs = st.fixed_dictionaries({
    "internalTrafficPolicy": st.sampled_from(["Cluster", "Local"]), "externalTrafficPolicy": st.sampled_from(["Cluster", "Local"]),
    "sessionAffinity": st.sampled_from(["None", "ClientIP"]), "loadBalancerSourceRanges": st.sampled_from([[], ["203.0.113.0/24"]]),
})  # fmt: skip


@pytest.mark.parametrize("mode", STRICT)
@settings(max_examples=30)
@given(specs, st.tuples(some_endpoints, some_endpoints), st.sampled_from([POD, NODE, WORLD]), st.integers(0, 2**32))
def test_who_answers(mode: str, spec: dict[str, Any], both: tuple[list[Any], list[Any]], source: str, seed: int) -> None:
    """No packet is lost: whoever may answer, one of them does, under the address that was asked; and nobody of another Service.

    One thing surprises, and is so in the real tables: what the node itself sends to an outer address without endpoints is not refused.
    """
    ports = [{"port": 80, "name": "http", "nodePort": 30_080}]
    web = service("web", 7, type="LoadBalancer", externalIPs=["198.51.100.1"], ports=ports, **spec)
    web, mine = web.evolve(status={"loadBalancer": {"ingress": [{"ip": "198.51.100.2"}]}}), both[0]
    others = [one | {"addresses": [one["addresses"][0].replace("10.244.1", "10.244.3")]} for one in both[1]]
    node = ProxyNode(SETTINGS, (mode,), [service("other", 8), piece("other", *others), web, piece("web", *mine)])  # type: ignore[arg-type]
    rng = Random(seed)
    for number, (to, ip, port) in enumerate(
        [("cluster", "10.96.0.7", 80), ("external", "198.51.100.1", 80), ("balancer", "198.51.100.2", 80), ("node", NODE, 30_080)],
    ):
        found = route(Packet(source, 40_000 + number, ip, port), node, mode, rng=rng)
        expected = may_answer(web, mine, source=source, to=to, mode=mode)
        assert (found.outcome == "delivered") == bool(expected), (to, found)
        if expected:
            assert_answered(found, [f"{one}:8080" for one in expected])
        elif source != NODE or to == "cluster":
            assert found.outcome in {"rejected", "dropped"}


def assert_answered(found: Walk, expected: list[str]) -> None:
    assert found.endpoint in expected
    assert found.answer == found.packet.answer()
    assert found.service_port == "default/web:http"


@pytest.mark.parametrize("seed", [5, 6])
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("mode", EQUAL)
def test_equal_chances(mode: str, count: int, seed: int) -> None:
    """Each of n endpoints gets 1/n of the connections, within five standard deviations."""
    ips = [f"10.244.2.{place}" for place in range(1, count + 1)]
    node = ProxyNode(SETTINGS, (mode,), [service("web", 7), piece("web", *map(endpoint, ips))])  # type: ignore[arg-type]
    rng, draws = Random(seed), 600
    hits = [route(Packet(POD, 1024 + turn, "10.96.0.7", 80), node, mode, rng=rng).endpoint for turn in range(draws)]
    bound = 5 * (draws * (count - 1)) ** 0.5 / count
    assert all(abs(hits.count(f"{ip}:8080") - draws / count) < bound for ip in ips)


@pytest.mark.parametrize("mode", MODES)
def test_stale_until_the_next_sync(mode: str) -> None:
    """Between a change and the next sync a node sends packets where the old rules say."""
    web = service("web", 7)
    node = ProxyNode(SETTINGS, (mode,), [web, piece("web", endpoint("10.244.2.1"))])  # type: ignore[arg-type]
    node.put(piece("web", endpoint("10.244.2.2")))
    assert route(Packet(POD, 1, "10.96.0.7", 80), node, mode, rng=Random(1)).endpoint == "10.244.2.1:8080"
    node.sync()
    assert route(Packet(POD, 2, "10.96.0.7", 80), node, mode, rng=Random(1)).endpoint == "10.244.2.2:8080"
    node.drop(web)
    node.sync()
    assert route(Packet(POD, 3, "10.96.0.7", 80), node, mode, rng=Random(1)).outcome != "delivered"


def test_modes_that_are_not_there() -> None:
    """A mode that does not exist, or that a node does not run, is refused with those that are there."""
    with pytest.raises(UnknownModeError, match="expected one of iptables"):
        ProxyNode(SETTINGS, ("ebpf",))  # type: ignore[arg-type]  # that is the point
    with pytest.raises(UnknownModeError, match="'ipvs' is not on this node"):
        route(Packet(POD, 1, "10.96.0.7", 80), ProxyNode(SETTINGS), "ipvs", rng=Random(1))
