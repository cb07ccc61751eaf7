"""A deck as one HTML file that needs nothing else.

Each slide is a sheet of 1280 × 720, laid out by `deck.css` and measured by `deck.js`, which also gives the type of a full slide the
next smaller of four sizes and a film the room that is left. The player stands in the file once, however many films there are.

Left out: a theme of one's own. Two papers, the same as everywhere here.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files

from k8sedu.course.page import linked, players
from k8sedu.course.palette import variables
from k8sedu.course.prose import without_network
from k8sedu.course.slides import reveal
from k8sedu.course.slides.structure import Block, Deck, Slide
from k8sedu.language import Words
from k8sedu.stage.theme import Theme

SPEAKER = Words(
    "Keys of a film: click it first; Esc gives the keys back to the slides.",
    "动画的按键：先点击动画；按 Esc 后按键回到幻灯片。",
)


def html_of(deck: Deck, *, theme: Theme = "light", notes: bool = True, targets: Mapping[str, str] | None = None) -> str:
    """The whole deck as HTML.

    Args:
        deck: the slides.
        theme: the paper, of films and drawings too.
        notes: whether the speaker notes and the speaker view come along; a handout is made without.
        targets: where links to other notebooks lead; without a target they are words.
    """
    parts = [
        f'<!doctype html>\n<html lang="{"zh-Hans" if deck.language == "zh" else "en"}" data-theme="{theme}">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(deck.title)}</title>",
        '<link rel="icon" href="data:,">',
        f"<style>{reveal.style()}</style>",
        f"<style>{variables(theme)}\n{_read('prose.css')}\n{_read('slides/deck.css')}</style></head>",
        f'<body data-jp-theme-light="{"false" if theme == "dark" else "true"}">',
        f'<div class="reveal"><div class="slides">\n{linked(without_network(_sections(deck, notes=notes)), targets or {})}\n</div></div>',
        f"<script>{reveal.script()}</script>",
        f"<script>{reveal.notes_script()}</script>" if notes else "",
        players() if deck.films else "",
        f"<script>{_read('slides/deck.js')}</script>",
        "</body></html>\n",
    ]
    return "\n".join(filter(None, parts))


def _read(name: str) -> str:
    return (files("k8sedu.course") / name).read_text(encoding="utf-8")


def _sections(deck: Deck, *, notes: bool) -> str:
    """The slides; those that hang below another stand in one column with it."""
    stacks: list[list[Slide]] = []
    for slide in deck.slides:
        if slide.below and stacks:
            stacks[-1].append(slide)
        else:
            stacks.append([slide])
    first = deck.slides[0] if deck.slides else None
    drawn = [[_section(slide, notes=notes, first=slide is first, language=deck.language) for slide in stack] for stack in stacks]
    return "\n".join(stack[0] if len(stack) == 1 else "<section>\n" + "\n".join(stack) + "\n</section>" for stack in drawn)


def _section(slide: Slide, *, notes: bool, first: bool, language: str) -> str:
    kind = "title" if first or slide.level == 1 else "part" if slide.heading and not slide.blocks else "plain"
    tag = "h1" if slide.level == 1 else "h2"
    heading = f'<{tag} class="heading{" again" if slide.again else ""}">{slide.heading}</{tag}>'
    said = [*slide.notes, *([f"<p>{SPEAKER.in_(language)}</p>"] if any(block.kind == "film" for block in slide.blocks) else [])]
    aside = f'<aside class="notes">{"".join(said)}</aside>' if notes and said else ""
    return (
        f'<section id="{escape(slide.cell, quote=True)}"><div class="sheet {kind}">{heading if slide.heading else ""}'
        f'<div class="body">{_columns(slide.blocks)}</div></div>{aside}</section>'
    )


def _columns(blocks: list[Block]) -> str:
    columns = [[_drawn(block) for block in blocks if block.column == number] for number in sorted({block.column for block in blocks})]
    if len(columns) < 2:
        return "".join(part for column in columns for part in column)
    wide = [any(block.column == number and block.kind in {"film", "picture"} for block in blocks) for number in range(len(columns))]
    shares = " ".join(f"minmax(0, {1.35 if one and not all(wide) else 1}fr)" for one in wide)
    inner = "".join(f'<div class="column">{"".join(column)}</div>' for column in columns)
    return f'<div class="columns" style="grid-template-columns: {shares}">{inner}</div>'


def _drawn(block: Block) -> str:
    classes = f"{block.kind} fragment" if block.fragment else block.kind
    if block.kind == "film":
        still = "" if block.still is None else f' data-still="{int(block.still)}"'
        return f'<div class="{classes}" data-prevent-swipe{still}><div class="frame">{block.html}</div></div>'
    return f'<div class="{classes}">{block.html}</div>'
