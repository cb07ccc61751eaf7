"""Grading in the sandbox, held against a fresh kernel per notebook, which is what nbgrader and its like start."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from k8sedu.course.homework import grade
from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import load
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.marking import Settings
from k8sedu.course.homework.release import released
from k8sedu.course.homework.results import Store
from k8sedu.course.homework.roster import submissions
from k8sedu.course.homework.seeds import seed
from k8sedu.course.homework.sources import find

STUDENTS, KERNELS = 300, 6
SECRET = b"a secret for the bench"


@pytest.mark.bench
@pytest.mark.timeout(1_200)
@pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to measure")
def test_grading_is_twenty_times_faster_than_a_kernel_each(tmp_path: Path) -> None:
    """300 Raft homeworks, sandbox included, take a twentieth of what a fresh kernel each takes, or of nbgrader's time where it is there."""
    assignment = load(find("raft"))
    answers = {cell.grade_id: cell.source for cell in assignment.notebook.cells if cell.solution}
    for number in range(STUDENTS):
        student = f"s{number:03}"
        data = released(assignment, student=student, seed=seed(SECRET, "raft", student))
        for cell in data["cells"]:
            cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell["source"])
        (tmp_path / "in" / student / "raft").mkdir(parents=True)
        (tmp_path / "in" / student / "raft" / "raft.ipynb").write_text(nb.to_text(data))
    slow_s = nbgrader_s(tmp_path) if os.environ.get("K8SEDU_NBGRADER") else kernel_s(tmp_path)
    start = time.perf_counter()
    found = grade.grade(assignment, submissions(tmp_path / "in", assignment="raft"), Store(tmp_path / "results"), Settings(SECRET))
    fast_s = (time.perf_counter() - start) / STUDENTS
    assert {result.points for result in found.results} == {46}
    print(f"\nper notebook: {slow_s * 1000:.0f} ms with a kernel each, {fast_s * 1000:.1f} ms here, ratio {slow_s / fast_s:.1f}")
    assert slow_s / fast_s >= 20


def kernel_s(folder: Path) -> float:
    """Seconds per notebook with a fresh kernel for each, one after the other, as nbgrader runs them."""
    start = time.perf_counter()
    for number in range(KERNELS):
        text = (folder / "in" / f"s{number:03}" / "raft" / "raft.ipynb").read_text()
        NotebookClient(nbformat.reads(text, as_version=4), allow_errors=True).execute()
    return (time.perf_counter() - start) / KERNELS


def nbgrader_s(folder: Path) -> float:
    """Seconds per notebook of nbgrader's own autograde, on the same notebooks."""
    python = os.environ["K8SEDU_NBGRADER"]
    course = folder / "course"
    (course / "source" / "raft").mkdir(parents=True)
    (course / "source" / "raft" / "raft.ipynb").write_bytes(find("raft").read_bytes())
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    for number in range(KERNELS):
        place = course / "submitted" / f"s{number:03}" / "raft"
        place.mkdir(parents=True)
        place.joinpath("raft.ipynb").write_bytes((folder / "in" / f"s{number:03}" / "raft" / "raft.ipynb").read_bytes())
    environment = {**os.environ, "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"}

    def run(*words: str) -> None:
        subprocess.run([python, "-m", "nbgrader", *words], cwd=course, env=environment, check=True, capture_output=True, timeout=900)

    run("generate_assignment", "raft")
    start = time.perf_counter()
    run("autograde", "raft")
    elapsed_s = time.perf_counter() - start
    graded = [json.loads(path.read_text()) for path in (course / "autograded").rglob("raft.ipynb")]
    assert len(graded) == KERNELS
    return elapsed_s / KERNELS
