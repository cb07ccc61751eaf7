from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.chromium import Lab, Watched

pytestmark = pytest.mark.browser

Watch = Callable[..., Watched]

LAB = """
from k8sedu import raft

laboratory = raft.lab(size=5, seed=7)
laboratory
"""
SAVE = 'laboratory.save("run.html")'
PLAYER = "[...document.querySelectorAll('*')].map((e) => e.k8sedu).find(Boolean)"


def go_to(page: Any, time_ms: float) -> None:
    """Move the player to an instant."""
    page.evaluate(f"() => {{ const player = {PLAYER}; player.seek(() => player.clock.seek({time_ms * 1000})); }}")
    page.wait_for_function(f"() => !{PLAYER}.clock.busy")


def now_ms(page: Any) -> float:
    """Where the player is."""
    return float(page.evaluate(f"{PLAYER}.clock.time")) / 1000


def past(page: Any, before_us: int) -> str:
    """What happened before an instant, as text."""
    frames = f"{PLAYER}.film.frames.map((f, i) => [{PLAYER}.film.times[i], f.k ?? f.kind, f.a ?? f.actor])"
    return str(page.evaluate(f"JSON.stringify({frames}.filter(([time]) => time < {before_us}))"))


@pytest.fixture
def opened(in_lab: Callable[..., Watched]) -> Watched:
    """The laboratory in a real JupyterLab."""
    return in_lab("raft-lab.ipynb", LAB, SAVE)


def test_the_leader_stops_when_clicked_and_another_is_elected(opened: Watched) -> None:
    """Click the leader, choose stop: it is stopped at that instant, the instant stays, and later somebody else leads."""
    page = opened.page
    go_to(page, 620)
    page.get_by_role("button", name="n5, leader").first.click()
    page.get_by_role("menuitem", name="stop (crash)").click()
    page.get_by_role("button", name="n5, stopped").first.wait_for(timeout=30_000)
    assert now_ms(page) == 620
    page.locator(".player").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="leader of term 2").first.wait_for(timeout=30_000)
    opened.no_failed_requests()


def test_stepping_back_and_forking_keep_the_past(opened: Watched) -> None:
    """Step back, act there: what happened before stays step for step, what was done later is gone."""
    page = opened.page
    go_to(page, 900)
    page.get_by_role("button", name="n5, leader").first.click()
    page.get_by_role("menuitem", name="stop (crash)").click()
    page.get_by_role("button", name="n5, stopped").first.wait_for(timeout=30_000)
    page.locator(".player").focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(f"() => !{PLAYER}.clock.busy && {PLAYER}.clock.time < 900000")
    page.get_by_role("button", name="n5, leader").first.wait_for(timeout=30_000)
    here_us, before = round(now_ms(page) * 1000), past(page, round(now_ms(page) * 1000))
    page.get_by_role("button", name="n1, follower").first.click()
    page.get_by_role("menuitem", name="pause").click()
    page.get_by_role("button", name="n1, paused").first.wait_for(timeout=30_000)
    assert past(page, here_us) == before
    page.locator(".player").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => !{PLAYER}.clock.busy")
    page.get_by_role("button", name="n5, leader of term 1").first.wait_for(timeout=30_000)
    opened.no_failed_requests()


def test_the_saved_file_plays_without_a_network(lab: Lab, opened: Watched, watch: Watch) -> None:
    """The file that the laboratory saves opens and plays in a browser that is offline, and asks for nothing."""
    page = opened.page
    page.wait_for_selector(".jp-OutputArea-output >> text=run.html", timeout=30_000)
    saved = Path(lab.folder) / "run.html"
    watched = watch(offline=True)
    watched.page.goto(saved.as_uri())
    watched.page.get_by_role("heading", name="Raft laboratory").wait_for(timeout=30_000)
    watched.page.get_by_role("button", name="Play", exact=True).click()
    watched.page.wait_for_function(f"() => {PLAYER}.clock.time > 5000")
    watched.no_network()
