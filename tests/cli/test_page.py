from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8sedu.cli import main


def test_a_page_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook becomes a page beside where the command was called, in the language and theme that were asked for."""
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A lesson\n\n![](data:image/png;base64,QUJD)"}
    Path("mine.ipynb").write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    answer = CliRunner().invoke(main, ["page", "mine.ipynb", "--theme", "dark", "--language", "zh"])
    assert answer.exit_code == 0, answer.output
    assert "mine.html: " in answer.output
    assert "note: cell 'a': the picture data:image/png;base64,QUJD has no alternative text" in answer.output
    page = Path("mine.html").read_text(encoding="utf-8")
    assert '<html lang="zh-Hans" data-theme="dark">' in page
    assert "<h1>A lesson</h1>" in page


def test_what_is_no_notebook_ends_with_1(tmp_path: Path) -> None:
    """The sentence names the file, and there is no traceback."""
    (tmp_path / "bad.ipynb").write_text("{}")
    answer = CliRunner().invoke(main, ["page", str(tmp_path / "bad.ipynb")])
    assert answer.exit_code == 1
    assert "not a notebook of format 4" in answer.output
