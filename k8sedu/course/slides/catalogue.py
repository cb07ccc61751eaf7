"""The decks that are finished: an hour each, in both languages, with speaker notes; and every lesson, which builds as a deck too.

The lectures lie in `notebooks/lectures/`, the lessons one folder higher.

Left out: decks of other people. Those are named by their file.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from k8sedu.course import lessons
from k8sedu.course.notebook import NotebookError, in_language
from k8sedu.course.syllabus import LESSONS
from k8sedu.language import Words


class Lecture(NamedTuple):
    """A finished deck: what it is called on the command line, and what it is about."""

    name: str
    title: Words
    minutes: int

    @property
    def file(self) -> str:
        """Its notebook, below the folder of the lessons."""
        return f"lectures/{self.name}.ipynb"


LECTURES = (
    Lecture("raft", Words("Raft: how a leader is elected", "Raft：领导者是怎样选出来的"), 60),
    Lecture("etcd", Words("etcd: a store that remembers", "etcd：会记忆的存储"), 60),
    Lecture("scheduler", Words("kube-scheduler: where does a pod go?", "kube-scheduler：Pod 去哪里？"), 60),
    Lecture("services", Words("Services: who answers at an address that nobody has?", "Service：谁也没有的地址，谁来应答？"), 60),
)
"""The finished decks, in the order of the course."""


def names() -> dict[str, Words]:
    """Everything that `k8sedu slides NAME` builds: the lectures, then the lessons that are ready.

    >>> list(names())[:4]
    ['raft', 'etcd', 'scheduler', 'services']
    """
    ready = {lesson.file.removesuffix(".ipynb"): lesson.title for lesson in LESSONS if lesson.ready}
    return {lecture.name: lecture.title for lecture in LECTURES} | ready


def found(name: str, language: str | None = None) -> Path:
    """The notebook of a deck by its name, or the file that has this name, in a language where it has one.

    Raises:
        NotebookError: neither exists.
    """
    file = Path(name)
    if file.is_file():
        return in_language(file, language)
    known = {lecture.name: lecture.file for lecture in LECTURES} | {title: f"{title}.ipynb" for title in names() if title[0].isdigit()}
    if name not in known:
        raise NotebookError(f"{name!r} is neither a file nor a finished deck, expected a notebook or one of {', '.join(names())}")
    return in_language(lessons.home() / known[name], language)
