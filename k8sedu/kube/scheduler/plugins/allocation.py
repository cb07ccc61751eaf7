"""How full a node would be: the formulas of scoring by resources.

Every formula takes two columns, one place per node: what a node can give, and what would be taken of it with the pod there. All arithmetic
is that of whole numbers, cut towards zero, because the real scheduler's is.

Source: kubernetes 1.35, plugins/noderesources/{least_allocated,most_allocated,requested_to_capacity_ratio,balanced_allocation,
resource_allocation}.go, plugins/helper/shape_score.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube.scheduler.statuses import MAX_SCORE, Ints, Truth

Formula: TypeAlias = Callable[[Ints, Ints], Ints]
"""(allocatable, requested) → score of one resource."""


class Share(NamedTuple):
    """One resource as a score sees it."""

    allocatable: Ints
    requested: Ints
    """What the pods there take, and the pod with them."""
    weight: int = 1


def least_allocated(allocatable: Ints, requested: Ints) -> Ints:
    """The part that stays free, in percent: the emptier, the better. Pods spread.

    >>> least_allocated(np.array([4000, 4000]), np.array([1000, 5000])).tolist()
    [75, 0]
    """
    free = (allocatable - requested) * MAX_SCORE // allocatable
    return np.where(requested > allocatable, 0, free)


def most_allocated(allocatable: Ints, requested: Ints) -> Ints:
    """The part that is taken, in percent: the fuller, the better. Pods are packed.

    >>> most_allocated(np.array([4000, 4000]), np.array([1000, 5000])).tolist()
    [25, 100]
    """
    return np.minimum(requested, allocatable) * MAX_SCORE // allocatable


class Point(NamedTuple):
    """At this utilization (percent) this score (0 to 10)."""

    utilization: int
    score: int


def along_shape(shape: Sequence[Point]) -> Formula:
    """A score along a line of straight pieces over the utilization.

    >>> binpack = along_shape([Point(0, 0), Point(100, 10)])
    >>> binpack(np.array([4000]), np.array([1000])).tolist()
    [25]
    """
    line = broken_line([Point(x, y * (MAX_SCORE // 10)) for x, y in shape])

    def formula(allocatable: Ints, requested: Ints) -> Ints:
        utilization = np.where(requested > allocatable, 100, requested * 100 // allocatable)
        return line(utilization)

    return formula


def broken_line(points: Sequence[Point]) -> Callable[[Ints], Ints]:
    """Straight pieces through points, flat outside, in whole numbers cut towards zero.

    >>> broken_line([Point(10, 1), Point(90, 9)])(np.array([0, 15, 20, 99])).tolist()
    [1, 1, 2, 9]
    """

    def line(at: Ints) -> Ints:
        found = np.full(at.shape, points[-1].score, dtype=np.int64)
        for (x0, y0), (x1, y1) in reversed(list(pairwise(points))):
            rise = (y1 - y0) * (at - x0)
            found = np.where(at <= x1, y0 + np.sign(rise) * (np.abs(rise) // (x1 - x0)), found)
        return np.where(at <= points[0].utilization, points[0].score, found)

    return line


def weighted_mean(shares: Sequence[Share], formula: Formula) -> Ints:
    """The mean of the resources' scores by their weights. A resource that a node does not have does not count there."""
    total, weights = _sums(shares, formula, counts=lambda share, _: share.allocatable > 0)
    return np.where(weights > 0, total // np.maximum(weights, 1), 0)


def rounded_mean(shares: Sequence[Share], formula: Formula) -> Ints:
    """The same, rounded, and a resource that scores nothing does not count: so along a shape."""
    total, weights = _sums(shares, formula, counts=lambda share, score: (share.allocatable > 0) & (score > 0))
    mean = total / np.maximum(weights, 1)
    return np.where(weights > 0, np.floor(mean + 0.5), 0).astype(np.int64)


def _sums(shares: Sequence[Share], formula: Formula, counts: Callable[[Share, Ints], Truth]) -> tuple[Ints, Ints]:
    """The sum of scores by weights, and the sum of the weights that count, per node."""
    total = np.zeros(len(shares[0].allocatable), dtype=np.int64)
    weights = np.zeros_like(total)
    for share in shares:
        score = formula(np.maximum(share.allocatable, 1), share.requested)
        weight = np.where(counts(share, score), share.weight, 0)
        total += score * weight
        weights += weight
    return total, weights


def balanced(shares: Sequence[Share]) -> Ints:
    """100 less the standard deviation of the parts that are taken: a node full of memory and empty of cpu wastes its cpu.

    >>> balanced([Share(np.array([4000]), np.array([3000])), Share(np.array([8]), np.array([2]))]).tolist()
    [75]
    """
    fractions = np.array([np.minimum(share.requested / np.maximum(share.allocatable, 1), 1.0) for share in shares])
    there = np.array([share.allocatable > 0 for share in shares])
    return ((1.0 - _deviation(fractions, there)) * MAX_SCORE).astype(np.int64)


def _deviation(fractions: NDArray[np.float64], there: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The standard deviation per node over the resources that it has; of two it is half of their difference."""
    if len(fractions) == 2:
        return np.where(there.all(axis=0), np.abs((fractions[0] - fractions[1]) / 2), 0.0)
    number = there.sum(axis=0)
    mean = _running(np.where(there, fractions, 0.0)) / np.maximum(number, 1)
    squares = _running(np.where(there, (fractions - mean) * (fractions - mean), 0.0))
    deviation = np.sqrt(squares / np.maximum(number, 1))
    if (number == 2).any():
        pair = np.where(there, fractions, -np.inf).max(axis=0) - np.where(there, fractions, np.inf).min(axis=0)
        deviation = np.where(number == 2, np.abs(pair / 2), deviation)
    return np.where(number > 1, deviation, 0.0)


def _running(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of rows, added in their order: the order decides the last digit."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total
