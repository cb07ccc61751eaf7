"""How many nodes are looked at, and where the search begins: why a cluster of five thousand nodes is not slow.

A pod does not need the best node of all, a good one is enough. So the search ends when enough nodes were found on which the pod fits:
all of them in a small cluster, a share that shrinks from 50 % to 5 % in a large one, and never fewer than 100. The next pod's search begins
where this one ended, so that in the end every node has its turn.

Source: kubernetes, pkg/scheduler/schedule_one.go (numFeasibleNodesToFind, findNodesThatPassFilters).
Left out: that 16 threads search at once. There, a few nodes more may have been looked at when enough are found, and how many is chance.
"""

from __future__ import annotations

MIN_FEASIBLE_NODES_TO_FIND = 100
MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND = 5


def num_feasible_nodes_to_find(nodes: int, percentage: int = 0) -> int:
    """After how many feasible nodes the search ends.

    >>> [num_feasible_nodes_to_find(nodes) for nodes in (50, 500, 5_000, 15_000)]
    [50, 230, 500, 750]

    Args:
        nodes: how many there are.
        percentage: `percentageOfNodesToScore`; 0 lets the size of the cluster decide.
    """
    if nodes < MIN_FEASIBLE_NODES_TO_FIND:
        return nodes
    share = percentage or max(MIN_FEASIBLE_NODES_PERCENTAGE_TO_FIND, 50 - nodes // 125)
    return min(nodes, max(MIN_FEASIBLE_NODES_TO_FIND, nodes * share // 100))


class Rotation:
    """Where the next search begins: behind the last node that was looked at.

    >>> rotation = Rotation()
    >>> rotation.advance(3, nodes=5), rotation.advance(4, nodes=5), rotation.begin(5)
    (3, 2, 2)
    """

    def __init__(self) -> None:
        self.start = 0

    def begin(self, nodes: int) -> int:
        """The place in the list at which the next search begins; the list may have become shorter."""
        return self.start % nodes if nodes else 0

    def advance(self, visited: int, *, nodes: int) -> int:
        """So many nodes were looked at; returns where the next search begins."""
        self.start = (self.begin(nodes) + visited) % nodes if nodes else 0
        return self.start
