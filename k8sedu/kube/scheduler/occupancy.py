"""What pods hold of a node besides resources: host ports, images that lie there, volumes.

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/framework/types.go (HostPortInfo), pkg/scheduler/backend/cache/cache.go
(imageStates), pkg/scheduler/framework/types.go (PVCRefCounts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.scheduler.pods import ANY_IP, HostPort, PodInfo


class Image(NamedTuple):
    """An image of the cluster: how large, and in which rows it lies."""

    size: int
    rows: dict[int, None]


class Occupancy:
    """Ports, images and claims, each by name: the nodes that have none cost nothing."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, int], dict[str, Counter[int]]] = {}
        self._images: dict[str, Image] = {}
        self.with_volumes: dict[int, dict[str, PodInfo]] = {}
        """Row → the pods there that have volumes."""
        self.claims: Counter[str] = Counter()
        """Namespace/name of a claim → how many pods on nodes use it."""

    # -- pods -------------------------------------------------------------------------------------------------------------------------

    def add(self, info: PodInfo, row: int) -> None:
        """A pod comes. O(its ports and volumes)."""
        for ip, protocol, number in info.amounts.ports:
            self._ports.setdefault((protocol, number), {}).setdefault(ip, Counter())[row] += 1
        if info.spec.volumes:
            self.with_volumes.setdefault(row, {})[info.key] = info
            self.claims.update(claims_of(info))

    def remove(self, info: PodInfo, row: int) -> None:
        """A pod goes. O(its ports and volumes)."""
        for ip, protocol, number in info.amounts.ports:
            taken = self._ports[protocol, number][ip]
            taken[row] -= 1
            if not taken[row]:
                del taken[row]
        if info.spec.volumes:
            del self.with_volumes[row][info.key]
            if not self.with_volumes[row]:
                del self.with_volumes[row]
            self.claims.subtract(claims_of(info))

    def rows_with(self, port: HostPort) -> dict[int, None]:
        """The rows where a port is taken: by the same address, or where either asks for every address."""
        by_ip: Mapping[str, Counter[int]] = self._ports.get((port.protocol, port.port), {})
        found = by_ip.values() if port.ip == ANY_IP else [by_ip[ip] for ip in (ANY_IP, port.ip) if ip in by_ip]
        return {row: None for taken in found for row in taken}

    # -- images -----------------------------------------------------------------------------------------------------------------------

    def store(self, node: Node, row: int) -> None:
        """A node comes with its images. O(their names)."""
        for image in node.status.images:
            for name in image.names:
                self._images.setdefault(name, Image(image.size_bytes, {})).rows[row] = None

    def unstore(self, node: Node, row: int) -> None:
        """A node goes with its images. O(their names)."""
        for image in node.status.images:
            for name in image.names:
                known = self._images.get(name)
                if known is not None:
                    known.rows.pop(row, None)
                    if not known.rows:
                        del self._images[name]

    def image(self, name: str) -> Image | None:
        """Where an image lies; None where nobody has it."""
        return self._images.get(name)


def claims_of(info: PodInfo) -> list[str]:
    """The claims that a pod names, as namespace/name. A generic ephemeral volume has a claim named after pod and volume."""
    found = []
    for volume in info.spec.volumes:
        if volume.persistent_volume_claim is not None:
            found.append(f"{info.namespace}/{volume.persistent_volume_claim.claim_name}")
        elif "ephemeral" in volume.extra:
            found.append(f"{info.namespace}/{info.name}-{volume.name}")
    return found
