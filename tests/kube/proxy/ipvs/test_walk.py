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
SETTINGS = ProxySettings(local_value="10.244.0.0/16")
ASKED = Packet("10.244.1.9", 40_000, "10.96.0.7", 80)


def node(*objects: Any, **settings: Any) -> ProxyNode:
    return ProxyNode(ProxySettings(local_value="10.244.0.0/16", **settings), ("ipvs",), objects)


def walk(found: ProxyNode, packet: Packet, now_ms: int = 0) -> Walk:
    return found.mode("ipvs").route(packet, rng=Random(1), now_ms=now_ms)


def test_the_director_chooses(web: Web) -> None:
    """A packet for a cluster IP is taken at INPUT, sent out by OUTPUT, and no rule of iptables has chosen anything."""
    found = walk(node(*web("10.244.1.5@node-1", "10.244.2.5")), ASKED)
    hooks = list(dict.fromkeys(step.hook for step in found.steps))
    assert hooks == ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]
    (chosen,) = (step for step in found.steps if step.table == "ipvs")
    assert (chosen.chain, chosen.verdict, found.endpoint) == ("TCP 10.96.0.7:80", "DNAT to 10.244.2.5:8080", "10.244.2.5:8080")
    assert (found.service_port, found.answer) == ("default/web:http", ASKED.answer())
    assert [step.table for step in found.back if step.packet.source == "10.96.0.7"] == ["ipvs"]


def test_turns(web: Web) -> None:
    """Connections take turns, the endpoint that was added last first; packets of one connection stay together."""
    found = node(*web("10.244.1.5@node-1", "10.244.2.5"))
    ends = [walk(found, ASKED._replace(source_port=port)).endpoint for port in (1, 2, 3, 1)]
    assert ends == ["10.244.2.5:8080", "10.244.1.5:8080", "10.244.2.5:8080", "10.244.2.5:8080"]


def test_hairpin(web: Web) -> None:
    """A pod that reaches itself through its Service is masqueraded by the set of loops."""
    found = walk(node(*web("10.244.1.9@node-1")), ASKED)
    assert found.is_masqueraded
    assert any("KUBE-LOOP-BACK" in step.rule for step in found.steps)
    assert found.answer == ASKED.answer()


@pytest.mark.parametrize(("policy", "sees_client"), [("Cluster", False), ("Local", True)])
def test_node_port(web: Web, policy: str, *, sees_client: bool) -> None:
    """A client from outside is masqueraded at a node port, unless the external policy is Local."""
    packet = Packet("203.0.113.9", 40_000, "192.168.10.11", 30_080)
    found = walk(node(*web("10.244.1.5@node-1", node_port=30_080, externalTrafficPolicy=policy)), packet)
    assert (found.outcome, not found.is_masqueraded, found.answer) == ("delivered", sees_client, packet.answer())


def test_wrong_port(web: Web) -> None:
    """A cluster IP answers at once where it has no such port."""
    found = walk(node(*web("10.244.1.5")), ASKED._replace(destination_port=81))
    assert (found.outcome, found.steps[-1].chain, found.reason.en) == (
        "rejected", "KUBE-IPVS-FILTER", "10.96.0.7:81 is an address of a Service, but none of its ports: the packet is rejected",
    )  # fmt: skip


def test_no_endpoints(web: Web) -> None:
    """Without endpoints the director itself rejects."""
    found = walk(node(*web()), ASKED)
    assert (found.outcome, found.steps[-1].table) == ("rejected", "ipvs")
    assert found.service_port == "default/web:http"


def test_source_ranges(web: Web) -> None:
    """A load balancer's address is open to its source ranges alone."""
    objects = web("10.244.1.5@node-1", vip="203.0.113.80", type="LoadBalancer", loadBalancerSourceRanges=["198.51.100.0/24"])
    found, packet = node(*objects), Packet("198.51.100.7", 40_000, "203.0.113.80", 80)
    assert walk(found, packet).outcome == "delivered"
    shut = walk(found, packet._replace(source="192.0.2.7"))
    assert (shut.outcome, shut.steps[-1].chain) == ("dropped", "KUBE-SOURCE-RANGES-FIREWALL")


def test_connection_outlives_endpoint(web: Web) -> None:
    """A connection stays with its endpoint while that leaves, and new ones go elsewhere."""
    found = node(*web("10.244.1.5@node-1", "10.244.2.5"))
    first = walk(found, ASKED)
    found.put(*web("10.244.1.5@node-1"))
    found.sync(now_ms=1)
    assert walk(found, ASKED, 2).endpoint == first.endpoint == "10.244.2.5:8080"
    assert {walk(found, ASKED._replace(source_port=port), 2).endpoint for port in range(1, 5)} == {"10.244.1.5:8080"}


def test_service_is_deleted(web: Web) -> None:
    """When a Service goes, the next packet of its connection is dropped, and the one after that is nobody's."""
    objects = web("10.244.2.5")
    found = node(*objects)
    walk(found, ASKED)
    found.drop(*objects)
    found.sync(now_ms=1)
    assert [walk(found, ASKED, 2).outcome, walk(found, ASKED, 3).outcome] == ["dropped", "unserved"]


def test_udp_is_flushed(web: Web) -> None:
    """A UDP client whose endpoint is gone is sent to another one by its next packet."""
    asked = ASKED._replace(protocol="UDP")
    found = node(*web("10.244.1.5@node-1", "10.244.2.5", protocol="UDP"))
    assert walk(found, asked).endpoint == "10.244.2.5:8080"
    found.put(*web("10.244.1.5@node-1", protocol="UDP"))
    found.sync(now_ms=1)
    assert walk(found, asked, 2).endpoint == "10.244.1.5:8080"


def test_misses_are_told(web: Web) -> None:
    """With misses, every rule that was asked has its step."""
    found = node(*web("10.244.1.5"))
    seen = found.mode("ipvs").route(ASKED, rng=Random(1), with_misses=True)
    missed = [step for step in seen.steps if not step.is_match]
    assert missed
    assert all(step.why for step in missed)
