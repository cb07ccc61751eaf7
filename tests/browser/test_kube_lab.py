from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from browser.chromium import Watched

pytestmark = pytest.mark.browser

InLab = Callable[..., Watched]

SCHEDULER = """
from k8sedu.kube import scheduler

laboratory = scheduler.lab()
laboratory
"""
PLAYER = "[...document.querySelectorAll('*')].map((e) => e.k8sedu).find(Boolean)"
OUTCOME = f"{PLAYER}.film.frames[{PLAYER}.clock.index].kind"


def answered(page: Any) -> None:
    """Wait until nothing is asked any more, and nothing moves."""
    page.wait_for_function(f"() => !{PLAYER}.root.hasAttribute('aria-busy') && !{PLAYER}.clock.busy", timeout=30_000)


def until_said(page: Any, words: str) -> None:
    """Wait for the sentence below the picture: the new film may come after the answer."""
    page.wait_for_function(f"(words) => {PLAYER}.root.querySelector('.caption').innerText.includes(words)", arg=words, timeout=30_000)
    answered(page)


def pick(page: Any, name: str, value: str) -> None:
    """Choose a value in one of the lists below the player."""
    page.locator(".player .controls label").filter(has=page.get_by_text(name, exact=True)).locator("select").select_option(value)


def click(page: Any, name: str, *, role: str = "button") -> None:
    """Press a button, choose a node, or a line of its menu."""
    page.locator(".player").get_by_role(role, name=name).first.click()


def test_the_scheduler_answers_to_every_hand(in_lab: InLab) -> None:
    """A list, a menu on a node, the manifest, a mistake in it: verdicts change where one stands; placing goes on, undo goes back."""
    watched = in_lab("scheduler-lab.ipynb", SCHEDULER)
    page = watched.page
    until_said(page, "n4 is taken")
    pick(page, "node affinity", "must zone=b")
    until_said(page, "Only n4 is left")
    click(page, "node n4")
    click(page, "cordon it", role="menuitem")
    until_said(page, "No node is left")
    box = page.locator(".player textarea")
    box.fill(box.input_value().replace("- b\n", "- c\n"))
    page.keyboard.press("Control+Enter")
    until_said(page, "n6 is taken")
    box.fill("apiVersion: v1\nkind: Pod\nspec:\n  priority: high\n")
    click(page, "apply")
    page.get_by_text('pod.yaml, line 4: spec.priority is "high"').wait_for(timeout=30_000)
    page.keyboard.press("Escape")
    click(page, "place it")
    page.wait_for_function(f"() => {PLAYER}.film.bands.length === 2", timeout=30_000)
    answered(page)
    assert page.evaluate(OUTCOME) == "select_host"
    page.get_by_text("web-2", exact=True).first.wait_for()
    click(page, "undo")
    page.wait_for_function(f"() => {PLAYER}.film.bands.length === 1", timeout=30_000)
    watched.no_failed_requests()


SERVICES = """
from k8sedu.kube import proxy

laboratory = proxy.lab()
laboratory
"""


def test_services_answer_to_every_hand(in_lab: InLab) -> None:
    """A menu on a pod, a thousand requests, news, another mode: losses show, and undo goes back."""
    watched = in_lab("services-lab.ipynb", SERVICES)
    page = watched.page
    until_said(page, "A Service and its pods")
    click(page, "pod web-1")
    click(page, "kill it", role="menuitem")
    until_said(page, "web-1 is dead")
    click(page, "send 1000")
    page.get_by_text("since the last change: 1000 requests").wait_for(timeout=30_000)
    answered(page)
    click(page, "the node hears the news")
    until_said(page, "The node has heard the news")
    pick(page, "mode", "ipvs")
    until_said(page, "kube-proxy begins anew in mode ipvs")
    page.wait_for_function(f"() => {PLAYER}.film.bands.length === 5", timeout=30_000)
    click(page, "undo")
    page.wait_for_function(f"() => {PLAYER}.film.bands.length === 4", timeout=30_000)
    watched.no_failed_requests()
