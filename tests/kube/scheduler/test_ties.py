from __future__ import annotations

import heapq
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.ties import at_random, first, heap_order, smallest_name

TOTALS = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@given(TOTALS)
def test_whoever_is_taken_has_the_highest_total(totals: list[int]) -> None:
    """A tie-break chooses among the best, and nobody else."""
    names = [f"n{number}" for number in range(len(totals))]
    for tie_break in (first, smallest_name, at_random(Random(1)), heap_order):
        assert totals[tie_break(names, totals)] == max(totals)


@given(TOTALS)
def test_the_heap_is_a_heap_of_the_textbook(totals: list[int]) -> None:
    """Sifting down from the middle leaves the node on top that a heap of (total, place of the last swap) has there."""
    heap = [-total for total in totals]
    heapq.heapify(heap)
    assert -heap[0] == totals[heap_order([str(place) for place in range(len(totals))], totals)]


@pytest.mark.parametrize("seed", range(3))
def test_at_random_is_fair(seed: int) -> None:
    """Of three equals each is taken about a third of the time."""
    choose = at_random(Random(seed))
    taken = Counter(choose(["a", "b", "c", "d"], [5, 5, 1, 5]) for _ in range(3_000))
    assert set(taken) == {0, 1, 3}
    assert all(850 < number < 1_150 for number in taken.values())


def test_of_equals_the_heap_takes_the_first_until_a_better_child_came_up() -> None:
    """Go's heap leaves equals where they are."""
    assert (heap_order("abc", [7, 7, 7]), heap_order("abcd", [1, 7, 7, 7])) == (0, 1)
