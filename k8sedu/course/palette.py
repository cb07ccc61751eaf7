"""The colours of decks and pages as CSS variables: the stage's paper, ink and palette, and code that can be read upon both papers.

Code is coloured with the palette too, mixed towards the ink until each colour has the contrast of text (4.5 : 1).

Left out: colours of a person's own choice.
"""

from __future__ import annotations

from k8sedu.stage.theme import PALETTE, PAPER, Theme, contrast, mix

CODE = {"keyword": "blue", "text": "green", "number": "vermillion", "name": "purple"}
"""What a part of code is → the palette's colour that it leans on."""

ENOUGH = 4.6


def variables(theme: Theme) -> str:
    """The `:root` of a page's style sheet."""
    paper = PAPER[theme]
    lines = [f"--{name}: {value}" for name, value in paper.items()]
    lines += [f"--code-{name}: {readable(PALETTE[role], theme)}" for name, role in CODE.items()]
    lines += [f"--accent: {PALETTE['blue' if theme == 'light' else 'sky']}", f"color-scheme: {theme}"]
    return f":root {{ {'; '.join(lines)} }}"


def readable(colour: str, theme: Theme) -> str:
    """A colour, mixed towards the ink until it can be read on the card.

    >>> readable("#F0E442", "light") != "#F0E442", readable("#F0E442", "dark")
    (True, '#F0E442')
    """
    share = 1.0
    while contrast(mix(colour, PAPER[theme]["ink"], share), PAPER[theme]["card"]) < ENOUGH:
        share -= 0.05
    return mix(colour, PAPER[theme]["ink"], share) if share < 1 else colour
