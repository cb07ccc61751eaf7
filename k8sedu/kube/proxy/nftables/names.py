"""What chains are called in nftables mode.

A name says everything: namespace, Service, protocol, port, endpoint. Eight letters of a hash stand before it, so that long names which had
to be cut still differ, and so that the eye finds a difference in the last digit of an address.

Source: kubernetes 1.30, pkg/proxy/nftables/proxier.go (servicePortChainNameBase, servicePortEndpointChainNameBase); KEP-3866.
"""

from __future__ import annotations

from base64 import b32encode
from functools import lru_cache
from hashlib import sha256

from k8sedu.kube.proxy.backends import Backend
from k8sedu.kube.proxy.ports import ServicePortName

MAX_BASE = 128 - 16
"""nft allows 128 characters; 16 are kept for what stands before."""
PREFIXES = ("service-", "local-", "external-", "firewall-", "endpoint-", "affinity-")


@lru_cache(maxsize=100_000)
def base_of(name: ServicePortName) -> str:
    """The part of a Service port's chain names that they share.

    >>> base_of(ServicePortName("ns1", "svc1", "p80")), base_of(ServicePortName("default", "web", "http"))
    ('ULMVA6XW-ns1/svc1/tcp/p80', 'SUSTUHLJ-default/web/tcp/http')
    """
    return _hashed(_plain(name))


def endpoint_base_of(name: ServicePortName, backend: Backend) -> str:
    """The same for one of its endpoints; dots stand for the colons of an IPv6 address.

    >>> endpoint_base_of(ServicePortName("default", "web", "http"), Backend("10.244.2.5", 8080))
    '3XXNECN6-default/web/tcp/http__10.244.2.5/8080'
    """
    return _hashed(f"{_plain(name)}__{backend.ip.replace(':', '.')}/{backend.port}")


def _plain(name: ServicePortName) -> str:
    return f"{name.namespace}/{name.name}/{name.protocol.lower()}/{name.port}"


def _hashed(plain: str) -> str:
    name = f"{b32encode(sha256(plain.encode()).digest()).decode()[:8]}-{plain}"
    return name if len(name) <= MAX_BASE else f"{name[: MAX_BASE - 3]}..."
