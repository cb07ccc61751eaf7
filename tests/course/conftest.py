"""What the tests of homework share: the two assignments, and students who hand in what they are told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import Assignment, load
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.marking import mark
from k8sedu.course.homework.notebook import Notebook
from k8sedu.course.homework.release import released
from k8sedu.course.homework.results import Result

HOMEWORK = Path(__file__).parent.parent.parent / "notebooks" / "homework"
SEED = 7


def hand_in(assignment: Assignment, answers: Mapping[str, str], *, student: str = "ada", seed: int = SEED) -> Notebook:
    """The released notebook with these texts in the cells of these grade_ids."""
    data = released(assignment, student=student, seed=seed)
    for cell in data["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell["source"] = answers[name]
    return nb.parse(nb.to_text(data).encode(), name=f"{student}.ipynb")


def reference(assignment: Assignment) -> dict[str, str]:
    """The instructor's own answers, those in words as well."""
    return {cell.grade_id: cell.source for cell in assignment.notebook.cells if cell.solution}


class Classroom:
    """One assignment and somebody who answers it."""

    def __init__(self, name: str) -> None:
        self.assignment = load(HOMEWORK / f"{name}.ipynb")
        self.reference = reference(self.assignment)
        self.hand_in: Callable[..., Notebook] = partial(hand_in, self.assignment)

    def mark(self, answers: Mapping[str, str], *, student: str = "ada", seed: int = SEED) -> Result:
        """The marks for these answers, the reference's everywhere else."""
        submitted = hand_in(self.assignment, {**self.reference, **answers}, student=student, seed=seed)
        return mark(self.assignment, submitted, student=student, seed=seed, unsandboxed=not has_sandbox())


@pytest.fixture(scope="session")
def raft_class() -> Classroom:
    """The Raft homework."""
    return Classroom("raft")


@pytest.fixture(scope="session")
def etcd_class() -> Classroom:
    """The etcd homework."""
    return Classroom("etcd")


@pytest.fixture(scope="session")
def managers_class() -> Classroom:
    """The homework on resource managers."""
    return Classroom("managers")


@pytest.fixture(scope="session")
def scheduler_class() -> Classroom:
    """The homework on Kubernetes' scheduler."""
    return Classroom("scheduler")


@pytest.fixture(scope="session")
def services_class() -> Classroom:
    """The homework on Services."""
    return Classroom("services")
