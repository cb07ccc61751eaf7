"""Laws of the laboratory: the past stays, the future follows from what the reader did, and every wish can be taken back."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.borg.lab import Laboratory, lab
from k8sedu.stage.explore import Event
from k8sedu.workload import Job, Machine, Resources, Workload

NOW = 6_000_000


@pytest.fixture
def laboratory() -> Laboratory:
    """A small cell, half full."""
    machines = [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in range(1, 4)]
    jobs = [Job("batch", "ann", Resources.of(cpu="2", memory="1Gi"), tasks=5, priority=100)]
    return lab(workload=Workload.of(machines, jobs))


def do(laboratory: Laboratory, time_us: int = NOW, **what: Any) -> None:
    """Let the reader do something."""
    laboratory.act(Event(time_us=time_us, step=0, **what))


def test_a_submitted_job_arrives_now_and_may_push_others_out(laboratory: Laboratory) -> None:
    """With the priority and the size of the controls; the past is the same run."""
    before = laboratory.trace
    do(laboratory, control="priority", value="400")
    do(laboratory, control="cores", value=4)
    do(laboratory, control="tasks", value=2)
    assert laboratory.trace is before
    do(laboratory, control="submit")
    job = laboratory.trace.parameters.jobs["mine-1"]
    assert (job.priority, job.request.cpu, job.tasks, job.user) == (400, 4_000, 2, "you")
    assert before[before.fork_point(laboratory.trace) - 1].time_us <= NOW
    assert laboratory.trace[before.fork_point(laboratory.trace)].time_us > NOW
    assert laboratory.trace.where("preempt")


@pytest.mark.parametrize(
    ("action", "shape", "kind", "undone"),
    [
        ("crash", "machine/m2", "machine_crash", "restart"),
        ("pause", "machine/m2", "machine_cut_off", "resume"),
        ("crash", "replica/b1", "master_lost", "restart"),
    ],
)
def test_machines_and_replicas_fail_and_return(laboratory: Laboratory, action: str, shape: str, kind: str, undone: str) -> None:
    """Each action of a menu happens just after the instant at which the reader stands."""
    do(laboratory, action=action, shape=shape)
    assert laboratory.trace.where(kind)[0].time_us == NOW + 1
    do(laboratory, NOW + 2_000_000, action=undone, shape=shape)
    assert len(laboratory.plan.faults) == 2


def test_the_master_is_killed_whoever_it_is_and_another_follows(laboratory: Laboratory) -> None:
    """The run goes on long enough to see it."""
    do(laboratory, control="kill_master")
    assert len(laboratory.trace.where("master_ready")) == 2


def test_the_scheduler_is_stopped_and_started_by_one_button(laboratory: Laboratory) -> None:
    """What it does depends on whether it works."""
    do(laboratory, control="kill_scheduler")
    do(laboratory, NOW + 3_000_000, control="kill_scheduler")
    kinds = [step.kind for step in laboratory.trace if step.kind.startswith("scheduler_")]
    assert kinds == ["scheduler_down", "scheduler_up"]


def test_scoring_changes_from_now_on(laboratory: Laboratory) -> None:
    """And the control shows it."""
    do(laboratory, control="scorer", value="epvm")
    assert laboratory.trace.where("scorer")[0].time_us > NOW
    shown = {control.id: control for control in laboratory.film.controls}
    assert shown["scorer"].value == "epvm"  # type: ignore[union-attr]  # it is a choice


def test_a_wish_in_the_past_takes_the_place_of_later_ones(laboratory: Laboratory) -> None:
    """Stepping back and doing something else is a fork: what came later is not."""
    do(laboratory, NOW, action="crash", shape="machine/m2")
    do(laboratory, NOW - 2_000_000, action="crash", shape="machine/m3")
    assert [fault.arguments.node for fault in laboratory.plan.faults] == ["m3"]


def test_every_wish_can_be_taken_back(laboratory: Laboratory) -> None:
    """Undo gives the run before; with nothing to undo it changes nothing, and unknown wishes neither."""
    digests = [laboratory.trace.digest()]
    for what in ({"control": "submit"}, {"control": "preemption", "value": False}, {"action": "crash", "shape": "machine/m1"}):
        do(laboratory, **what)
        digests.append(laboratory.trace.digest())
    assert len(set(digests)) == 4
    do(laboratory, control="dance")
    for digest in reversed(digests[:-1]):
        do(laboratory, control="undo")
        assert laboratory.trace.digest() == digest
    do(laboratory, control="undo")
    assert laboratory.trace.digest() == digests[0]


def test_what_can_be_touched_has_a_menu_that_fits_its_state(laboratory: Laboratory) -> None:
    """A machine that works can be switched off, one that is off can be switched on, one that is cut off plugged in."""
    do(laboratory, action="crash", shape="machine/m1")
    do(laboratory, NOW + 10, action="pause", shape="machine/m2")
    do(laboratory, NOW + 20, action="crash", shape="replica/b5")
    scene = laboratory.film.frame_at(NOW + 100_000).scene
    menus = {name: scene.find(name).menu for name in ("machine/m1", "machine/m2", "machine/m3", "replica/b1", "replica/b5")}
    assert list(menus.values()) == ["machine-down", "machine-cut", "machine-up", "replica-up", "replica-down"]
    assert set(menus.values()) <= set(laboratory.film.menus)


def test_a_machine_that_is_not_there_is_told_in_the_picture(laboratory: Laboratory) -> None:
    """An error of ours is a sentence for the reader, and the run stays."""
    digest = laboratory.trace.digest()
    do(laboratory, action="crash", shape="machine/m77")
    assert laboratory.trace.digest() == digest
    do(laboratory, action="crash", shape="machine/m1")
    assert laboratory.trace.where("machine_crash")
