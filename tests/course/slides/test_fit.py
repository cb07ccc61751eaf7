from __future__ import annotations

import pytest

from k8sedu.course.slides import fit
from k8sedu.errors import K8sEduError


class Page:
    """A browser's page that gives one answer."""

    def __init__(self, *found: dict[str, object]) -> None:
        self.found = list(found)

    def evaluate(self, script: str) -> object:
        """What the deck says about its slides."""
        return self.found


FULL = {"slide": 3, "title": "Too much", "cell": "b", "by": "40 px too high"}


def test_a_full_slide_is_named() -> None:
    """The sentence gives number, title and cell of each slide that overflows, by how much, and what can be done."""
    with pytest.raises(fit.SlideOverflowError, match=r"deck: slide 3 'Too much' \(cell 'b'\) is 40 px too high; .*hide its code"):
        fit.check(Page(FULL), "deck")
    with pytest.raises(K8sEduError, match=r"slide 3 .*; slide 3 "):
        fit.check(Page(FULL, FULL), "deck")


def test_a_deck_that_fits_is_let_through() -> None:
    """Nothing to complain about, nothing said."""
    fit.check(Page(), "deck")
