"""Shapes drawn as SVG elements, one function per kind of shape.

The player's JavaScript (`js/paint.js`) draws the same shapes with the same geometry; a browser test compares the two. Numbers are written
with two decimals, so that the same scene gives the same bytes on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape
from typing import NamedTuple

from k8sedu.stage.icons import outline
from k8sedu.stage.motion import Number, Ramp, Text, number_at, text_at
from k8sedu.stage.shapes import Arc, Circle, Group, Icon, Label, Line, Path, Rect, Shape, Token
from k8sedu.stage.theme import Theme, colour, readable_on


class Pen(NamedTuple):
    """What drawing needs to know beyond the shapes."""

    time_us: float
    theme: Theme
    language: str | None

    def number(self, value: Number) -> str:
        """A number at the pen's instant, as text."""
        return fixed(number_at(value, self.time_us))

    def text(self, value: Text | None) -> str:
        """A text at the pen's instant, safe inside SVG."""
        return escape(text_at(value or "", self.time_us, self.language))

    def colour(self, role: str | None) -> str:
        """A role's colour on the pen's paper."""
        return colour(role, self.theme)


def drawn(shapes: tuple[Shape, ...], pen: Pen) -> str:
    """Shapes as SVG elements, lower layers first."""
    return "".join(_DRAW[type(shape)](shape, pen) for shape in sorted(shapes, key=lambda shape: shape.layer))


def _paint(shape: Shape, pen: Pen) -> str:
    parts = [f'fill="{pen.colour(shape.fill)}"']
    if shape.stroke:
        dashes = ' stroke-dasharray="7 5"' if shape.dashed and shape.width > 2 else ' stroke-dasharray="4 3"' if shape.dashed else ""
        parts.append(f'stroke="{pen.colour(shape.stroke)}" stroke-width="{fixed(shape.width)}"{dashes}')
    return " ".join(parts) + _opacity(shape, pen)


def _opacity(shape: Shape, pen: Pen) -> str:
    opacity = pen.number(shape.opacity)
    return "" if opacity == "1" else f' opacity="{opacity}"'


def _circle(shape: Circle, pen: Pen) -> str:
    return f'<circle cx="{pen.number(shape.x)}" cy="{pen.number(shape.y)}" r="{pen.number(shape.r)}" {_paint(shape, pen)}/>'


def _rect(shape: Rect, pen: Pen) -> str:
    place = f'x="{pen.number(shape.x)}" y="{pen.number(shape.y)}" width="{pen.number(shape.w)}" height="{pen.number(shape.h)}"'
    return f'<rect {place} rx="{fixed(shape.r)}" {_paint(shape, pen)}/>'


def _straight(shape: Line, pen: Pen) -> str:
    x1, y1, x2, y2 = (number_at(value, pen.time_us) for value in (shape.x1, shape.y1, shape.x2, shape.y2))
    d = f"M{fixed(x1)},{fixed(y1)}L{fixed(x2)},{fixed(y2)}" + (arrow_head(x1, y1, x2, y2) if shape.arrow else "")
    return f'<path d="{d}" {_paint(shape, pen)} stroke-linecap="round"/>'


def arrow_head(x1: float, y1: float, x2: float, y2: float, size: float = 8) -> str:
    """The two strokes at the end of an arrow, as SVG path commands."""
    angle = math.atan2(y2 - y1, x2 - x1)
    wings = [(x2 - size * math.cos(angle + turn), y2 - size * math.sin(angle + turn)) for turn in (0.5, -0.5)]
    return f"M{fixed(wings[0][0])},{fixed(wings[0][1])}L{fixed(x2)},{fixed(y2)}L{fixed(wings[1][0])},{fixed(wings[1][1])}"


def _path(shape: Path, pen: Pen) -> str:
    place = "" if shape.x == 0 and shape.y == 0 else f' transform="translate({pen.number(shape.x)},{pen.number(shape.y)})"'
    return f'<path d="{escape(shape.d)}"{place} {_paint(shape, pen)} stroke-linecap="round" stroke-linejoin="round"/>'


def _arc(shape: Arc, pen: Pen) -> str:
    sweep = number_at(shape.sweep, pen.time_us)
    place = f'transform="translate({pen.number(shape.x)},{pen.number(shape.y)})"'
    return f'<path {place} d="{arc_path(number_at(shape.r, pen.time_us), sweep)}" {_paint(shape, pen)} stroke-linecap="round"/>'


