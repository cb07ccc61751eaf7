"""A deck as PowerPoint, for a lecturer who must hand in or mix slides: titles and notes as text, the rest as stills.

A film cannot live in a PPTX. So what stands under a slide's title is photographed in the browser, twice as fine as the screen, and
described in words; title and speaker notes stay text that can be searched, edited and read aloud.

Left out: films, fragments, and text boxes for the prose. The HTML file is the deck; this is its copy.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.course.notebook import NotebookError
from k8sedu.course.prose import plain
from k8sedu.course.slides.structure import Deck, Slide
from k8sedu.files import write_whole
from k8sedu.stage.theme import PAPER, Theme

EMU_PER_PX = 9525
WIDTH, HEIGHT = 1280, 720


class Still(NamedTuple):
    """The photograph of what stands under a slide's title, and where it and the title stand on the sheet, in px."""

    png: bytes
    body: tuple[float, float, float, float]
    heading: tuple[float, float, float, float, float] | None
    """x, y, width, height and the size of the letters."""


PLACES = """(sheet) => {
    const origin = sheet.getBoundingClientRect(), scale = origin.width / 1280;
    const box = (element) => {
        const r = element.getBoundingClientRect();
        return [(r.x - origin.x) / scale, (r.y - origin.y) / scale, r.width / scale, r.height / scale];
    };
    const heading = sheet.querySelector(".heading");
    return { heading: heading && [...box(heading), parseFloat(getComputedStyle(heading).fontSize)], sheet: box(sheet) };
}"""


def stills(page: Any) -> list[Still]:
    """Photograph every slide of a deck that is open for print."""
    page.add_style_tag(content=".heading { color: transparent !important } .slide-number-pdf { display: none !important }")
    found = []
    for sheet in page.query_selector_all(".slides section > .sheet"):
        places = sheet.evaluate(PLACES)
        heading = tuple(places["heading"]) if places["heading"] else None
        found.append(Still(sheet.screenshot(type="png"), (0, 0, WIDTH, HEIGHT), heading))
    return found


def save(deck: Deck, pictures: Sequence[Still], target: Path, *, theme: Theme, notes: bool) -> None:
    """Write the PPTX, whole or not at all.

    Raises:
        NotebookError: python-pptx is not installed.
    """
    try:
        from pptx import Presentation
        from pptx.util import Emu
    except ImportError as error:
        raise NotebookError("python-pptx is not installed, which writes PowerPoint files: pip install 'k8sedu[slides]'") from error
    show = Presentation()
    show.slide_width, show.slide_height = Emu(WIDTH * EMU_PER_PX), Emu(HEIGHT * EMU_PER_PX)
    show.core_properties.title = deck.title
    show.core_properties.language = "zh-CN" if deck.language == "zh" else "en"
    for slide, still in zip(deck.slides, pictures, strict=True):
        _add(show, slide, still, theme, notes=notes)
    stream = io.BytesIO()
    show.save(stream)
    write_whole(target, stream.getvalue())


def _add(show: Any, slide: Slide, still: Still, theme: Theme, *, notes: bool) -> None:
    from pptx.util import Emu

    page = show.slides.add_slide(show.slide_layouts[5])  # a title and nothing else
    picture = page.shapes.add_picture(io.BytesIO(still.png), *(Emu(round(value * EMU_PER_PX)) for value in still.body))
    picture._element.nvPicPr.cNvPr.set("descr", described(slide))
    page.shapes._spTree.insert(2, picture._element)  # behind the title
    if still.heading:
        _write_title(page.shapes.title, slide, still.heading, theme)
    if notes and slide.notes:
        page.notes_slide.notes_text_frame.text = "\n\n".join(map(plain, slide.notes))


def described(slide: Slide) -> str:
    """What the still shows, in words: the prose, and the names of films and pictures."""
    import re

    alts = [match for block in slide.blocks for match in re.findall(r'alt="([^"]+)"', block.html)]
    words = [plain(block.html) for block in slide.blocks if block.kind in {"prose", "text"}]
    films = [f"({block.kind})" for block in slide.blocks if block.kind in {"film", "table"}]
    return " ".join([*words, *map(plain, alts), *films])[:1_000] or slide.title


def _write_title(shape: Any, slide: Slide, heading: tuple[float, ...], theme: Theme) -> None:
    from pptx.dml import color
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Emu, Pt

    x, y, width, height, size = heading
    shape.left, shape.top, shape.width, shape.height = (Emu(round(value * EMU_PER_PX)) for value in (x, y, width, height))
    frame = shape.text_frame
    frame.text = slide.title
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor, frame.word_wrap = MSO_ANCHOR.MIDDLE, True
    line = frame.paragraphs[0]
    line.alignment = PP_ALIGN.LEFT
    line.font.size, line.font.bold = Pt(round(size * 0.75)), True
    mixed: Any = color.RGBColor  # it ships no types
    line.font.color.rgb = mixed(*bytes.fromhex(PAPER[theme]["muted" if slide.again else "ink"].removeprefix("#")))
