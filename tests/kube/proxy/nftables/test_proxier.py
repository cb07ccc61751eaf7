from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.changes import ChangeTracker
from k8sedu.kube.proxy.nftables.proxier import Nftables
from k8sedu.kube.proxy.settings import ProxySettings

Web = Callable[..., tuple[Service, EndpointSlice]]


def lines(dump: str | list[str]) -> list[str]:
    return [line for line in (dump.splitlines() if isinstance(dump, str) else dump) if line]


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_recordings(conformance_path: Path, recordings: Any) -> None:
    """The table is that of the real kube-proxy, line for line, after the first sync and after a change."""
    for recording in recordings(conformance_path):
        if "nftables" not in recording.expected:
            continue
        node = Nftables(recording.settings)
        node.sync(recording.tracker, recording.first())
        assert lines(node.dump()) == lines(recording.expected["nftables"]["dump"]), recording.name
        if recording.expected_after is not None:
            node.sync(recording.tracker, recording.second())
            assert lines(node.dump()) == lines(recording.expected_after["nftables"]["dump"]), recording.name


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_partial_is_full(conformance_path: Path, recordings: Any) -> None:
    """Once emptied chains are deleted, a table that was changed in parts equals one that was made at once."""
    for recording in recordings(conformance_path):
        if recording.expected_after is None:
            continue
        node, fresh = Nftables(recording.settings), Nftables(recording.settings)
        node.sync(recording.tracker, recording.first())
        node.sync(recording.tracker, recording.second())
        later = node.sync(recording.tracker, recording.tracker.take(), now_ms=1_001)
        recording.tracker.require_full()
        fresh.sync(recording.tracker, recording.tracker.take())
        assert node.dump() == fresh.dump(), recording.name
        assert later.rules == fresh.table.rule_count, recording.name


def test_only_differences(web: Web) -> None:
    """A sync writes the chains of what has changed and nothing else; without a change it writes nothing."""
    tracker, node = ChangeTracker(ProxySettings()), Nftables(ProxySettings())
    tracker.put(*web("10.244.1.5", "10.244.2.5"), *web("10.244.1.6", name="api", clusterIP="10.96.0.8"))
    first = node.sync(tracker, tracker.take())
    assert (first.is_full, first.operations["chain written"]) == (True, 5)
    tracker.put(*web("10.244.1.5", "10.244.2.6"))
    second = node.sync(tracker, tracker.take())
    told = {what: count for what, count in second.operations.items() if count}
    assert (second.is_full, told) == (False, {"chain written": 2, "rule written": 3, "chain emptied": 1})
    assert not any(node.sync(tracker, tracker.take()).operations.values())


def test_emptied_chains(web: Web) -> None:
    """A chain that is not needed is emptied at once, and deleted by a sync more than a second later, unless it is needed again."""
    tracker, node = ChangeTracker(ProxySettings()), Nftables(ProxySettings())
    both, one = web("10.244.1.5", "10.244.2.5"), web("10.244.1.5")
    tracker.put(*both)
    node.sync(tracker, tracker.take())
    (gone,) = (name for name in node.table.chains if name.endswith("10.244.2.5/8080"))
    tracker.put(*one)
    node.sync(tracker, tracker.take(), now_ms=5_000)
    assert node.table.chains[gone].rules == ()
    node.sync(tracker, tracker.take(), now_ms=6_000)
    assert gone in node.table.chains
    tracker.put(*both)
    node.sync(tracker, tracker.take(), now_ms=6_001)
    node.sync(tracker, tracker.take(), now_ms=60_000)
    assert node.table.chains[gone].rules
    tracker.put(*one)
    node.sync(tracker, tracker.take(), now_ms=70_000)
    assert node.sync(tracker, tracker.take(), now_ms=71_001).operations["chain deleted"] == 1
