from __future__ import annotations

import re

import pytest

from k8sedu.course.palette import CODE, readable, variables
from k8sedu.stage.theme import PALETTE, PAPER, Theme, contrast


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_can_be_read_on_both_papers(theme: Theme) -> None:
    """Each colour of code has the contrast of text on the card where code stands, and they differ from each other."""
    colours = {name: readable(PALETTE[role], theme) for name, role in CODE.items()}
    assert all(contrast(one, PAPER[theme]["card"]) >= 4.5 for one in colours.values())
    assert len(set(colours.values())) == len(CODE)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_style_sheet_knows_the_paper(theme: Theme) -> None:
    """Paper, ink and accents are variables, and the browser's own controls follow."""
    text = variables(theme)
    assert f"--paper: {PAPER[theme]['paper']}" in text
    assert f"color-scheme: {theme}" in text
    accent = re.search("--accent: (#[0-9A-F]{6})", text)
    assert accent is not None
    assert contrast(accent[1], PAPER[theme]["paper"]) >= 4.5
