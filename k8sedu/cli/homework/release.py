"""`k8sedu homework release NOTEBOOK`: the students' version, one per student or one for all.

The course's secret is made on the first call and kept in a file. Keep it: with it, and only with it, the same parameters come out again
when the submissions are graded.
"""

from __future__ import annotations

from pathlib import Path

import click

from k8sedu.language import LANGUAGES


@click.command("release")
@click.argument("notebook")
@click.option("--students", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A class list: CSV with a column student.")
@click.option("--student", "names", multiple=True, metavar="ID", help="One student; may be said several times.")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default="release", show_default=True, help="The folder.")
@click.option("--secret", type=click.Path(path_type=Path, dir_okay=False), default="course.secret", show_default=True, help="Its file.")
@click.option("--check", is_flag=True, help="Only check the assignment; write nothing.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of the course's own assignments.")
def command(
    notebook: str, students: Path | None, names: tuple[str, ...], output: Path, secret: Path, check: bool, language: str
) -> None:
    """Make the students' version of an instructor's NOTEBOOK (or of the course's own, by name), without solutions and hidden tests.

    With a class list everybody gets their own parameters, as OUTPUT/STUDENT/ASSIGNMENT.ipynb; without one there is a single version, the
    same for all, to be graded with --one-for-all.
    """
    from tqdm import tqdm

    from k8sedu.course.homework import assignment, release, roster, seeds, sources

    loaded = assignment.load(path := sources.find(notebook, language=language))
    wrong = assignment.rehearse(loaded)
    if wrong:
        raise assignment.AssignmentError(f"{path.name}: {wrong[0]}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else ""))
    if check:
        click.echo(f"{loaded.name}: {len(loaded.questions)} questions, {loaded.points:g} points, edition {loaded.edition}")
        return
    listed = [student.id for student in roster.read_roster(students)] if students else []
    wanted = [*listed, *names] or [roster.EVERYONE]
    with tqdm(wanted, unit="student", disable=None, leave=False) as bar:
        written = release.release(loaded, bar, output, secret=seeds.secret_at(secret))
    click.echo(f"{output}: {len(written)} notebooks of {loaded.name}, {loaded.points:g} points, edition {loaded.edition}")
