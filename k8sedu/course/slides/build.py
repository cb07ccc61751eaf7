"""A deck from its notebook to its files: run, sort, write, measure, print.

The deck is written beside its place first and measured there. Only one that fits takes the place of an older one, so a lecturer who
builds the night before always has the last deck that was right.

Left out: keeping outputs between builds. A run takes seconds, and a deck that shows what the code did last week is wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from k8sedu.course.browser import Visit, chromium
from k8sedu.course.execution import execute, unheard
from k8sedu.course.notebook import Notebook
from k8sedu.course.slides import fit, paper, powerpoint
from k8sedu.course.slides.deck import html_of
from k8sedu.course.slides.structure import Deck, deck_of
from k8sedu.files import write_whole
from k8sedu.stage.theme import Theme

FINENESS = 1.5
"""How many pixels of a PowerPoint still one px of a slide gets: 1920 across."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is wanted: which files, which paper, which language, with or without notes; and whether a browser measures it."""

    html: Path
    pdf: Path | None = None
    pptx: Path | None = None
    theme: Theme = "light"
    language: str | None = None
    notes: bool = True
    measured: bool = True
    targets: Mapping[str, str] = field(default_factory=dict)
    """Where links to other notebooks lead."""


def build(path: Path, order: Order, *, told: Callable[[int, int], None] = unheard) -> Deck:
    """Run a notebook and write its deck.

    Raises:
        NotebookError: the notebook cannot be read or run.
        BrowserError: there is no browser, or a slide is too full, or the deck asks the network for something.
    """
    return write(execute(path, language=order.language, told=told), order)


def write(notebook: Notebook, order: Order) -> Deck:
    """Write the deck of a notebook that has run."""
    deck = deck_of(notebook, theme=order.theme, language=order.language)
    page = html_of(deck, theme=order.theme, notes=order.notes, targets=order.targets)
    if order.measured or order.pdf or order.pptx:
        with chromium() as browser:
            inspect(deck, page, order, browser)
    write_whole(order.html, page)
    return deck


def inspect(deck: Deck, html: str, order: Order, browser: Any) -> None:
    """Measure a deck in a browser, and print what is wanted of it."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, device_scale_factor=FINENESS if order.pptx else 1)
    visit = Visit(context.new_page())
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "deck.html"
            file.write_text(html, encoding="utf-8")
            page = fit.open_deck(visit, file)
            visit.check(str(order.html))
            fit.check(page, str(order.html))
            page.evaluate("() => k8seduDeck.toStills()")
            if order.pdf:
                paper.save(page, order.pdf)
            if order.pptx:
                powerpoint.save(deck, powerpoint.stills(page), order.pptx, theme=order.theme, notes=order.notes)
    finally:
        context.close()
