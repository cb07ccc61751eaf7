"""Laws of the Borgmaster's state: the same lines give the same cell, nothing stale takes effect, and a dump is the whole."""

from __future__ import annotations

import json
from random import Random

import pytest

from k8sedu.borg.borgmaster import CHANGES, CellState, ChangeError, change
from k8sedu.borg.checkpoint import Checkpoint
from k8sedu.trace import Frozen
from k8sedu.workload import Job, Machine, Resources

MACHINES = [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi"), Frozen(zone="a")) for number in range(1, 4)]
WEB = Job("web", "ann", Resources.of(cpu="3", memory="1Gi"), tasks=3, priority=200, constraints=Frozen(zone="a"))
BATCH = Job("batch", "bob", Resources.of(cpu="2", memory="1Gi"), tasks=4, priority=100, duration_ms=5_000)


def cell() -> CellState:
    """Three machines and two jobs that wait."""
    state = CellState(MACHINES)
    state.submit(WEB)
    state.submit(BATCH)
    return state


def place(state: CellState, task: str, machine: str, *victims: str) -> str:
    """Try to place a task; the reason why not, or ""."""
    return state.apply(change("place", task=task, machine=machine, victims=list(victims))).refused


@pytest.mark.parametrize("seed", range(5))
def test_replicas_that_apply_the_same_lines_agree(seed: int) -> None:
    """Also one that begins in the middle with a snapshot, and whatever was refused on the way."""
    rng, first = Random(seed), cell()
    lines, snapshots = [], [first.dump()]
    tasks = [*WEB.task_names, *BATCH.task_names]
    for _ in range(80):
        lines.append(_any_change(rng, tasks))
        first.apply(lines[-1])
        first.check()
        snapshots.append(first.dump())
    for count in (0, 17, 80):
        assert Checkpoint(snapshots[count], tuple(lines[count:])).replay().dump() == snapshots[-1]
    assert Checkpoint(snapshots[0], tuple(lines)).replay(30).dump() == snapshots[30]


def _any_change(rng: Random, tasks: list[str]) -> str:
    task, machine = rng.choice(tasks), rng.choice(MACHINES).name
    return rng.choice([
        change("place", task=task, machine=machine), change("place", task=task, machine=machine, victims=[rng.choice(tasks)]),
        change("finish", tasks=[task]), change("fail", task=task, machine=machine), change("down", machine=machine),
        change("up", machine=machine), change("lost", tasks=[task], machine=machine),
    ])  # fmt: skip


def test_a_stale_assignment_is_refused_and_changes_nothing() -> None:
    """Each way in which a copy can be old: placed already, machine down, room taken, victim gone, pair that crashed, task unknown."""
    state = cell()
    assert place(state, "web/0", "m1") == ""
    state.apply(change("down", machine="m3"))
    state.apply(change("fail", task="web/1", machine="m2"))
    stale = [("web/0", "m2"), ("web/1", "m3"), ("web/1", "m1"), ("web/1", "m2"), ("nobody/0", "m1"), ("web/1", "m9")]
    before = json.loads(state.dump())
    assert [place(state, *each) for each in stale] == [
        "web/0 runs on m1 already", "m3 is down", "no room for web/1 on m1: too little cpu", "web/1 has crashed on m2 before",
        "nobody/0 does not wait any more", "m9 is down",
    ]  # fmt: skip
    assert place(state, "web/1", "m1", "batch/0") == "batch/0 does not run on m1 any more"
    after = json.loads(state.dump())
    assert {**after, "changes": 0} == {**before, "changes": 0}


def test_victims_make_room_and_wait_again() -> None:
    """One line moves all of them, so no replica ever sees half of a preemption."""
    state = cell()
    for index in range(2):
        assert place(state, f"batch/{index}", "m1") == ""
    outcome = state.apply(change("place", task="web/0", machine="m1", victims=["batch/0", "batch/1"]))
    assert (outcome.refused, outcome.tasks) == ("", ("web/0", "batch/0", "batch/1"))
    assert [placed.task for placed in state.books.on("m1")] == ["web/0"]
    assert list(state.pending)[-2:] == ["batch/0", "batch/1"]


def test_a_job_is_submitted_once() -> None:
    """A client that asks twice because its answer was lost does not get two jobs."""
    state = cell()
    assert state.apply(change("submit", job=json.loads(state.dump())["jobs"][0])).refused == "the job web is there already"
    assert len(state.pending) == 7


def test_the_tasks_of_a_lost_machine_wait_again_and_it_returns_empty() -> None:
    """They are lost, not dead: the user asked for a task, not for a try."""
    state = cell()
    place(state, "web/0", "m1")
    assert state.apply(change("down", machine="m1")).tasks == ("web/0",)
    assert "web/0" in state.pending
    state.apply(change("up", machine="m1"))
    assert place(state, "web/1", "m1") == ""


def test_an_end_counts_once_and_only_where_the_task_runs() -> None:
    """A second report of the same end, or one of an old try elsewhere, changes nothing."""
    state = cell()
    place(state, "batch/0", "m1")
    assert state.apply(change("lost", tasks=["batch/0"], machine="m2")).tasks == ()
    assert state.apply(change("finish", tasks=["batch/0"])).tasks == ("batch/0",)
    assert state.apply(change("finish", tasks=["batch/0"])).tasks == ()
    assert "batch/0" not in state.pending


def test_a_crash_is_remembered_as_a_pair() -> None:
    """The task may run elsewhere, and others may run there."""
    state = cell()
    place(state, "web/0", "m1")
    assert state.apply(change("fail", task="web/0", machine="m1")).tasks == ("web/0",)
    assert place(state, "web/0", "m1") == "web/0 has crashed on m1 before"
    assert (place(state, "web/1", "m1"), place(state, "web/0", "m2")) == ("", "")


def test_the_size_of_a_state_is_machines_and_tasks() -> None:
    """What a new master goes through before it works."""
    state = cell()
    assert state.objects == 3 + 7
    place(state, "web/0", "m1")
    assert state.objects == 3 + 7
    state.apply(change("finish", tasks=["web/0"]))
    assert state.objects == 3 + 6


def test_a_line_that_is_no_change_is_refused() -> None:
    """The sentence lists what a line may say."""
    with pytest.raises(ChangeError, match=f"met the change 'dance', expected one of {', '.join(CHANGES)}"):
        CellState([]).apply(change("dance"))


def test_with_reclamation_only_production_is_held_to_its_limits() -> None:
    """Batch may lean on what others do not use; production never leans on anybody."""
    crowded = CellState(MACHINES, overcommit=True)
    crowded.submit(WEB)
    crowded.submit(BATCH)
    assert (place(crowded, "web/0", "m1"), place(crowded, "batch/0", "m1"), place(crowded, "batch/1", "m1")) == ("", "", "")
    assert place(crowded, "web/1", "m1") == "no room for web/1 on m1: too little cpu"
    crowded.check()


def test_a_master_may_be_told_to_forget_crashes() -> None:
    """What Borg avoids: the same task on the same machine, again and again."""
    forgetful = CellState(MACHINES, avoids_crashed_pairs=False)
    forgetful.submit(WEB)
    place(forgetful, "web/0", "m1")
    forgetful.apply(change("fail", task="web/0", machine="m1"))
    assert place(forgetful, "web/0", "m1") == ""
