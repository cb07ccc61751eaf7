from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8sedu.cli import main
from k8sedu.course.browser import BrowserError, executable
from k8sedu.course.slides import catalogue


def saved(folder: Path, *sources: str) -> Path:
    cells = [{"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": text} for number, text in enumerate(sources)]
    path = folder / "mine.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
    return path


def called(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A process of its own: one process can drive one browser."""
    command = [sys.executable, "-m", "k8sedu", "slides", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)


def test_the_finished_decks_are_listed() -> None:
    """The list names lectures and lessons with their titles in both languages, for people and for programs."""
    told = CliRunner().invoke(main, ["slides", "--list"]).output
    assert "raft " in told
    assert "60 min" in told
    assert "Raft：领导者是怎样选出来的" in told
    assert list(json.loads(CliRunner().invoke(main, ["slides", "--list", "--json"]).output)) == list(catalogue.names())


def test_without_a_name_the_call_is_at_fault() -> None:
    """The sentence says what may be named, and the exit code is that of a wrong call."""
    answer = CliRunner().invoke(main, ["slides"])
    assert answer.exit_code == 2
    assert "name a notebook or a finished deck" in answer.output


def test_an_unknown_name_is_told(tmp_path: Path) -> None:
    """A name that is neither a file nor a deck ends with 1, and the sentence lists the decks."""
    answer = CliRunner().invoke(main, ["slides", "paxos"])
    assert answer.exit_code == 1
    assert "neither a file nor a finished deck" in answer.output


@pytest.mark.browser
def test_a_deck_with_all_its_copies(tmp_path: Path) -> None:
    """One call writes HTML, PDF and PowerPoint, and tells what it wrote; a slide that is too full ends the next with 1."""
    try:
        executable()
    except BrowserError as error:
        pytest.skip(str(error))
    saved(tmp_path, "# Mine", "## One\n\ntext")
    answer = called("mine.ipynb", "--pdf", "mine.pdf", "--pptx", "mine.pptx", "--theme", "dark", "--json", folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["file"], told["slides"], told["films"], told["remarks"]) == ("mine.html", 2, 0, [])
    assert {path.suffix for path in tmp_path.iterdir()} == {".ipynb", ".html", ".pdf", ".pptx"}
    before = (tmp_path / "mine.html").read_bytes()
    saved(tmp_path, "# Mine", "## Too much\n\n" + "\n\n".join(["A paragraph."] * 30))
    answer = called("mine.ipynb", folder=tmp_path)
    assert answer.returncode == 1
    assert "slide 2 'Too much'" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert (tmp_path / "mine.html").read_bytes() == before
