"""Laws of the README: its lines run, its links lead somewhere, its commands exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import click
import pytest

from k8sedu.cli import main

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]


def test_the_six_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first screen shows is what a reader gets, and the film that it saves is there."""
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    outcome = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=flags, encoding="utf-8")
    assert outcome == (0, 6)
    assert (tmp_path / "election.html").exists()


def test_the_longer_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block that shows what can be done with a run can be pasted into a notebook."""
    monkeypatch.chdir(tmp_path)
    (block,) = (block for language, block in BLOCKS if language == "python" and ">>>" not in block)
    exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "run.jsonl").exists()


def test_the_scenario_is_one(tmp_path: Path) -> None:
    """The scenario of the README can be read, and written again without a change."""
    from k8sedu.sim import scenario

    (block,) = (block for _, block in BLOCKS if block.startswith("system"))
    (tmp_path / "readme.scenario").write_text(block)
    assert len(scenario.read(tmp_path / "readme.scenario").faults) == 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link inside the project leads to a file that is there."""
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", page.read_text()) if "://" not in link]
    assert [link for link in links if link and not (ROOT / link).exists()] == []


def test_named_commands_exist() -> None:
    """Each command in the table can be called, and each command there is stands in the table."""
    named = re.findall(r"^\| `k8sedu (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == main.list_commands(click.Context(main))


def test_make_targets_exist() -> None:
    """The two commands of the first screen are targets of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)) == {"lab", "test"} <= targets
