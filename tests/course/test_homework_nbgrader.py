"""Laws of moving either way: nbgrader accepts our source, gives out what we give out, and its marks are ours.

nbgrader brings a third of a gigabyte with it, so these laws are opt-in: K8SEDU_NBGRADER names a Python that has nbgrader and k8sedu.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.homework.release import released
from k8sedu.course.homework.sources import find

PYTHON = os.environ.get("K8SEDU_NBGRADER", "")
WRONG = {
    "reference": {},
    "half": {"q1": "def legal(logs):\n    return [sorted(t for _, t in log) == [t for _, t in log] for log in logs]", "q7": "q = 1"},
    "raises": {"q2": "def safe_to_apply(logs):\n    return logs['n9']", "q8": "def wins(votes, old, new):\n    return 1 / 0"},
    "types": {"q1": "def legal(logs):\n    return [1] * len(logs)", "q5": "timeouts_ms = (1000.0, 2000.0)"},
}

pytestmark = [
    pytest.mark.skipif(not PYTHON, reason="nbgrader is large; say K8SEDU_NBGRADER=PYTHON with nbgrader and k8sedu installed to try this"),
    pytest.mark.timeout(600),
]


def nbgrader(course: Path, *words: str) -> str:
    """Run nbgrader in a course's folder."""
    path = f"{Path(PYTHON).parent}{os.pathsep}{os.environ['PATH']}"
    command, environment = [PYTHON, "-m", "nbgrader", *words], {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of nbgrader's with our source in it, given out by nbgrader."""
    made = tmp_path_factory.mktemp("course")
    (made / "source" / "raft").mkdir(parents=True)
    shutil.copy(find("raft"), made / "source" / "raft")
    (made / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'k8s'\n")
    nbgrader(made, "generate_assignment", "raft")
    return made


def test_nbgrader_gives_out_what_we_give_out(course: Path, raft_class: Any) -> None:
    """The student's version of nbgrader is ours cell by cell: text, metadata, checksums."""
    theirs = json.loads((course / "release" / "raft" / "raft.ipynb").read_text())["cells"]
    ours = released(raft_class.assignment, student="reference", seed=0)["cells"]
    for their, our in zip(theirs, ours, strict=True):
        assert "".join(their["source"]) == "".join(our["source"])
        assert their["metadata"] == our["metadata"]


def test_nbgraders_marks_are_ours(course: Path, raft_class: Any) -> None:
    """Its autograde gives the same points as our sandbox, right answers, wrong types and errors alike."""
    expected = {}
    for seed, (student, answers) in enumerate(WRONG.items()):
        place = course / "submitted" / student / "raft"
        place.mkdir(parents=True)
        handed_in = raft_class.hand_in({**raft_class.reference, **answers}, student=student, seed=seed)
        place.joinpath("raft.ipynb").write_bytes(handed_in.content)
        result = raft_class.mark(answers, student=student, seed=seed)
        expected[student] = round(sum(question.auto for question in result.questions), 2)
    nbgrader(course, "autograde", "raft")
    nbgrader(course, "export", "--to", "marks.csv")
    rows = csv.DictReader((course / "marks.csv").read_text().splitlines())
    met = {row["student_id"]: float(row["raw_score"]) for row in rows if row["raw_score"]}
    assert met == expected
    assert len(set(expected.values())) == len(WRONG)
