from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from browser.chromium import Watched

pytestmark = pytest.mark.browser

InLab = Callable[..., Watched]

STORE = """
from k8sedu import etcd

laboratory = etcd.lab(scene="txn")
laboratory
"""
LEASES = """
from k8sedu import etcd

laboratory = etcd.lease_lab(scene="silence")
laboratory
"""
PLAYER = "[...document.querySelectorAll('*')].map((e) => e.k8sedu).find(Boolean)"


def go_to(page: Any, kind: str, number: int = 0) -> int:
    """Move the player to the n-th moment of a kind; gives its place."""
    places = f"{PLAYER}.film.frames.flatMap((f, i) => (f.kind === '{kind}' ? [i] : []))"
    page.wait_for_function(f"() => {places}.length > {number}", timeout=30_000)
    place = int(page.evaluate(f"{places}[{number}]"))
    page.evaluate(f"() => {{ {PLAYER}.go({place}) }}")
    page.wait_for_function(f"() => {PLAYER}.clock.index === {place} && !{PLAYER}.clock.busy")
    return place


def pick(page: Any, name: str, value: str) -> None:
    """Choose a value in one of the lists below the player."""
    page.locator(".player .controls label").filter(has=page.get_by_text(name, exact=True)).locator("select").select_option(value)
    answered(page)


def click(page: Any, name: str, *, role: str = "button") -> None:
    """Do something, and wait for the kernel's answer."""
    page.locator(".player").get_by_role(role, name=name).first.click()
    answered(page)


def answered(page: Any) -> None:
    """Wait until nothing is asked any more."""
    page.wait_for_function(f"() => !{PLAYER}.root.hasAttribute('aria-busy')", timeout=30_000)


def said(page: Any) -> str:
    """The sentence below the picture."""
    return str(page.locator(".player .caption").inner_text())


def past(page: Any, place: int) -> str:
    """What happened up to a place, as text."""
    return str(page.evaluate(f"JSON.stringify({PLAYER}.film.frames.slice(0, {place}).map((f) => [f.time, f.kind, f.actor]))"))


def test_the_store_does_what_is_picked(in_lab: InLab) -> None:
    """Verb, key and value are picked, "do it" is clicked, and the record stands in the pages; a transaction shows its card."""
    watched = in_lab("etcd-lab.ipynb", STORE)
    page = watched.page
    go_to(page, "compare", 1)
    assert "goes on with else" in said(page)
    page.get_by_text("transaction", exact=True).first.wait_for()
    page.locator(".player").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"() => !{PLAYER}.clock.busy")
    before = int(page.evaluate(f"{PLAYER}.film.frames.length"))
    pick(page, "key", "/jobs")
    pick(page, "value", "v2")
    click(page, "do it")
    page.wait_for_function(f"() => {PLAYER}.film.frames.length > {before}", timeout=30_000)
    page.locator(".player").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="record 4.0").first.wait_for(timeout=30_000)
    watched.no_failed_requests()


def test_a_client_that_crashes_loses_its_lease(in_lab: InLab) -> None:
    """Click a client, choose stop: the clock runs out, and one revision deletes its keys; the past stays as it was."""
    watched = in_lab("lease-lab.ipynb", LEASES)
    page = watched.page
    place = go_to(page, "keep_alive", 1)
    before, here = past(page, place), page.evaluate(f"{PLAYER}.clock.time")
    page.get_by_role("button", name="client c1", exact=True).first.click()
    click(page, "stop (crash)", role="menuitem")
    page.get_by_role("button", name="client c1, crashed").first.wait_for(timeout=30_000)
    assert page.evaluate(f"{PLAYER}.clock.time") == here
    assert past(page, place) == before
    go_to(page, "lease_expired")
    page.get_by_text("0 s", exact=True).first.wait_for()
    go_to(page, "lease_revoke")
    assert "deletes all its keys in their order: /nodes/a, /nodes/a/ip" in said(page)
    watched.no_failed_requests()


def test_a_lease_is_granted_and_outlives_its_leader(in_lab: InLab) -> None:
    """Pick a number and a key, grant and attach; the leader crashes, nobody counts, and the next leader begins the clock anew."""
    watched = in_lab("lease-lab-2.ipynb", LEASES.replace('scene="silence"', ""))
    page = watched.page
    pick(page, "lease", "9")
    click(page, "grant lease")
    go_to(page, "lease_grant")
    pick(page, "key", "/locks/cron")
    click(page, "put key with lease")
    go_to(page, "put")
    assert "/locks/cron hangs on lease 9" in said(page)
    click(page, "crash leader")
    go_to(page, "crash")
    assert "with it the only clocks that count" in said(page)
    go_to(page, "lessor_promoted", 1)
    assert "begins every countdown anew" in said(page)
    page.get_by_role("button", name="lease 9").first.click()
    click(page, "revoke", role="menuitem")
    go_to(page, "lease_revoke")
    revoked_us = int(page.evaluate(f"{PLAYER}.clock.time"))
    click(page, "undo")
    again = f"{PLAYER}.film.frames.some((f) => f.kind === 'lease_revoke' && f.time <= {revoked_us})"
    page.wait_for_function(f"() => !{again}", timeout=30_000)
    watched.no_failed_requests()
