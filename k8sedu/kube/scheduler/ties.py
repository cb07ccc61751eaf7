"""Who is taken when several nodes have the highest score.

Up to 1.34 each of them is as likely as the others. In 1.35 the nodes stand in a heap, and where no extender is configured the number that
should decide between equals is never set: so the heap's own order decides, which looks arbitrary and is not.

Source: kubernetes 1.34 and 1.35, pkg/scheduler/schedule_one.go (selectHost; nodeScoreHeap), Go's container/heap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from k8sedu.kube.scheduler.releases import has

TieBreak: TypeAlias = Callable[[Sequence[str], Sequence[int]], int]
"""(names, totals) of all feasible nodes, as they were visited → the place of the winner."""


def first(names: Sequence[str], totals: Sequence[int]) -> int:  # noqa: ARG001 (all tie-breaks are called alike)
    """The one that was visited first.

    >>> first(["b", "a"], [7, 7])
    0
    """
    return list(totals).index(max(totals))


def smallest_name(names: Sequence[str], totals: Sequence[int]) -> int:
    """The one whose name comes first as a text: "n10" before "n2".

    >>> smallest_name(["n2", "n10"], [7, 7])
    1
    """
    most = max(totals)
    return min((name, place) for place, name in enumerate(names) if totals[place] == most)[1]


def at_random(rng: Random) -> TieBreak:
    """Any of them, each as likely.

    >>> at_random(Random(1))(["a", "b", "c"], [7, 7, 1]) in (0, 1)
    True
    """

    def choose(names: Sequence[str], totals: Sequence[int]) -> int:  # noqa: ARG001 (all tie-breaks are called alike)
        most = max(totals)
        best = [place for place, total in enumerate(totals) if total == most]
        return best[0] if len(best) == 1 else best[rng.randrange(len(best))]

    return choose


def heap_order(names: Sequence[str], totals: Sequence[int]) -> int:  # noqa: ARG001 (all tie-breaks are called alike)
    """The one that is on top of the heap, as 1.35 has it.

    >>> heap_order(["a", "b", "c"], [1, 7, 7])
    1
    """
    places = list(range(len(totals)))
    for root in range(len(places) // 2 - 1, -1, -1):
        _sift_down(places, totals, root)
    return places[0]


def of_release(release: str, rng: Random) -> TieBreak:
    """How a release breaks ties where no extender is configured.

    >>> of_release("1.35", Random(1)) is heap_order
    True
    """
    return heap_order if has(release, "ties_by_heap") else at_random(rng)


def _sift_down(places: list[int], totals: Sequence[int], root: int) -> None:
    while (child := 2 * root + 1) < len(places):
        if child + 1 < len(places) and totals[places[child + 1]] > totals[places[child]]:
            child += 1
        if totals[places[child]] <= totals[places[root]]:
            return
        places[root], places[child] = places[child], places[root]
        root = child
