from __future__ import annotations

import json
from pathlib import Path

import pytest

from k8sedu.course import lessons, syllabus
from k8sedu.course.notebook import NotebookError, read
from k8sedu.course.slides import catalogue
from k8sedu.course.slides.catalogue import LECTURES

HOME = lessons.home()


@pytest.mark.parametrize("name", catalogue.names())
def test_every_finished_deck_is_there_in_both_languages(name: str) -> None:
    """A name of the list leads to a notebook in English and to one in Chinese, with the title that the list tells."""
    title = catalogue.names()[name]
    for language in ("en", "zh"):
        notebook = read(catalogue.found(name, language))
        assert notebook.language == language
        assert notebook.title == title.in_(language)


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda lecture: lecture.name)
def test_a_lecture_has_the_same_cells_in_both_languages(lecture: catalogue.Lecture) -> None:
    """Code, metadata and ids are equal; all prose is in its language."""
    english, chinese = (read(catalogue.found(lecture.name, language)).cells for language in ("en", "zh"))
    assert [(cell.id, cell.kind, cell.metadata) for cell in english] == [(cell.id, cell.kind, cell.metadata) for cell in chinese]
    assert [cell.source for cell in english if cell.kind == "code"] == [cell.source for cell in chinese if cell.kind == "code"]
    words = [cell for cell in chinese if cell.kind == "markdown"]
    assert [cell.id for cell in words if not any("\u4e00" <= letter <= "\u9fff" for letter in cell.source)] == []


@pytest.mark.parametrize("lecture", LECTURES, ids=lambda lecture: lecture.name)
def test_a_lecture_is_an_hour(lecture: catalogue.Lecture) -> None:
    """It has 25 to 40 slides, predictions, and notes for nearly every slide that is not only a heading."""
    cells = read(HOME / lecture.file).cells
    slides = [cell for cell in cells if cell.slide_type in {"slide", "subslide"}]
    assert 25 <= len(slides) <= 40
    assert sum("Predict" in cell.source for cell in slides) >= 5
    parts = sum(cell.id.startswith("part-") for cell in slides)
    assert sum(cell.slide_type == "notes" for cell in cells) >= len(slides) - parts - 1


def test_every_lesson_says_how_it_is_cut() -> None:
    """Each lesson that is ready opens its slides by metadata, the same in both languages."""
    for name in catalogue.names():
        cells = [read(catalogue.found(name, language)).cells for language in ("en", "zh")]
        kinds = [[cell.slide_type for cell in each] for each in cells]
        assert kinds[0] == kinds[1], name
        assert "slide" in kinds[0], name


def test_the_course_table_names_the_finished_decks() -> None:
    """A lecture that the README's table promises can be built, and none is forgotten there."""
    assert sorted(syllabus.LECTURES.values()) == sorted(lecture.name for lecture in LECTURES)


def test_a_file_is_found_by_its_path(tmp_path: Path) -> None:
    """A lecturer's own notebook is named by its file."""
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": []}))
    assert catalogue.found(str(path)) == path


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    """The sentence lists what there is."""
    expected = r"'paxos' is neither a file nor a finished deck, expected .* one of raft, etcd, scheduler, services, 00_map"
    with pytest.raises(NotebookError, match=expected):
        catalogue.found("paxos")
