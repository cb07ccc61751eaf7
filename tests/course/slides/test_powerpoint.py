from __future__ import annotations

import base64
from pathlib import Path

from pptx import Presentation

from k8sedu.course.slides import powerpoint
from k8sedu.course.slides.powerpoint import Still
from k8sedu.course.slides.structure import Block, Deck, Slide

DOT = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PICTURE = '<img src="data:," alt="n1 leads">'
DECK = Deck(
    "Raft",
    "zh",
    (
        Slide("a", "领导者", "领导者", 2, blocks=[Block("prose", "<p>谁 &amp; 何时</p>", "a")], notes=["<p>say <em>this</em></p>"]),
        Slide("b", "Chart", "Chart", 2, blocks=[Block("picture", PICTURE, "b"), Block("film", "<div></div>", "b")]),
    ),
)
STILLS = [Still(DOT, (0, 0, 1280, 720), (64, 44, 1152, 50, 42)) for _ in DECK.slides]


def saved(path: Path, *, notes: bool) -> list[object]:
    powerpoint.save(DECK, STILLS, path, theme="dark", notes=notes)
    return list(Presentation(str(path)).slides)


def test_titles_and_notes_are_text(tmp_path: Path) -> None:
    """What can be searched and read aloud stays text, at the place and size that it has in the deck."""
    first, second = saved(tmp_path / "a.pptx", notes=True)
    assert [slide.shapes.title.text for slide in (first, second)] == ["领导者", "Chart"]
    assert first.notes_slide.notes_text_frame.text == "say this"
    assert not second.has_notes_slide
    title = first.shapes.title
    assert (title.left, title.top) == (64 * 9525, 44 * 9525)
    assert str(title.text_frame.paragraphs[0].font.color.rgb) == "E8EAED"


def test_stills_are_described(tmp_path: Path) -> None:
    """Each still says in words what it shows, and lies behind the title."""
    slides = saved(tmp_path / "a.pptx", notes=True)
    described = [slide.shapes[0]._element.xpath(".//p:cNvPr/@descr")[0] for slide in slides]
    assert described == ["谁 & 何时", "n1 leads (film)"]
    assert all(slide.shapes[0].width == 1280 * 9525 for slide in slides)


def test_a_handout_has_no_notes(tmp_path: Path) -> None:
    """Notes stay at home when they are not wanted."""
    assert not any(slide.has_notes_slide for slide in saved(tmp_path / "a.pptx", notes=False))
