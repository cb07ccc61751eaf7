"""Laws of the pictures of Borg: every scene is whole, messages go where the run says, charts show the counted numbers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot as plt

from k8sedu.borg import views
from k8sedu.borg.polling import load, loads
from k8sedu.borg.sim import simulate
from k8sedu.borg.views.captions import SENTENCES
from k8sedu.borg.views.cell_scene import architecture_scene
from k8sedu.borg.views.charts import PHASES
from k8sedu.borg.views.layout import Layout
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.shapes import Rect, Token
from k8sedu.trace import Trace
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.views.film import ScheduleError

STORM = ["at 5000 crash m2", "at 8000 crash master", "at 12000 restart m2", "at 24000 pause m1", "at 32000 resume m1"]


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A run with preemption, a lost machine, a lost master, and one that was only cut off."""
    one = Resources.of(cpu="1", memory="1Gi")
    machines = [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in range(1, 4)]
    jobs = [
        Job("batch", "ann", one, tasks=10, priority=100), Job("web", "bob", one, tasks=4, priority=200, arrival_ms=2_000),
        Job("short", "eve", one, tasks=2, priority=300, arrival_ms=9_000, duration_ms=3_000),
    ]  # fmt: skip
    settings: dict[str, Any] = {"extras": {"web": {"ports": 1}}, "ports": 4}
    return simulate(Workload.of(machines, jobs), seed=2, duration_ms=36_000, faults=STORM, **settings)


@pytest.fixture(scope="module")
def films(trace: Trace) -> list[Document]:
    """Both films of the run."""
    return [views.film(trace), views.architecture_film(trace)]


def test_every_scene_is_whole(films: list[Document]) -> None:
    """No id occurs twice, and whatever can be clicked has a name."""
    for film in films:
        for frame in film.frames:
            frame.scene.check()


def test_every_step_is_said_in_both_languages(films: list[Document]) -> None:
    """No caption is a bare word, and the Chinese one is Chinese."""
    for film in films:
        for frame in film.frames:
            assert isinstance(frame.scene.caption, Words)
            english, chinese = frame.scene.caption
            assert english.startswith("**")
            assert "_" not in english
            assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_whatever_happens_in_a_run_has_a_sentence(trace: Trace) -> None:
    """Each of Borg's own kinds of step that this run has is in the table, and the run has most of them."""
    own = {step.kind for step in trace} & set(SENTENCES)
    assert {"poll", "fetch", "machine_crash", "unreachable", "kill_duplicate", "task_ended", "master_ready", "checkpoint"} <= own


def test_a_poll_is_shown_as_questions_reports_and_differences(trace: Trace) -> None:
    """Each borglet that is up is asked and answers with as many lines as it has; only shards with news pass something on."""
    film = views.architecture_film(trace, start_ms=4_000, end_ms=4_000)
    pictures = [[shape for shape in frame.scene.shapes if isinstance(shape, Token)] for frame in film.frames if frame.kind == "poll"]
    asked, arrived, reported, compared, passed = pictures
    more = trace.where("poll")[2].frame.more  # type: ignore[union-attr]  # the run has pictures
    assert [token.text for token in asked] == [token.text for token in arrived] == ["?"] * 3
    assert sorted(token.text for token in reported) == sorted(str(1 + len(borglet.tasks)) for borglet in more.borglets.values())
    news = sorted(str(part.passed_lines) for part in more.shards.values() if part.get("passed_lines"))
    assert sorted(token.text for token in compared) == sorted(token.text for token in passed) == news


def test_a_silent_borglet_is_asked_and_says_nothing(trace: Trace) -> None:
    """The question arrives nowhere: a cross, and no report."""
    film = views.architecture_film(trace, start_ms=6_000, end_ms=6_000)
    polls = [frame.scene for frame in film.frames if frame.kind == "poll"]
    assert any(shape.id == "message/poll/m2/lost" for shape in polls[1].shapes)
    assert not any(shape.id == "message/poll/m2" for shape in polls[2].shapes)


def test_what_really_runs_is_written_where_the_books_differ(trace: Trace) -> None:
    """Below a machine that was cut off stands how many tasks it still runs, and nowhere else."""
    film = views.film(trace)
    cut_off = trace.where("machine_cut_off")[0].time_us
    told = [frame for frame in film.frames if any(shape.id == "machine/m1/truth" for shape in frame.scene.shapes)]
    assert told
    assert told[0].time_us == cut_off
    before = [shape.id for frame in film.frames if frame.time_us < 5_000_000 for shape in frame.scene.shapes]
    assert not any(shape.endswith("/truth") for shape in before)


