"""All modes over random Services: who may answer, how often, and that nobody else does."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.ipvs.proxier import Ipvs
from k8sedu.kube.proxy.nftables.proxier import Nftables
from k8sedu.kube.proxy.node import MODES, Mode, ProxyNode, route
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.proxy.userspace.proxier import Userspace

SETTINGS = ProxySettings(local_value="10.244.0.0/16")
CONDITIONS = [(True, True, False), (False, True, True), (False, False, True), (False, False, False)]
"""Ready, serving, terminating: well; leaving but serving; leaving; not ready."""
SOURCES = {"pod": "10.244.1.99", "node": "192.168.10.11", "world": "203.0.113.9"}


class Case(NamedTuple):
    """Random Services, and who is behind them."""

    ports: tuple[ServicePort, ...]
    backends: tuple[tuple[Backend, ...], ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """One to three Services with up to four endpoints each; endpoints of different Services have different addresses."""
    ports, backends = [], []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        ports.append(ServicePort(
            ServicePortName("default", f"web-{number}", "http", draw(st.sampled_from(["TCP", "UDP"]))), f"10.96.0.{number}", 80,
            node_port=draw(st.sampled_from([0, 30_000 + number])), external_ips=draw(st.sampled_from([(), (f"198.51.100.{number}",)])),
            is_internal_local=draw(st.booleans()), is_external_local=draw(st.booleans()), affinity_seconds=draw(st.sampled_from([0, 60])),
        ))  # fmt: skip
        found = draw(st.lists(st.tuples(st.booleans(), st.sampled_from(CONDITIONS)), max_size=4))
        backends.append(tuple(
            Backend(f"10.244.{2 - is_here}.{10 * number + place}", 8080, is_here, *state) for place, (is_here, state) in enumerate(found)
        ))  # fmt: skip
    return Case(tuple(ports), tuple(backends))


def programmed(case: Case, mode: str) -> ProxyNode:
    """A node that was told of a case."""
    node = ProxyNode(SETTINGS, (mode,))  # type: ignore[arg-type]  # a mode's name
    tracker: ChangeTracker = node.tracker
    tracker.ports.update({port.name: port for port in case.ports})
    tracker.backends.update({port.name: tuple(sorted(found, key=lambda each: each.text)) for port, found in zip(*case, strict=True)})
    node.mode(mode).sync(tracker, Update(is_full=True))
    return node


def may_answer(port: ServicePort, backends: tuple[Backend, ...], mode: str, *, is_inside: bool, source: str) -> set[str]:
    """Who may answer, read off the conditions alone."""

    def pool(found: list[Backend]) -> set[str]:
        ready = {each.text for each in found if each.is_ready}
        return ready or {each.text for each in found if each.is_serving and each.is_terminating}

    if mode == "userspace":
        return {each.text for each in backends if each.is_ready}
    everywhere, here = pool(list(backends)), pool([each for each in backends if each.is_local])
    is_short_cut = mode != "ipvs" and source in {"pod", "node"}
    is_local = port.is_internal_local if is_inside else port.is_external_local and not is_short_cut
    if not is_local:
        return everywhere
    is_outside_too = not port.is_internal_local or port.is_externally_accessible
    return here or (everywhere if mode == "ipvs" and is_outside_too else set())


def asked(case: Case, source: str) -> list[tuple[int, bool, Packet]]:
    """Packets to every address of every Service."""
    found = []
    for place, port in enumerate(case.ports):
        places = [(True, port.cluster_ip, port.port), *((False, ip, port.port) for ip in port.external_ips)]
        places += [(False, "192.168.10.11", port.node_port)] if port.node_port else []
        for is_inside, ip, number in places:
            packet = Packet(SOURCES[source], 40_000 + len(found), ip, number, port.name.protocol)  # type: ignore[arg-type]
            found.append((place, is_inside, packet))
    return found


def serves_outside(case: Case, place: int) -> bool:
    """May this node serve clients from outside, by the Service's external policy?"""
    backends = case.backends[place]
    is_here = any(each.is_local and (each.is_ready or each.is_last_resort) for each in backends)
    return is_here or not case.ports[place].is_external_local


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25)
@given(case=cases(), source=st.sampled_from(sorted(SOURCES)), seed=st.integers(0, 2**32))
def test_modes_agree(mode: str, case: Case, source: str, seed: int) -> None:
    """In every mode a packet is answered by one who may answer, under the address that was asked, and by nobody where nobody may.

    The modes differ where the real ones do: userspace knows neither policies nor endpoints that leave; nftables asks who is refused before
    anything is rewritten, so the node's own packets to an outer address are dropped where the policy finds nobody; IPVS goes on to pods
    elsewhere where a Service that can be reached from outside has none here (and a client from outside then throws the answer away, since
    it comes from the pod), and has no short way for the cluster's own pods.
    """
    node, rng = programmed(case, mode), Random(seed)
    for place, is_inside, packet in asked(case, source):
        walk = route(packet, node, mode, rng=rng)
        expected = may_answer(case.ports[place], case.backends[place], mode, is_inside=is_inside, source=source)
        is_outer = packet.destination in case.ports[place].external_ips
        if mode == "nftables" and source == "node" and is_outer and not serves_outside(case, place):
            expected = set()
        assert (walk.outcome == "delivered") == bool(expected), (packet, walk.outcome, expected)
        if expected:
            assert walk.endpoint in expected
            assert walk.service_port == case.ports[place].text
            is_lost = mode == "ipvs" and source == "world" and not is_inside and not serves_outside(case, place)
            assert (walk.answer == packet.answer()) != is_lost, walk.reason.en


