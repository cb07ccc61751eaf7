"""The names of chains.

A chain's name may have 28 characters, and a Service's has no such bound; so a name is a prefix that says what the chain is for, and sixteen
characters of a hash that say whose it is. The hash depends on nothing but names and addresses: the chain of `default/kubernetes:https` is
called KUBE-SVC-NPX46M4PTMTKRN6Y on every cluster of the world.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (portProtoHash, servicePortEndpointChainName).
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from k8sedu.kube.proxy.ports import ServicePortName

SERVICES = "KUBE-SERVICES"
EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES"
NODEPORTS = "KUBE-NODEPORTS"
POSTROUTING = "KUBE-POSTROUTING"
MARK_MASQ = "KUBE-MARK-MASQ"
FORWARD = "KUBE-FORWARD"
PROXY_FIREWALL = "KUBE-PROXY-FIREWALL"
KUBELET_FIREWALL = "KUBE-FIREWALL"

PER_SERVICE = ("KUBE-SVC-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-FW-", "KUBE-SEP-", "KUBE-SVM-")
"""How chains of one Service port begin."""


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
PAIRS = tuple(one + two for one in LETTERS for two in LETTERS)
"""Base32, two letters at a time: a large cluster has a hundred thousand of these names."""


def chain_hash(text: str) -> str:
    """Sixteen characters that stand for a text: the first eighty bits of its SHA-256 in base32.

    >>> chain_hash("default/kubernetes:httpstcp")
    'NPX46M4PTMTKRN6Y'
    """
    bits = int.from_bytes(sha256(text.encode()).digest()[:10], "big")
    first = PAIRS[bits >> 70] + PAIRS[bits >> 60 & 1023] + PAIRS[bits >> 50 & 1023] + PAIRS[bits >> 40 & 1023]
    return first + PAIRS[bits >> 30 & 1023] + PAIRS[bits >> 20 & 1023] + PAIRS[bits >> 10 & 1023] + PAIRS[bits & 1023]


class ChainNames(NamedTuple):
    """The chains of one Service port."""

    cluster: str
    """KUBE-SVC-…: chooses among all endpoints."""
    local: str
    """KUBE-SVL-…: chooses among those of this node."""
    external: str
    """KUBE-EXT-…: where traffic from outside enters."""
    firewall: str
    """KUBE-FW-…: lets in whom the load balancer's source ranges name."""


@lru_cache(maxsize=65_536)
def chains_of(port: ServicePortName) -> ChainNames:
    """The chains of a Service port.

    >>> chains_of(ServicePortName("kube-system", "kube-dns", "dns", "UDP")).cluster
    'KUBE-SVC-TCOU7JCQXEZGVUNU'
    """
    found = chain_hash(f"{port}{port.protocol.lower()}")
    return ChainNames(f"KUBE-SVC-{found}", f"KUBE-SVL-{found}", f"KUBE-EXT-{found}", f"KUBE-FW-{found}")


def endpoint_chain(port: str, protocol: str, endpoint: str) -> str:
    """The chain that rewrites a packet to one endpoint.

    >>> endpoint_chain("ns1/svc1", "tcp", "10.0.1.1:80")
    'KUBE-SEP-3JOIVZTXZZRGORX4'
    """
    return f"KUBE-SEP-{chain_hash(port + protocol + endpoint)}"


def is_service_chain(name: str) -> bool:
    """Is it the chain of one Service port?"""
    return name.startswith(PER_SERVICE)
