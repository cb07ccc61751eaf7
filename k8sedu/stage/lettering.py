"""Room for words: how wide a text is, where it breaks, and which part of it is strong.

The fonts of the reader's machine are unknown when a picture is made, so widths are estimated, a bit too wide rather than too narrow: a
Chinese character is as wide as its size, a Latin letter between a third and nine tenths of that.

Left out: kerning, hyphenation, right-to-left scripts.
"""

from __future__ import annotations

import re
import unicodedata


def text_width(text: str, size: float = 13) -> float:
    """About how wide a line of text will be, in px.

    >>> text_width("term 2", 10), text_width("任期", 10)
    (33.3, 20.0)
    """
    return round(size * sum(map(_letter_width, text)), 3)


def fit(text: str, width: float, size: float = 13) -> str:
    """The text, shortened with an ellipsis where it would be wider than `width`.

    >>> fit("/svc/frontend", 60)
    '/svc/f…'
    """
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text + "…"


def wrap(text: str, width: float, size: float = 13) -> list[str]:
    """The text in lines not wider than `width`, broken at spaces, and anywhere between Chinese characters but before punctuation.

    >>> wrap("n3 asks for votes", 50, 10)
    ['n3 asks', 'for votes']
    >>> wrap("获得多数票，成为领导者。", 60, 10)
    ['获得多数票，', '成为领导者。']
    """
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and text_width((lines[-1] + piece).rstrip().replace("**", ""), size) > width:
            lines.append("")
        lines[-1] += piece.lstrip() if not lines[-1] else piece
    return [line.rstrip() for line in lines]


def strong_parts(text: str) -> list[tuple[str, bool]]:
    """A caption cut at `**`: each part with whether it is strong.

    >>> strong_parts("**n4 votes:** it has not voted yet.")
    [('n4 votes:', True), (' it has not voted yet.', False)]
    """
    parts = text.split("**")
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def _letter_width(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in "ijlIt.,:;'’|!()[] f·":
        return 0.37
    return 0.85 if char in "mwMW@%…" else 0.68 if char.isupper() else 0.58


def _pieces(text: str) -> list[str]:
    return re.findall(
        r"[\u2e80-\u9fff\uff00-\uffef][，。：；、！？）》”’]*|[^\s\u2e80-\u9fff\uff00-\uffef]+[，。：；、！？）》”’]*|\s+", text
    )