@pytest.mark.parametrize("mode", MODES)
@given(case=cases(), source=st.sampled_from(sorted(SOURCES)), seed=st.integers(0, 2**32))
@settings(max_examples=15)
def test_connections_are_kept(mode: str, case: Case, source: str, seed: int) -> None:
    """Every further packet of a connection comes to the endpoint of the first, and its answers find back."""
    node, rng = programmed(case, mode), Random(seed)
    for _, _, packet in asked(case, source):
        first = route(packet, node, mode, rng=rng)
        again = route(packet, node, mode, rng=rng, now_ms=5)
        if first.outcome == "delivered":
            assert (again.endpoint, again.arrived, again.answer, again.is_known) == (first.endpoint, first.arrived, first.answer, True)


def distribution(mode: str, count: int, draws: int, seed: int) -> Counter[str]:
    port = ServicePort(ServicePortName("default", "web", "http"), "10.96.0.7", 80)
    case = Case((port,), (tuple(Backend(f"10.244.2.{place}", 8080) for place in range(1, count + 1)),))
    node, rng = programmed(case, mode), Random(seed)
    walks = (route(Packet("10.244.1.99", 1_024 + turn, "10.96.0.7", 80), node, mode, rng=rng) for turn in range(draws))
    return Counter(walk.endpoint for walk in walks)


@pytest.mark.parametrize("seed", [11])
@pytest.mark.parametrize("count", [3, 7])
@pytest.mark.parametrize("mode", ["iptables", "nftables"])
def test_chances(mode: str, count: int, seed: int) -> None:
    """Where lots are drawn, each of n endpoints gets 1/n, within five standard deviations."""
    draws, hits = 400, distribution(mode, count, 400, seed)
    bound = 5 * (draws * (count - 1)) ** 0.5 / count
    assert all(abs(hits[f"10.244.2.{place}:8080"] - draws / count) < bound for place in range(1, count + 1))


