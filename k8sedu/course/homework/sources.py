"""Which instructor's notebook is meant: a file, or one of the course's own by its name.

>>> find("raft").name
'raft.ipynb'
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import AssignmentError
from k8sedu.course.homework.notebook import NotebookError
from k8sedu.course.homework.roster import Submission
from k8sedu.course.lessons import home

KEPT = "_assignment.ipynb"
"""The copy that lies with the results, so that feedback is about the very edition that was graded."""


def own() -> dict[str, Path]:
    """The course's own assignments by name."""
    return {path.stem: path for path in sorted((home() / "homework").glob("*.ipynb"))}


def find(name: str, *, language: str = "en") -> Path:
    """The file of an assignment, named by its path or as one of the course's own.

    Raises:
        AssignmentError: there is neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    found = own().get(name)
    if found is None:
        raise AssignmentError(f"there is no file and no assignment {name!r}, expected a notebook or one of {', '.join(own()) or 'none'}")
    chinese = found.parent / "zh" / found.name
    return chinese if language == "zh" and chinese.is_file() else found


def of_submissions(submissions: Iterable[Submission]) -> Path:
    """The course's own assignment that most of these notebooks say they are.

    Raises:
        AssignmentError: they name none that the course has.
    """
    named = Counter(edition for submission in submissions if submission.path for edition in [_named(submission.path)] if edition[0])
    if not named:
        raise AssignmentError("no submission says which assignment it is, expected --assignment with the instructor's notebook")
    (name, edition), _ = named.most_common(1)[0]
    candidates = [find(name), find(name, language="zh")]
    return next((path for path in candidates if nb.digest_of(path.read_bytes())[:12] == edition), candidates[0])


def _named(path: Path) -> tuple[str, str]:
    try:
        told = nb.read(path).homework
    except (NotebookError, OSError):
        return "", ""
    return str(told.get("name", "")), str(told.get("edition", ""))
