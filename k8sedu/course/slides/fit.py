"""Every slide measured in a real browser; one that overflows ends the build, by name.

What is cut off at the lower edge is always the line that mattered, and the lecturer sees it first on the projector. Estimates do not
help: fonts differ. So the deck itself is opened, its films are mounted, and each sheet says whether its contents fit, after its type
was made as small as it may be.

Left out: mending. Cutting a slide in two is the author's decision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from k8sedu.course.browser import BrowserError, Visit

MOUNTED = "() => k8seduDeck.films().every((film) => k8seduDeck.playerOf(film))"


class SlideOverflowError(BrowserError):
    """A slide holds more than there is room for."""


def open_deck(visit: Visit, file: Path) -> Any:
    """The deck with all its slides side by side, as for print, films mounted."""
    page = visit.opened(file, "?print-pdf")
    page.wait_for_function("() => window.k8seduDeck")
    page.evaluate("() => k8seduDeck.ready")
    page.wait_for_selector(".pdf-page", state="attached")
    page.wait_for_function(MOUNTED)
    page.evaluate("() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))")
    return page


def check(page: Any, name: str) -> None:
    """Refuse a deck with slides that are too full.

    Raises:
        SlideOverflowError: naming each of them.
    """
    found = page.evaluate("() => k8seduDeck.overflowing()")
    if found:
        slides = "; ".join(f"slide {one['slide']} {one['title']!r} (cell {one['cell']!r}) is {one['by']}" for one in found)
        raise SlideOverflowError(f"{name}: {slides}; shorten it, hide its code (tag hide-input), or open another slide")
