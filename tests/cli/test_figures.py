"""Laws of `k8sedu figures`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main
from k8sedu.course import figures


@pytest.fixture(autouse=True)
def _two_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A course with two small figures."""
    monkeypatch.setattr(figures, "figures", lambda: {"a.svg": lambda: "<svg>a</svg>", "b.svg": lambda: "<svg>领</svg>"})


def draw(folder: Path, *options: str) -> Result:
    """Call the command for a folder."""
    return CliRunner().invoke(main, ["figures", "-o", str(folder), *options])


def test_figures_are_drawn_once(tmp_path: Path) -> None:
    """The first call writes, the second leaves right files alone."""
    assert json.loads(draw(tmp_path / "new", "--json").stdout) == {"a.svg": "written", "b.svg": "written"}
    assert json.loads(draw(tmp_path / "new", "--json").stdout) == {"a.svg": "same", "b.svg": "same"}
    assert (tmp_path / "new" / "b.svg").read_bytes() == "<svg>领</svg>".encode()


def test_check_names_what_is_wrong_and_writes_nothing(tmp_path: Path) -> None:
    """A figure that is old or missing ends the check with 1."""
    (tmp_path / "a.svg").write_text("old")
    result = draw(tmp_path, "--check", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"a.svg": "differs", "b.svg": "missing"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_check_of_right_figures_is_fine(tmp_path: Path) -> None:
    """What the code draws is what the folder holds."""
    draw(tmp_path)
    assert draw(tmp_path, "--check").exit_code == 0


def test_one_figure_can_be_asked_for(tmp_path: Path) -> None:
    """A name draws that figure alone; an unknown name is a sentence with those that exist."""
    draw(tmp_path, "b.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["b.svg"]
    result = draw(tmp_path, "c.svg")
    assert (result.exit_code, result.stderr) == (1, "Error: there is no figure 'c.svg', expected one of a.svg, b.svg\n")
