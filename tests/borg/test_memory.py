"""Laws of a scheduler's memory: a sample that runs dry looks again before it says that nothing fits."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.borg.cell import Cell
from k8sedu.borg.jobs import BorgJob, tasks_of
from k8sedu.borg.scheduler import ALL_OFF, ALL_ON, Scheduler, Switches
from k8sedu.workload import Machine, Resources

FOUR = Resources.of(cpu="4")


@pytest.mark.parametrize("switches", [ALL_ON, ALL_OFF])
def test_room_that_came_free_is_found_when_the_last_known_place_is_taken(switches: Switches) -> None:
    """A machine was full when it was examined, and is empty now; the only one that was not is full. The task goes to the empty one."""
    cell = Cell([Machine("m1", FOUR), Machine("m2", FOUR)])
    (big,) = tasks_of(BorgJob("big", "ann", FOUR, priority=100))
    small = tasks_of(BorgJob("small", "bob", Resources.of(cpu="2"), tasks=3, priority=100))
    cell.place(big, "m2")
    scheduler = Scheduler(cell, rng=Random(1), switches=switches)
    for task in small[:2]:
        decision = scheduler.decide(task)
        assert decision is not None
        assert decision.machine == "m1"
        if task is small[1]:
            cell.remove(big)
        scheduler.apply(decision)
    decision = scheduler.decide(small[2])
    assert decision is not None
    assert decision.machine == "m2"