def arc_path(r: float, sweep: float) -> str:
    """A part of a ring around (0, 0), clockwise from twelve o'clock.

    >>> arc_path(10, 0.25)
    'M0,-10A10,10 0 0 1 10,0'
    """
    if sweep <= 0.001:
        return ""
    if sweep >= 0.999:
        return f"M0,{fixed(-r)}A{fixed(r)},{fixed(r)} 0 1 1 0,{fixed(r)}A{fixed(r)},{fixed(r)} 0 1 1 0,{fixed(-r)}"
    angle = 2 * math.pi * sweep
    end = f"{fixed(r * math.sin(angle))},{fixed(-r * math.cos(angle))}"
    return f"M0,{fixed(-r)}A{fixed(r)},{fixed(r)} 0 {int(sweep > 0.5)} 1 {end}"


def _label(shape: Label, pen: Pen) -> str:
    halo = f' paint-order="stroke" stroke="{pen.colour(shape.halo)}" stroke-width="4" stroke-linejoin="round"' if shape.halo else ""
    weight = "" if shape.weight == 400 else f' font-weight="{shape.weight}"'
    place = f'x="{pen.number(shape.x)}" y="{fixed(number_at(shape.y, pen.time_us) + 0.35 * shape.size)}" text-anchor="{shape.anchor}"'
    paint = f'font-size="{fixed(shape.size)}"{weight} fill="{pen.colour(shape.fill)}"{halo}{_opacity(shape, pen)}'
    return f"<text {place} {paint}>{pen.text(shape.text)}</text>"


def _icon(shape: Icon, pen: Pen) -> str:
    place = f"translate({pen.number(shape.x)},{pen.number(shape.y)})"
    return f"<g{_opacity(shape, pen)}>{_outline(shape.name, place, shape.size, pen.colour(shape.fill))}</g>"


def _outline(name: str, place: str, size: float, paint: str) -> str:
    d, is_stroked = outline(name)
    style = (
        f'fill="none" stroke="{paint}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
        if is_stroked
        else f'fill="{paint}"'
    )
    return f'<path transform="{place} scale({fixed(size / 16)}) translate(-8,-8)" d="{d}" {style}/>'


def _token(shape: Token, pen: Pen) -> str:
    ink = pen.colour(shape.text_fill) if shape.text_fill else _ink_on(shape, pen)
    inside = _outline(shape.icon, "translate(0,0)", shape.r * 1.2, ink) if shape.icon else _letters(shape, ink)
    circle = f'<circle r="{fixed(shape.r)}" {_paint(shape, pen)}/>'
    place = f"translate({pen.number(shape.x)},{pen.number(shape.y)})"
    return f'<g transform="{place}">{_tail(shape, pen)}{circle}{inside}</g>'


def _letters(shape: Token, ink: str) -> str:
    place = f'y="{fixed(0.42 * shape.r)}" text-anchor="middle" font-size="{fixed(1.2 * shape.r)}"'
    return f'<text {place} font-weight="700" fill="{ink}">{escape(shape.text)}</text>'


def _ink_on(shape: Token, pen: Pen) -> str:
    fill = pen.colour(shape.fill)
    return pen.colour("ink") if fill in {"none", pen.colour("paper"), pen.colour("card")} else readable_on(fill)


def _tail(shape: Token, pen: Pen) -> str:
    """The line behind a flying token, no longer than the way it has come."""
    dx, dy = tail_direction(shape)
    come = math.hypot(
        *(number_at(value, pen.time_us) - (value.start if isinstance(value, Ramp) else value) for value in (shape.x, shape.y))
    )
    length = min(shape.r + shape.tail, come)
    if length <= shape.r:
        return ""
    line = f'd="M{fixed(dx * shape.r)},{fixed(dy * shape.r)}L{fixed(dx * length)},{fixed(dy * length)}"'
    return f'<path {line} stroke="{pen.colour(shape.stroke or shape.fill)}" stroke-width="3" opacity=".45" stroke-linecap="round"/>'


def tail_direction(shape: Token) -> tuple[float, float]:
    """The unit vector from a token back to where it came from; (0, 0) if it stands still.

    >>> tail_direction(Token("message/1", Ramp(0, 9, start=0, end=50), 20))
    (-1.0, 0.0)
    """
    back = [value.start - value.end if isinstance(value, Ramp) else 0.0 for value in (shape.x, shape.y)]
    length = math.hypot(*back) or 1.0
    return back[0] / length, back[1] / length


def _group(shape: Group, pen: Pen) -> str:
    return f'<g transform="translate({pen.number(shape.x)},{pen.number(shape.y)})"{_opacity(shape, pen)}>{drawn(shape.shapes, pen)}</g>'


def fixed(value: float) -> str:
    """A number with at most two decimals, always the same text for the same number.

    >>> fixed(3.0), fixed(2.345), fixed(-0.001)
    ('3', '2.35', '0')
    """
    text = f"{value + 1e-9:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


_DRAW: dict[type[Shape], Callable[..., str]] = {
    Circle: _circle,
    Rect: _rect,
    Line: _straight,
    Path: _path,
    Arc: _arc,
    Label: _label,
    Icon: _icon,
    Token: _token,
    Group: _group,
}
