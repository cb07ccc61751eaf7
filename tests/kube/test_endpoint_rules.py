from __future__ import annotations

from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.endpoint_rules import endpoints_problems, slice_problems
from k8sedu.kube.objects import Endpoints, EndpointSlice
from k8sedu.kube.status import InvalidError


def piece(*addresses: str, family: str = "IPv4", **more: Any) -> EndpointSlice:
    endpoints = [{"addresses": [address]} for address in addresses]
    return EndpointSlice.of({"metadata": {"name": "a"}, "addressType": family, "endpoints": endpoints} | more)


@pytest.mark.parametrize(
    ("address", "family", "told"),
    [
        ("127.0.0.1", "IPv4", "may not be in the loopback range (127.0.0.0/8, ::1/128)"), ("0.0.0.0", "IPv4", "may not be unspecified"),
        ("169.254.1.1", "IPv4", "may not be in the link-local range"), ("224.0.0.7", "IPv4", "link-local multicast range"),
        ("fe80::1", "IPv6", "may not be in the link-local range"), ("::1", "IPv6", "loopback"), ("ff02::1", "IPv6", "multicast"),
        ("fd00::1", "IPv4", "must be a valid IPv4 address"), ("web", "IPv6", "must be a valid IPv6 address"),
    ],
)  # fmt: skip
def test_addresses_of_nobody_else(address: str, family: str, told: str) -> None:
    """An address that means another machine on every node, or none, or is of another family, is refused with the server's words."""
    (problem,) = slice_problems(piece(address, family=family))
    assert problem.sentence.startswith(f'endpoints[0].addresses[0]: Invalid value: "{address}": ')
    assert told in problem.sentence


def test_what_may_stand() -> None:
    """Pods' addresses of either family may stand in a slice, and names in one of names."""
    assert list(slice_problems(piece("10.244.1.7", "192.0.2.1"))) == []
    assert list(slice_problems(piece("fd00::7", family="IPv6"))) == []
    assert list(slice_problems(piece("db.example.com", family="FQDN"))) == []


def test_how_many() -> None:
    """A slice has a family and at most a thousand endpoints, and each endpoint an address."""
    many = piece(*(f"10.0.{number // 250}.{number % 250}" for number in range(1001)))
    assert [problem.sentence for problem in slice_problems(many)] == ["endpoints: Too many: 1001: must have at most 1000 items"]
    bare = EndpointSlice.of({"metadata": {"name": "a"}, "endpoints": [{"addresses": []}]})
    assert [problem.field for problem in slice_problems(bare)] == ["addressType", "endpoints[0].addresses"]


def test_endpoints_written_by_hand() -> None:
    """In Endpoints the same addresses are refused, as are subsets without any and ports that cannot be."""
    wrong = {"addresses": [{"ip": "127.0.0.1"}], "ports": [{"port": 0}]}
    subsets = [wrong, {"ports": [{"port": 80}]}, {"notReadyAddresses": [{"ip": "x"}]}]
    found = [problem.field for problem in endpoints_problems(Endpoints.of({"metadata": {"name": "a"}, "subsets": subsets}))]
    assert found == ["subsets[0].addresses[0].ip", "subsets[0].ports[0].port", "subsets[1]", "subsets[2].notReadyAddresses[0].ip"]


def test_the_server_refuses() -> None:
    """The API server refuses such a slice, and one that changes its family."""
    server = ApiServer(Random(1))
    body = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "a"}, "addressType": "IPv4"}
    with pytest.raises(InvalidError, match="loopback"):
        server.create({**body, "endpoints": [{"addresses": ["127.0.0.1"]}]}, now_ms=0)
    server.create({**body, "endpoints": []}, now_ms=0)
    with pytest.raises(InvalidError, match="addressType: Invalid value: \"IPv6\": field is immutable"):
        server.update({**body, "addressType": "IPv6", "endpoints": []})
