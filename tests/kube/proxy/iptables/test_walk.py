from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.iptables.walk import Kernel, follow
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

WEB = ServicePortName("default", "web", "http")
HERE, THERE = Backend("10.244.1.3", 8080, is_local=True), Backend("10.244.2.4", 8080)
POD, NODE, WORLD = "10.244.1.9", "192.168.10.11", "203.0.113.9"


def node(*backends: Backend, settings: ProxySettings | None = None, **port: Any) -> Iptables:
    tracker = ChangeTracker(settings or ProxySettings(local_value="10.244.0.0/16"))
    tracker.ports[WEB] = ServicePort(WEB, "10.96.0.7", 80, **port)
    tracker.backends[WEB] = tuple(sorted(backends, key=lambda backend: backend.text))
    proxier = Iptables(tracker.settings)
    proxier.sync(tracker, Update(is_full=True))
    return proxier


def walk(
    proxier: Iptables, source: str, destination: str = "10.96.0.7", port: int = 80, *, now_ms: int = 0, at: int = 40_001,
) -> Walk:  # fmt: skip
    return proxier.route(Packet(source, at, destination, port), rng=Random(1), now_ms=now_ms)


def test_from_a_pod() -> None:
    """A pod's packet is rewritten to an endpoint, which sees the pod; the answer comes from the cluster IP."""
    found = walk(node(HERE), POD)
    assert (found.outcome, found.endpoint, found.service_port) == ("delivered", "10.244.1.3:8080", "default/web:http")
    assert str(found.arrived) == "TCP 10.244.1.9:40001 → 10.244.1.3:8080"
    assert str(found.answer) == "TCP 10.96.0.7:80 → 10.244.1.9:40001"
    assert not found.is_masqueraded
    kinds = [chain.rsplit("-", 1)[0] for chain in found.chains if chain.startswith(("KUBE-SVC", "KUBE-SEP"))]
    assert kinds == ["KUBE-SVC", "KUBE-SEP"]


def test_from_the_world() -> None:
    """Through a node port the endpoint sees the node, or with policy Local the client itself."""
    found = walk(node(HERE, node_port=30_080), WORLD, NODE, 30_080)
    assert (found.outcome, found.is_masqueraded, str(found.answer)) == ("delivered", True, "TCP 192.168.10.11:30080 → 203.0.113.9:40001")
    kept = walk(node(HERE, THERE, node_port=30_080, is_external_local=True), WORLD, NODE, 30_080)
    assert (kept.endpoint, kept.is_masqueraded, kept.answer) == ("10.244.1.3:8080", False, kept.packet.answer())


def test_to_oneself() -> None:
    """A pod that reaches itself through its Service is masqueraded: else it would answer itself, and not the Service's address."""
    found = walk(node(HERE), HERE.ip)
    assert (found.is_masqueraded, found.answer) == (True, found.packet.answer())
    assert "KUBE-MARK-MASQ" in found.chains


def test_without_the_hairpin_rule() -> None:
    """Without that rule the answer never leaves the pod, and comes from the wrong address."""
    proxier = node(HERE)
    tables = proxier.ruleset()
    nat = tables.tables["nat"]
    for chain, lines in nat.items():
        nat[chain] = [line for line in lines if not (chain.startswith("KUBE-SEP") and "KUBE-MARK-MASQ" in line)]
    found = follow(Kernel(tables, proxier.settings, Conntrack(), Recent()), Packet(HERE.ip, 40_001, "10.96.0.7", 80), rng=Random(1))
    assert str(found.answer) == "TCP 10.244.1.3:8080 → 10.244.1.3:40001"
    assert "throws it away" in found.reason.en


def test_an_answer_that_takes_another_way() -> None:
    """From outside to a cluster IP the sender must be rewritten: an answer past this node comes from where nobody has asked."""
    lost = walk(node(THERE, settings=ProxySettings()), WORLD)
    assert (lost.outcome, str(lost.answer)) == ("delivered", "TCP 10.244.2.4:8080 → 203.0.113.9:40001")
    assert lost.back == ()
    assert walk(node(THERE), WORLD).answer == lost.packet.answer()


