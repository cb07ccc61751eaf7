"""Laws of places: nobody moves while they stay, blocks never overlap, and a column is pushed together only when it must be."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from k8sedu.trace import Frozen
from k8sedu.workload.views.places import Places, Span

WHOLE = 10


def frame(tasks: dict[str, int], whole: int = WHOLE) -> Frozen:
    """One machine with tasks of these sizes."""
    machine = Frozen(capacity=Frozen(cpu=whole), used=Frozen(cpu=sum(tasks.values())), tasks=tuple(tasks))
    return Frozen(machines=Frozen(m1=machine), tasks=Frozen({task: Frozen(request=Frozen(cpu=size)) for task, size in tasks.items()}))


@pytest.mark.parametrize("seed", range(10))
def test_blocks_stay_and_never_overlap(seed: int) -> None:
    """Whatever comes and goes: blocks are within the column, apart from each other, and move only together."""
    rng, places, tasks = Random(seed), Places(), dict[str, int]()
    before: dict[str, Span] = {}
    for number in range(60):
        if tasks and rng.random() < 0.45:
            del tasks[rng.choice(sorted(tasks))]
        size = rng.randint(0, 4)
        if sum(tasks.values()) + size <= WHOLE:
            tasks[f"t{number}"] = size
        now = dict(places.follow(frame(tasks))["m1"]["cpu"])
        spans = sorted(now.values())
        assert set(now) == set(tasks)
        assert all(span.start >= 0 and span.end <= WHOLE for span in spans)
        assert all(one.end <= other.start for one, other in pairwise(spans) if one.size and other.size)
        moved = [task for task in before if task in now and now[task] != before[task]]
        assert not moved or _fits_nowhere(before, now, tasks)
        before = now


def _fits_nowhere(before: dict[str, Span], now: dict[str, Span], tasks: dict[str, int]) -> bool:
    """Was there really no hole for the new one?"""
    new = next(task for task in now if task not in before)
    taken = sorted(span for task, span in before.items() if task in tasks and span.size)
    edges = [0, *(span.end for span in taken)]
    ends = [*(span.start for span in taken), WHOLE]
    return all(end - start < tasks[new] for start, end in zip(edges, ends, strict=True))


def test_a_machine_that_holds_more_than_it_can_is_drawn_full() -> None:
    """Reclamation gives away more than there is: the column is as high as what stands in it."""
    column = Places().follow(frame({"a/0": 6, "b/0": 8}))["m1"]["cpu"]
    assert max(span.end for span in column.values()) == 14
