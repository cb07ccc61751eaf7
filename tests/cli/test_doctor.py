"""Laws of `k8sedu doctor`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from k8sedu.cli import doctor, main
from k8sedu.cli.doctor import Part


def with_parts(monkeypatch: pytest.MonkeyPatch, *parts: Part) -> None:
    """Let the doctor look for these parts alone."""
    monkeypatch.setattr(doctor, "parts", lambda: list(parts))


PRESENT = Part("simpy", "simulations", "pip install k8sedu", lambda: "4.1", required=True)
OPTIONAL = Part("etcd", "comparing", "apt-get install etcd-server", lambda: None)
NEEDED = Part("pandas", "tables", "pip install k8sedu", lambda: None, required=True)


def test_this_machine_has_what_is_required() -> None:
    """Where the tests run, everything that is required is there."""
    result = CliRunner().invoke(main, ["doctor", "--json"])
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"]) == (0, True)
    assert {"name", "found", "required", "purpose", "remedy"} == set(told["parts"][0])


def test_an_optional_part_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing optional part is told with its purpose and its remedy, and ends with 0."""
    with_parts(monkeypatch, PRESENT, OPTIONAL)
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0
    assert "for comparing; apt-get install etcd-server" in result.stdout


def test_a_required_part_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing required part ends with 1, also as JSON."""
    with_parts(monkeypatch, PRESENT, OPTIONAL, NEEDED)
    assert CliRunner().invoke(main, ["doctor"]).exit_code == 1
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (1, False)


def test_an_old_python_is_missing_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that is too old does not count."""
    monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
    assert doctor.python() is None


def test_a_program_is_found_by_any_of_its_names() -> None:
    """The first name that exists counts; unknown names alone are nothing."""
    assert doctor.program("no-such-program", "sh")() is not None
    assert doctor.program("no-such-program")() is None
