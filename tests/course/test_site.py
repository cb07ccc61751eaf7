from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from k8sedu.course import site
from k8sedu.course.site import Entry
from k8sedu.course.syllabus import LESSONS
from k8sedu.language import Words

COURSE = [
    Entry("1", "01_one", Words("One", "一"), "01_one.ipynb"),
    Entry("2", "02_two", Words("Two", "二"), "02_two.ipynb"),
    Entry("3", "03_three", Words("Three", "三"), None),
    Entry("", "lecture_raft", Words("An hour", "一小时"), "lectures/raft.ipynb", is_lecture=True),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small course's site; its notebooks have no code, so that no kernel has to start."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("site")
    for entry in COURSE:
        for part in ("", "zh"):
            if entry.file:
                path = home / Path(entry.file).parent / part / Path(entry.file).name
                path.parent.mkdir(parents=True, exist_ok=True)
                words = f"# {entry.title.in_('zh' if part else 'en')}\n\n[next](./02_two.ipynb)"
                cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": words}
                path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}), encoding="utf-8")
    patch = pytest.MonkeyPatch()
    patch.setattr(site, "execute", lambda path, language: __import__("k8sedu.course.notebook", fromlist=["read"]).read(path))
    told: list[tuple[int, int]] = []
    site.build(home, folder, course=COURSE, jobs=1, measured=False, told=lambda done, of: told.append((done, of)))
    patch.undo()
    assert told[-1] == (6, 6)
    return folder


def test_every_link_leads_to_a_file(built: Path) -> None:
    """All links are relative and lead to a page that is there, so that the folder works from a stick."""
    for page in built.rglob("*.html"):
        body = re.sub(r"<(script|style)\b.*?</\1>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for link in re.findall(r'<a [^>]*href="([^"#]+)"', body):
            assert "://" not in link, (page, link)
            assert (page.parent / link).resolve().is_file(), (page, link)


def test_both_languages_are_complete(built: Path) -> None:
    """Each page exists in both languages, and each leads to its twin."""
    english = {path.relative_to(built).as_posix() for path in built.rglob("*.html") if "zh" not in path.relative_to(built).parts}
    chinese = {path.relative_to(built / "zh").as_posix() for path in (built / "zh").rglob("*.html")}
    assert english == chinese
    assert {"index.html", "01_one.html", "02_two.html", "slides/01_one.html", "slides/02_two.html", "slides/lecture_raft.html"} == english
    assert 'href="zh/01_one.html">中文' in (built / "01_one.html").read_text(encoding="utf-8")
    assert 'href="../01_one.html">English' in (built / "zh" / "01_one.html").read_text(encoding="utf-8")


def test_the_contents_show_the_whole_way(built: Path) -> None:
    """A planned lesson is listed without a link; lectures stand in a table of their own."""
    text = (built / "index.html").read_text(encoding="utf-8")
    assert '<span class="planned">Three</span>' in text
    assert 'href="slides/lecture_raft.html">An hour' in text
    assert 'href="02_two.html">Two' in text


def test_lessons_lead_to_their_neighbours(built: Path) -> None:
    """The first lesson has none before it, the last none after it."""
    pages = [(built / name).read_text(encoding="utf-8") for name in ("01_one.html", "02_two.html")]
    first, second = (page.partition('<nav class="bottom">')[2] for page in pages)
    assert "←" not in first
    assert 'href="02_two.html">Two →' in first
    assert 'href="01_one.html">← One' in second
    assert "→" not in second


def test_the_real_course_is_the_syllabus() -> None:
    """The site's contents are the syllabus and the finished lectures."""
    entries = site.entries()
    assert [entry.title for entry in entries if not entry.is_lecture] == [lesson.title for lesson in LESSONS]
    lectures = ["lecture_raft", "lecture_etcd", "lecture_scheduler", "lecture_services"]
    assert [entry.name for entry in entries if entry.is_lecture] == lectures


def test_several_processes_do_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one job nothing is spread over processes, with more each notebook is a task of its own."""
    used: list[int] = []

    class Pool:
        def map(self, act: object, tasks: list[object]) -> list[list[str]]:
            return [[] for _ in tasks]

    @contextmanager
    def pool(count: int) -> Iterator[Pool]:
        used.append(count)
        yield Pool()

    monkeypatch.setattr(site, "pool", pool)
    assert list(site._carried_out([1, 2, 3], 2)) == [[], [], []]  # type: ignore[list-item]  # tasks are only counted here
    assert used == [2]
