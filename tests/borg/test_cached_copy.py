"""Laws of the scheduler's copy: after a refresh it is what the master has, whatever it believed before."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.borg.borgmaster import CellState, change
from k8sedu.borg.cached_copy import CachedCopy
from k8sedu.borg.feasibility import why_not
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import Scheduler
from k8sedu.workload import Job, Machine, Resources

MACHINES = [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in range(1, 4)]
WEB = Job("web", "ann", Resources.of(cpu="2", memory="1Gi"), tasks=4, priority=200)
BATCH = Job("batch", "bob", Resources.of(cpu="1", memory="1Gi"), tasks=6, priority=100)


def cell(**options: bool) -> CellState:
    """Two jobs that wait."""
    state = CellState(MACHINES, **options)
    state.submit(WEB)
    state.submit(BATCH)
    return state


def agrees(copy: CachedCopy, state: CellState) -> None:
    """The copy has every task where the master has it."""
    copy.cell.check()
    copy.queue.check()
    assert {task.name: copy.cell.where(task) for task in copy.cell.running()} == {one.task: one.machine for one in state.books.placed()}
    assert sorted(task.name for task in copy.queue) == sorted(state.pending)
    assert [bool(up) for up in copy.cell.up] == [state.books.is_up(name) for name in copy.cell.names]


@pytest.mark.parametrize("seed", range(6))
def test_a_refresh_of_what_was_touched_is_enough(seed: int) -> None:
    """Random changes, random wrong beliefs in between: refreshed, the copy is the master's state, as if it were made anew."""
    rng, state = Random(seed), cell()
    copy = CachedCopy(state, PendingQueue())
    names = [*WEB.task_names, *BATCH.task_names]
    for _ in range(60):
        task, machine = rng.choice(names), rng.choice(MACHINES).name
        line = rng.choice([
            change("place", task=task, machine=machine), change("finish", tasks=[task], machine=machine),
            change("lost", tasks=[task], machine=machine), change("down", machine=machine), change("up", machine=machine),
            change("fail", task=task, machine=machine),
        ])  # fmt: skip
        believed = list(Scheduler(copy.cell, rng=rng).schedule(copy.queue).placed) if rng.random() < 0.3 else []
        outcome = state.apply(line)
        touched = [task, *outcome.tasks, *(name for one in believed for name in (one.task.name, *(victim.name for victim in one.victims)))]
        copy.refresh(state, touched, [machine])
        agrees(copy, state)


def test_an_unreachable_machine_and_a_crashed_pair_are_constraints() -> None:
    """They are out for the right task, with a reason, and in again when the machine answers."""
    state = cell()
    state.apply(change("place", task="web/0", machine="m1"))
    state.apply(change("fail", task="web/0", machine="m1"))
    copy = CachedCopy(state, PendingQueue())
    copy.say_unreachable("m2", on=True)
    scheduler = Scheduler(copy.cell, rng=Random(0))
    reasons = {
        name: [why_not(scheduler.group(copy.task(state, name).requirement), at) for at in range(3)] for name in ("web/0", "web/1")
    }
    assert reasons == {"web/0": ["is not crashed!=web/0", "is not unreachable!=yes", ""], "web/1": ["", "is not unreachable!=yes", ""]}
    copy.say_unreachable("m2", on=False)
    assert scheduler.decide(copy.task(state, "web/0")) is not None
    assert [why_not(scheduler.group(copy.task(state, "web/1").requirement), at) for at in range(3)] == ["", "", ""]


def test_a_crash_that_comes_later_is_learned() -> None:
    """The task that waits again is another one for the scheduler: it does not want that machine any more."""
    state = cell()
    copy = CachedCopy(state, PendingQueue())
    state.apply(change("place", task="web/0", machine="m1"))
    copy.refresh(state, ["web/0"])
    for machine in ("m1", "m2"):
        state.apply(change("place", task="web/0", machine=machine))
        state.apply(change("fail", task="web/0", machine=machine))
        copy.refresh(state, ["web/0"], [machine])
        agrees(copy, state)
    decision = Scheduler(copy.cell, rng=Random(0)).decide(copy.task(state, "web/0"))
    assert decision is not None
    assert decision.machine == "m3"


def test_a_copy_of_a_cell_that_lends_is_made_although_the_limits_do_not_fit() -> None:
    """What runs runs: the copy adopts it, with what it is expected to use."""
    state = cell(overcommit=True)
    for index in range(2):
        state.apply(change("place", task=f"web/{index}", machine="m1"))
    state.apply(change("place", task="batch/0", machine="m1"))
    copy = CachedCopy(state, PendingQueue(), reservations={"web/0": (1_000, 0, 0, 0, 0)})
    agrees(copy, state)
    assert copy.cell.reservation(copy.task(state, "web/0"))[0] == 1_000
    copy.reserve({"web/0": (500, 0, 0, 0, 0), "nobody/0": (1, 0, 0, 0, 0)})
    assert copy.cell.reservation(copy.task(state, "web/0"))[0] == 500
