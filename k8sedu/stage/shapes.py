"""The shapes that a picture is made of: small frozen values with a stable id.

A shape says what it is (`fill="term-3"`), never which colour that is: the theme decides, so one picture serves light, dark and print. Its
id is its identity through time: the player moves, recolours and fades the shape of the same id from step to step, so nothing jumps.
Every coordinate, and the opacity, may be a `Ramp`. `y` of a text is the middle of its letters, which is what one wants inside a box.

Roles for `fill` and `stroke` are those of `k8sedu.stage.theme`: `paper card line muted ink`, `blue orange green purple sky vermillion
yellow grey`, `term-1`, `term-2`, … (cycling), `accent good bad`, any of these as `tint:term-3` (a pale wash) or `on:term-3` (readable text
upon it). `None` paints nothing.

Left out: images, gradients, filters, and text that wraps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from k8sedu.language import Words
from k8sedu.stage.motion import Number, Text

Detail: TypeAlias = tuple[str | Words, Text]
"""One row of the panel: a label and its value."""

Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What all shapes share.

    Args:
        fill: role of the inside; `None` is empty.
        stroke: role of the outline.
        width: of the outline, in px of the picture.
        layer: a higher layer is drawn above a lower one; within a layer, and within a group, what is listed first lies below.
        label: the accessible name; a shape with `details` or a `menu` needs one.
        details: rows that the panel shows when the shape is chosen. They make the shape clickable and reachable by Tab.
        menu: name of a menu of the document; a live laboratory opens it when the shape is clicked.
    """

    id: str = field(kw_only=False)
    fill: str | None = None
    stroke: str | None = None
    width: float = 1.5
    dashed: bool = False
    opacity: Number = 1.0
    layer: int = 0
    label: str | Words | None = None
    details: tuple[Detail, ...] = ()
    menu: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle(Shape):
    """A circle: a node, a vote."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    r: Number = field(kw_only=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect(Shape):
    """A box from its upper left corner; `r` rounds its corners."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    w: Number = field(kw_only=False)
    h: Number = field(kw_only=False)
    r: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Shape):
    """A straight line, with a small open arrow head at its end if `arrow`."""

    x1: Number = field(kw_only=False)
    y1: Number = field(kw_only=False)
    x2: Number = field(kw_only=False)
    y2: Number = field(kw_only=False)
    stroke: str | None = "line"
    arrow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Path(Shape):
    """Any outline, in SVG path syntax, from (x, y). Where the outline changes it changes at once; where x and y change it glides."""

    d: str = field(kw_only=False)
    x: Number = 0
    y: Number = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc(Shape):
    """A part of a ring, clockwise from twelve o'clock: `sweep` 1 is the whole ring. With a `Ramp` it is a timer that runs out."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    r: Number = field(kw_only=False)
    sweep: Number = field(kw_only=False)
    stroke: str | None = "muted"
    width: float = 3.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Shape):
    """A line of text. `y` is the middle of its letters; `halo` is the role of a rim that keeps it readable above lines."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    text: Text = field(kw_only=False)
    size: float = 13
    weight: int = 400
    anchor: Anchor = "middle"
    fill: str | None = "ink"
    halo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Icon(Shape):
    """A small drawing from `k8sedu.stage.icons`, centred on (x, y): never a font's glyph, which another machine may lack."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    name: str = field(kw_only=False)
    size: float = 16
    fill: str | None = "ink"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Shape):
    """A message: a dot that carries a letter or an icon, and draws a short tail behind it while it flies.

    With `x` and `y` as ramps the tail points back along the flight. A request is filled (`fill="term-3"`); a reply is a ring
    (`fill="paper", stroke="good", icon="plus"`).
    """

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    text: str = ""
    icon: str | None = None
    r: float = 10
    text_fill: str | None = None
    tail: float = 18
    width: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Shape):
    """Shapes that move, fade and are clicked together; their coordinates are from the group's (x, y)."""

    x: Number = field(kw_only=False)
    y: Number = field(kw_only=False)
    shapes: tuple[Shape, ...] = field(kw_only=False)
