"""`k8sedu homework check FILE`: a student's own notebook against the checks that stand in it, with hints.

It runs the student's own code on the student's own machine: in the sandbox where there is one, else in a process of its own. Hidden checks
are not in the file; so a clean answer here is a good sign and no promise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from k8sedu.language import Words, speaking

if TYPE_CHECKING:
    from k8sedu.course.homework.results import QuestionResult, Result


@click.command("check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("questions", nargs=-1, metavar="[QUESTION]...")
def command(file: Path, questions: tuple[str, ...]) -> None:
    """Check a student's notebook FILE, all questions or those named; ends with 1 while a check does not hold."""
    from k8sedu.course.homework import visible

    result = visible.check_file(file)
    known = [question.id for question in result.questions]
    for name in questions:
        if name not in known:
            raise click.UsageError(f"there is no question {name!r}, expected one of {', '.join(known)}")
    chosen = [question for question in result.questions if question.id in questions or not questions]
    with speaking(result.language):
        for text in _told(result, chosen):
            click.echo(text)
    sys.exit(any(not check.holds for question in chosen for check in question.checks))


def _told(result: Result, chosen: list[QuestionResult]) -> Iterator[str]:
    """What a terminal shows, line by line, in the chosen language."""
    from k8sedu.course.homework import visible

    for note in result.notes:
        yield Words(f"note: {note}", f"注意：{note}").in_()
    for question in chosen:
        yield from visible.lines(question)
    if not result.sandboxed:
        english = "There is no sandbox on this machine: your code ran in a process of its own."
        yield Words(english, "这台机器上没有沙箱：你的代码在单独的进程里运行。").in_()
    yield Words("More checks run when it is graded.", "批改时还会运行更多检查。").in_()