def test_ports_are_a_column_like_the_others(trace: Trace) -> None:
    """A task that holds one of four ports is a quarter of the column high."""
    film = views.film(trace)
    scene = next(frame.scene for frame in film.frames if any(shape.id == "task/web/0/ports" for shape in frame.scene.shapes))
    block = scene.find("task/web/0/ports")
    machine = next(name for name in ("m1", "m2", "m3") if _inside(block, scene.find(f"machine/{name}")))
    column = scene.find(f"machine/{machine}/ports/column")
    assert isinstance(block, Rect)
    assert isinstance(column, Rect)
    assert float(block.h) == pytest.approx(float(column.h) / 4)  # type: ignore[arg-type]  # neither moves


def _inside(block: Any, box: Any) -> bool:
    return bool(box.x <= block.x <= box.x + box.w and box.y <= block.y <= box.y + box.h)


@pytest.mark.parametrize("machines", [1, 6, 12, 40])
def test_machines_of_the_architecture_fit_the_paper(machines: int, trace: Trace) -> None:
    """Up to twelve stand side by side; more are counted."""
    layout = Layout(["b1", "b2", "b3", "b4", "b5"], [f"m{number}" for number in range(1, machines + 1)])
    places = [layout.machine_x(name) for name in layout.machines]
    assert len(places) == min(machines, 12)
    assert layout.hidden == max(0, machines - 12)
    assert places[0] >= 0
    assert places[-1] + layout.machine_w <= 904
    assert all(left + layout.machine_w <= right for left, right in pairwise(places))
    assert architecture_scene(trace[0].frame, Layout(["b1", "b2", "b3", "b4", "b5"], ["m1", "m2", "m3"])).width == 904  # type: ignore[arg-type]  # the run has pictures


def test_other_runs_and_empty_times_are_refused(trace: Trace) -> None:
    """One sentence: what was met, and what was expected."""
    other = Trace("mesos", 0, trace.parameters, tuple(trace))
    for show in (views.film, views.architecture_film):
        with pytest.raises(ScheduleError, match=r"expected one of borg\.simulate"):
            show(other)
    with pytest.raises(ScheduleError, match="met no step from 99000 to 99001 ms"):
        views.architecture_film(trace, start_ms=99_000, end_ms=99_001)


def test_the_films_save(trace: Trace, tmp_path: Path) -> None:
    """Each is one file that needs nothing else."""
    for name, player in {"play": views.play(trace), "architecture": views.architecture(trace, start_ms=0, end_ms=3_000)}.items():
        assert player.save(tmp_path / f"{name}.html").stat().st_size > 10_000


def test_a_failover_falls_into_phases_that_add_up(trace: Trace) -> None:
    """From the loss to the first new placement, nothing is left out."""
    (phases,) = views.failovers(trace)
    lost, ready = trace.where("master_lost")[0].time_us, trace.where("master_ready")[1].time_us
    assert [name for name, _, _ in PHASES] == list(phases)
    assert phases["silence"] + phases["votes"] + phases["state"] == pytest.approx((ready - lost) / 1_000_000)
    assert phases["votes"] < 0.1 < phases["state"]
    ax = views.recovery_timeline({"one": trace}, language="zh")
    assert len(ax.patches) == 2 * len(PHASES)
    plt.close("all")


def test_charts_show_the_counted_numbers() -> None:
    """Bars are as high as the work, rows of ticks as many as users and runs."""
    found = loads((1, 5), machines=50, rounds=2, change_share=0.02)
    ax = views.polling_chart(found, language="zh")
    heights = sorted(bar.get_height() for bar in ax.patches if bar.get_height())  # type: ignore[attr-defined]  # they are rectangles
    assert heights == sorted([found[0].shard_ms, found[0].master_ms, found[1].shard_ms, found[1].master_ms])
    table = views.polling_table([load(shards=0, machines=50), *found])
    assert list(table.columns) == ["0 shards", "1 shards", "5 shards"]
    assert table.loc["lines, busiest shard", "1 shards"] == round(found[0].shard_lines)
    plt.close("all")


def test_head_of_line_blocking_is_seen(trace: Trace) -> None:
    """A row for each user of each run, one tick per placement."""
    ax = views.head_of_line({"one": trace, "two": trace})
    rows = [f"{run}: {user}" for run in ("one", "two") for user in ("ann", "bob", "eve")]
    assert [label.get_text() for label in ax.get_yticklabels()] == rows
    ticks: Any = ax.collections
    assert sum(len(each.get_segments()) for each in ticks) == 2 * len(trace.where("place"))
    plt.close("all")


def test_a_run_is_a_table_of_its_steps(trace: Trace) -> None:
    """One row per step, with the columns that the docstring promises."""
    found = views.table(trace)
    assert list(found.columns) == ["time_ms", "kind", "actor", "task", "machine", "detail"]
    assert len(found) == len(trace)
    assert list(found[found.kind == "place"].task) == [step.detail.task for step in trace.where("place")]
