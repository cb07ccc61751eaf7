"""Laws of what the tests share: a failure can be repeated, and recorded answers can come from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = '''
import json, pytest

@pytest.mark.parametrize("seed", [7])
def test_with_a_seed(seed):
    assert seed == 8

def test_that_records(record_property):
    record_property("schedule_seed", 4242)
    assert False

@pytest.mark.conformance("raft/quorum*.json")
def test_quorum(conformance_path):
    assert json.loads(conformance_path.read_text()) == [1]

@pytest.mark.conformance("etcd/transcripts/*.jsonl")
def test_transcripts(conformance_path):
    assert False
'''


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about a small suite under our conftest and a folder of recorded answers that holds two of three files."""
    tmp_path = tmp_path_factory.mktemp("suite")
    (tmp_path / "data" / "raft").mkdir(parents=True)
    for name in ("quorum.json", "quorum-more.json"):
        (tmp_path / "data" / "raft" / name).write_text("[1]")
    (tmp_path / "conftest.py").write_text((Path(__file__).parent / "conftest.py").read_text())
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = conformance\n")
    call = [sys.executable, "-m", "pytest", "-v", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
    environment = {**os.environ, "K8SEDU_CONFORMANCE": str(tmp_path / "data")}
    return subprocess.run(call, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment, timeout=110).stdout


def test_a_failure_prints_its_seed(outcome: str) -> None:
    """Whether the seed is a parameter or recorded on the way, the failure says how to repeat it."""
    assert "seed = 7" in outcome
    assert "schedule_seed = 4242" in outcome


def test_conformance_runs_once_per_file(outcome: str) -> None:
    """Each file of the named folder has its own test, with the file's name in its id."""
    assert "test_quorum[conformance-quorum.json] PASSED" in outcome
    assert "test_quorum[conformance-quorum-more.json] PASSED" in outcome


def test_conformance_that_the_folder_lacks_is_skipped(outcome: str) -> None:
    """A folder may hold only some of the files; the others are skipped with a sentence."""
    assert "test_transcripts[conformance-*.jsonl] SKIPPED" in outcome
    assert "has no etcd/transcripts/*.jsonl" in outcome
