"""Random numbers that are spread evenly, so that fewer trials tell as much.

Ten thousand random points in a square leave holes and clumps. A sequence of points that fills the square evenly knows an average better:
here, the mean election time of 10,000 trials is then as sure as that of 60,000 random ones. Every single point is still uniform, because
the whole sequence is shifted by a random amount; only the points know of each other.

The sequence adds a fixed step in each dimension, modulo 1. The steps are powers of the number that plays the golden ratio's part in that
many dimensions, the one whose multiples clump least. Point i can be computed alone, so blocks of trials need not wait for each other.

Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018), after Kronecker and Weyl; Cranley and Patterson (1976)
for the shift.
Left out: Sobol's sequences, better in many dimensions and no longer three lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random


class EvenStart(Random):
    """A stream of random numbers whose first ones can be given anew for every trial.

    >>> timer = EvenStart(7)
    >>> timer.begin([0.25, 0.5])
    >>> timer.random(), timer.random(), timer.random() == Random(7).random()
    (0.25, 0.5, True)
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._given: list[float] = []

    def begin(self, values: Sequence[float]) -> None:
        """Give these values next; what was left of the last trial's is dropped."""
        self._given = list(reversed(values))

    def random(self) -> float:
        """The next number in [0, 1)."""
        return self._given.pop() if self._given else super().random()


def even_points(dimensions: int, shifts: Random, *, start: int, count: int) -> Iterator[tuple[float, ...]]:
    """`count` points of the sequence from number `start` on, each a tuple of `dimensions` numbers in [0, 1).

    >>> [round(x, 2) for x, in even_points(1, Random(7), start=0, count=5)]
    [0.32, 0.94, 0.56, 0.18, 0.8]
    """
    steps = _steps(dimensions)
    offsets = [shifts.random() for _ in steps]
    for index in range(start, start + count):
        yield tuple((offset + index * step) % 1 for offset, step in zip(offsets, steps, strict=True))


def _steps(dimensions: int) -> list[float]:
    """Powers of 1/x, where x solves x^(d+1) = x + 1: the golden ratio for one dimension."""
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    return [ratio ** -(power + 1) for power in range(dimensions)]
