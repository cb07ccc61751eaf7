from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.sim.experiments.sampling import EvenStart, even_points


@given(dimensions=st.integers(1, 10), start=st.integers(0, 10_000), seed=st.integers(0, 1_000))
def test_a_block_is_a_part_of_the_whole(dimensions: int, start: int, seed: int) -> None:
    """Whoever computes the points from number `start` on gets those that a longer run has there."""
    whole = list(even_points(dimensions, Random(seed), start=max(start - 5, 0), count=10))
    part = list(even_points(dimensions, Random(seed), start=start, count=3))
    assert part == whole[start - max(start - 5, 0) :][:3]
    assert all(0 <= value < 1 for point in part for value in point)


@pytest.mark.parametrize("dimensions", [1, 4, 6, 10])
def test_every_coordinate_fills_the_interval(dimensions: int) -> None:
    """In each of ten equal parts of [0, 1) lies a tenth of 10,000 points, more exactly than chance would have it (1,000 ± 75)."""
    columns = zip(*even_points(dimensions, Random(1), start=0, count=10_000), strict=True)
    for column in columns:
        counts = [sum(part / 10 <= value < (part + 1) / 10 for value in column) for part in range(10)]
        assert max(abs(count - 1_000) for count in counts) <= 40


def test_a_mean_is_surer_than_by_chance() -> None:
    """The mean of a function of two numbers differs less from seed to seed than with random points."""

    def spread(points_of_seed: list[list[tuple[float, ...]]]) -> float:
        means = [sum(abs(x - y) < 0.2 for x, y in points) / len(points) for points in points_of_seed]
        return max(means) - min(means)

    even = [list(even_points(2, Random(seed), start=0, count=1_000)) for seed in range(20)]
    random = [[(generator.random(), generator.random()) for _ in range(1_000)] for generator in map(Random, range(20))]
    assert spread(even) < spread(random) / 3


def test_given_numbers_come_first() -> None:
    """After them the stream goes on as if nothing had happened; what was left of the last trial is dropped."""
    stream, same = EvenStart(7), Random(7)
    stream.begin([0.1, 0.2])
    assert stream.random() == 0.1
    stream.begin([0.3])
    assert [stream.random(), stream.random()] == [0.3, same.random()]
