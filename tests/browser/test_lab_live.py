from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from browser.chromium import Watched

pytestmark = pytest.mark.browser

InLab = Callable[..., Watched]

EXPLORER = """
from dataclasses import replace
from k8sedu.stage import Explorer
from k8sedu.stage.specimen import specimen

asked = []

def answer(event):
    asked.append(event)
    return replace(specimen(), title=f"You chose {event.action} on {event.shape}")

explorer = Explorer(specimen(), answer)
explorer
"""
PLAYER = "[...document.querySelectorAll('*')].map((e) => e.k8sedu).find(Boolean)"


def test_a_laboratory_answers_in_jupyterlab(in_lab: InLab) -> None:
    """Choosing an action in the picture reaches the kernel, and the new film is shown at the same instant."""
    watched = in_lab("explore.ipynb", EXPLORER)
    watched.page.evaluate(f"() => {{ {PLAYER}.go(8) }}")
    watched.page.wait_for_function(f"() => {PLAYER}.clock.index === 8 && !{PLAYER}.clock.busy")
    watched.page.get_by_role("button", name="node n4").click()
    watched.page.get_by_role("menuitem", name="Stop").click()
    watched.page.get_by_role("heading", name="You chose stop on node/n4").wait_for(timeout=30_000)
    assert watched.page.evaluate(f"{PLAYER}.clock.time") == 32_000
    watched.no_failed_requests()


def test_keys_of_the_player_do_not_reach_the_notebook(in_lab: InLab) -> None:
    """While the player has the focus, arrows step the film and letters neither cut nor add cells."""
    watched = in_lab("keys.ipynb", EXPLORER, "1 + 1")
    cells = watched.page.locator(".jp-Notebook .jp-Cell").count()
    watched.page.locator(".player").focus()
    for key in ("ArrowRight", "ArrowRight", "a", "b", "d", "d", "x", "Escape"):
        watched.page.keyboard.press(key)
    watched.page.wait_for_function(f"() => {PLAYER}.clock.goal === 2")
    assert watched.page.locator(".jp-Notebook .jp-Cell").count() == cells


def test_the_player_follows_the_theme_of_jupyterlab(in_lab: InLab) -> None:
    """Switching JupyterLab to dark switches the film, without running the cell again."""
    watched = in_lab("theme.ipynb", EXPLORER)
    assert watched.page.evaluate(f"{PLAYER}.root.dataset.theme") == "light"
    watched.page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    watched.page.wait_for_function(f"() => {PLAYER}.root.dataset.theme === 'dark'")
    watched.page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })")
    watched.page.wait_for_function(f"() => {PLAYER}.root.dataset.theme === 'light'")


def test_python_moves_the_player(in_lab: InLab) -> None:
    """A cell that sets `step` moves the film above, and the film's position is known to Python."""
    watched = in_lab("step.ipynb", EXPLORER, "explorer.step = 5", "explorer.step")
    watched.page.wait_for_function(f"() => {PLAYER}.clock.index === 5")


def test_save_in_jupyterlab_downloads_the_film(in_lab: InLab) -> None:
    """The save button gives the same single file that `save` writes."""
    watched = in_lab("save.ipynb", EXPLORER)
    with watched.page.expect_download() as download:
        watched.page.get_by_role("button", name="save as one HTML file").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("<!doctype html>")
