"""Laws of the command line as a whole: exit codes, sentences, speed."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import k8sedu
from k8sedu import K8sEduError
from k8sedu.cli import Commands, main


def test_the_version_is_the_package_version() -> None:
    """`k8sedu --version` says what `k8sedu.__version__` says."""
    assert k8sedu.__version__ in CliRunner().invoke(main, ["--version"]).output


def test_every_command_has_help_in_one_sentence() -> None:
    """The list of commands says of each what it does."""
    output = CliRunner().invoke(main, ["--help"]).output
    names = main.list_commands(click.Context(main))
    assert {"doctor", "figures", "lab", "play"} <= set(names)
    listed = [line.split() for line in output.partition("Commands:\n")[2].splitlines() if line.startswith("  ")]
    assert [words[0] for words in listed if words[0] in names] == names
    assert all(len(words) > 2 for words in listed)


@pytest.mark.parametrize("call", [["nix"], ["play"], ["lab", "--port", "0"], ["figures", "--colour"]])
def test_a_wrong_call_ends_with_2(call: list[str]) -> None:
    """A call that cannot be understood is told as such, and nothing is done."""
    assert CliRunner().invoke(main, call).exit_code == 2


@pytest.fixture
def broken_command(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """A command that raises what the test puts into this list."""
    errors: list[Exception] = []

    @click.command()
    def broken() -> None:
        raise errors.pop()

    monkeypatch.setattr(Commands, "get_command", lambda self, context, name: broken)
    return errors


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (K8sEduError("size is 0, expected 1 or more"), "Error: size is 0, expected 1 or more\n"),
        (PermissionError(13, "Permission denied", "figures/a.svg"), "Error: figures/a.svg: Permission denied\n"),
    ],
)
def test_an_error_is_one_sentence_and_1(broken_command: list[Exception], error: Exception, sentence: str) -> None:
    """What goes wrong is told on the error stream, without a traceback."""
    broken_command.append(error)
    result = CliRunner().invoke(main, ["broken"])
    assert (result.exit_code, result.stderr, result.stdout) == (1, sentence, "")


def test_a_mistake_of_ours_keeps_its_traceback(broken_command: list[Exception]) -> None:
    """Only errors with a sentence for the reader are shortened; a defect is shown whole."""
    broken_command.append(ZeroDivisionError())
    assert isinstance(CliRunner().invoke(main, ["broken"]).exception, ZeroDivisionError)


def test_asking_for_the_version_loads_no_simulator() -> None:
    """A command line that loads pandas before it answers feels broken."""
    script = (
        "import sys; from k8sedu.cli import main; main(['--version'], standalone_mode=False);"
        "print(sorted({'simpy', 'matplotlib', 'pandas', 'anywidget', 'tqdm', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.endswith("[]\n")


def test_the_package_runs_as_a_module() -> None:
    """`python -m k8sedu` is the same command line where the script is not on the path."""
    answer = subprocess.run([sys.executable, "-m", "k8sedu", "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout == f"k8sedu, version {k8sedu.__version__}\n"
