from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.course.browser import BrowserError
from k8sedu.course.notebook import Cell, Notebook
from k8sedu.course.slides.build import Order, write

NOTEBOOK = Notebook(Path("a.ipynb"), (Cell("t", "markdown", "# T"), Cell("n", "markdown", "say this", {"tags": ["notes"]})))


def test_without_a_browser_a_deck_is_not_called_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser can measure the slides, nothing is written, and the deck that was there stays."""
    monkeypatch.setenv("K8SEDU_CHROMIUM", "/no/such/browser")
    target = tmp_path / "deck.html"
    target.write_text("yesterday's")
    with pytest.raises(BrowserError, match="no Chromium at /no/such/browser"):
        write(NOTEBOOK, Order(html=target))
    assert target.read_text() == "yesterday's"


def test_a_deck_may_be_left_unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says so gets the deck without a browser; language and notes follow the order."""
    monkeypatch.setenv("K8SEDU_CHROMIUM", "/no/such/browser")
    target = tmp_path / "deck.html"
    deck = write(NOTEBOOK, Order(html=target, measured=False, notes=False, language="zh"))
    assert deck.title == "T"
    html = target.read_text(encoding="utf-8")
    assert '<html lang="zh-Hans"' in html
    assert "say this" not in html


@pytest.mark.parametrize("extra", ["pdf", "pptx"])
def test_paper_needs_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extra: str) -> None:
    """PDF and PowerPoint are made by the browser, so an unmeasured deck of that kind is refused too."""
    monkeypatch.setenv("K8SEDU_CHROMIUM", "/no/such/browser")
    with pytest.raises(BrowserError):
        write(NOTEBOOK, Order(html=tmp_path / "deck.html", measured=False, **{extra: tmp_path / f"deck.{extra}"}))
    assert list(tmp_path.iterdir()) == []
