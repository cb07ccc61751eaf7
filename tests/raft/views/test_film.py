from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from k8sedu.language import Words
from k8sedu.raft.sim import run_scenario, simulate
from k8sedu.raft.views.election_scene import FramesError
from k8sedu.raft.views.film import events, film, play
from k8sedu.sim.scenario import parse
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def story() -> Trace:
    """A leader is lost, a leader is found: two hundred steps."""
    return simulate(size=5, seed=7, duration_ms=1_500, faults=["at 400 request x=4", "at 600 crash n5", "at 1200 restart n5"])


def test_every_step_is_in_the_film_once_and_in_order(story: Trace) -> None:
    """Steps of one server at one instant are shown as one; none is lost, none is moved."""
    shown = events(story)
    assert [step.index for event in shown for step in event.steps] == list(range(len(story)))
    assert all(len({(step.time_us, step.actor) for step in event.steps}) == 1 for event in shown)
    assert any(len(event.steps) > 1 for event in shown)


def test_each_event_knows_the_frame_before_it(story: Trace) -> None:
    """What a caption compares with is the state before the whole event."""
    shown = events(story)
    assert shown[0].before is None
    assert all(event.before is story[event.steps[0].index - 1].frame for event in shown[1:])


def test_a_film_of_200_steps_is_small_and_made_quickly(story: Trace) -> None:
    """A 200-step election of five servers is one file of at most 150 kB, made in a second."""
    assert len(story) >= 200
    start = time.process_time()
    page = play(story).to_html()
    assert time.process_time() - start < 1.0
    assert len(page.encode()) <= 150_000


def test_bands_are_terms_and_their_leaders(story: Trace) -> None:
    """The scrubber names every term with its leader; while a term has none, its band is faint."""
    bands = film(story).bands
    named = [(band.text.en, band.role) for band in bands if isinstance(band.text, Words) and not band.faint]
    assert named == [("term 1 · n5 leads", "term-1"), ("term 2 · n1 leads", "term-2")]
    assert all(before.end_us == after.start_us for before, after in itertools.pairwise(bands))
    assert (bands[0].start_us, bands[-1].end_us) == (0, 1_500_000)


def test_marks_stand_apart_and_name_what_happened(story: Trace) -> None:
    """A crash, a restart and both elections have marks, and none covers another."""
    marks = film(story).marks
    assert {"crown", "cross", "restart"} <= {mark.icon for mark in marks}
    assert all(after.time_us - before.time_us >= 25_000 for before, after in itertools.pairwise(marks))


def test_many_commits_do_not_fill_the_scrubber() -> None:
    """Under load only some commits are marked."""
    trace = simulate(size=3, seed=7, duration_ms=1_500, clients=3)
    assert len([mark for mark in film(trace).marks if mark.icon == "check"]) <= 17 < len(trace.where("commit", by="majority"))


def test_jumps_lead_to_the_events(story: Trace) -> None:
    """Each button leads to steps of its kind, and there are never more than fit."""
    document = film(story)
    assert len(document.jumps) <= 3
    (election, fault, commit) = document.jumps
    assert all(document.frames[step].kind in ("become_candidate", "become_leader") for step in election.steps)
    assert [document.frames[step].kind for step in fault.steps] == ["crash", "restart"]
    assert commit.steps


def test_a_part_of_a_run_begins_with_the_state_it_finds(story: Trace) -> None:
    """With start_ms the film begins with the last event before, so nothing is missing from the first picture."""
    part = film(story, start_ms=500, end_ms=900)
    assert part.frames[0].time_us <= 500_000 < part.frames[1].time_us
    assert part.frames[-1].time_us <= 900_000 == part.last_us


def test_the_panel_stays_with_the_last_server(story: Trace) -> None:
    """A step that is about no server, such as a partition, leaves the panel where it was."""
    scenes = [frame.scene for frame in film(story).frames]
    assert all(scene.focus for scene in scenes[1:])


def test_title_and_languages(story: Trace) -> None:
    """The title may be given; the film carries both languages and begins with the one asked for."""
    document = film(story, title="My run", language="zh")
    assert (document.title, document.language) == ("My run", "zh")
    assert film(story).title == Words("Raft with 5 servers", "5 个节点的 Raft")


def test_the_source_gives_the_same_run_again(story: Trace) -> None:
    """What "copy scenario" offers is the very run: same digest."""
    assert run_scenario(parse(film(story).source)).digest() == story.digest()


def test_a_saved_trace_plays_like_the_run(story: Trace, tmp_path: Path) -> None:
    """A film needs only the trace: saved and loaded, it gives the same film, byte for byte."""
    story.save(tmp_path / "run.jsonl")
    assert play(Trace.load(tmp_path / "run.jsonl")).to_html() == play(story).to_html()


@pytest.mark.parametrize("make", [lambda t: film(t, start_ms=5, end_ms=-1), lambda t: film(simulate(size=3, duration_ms=9, frames=False))])
def test_nothing_to_show_is_said(story: Trace, make: Callable[[Trace], object]) -> None:
    """An empty stretch of time, or a run without frames, is refused with a sentence."""
    with pytest.raises(FramesError, match="expected"):
        make(story)
