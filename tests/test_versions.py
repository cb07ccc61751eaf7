"""Laws of `show_versions`."""

from __future__ import annotations

import pytest

import k8sedu
from k8sedu.versions import versions


def test_versions_name_what_is_at_work() -> None:
    """The package's own version is the one that it tells in Python."""
    assert versions()["k8sedu"] == k8sedu.__version__


def test_show_versions_prints_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    """Every package has its line, installed or not."""
    k8sedu.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["platform", *versions()]
