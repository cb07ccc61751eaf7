"""`k8sedu homework manual out|in`: answers that a person reads, as a table and back."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("manual")
def command() -> None:
    """Answers that a person reads: write a table, fill in the points, bring it back."""


@command.command("out")
@click.argument("grades", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="manual.csv", show_default=True, help="The table.")
@click.option("--anonymous", is_flag=True, help="Show marks instead of names.")
def out(grades: Path, output: Path, anonymous: bool) -> None:
    """Write the answers in the results beside GRADES as a table, one row each, with rubric."""
    from k8sedu.course.homework import grade, manual
    from k8sedu.course.homework.results import Store
    from k8sedu.files import write_whole

    text = manual.to_table(Store(grade.results_folder(grades)).all(), anonymous=anonymous)
    write_whole(output, text)
    click.echo(f"{output}: fill in points and comment, then: k8sedu homework manual in {grades} {output}")


@command.command("in")
@click.argument("grades", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("filled", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--students", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The class list, for names in the table.")
def bring_in(grades: Path, filled: Path, students: Path | None) -> None:
    """Take the points of FILLED over into the results beside GRADES, and write that table again; a wrong row changes nothing at all."""
    from k8sedu.course.homework import grade, manual, roster
    from k8sedu.course.homework.results import Store
    from k8sedu.files import write_whole

    store = Store(grade.results_folder(grades))
    changed = manual.bring_in(filled.read_text(encoding="utf-8-sig"), store, name=filled.name)
    results = list(store.all())
    write_whole(grades, grade.table(results, roster.read_roster(students) if students else ()))
    click.echo(f"{grades}: {len(changed)} students have new points, {sum(len(result.open) for result in results)} answers still wait")
