"""Scoring: of all feasible machines, which is the best?

The heart of a score is how a machine would look *afterwards*. Three answers, in the order in which Borg had them:

- `epvm` spreads the load: every machine keeps some headroom, and one day no machine has room for a large task;
- `best_fit` fills machines to the brim: large tasks find empty ones, and users who asked for too little feel it;
- `hybrid` looks at the *shape* of what is left: memory without cores is stranded, nobody can use it.

Each takes the free shares of a machine before and after, one per resource, and gives a number: the more, the better. The shares may be
numbers (one machine) or columns (all of them); the arithmetic is the same to the last bit, so it does not matter who asks. Whoever writes
a scorer of their own writes just such a function; one that cannot take columns is wrapped in `one_by_one`.

Source: Verma et al., EuroSys 2015, section 3.2; E-PVM: Amir et al., "An opportunity cost approach for job assignment in a scalable
computing cluster", 2000. The paper says what the hybrid is for and not its formula: the one below is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, reduce
from operator import add
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Share: TypeAlias = Any  # float or NDArray[np.float64]: the arithmetic is the same, and a type that says so needs a protocol of ten methods
Shares: TypeAlias = Sequence[Share]
Scorer: TypeAlias = Callable[[Shares, Shares], Share]

EPVM_MACHINES = 10_000
"""The n of E-PVM, the number of machines: a median cell has about so many."""

STEPS = 65_536

STRANDED = 2.0
"""How much a stranded share counts in the hybrid, against one that is merely left."""


def epvm(before: Shares, after: Shares) -> Share:
    """E-PVM: a resource costs n to the power of its utilisation; choose where the cost of all grows least. In effect the emptiest machine.

    >>> epvm([1.0, 1.0], [0.75, 0.75]) > epvm([0.5, 0.5], [0.25, 0.25])
    True
    """
    return -reduce(add, [_cost(end) - _cost(start) for start, end in zip(before, after, strict=True)])


def best_fit(_before: Shares, after: Shares) -> Share:
    """Best fit: choose where least is left over. 1 is a machine that is full to the brim.

    >>> best_fit([0.5, 0.5], [0.25, 0.25]) > best_fit([1.0, 1.0], [0.75, 0.75])
    True
    """
    return 1.0 - mean(after)


def hybrid(before: Shares, after: Shares) -> Share:
    """The hybrid: best fit, and of what is left as little as possible shall be stranded.

    A task that needs cores, and two machines with the same sum left: it goes where cores are plenty, and evens out what remains.

    >>> hybrid([0.75, 0.25], [0.5, 0.25]) > hybrid([0.25, 0.75], [0.0, 0.75])
    True
    """
    left = mean(after)
    return 1.0 - left - STRANDED * (left - scarcest(after) - mean(before) + scarcest(before))


SCORERS: dict[str, Scorer] = {"epvm": epvm, "best_fit": best_fit, "hybrid": hybrid}
"""By name, in the order in which Borg had them."""


def stranded(free: Shares) -> Share:
    """What is free and cannot be used because another resource is gone: of each, what it has beyond the scarcest; as a mean.

    >>> stranded([0.5, 0.0]), stranded([0.25, 0.25])
    (0.25, 0.0)
    """
    return mean(free) - scarcest(free)


def mean(shares: Shares) -> Share:
    """The mean of several shares, machine by machine."""
    return reduce(add, shares) / len(shares)


def scarcest(shares: Shares) -> Share:
    """The smallest of several shares, machine by machine."""
    return min(shares) if type(shares[0]) is float else reduce(np.minimum, shares)


def one_by_one(scorer: Callable[[Sequence[float], Sequence[float]], float]) -> Scorer:
    """Let a scorer that only knows single machines work on columns as well, by asking it for each of them.

    >>> picky = one_by_one(lambda before, after: 1.0 if min(after) > 0.5 else 0.0)
    >>> picky([np.array([1.0, 1.0])], [np.array([0.9, 0.1])]).tolist()
    [1.0, 0.0]
    """

    def score(before: Shares, after: Shares) -> Share:
        if not isinstance(after[0], np.ndarray):
            return float(scorer(before, after))
        rows = zip(_rows(before), _rows(after), strict=True)
        return np.array([float(scorer(start, end)) for start, end in rows])

    return score


def _rows(columns: Shares) -> list[tuple[float, ...]]:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _cost(free: Share) -> Share:
    """What a resource costs at this free share, from a table: a power that every machine computes alike."""
    table = _table(EPVM_MACHINES)
    if isinstance(free, np.ndarray):
        return table[((1.0 - free) * STEPS).astype(np.int64)]
    return float(table[int((1.0 - free) * STEPS)])


@cache
def _table(machines: int) -> NDArray[np.float64]:
    """n^u for utilisations u from 0 to 1, in whole millionths, so that the last bit of a power decides nothing."""
    return np.array([round(machines ** (step / STEPS) * 1_000) for step in range(STEPS + 1)], dtype=np.float64) / 1_000
