from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8sedu.cli import main

HEADER = json.dumps({"format": "k8sedu etcd transcript 1", "etcd": "3.5.1"})


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and error stream of a call."""
    result = CliRunner().invoke(main, ["etcd", "replay", *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.conformance("etcd/transcripts/*.jsonl")
def test_replay_of_a_recorded_transcript(conformance_path: Path) -> None:
    """A recorded transcript replays without a difference, and the last line says so."""
    code, output, _ = run(str(conformance_path))
    steps = json.loads(conformance_path.read_text(encoding="utf-8").splitlines()[0])["steps"]
    assert (code, output.splitlines()[-1]) == (0, f"{steps} steps, 0 differ")


def test_the_first_difference_is_shown(tmp_path: Path) -> None:
    """With differences the exit code is 1, the first is shown as request, expected and met, and all are counted."""
    wrong = [{"op": "put", "request": {"key": "a"}, "response": {"header": {"revision": revision}}} for revision in (2, 9, 9)]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([HEADER, *map(json.dumps, wrong)]), encoding="utf-8")
    code, output, _ = run(str(path))
    assert code == 1
    assert output.count("expected") == 1
    assert f"{path}, line 3: the first difference" in output
    assert '"revision": 9' in output
    assert '"revision": 3' in output
    assert output.splitlines()[-1] == "3 steps, 2 differ"


def test_a_file_that_is_no_transcript(tmp_path: Path) -> None:
    """What is no transcript is told in one sentence that names file and line, with exit code 1."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\xff\x00")
    code, _, error = run(str(path))
    assert code == 1
    assert error.startswith("Error: t.jsonl, line 1: met ")


def test_a_wrong_call() -> None:
    """No file, or one that does not exist, is a wrong call."""
    assert run()[0] == run("no-such.jsonl")[0] == 2
