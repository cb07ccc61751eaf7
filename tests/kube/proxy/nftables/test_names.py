from __future__ import annotations

import json
from pathlib import Path

import pytest

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.nftables.names import MAX_BASE, base_of, endpoint_base_of
from k8sedu.kube.proxy.ports import ServicePortName


def test_verified_hashes() -> None:
    """The hashes are those of real nodes; the renamed example of a well-known article has another one than it prints."""
    assert base_of(ServicePortName("ns1", "svc1", "p80")).startswith("ULMVA6XW-")
    assert base_of(ServicePortName("namespace1", "service1", "p80")).startswith("H5VEECYA-")


def test_long_names() -> None:
    """A name that is too long is cut, and two that differ only behind the cut still differ."""
    names = [ServicePortName("n" * 63, "s" * 63, port) for port in ("a" * 15, "b" * 15)]
    bases = [base_of(name) for name in names]
    assert [len(base) for base in bases] == [MAX_BASE, MAX_BASE]
    assert bases[0][9:] == bases[1][9:]
    assert bases[0] != bases[1]


def test_ipv6() -> None:
    """Dots stand for the colons of an address, which nft does not allow in a name."""
    assert endpoint_base_of(ServicePortName("default", "web", "http"), Backend("fd00::5", 8080)).endswith("__fd00..5/8080")


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_names_fit(conformance_path: Path) -> None:
    """Every chain that the real kube-proxy makes fits into the 128 characters of nft."""
    for line in conformance_path.read_text(encoding="utf-8").splitlines():
        dump = json.loads(line)["expect"].get("nftables", {}).get("dump", "")
        rows = dump.splitlines() if isinstance(dump, str) else dump
        assert all(len(row.split()[4]) <= 128 for row in rows if row.startswith("add chain"))
