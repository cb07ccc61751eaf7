"""Laws of the lessons in a student's folder: what a student changed is never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.course import lessons
from k8sedu.language import language


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    """A packaged course of two lessons, one of them in a folder."""
    source = tmp_path / "package"
    (source / "zh").mkdir(parents=True)
    (source / "01.ipynb").write_text("first edition")
    (source / "zh" / "01.ipynb").write_text("第一版")
    return source


def test_a_first_copy_holds_every_lesson(edition: Path, tmp_path: Path) -> None:
    """Lessons keep their places, folders included."""
    laid = lessons.copy_lessons(edition, tmp_path / "mine")
    assert (laid.folder / "zh" / "01.ipynb").read_text() == "第一版"
    assert laid.kept == ()


def test_what_jupyter_left_behind_is_no_lesson(edition: Path, tmp_path: Path) -> None:
    """Checkpoints that slipped into a package are not laid out."""
    (edition / "zh" / ".ipynb_checkpoints").mkdir()
    (edition / "zh" / ".ipynb_checkpoints" / "01-checkpoint.ipynb").write_text("old")
    laid = lessons.copy_lessons(edition, tmp_path / "mine")
    assert sorted(path.name for path in laid.folder.rglob("*.ipynb")) == ["01.ipynb", "01.ipynb"]


def test_what_a_student_changed_is_kept(edition: Path, tmp_path: Path) -> None:
    """A newer edition replaces the untouched lesson and leaves the changed one, and says which."""
    mine = lessons.copy_lessons(edition, tmp_path / "mine").folder
    (mine / "01.ipynb").write_text("my answers")
    for lesson in ("01.ipynb", "zh/01.ipynb"):
        (edition / lesson).write_text("second edition")
    laid = lessons.copy_lessons(edition, mine)
    assert laid.kept == ("01.ipynb",)
    assert (mine / "01.ipynb").read_text() == "my answers"
    assert (mine / "zh" / "01.ipynb").read_text() == "second edition"


def test_a_lost_record_is_the_safe_side(edition: Path, tmp_path: Path) -> None:
    """Without knowing what was laid, an older file counts as the student's own."""
    mine = lessons.copy_lessons(edition, tmp_path / "mine").folder
    (mine / lessons.RECORD).write_text("{broken")
    (edition / "01.ipynb").write_text("second edition")
    assert lessons.copy_lessons(edition, mine).kept == ("01.ipynb",)


def test_a_file_of_the_student_stays(edition: Path, tmp_path: Path) -> None:
    """A notebook that the course does not know is nobody's to touch."""
    mine = lessons.copy_lessons(edition, tmp_path / "mine").folder
    (mine / "notes.ipynb").write_text("notes")
    assert lessons.copy_lessons(edition, mine).kept == ()
    assert (mine / "notes.ipynb").read_text() == "notes"


def test_a_package_without_lessons_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the folder where the lessons were expected."""
    monkeypatch.setattr(lessons.k8sedu, "__file__", str(tmp_path / "k8sedu" / "__init__.py"))
    with pytest.raises(lessons.LessonsError, match=r"no lessons in .*notebooks"):
        lessons.lay_out(tmp_path)


def test_a_lesson_speaks_the_language_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder named zh everything speaks Chinese; elsewhere the language that was chosen stays."""
    (tmp_path / "zh").mkdir()
    before = language()
    try:
        monkeypatch.chdir(tmp_path)
        assert lessons.speak() == before
        monkeypatch.chdir(tmp_path / "zh")
        assert (lessons.speak(), language()) == ("zh", "zh")
    finally:
        language(before)
