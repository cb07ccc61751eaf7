"""The node table: thousands of nodes as columns, and the books of what runs on them.

A scheduler that asks five thousand node objects one after the other is slow. So a node is a row, and what plugins compare stands in columns
of whole numbers: one comparison of NumPy looks at all nodes. A pod that comes or goes changes one place in a few columns, so the books cost
in proportion to the change and not to the cluster.

The scheduler decides on a *snapshot*: while it thinks about one pod, nodes may come and go. A snapshot here is a follower that replays the
table's journal, as a replica does: to refresh it costs what has happened since.

Source: kubernetes 1.35, pkg/scheduler/framework/types.go (NodeInfo), pkg/scheduler/backend/cache/{cache,snapshot}.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.columns import FIRST, Columns
from k8sedu.kube.scheduler.journal import Journal, Trial, on_trial
from k8sedu.kube.scheduler.labels import Labels
from k8sedu.kube.scheduler.neighbours import Neighbours
from k8sedu.kube.scheduler.occupancy import Occupancy
from k8sedu.kube.scheduler.pods import PodInfo, info_of, whole
from k8sedu.kube.scheduler.statuses import Ints, SchedulerError, Truth

Rows = NDArray[np.intp]
REMEMBERED = 4096
"""So many answers about nodes are kept until a node changes."""


class NodeTable:
    """Nodes as rows; what they have and what is taken as columns.

    >>> table = NodeTable()
    >>> table.add_node(Node.of({"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}))
    >>> web = Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "250m"}}}]}})
    >>> table.add_pod(web, "n1")
    >>> table.allocatable("cpu").tolist(), table.requested("cpu").tolist(), table.where("default/web")
    ([4000], [250], 'n1')

    Args:
        nodes: nodes to begin with.
        release: of Kubernetes, where releases count differently.
    """

    def __init__(self, nodes: Iterable[Node] = (), *, release: str = "1.35") -> None:
        self.release = release
        self.version = 0
        """Grows with every change."""
        self.nodes_version = 0
        """Grows when a node changes, and not when a pod does."""
        self.labels = Labels()
        self.neighbours = Neighbours(FIRST)
        self.occupancy = Occupancy()
        self.journal = Journal()
        self._amounts = {name: Columns(np.int64) for name in ("allocatable", "requested", "nonzero")}
        self._plain = Columns(np.int64)
        self._row: dict[str, int] = {}
        self._names: list[str] = []
        self._nodes: list[Node | None] = []
        self._on: list[dict[str, PodInfo]] = []
        self._pods: dict[str, int] = {}
        self._free: list[int] = []
        self._rows: Rows | None = None
        self._in_order = True
        self._remembered: dict[Any, Any] = {}
        self._remembered_at = 0
        for node in nodes:
            self.add_node(node)

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self._row)

    def __contains__(self, name: str) -> bool:
        """Is there a node of this name?"""
        return name in self._row

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} nodes, {len(self._pods)} pods)"

    # -- nodes --------------------------------------------------------------------------------------------------------------------------

    def add_node(self, node: Node) -> None:
        """A node joins. O(its labels, resources and images)."""
        if node.name in self._row:
            raise SchedulerError(f"met a second node {node.name!r}, expected a new name")
        self._write(self._new_row(node.name), node)
        self._changed("add_node", node, nodes=True)

    def update_node(self, node: Node) -> None:
        """A node changes its labels, taints or amounts; its pods stay. O(its labels, resources and images)."""
        row = self.row(node.name)
        self._erase(row)
        self._write(row, node)
        self._changed("update_node", node, nodes=True)

    def remove_node(self, name: str) -> tuple[Pod, ...]:
        """A node leaves, and its pods with it. O(its pods). Returns them."""
        row = self.row(name)
        gone = tuple(info.pod for info in self._on[row].values())
        for info in list(self._on[row].values()):
            self._count(info, row, -1)
            del self._pods[info.key]
        self._erase(row)
        self._on[row] = {}
        del self._row[name]
        self._names[row], self._nodes[row], self._rows = "", None, None
        self._free.append(row)
        self._changed("remove_node", name, nodes=True)
        return gone

    def _new_row(self, name: str) -> int:
        row = self._free.pop() if self._free else len(self._names)
        if row == len(self._names):
            self._names.append(name)
            self._nodes.append(None)
            self._on.append({})
            if row >= self._plain.length:
                self._grow(2 * self._plain.length)
        self._names[row], self._row[name], self._rows = name, row, None
        return row

    def _grow(self, length: int) -> None:
        for columns in (*self._amounts.values(), self._plain):
            columns.resize(length)
        self.labels.resize(length)
        self.neighbours.resize(length)

    def _write(self, row: int, node: Node) -> None:
        self._nodes[row] = node
        for resource, amount in whole(node.status.allocatable).items():
            self._amounts["allocatable"][resource][row] = amount
        self._plain["unschedulable"][row] = node.spec.unschedulable
        self.labels.set(row, node.labels)
        self.occupancy.store(node, row)

    def _erase(self, row: int) -> None:
        node = self._nodes[row]
        assert node is not None
        self._amounts["allocatable"].clear(row)
        self.labels.clear(row)
        self.occupancy.unstore(node, row)

    # -- pods ---------------------------------------------------------------------------------------------------------------------------

    def add_pod(self, pod: Pod | PodInfo, node_name: str = "") -> None:
        """A pod takes its place on a node (that of its spec, if none is named). O(what it asks for)."""
        info = info_of(pod, self.release)
        row = self.row(node_name or info.spec.node_name)
        if info.key in self._pods:
            raise SchedulerError(f"met the pod {info.key} a second time, expected a new one; it is on {self.where(info.key)}")
        self._pods[info.key] = row
        self._on[row][info.key] = info
        self._count(info, row, +1)
        self._changed("add_pod", info, self._names[row])

    def remove_pod(self, pod: Pod | PodInfo | str) -> PodInfo:
        """A pod leaves its node; it may be named by its key. O(what it asked for)."""
        key = pod if isinstance(pod, str) else info_of(pod, self.release).key
        row = self._pods.pop(key, None)
        if row is None:
            raise SchedulerError(f"met the pod {key}, expected one that is on a node")
        info = self._on[row].pop(key)
        self._count(info, row, -1)
        self._changed("remove_pod", key)
        return info

    def update_pod(self, pod: Pod) -> None:
        """A pod changes where it is (labels, or it is being deleted). O(what it asks for)."""
        info = PodInfo(pod, self.release)
        node_name = self.where(info.key)
        self.remove_pod(info)
        self.add_pod(info, node_name)

    def _count(self, info: PodInfo, row: int, sign: int) -> None:
        amounts = self._amounts
        for resource, amount in info.requests.items():
            amounts["requested"][resource][row] += sign * amount
        nonzero, guessed = amounts["nonzero"], info.nonzero
        nonzero["cpu"][row] += sign * guessed["cpu"]
        nonzero["memory"][row] += sign * guessed["memory"]
        self._plain["pod_count"][row] += sign
        if sign > 0:
            self.neighbours.add(info, row)
            self.occupancy.add(info, row)
        else:
            self.neighbours.remove(info, row)
            self.occupancy.remove(info, row)

    def _changed(self, name: str, *arguments: Any, nodes: bool = False) -> None:
        self.version += 1
        self.nodes_version += nodes
        self.journal.write(name, arguments)

    # -- reading ------------------------------------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order in which they joined."""
        return tuple(self._row)

    @property
    def rows(self) -> Rows:
        """The rows of all nodes, in the order in which they joined."""
        if self._rows is None:
            self._rows = np.fromiter(self._row.values(), dtype=np.intp, count=len(self._row))
            self._in_order = bool((self._rows == np.arange(len(self._row))).all())
        return self._rows

    @property
    def is_dense(self) -> bool:
        """Is every row a node, in the order in which they joined? Then a column needs no picking."""
        return len(self.rows) == len(self._names) and self._in_order

    def check(self) -> None:
        """Assert that the columns say what the nodes and pods say."""
        for name, row in self._row.items():
            infos, node = self._on[row].values(), self.node_at(row)
            assert (self._names[row], node.name, int(self.pod_count[row])) == (name, name, len(infos))
            for resource in sorted({*self._amounts["requested"], *node.status.allocatable}):
                assert self.requested(resource)[row] == sum(info.requests.get(resource, 0) for info in infos)
                assert self.allocatable(resource)[row] == whole(node.status.allocatable).get(resource, 0)
            for resource in ("cpu", "memory"):
                assert self.nonzero_requested(resource)[row] == sum(info.nonzero[resource] for info in infos)
            assert all(self._pods[info.key] == row for info in infos)
        assert sum(map(len, self._on)) == len(self._pods) == int(self.pod_count[self.rows].sum())
        self.neighbours.check((self._on[row][key], row) for key, row in self._pods.items())

    def row(self, name: str) -> int:
        """The row of a node."""
        try:
            return self._row[name]
        except KeyError:
            raise SchedulerError(f"met the node {name!r}, expected one of the {len(self)} nodes of the table") from None

    def name_of(self, row: int) -> str:
        """The name of the node of a row."""
        return self._names[row]

    def node_at(self, row: int) -> Node:
        """The node of a row."""
        node = self._nodes[row]
        assert node is not None
        return node

    def node(self, name: str) -> Node:
        """The node of this name."""
        return self.node_at(self.row(name))

    def infos_on(self, name: str) -> tuple[PodInfo, ...]:
        """The pods on a node, with what is known about them."""
        return tuple(self._on[self.row(name)].values())

    def pods_on(self, name: str) -> tuple[Pod, ...]:
        """The pods on a node."""
        return tuple(info.pod for info in self._on[self.row(name)].values())

    def infos_at(self, row: int) -> Iterable[PodInfo]:
        """The pods of a row."""
        return self._on[row].values()

    def pods(self) -> Iterator[tuple[PodInfo, str]]:
        """Every pod that is on a node, with the node's name."""
        return ((self._on[row][key], self._names[row]) for key, row in self._pods.items())

    def has_pod(self, key: str) -> bool:
        """Is a pod of this key (namespace/name) on a node?"""
        return key in self._pods

    def pod(self, key: str) -> Pod:
        """The pod of this key (namespace/name)."""
        return self._on[self._pods[key]][key].pod

    def where(self, key: str) -> str:
        """The node of a pod, "" if it is on none."""
        row = self._pods.get(key)
        return "" if row is None else self._names[row]

    def column(self, kind: str, resource: str) -> Ints:
        """A column over all rows: `allocatable`, `requested` or `nonzero` of a resource. Not to be changed."""
        return self._amounts[kind][resource][: len(self._names)]

    def allocatable(self, resource: str) -> Ints:
        """How much of a resource each row may give to pods; cpu in thousandths of a core."""
        return self.column("allocatable", resource)

    def requested(self, resource: str) -> Ints:
        """How much of a resource the pods of each row ask for."""
        return self.column("requested", resource)

    def nonzero_requested(self, resource: str) -> Ints:
        """The same as scores count it: with a guess for pods that do not say (cpu and memory only)."""
        return self.column("nonzero" if resource in {"cpu", "memory"} else "requested", resource)

    @property
    def pod_count(self) -> Ints:
        """How many pods each row has."""
        return self._plain["pod_count"][: len(self._names)]

    @property
    def unschedulable(self) -> Truth:
        """Which rows are cordoned."""
        found: Truth = self.remember("unschedulable", lambda: self._plain["unschedulable"][: len(self._names)] != 0)
        return found

    @property
    def size(self) -> int:
        """How many rows there are, empty ones included."""
        return len(self._names)

    # -- copies --------------------------------------------------------------------------------------------------------------------------

    def trial(self) -> AbstractContextManager[Trial]:
        """Pods on trial: `with table.trial() as what_if: what_if.remove_pod(pod)`; everything is undone at the end."""
        return on_trial(self)

    # -- what is remembered about nodes -----------------------------------------------------------------------------------------------

    def remember(self, question: Any, answer: Any) -> Any:
        """The answer to a question about nodes alone: `answer()` is asked once, until a node changes."""
        if self._remembered_at != self.nodes_version or len(self._remembered) > REMEMBERED:
            self._remembered, self._remembered_at = {}, self.nodes_version
        found = self._remembered.get(question)
        if found is None:
            found = self._remembered[question] = answer()
        return found
