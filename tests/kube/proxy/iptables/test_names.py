from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.iptables.names import chain_hash, chains_of, endpoint_chain, is_service_chain
from k8sedu.kube.proxy.ports import ServicePortName


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_hashes(conformance_path: Path) -> None:
    """Every text has the hash that stands in the dumps of real clusters."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["iptables_chain_hash"]:
        assert chain_hash(case["input"]) == case["hash"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_base32(text: str) -> None:
    """The hash is what the standard library's base32 makes of the standard library's SHA-256."""
    assert chain_hash(text) == b32encode(sha256(text.encode()).digest()).decode()[:16]


def test_names_fit_into_the_kernel() -> None:
    """No chain's name is longer than 28 characters, however long a Service is called."""
    long = ServicePortName("n" * 63, "s" * 63, "p" * 15)
    assert all(len(name) <= 28 for name in (*chains_of(long), endpoint_chain(str(long), "tcp", "10.0.0.1:80")))


def test_whose_chain_it_is() -> None:
    """Chains of Services are told from those that all share."""
    assert all(map(is_service_chain, chains_of(ServicePortName("a", "b"))))
    assert not any(map(is_service_chain, ("KUBE-SERVICES", "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "DOCKER")))


def test_protocols_are_told_apart() -> None:
    """DNS on UDP and DNS on TCP of one Service have chains of their own."""
    assert chains_of(ServicePortName("a", "b", "dns", "UDP")) != chains_of(ServicePortName("a", "b", "dns", "TCP"))
