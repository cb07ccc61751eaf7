from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from k8sedu.cli import main
from k8sedu.course import lessons, site


def test_the_site_is_built_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command hands the lessons, the folder and its options over, and tells how many pages there are."""
    asked: dict[str, Any] = {}

    def build(home: Path, folder: Path, **options: Any) -> list[str]:
        asked.update(options, home=home)
        options["told"](1, 2)
        folder.mkdir()
        (folder / "index.html").write_text("")
        return ["one: a picture without alternative text"]

    monkeypatch.setattr(site, "build", build)
    answer = CliRunner().invoke(main, ["site", "-o", str(tmp_path / "out"), "--jobs", "3", "--unmeasured"])
    assert answer.exit_code == 0, answer.output
    assert (asked["home"], asked["jobs"], asked["measured"]) == (lessons.home(), 3, False)
    assert "note: one: a picture without alternative text" in answer.output
    assert f"{tmp_path / 'out' / 'index.html'}: 1 pages" in answer.output


def test_no_jobs_make_no_sense() -> None:
    """A number of jobs under 1 is a wrong call."""
    assert CliRunner().invoke(main, ["site", "--jobs", "0"]).exit_code == 2
