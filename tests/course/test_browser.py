from __future__ import annotations

import sys
from pathlib import Path

import pytest

from k8sedu.course.browser import BrowserError, Visit, executable


class Page:
    """A page that only remembers who listens."""

    def __init__(self) -> None:
        self.listeners: dict[str, object] = {}

    def on(self, kind: str, listener: object) -> None:
        """Remember one."""
        self.listeners[kind] = listener


def test_a_missing_browser_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no Chromium is, the sentence says what it is for and how to get one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("K8SEDU_CHROMIUM", raising=False)
    monkeypatch.setattr("k8sedu.course.browser.PLACES", ())
    with pytest.raises(BrowserError, match="no Chromium or Chrome was found, which measures and prints slides: install one"):
        executable()


def test_a_browser_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`K8SEDU_CHROMIUM` is believed, and a name that leads nowhere is told."""
    monkeypatch.setenv("K8SEDU_CHROMIUM", sys.executable)
    assert executable() == sys.executable
    monkeypatch.setenv("K8SEDU_CHROMIUM", "/no/such/browser")
    with pytest.raises(BrowserError, match="no Chromium at /no/such/browser"):
        executable()


def test_a_page_that_asks_the_network_is_refused() -> None:
    """Files, blobs and data are the page itself; anything else is named."""
    page = Page()
    visit = Visit(page)  # type: ignore[arg-type]  # a page of playwright is not needed to hear requests
    for url in ("file:///a", "blob:b", "data:,c", "about:blank"):
        visit._asked(url)
    visit.check("deck")
    visit._asked("https://unpkg.com/reveal.js")
    with pytest.raises(BrowserError, match=r"deck: the page asks the network for https://unpkg\.com/reveal\.js"):
        visit.check("deck")


def test_a_broken_script_is_refused() -> None:
    """A deck whose script throws is not handed out."""
    visit = Visit(Page())  # type: ignore[arg-type]  # as above
    visit.errors.append("x is not defined")
    with pytest.raises(BrowserError, match="a script in the page broke: x is not defined"):
        visit.check("deck")
