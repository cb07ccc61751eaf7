"""In which order the scheduler walks over the nodes: one of each zone, again and again.

The scheduler does not look at all nodes of a large cluster. If it took the first few hundred of a plain list, they could all stand in one
zone, and the next pods as well. So the list is dealt like cards: the first node of every zone, then the second of every zone, and so on.

Source: kubernetes, pkg/scheduler/backend/cache/node_tree.go; the key of a zone: component-helpers/node/topology (GetZoneKey).
"""

from __future__ import annotations

from k8sedu.kube.objects.cluster import Node

ZONES = ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")
REGIONS = ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region")
"""The labels that say where a node stands; the old name decides where both are given."""


def zone_key(node: Node) -> str:
    r"""Region and zone as one text; empty for a node that says neither.

    >>> zone_key(Node.of({"metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "a"}}}))
    ':\x00:a'
    """
    zone, region = (next((node.labels[label] for label in labels if label in node.labels), "") for labels in (ZONES, REGIONS))
    return f"{region}:\x00:{zone}" if zone or region else ""


class NodeTree:
    """The nodes by zone. A change costs O(nodes of the zone), the order O(nodes).

    >>> tree = NodeTree()
    >>> for name, zone in (("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")):
    ...     tree.add(Node.of({"metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone}}}))
    >>> tree.order()
    ['a1', 'b1', 'a2', 'a3']
    """

    def __init__(self) -> None:
        self._zones: dict[str, dict[str, None]] = {}
        """zone → its nodes, both in the order in which they came."""
        self._zone_of: dict[str, str] = {}

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self._zone_of)

    def __contains__(self, name: str) -> bool:
        """Whether this node is there."""
        return name in self._zone_of

    def add(self, node: Node) -> None:
        """Take a node in, at the end of its zone; one that is there already stays where it is."""
        if node.name in self._zone_of:
            return
        zone = zone_key(node)
        self._zones.setdefault(zone, {})[node.name] = None
        self._zone_of[node.name] = zone

    def remove(self, name: str) -> None:
        """Take a node out; a zone without nodes is forgotten."""
        zone = self._zone_of.pop(name, None)
        if zone is None:
            return
        del self._zones[zone][name]
        if not self._zones[zone]:
            del self._zones[zone]

    def update(self, node: Node) -> None:
        """A node has changed; only one that moved to another zone changes its place."""
        if self._zone_of.get(node.name) != zone_key(node):
            self.remove(node.name)
            self.add(node)

    def order(self) -> list[str]:
        """The names, zone by zone in turns."""
        waiting = [iter(nodes) for nodes in self._zones.values()]
        found: list[str] = []
        while waiting:
            still = []
            for zone in waiting:
                name = next(zone, None)
                if name is not None:
                    found.append(name)
                    still.append(zone)
            waiting = still
        return found

    def check(self) -> None:
        """Assert that every node stands in exactly the zone that is remembered, and no zone is empty; O(nodes)."""
        standing = {name: zone for zone, nodes in self._zones.items() for name in nodes}
        assert standing == self._zone_of
        assert all(self._zones.values()), "a zone without nodes"
        assert sorted(self.order()) == sorted(self._zone_of)
