"""Stills: a scene drawn as SVG text, for pages, papers and projectors without a player.

Nothing is random and numbers have a fixed form, so the same scene gives the same bytes on every machine and a changed figure shows in a
diff. The shapes themselves are drawn by `drawing`.

Left out: PNG and PDF. Any browser prints an SVG.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame
from k8sedu.stage.drawing import Pen, drawn, fixed
from k8sedu.stage.lettering import strong_parts, wrap
from k8sedu.stage.motion import text_at
from k8sedu.stage.scene import Scene, SceneError, walk
from k8sedu.stage.shapes import Detail
from k8sedu.stage.theme import Theme

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
MARGIN = 28.0
HEADER = 52.0
GAP = 12.0
ROW = 23.0


def still(
    scene: Scene,
    time_us: float = 0,
    *,
    title: str | Words = "",
    theme: Theme = "light",
    language: str | None = None,
    selected: str | None = None,
) -> str:
    """Draw one instant as a complete SVG, 960 px wide: title, stage, card with the chosen shape's details, caption.

    >>> from k8sedu.stage.shapes import Circle
    >>> picture = still(Scene(shapes=(Circle("node/n1", 100, 100, 34, fill="term-1"),)))
    >>> picture == still(Scene(shapes=(Circle("node/n1", 100, 100, 34, fill="term-1"),)))
    True
    """
    pen = Pen(time_us, theme, language)
    caption = _caption(scene, pen, scene.width + GAP * bool(scene.card_width) + scene.card_width)
    top = HEADER if title or scene.subtitle else 16.0
    width = 2 * MARGIN + scene.width + (GAP + scene.card_width if scene.card_width else 0)
    height = top + scene.height + (GAP + 16 + 24 * len(caption) if caption else 0) + 16
    parts = [
        _header(pen, title, scene.subtitle, width),
        f'<g transform="translate({fixed(MARGIN)},{fixed(top)})">{drawn(scene.shapes, pen)}</g>',
        _card(scene, pen, top, selected) if scene.card_width else "",
        _caption_box(caption, pen, top + scene.height + GAP, width),
    ]
    return _page(parts, width, height, pen, pen.text(title) or pen.text(scene.caption).replace("**", ""))


def film_strip(
    document: Document,
    steps: Sequence[int],
    *,
    columns: int = 3,
    theme: Theme = "light",
    language: str | None = None,
) -> str:
    """Draw some steps of a film side by side: time above, stage, caption below. For a page that cannot move.

    Raises:
        SceneError: a step that the film does not have.
    """
    frames = [_frame(document, step) for step in steps]
    cell = Cell(frames[0].scene, columns)
    language = language or document.language
    lines = [_caption(frame.scene, Pen(frame.time_us, theme, language), cell.width + 32, 13) for frame in frames]
    cell_height = cell.stage_height + 34 + 20 * max(map(len, lines))
    parts = []
    for index, (frame, caption) in enumerate(zip(frames, lines, strict=True)):
        row, column = divmod(index, columns)
        place = f"translate({fixed(MARGIN + column * (cell.width + 2 * GAP))},{fixed(HEADER + row * (cell_height + GAP))})"
        picture = _cell(document, frame, caption, Pen(frame.time_us, theme, language), cell)
        parts.append(f'<g transform="{place}">{picture}</g>')
    rows = math.ceil(len(frames) / columns)
    pen = Pen(0, theme, language)
    width = 2 * MARGIN + columns * cell.width + (columns - 1) * 2 * GAP
    header = _header(pen, document.title, frames[0].scene.subtitle, width)
    return _page([header, *parts], width, HEADER + rows * (cell_height + GAP), pen, pen.text(document.title))


class Cell:
    """The size of one picture in a film strip."""

    def __init__(self, scene: Scene, columns: int) -> None:
        """Shrink the stage, but never so much that its 12 px letters fall below 9 px."""
        self.scale = max(0.75, min(1.0, (904 - (columns - 1) * 2 * GAP) / columns / scene.width))
        self.width = scene.width * self.scale
        self.stage_height = scene.height * self.scale


def _cell(document: Document, frame: Frame, caption: list[str], pen: Pen, cell: Cell) -> str:
    when = f"{milliseconds(frame.time_us)} ms" if document.pace == "time" else str(document.frames.index(frame))
    lines = "".join(_line(line, 0, cell.stage_height + 42 + 20 * row, 13) for row, line in enumerate(caption))
    return (
        f'<text x="0" y="14" fill="{pen.colour("muted")}">{when}</text>'
        f'<rect y="22" width="{fixed(cell.width)}" height="{fixed(cell.stage_height)}" rx="8" fill="none" stroke="{pen.colour("line")}"/>'
        f'<g transform="translate(0,22) scale({fixed(cell.scale)})">{drawn(frame.scene.shapes, pen)}</g>{lines}'
    )


def milliseconds(time_us: float) -> str:
    r"""A time as people read it: thin groups of three digits, a decimal only below ten.

    >>> milliseconds(1_284_000), milliseconds(2_500), milliseconds(0)
    ('1\u202f284', '2.5', '0')
    """
    if time_us < 10_000:
        return fixed(round(time_us / 1_000, 1))
    return f"{time_us / 1_000:,.0f}".replace(",", "\u202f")


def _page(parts: list[str], width: float, height: float, pen: Pen, name: str) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {fixed(width)} {fixed(height)}" width="{fixed(width)}" '
            f'height="{fixed(height)}" role="img" aria-label="{name}" font-family="{FONT}" font-size="13" fill="{pen.colour("ink")}">',
            f'<rect width="{fixed(width)}" height="{fixed(height)}" fill="{pen.colour("paper")}"/>',
            *filter(None, parts),
            "</svg>\n",
        ]
    )


def _header(pen: Pen, title: str | Words, subtitle: str | Words, width: float) -> str:
    if not title and not subtitle:
        return ""
    time = f" · {milliseconds(pen.time_us)} ms" if pen.time_us else ""
    return (
        f'<text x="{fixed(MARGIN)}" y="36" font-size="17" font-weight="600">{pen.text(title)}</text>'
        f'<text x="{fixed(width - MARGIN)}" y="36" text-anchor="end" fill="{pen.colour("muted")}">{pen.text(subtitle)}{time}</text>'
    )


def _card(scene: Scene, pen: Pen, top: float, selected: str | None) -> str:
    x = MARGIN + scene.width + GAP
    frame = (
        f'<rect x="{fixed(x)}" y="{fixed(top)}" width="{fixed(scene.card_width)}" height="{fixed(scene.height)}" rx="8" '
        f'fill="{pen.colour("card")}" stroke="{pen.colour("line")}"/>'
    )
    drawing = f'<g transform="translate({fixed(x)},{fixed(top)})">{drawn(scene.card, pen)}</g>'
    rows = [
        _row(row, pen, x + 18, top + scene.card_height + 26 + ROW * i, scene.card_width - 36)
        for i, row in enumerate(_rows(scene, selected))
    ]
    rule = f'<path d="M{fixed(x + 18)},{fixed(top + scene.card_height)}h{fixed(scene.card_width - 36)}" stroke="{pen.colour("line")}"/>'
    return frame + drawing + (rule if rows and scene.card_height else "") + "".join(rows)


def _rows(scene: Scene, selected: str | None) -> tuple[Detail, ...]:
    for shape in walk((*scene.shapes, *scene.card)):
        if shape.id == (selected or scene.focus) and shape.details:
            room = int((scene.height - scene.card_height - 12) // ROW)
            return shape.details[: max(0, room)]
    return scene.details


def _row(row: Detail, pen: Pen, x: float, y: float, width: float) -> str:
    return (
        f'<text x="{fixed(x)}" y="{fixed(y)}" fill="{pen.colour("muted")}">{pen.text(row[0])}</text>'
        f'<text x="{fixed(x + width)}" y="{fixed(y)}" text-anchor="end" font-variant-numeric="tabular-nums">{pen.text(row[1])}</text>'
    )


def _caption(scene: Scene, pen: Pen, width: float, size: float = 15) -> list[str]:
    text = text_at(scene.caption, pen.time_us, pen.language)
    return wrap(text, width - 32, size) if text else []


def _caption_box(lines: list[str], pen: Pen, y: float, width: float) -> str:
    if not lines:
        return ""
    box = f'<rect x="{fixed(MARGIN)}" y="{fixed(y)}" width="{fixed(width - 2 * MARGIN)}" height="{16 + 24 * len(lines)}" rx="8" '
    return (
        box
        + f'fill="{pen.colour("card")}"/>'
        + "".join(_line(line, MARGIN + 16, y + 25 + 24 * i, 15) for i, line in enumerate(_balanced(lines)))
    )


def _balanced(lines: list[str]) -> list[str]:
    """Close a strong part at the end of a line and open it again on the next."""
    result, is_strong = [], False
    for line in lines:
        text = ("**" if is_strong else "") + line
        is_strong = text.count("**") % 2 == 1
        result.append(text + ("**" if is_strong else ""))
    return result


def _line(text: str, x: float, y: float, size: float) -> str:
    spans = (f'<tspan font-weight="600">{escape(part)}</tspan>' if strong else escape(part) for part, strong in strong_parts(text))
    return f'<text x="{fixed(x)}" y="{fixed(y)}" font-size="{fixed(size)}" xml:space="preserve">{"".join(spans)}</text>'


def _frame(document: Document, step: int) -> Frame:
    if not 0 <= step < len(document.frames):
        raise SceneError(f"step {step} is not in the film, expected 0 to {len(document.frames) - 1}")
    return document.frames[step]
