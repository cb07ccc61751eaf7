from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.proxy.backends import Backend, choose
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.iptables.proxier import Iptables, Sync
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

UNORDERED = {
    "nat": {"KUBE-SERVICES", "KUBE-NODEPORTS"},
    "filter": {"KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL"},
}
"""Chains whose order between Services is chance in the real kube-proxy; all others must be equal rule for rule."""
Tables = dict[str, dict[str, list[str]]]


def canonical(tables: Tables) -> Tables:
    """The tables with chance taken out of their order, as the recordings have it."""
    for table, chains in tables.items():
        for chain in UNORDERED.get(table, set()) & chains.keys():
            chains[chain] = sorted(chains[chain], key=lambda rule: ("must be the last rule" in rule, rule))
    return tables


def written(restore: str) -> Tables:
    """What one text writes into empty tables."""
    ruleset, lines = Ruleset(), [line for line in restore.splitlines() if not line.startswith("-X ")]
    ruleset.restore("\n".join(lines))
    for chain in deleted(restore):
        del ruleset.tables["nat"][chain]
    return canonical(ruleset.tables)


def deleted(restore: str) -> list[str]:
    return [line.removeprefix("-X ") for line in restore.splitlines() if line.startswith("-X ")]


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_first_sync(conformance_path: Path, recordings: Any) -> None:
    """The first sync ensures the jumps and writes the tables that the real kube-proxy writes, rule for rule."""
    for recording in recordings(conformance_path):
        expected, update = recording.expected["iptables"], recording.first()
        sync = Iptables(recording.settings).sync(recording.tracker, update)
        assert list(sync.ensured) == expected["ensure"], recording.name
        assert written(sync.restore) == (expected.get("tables") or written(expected["restore"])), recording.name


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_first_text(conformance_path: Path, recordings: Any) -> None:
    """Once Services are taken in the order that chance gave the real kube-proxy, the text is its text, byte for byte.

    Where local endpoints are merged into those of the cluster, their order is chance too, and lines are compared without it.
    """
    for recording in recordings(conformance_path):
        expected, update, tracker = recording.expected["iptables"].get("restore"), recording.first(), recording.tracker
        if expected is None:
            continue
        lines = expected.splitlines()
        tracker.ports = {name: tracker.ports[name] for name in sorted(tracker.ports, key=lambda name: place_of(name, lines))}
        restore = Iptables(recording.settings).sync(tracker, update).restore
        choices = [choose(tracker.backends.get(name, ()), port, recording.settings) for name, port in tracker.ports.items()]
        if all(choice.reachable in {choice.cluster, choice.local} for choice in choices):
            assert restore == expected, recording.name
        assert sorted(restore.splitlines()) == sorted(lines), recording.name


def place_of(name: ServicePortName, lines: list[str]) -> int:
    """The line that first names a Service port, in nat if it has rules there."""
    named, protocol = re.compile(rf"(?<![\w/:-]){re.escape(str(name))}(?![\w:-])"), f"-p {name.protocol.lower()}"
    places = [number for number, line in enumerate(lines) if protocol in line and named.search(line)]
    return next((place for place in places if place > lines.index("*nat")), places[0] if places else 0)


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_second_sync(conformance_path: Path, recordings: Any) -> None:
    """A sync after changes writes and removes what the real one does, and what is then in the tables is what a full sync would make."""
    for recording in recordings(conformance_path):
        if recording.expected_after is None:
            continue
        proxier, update = Iptables(recording.settings), recording.first()
        kernel = Ruleset()
        kernel.restore(proxier.sync(recording.tracker, update).restore)
        update, expected = recording.second(), recording.expected_after["iptables"]
        sync = proxier.sync(recording.tracker, update)
        kernel.restore(sync.restore)
        assert sync.is_full == expected["fullSync"], recording.name
        assert sorted(sync.deleted) == sorted(expected["deletedChains"]), recording.name
        assert written(sync.restore) == expected["tables"], recording.name
        fresh = Iptables(recording.tracker.settings).sync(recording.tracker, Update(is_full=True))
        assert canonical(kernel.tables) == written(fresh.restore), recording.name


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_rule_counts(conformance_path: Path) -> None:
    """As many rules stand in each table as the real test says, for so many Services of so many endpoints.

    The table is of an older release that did not yet write a rule that is only a comment; those are taken off.
    """
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["rule_counts"]:
        settings = ProxySettings(localhost_nodeports=False, local_value="10.0.0.0/8")
        tracker = ChangeTracker(settings)
        for number in range(case["services"]):
            fill(tracker, number, endpoints=case["endpoints"], is_load_balancer=case["type"].startswith("LoadBalancer"))
        proxier = Iptables(settings)
        proxier.sync(tracker, Update(is_full=True))
        comments = sum(not rule.target for chain in proxier.ruleset().tables["nat"] for rule in proxier.tables.rules("nat", chain) or ())
        counts = proxier.rule_counts()
        assert (counts["filter"], counts["nat"] - comments) == (case["filter_rules"], case["nat_rules"]), case
        assert comments == (case["services"] if "LoadBalancer" in case["type"] and case["endpoints"] else 0)


