"""What a node's kube-proxy has been told: its flags, and what it finds on its machine.

Two of them decide more than one expects. The *local detector* answers whether a packet comes from a pod of this cluster; whatever does not
is masqueraded on its way to a cluster IP, or its answer would not find back. And `nodeport_addresses` says on which of the node's own
addresses node ports are open.

Source: kubernetes 1.30, cmd/kube-proxy/app/server_linux.go; pkg/proxy/util/iptables/traffic.go, nodeport_addresses.go.
Left out: flags that change no rule (metrics, health ports, conntrack limits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network, ip_address, ip_interface, ip_network
from typing import Any, Literal, Self, TypeAlias

from k8sedu.errors import K8sEduError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
IpFamily: TypeAlias = Literal["IPv4", "IPv6"]
LocalMode: TypeAlias = Literal["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"]

EVERYWHERE = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}
LOOPBACK = ip_network("127.0.0.0/8")


class ProxySettingsError(K8sEduError, ValueError):
    """A setting of kube-proxy that cannot be."""


def family_of(text: str) -> IpFamily:
    """The family of an address or network as it is written.

    >>> family_of("10.96.0.10"), family_of("fd00::/56")
    ('IPv4', 'IPv6')
    """
    return "IPv6" if ":" in text else "IPv4"


@dataclass(frozen=True)
class ProxySettings:
    """One node's kube-proxy, for one IP family.

    >>> settings = ProxySettings(local_value="10.244.0.0/16")
    >>> settings.mark, settings.is_pod_traffic("10.244.1.7"), settings.is_pod_traffic("203.0.113.9")
    ('0x00004000', True, False)
    """

    node_name: str = "node-1"
    node_ip: str = "192.168.10.11"
    node_labels: Mapping[str, str] = field(default_factory=dict)
    ip_family: IpFamily = "IPv4"
    interfaces: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"lo": ("127.0.0.1/8",), "eth0": ("192.168.10.11/24",), "cbr0": ("10.244.1.1/24",)}
    )
    """Name of a network interface → its addresses, each with the length of its network."""
    local_mode: LocalMode = "ClusterCIDR"
    local_value: str = ""
    """The network of the pods, or the name (or its beginning) of their interfaces; empty for: it cannot be told."""
    masquerade_all: bool = False
    masquerade_bit: int = 14
    localhost_nodeports: bool = True
    nodeport_addresses: tuple[str, ...] = ()
    """Networks in which an address of the node must lie to have node ports; none for all addresses."""
    ipvs_scheduler: str = "rr"
    service_cidrs: tuple[str, ...] = ()
    has_random_fully: bool = True
    """This machine's iptables knows `--random-fully`."""
    conntrack_tcp_be_liberal: bool = False
    release: str = "1.30"
    """The release of Kubernetes whose answers are wanted."""

    def __post_init__(self) -> None:
        if not 0 <= self.masquerade_bit <= 31:
            raise ProxySettingsError(f"masquerade_bit is {self.masquerade_bit}, expected 0 to 31")
        if not all(part.isdigit() for part in self.release.split(".")):
            raise ProxySettingsError(f"release is {self.release!r}, expected a text such as '1.30'")

    @classmethod
    def of(cls, config: Mapping[str, Any], *, release: str = "1.30") -> Self:
        """Read the settings as the recordings of the real kube-proxy write them."""
        return cls(
            node_name=config["nodeName"], node_ip=config["nodeIP"], node_labels=dict(config["nodeLabels"]), ip_family=config["ipFamily"],
            interfaces={name: tuple(found) for name, found in config["interfaces"].items()}, local_mode=config["detectLocalMode"],
            local_value=config["detectLocalValue"], masquerade_all=config["masqueradeAll"], masquerade_bit=config["masqueradeBit"],
            localhost_nodeports=config["localhostNodePorts"], nodeport_addresses=tuple(config["nodePortAddresses"]),
            ipvs_scheduler=config["ipvsScheduler"], service_cidrs=tuple(config["serviceCIDRs"]), has_random_fully=config["randomFully"],
            conntrack_tcp_be_liberal=config["conntrackTCPBeLiberal"], release=release,
        )  # fmt: skip

    def is_at_least(self, release: str) -> bool:
        """Is the wanted release this one, or a later one?"""
        return self._release >= _parts(release)

    @cached_property
    def _release(self) -> tuple[int, ...]:
        return _parts(self.release)

    @property
    def is_ipv6(self) -> bool:
        """Is this the proxy of IPv6?"""
        return self.ip_family == "IPv6"

    @property
    def mark(self) -> str:
        """The bit that says "masquerade me", as kube-proxy writes it."""
        return f"{self.mark_value:#010x}"

    @property
    def mark_value(self) -> int:
        """The same as a number."""
        return 1 << self.masquerade_bit

    # -- the machine ----------------------------------------------------------------------------------------------------------------------

    @cached_property
    def addresses(self) -> Mapping[str, IPv4Interface | IPv6Interface]:
        """The node's own addresses of this family, as text → with their networks."""
        found = [ip_interface(text) for addresses in self.interfaces.values() for text in addresses if family_of(text) == self.ip_family]
        return {str(each.ip): each for each in found}

    def is_local_address(self, address: str) -> bool:
        """Does this address belong to the node? All of 127.0.0.0/8 does."""
        return address in self.addresses or (not self.is_ipv6 and address.startswith("127."))

    def interface_of(self, address: str) -> str:
        """The interface behind which an address lies: the longest network that holds it, else the one with the node's address."""
        known = self._interfaces_of.get(address)
        if known is None:
            known = self._interfaces_of[address] = "lo" if self.is_local_address(address) else self._interface_towards(address)
        return known

    def _interface_towards(self, address: str) -> str:
        found = ip_address(address)
        behind = [(each.network.prefixlen, name) for name, each in self._networks if found in each.network]
        return max(behind)[1] if behind else self._uplink

    @cached_property
    def _interfaces_of(self) -> dict[str, str]:
        """What was looked up before, as the kernel remembers routes."""
        return {}

    def is_on_node(self, address: str) -> bool:
        """Does an address lie on this node: its own, or one of a pod behind an interface other than the one to the other nodes?"""
        return self.is_local_address(address) or self.interface_of(address) != self._uplink

    @cached_property
    def _networks(self) -> tuple[tuple[str, IPv4Interface | IPv6Interface], ...]:
        pairs = ((name, text) for name, addresses in self.interfaces.items() for text in addresses)
        return tuple((name, ip_interface(text)) for name, text in pairs if family_of(text) == self.ip_family)

    @cached_property
    def _uplink(self) -> str:
        return next((name for name, each in self._networks if str(each.ip) == self.node_ip), "eth0")

    # -- who is local ---------------------------------------------------------------------------------------------------------------------

    @property
    def can_tell_local(self) -> bool:
        """Can pods of this cluster be told from others?"""
        return self.local_value != ""

    def is_pod_traffic(self, source: str, in_interface: str = "") -> bool:
        """Does a packet come from a pod, as far as this node can tell?"""
        if not self.can_tell_local:
            return False
        if self.local_mode in {"ClusterCIDR", "NodeCIDR"}:
            return family_of(self.local_value) == family_of(source) and ip_address(source) in ip_network(self.local_value, strict=False)
        if self.local_mode == "BridgeInterface":
            return in_interface == self.local_value
        return in_interface.startswith(self.local_value)

    # -- node ports -----------------------------------------------------------------------------------------------------------------------

    @cached_property
    def nodeport_networks(self) -> tuple[Network, ...]:
        """The networks in which node ports are open."""
        texts = [text for text in self.nodeport_addresses if family_of(text) == self.ip_family] or [EVERYWHERE[self.ip_family]]
        return tuple(ip_network(text, strict=False) for text in texts)

    @property
    def nodeports_everywhere(self) -> bool:
        """Are node ports open on every address?"""
        return any(network.prefixlen == 0 for network in self.nodeport_networks)

    @property
    def nodeports_on_localhost(self) -> bool:
        """Are node ports also open on 127.0.0.1?"""
        loopback = ip_address("127.0.0.1")
        return not self.is_ipv6 and self.localhost_nodeports and any(loopback in network for network in self.nodeport_networks)

    @cached_property
    def nodeport_ips(self) -> tuple[str, ...]:
        """The node's addresses with open node ports, those of the loopback included; in the order in which the networks are named."""
        return tuple(dict.fromkeys(ip for network in self.nodeport_networks for ip, each in self.addresses.items() if each.ip in network))


@lru_cache(maxsize=64)
def _parts(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))
