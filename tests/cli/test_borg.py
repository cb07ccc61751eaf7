from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.borg.sim import experiments
from k8sedu.cli import main


def run(*arguments: str) -> Result:
    """A call of the command line."""
    return CliRunner().invoke(main, ["borg", "experiment", *arguments])


def test_segregation_writes_json_and_chart(tmp_path: Path) -> None:
    """Numbers with their assumptions in one file, the chart in another, and nothing beside them."""
    target, chart = tmp_path / "out.json", tmp_path / "out.svg"
    result = run("segregation", "--trials", "1", "--machines", "12", "--json", str(target), "--chart", str(chart))
    assert (result.exit_code, result.stdout) == (0, "")
    assert [each["name"] for each in json.loads(target.read_text())["results"]] == ["shared", "segregated"]
    assert chart.read_text().startswith("<?xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.svg"]


def test_switches_print_a_table() -> None:
    """Eight settings, a line each, under a headline."""
    result = run("switches", "--machines", "10", "--passes", "1")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["cells", "--parts", "2,x"], "'x' is not a number of cells"),
        (["compaction", "--trials", "0"], "0 is not in the range x>=1"),
        (["compaction", "--json", "/nowhere/out.json"], "there is no folder '/nowhere'"),
    ],
)
def test_a_wrong_call_ends_with_2(arguments: list[str], sentence: str) -> None:
    """What cannot be is said before anything is computed."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.output


def test_an_interrupt_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C leaves no file, no traceback, and the exit code of shells."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "compaction", interrupted)
    result = run("compaction", "--json", str(tmp_path / "out.json"))
    assert result.exit_code == 130
    assert "Interrupted: nothing was written." in result.output
    assert list(tmp_path.iterdir()) == []
