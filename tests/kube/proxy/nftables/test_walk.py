from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.node import ProxyNode
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.settings import ProxySettings

Web = Callable[..., tuple[Service, EndpointSlice]]
ASKED = Packet("10.244.1.9", 40_000, "10.96.0.7", 80)
OUTSIDE = Packet("203.0.113.9", 40_000, "192.168.10.11", 30_080)


def node(*objects: Any, **settings: Any) -> ProxyNode:
    return ProxyNode(ProxySettings(local_value="10.244.0.0/16", **settings), ("nftables",), objects)


def walk(found: ProxyNode, packet: Packet, now_ms: int = 0, seed: int = 1) -> Walk:
    return found.mode("nftables").route(packet, rng=Random(seed), now_ms=now_ms)


def test_one_lookup(web: Web) -> None:
    """The Service is found by one lookup, and then a number is drawn among its endpoints."""
    found = walk(node(*web("10.244.1.5@node-1", "10.244.2.5")), ASKED)
    lookups = [step for step in found.steps if "@service-ips" in step.rule]
    assert [step.verdict for step in lookups] == ["goto service-SUSTUHLJ-default/web/tcp/http"]
    assert any(step.why.startswith("drew ") for step in found.steps)
    assert (found.outcome, found.service_port, found.answer) == ("delivered", "default/web:http", ASKED.answer())
    assert found.endpoint in {"10.244.1.5:8080", "10.244.2.5:8080"}


def test_known_connection(web: Web) -> None:
    """The second packet of a connection is asked nothing, and comes to the same endpoint."""
    found = node(*web("10.244.1.5@node-1", "10.244.2.5"))
    ends = {walk(found, ASKED, seed=seed).endpoint for seed in range(20)}
    assert len(ends) == 1
    again = walk(found, ASKED)
    assert again.is_known
    assert [step.table for step in again.steps] == ["conntrack", "routing"]


def test_hairpin(web: Web) -> None:
    """A pod that reaches itself through its Service is masqueraded."""
    found = walk(node(*web("10.244.1.9@node-1")), ASKED)
    assert found.is_masqueraded
    assert found.answer == ASKED.answer()


@pytest.mark.parametrize(("policy", "sees_client"), [("Cluster", False), ("Local", True)])
def test_node_port(web: Web, policy: str, *, sees_client: bool) -> None:
    """A client from outside is masqueraded at a node port, unless the external policy is Local."""
    found = walk(node(*web("10.244.1.5@node-1", node_port=30_080, externalTrafficPolicy=policy)), OUTSIDE)
    assert (found.outcome, not found.is_masqueraded, found.answer) == ("delivered", sees_client, OUTSIDE.answer())


def test_node_ports_on_the_main_address(web: Web) -> None:
    """Unlike in the other modes a node port is open on the node's main address alone."""
    found = walk(node(*web("10.244.1.5@node-1", node_port=30_080)), OUTSIDE._replace(destination="10.244.1.1"))
    assert found.outcome == "unserved"


@pytest.mark.parametrize(
    ("packet", "outcome", "reason"),
    [
        (ASKED, "rejected", "default/web:http has no endpoints: the packet is rejected, and the client is told at once"),
        (ASKED._replace(destination_port=81), "rejected",
         "a Service has the address of 10.96.0.7:81, but not the port: the packet is rejected"),
        (ASKED._replace(destination="10.96.0.99"), "dropped", "no Service has the address of 10.96.0.99:80: the packet is dropped"),
        (ASKED._replace(destination="10.244.2.5"), "unserved", "no rule is about 10.244.2.5:80: the packet goes on unchanged"),
    ],
)  # fmt: skip
def test_refusals(web: Web, packet: Packet, outcome: str, reason: str) -> None:
    """A packet that nobody answers ends with the reason of the chain in which it ended."""
    found = walk(node(*web(), service_cidrs=("10.96.0.0/12",)), packet)
    assert (found.outcome, found.reason.en) == (outcome, reason)


def test_local_policy_without_local_endpoints(web: Web) -> None:
    """With endpoints on other nodes only, a client from outside is dropped silently and a pod of the cluster is served."""
    found = node(*web("10.244.2.5", node_port=30_080, externalTrafficPolicy="Local"))
    outside = walk(found, OUTSIDE)
    assert (outside.outcome, outside.service_port) == ("dropped", "default/web:http")
    assert walk(found, OUTSIDE._replace(source="10.244.1.9")).outcome == "delivered"


def test_source_ranges(web: Web) -> None:
    """A load balancer's address is open to its source ranges alone."""
    found = node(*web("10.244.1.5@node-1", vip="203.0.113.80", type="LoadBalancer", loadBalancerSourceRanges=["198.51.100.0/24"]))
    packet = Packet("198.51.100.7", 40_000, "203.0.113.80", 80)
    assert walk(found, packet).outcome == "delivered"
    shut = walk(found, packet._replace(source="192.0.2.7"))
    assert (shut.outcome, shut.service_port) == ("dropped", "default/web:http")
    assert "outside of the load balancer source ranges" in shut.reason.en


def test_affinity(web: Web) -> None:
    """A client stays with its endpoint for its time, counted from its last new connection; another one is drawn anew."""
    objects = web(*(f"10.244.1.{host}@node-1" for host in range(10, 30)), sessionAffinity="ClientIP")
    found = node(*objects)
    first = walk(found, ASKED).endpoint
    again = {walk(found, ASKED._replace(source_port=port), 10_000_000, seed=port).endpoint for port in range(1, 20)}
    assert again == {first}
    assert not any(step.why.startswith("drew ") for step in walk(found, ASKED._replace(source_port=21), 20_000_000).steps)
    assert any(step.why.startswith("drew ") for step in walk(found, ASKED._replace(source_port=22), 30_800_000).steps)
    others = {walk(found, ASKED._replace(source=f"10.244.1.{host}"), seed=host).endpoint for host in range(100, 120)}
    assert len(others) > 1
