"""Some nodes as columns: what a plugin looks at.

Each column has one place per node, in the order of `names`. Whole columns are added, compared and divided at once; that is the only way
in which a plugin should look at five thousand nodes.

>>> from k8sedu.kube.objects import Node
>>> from k8sedu.kube.scheduler.table import NodeTable
>>> small = Node.of({"metadata": {"name": "small"}, "status": {"allocatable": {"cpu": "2"}}})
>>> large = Node.of({"metadata": {"name": "large", "labels": {"disk": "ssd"}}, "status": {"allocatable": {"cpu": "16"}}})
>>> nodes = Nodes(NodeTable([small, large]))
>>> (nodes.allocatable("cpu") > 4000).tolist(), nodes.has_label("disk").tolist(), nodes.names
([False, True], [False, True], ('small', 'large'))

Source: none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube import selectors
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.scheduler.labels import Codes
from k8sedu.kube.scheduler.neighbours import Condition, Question
from k8sedu.kube.scheduler.statuses import Ints, Truth
from k8sedu.kube.scheduler.table import NodeTable, Rows
from k8sedu.kube.selectors import Selector


class Nodes:
    """The nodes of some rows of a table.

    Args:
        table: the table.
        rows: which rows, in which order; None for all nodes.
    """

    def __init__(self, table: NodeTable, rows: Rows | None = None) -> None:
        self.table = table
        self._all = rows is None and table.is_dense
        self.rows: Rows = table.rows if rows is None else rows
        self._kept: dict[Any, Any] = {}

    def __len__(self) -> int:
        """How many nodes."""
        return len(self.rows)

    def __repr__(self) -> str:
        shown = ", ".join(self.names[:6])
        return f"Nodes({shown}{', …' if len(self) > 6 else ''})"

    def pick(self, column: NDArray[Any]) -> NDArray[Any]:
        """The places of these nodes out of a column over all rows of the table."""
        return column[: self.table.size] if self._all else column[self.rows]

    def _keep(self, name: Any, column: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self.pick(column())
        return found

    # -- what nodes have and what is taken ----------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(map(self.table.name_of, self.rows.tolist()))

    @property
    def objects(self) -> tuple[Node, ...]:
        """The nodes as the API has them."""
        return tuple(map(self.table.node_at, self.rows.tolist()))

    def allocatable(self, resource: str) -> Ints:
        """How much each may give to pods: cpu in thousandths of a core, `pods` and devices in pieces, the rest in bytes."""
        return self._keep(("allocatable", resource), lambda: self.table.allocatable(resource))

    def requested(self, resource: str) -> Ints:
        """How much the pods there ask for, in the same units."""
        return self._keep(("requested", resource), lambda: self.table.requested(resource))

    def nonzero_requested(self, resource: str) -> Ints:
        """The same, with 100m cpu and 200 MB memory for every container that does not say."""
        return self._keep(("nonzero", resource), lambda: self.table.nonzero_requested(resource))

    @property
    def pod_count(self) -> Ints:
        """How many pods each has."""
        return self._keep("pod_count", lambda: self.table.pod_count)

    @property
    def unschedulable(self) -> Truth:
        """Which are cordoned."""
        return self._keep("unschedulable", lambda: self.table.unschedulable)

    # -- labels -------------------------------------------------------------------------------------------------------------------------

    def domain(self, key: str) -> Codes:
        """A number per node that is equal where the label's values are; -1 where the label is missing."""
        return self._keep(("domain", key), lambda: self.table.labels.codes(key))

    def has_label(self, key: str) -> Truth:
        """Which nodes have this label."""
        return self.domain(key) >= 0

    def labels(self, key: str) -> NDArray[Any]:
        """The label's value on each node as text, "" where it is missing."""
        values = np.array([*self.table.labels.values(key), ""], dtype=object)
        found: NDArray[Any] = values[self.domain(key)]
        return found

    # -- pods ---------------------------------------------------------------------------------------------------------------------------

    def matching_pods(self, selector: str | Mapping[str, str] | Selector, namespace: str | None = None) -> Ints:
        """How many pods of each node a selector means, in one namespace or in all of them.

        Args:
            selector: `"app=web"`, `{"app": "web"}` or a `Selector`.
            namespace: None for all.
        """
        if isinstance(selector, str):
            selector = selectors.parse(selector)
        elif not isinstance(selector, Selector):
            selector = selectors.of_labels(selector)
        question = Question((Condition(selector, None if namespace is None else (namespace,)),))
        return self.pick(self.table.neighbours.count(question)).astype(np.int64)

    # -- the slow way -------------------------------------------------------------------------------------------------------------------

    def each(self, function: Callable[[Node], Any]) -> NDArray[Any]:
        """A column that a function of the `Node` fills, one node after the other: for what no column has. O(nodes)."""
        return np.array([function(node) for node in self.objects])
