"""A snapshot of the node table: what the scheduler sees while it thinks about one pod.

Source: kubernetes 1.35, pkg/scheduler/backend/cache/snapshot.go, cache.go (UpdateSnapshot).
"""

from __future__ import annotations

from k8sedu.kube.scheduler.table import NodeTable


class Snapshot(NodeTable):
    """A table of its own that follows another one.

    >>> from k8sedu.kube.objects import Node
    >>> table = NodeTable([Node.of({"metadata": {"name": "n1"}})])
    >>> seen = Snapshot(table)
    >>> table.add_node(Node.of({"metadata": {"name": "n2"}}))
    >>> len(seen), seen.refresh(), len(seen)
    (1, 1, 2)

    Args:
        source: the table that is followed. The copy costs O(nodes + pods), once.
    """

    def __init__(self, source: NodeTable) -> None:
        super().__init__(map(source.node, source.names), release=source.release)
        for info, node_name in source.pods():
            self.add_pod(info, node_name)
        self._source = source
        self._number = source.journal.follow(self)

    def refresh(self) -> int:
        """Catch up; O(what has changed since). Returns the number of changes."""
        news = self._source.journal.news(self._number)
        for name, arguments in news:
            getattr(self, name)(*arguments)
        return len(news)
