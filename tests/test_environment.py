"""Laws of the ways to install: conda, pip and make bring the same packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONDA_NAMES = {"matplotlib": "matplotlib-base"}


def requirement(line: str) -> tuple[str, str]:
    """Split "simpy>=4.1" into name and versions."""
    match = re.fullmatch(r"([A-Za-z0-9_.-]+?)\s*((?:[<>=!~].*)?)", line)
    assert match is not None, line
    return match[1], match[2]


def conda_requirements() -> list[object]:
    """What environment.yml asks for, in its order."""
    return list(yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"])


def test_conda_asks_for_what_pip_asks_for() -> None:
    """Each package of the core and of `lab` stands in environment.yml with the same versions, and no other does."""
    project = PYPROJECT["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    expected = {CONDA_NAMES.get(name, name): versions for name, versions in map(requirement, lines)}
    expected |= {"python": project["requires-python"], "pip": ""}
    assert dict(requirement(line) for line in conda_requirements() if isinstance(line, str)) == expected


def test_through_pip_comes_the_checkout_alone() -> None:
    """Conda's packages must not get copies by pip over them, so pip is asked for k8sedu and nothing else."""
    assert conda_requirements()[-1] == {"pip": ["--editable ."]}


def test_only_conda_forge_is_asked() -> None:
    """Mixed channels are the usual reason why an environment cannot be solved."""
    assert yaml.safe_load((ROOT / "environment.yml").read_text())["channels"] == ["conda-forge"]


def test_the_classifiers_start_at_the_oldest_python() -> None:
    """The oldest Python that is promised is the oldest that is listed and the one that ruff writes for."""
    oldest = PYPROJECT["project"]["requires-python"].removeprefix(">=")
    listed = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if "Python :: 3." in line]
    assert listed[0] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A folder with what make looks at, and no environment."""
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call make as a person would."""
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_make_alone_says_what_there_is(fresh: Path) -> None:
    """The default is the list of targets, and it makes nothing."""
    said = make(fresh).stdout
    assert {"make lab", "make test", "make bench", "make nightly", "make figures", "make clean"} <= set(re.findall(r"make [a-z]+", said))
    assert not (fresh / ".venv").exists()


def test_make_without_python_says_which_is_needed(fresh: Path) -> None:
    """A machine without a suitable Python gets a sentence that says what to do."""
    answer = make(fresh, "lab", "PYTHON=")
    assert answer.returncode != 0
    assert "No Python 3.11 or newer was found" in answer.stderr


def test_make_without_venv_names_the_package(fresh: Path) -> None:
    """Debian ships Python without venv; the sentence names the package to install."""
    python = fresh / "python-without-venv"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    answer = make(fresh, "lab", f"PYTHON={python}")
    assert answer.returncode != 0
    assert "apt-get install python3-venv" in answer.stderr


def test_second_runs_start_at_once(fresh: Path) -> None:
    """With a stamp younger than pyproject.toml nothing is installed again; with an older one it is."""
    (fresh / ".venv" / "bin").mkdir(parents=True)
    for name in ("bin/python", ".lab"):
        (fresh / ".venv" / name).touch()
    assert "pip" not in make(fresh, "-n", "lab").stdout
    newer = (fresh / ".venv" / ".lab").stat().st_mtime + 10
    os.utime(fresh / "pyproject.toml", (newer, newer))
    assert "pip" in make(fresh, "-n", "lab").stdout


@pytest.mark.parametrize("outcome", [0, 7])
def test_the_machine_script_hands_on_what_make_says(tmp_path: Path, outcome: int) -> None:
    """`.ci/run` names the programs that are missing, runs `make test`, and ends as it ended; a machine without apt-get is no obstacle."""
    for program in ("bash", "dirname", "grep", "id"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    (tmp_path / "make").write_text(f"#!{shutil.which('sh')}\necho called make $1\nexit {outcome}\n")
    (tmp_path / "make").chmod(0o755)
    answer = subprocess.run([ROOT / ".ci" / "run"], capture_output=True, text=True, check=False, env={"PATH": str(tmp_path)}, timeout=60)
    assert answer.returncode == outcome
    assert "not installed: chromium bubblewrap etcd-server" in answer.stdout
    assert answer.stdout.endswith("called make test\n")
