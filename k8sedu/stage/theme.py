"""Colours: what a role looks like on light and on dark paper.

The palette is Okabe and Ito's, which people with any kind of colour vision can tell apart. Terms cycle through it. A colour with text upon
it knows which text is readable there (contrast 4.5 : 1 at least, tested for every role), and a `tint:` is the colour washed out towards the
paper, opaque, so that a line behind a pale box does not shine through.

Source: Okabe and Ito, "Color Universal Design" (2008); WCAG 2.1, relative luminance and contrast ratio.
Left out: themes of one's own. Two papers are enough to get right.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from k8sedu.errors import K8sEduError

Theme: TypeAlias = Literal["light", "dark"]

PALETTE = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "vermillion": "#D55E00",
    "yellow": "#F0E442",
    "grey": "#999999",
}

TERM_COLOURS = ("blue", "orange", "green", "purple", "sky", "vermillion")
"""Term 1 is blue, term 2 orange, … term 7 blue again."""

PAPER = {
    "light": {"paper": "#FFFFFF", "card": "#F8F9FA", "line": "#DADCE0", "muted": "#5F6368", "ink": "#202124"},
    "dark": {"paper": "#111418", "card": "#1A1D21", "line": "#3C4043", "muted": "#9AA0A6", "ink": "#E8EAED"},
}

ALIASES = {"accent": "blue", "good": "green", "bad": "vermillion"}

DARK_INK = "#111418"
LIGHT_INK = "#FFFFFF"
TINT = {"light": 0.28, "dark": 0.34}


class RoleError(K8sEduError, ValueError):
    """A role that no theme knows."""


def canonical(role: str) -> str:
    """The role under its shortest name: terms become their colours, aliases what they stand for.

    >>> canonical("term-2"), canonical("tint:good"), canonical("on:term-7")
    ('orange', 'tint:green', 'on:blue')
    """
    prefix, colon, name = role.rpartition(":")
    if name.startswith("term-"):
        number = name.removeprefix("term-")
        if not number.isdigit():
            raise RoleError(f"role {role!r} has the term {number!r}, expected a number such as 'term-3'")
        name = TERM_COLOURS[(int(number) - 1) % len(TERM_COLOURS)]
    name = ALIASES.get(name, name)
    if (name not in PALETTE and name not in PAPER["light"]) or prefix not in {"", "tint", "on"}:
        raise RoleError(f"role {role!r} is not known, expected a colour such as 'blue', 'term-3', 'ink', 'tint:blue' or 'on:blue'")
    return prefix + colon + name


def colour(role: str | None, theme: Theme = "light") -> str:
    """The colour of a role, as `#RRGGBB`, or "none".

    >>> colour("term-1"), colour("on:term-2"), colour("ink", "dark"), colour(None)
    ('#0072B2', '#111418', '#E8EAED', 'none')
    """
    if role is None:
        return "none"
    prefix, _, name = canonical(role).rpartition(":")
    plain = PALETTE.get(name) or PAPER[theme][name]
    if prefix == "tint":
        return mix(plain, PAPER[theme]["paper"], TINT[theme])
    return readable_on(plain) if prefix == "on" else plain


def roles() -> tuple[str, ...]:
    """Every role under its canonical name."""
    plain = (*PAPER["light"], *PALETTE)
    return (*plain, *(f"tint:{name}" for name in PALETTE), *(f"on:{name}" for name in PALETTE))


def mix(front: str, back: str, share: float) -> str:
    """`share` of one colour over the rest of another.

    >>> mix("#000000", "#FFFFFF", 0.5)
    '#808080'
    """
    pairs = zip(_channels(front), _channels(back), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in pairs)


def readable_on(background: str) -> str:
    """Dark or white, whichever is easier to read upon a colour.

    >>> readable_on("#E69F00"), readable_on("#0072B2")
    ('#111418', '#FFFFFF')
    """
    return max(LIGHT_INK, DARK_INK, key=lambda ink: contrast(ink, background))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 (the same) to 21 (black on white).

    >>> round(contrast("#000000", "#FFFFFF"), 1)
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _channels(hex_colour: str) -> tuple[int, int, int]:
    return int(hex_colour[1:3], 16), int(hex_colour[3:5], 16), int(hex_colour[5:7], 16)


def _luminance(hex_colour: str) -> float:
    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(hex_colour))
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)
