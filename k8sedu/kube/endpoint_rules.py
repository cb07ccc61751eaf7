"""What may stand behind a Service: which addresses, and how many.

An endpoint is somewhere else than here. An address of the loopback, or one that is good on one link only, would mean another machine on
every node, and so would let whoever writes endpoints reach into nodes; the server refuses them.

Source: kubernetes, pkg/apis/core/validation/validation.go (ValidateNonSpecialIP, ValidateEndpoints), pkg/apis/discovery/validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, cast

from k8sedu.kube.objects import ApiObject
from k8sedu.kube.objects.service import Endpoint, Endpoints, EndpointSlice
from k8sedu.kube.status import Problem, invalid, required

Problems = Iterator[Problem]
MOST_ENDPOINTS, MOST_ADDRESSES, MOST_PORTS = 1000, 100, 20_000
MULTICAST = ip_network("224.0.0.0/24"), ip_network("ff02::/16")


def special_problem(ip: IPv4Address | IPv6Address) -> str:
    """Why an address cannot be an endpoint's; empty if it can.

    >>> special_problem(ip_address("127.0.0.1")), special_problem(ip_address("10.244.1.7"))
    ('may not be in the loopback range (127.0.0.0/8, ::1/128)', '')
    """
    if ip.is_unspecified:
        return "may not be unspecified (0.0.0.0 or ::)"
    if ip.is_loopback:
        return "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    if ip.is_link_local:
        return "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    if any(ip.version == network.version and ip in network for network in MULTICAST):
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    return ""


def endpoints_problems(found: ApiObject) -> Problems:
    """What is wrong with an Endpoints object."""
    for place, subset in enumerate(cast(Endpoints, found).subsets):
        lists = {name: subset.get(name) or () for name in ("addresses", "notReadyAddresses")}
        addresses = [(name, number, address) for name, found_ in lists.items() for number, address in enumerate(found_)]
        if not addresses:
            yield required(f"subsets[{place}]", "must specify `addresses` or `notReadyAddresses`")
        for name, number, address in addresses:
            yield from _ip_problems(str(address.get("ip", "")), f"subsets[{place}].{name}[{number}].ip")
        for number, port in enumerate(subset.get("ports") or ()):
            yield from _port_problems(port, f"subsets[{place}].ports[{number}].port")


def slice_problems(found: ApiObject) -> Problems:
    """What is wrong with an EndpointSlice."""
    piece = cast(EndpointSlice, found)
    if not piece.address_type:
        yield required("addressType")
    for name, met, most in (("endpoints", len(piece.endpoints), MOST_ENDPOINTS), ("ports", len(piece.ports), MOST_PORTS)):
        if met > most:
            yield _too_many(name, met, most)
    for place, endpoint in enumerate(piece.endpoints):
        yield from _endpoint_problems(endpoint, piece.address_type, f"endpoints[{place}].addresses")


def slice_update_problems(found: ApiObject, old: ApiObject) -> Problems:
    """What of an EndpointSlice may not change."""
    new, before = cast(EndpointSlice, found), cast(EndpointSlice, old)
    if new.address_type != before.address_type:
        yield invalid("addressType", new.address_type, "field is immutable")


def _endpoint_problems(endpoint: Endpoint, family: str, field: str) -> Problems:
    if not endpoint.addresses:
        yield required(field, "must contain at least 1 address")
    if len(endpoint.addresses) > MOST_ADDRESSES:
        yield _too_many(field, len(endpoint.addresses), MOST_ADDRESSES)
    for place, address in enumerate(endpoint.addresses):
        if family in {"IPv4", "IPv6"}:
            yield from _ip_problems(address, f"{field}[{place}]", family=family)


def _ip_problems(text: str, field: str, *, family: str = "") -> Problems:
    try:
        ip = ip_address(text)
    except ValueError:
        yield invalid(field, text, f"must be a valid {family or 'IP'} address" + ("" if family else ", (e.g. 10.9.8.7 or 2001:db8::ffff)"))
        return
    if family and ip.version != int(family[-1]):
        yield invalid(field, text, f"must be a valid {family} address")
    elif problem := special_problem(ip):
        yield invalid(field, text, problem)


def _port_problems(port: Mapping[str, Any], field: str) -> Problems:
    if not 0 < port.get("port", 0) < 65_536:
        yield invalid(field, port.get("port", 0), "must be between 1 and 65535, inclusive")


def _too_many(field: str, met: int, most: int) -> Problem:
    return Problem(field, f"Too many: {met}: must have at most {most} items", "FieldValueTooMany")
