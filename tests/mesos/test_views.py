"""Laws of the pictures of Mesos: open offers are on their machines, and the ledger says whose turn it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu import mesos
from k8sedu.mesos.drf import fill
from k8sedu.mesos.views import film, ledger_film, play, share_timeline
from k8sedu.stage.shapes import Rect
from k8sedu.trace import Trace
from k8sedu.workload.views.film import ScheduleError

PAPER = ({"cpu": 9, "mem_gb": 18}, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}})


@pytest.fixture(scope="module")
def trace() -> Trace:
    """A run with a lost agent and a lost master."""
    return mesos.simulate(seed=5, duration_ms=16_000, faults=["at 6000 crash m2", "at 8000 crash master"])


def test_every_open_offer_is_on_its_machine_and_nothing_else(trace: Trace) -> None:
    """The scene of each step is whole and shows just the offers that nobody has answered."""
    for frame, step in zip(film(trace).frames, trace, strict=True):
        frame.scene.check()
        drawn = {shape.id.split("/")[1] for shape in frame.scene.shapes if shape.id.startswith("offer/")}
        assert drawn == {offer.agent for offer in step.frame.more.offers.values()}  # type: ignore[union-attr]  # the run has pictures


@pytest.mark.parametrize("seed", range(4))
def test_two_open_offers_of_one_machine_are_both_drawn(seed: int) -> None:
    """A sleeping framework holds an offer; what becomes free meanwhile is offered to somebody else, and both have a tag."""
    trace = mesos.simulate(seed=seed, sleeping=["user-1"], offer_timeout_ms=2_000)
    for frame, step in zip(film(trace).frames, trace, strict=True):
        frame.scene.check()
        tags = [shape.id for shape in frame.scene.shapes if shape.id.startswith("offer/") and shape.id.endswith("/tag")]
        assert len(tags) == len(step.frame.more.offers)  # type: ignore[union-attr]  # the run has pictures


def test_every_step_is_said_in_both_languages(trace: Trace) -> None:
    """No caption is a bare word, and the Chinese one is Chinese."""
    for frame in film(trace).frames:
        english, chinese = frame.scene.caption  # type: ignore[misc]  # a pair of words
        assert english.startswith("**")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_the_film_saves_and_refuses_other_runs(trace: Trace, tmp_path: Path) -> None:
    """One file; a run of something else is told apart."""
    assert play(trace).save(tmp_path / "mesos.html").stat().st_size > 10_000
    with pytest.raises(ScheduleError, match=r"expected one of mesos\.simulate"):
        film(Trace("borg", 0, trace.parameters, tuple(trace)))


def test_the_ledger_has_a_scene_per_task_and_bars_as_long_as_shares() -> None:
    """In the end both bars are two thirds of their track."""
    capacity, demands = PAPER
    frames = ledger_film(capacity, demands, first="B").frames
    assert len(frames) == len(fill(capacity, demands)) + 1
    last = frames[-1].scene
    last.check()
    for user in "AB":
        bar, track = last.find(f"share/{user}/bar"), last.find(f"share/{user}/track")
        assert isinstance(bar, Rect)
        assert isinstance(track, Rect)
        assert float(bar.w) / float(track.w) == pytest.approx(2 / 3)  # type: ignore[arg-type]  # neither moves
    assert "Now no further task fits." in last.caption[0]


def test_the_chart_has_a_line_for_each_framework(trace: Trace) -> None:
    """Named at its end."""
    ax = share_timeline(trace, language="zh")
    frameworks = trace[0].frame.more.frameworks  # type: ignore[union-attr]  # the run has pictures
    assert len(ax.lines) == len(frameworks)
    assert {text.get_text() for text in ax.texts} == set(frameworks)


def test_the_laboratory_answers_a_slider_with_another_ledger() -> None:
    """Twice as much memory for A's tasks gives it fewer of them; a slider that is not there changes nothing."""
    laboratory = mesos.lab()
    before = len(laboratory.ledger().frames)
    laboratory.set("A/mem_gb", 8)
    assert len(laboratory.ledger().frames) < before
    assert laboratory.demands["A"]["mem_gb"] == 8
    laboratory.set("A/gpu", 3)
    assert set(laboratory.amounts) == {"A/cpu", "A/mem_gb", "B/cpu", "B/mem_gb", "cluster/cpu", "cluster/mem_gb"}
