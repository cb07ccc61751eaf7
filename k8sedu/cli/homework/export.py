"""`k8sedu homework export FORM grades.csv`: marks for Gradescope, Canvas, Moodle or nbgrader."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("export")
@click.argument("form", type=click.Choice(["gradescope", "canvas", "moodle", "nbgrader"]))
@click.argument("grades", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; for gradescope a folder with one results.json per student.")
@click.option("--students", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The class list, for names and e-mails.")
@click.option("--column", default="", help="canvas: the assignment as Canvas calls it, such as 'Raft (1234)'.")
@click.option("--gradebook", metavar="URL", help="nbgrader: write into its gradebook, such as sqlite:///gradebook.db; needs nbgrader.")
@click.option("--open-as-zero", is_flag=True, help="Answers that nobody has read yet count as zero.")
def command(
    form: str, grades: Path, output: Path | None, students: Path | None, column: str, gradebook: str | None, open_as_zero: bool
) -> None:
    """Write the marks beside GRADES in the FORM of a platform."""
    from k8sedu.course.homework import export, grade, roster
    from k8sedu.course.homework.results import Store
    from k8sedu.files import write_whole

    results = export.finished(Store(grade.results_folder(grades)).all(), open_as_zero=open_as_zero)
    listed = roster.read_roster(students) if students else ()
    if form == "gradescope":
        folder = output or Path("gradescope")
        for result in results:
            path = folder / result.student / "results.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, export.as_text(export.gradescope(result)))
        click.echo(f"{folder}: {len(results)} files results.json")
        return
    if gradebook:
        from k8sedu.course.homework import gradebook as book

        click.echo(f"{gradebook}: {book.write(results, gradebook, students=listed)} submissions")
        return
    text = {"canvas": lambda: export.canvas(results, listed, column=column), "moodle": lambda: export.moodle(results, listed)}.get(
        form, lambda: export.nbgrader(results, listed)
    )()
    target = output or Path(f"{form}.csv")
    write_whole(target, text)
    click.echo(f"{target}: {len(results)} students")
