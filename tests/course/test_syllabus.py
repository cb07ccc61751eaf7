"""Laws of the syllabus: the table, the folder and the README tell the same course."""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path

from k8sedu.course.syllabus import HOMEWORK, LECTURES, LESSONS, course_table, systems

ROOT = Path(__file__).parent.parent.parent


def test_lessons_are_numbered_in_their_order() -> None:
    """Numbers start with the map at 0 and have no gap; every title exists in both languages."""
    assert [lesson.number for lesson in LESSONS] == list(range(len(LESSONS)))
    assert all(lesson.title.en and lesson.title.zh for lesson in LESSONS)


def test_a_lesson_is_ready_exactly_when_its_notebook_exists() -> None:
    """Nothing is promised that is not there, and nothing is there that the course does not know."""
    ready = {lesson.file for lesson in LESSONS if lesson.ready}
    assert {path.name for path in (ROOT / "notebooks").glob("*.ipynb")} == ready


def test_a_ready_laboratory_can_be_called() -> None:
    """The laboratory in the table is the name that a reader types."""
    import k8sedu

    for lesson in LESSONS:
        if lesson.ready and lesson.laboratory:
            assert callable(reduce(getattr, lesson.laboratory.split("."), k8sedu)), lesson.laboratory


def test_each_lesson_but_the_map_has_a_system() -> None:
    """The systems come in the order of their first lessons."""
    assert [lesson.number for lesson in LESSONS if not lesson.system] == [0]
    assert systems()[0] == "raft"


def test_readme_and_map_show_this_table() -> None:
    """The README's table and the tour's are the syllabus, row by row."""
    assert course_table() in (ROOT / "README.md").read_text(), f"the README's table is expected to be\n{course_table()}"
    cells = json.loads((ROOT / "notebooks" / "00_map.ipynb").read_text())["cells"]
    assert any(course_table(folder=".") in "".join(cell["source"]) for cell in cells), course_table(folder=".")


def test_the_chinese_table_has_the_same_rows() -> None:
    """Both languages have the same lessons with the same links."""
    assert course_table("zh").count("\n") == course_table().count("\n")
    assert "Raft：选出领导者" in course_table("zh")


def test_lectures_and_homework_of_the_table_exist() -> None:
    """Each name in the columns of slides and homework is a notebook, in both languages, and no notebook is left out."""
    for folder, names in (("lectures", LECTURES), ("homework", HOMEWORK)):
        for place in (ROOT / "notebooks" / folder, ROOT / "notebooks" / folder / "zh"):
            assert {path.stem for path in place.glob("*.ipynb")} == set(names.values())
        assert set(names) <= {lesson.name for lesson in LESSONS if lesson.ready}
