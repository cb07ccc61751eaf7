"""`k8sedu homework check FILE`: a student's own notebook against the checks that stand in it, with hints.

It runs the student's own code on the student's own machine: in the sandbox where there is one, else in a process of its own. Hidden checks
are not in the file; so a clean answer here is a good sign and no promise.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click


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
    for note in result.notes:
        click.echo(f"note: {note}")
    chosen = [question for question in result.questions if question.id in questions or not questions]
    for question in chosen:
        for line in visible.lines(question):
            click.echo(line)
    if not result.sandboxed:
        click.echo("There is no sandbox on this machine: your code ran in a process of its own.")
    click.echo("More checks run when it is graded.")
    sys.exit(any(not check.holds for question in chosen for check in question.checks))
