"""A drawing for the other paper: the house's light colours exchanged for its dark ones.

A notebook draws its charts once, on light paper. A dark deck needs the same drawings on dark paper, and every colour in them is a role
of the theme. So the colours are exchanged in the SVG itself: paper for paper, ink for ink, a tint for the tint of the same name. White
letters upon a coloured shape are neither paper nor ink and stay white.

Left out: photographs (PNG). They stay as they are, on a light card.
"""

from __future__ import annotations

import re

from k8sedu.course.palette import readable
from k8sedu.stage.theme import PALETTE, PAPER, Theme, colour

EXCHANGE = {
    colour(role).upper(): colour(role, "dark")
    for role in (*(f"tint:{name}" for name in PALETTE), *PAPER["light"])  # the paper last: it wins where two are equal
}
"""The light colour of every role that looks different on dark paper → its dark colour."""

INK_BLACK = {"#000000": PAPER["dark"]["ink"], "BLACK": PAPER["dark"]["ink"]}
"""Matplotlib's own black, for ink."""

COLOUR = re.compile(r"""((?<![\w-])fill(?:=["']|: ?)|)(#[0-9a-fA-F]{6})\b""")
"""A colour, and whether a shape or letter is filled with it."""


def redressed(svg: str, theme: Theme) -> str:
    """An SVG for a paper. Drawings that bring both papers along are left alone.

    >>> redressed('<rect fill="#FFFFFF"/><text fill="#FFFFFF">n1</text><text fill="#202124">n2</text>', "dark")
    '<rect fill="#111418"/><text fill="#FFFFFF">n1</text><text fill="#E8EAED">n2</text>'
    """
    if theme == "light" or "prefers-color-scheme" in svg:
        return svg
    letters = re.compile(r"<text\b[^>]*>|<g id=\"text_\d+\">.*?</g>\s*</g>", re.DOTALL)
    parts, last = [], 0
    for match in letters.finditer(svg):
        parts += [_exchanged(svg[last : match.start()]), _exchanged(match[0], keep_white=True)]
        last = match.end()
    return "".join([*parts, _exchanged(svg[last:])])


def _exchanged(text: str, *, keep_white: bool = False) -> str:
    def other(match: re.Match[str]) -> str:
        name = match[2].upper()
        if keep_white and match[1] and name == PAPER["light"]["paper"]:
            return match[0]
        if keep_white and match[1] and name in PALETTE.values():
            return match[1] + readable(name, "dark")
        return match[1] + (EXCHANGE.get(name) or INK_BLACK.get(name) or match[2])

    return COLOUR.sub(other, text)
