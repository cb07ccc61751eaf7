"""Laws of `k8sedu play`: every way to a film, and a sentence for every file that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main, play

SCENARIO = "system raft\nsize 3\nseed 7\nduration_ms 700\nat 400 crash n1\n"


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a browser was asked to open; the test works in its own folder."""
    pages: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(play.webbrowser, "open", pages.append)
    return pages


def call(*words: str) -> Result:
    """Call the command."""
    return CliRunner().invoke(main, ["play", *words])


def test_a_scenario_becomes_a_page(opened: list[str]) -> None:
    """A scenario file is run, written beside the caller as HTML and opened."""
    Path("split.scenario").write_text(SCENARIO)
    result = call("split.scenario")
    assert result.exit_code == 0, result.output
    assert Path("split.html").read_text().startswith("<!doctype html>")
    assert opened == [Path("split.html").resolve().as_uri()]


def test_a_trace_and_its_scenario_are_the_same_film(opened: list[str]) -> None:
    """Playing the saved run shows what playing its scenario shows; --no-open leaves the browser alone."""
    Path("a.scenario").write_text(SCENARIO)
    play.run_of(Path("a.scenario")).save("a.jsonl")
    first, second = (json.loads(call(file, "--no-open", "--json", "-o", f"{file}.html").stdout) for file in ("a.scenario", "a.jsonl"))
    assert first["digest"] == second["digest"]
    assert Path("a.scenario.html").read_bytes() == Path("a.jsonl.html").read_bytes()
    assert opened == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "wrong.file"),
        ('{"format": "something else"}\n', "wrong.file"),
        ("system raft\nsize 3\nat soon crash n1\n", "line 3"),
        ("system nosuch\nsize 3\n", "the system 'nosuch'"),
        ("system stage\nsize 3\n", "the system 'stage'"),
        ("system raft\nsize 3\nduration_ms 500\nat 100 crash n9\n", "n9"),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, sentence: str, opened: list[str]) -> None:
    """A file that is no run ends with 1 and a sentence that says where; no page is written."""
    Path("wrong.file").write_text(text)
    result = call("wrong.file")
    assert (result.exit_code, result.stdout, opened) == (1, "", [])
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert not Path("wrong.html").exists()