@pytest.mark.parametrize(
    ("source", "hook"), [(POD, "FORWARD"), (NODE, "OUTPUT"), (WORLD, "FORWARD")],
)  # fmt: skip
def test_no_endpoints(source: str, hook: str) -> None:
    """With no endpoint anywhere a packet is rejected, wherever it comes from, at the first hook of the filter table."""
    found = walk(node(), source)
    assert (found.outcome, found.steps[-1].verdict, found.steps[-1].hook) == ("rejected", "REJECT", hook)
    assert found.reason.en.startswith("default/web:http has no endpoints")
    assert (found.arrived, found.answer, found.back) == (None, None, ())


def test_none_here() -> None:
    """With endpoints on other nodes only, policy Local drops what comes from the world and lets this cluster's pods through."""
    proxier = node(THERE, node_port=30_080, is_external_local=True)
    assert walk(proxier, WORLD, NODE, 30_080).outcome == "dropped"
    assert walk(proxier, POD, NODE, 30_080).endpoint == "10.244.2.4:8080"
    assert walk(proxier, NODE, NODE, 30_080).endpoint == "10.244.2.4:8080"
    assert walk(node(THERE, is_internal_local=True), POD).outcome == "dropped"


def test_source_ranges() -> None:
    """A load balancer's source ranges let in whom they name, and drop the others."""
    proxier = node(HERE, load_balancer_vips=("198.51.100.7",), load_balancer_source_ranges=("203.0.113.0/24",))
    assert walk(proxier, WORLD, "198.51.100.7").outcome == "delivered"
    other = walk(proxier, "203.0.114.9", "198.51.100.7")
    assert (other.outcome, other.steps[-1].chain) == ("dropped", "KUBE-PROXY-FIREWALL")
    assert "source ranges" in other.reason.en


def test_known_connections() -> None:
    """A later packet of a connection goes where the first one went, without asking a rule of nat, even after the rules have changed."""
    proxier = node(HERE)
    first = walk(proxier, POD)
    proxier.tables.store(WEB, None)
    later = walk(proxier, POD, now_ms=1000)
    assert (later.endpoint, later.is_known, later.service_port) == (first.endpoint, True, "default/web:http")
    assert "nat" not in {step.table for step in later.steps}
    assert later.rules_asked < first.rules_asked


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_affinity(seed: int) -> None:
    """A client comes back to its endpoint until it stays away for longer than the timeout."""
    backends = [Backend(f"10.244.2.{place}", 80) for place in range(1, 9)]
    proxier, rng = node(*backends, affinity_seconds=60), Random(seed)
    first = proxier.route(Packet(POD, 1000, "10.96.0.7", 80), rng=rng).endpoint
    again = [proxier.route(Packet(POD, 1000 + turn, "10.96.0.7", 80), rng=rng, now_ms=60_000 * turn).endpoint for turn in range(1, 20)]
    assert set(again) == {first}
    late = [proxier.route(Packet(POD, 3000 + turn, "10.96.0.7", 80), rng=rng, now_ms=10**7 + 60_001 * turn).endpoint for turn in range(20)]
    assert len(set(late)) > 1


def test_node_ports_of_localhost() -> None:
    """A node port is open on 127.0.0.1 if that is wanted, and only for the node itself."""
    assert walk(node(HERE, node_port=30_080), "127.0.0.1", "127.0.0.1", 30_080).outcome == "delivered"
    shut = ProxySettings(local_value="10.244.0.0/16", localhost_nodeports=False)
    assert walk(node(HERE, node_port=30_080, settings=shut), "127.0.0.1", "127.0.0.1", 30_080).outcome == "unserved"


def test_counters_let_pass() -> None:
    """Counters of later releases count, and decide nothing."""
    later = ProxySettings(local_value="10.244.0.0/16", release="1.33")
    assert walk(node(HERE, node_port=30_080, settings=later), "127.0.0.1", "127.0.0.1", 30_080).outcome == "delivered"
    assert "nfacct" in node(HERE, settings=later).ruleset().tables["filter"]["KUBE-FORWARD"][0]


