"""Small drawings, as outlines in a box of 16 × 16: a crown, a cross, a clock.

They are shapes and not letters of a symbol font, because a font that is missing on the reader's machine would leave an empty box. An icon
is filled; the ones in `STROKED` are drawn as lines.
"""

from __future__ import annotations

from k8sedu.errors import K8sEduError

ICONS = {
    "crown": "M1.5 13V4.5L5 8 8 2.5 11 8 14.5 4.5V13Z",
    "cross": "M3.5 3.5 12.5 12.5M12.5 3.5 3.5 12.5",
    "plus": "M8 3V13M3 8H13",
    "minus": "M3 8H13",
    "check": "M3 8.5 6.5 12 13 4.5",
    "clock": "M14 8A6 6 0 1 1 2 8 6 6 0 1 1 14 8ZM8 4.5V8L10.5 9.5",
    "pause": "M4 3H7V13H4ZM9 3H12V13H9Z",
    "play": "M4 2.5 13 8 4 13.5Z",
    "bolt": "M9 1 3 9H7.5L6.5 15 13 6.5H8.5Z",
    "wall": "M1 3H15V6.5H1ZM1 9.5H15V13H1ZM8 3V6.5M5 9.5V13M11 9.5V13",
    "heal": "M2 8H6M10 8H14M6 5V11M10 5V11M6 8H10",
    "restart": "M13 8A5 5 0 1 1 11 4M11 1V4.5H7.5",
    "disk": "M2.5 4C2.5 1.5 13.5 1.5 13.5 4V12C13.5 14.5 2.5 14.5 2.5 12ZM2.5 4C2.5 6.5 13.5 6.5 13.5 4M2.5 8C2.5 10.5 13.5 10.5 13.5 8",
    "snapshot": "M2 5H5L6.5 3H9.5L11 5H14V13H2ZM10.5 9A2.5 2.5 0 1 1 5.5 9 2.5 2.5 0 1 1 10.5 9Z",
    "person": "M8 1.5A3 3 0 1 1 8 7.5 3 3 0 1 1 8 1.5ZM2.5 14.5C2.5 7.5 13.5 7.5 13.5 14.5Z",
    "box": "M2 4.5 8 1.5 14 4.5V11.5L8 14.5 2 11.5ZM2 4.5 8 7.5 14 4.5M8 7.5V14.5",
    "key": "M9 7A3.5 3.5 0 1 1 2 7 3.5 3.5 0 1 1 9 7ZM9 7H14.5V10.5M11.5 7V10",
    "flag": "M3.5 15V2H13L10.5 5 13 8H3.5",
    "eye": "M1 8C4.5 2.5 11.5 2.5 15 8 11.5 13.5 4.5 13.5 1 8ZM10 8A2 2 0 1 1 6 8 2 2 0 1 1 10 8Z",
    "arrow": "M2 8H13.5M9.5 4 13.5 8 9.5 12",
    "swap": "M2 5.5H12.5M9.5 2.5 12.5 5.5 9.5 8.5M14 10.5H3.5M6.5 7.5 3.5 10.5 6.5 13.5",
    "star": "M8 1.5 10 6 15 6.5 11.3 9.8 12.4 14.5 8 12 3.6 14.5 4.7 9.8 1 6.5 6 6Z",
    "dot": "M11.5 8A3.5 3.5 0 1 1 4.5 8 3.5 3.5 0 1 1 11.5 8Z",
    "alert": "M8 1.5 15 14.5H1ZM8 6V10M8 12V12.5",
}
"""Name → outline."""

STROKED = frozenset(
    (
        "cross",
        "plus",
        "minus",
        "check",
        "clock",
        "wall",
        "heal",
        "restart",
        "disk",
        "snapshot",
        "box",
        "key",
        "flag",
        "eye",
        "arrow",
        "swap",
        "alert",
    )
)
"""The icons that are lines; the rest are filled."""


class IconError(K8sEduError, ValueError):
    """An icon that nobody has drawn."""


def outline(name: str) -> tuple[str, bool]:
    """An icon's path and whether it is drawn as lines.

    >>> outline("minus")
    ('M3 8H13', True)
    """
    if name not in ICONS:
        raise IconError(f"icon {name!r} is not known, expected one of {', '.join(sorted(ICONS))}")
    return ICONS[name], name in STROKED