def fill(tracker: ChangeTracker, number: int, *, endpoints: int, is_load_balancer: bool = False) -> ServicePortName:
    name = ServicePortName("ns", f"svc-{number}")
    outside: dict[str, Any] = {}
    if is_load_balancer:
        outside = {
            "external_ips": ("1.2.3.4",), "load_balancer_vips": ("1.2.3.5",), "load_balancer_source_ranges": ("203.0.113.0/25",),
            "node_port": 30_000 + number,
        }  # fmt: skip
    tracker.ports[name] = ServicePort(name, f"10.96.{number // 250}.{number % 250}", 80, **outside)
    tracker.backends[name] = tuple(Backend(f"10.{number // 250}.{number % 250}.{place}", 80) for place in range(endpoints))
    return name


def synced(count: int, *, endpoints: int) -> tuple[ChangeTracker, Iptables, Sync]:
    tracker = ChangeTracker(ProxySettings(local_value="10.0.0.0/8"))
    for number in range(count):
        fill(tracker, number, endpoints=endpoints)
    proxier = Iptables(tracker.settings)
    return tracker, proxier, proxier.sync(tracker, Update(is_full=True))


def test_a_large_cluster() -> None:
    """With more than a thousand endpoints their rules lose their comments; with a thousand, what is written has them again."""
    tracker, proxier, first = synced(11, endpoints=100)
    assert "-> 10.0" not in first.restore
    gone, other = ServicePortName("ns", "svc-3"), ServicePortName("ns", "svc-4")
    del tracker.ports[gone]
    second = proxier.sync(tracker, Update(ports={gone: None, other: None}))
    assert second.restore.count("-> 10.0.4.") == 100
    assert second.restore.count("-> ") == 100


def test_chains_that_wait() -> None:
    """In a large cluster the chains of a Service that is gone hold their rules until the sync period is over, and are removed then."""
    tracker, proxier, _ = synced(12, endpoints=100)
    gone = ServicePortName("ns", "svc-3")
    own = proxier.tables.blocks[gone].chains
    del tracker.ports[gone]
    assert proxier.sync(tracker, Update(ports={gone: None}), now_ms=30_000).deleted == ()
    assert proxier.tables.rules("nat", own[0])
    assert sorted(proxier.sync(tracker, Update(), now_ms=30_001).deleted) == sorted(own)
    assert proxier.tables.rules("nat", own[0]) is None


def test_a_partial_sync_is_short() -> None:
    """A partial sync writes one rule per Service, and all rules only of the one that has changed."""
    tracker, proxier, first = synced(100, endpoints=3)
    name = ServicePortName("ns", "svc-5")
    tracker.backends[name] = tracker.backends[name][:2]
    sync = proxier.sync(tracker, Update(ports={name: None}))
    assert (first.rules_written, sync.rules_written) == (9 + 100 * 11, 9 + 100 + 1 + 2 + 4)
    assert len(sync.deleted) == 1