def test_nobodys_address() -> None:
    """A packet that no Service is meant by goes on unchanged, and its answer too."""
    found = walk(node(HERE), POD, "10.244.2.99", 22)
    assert (found.outcome, found.arrived, found.service_port) == ("unserved", found.packet, "")
    assert found.answer == found.packet.answer()


def test_six() -> None:
    """The walk is the same in IPv6, whatever way an address is written in."""
    settings = ProxySettings(
        ip_family="IPv6", node_ip="2001:db8::11", local_value="fd00:10::/32",
        interfaces={"eth0": ("2001:db8::11/64", "fe80::1/64"), "cbr0": ("fd00:10:1::1/64",)},
    )  # fmt: skip
    tracker = ChangeTracker(settings)
    tracker.ports[WEB] = ServicePort(WEB, "fd00:96::7", 80)
    tracker.backends[WEB] = (Backend("fd00:10:1::3", 8080),)
    proxier = Iptables(settings)
    proxier.sync(tracker, Update(is_full=True))
    found = proxier.route(Packet("2001:0db8:0::99", 40_001, "fd00:96:0::7", 80), rng=Random(1))
    assert (found.endpoint, found.is_masqueraded) == ("[fd00:10:1::3]:8080", True)
    assert found.answer == found.packet.answer()


@pytest.mark.parametrize("seed", [11, 12])
def test_a_saved_dump_walks_the_same(seed: int) -> None:
    """What iptables-save would show walks like what kube-proxy wrote, draw for draw."""
    proxier = node(HERE, THERE, Backend("10.244.2.5", 8080), node_port=30_080)
    dump = Ruleset.read(proxier.ruleset().save())
    for turn in range(40):
        packet = Packet(WORLD, 1000 + turn, NODE, 30_080)
        ours = proxier.route(packet, rng=Random(seed + turn))
        theirs = follow(Kernel(dump, proxier.settings, Conntrack(), Recent()), packet, rng=Random(seed + turn))
        assert (ours.endpoint, ours.chains, ours.arrived) == (theirs.endpoint, theirs.chains, theirs.arrived)
        assert ours.rules_asked == theirs.rules_asked


@pytest.mark.parametrize(("interface", "outcome"), [("cali123", "delivered"), ("eth0", "dropped")])
def test_a_node_with_a_network_plugin(interface: str, outcome: str) -> None:
    """The rules of others are asked as well: a policy DROP is passed only by what the network plugin accepts."""
    dump = Ruleset.read((Path(__file__).parent / "calico_node.txt").read_text(encoding="utf-8"))
    settings = ProxySettings(node_ip="172.18.0.3", interfaces={"eth0": ("172.18.0.3/16",), "cali123": ("10.244.0.1/24",)})
    packet = Packet("10.244.0.9", 40_001, "10.96.0.1", 443, in_interface=interface)
    found = follow(Kernel(dump, settings, Conntrack(), Recent()), packet, rng=Random(1))
    assert (found.outcome, found.service_port) == (outcome, "default/kubernetes:https")
    assert [step.chain for step in found.steps if step.table == "raw"][:2] == ["PREROUTING", "cali-PREROUTING"]


def test_a_walk_grows_with_the_services_before() -> None:
    """The first packet asks one rule for every Service that stands before its own."""
    tracker = ChangeTracker(ProxySettings())
    for number in range(50):
        name = ServicePortName("default", f"s{number}")
        tracker.ports[name] = ServicePort(name, f"10.96.1.{number}", 80)
        tracker.backends[name] = (HERE,)
    proxier = Iptables(tracker.settings)
    proxier.sync(tracker, Update(is_full=True))
    asked = [walk(proxier, POD, f"10.96.1.{number}", at=number).rules_asked for number in (0, 10, 49)]
    assert [asked[1] - asked[0], asked[2] - asked[0]] == [10, 49]
