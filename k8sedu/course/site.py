"""The whole course as a folder of static pages: contents, lessons, slides, in both languages; it works from a stick.

Every link is relative and every page carries what it needs, so the folder can be opened with a double click, put on any server, or
handed out. Lessons and lectures run once, and page and slides are both made of that one run.

Left out: a search. The contents fit on one screen.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from k8sedu.course.execution import execute
from k8sedu.course.page import Surroundings, page_of, whole
from k8sedu.course.slides.build import Order, write
from k8sedu.course.slides.catalogue import LECTURES
from k8sedu.course.syllabus import LESSONS
from k8sedu.files import write_whole
from k8sedu.language import LANGUAGES, Words
from k8sedu.processes import pool

HOME = Words("Contents", "目录")
SLIDES = Words("Slides", "幻灯片")
LECTURE = Words("Lecture", "讲座")
PLANNED = Words("planned", "筹备中")
OTHER = Words("中文", "English")
SKIP = Words("To the text", "跳到正文")
COURSE = Words("See how Kubernetes works", "看见 Kubernetes 如何工作")
LEAD = Words(
    "A course that runs: each lesson is a page whose films you can play, step and scrub. Nothing here needs a network.",
    "一门能运行的课程：每一课都是一个页面，里面的动画可以播放、单步和拖动。这里的一切都不需要网络。",
)


class Entry(NamedTuple):
    """One notebook of the site."""

    number: str
    name: str
    title: Words
    file: str | None
    """Below the folder of the lessons; None for a lesson that is planned."""

    is_lecture: bool = False


def entries() -> list[Entry]:
    """The lectures and the lessons, in the order of the course."""
    lessons = [
        Entry(str(one.number), one.file.removesuffix(".ipynb"), one.title, one.file if one.ready else None) for one in LESSONS
    ]
    return [*lessons, *(Entry("", f"lecture_{one.name}", one.title, one.file, is_lecture=True) for one in LECTURES)]


class Task(NamedTuple):
    """One notebook in one language, and where its page and its slides go."""

    entry: Entry
    language: str
    notebook: Path
    folder: Path
    around: Surroundings
    targets: dict[str, str]
    measured: bool


def build(
    home: Path,
    folder: Path,
    *,
    course: Sequence[Entry] | None = None,
    jobs: int | None = None,
    measured: bool = True,
    told: Callable[[int, int], None] = lambda done, of: None,  # noqa: ARG005 (nobody listens)
) -> list[str]:
    """Write the site, and tell what its authors should know.

    Args:
        home: the folder of the lessons.
        folder: where the site goes; files of an older one are replaced.
        course: the notebooks; the whole course otherwise.
        jobs: how many notebooks run at once; one per processor otherwise.
        measured: whether a browser measures the slides.
        told: called with how many notebooks are done, and of how many.
    """
    course = entries() if course is None else course
    tasks = [task for language in LANGUAGES for task in _tasks(home, folder, course, language, measured=measured)]
    for language in LANGUAGES:
        (folder / place(language)).mkdir(parents=True, exist_ok=True)
        write_whole(folder / place(language) / "index.html", contents(course, language))
    remarks: list[str] = []
    told(0, len(tasks))
    for done, found in enumerate(_carried_out(tasks, jobs), start=1):
        remarks += found
        told(done, len(tasks))
    return remarks


def place(language: str) -> str:
    """The folder of a language: English at the top, Chinese in `zh`."""
    return "zh" if language == "zh" else "."


def _carried_out(tasks: Sequence[Task], jobs: int | None) -> Iterable[list[str]]:
    count = min(jobs or os.cpu_count() or 1, max(1, len(tasks)))
    if count == 1:
        yield from map(carry_out, tasks)
        return
    with pool(count) as processes:
        yield from processes.map(carry_out, tasks)


def carry_out(task: Task) -> list[str]:
    """Run one notebook; write its slides, and its page if it is a lesson."""
    notebook = execute(task.notebook, language=task.language)
    name = task.entry.name
    (task.folder / "slides").mkdir(parents=True, exist_ok=True)
    up = {file: f"../{target}" for file, target in task.targets.items()}
    target = task.folder / "slides" / f"{name}.html"
    order = Order(html=target, language=task.language, measured=task.measured, targets=up)
    deck = write(notebook, order)
    if task.entry.is_lecture:
        return [f"{task.notebook}: {remark}" for remark in deck.remarks]
    page, remarks = page_of(notebook, around=task.around)
    write_whole(task.folder / f"{name}.html", page)
    return [f"{task.notebook}: {remark}" for remark in remarks]


def _tasks(home: Path, folder: Path, course: Sequence[Entry], language: str, *, measured: bool) -> list[Task]:
    ready = [entry for entry in course if entry.file]
    lessons = [entry for entry in ready if not entry.is_lecture]
    targets = {Path(entry.file or "").name: f"{entry.name}.html" for entry in lessons}
    tasks = []
    for entry in ready:
        file = Path(entry.file or "")
        notebook = home / file.parent / place(language) / file.name
        around = Surroundings() if entry.is_lecture else surroundings(entry, lessons, language, targets)
        tasks.append(Task(entry, language, notebook, folder / place(language), around, targets, measured))
    return tasks


def surroundings(entry: Entry, lessons: Sequence[Entry], language: str, targets: dict[str, str]) -> Surroundings:
    """The links around a lesson: contents, slides, the other language; the lesson before and the one after."""
    at = lessons.index(entry)
    before, after = lessons[at - 1] if at else None, lessons[at + 1] if at + 1 < len(lessons) else None
    slides = _link(f"slides/{entry.name}.html", SLIDES.in_(language))
    middle = _link("index.html", f"k8sedu · {HOME.in_(language)}") + slides
    bottom = (_link(f"{before.name}.html", f"← {before.title.in_(language)}") if before else "<span></span>") + (
        _link(f"{after.name}.html", f"{after.title.in_(language)} →") if after else ""
    )
    return Surroundings(_top(middle, f"{entry.name}.html", language), f'<nav class="bottom">{bottom}</nav>', targets)


def _top(links: str, page: str, language: str) -> str:
    """The line above a page, with a link to the same page in the other language."""
    other = f"../{page}" if language == "zh" else f"zh/{page}"
    code = "en" if language == "zh" else "zh-Hans"
    skip = f'<a class="skip" href="#text">{SKIP.in_(language)}</a>'
    switch = f'<a class="away" lang="{code}" href="{other}">{OTHER.in_(language)}</a>'
    return f'<nav class="top">{skip}{links}{switch}</nav><span id="text"></span>'


def _link(target: str, text: str) -> str:
    return f'<a href="{target}">{escape(text)}</a>'


def contents(course: Sequence[Entry], language: str) -> str:
    """The page that one begins at."""
    lectures = "".join(_row(entry, language) for entry in course if entry.is_lecture)
    lessons = "".join(_row(entry, language) for entry in course if not entry.is_lecture)
    head = f'<h1>{COURSE.in_(language)}</h1><p class="lead">{LEAD.in_(language)}</p>'
    hours = f"<h2>{Words('An hour each', '每场一小时').in_(language)}</h2><table>{lectures}</table>" if lectures else ""
    body = f'<main class="contents">{head}<h2>{Words("Lessons", "课程").in_(language)}</h2><table>{lessons}</table>{hours}</main>'
    return whole(_top("<span>k8sedu</span>", "index.html", language) + body, title=f"k8sedu · {COURSE.in_(language)}", language=language)


def _row(entry: Entry, language: str) -> str:
    title = entry.title.in_(language)
    if entry.file is None:
        faint = '<span class="planned">{}</span>'
        cells = (escape(entry.number), faint.format(escape(title)), faint.format(PLANNED.in_(language)))
    elif entry.is_lecture:
        cells = ("", _link(f"slides/{entry.name}.html", title), LECTURE.in_(language))
    else:
        cells = (escape(entry.number), _link(f"{entry.name}.html", title), _link(f"slides/{entry.name}.html", SLIDES.in_(language)))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
