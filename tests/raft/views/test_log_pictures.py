from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from k8sedu.raft.group import Group
from k8sedu.raft.paper import FIGURE_7, FIGURE_7_TERM, FIGURE_8, FIGURE_8_SERVERS
from k8sedu.raft.views.diagram import Picture
from k8sedu.raft.views.log_pictures import figure_8, log_repair
from k8sedu.stage.scene import walk
from k8sedu.stage.shapes import Icon, Rect


def repaired() -> Picture:
    """Figure 7 as real servers play it."""
    names = list(FIGURE_7)
    group = Group(names, logs=FIGURE_7, terms=dict.fromkeys(names, FIGURE_7_TERM - 1))
    group.elect("leader")
    group.deliver_all()
    votes = {"a": True, "b": True, "c": False, "d": False, "e": True, "f": True}
    return log_repair(FIGURE_7, {name: group.terms(name) for name in names}, votes)


def boxes(picture: Picture, block: str) -> dict[tuple[int, int], Rect]:
    """The entries of one block by row and index."""
    found = [shape for shape in walk(picture.scene.shapes) if isinstance(shape, Rect) and shape.id.startswith(block + "/")]
    return {(int(shape.id.split("/")[-2]), int(shape.id.split("/")[-1])): shape for shape in found}


def test_every_entry_of_figure_7_is_a_box_in_its_place() -> None:
    """Before the repair each log has its own boxes; an index has the same column in every row."""
    drawn = boxes(repaired(), "before")
    assert set(drawn) == {(row, index) for row, terms in enumerate(FIGURE_7.values()) for index in range(1, len(terms) + 1)}
    for index in range(1, 13):
        assert len({box.x for (_, column), box in drawn.items() if column == index}) == 1


def test_after_the_repair_all_logs_look_like_the_leaders() -> None:
    """The right half has the same row seven times, with the leader's empty entry of term 8 at its end."""
    drawn = boxes(repaired(), "after")
    rows = [[drawn[row, index].fill for index in range(1, 12)] for row in range(len(FIGURE_7))]
    assert all(row == rows[0] for row in rows)
    assert rows[0][-1] == "term-8"


def test_exactly_the_entries_that_will_be_deleted_are_dashed() -> None:
    """Dashed are one entry of c, two of d, two of e and eight of f, as in the paper."""
    dashed = [row for (row, _), box in boxes(repaired(), "before").items() if box.dashed]
    names = list(FIGURE_7)
    assert {names[row]: dashed.count(row) for row in set(dashed)} == {"c": 1, "d": 2, "e": 2, "f": 8}


def test_votes_are_signs_and_not_only_colours() -> None:
    """Granted is a check mark, refused a cross; the leader has none."""
    icons = {shape.id.removeprefix("votes/"): shape.name for shape in walk(repaired().scene.shapes) if isinstance(shape, Icon)}
    assert icons == {"a": "check", "b": "check", "c": "cross", "d": "cross", "e": "check", "f": "check"}


def test_figure_8_shows_the_papers_logs_and_its_leaders() -> None:
    """Every entry of every panel is there; s1, s5, s1 and s5 wear the crown, and in (e) nobody can."""
    picture = figure_8()
    for name, panel in FIGURE_8.items():
        drawn = boxes(picture, f"panel/{name}")
        logs = {server: tuple(box.fill for (row, _), box in drawn.items() if FIGURE_8_SERVERS[row] == server) for server in panel.logs}
        assert logs == {server: tuple(f"term-{term}" for term in terms) for server, terms in panel.logs.items()}
    crowns = {
        shape.id.split("/")[1]: shape.fill for shape in walk(picture.scene.shapes) if isinstance(shape, Icon) and shape.name == "crown"
    }
    assert crowns == {"a": "term-2", "b": "term-3", "c": "term-4", "d": "term-5"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_whole_and_reproducible(language: str, theme: str) -> None:
    """Ids are unique, boxes do not cover each other, and the SVG is the same every time."""
    for picture in (figure_8(language=language, theme=theme), repaired()):  # type: ignore[arg-type]
        picture.scene.check()
        assert picture.svg() == picture.svg()
        assert ET.fromstring(picture.svg()).get("aria-label")
        rects = [shape for shape in walk(picture.scene.shapes) if isinstance(shape, Rect)]
        for one, other in combinations(rects, 2):
            assert abs(one.x - other.x) >= one.w or abs(one.y - other.y) >= one.h
