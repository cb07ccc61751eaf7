"""Laws of the scribe: every step says what changed, and the frame behind it is the whole state."""

from __future__ import annotations

from k8sedu.sim.recorder import Recorder
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import KINDS, Scribe, parameters_of, reasons_of

MACHINES = [Machine("m1", Resources.of(cpu="2")), Machine("m2", Resources.of(cpu="2"))]
WEB = Job("web", "ann", Resources.of(cpu="1"), tasks=2)


def scribe() -> Scribe:
    """A scribe with two machines and a job that has just arrived."""
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(MACHINES, [WEB])))
    made = Scribe(recorder, Cluster(MACHINES), actor="master")
    made.submit(0, WEB)
    return made


def test_a_placement_leaves_the_queue_and_fills_the_machine() -> None:
    """The frame after it shows the task where it runs, and the one that still waits."""
    written = scribe()
    written.place(1, "web/0", WEB, "m1", score=7)
    step = written.recorder.trace()[-1]
    assert (step.kind, step.detail.task, step.detail.score) == ("place", "web/0", 7)
    assert step.frame.queue == ("web/1",)
    assert (step.frame.machines.m1.tasks, step.frame.machines.m1.used.cpu) == (("web/0",), 1000)
    assert (step.frame.tasks["web/0"].state, step.frame.tasks["web/1"].state) == ("running", "pending")


def test_branches_in_which_nothing_happened_are_shared() -> None:
    """A frame costs what changed: the other machine is the same object before and after."""
    written = scribe()
    written.place(1, "web/0", WEB, "m1")
    before, after = (step.frame for step in written.recorder.trace())
    assert before.machines.m2 is after.machines.m2


def test_a_lost_machine_tells_of_each_of_its_tasks() -> None:
    """First the machine, then its tasks one by one, and they wait again unless that is left to the user."""
    for requeue in (True, False):
        written = scribe()
        written.place(1, "web/0", WEB, "m1")
        written.machine_down(2, "m1", requeue=requeue)
        steps = written.recorder.trace()
        assert [step.kind for step in steps[-2:]] == ["machine_down", "lost"]
        assert ("web/0" in steps[-1].frame.queue) is requeue
        assert not steps[-1].frame.machines.m1.up


def test_what_was_considered_stands_in_the_next_frame_only() -> None:
    """The verdicts belong to one decision."""
    written = scribe()
    written.consider("web/0", {"m1": ("", 3.0), "m2": ("too little cpu", None)}, chosen="m1")
    written.place(1, "web/0", WEB, "m1")
    written.refuse(2, "web/1", reasons_of(["too little cpu"]))
    first, second = list(written.recorder.trace())[-2:]
    assert first.frame.verdicts.machines.m2 == ("too little cpu", None)
    assert second.frame.verdicts is None


def test_a_finished_task_is_forgotten_one_step_later() -> None:
    """It is seen to finish, and does not stay for ever."""
    written = scribe()
    written.place(1, "web/0", WEB, "m1")
    written.finish(2, "web/0")
    written.note(3, "poll", "master", {})
    finished, later = list(written.recorder.trace())[-2:]
    assert finished.frame.tasks["web/0"].state == "finished"
    assert "web/0" not in later.frame.tasks


def test_every_word_is_explained() -> None:
    """The kinds that a scribe writes are those of its table."""
    written = scribe()
    written.place(1, "web/0", WEB, "m1")
    written.preempt(2, "web/0", by="x/0")
    written.refuse(3, "web/0", {})
    written.place(4, "web/0", WEB, "m1")
    written.fail(5, "web/0")
    written.place(5, "web/0", WEB, "m1")
    written.finish(5, "web/0")
    written.place(6, "web/1", WEB, "m2")
    written.delete(6, "web/1")
    written.enqueue("web/1", WEB)
    written.place(6, "web/1", WEB, "m2")
    written.machine_down(7, "m2")
    written.machine_up(8, "m2")
    assert {step.kind for step in written.recorder.trace()} == set(KINDS)


def test_a_crash_and_a_single_loss_send_one_task_back() -> None:
    """The machine stays up; the step says which of the two it was."""
    for kind in ("fail", "lost"):
        written = scribe()
        written.place(1, "web/0", WEB, "m1")
        placed = written.fail(2, "web/0") if kind == "fail" else written.lose(2, "web/0")
        step = written.recorder.trace()[-1]
        assert (step.kind, step.detail.task, step.detail.machine, placed.machine) == (kind, "web/0", "m1", "m1")
        assert step.frame.queue == ("web/1", "web/0")
        assert step.frame.machines.m1.up
        assert not step.frame.machines.m1.used


def test_tasks_can_be_made_and_given_up_one_by_one() -> None:
    """One more waits, and may come under the name of one that has just ended; one that is withdrawn is forgotten."""
    written = scribe()
    written.place(1, "web/0", WEB, "m1")
    written.finish(2, "web/0")
    written.enqueue("web/0", WEB)
    written.enqueue("web/7", WEB)
    written.withdraw("web/1")
    written.note(3, "looked", "master", {})
    frame = written.recorder.trace()[-1].frame
    assert frame is not None
    assert frame.queue == ("web/0", "web/7")
    assert {name: task.state for name, task in frame.tasks.items()} == {"web/0": "pending", "web/7": "pending"}
