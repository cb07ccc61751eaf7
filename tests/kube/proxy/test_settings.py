from __future__ import annotations

import pytest

from k8sedu.kube.proxy.settings import ProxySettings, ProxySettingsError

INTERFACES = {"lo": ("127.0.0.1/8", "::1/128"), "eth0": ("192.168.10.11/24", "fe80::11/64"), "cbr0": ("10.244.1.1/24",)}


def settings(**more: object) -> ProxySettings:
    return ProxySettings(interfaces=INTERFACES, **more)  # type: ignore[arg-type]  # each test gives what it is about


def test_where_an_address_lies() -> None:
    """An address lies behind the narrowest network that holds it, else behind the node's main interface."""
    found = [settings().interface_of(ip) for ip in ("10.244.1.9", "192.168.10.99", "8.8.8.8", "127.0.0.5", "10.244.1.1")]
    assert found == ["cbr0", "eth0", "eth0", "lo", "lo"]


def test_who_is_on_the_node() -> None:
    """The node itself and the pods behind its bridge are on it; its neighbours are not."""
    found = [settings().is_on_node(ip) for ip in ("10.244.1.9", "192.168.10.11", "192.168.10.12", "10.244.2.9")]
    assert found == [True, True, False, False]


def test_node_ports() -> None:
    """Node ports are open on the node's addresses within the given networks, and on all where none is given."""
    assert settings().nodeports_everywhere
    assert settings(nodeport_addresses=("192.168.10.0/24",)).nodeport_ips == ("192.168.10.11",)
    assert settings(nodeport_addresses=("127.0.0.0/8", "10.244.0.0/16")).nodeport_ips == ("127.0.0.1", "10.244.1.1")
    assert settings(nodeport_addresses=("::/0",)).nodeports_everywhere, "a network of the other family says nothing"


def test_localhost() -> None:
    """Node ports are open on 127.0.0.1 only if that is wanted, in IPv4, and if it is within the networks."""
    assert settings().nodeports_on_localhost
    assert not settings(localhost_nodeports=False).nodeports_on_localhost
    assert not settings(nodeport_addresses=("192.168.10.0/24",)).nodeports_on_localhost
    assert not settings(ip_family="IPv6").nodeports_on_localhost


def test_who_is_a_pod() -> None:
    """A pod is told by its address or by its interface, as the node was told to."""
    assert settings(local_value="10.244.0.0/16").is_pod_traffic("10.244.9.9")
    assert not settings(local_value="10.244.0.0/16").is_pod_traffic("192.168.10.12")
    assert not settings().is_pod_traffic("10.244.9.9")
    assert settings(local_mode="InterfaceNamePrefix", local_value="veth").is_pod_traffic("1.2.3.4", "veth12")
    assert not settings(local_mode="BridgeInterface", local_value="cbr0").is_pod_traffic("1.2.3.4", "cbr01")


@pytest.mark.parametrize("wrong", [{"masquerade_bit": 32}, {"release": "latest"}])
def test_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    """A bit that no mark has, and a release that is no number, are refused with what was met."""
    with pytest.raises(ProxySettingsError, match="expected"):
        settings(**wrong)


def test_releases() -> None:
    """Releases are compared as numbers: 1.9 is older than 1.30."""
    assert settings(release="1.30").is_at_least("1.9")
    assert not settings(release="1.30").is_at_least("1.31")
