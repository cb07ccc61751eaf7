"""A node on which kube-proxy runs, in one mode or in several side by side.

`route` is the question that everything here answers: this packet, on this node, in this mode - what happens to it?

Source: kubernetes 1.30, cmd/kube-proxy (one proxier per node; here one per mode, so that the same packet can be compared).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Literal, Protocol, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.ipvs.proxier import Ipvs
from k8sedu.kube.proxy.nftables.proxier import Nftables
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.proxy.userspace.proxier import Userspace

ModeName: TypeAlias = Literal["iptables", "ipvs", "nftables", "userspace"]


class UnknownModeError(K8sEduError, LookupError):
    """A mode that does not exist, or that this node was not given."""


class Mode(Protocol):
    """What a mode of kube-proxy can do; it holds what it has programmed into its kernel."""

    conntrack: Conntrack

    def sync(self, tracker: ChangeTracker, update: Update, *, now_ms: int = 0) -> object:
        """Program what has changed; what it returns is the mode's own record of that sync."""

    def route(self, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
        """Send a packet through what is programmed now."""


MODES: dict[str, Callable[[ProxySettings], Mode]] = {
    "iptables": Iptables,
    "ipvs": Ipvs,
    "nftables": Nftables,
    "userspace": Userspace,
}
"""Mode → what makes one for a node."""


class ProxyNode:
    """One node: what its kube-proxy knows, and a kernel per mode.

    A mode is programmed when `sync` is called, not when something is put: between the two, its rules are stale, as in life.
    """

    def __init__(self, settings: ProxySettings, modes: Iterable[ModeName] = ("iptables",), objects: Iterable[ApiObject] = ()) -> None:
        self.tracker = ChangeTracker(settings)
        self.modes: dict[str, Mode] = {name: _made(name, settings) for name in modes}
        self.tracker.put(*objects)
        if objects:
            self.sync()

    @property
    def settings(self) -> ProxySettings:
        """What its kube-proxy has been told."""
        return self.tracker.settings

    def put(self, *objects: ApiObject) -> None:
        """Services, slices or the node are new or have changed."""
        self.tracker.put(*objects)

    def drop(self, *objects: ApiObject) -> None:
        """Services or slices are gone."""
        self.tracker.drop(*objects)

    def sync(self, *, now_ms: int = 0) -> Mapping[str, object]:
        """Let every mode program what has changed; mode → its record."""
        update = self.tracker.take()
        return {name: mode.sync(self.tracker, update, now_ms=now_ms) for name, mode in self.modes.items()}

    def mode(self, name: str) -> Mode:
        """The mode of that name.

        Raises:
            UnknownModeError: this node has no such mode.
        """
        if name not in self.modes:
            raise UnknownModeError(f"mode {name!r} is not on this node, expected one of {', '.join(self.modes)}")
        return self.modes[name]


def _made(name: str, settings: ProxySettings) -> Mode:
    if name not in MODES:
        raise UnknownModeError(f"mode {name!r} is not known, expected one of {', '.join(MODES)}")
    return MODES[name](settings)


def route(packet: Packet, node: ProxyNode, mode: str, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
    """Follow a packet through a node.

    Args:
        packet: as it enters the node, or as a program on the node sends it.
        node: the node; what was put and not yet synced does not count.
        mode: iptables, ipvs, nftables or userspace.
        rng: what draws where the mode draws.
        now_ms: the time, in milliseconds, for affinity and for connections that are forgotten.
        with_misses: keep a step for every rule that was asked in vain, too.

    Raises:
        UnknownModeError: this node has no such mode.
    """
    return node.mode(mode).route(packet, rng=rng, now_ms=now_ms, with_misses=with_misses)
