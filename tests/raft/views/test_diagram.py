from __future__ import annotations

from itertools import combinations
from pathlib import Path as File
from xml.etree import ElementTree as ET

import pytest

from k8sedu.raft.roles import ALLOWED, ROLE_WORDS, ROLES, TRANSITIONS
from k8sedu.raft.views.diagram import PLACES, ROUTES, role_diagram
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import walk
from k8sedu.stage.shapes import Label, Path

NS = "{http://www.w3.org/2000/svg}"


def boxes(language: str) -> list[tuple[str, float, float, float, float]]:
    """The labels of the diagram with their outlines, as wide as the stage estimates them."""
    found = []
    for shape in walk(role_diagram().scene.shapes):
        text = shape.text.in_(language) if isinstance(shape, Label) and not isinstance(shape.text, str) else ""
        if isinstance(shape, Label) and text:
            width = text_width(text, shape.size)
            left = {"start": 0.0, "middle": width / 2, "end": width}[shape.anchor]
            found.append((text, shape.x - left, shape.y - shape.size / 2, shape.x - left + width, shape.y + shape.size / 2))
    return found


def test_every_allowed_move_is_an_arrow_and_nothing_else_is() -> None:
    """The arrows of the picture are the moves that the state machine allows."""
    edges = [shape.id.split("/")[1:] for shape in walk(role_diagram().scene.shapes) if isinstance(shape, Path)]
    assert sorted(map(tuple, edges)) == sorted(ALLOWED)
    assert set(ROUTES) <= ALLOWED
    assert set(PLACES) == set(ROLES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_event_of_the_table_is_written_at_its_arrow(language: str) -> None:
    """No row of the table is missing in the picture, in either language."""
    for transition in TRANSITIONS:
        edge = role_diagram().scene.find(f"edge/{transition.source}/{transition.target}")
        assert edge.label is not None
        assert not isinstance(edge.label, str)
        assert transition.label.in_(language) in edge.label.in_(language)
    written = "".join(ET.fromstring(role_diagram(language).svg()).itertext())
    assert all(ROLE_WORDS[role].in_(language).split()[0] in written for role in ROLES)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_two_words_cover_each_other(language: str) -> None:
    """Labels keep apart and inside the paper."""
    scene = role_diagram().scene
    for text, left, top, right, bottom in boxes(language):
        assert left >= 0, text
        assert right <= scene.width, text
        assert top >= -12, text
        assert bottom <= scene.height, text
    for one, other in combinations(boxes(language), 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one[0], other[0])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_diagram_is_the_same_bytes_every_time(theme: str) -> None:
    """Two drawings of it are equal, and they are well-formed SVG with a name."""
    first, second = role_diagram("zh", theme).svg(), role_diagram("zh", theme).svg()  # type: ignore[arg-type]
    assert first == second
    root = ET.fromstring(first)
    assert root.tag == NS + "svg"
    assert root.get("aria-label")


def test_a_picture_shows_and_saves_itself(tmp_path: File) -> None:
    """What a notebook shows and what a file holds are the same."""
    picture = role_diagram(theme="light")
    assert picture.save(tmp_path / "roles.svg").read_text(encoding="utf-8") == picture._repr_svg_() == picture.svg()
    assert "role at a time" in repr(picture)


def test_a_picture_follows_the_notebooks_paper() -> None:
    """By itself it carries both drawings, and a page that strips styles shows the light one; a chosen theme is only that."""
    shown = role_diagram()._repr_html_()
    assert shown is not None
    assert role_diagram().svg("light") in shown
    assert f'style="display:none">{role_diagram().svg("dark")}' in shown
    assert role_diagram(theme="dark")._repr_html_() is None
    assert role_diagram(theme="dark")._repr_svg_() == role_diagram().svg("dark")
