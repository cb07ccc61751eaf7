"""Laws of the pictures of a schedule: whoever made it, each task is drawn once, where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.sim.recorder import Recorder
from k8sedu.stage.shapes import Rect
from k8sedu.trace import Trace
from k8sedu.workload import Cluster, Job, Machine, Resources, Workload
from k8sedu.workload.sim import Scribe, parameters_of
from k8sedu.workload.views import outcome_table, play, schedule_film, schedule_scene, utilisation_timeline, wait_cdf
from k8sedu.workload.views.charts import used_over_time, waits
from k8sedu.workload.views.film import ScheduleError
from k8sedu.workload.views.palette import meanings, roles

WEB = Job("web", "ann", Resources.of(cpu="2", memory="1Gi"), tasks=2, priority=200)
BATCH = Job("batch", "bob", Resources.of(cpu="3"), priority=100, duration_ms=10)


def run(machines: int = 2, *, frames: bool = True) -> Trace:
    """Two jobs on some machines: one task waits, one is preempted, a machine fails."""
    fleet = [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in range(1, machines + 1)]
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(fleet, [WEB, BATCH])), frames=frames)
    scribe = Scribe(recorder, Cluster(fleet), actor="master")
    scribe.submit(0, BATCH)
    scribe.place(1_000, "batch/0", BATCH, "m1")
    scribe.submit(2_000, WEB)
    scribe.consider("web/0", {"m1": ("too little cpu", None), "m2": ("", 7.0)}, chosen="m2")
    scribe.place(3_000, "web/0", WEB, "m2")
    scribe.refuse(4_000, "web/1", {"too little cpu": 1})
    scribe.preempt(5_000, "batch/0", by="web/1")
    scribe.place(6_000, "web/1", WEB, "m1")
    scribe.machine_down(7_000, "m2")
    return recorder.trace()


def test_every_scene_is_whole_and_draws_each_task_once() -> None:
    """No id occurs twice, whatever has happened, and a task is either in the queue or on its machine."""
    trace = run()
    for frame in schedule_film(trace).frames:
        frame.scene.check()
    for step in trace:
        scene = schedule_scene(step.frame, roles(trace.parameters.jobs, "user"))
        assert {shape.id for shape in scene.shapes if shape.id.count("/") == 2 and shape.id.startswith("task/")} == {
            f"task/{task}" for task, entry in step.frame.tasks.items() if entry.state != "finished"
        }


def test_a_block_is_as_high_as_its_part_of_the_machine() -> None:
    """Two of four cores are half of the column, and one of eight GiB an eighth."""
    trace = run()
    scene = schedule_scene(trace[3].frame, roles(trace.parameters.jobs, "user"))
    heights = {shape.id: shape.h for shape in scene.shapes if isinstance(shape, Rect)}
    assert heights["task/web/0"] == pytest.approx(heights["machine/m2/cpu/column"] / 2)
    assert heights["task/web/0/memory"] == pytest.approx(heights["machine/m2/memory/column"] / 8)


def test_the_chosen_machine_and_the_reason_of_the_other_are_shown() -> None:
    """A check mark and the score here, a cross and the reason there: never colour alone."""
    trace = run()
    scene = schedule_scene(trace[3].frame, roles(trace.parameters.jobs, "user"))
    ids = {shape.id for shape in scene.shapes}
    assert {"machine/m2/flag", "machine/m1/out"} <= ids
    assert "machine/m1/flag" not in ids


@pytest.mark.parametrize("machines", [1, 2, 5, 6, 12, 13, 24, 40])
def test_machines_never_overlap_and_stay_on_the_paper(machines: int) -> None:
    """Any number of machines up to 24 is drawn side by side, and more are counted."""
    fleet = [Machine(f"m{number}", Resources.of(cpu="4")) for number in range(1, machines + 1)]
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(fleet, [BATCH])))
    scribe = Scribe(recorder, Cluster(fleet), actor="master")
    scribe.submit(0, BATCH)
    scene = schedule_scene(recorder.trace()[0].frame, {"batch": "blue"})
    boxes = [shape for shape in scene.shapes if isinstance(shape, Rect) and shape.id.startswith("machine/") and shape.id.count("/") == 1]
    assert len(boxes) == min(machines, 24)
    assert any(shape.id == "title/hidden" for shape in scene.shapes) == (machines > 24)
    spans = [(float(box.x), float(box.y), float(box.x) + float(box.w), float(box.y) + float(box.h)) for box in boxes]  # type: ignore[arg-type]  # none of them moves
    assert all(right <= scene.width and bottom <= scene.height for _, _, right, bottom in spans)
    for index, one in enumerate(spans):
        for other in spans[index + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_colours_mean_users_or_priorities() -> None:
    """Each has its own, and the key to the picture says whose it is."""
    jobs = run().parameters.jobs
    assert roles(jobs, "user") == {"web": "blue", "batch": "orange"}
    assert meanings(jobs, "priority") == {"blue": "priority 200", "orange": "priority 100"}


def test_the_charts_follow_the_steps() -> None:
    """Utilisation goes up and down with placements, and waits end with the first of them."""
    trace = run(frames=False)
    eighths = [(time, round(8 * share)) for time, share in used_over_time(trace, "cpu")]
    assert eighths == [(0, 0), (1000, 3), (3000, 5), (5000, 2), (6000, 4), (7000, 2), (7000, 2)]
    assert waits(trace) == ([1.0, 1.0, 4.0], 3)
    assert waits(trace, 100) == ([1.0], 1)
    assert utilisation_timeline(trace).get_title(loc="left")
    assert wait_cdf({"demo": trace}, language="zh").get_title(loc="left") == "任务等多久才得到机器"
    assert outcome_table({"demo": trace}).loc["preemptions", "demo"] == 1


def test_the_film_plays_and_saves(tmp_path: Path) -> None:
    """A film has a frame for each step, marks for failures, and buttons for what one looks for."""
    film = schedule_film(run(), colour="priority")
    assert len(film.frames) == 8 + 1
    assert [mark.icon for mark in film.marks] == ["swap", "cross"]
    assert "Demo: who runs where" in play(run()).save(tmp_path / "schedule.html").read_text()


def test_a_trace_without_a_schedule_is_refused() -> None:
    """One sentence says what was met and what was expected."""
    with pytest.raises(ScheduleError, match="expected a manager's run with frames"):
        schedule_film(run(frames=False))


def test_a_column_that_holds_more_than_it_can_stays_inside() -> None:
    """Where a manager does not look for room, the blocks share the column."""
    fleet = [Machine("m1", Resources.of(cpu="3", memory="8Gi"))]
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(fleet, [WEB])))
    scribe = Scribe(recorder, Cluster(fleet, overcommit=True), actor="master")
    scribe.submit(0, WEB)
    for task in WEB.task_names:
        scribe.place(1, task, WEB, "m1")
    shapes = {shape.id: shape for shape in schedule_film(recorder.trace()).frames[-1].scene.shapes if isinstance(shape, Rect)}
    column, blocks = shapes["machine/m1/cpu/column"], [shapes["task/web/0"], shapes["task/web/1"]]
    assert sum(float(block.h) for block in blocks) == pytest.approx(float(column.h))
    assert min(float(block.y) for block in blocks) == pytest.approx(float(column.y))


def test_whoever_is_preempted_leaves_an_outline_for_one_step() -> None:
    """It stands where the block stood, and is gone with the next step."""
    frames = schedule_film(run()).frames
    outline, block = frames[5].scene.find("ghost/batch/0/cpu"), frames[4].scene.find("task/batch/0")
    assert isinstance(outline, Rect)
    assert isinstance(block, Rect)
    assert (outline.x, outline.y, outline.w, outline.h) == (block.x, block.y, block.w, block.h)
    assert [any(shape.id.startswith("ghost/") for shape in frame.scene.shapes) for frame in frames] == [False] * 5 + [True] + [False] * 3
