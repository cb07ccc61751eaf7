from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.ipvs.proxier import Ipvs
from k8sedu.kube.proxy.packet import Packet, Protocol
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

Web = Callable[..., tuple[Service, EndpointSlice]]


def recorded(node: Ipvs) -> dict[str, Any]:
    """The state of a node as the recordings write it."""
    servers = [
        {
            "address": found.key.ip, "port": found.key.port, "protocol": found.key.protocol, "scheduler": found.scheduler,
            "flags": found.flags, "timeout": found.timeout_s,
            "realServers": [
                {"address": real.ip, "port": real.port, "weight": real.weight} for real in sorted(found.reals, key=lambda real: real.text)
            ],
        }
        for found in sorted(node.servers, key=lambda found: f"{found.key.ip}:{found.key.port}/{found.key.protocol}")
    ]  # fmt: skip
    sets = {found.name: {"type": found.kind.type, "family": found.family, "entries": list(found)} for found in node.sets.values()}
    tables = {table: {chain: list(rules) for chain, rules in chains.items()} for table, chains in node.tables.items()}
    return {"virtualServers": servers, "ipsets": sets, "boundAddresses": list(node.bound_addresses), "tables": tables}


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_recordings(conformance_path: Path, recordings: Any) -> None:
    """Servers, sets, addresses and rules are those of the real kube-proxy, after the first sync and after a change."""
    for recording in recordings(conformance_path):
        if "ipvs" not in recording.expected:
            continue
        node, expected = Ipvs(recording.settings), recording.expected["ipvs"]
        node.sync(recording.tracker, recording.first())
        assert list(node.ensured) == expected["ensure"], recording.name
        assert recorded(node) == {part: found for part, found in expected.items() if part != "ensure"}, recording.name
        if recording.expected_after is not None:
            node.sync(recording.tracker, recording.second())
            assert recorded(node) == recording.expected_after["ipvs"], recording.name


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_nothing_is_left(conformance_path: Path, recordings: Any) -> None:
    """Once all Services are gone no server, entry or address of theirs is left."""
    for recording in recordings(conformance_path):
        node, empty = Ipvs(recording.settings), Ipvs(recording.settings)
        node.sync(recording.tracker, recording.first())
        for service in recording.case["services"]:
            recording.tracker.drop(Service.of(service))
        node.sync(recording.tracker, recording.tracker.take())
        empty.sync(ChangeTracker(recording.settings), ChangeTracker(recording.settings).take())
        assert recorded(node) == recorded(empty), recording.name


def test_only_differences(web: Web) -> None:
    """A sync tells the kernel what has changed and nothing else; without a change it tells nothing."""
    tracker, node = ChangeTracker(ProxySettings()), Ipvs(ProxySettings())
    tracker.put(*web("10.244.1.5", "10.244.2.5"), *web("10.244.1.6", name="api", clusterIP="10.96.0.8"))
    first = node.sync(tracker, tracker.take())
    assert (first.is_full, first.operations["virtual added"], first.operations["real added"]) == (True, 2, 3)
    tracker.put(*web("10.244.1.5", "10.244.2.6"))
    second = node.sync(tracker, tracker.take())
    told = {what: count for what, count in second.operations.items() if count}
    assert (second.is_full, told) == (False, {"real added": 1, "real deleted": 1})
    tracker.put(*web("10.244.1.5", "10.244.2.6"))
    assert not any(node.sync(tracker, tracker.take()).operations.values())


def test_rules_stay_few(web: Web) -> None:
    """A hundred Services have as many iptables rules as one."""
    counts = []
    for services in (1, 100):
        tracker, node = ChangeTracker(ProxySettings()), Ipvs(ProxySettings())
        for number in range(services):
            tracker.put(*web("10.244.1.5", name=f"web-{number}", clusterIP=f"10.96.1.{number + 1}"))
        counts.append(node.sync(tracker, tracker.take()).rules)
    assert counts[0] == counts[1]


def test_shared_address(web: Web) -> None:
    """An address that two Services share stays for the other when one goes."""
    settings = ProxySettings()
    tracker, node = ChangeTracker(settings), Ipvs(settings)
    one = web("10.244.1.5", externalIPs=["203.0.113.5"])
    two = web("10.244.1.6", name="api", clusterIP="10.96.0.8", externalIPs=["203.0.113.5"])
    tracker.put(*one, *two)
    node.sync(tracker, tracker.take())
    tracker.drop(*two)
    node.sync(tracker, tracker.take())
    shared = next(found for found in node.servers if found.key.ip == "203.0.113.5")
    assert ([real.ip for real in shared.reals], node.bound_addresses) == (["10.244.1.5"], ("10.96.0.7", "203.0.113.5"))


class IpvsMachine(RuleBasedStateMachine):
    """Clients come and go, endpoints change, time passes; every count agrees with what it counts."""

    def __init__(self) -> None:
        super().__init__()
        told = ProxySettings(local_value="10.244.0.0/16", ipvs_scheduler="lc")
        self.tracker, self.node, self.rng, self.now_ms = ChangeTracker(told), Ipvs(told), Random(1), 0
        self.open: dict[int, str] = {}

    @initialize(protocol=st.sampled_from(["TCP", "UDP"]), sticky=st.booleans())
    def begin(self, protocol: Protocol, *, sticky: bool) -> None:
        """There is a Service."""
        name = ServicePortName("default", "web", "http", protocol)
        self.protocol, self.name = protocol, name
        self.tracker.ports[name] = ServicePort(name, "10.96.0.7", 80, affinity_seconds=60 * sticky)
        self.node.sync(self.tracker, Update(is_full=True))

    @rule(hosts=st.sets(st.integers(1, 4)))
    def change(self, hosts: set[int]) -> None:
        """Its endpoints are these now."""
        self.tracker.backends[self.name] = tuple(Backend(f"10.244.2.{host}", 8080) for host in sorted(hosts))
        self.node.sync(self.tracker, Update(ports={self.name: None}), now_ms=self.now_ms)

    @rule(port=st.integers(1, 5))
    def ask(self, port: int) -> None:
        """A client sends; a connection that is known stays where it is."""
        walk = self.node.route(Packet("10.244.1.9", port, "10.96.0.7", 80, self.protocol), rng=self.rng, now_ms=self.now_ms)
        if walk.is_known and walk.outcome == "delivered" and port in self.open:
            assert walk.endpoint == self.open[port]
        self.open[port] = walk.endpoint
        assert (walk.outcome == "delivered") == bool(walk.endpoint)

    @rule(port=st.integers(1, 5))
    def close(self, port: int) -> None:
        """A client hangs up."""
        self.node.conntrack.close(Packet("10.244.1.9", port, "10.96.0.7", 80, self.protocol), now_ms=self.now_ms)
        self.open.pop(port, None)

    @rule(by_ms=st.integers(1, 400_000))
    def wait(self, by_ms: int) -> None:
        """Time passes, and the proxy looks at who leaves."""
        self.now_ms += by_ms
        self.node.sync(self.tracker, Update(), now_ms=self.now_ms)

    @invariant()
    def whole(self) -> None:
        """All counts agree."""
        self.node.check()


TestIpvsMachine = IpvsMachine.TestCase
TestIpvsMachine.settings = settings(max_examples=20, stateful_step_count=15)
