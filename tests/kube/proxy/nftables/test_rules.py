from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from k8sedu.kube.proxy.nftables.proxier import Nftables
from k8sedu.kube.proxy.nftables.rules import NftRuleError, State, statements
from k8sedu.kube.proxy.nftables.table import NftTable
from k8sedu.kube.proxy.packet import Packet

PACKET = Packet("10.244.1.9", 40_000, "10.96.0.7", 80, in_interface="veth12")
STATE = State(NftTable("ip", ""), lambda ip: ip == "192.168.10.11", lambda packet: packet, Random(1))


@pytest.mark.parametrize(
    ("rule", "is_match"),
    [
        ("ip saddr 10.244.0.0/16 accept", True), ("ip saddr != 10.244.0.0/16 accept", False),
        ("ip daddr 10.96.0.7 tcp dport 80 accept", True),
        ("ip daddr 10.96.0.7 tcp dport 81 accept", False), ("meta l4proto udp accept", False), ("iif veth* accept", True),
        ("iif != veth* accept", False), ("iif cbr0 accept", False), ("fib saddr type local accept", False), ("ct state new accept", True),
        ("mark and 0x4000 == 0 return", True), ("ip saddr != { 10.0.0.0/8 , 192.0.2.1 } drop", False),
        ("ip saddr { 10.0.0.0/8,192.0.2.1 } drop", True),
    ],
)  # fmt: skip
def test_questions(rule: str, *, is_match: bool) -> None:
    """A rule matches if every question of it is answered with yes."""
    assert all(found.run(PACKET, STATE).is_match for found in statements(rule)) == is_match


def test_marks() -> None:
    """A bit is set by `or`, and taken back by `xor`."""
    (first,), (second,) = statements("mark set mark or 0x4000"), statements("mark set mark xor 0x4000")
    marked = first.run(PACKET, STATE).packet
    assert (marked.mark, second.run(marked, STATE).packet.mark) == (0x4000, 0)


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_all_rules_are_understood(conformance_path: Path, recordings: Any) -> None:
    """Every rule that is written is understood, to its last word."""
    for recording in recordings(conformance_path):
        node = Nftables(recording.settings)
        node.sync(recording.tracker, recording.first())
        for chain in node.table.chains.values():
            for rule in chain.rules:
                told = " ".join(found.text for found in statements(rule))
                assert told == rule.partition(' comment "')[0]


def test_unknown() -> None:
    """A rule that kube-proxy would not write is refused with the words that were not understood."""
    with pytest.raises(NftRuleError, match="'limit rate 5/second' is not understood"):
        statements("ip saddr 10.0.0.1 limit rate 5/second")
