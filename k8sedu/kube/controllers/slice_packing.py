"""Packing: which endpoints stand in which slice, with as few writes as possible.

A write to one slice is told to every node of the cluster, so the aim is not to fill slices evenly but to touch few of them. What is already
in a slice stays there. New endpoints go first into slices that must be written anyway; what is left then makes full new slices; and the
last remainder goes where it fits as a whole, into the fullest such slice. Slices are never evened out: with two slices of 95 and ten new
endpoints, one new slice of ten is better than two that are written.

Source: kubernetes, staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize), utils.go (getSliceToFill); KEP-752.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from k8sedu.kube.objects.service import Endpoint, EndpointPort, EndpointSlice

MOST_PER_SLICE = 100
Identity = tuple[object, ...]
PortsKey = tuple[object, ...]


class Packing(NamedTuple):
    """What is to be written."""

    create: tuple[tuple[Endpoint, ...], ...] = ()
    """The endpoints of each new slice."""
    update: Mapping[str, tuple[Endpoint, ...]] = {}
    """Name of a slice → what will stand in it."""
    delete: tuple[str, ...] = ()


def identity(endpoint: Endpoint) -> Identity:
    """What makes two endpoints the same one, though their conditions may differ: addresses, host name and pod."""
    target = endpoint.target_ref
    return (endpoint.addresses, endpoint.hostname, *((target.namespace, target.name, target.uid) if target is not None else ()))


def ports_key(ports: Iterable[EndpointPort]) -> PortsKey:
    """Endpoints can share a slice only if they have the same ports."""
    return tuple(sorted((port.name or "", port.protocol or "", port.port or 0, port.app_protocol or "") for port in ports))


def pack(
    existing: Sequence[EndpointSlice], desired: Iterable[Endpoint], *, most: int = MOST_PER_SLICE,
    is_relabelled: Callable[[EndpointSlice], bool] = lambda _: False,
) -> Packing:  # fmt: skip
    """Work out the writes that bring slices of the same ports to what is desired.

    Args:
        existing: the slices that are there.
        desired: what should stand in them all together.
        most: how many endpoints a slice may hold.
        is_relabelled: must a slice be written for its labels alone?

    O(endpoints).
    """
    return _Packer(existing, desired, most, is_relabelled).pack()


class _Packer:
    def __init__(
        self, existing: Sequence[EndpointSlice], desired: Iterable[Endpoint], most: int, is_relabelled: Callable[[EndpointSlice], bool],
    ) -> None:  # fmt: skip
        self.existing, self.most, self.is_relabelled = existing, most, is_relabelled
        self.left = {identity(endpoint): endpoint for endpoint in desired}
        """What has no place yet."""
        self.update: dict[str, list[Endpoint]] = {}
        self.unchanged: dict[str, list[Endpoint]] = {}
        self.delete: list[str] = []
        self.create: list[list[Endpoint]] = []

    def pack(self) -> Packing:
        for each in self.existing:
            self._keep(each)
        for name in sorted(self.update, key=lambda name: -len(self.update[name])):
            self._fill(self.update[name])
        while self.left:
            self._place_rest()
        update = {name: tuple(endpoints) for name, endpoints in self.update.items()}
        return Packing(tuple(map(tuple, self.create)), update, tuple(self.delete))

    def _keep(self, each: EndpointSlice) -> None:
        """What is still wanted stays in its slice."""
        kept = [found for endpoint in each.endpoints if (found := self.left.pop(identity(endpoint), None)) is not None]
        is_changed = tuple(kept) != each.endpoints
        if is_changed and not kept:
            self.delete.append(each.name)
        elif is_changed or self.is_relabelled(each):
            self.update[each.name] = kept
        else:
            self.unchanged[each.name] = kept

    def _fill(self, endpoints: list[Endpoint]) -> None:
        while self.left and len(endpoints) < self.most:
            endpoints.append(self.left.pop(next(iter(self.left))))

    def _place_rest(self) -> None:
        """The whole rest into one untouched slice, if one can take it; else a new slice."""
        room = {name: self.most - len(endpoints) - len(self.left) for name, endpoints in self.unchanged.items()}
        fitting = [name for name, spare in room.items() if spare >= 0] if len(self.left) < self.most else []
        if fitting:
            name = min(fitting, key=lambda name: room[name])
            self.update[name] = self.unchanged.pop(name)
            self._fill(self.update[name])
        else:
            self.create.append([])
            self._fill(self.create[-1])


def watch_bytes(endpoints: int, *, per_object: int, nodes: int, changes: int = 1) -> int:
    """What so many changes of one endpoint each send to all nodes: every change sends a whole object to every node.

    The KEP counts a hundred bytes per endpoint, and a kilobyte for an object at least.

    >>> [f"{watch_bytes(20_000, per_object=most, nodes=5_000):,}" for most in (20_000, 100, 1)]
    ['10,000,000,000', '50,000,000', '5,000,000']

    Source: KEP-752, "Scalability" (20,000 endpoints, 5,000 nodes).
    """
    return max(1_000, 100 * min(endpoints, per_object)) * nodes * changes