@pytest.mark.parametrize("count", [2, 3, 7])
@pytest.mark.parametrize("mode", ["ipvs", "userspace"])
def test_turns(mode: str, count: int) -> None:
    """Where turns are taken, each of n endpoints gets 1/n, to within one."""
    hits = distribution(mode, count, 100, seed=1)
    assert sorted(hits.values()) == [100 // count] * (count - 100 % count) + [100 // count + 1] * (100 % count)


def kernel_of(node: ProxyNode, mode: str) -> Any:
    """Everything that a mode has programmed, in an order of its own."""
    found = node.mode(mode)
    if isinstance(found, Ipvs):
        servers = {server.key: (server.flags, server.timeout_s, sorted(real.text for real in server.reals)) for server in found.servers}
        return servers, {name: list(entries) for name, entries in found.sets.items()}, found.bound_addresses, found.tables
    if isinstance(found, Nftables):
        return found.dump()
    if isinstance(found, Iptables):
        return {table: {chain: sorted(rules) for chain, rules in chains.items()} for table, chains in found.ruleset().tables.items()}
    assert isinstance(found, Userspace)
    return set(found.listeners), {name: balancer.endpoints for name, balancer in found.balancers.items()}, found.tables.rule_count


CHANGES = st.lists(
    st.tuples(st.sampled_from(["one", "two"]), st.lists(st.sampled_from(["10.244.1.5@node-1", "10.244.2.5", "-10.244.2.6"]), unique=True),
              st.sampled_from(["", "Local", "sticky", "gone"])),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_parts_make_a_whole(mode: str, changes: list[tuple[str, list[str], str]], web: Any) -> None:
    """After any changes, each followed by a sync, a node is programmed as one that was told the end at once."""
    node, fresh = ProxyNode(SETTINGS, (mode,)), ProxyNode(SETTINGS, (mode,))  # type: ignore[arg-type]  # a mode's name
    last: dict[str, Any] = {}
    for turn, (name, endpoints, how) in enumerate(changes):
        spec = {"externalTrafficPolicy": "Local"} if how == "Local" else {"sessionAffinity": "ClientIP"} if how == "sticky" else {}
        number = {"one": 1, "two": 2}[name]
        objects = web(*endpoints, name=name, clusterIP=f"10.96.0.{number}", node_port=30_000 + number, externalIPs=["198.51.100.9"], **spec)
        (node.drop if how == "gone" else node.put)(*objects)
        node.sync(now_ms=10_000 * turn)
        last.pop(name, None)
        last |= {} if how == "gone" else {name: objects}
    node.sync(now_ms=10_000 * len(changes))
    fresh.put(*(each for objects in last.values() for each in objects))
    fresh.sync()
    assert kernel_of(node, mode) == kernel_of(fresh, mode)


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_udp_after_a_sync(mode: str, web: Any) -> None:
    """A client of UDP whose endpoint is gone reaches another one after the next sync, and one of TCP does not notice the sync."""
    ends = {}
    for protocol in ("UDP", "TCP"):
        node = ProxyNode(SETTINGS, (mode,), web("10.244.2.1", protocol=protocol))  # type: ignore[arg-type]  # a mode's name
        packet = Packet("10.244.1.99", 40_000, "10.96.0.7", 80, protocol)  # type: ignore[arg-type]  # one of the three
        route(packet, node, mode, rng=Random(1))
        node.put(*web("10.244.2.2", protocol=protocol))
        node.sync()
        ends[protocol] = route(packet, node, mode, rng=Random(1)).endpoint
    assert ends == {"UDP": "10.244.2.2:8080", "TCP": "10.244.2.1:8080"}


@pytest.mark.parametrize("mode", MODES)
def test_questions_by_size(mode: str) -> None:
    """With more Services a first packet is asked more in the modes of long lists, and exactly as much in those of lookups."""

    def asked_last(count: int) -> int:
        numbers = range(1, count + 1)
        ports = [ServicePort(ServicePortName("default", f"web-{number}", "http"), f"10.96.1.{number}", 80) for number in numbers]
        case = Case(tuple(ports), tuple((Backend(f"10.244.2.{number}", 8080),) for number in numbers))
        return route(Packet("10.244.1.99", 40_000, ports[-1].cluster_ip, 80), programmed(case, mode), mode, rng=Random(1)).rules_asked

    grown = asked_last(200) - asked_last(2)
    assert grown == (198 if mode in {"iptables", "userspace"} else 0)


def test_walks_look_alike() -> None:
    """Every mode tells the same story of one packet: as it was sent, as it arrives, how the answer comes, and why."""
    port = ServicePort(ServicePortName("default", "web", "http"), "10.96.0.7", 80)
    case, packet = Case((port,), ((Backend("10.244.2.1", 8080),),)), Packet("10.244.1.99", 40_000, "10.96.0.7", 80)
    walks: dict[str, Walk] = {mode: route(packet, programmed(case, mode), mode, rng=Random(1)) for mode in MODES}
    assert {walk.mode for walk in walks.values()} == set(MODES)
    told: set[Any] = {(walk.outcome, walk.endpoint, walk.service_port, walk.answer) for walk in walks.values()}
    assert told == {("delivered", "10.244.2.1:8080", "default/web:http", packet.answer())}
    assert all(walk.reason.en and walk.reason.zh and walk.steps and walk.back for walk in walks.values())


def test_protocol_of_modes() -> None:
    """Each mode is one: it syncs, routes, and remembers connections."""
    for make in MODES.values():
        mode: Mode = make(SETTINGS)
        assert len(mode.conntrack) == 0
