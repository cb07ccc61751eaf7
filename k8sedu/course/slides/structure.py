"""Which cells stand together on a slide.

The author says it with JupyterLab's slideshow metadata or with tags: `slide` and `subslide` open one, `fragment` waits for a key,
`notes` is what the lecturer says, `skip` and `remove-cell` stay out, `hide-input` shows the result without its code, `column` opens a
second column. A notebook that says nothing of the kind gets a sensible deck: a heading opens a slide, and so does whatever would no
longer fit on the last one.

Whether it really fits is not guessed here: a browser measures every slide (`fit`).

Left out: reveal.js' backgrounds and transitions. A calm slide needs neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from k8sedu.course.notebook import HIDDEN_INPUT, HIDDEN_OUTPUT, LEFT_OUT, Cell, Notebook
from k8sedu.course.outputs import Shown, complaints, shown
from k8sedu.course.prose import coloured, heading_of, html_of, plain
from k8sedu.stage.lettering import text_width
from k8sedu.stage.theme import Theme

ROOM = 16.0
"""How many lines a slide holds, as the rule for notebooks without metadata reckons."""

LINE_EM = 46.0


@dataclass(frozen=True, slots=True)
class Block:
    """One thing on a slide: prose, code, a film, a picture, a table or a text."""

    kind: str
    html: str
    cell: str
    fragment: bool = False
    column: int = 0
    still: int | None = None
    """The step at which a film stands on paper."""


@dataclass(slots=True)
class Slide:
    """What is seen at once. `below` hangs it under the slide before."""

    cell: str
    title: str = ""
    heading: str = ""
    level: int = 0
    below: bool = False
    again: bool = False
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Deck:
    """All slides of a notebook, and what its author should know about them."""

    title: str
    language: str
    slides: tuple[Slide, ...]
    remarks: tuple[str, ...] = ()

    @property
    def films(self) -> int:
        """How many films there are."""
        return sum(block.kind == "film" for slide in self.slides for block in slide.blocks)


@dataclass(frozen=True, slots=True)
class Piece:
    """A cell, made into HTML."""

    cell: Cell
    level: int
    title: str
    heading: str
    blocks: tuple[Block, ...]
    notes: str
    lines: float
    remarks: tuple[str, ...]


def deck_of(notebook: Notebook, *, theme: Theme = "light", language: str | None = None) -> Deck:
    """Sort the cells of a notebook that has run into slides."""
    kept = [cell for cell in notebook.cells if cell.kind in {"markdown", "code"} and not cell.says("skip", *LEFT_OUT)]
    pieces = [_piece(cell, theme, notebook.path.absolute().parent) for cell in kept]
    by_hand = any(cell.slide_type in {"slide", "subslide"} or cell.tags & {"slide", "subslide"} for cell in kept)
    slides = _gathered(pieces, by_hand=by_hand)
    remarks = tuple(remark for piece in pieces for remark in piece.remarks)
    return Deck(notebook.title, language or notebook.language, tuple(slides), remarks)


def _gathered(pieces: Sequence[Piece], *, by_hand: bool) -> list[Slide]:
    slides: list[Slide] = []
    column, lines = 0, 0.0
    for piece in pieces:
        if piece.cell.says("notes"):
            if slides:
                slides[-1].notes.append(piece.notes)
            continue
        if not (piece.blocks or piece.heading):
            continue
        opens, below = _opens(piece, by_hand=by_hand, full=lines + piece.lines > ROOM)
        if opens or not slides:
            slides.append(_opened(piece, slides, below=below and bool(slides)))
            column, lines = 0, 0.0
        column += piece.cell.says("column")
        lines += piece.lines
        inner = piece.heading and slides[-1].cell != piece.cell.id
        extra = (Block("prose", f"<h3>{piece.heading}</h3>", piece.cell.id),) if inner else ()
        waits = piece.cell.says("fragment")
        slides[-1].blocks += [replace(block, fragment=waits, column=column) for block in (*extra, *piece.blocks)]
    return slides


def _opens(piece: Piece, *, by_hand: bool, full: bool) -> tuple[bool, bool]:
    """Whether a cell opens a slide, and whether that one hangs below the last."""
    if by_hand:
        return piece.cell.says("slide", "subslide"), piece.cell.says("subslide")
    if piece.level in {1, 2}:
        return True, False
    return full or piece.level == 3, True


def _opened(piece: Piece, slides: Sequence[Slide], *, below: bool) -> Slide:
    """A new slide. Without a heading of its own it goes on under the last one's."""
    if piece.heading or not slides:
        return Slide(piece.cell.id, piece.title, piece.heading, piece.level, below)
    return Slide(piece.cell.id, slides[-1].title, slides[-1].heading, 2, below, again=True)


def _piece(cell: Cell, theme: Theme, folder: Path) -> Piece:
    if cell.says("notes"):
        return Piece(cell, 0, "", "", (), html_of(cell.source)[0], 0, ())
    if cell.kind == "markdown":
        return _prose(cell, folder)
    results = [] if cell.says(*HIDDEN_OUTPUT) else shown(cell, theme)
    blocks = [Block(one.kind, one.html, cell.id, still=cell.metadata.get("still")) for one in results]
    lines = sum(_height(one) for one in results)
    if not cell.says(*HIDDEN_INPUT) and cell.source.strip():
        blocks.insert(0, Block("code", coloured(_bare(cell.source)), cell.id))
        lines += 0.7 * (cell.source.count("\n") + 1) + 0.6
    remarks = [f"cell {cell.id!r}: a picture without alternative text" for one in results if one.kind == "picture" and not one.alt]
    return Piece(cell, 0, "", "", tuple(blocks), "", lines, (*remarks, *complaints(cell)))


def _bare(source: str) -> str:
    """The code without the semicolon at its end, which only tells Jupyter not to print a value."""
    return source.rstrip().removesuffix(";")


def _prose(cell: Cell, folder: Path) -> Piece:
    level, words, rest = heading_of(cell.source)
    html, unnamed = html_of(rest, folder=folder, attachments=cell.attachments)
    heading = plain_paragraph(html_of(words)[0])
    blocks = (Block("prose", html, cell.id),) if html.strip() else ()
    remarks = tuple(f"cell {cell.id!r}: the picture {url} has no alternative text" for url in unnamed)
    return Piece(cell, level, plain(heading), heading, blocks, "", sum(_wrapped(rest)), remarks)


def plain_paragraph(html: str) -> str:
    """A line of HTML without the paragraph around it."""
    return html.strip().removeprefix("<p>").removesuffix("</p>")


def _wrapped(text: str) -> Iterator[float]:
    """The height of each paragraph or row in lines of a slide."""
    paragraph = 0.0
    for line in [*text.splitlines(), ""]:
        starts = not line.strip() or line.lstrip()[:2] in {"- ", "| ", "* "} or line.lstrip()[:1].isdigit()
        if starts and paragraph:
            yield math.ceil(paragraph / LINE_EM) + 0.3
            paragraph = 0.0
        paragraph += text_width(line, 1.0)


def _height(one: Shown) -> float:
    """How many lines of a slide something shown takes, about."""
    if one.kind in {"film", "picture"}:
        return 15.0 if one.kind == "film" else 11.0
    if one.kind == "table":
        return 0.9 * one.html.count("<tr")
    return 0.7 * (one.html.count("\n") + 1) + 0.6
