"""Laws of `k8sedu lab`."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import k8sedu
from k8sedu.cli import lab, main


def test_a_checkout_opens_its_own_lessons() -> None:
    """Who works in a checkout edits the lessons that are committed, not copies of them."""
    result = CliRunner().invoke(main, ["lab", "--dry-run"])
    assert (result.exit_code, result.output) == (0, f"Lessons: {Path(k8sedu.__file__).parent.parent / 'notebooks'}\n")


def test_an_installed_package_lays_copies_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a checkout, the packaged lessons are copied beside the student, and changed ones are named."""
    site = tmp_path / "site" / "k8sedu"
    shutil.copytree(Path(k8sedu.__file__).parent.parent / "notebooks", site / "notebooks")
    monkeypatch.setattr(k8sedu, "__file__", str(site / "__init__.py"))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["lab", "--dry-run"]).exit_code == 0
    copied = tmp_path / "k8sedu-notebooks" / "00_map.ipynb"
    copied.write_text("my own map")
    (site / "notebooks" / "00_map.ipynb").write_text("a newer map")
    assert "kept as you changed it: 00_map.ipynb" in CliRunner().invoke(main, ["lab", "--dry-run"]).output
    assert copied.read_text() == "my own map"


def test_lab_starts_jupyter_on_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """The options reach JupyterLab, its root is the lessons' folder, and its exit code is handed on."""
    calls = []

    def run(call: list[str], *, check: bool) -> subprocess.CompletedProcess[bytes]:
        calls.append(call)
        return subprocess.CompletedProcess(call, 3)

    monkeypatch.setattr(lab.subprocess, "run", run)
    result = CliRunner().invoke(main, ["lab", "--no-browser", "--port", "9999"])
    assert result.exit_code == 3
    assert {"--no-browser", "--port=9999", "--LabApp.default_url=/lab/tree/00_map.ipynb"} <= set(calls[0])


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_only_root_needs_leave(monkeypatch: pytest.MonkeyPatch, user: int, allowed: bool) -> None:
    """Jupyter refuses root unless told otherwise; everybody else keeps its own rules."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert ("--allow-root" in lab.jupyter_command(Path("lessons"), browser=True, port=None)) is allowed


def test_without_jupyterlab_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing JupyterLab is one sentence with the command that brings it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = CliRunner().invoke(main, ["lab"])
    assert result.exit_code == 1
    assert result.stderr == 'Error: JupyterLab is not installed, expected it beside k8sedu: pip install "k8sedu[lab]"\n'
