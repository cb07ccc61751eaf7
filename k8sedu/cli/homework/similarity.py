"""`k8sedu homework similarity grades.csv`: pairs of submissions that share unusually much code."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("similarity")
@click.argument("grades", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the report as HTML there.")
@click.option("--at-least", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="The share from which a pair is told.")
def command(grades: Path, output: Path | None, at_least: float) -> None:
    """Compare the answers' code in the results beside GRADES. A high share is a reason to look, not a verdict."""
    from k8sedu.course.homework import assignment, grade, similarity, sources
    from k8sedu.course.homework.results import Store
    from k8sedu.files import write_whole

    results = list(Store(grade.results_folder(grades)).all())
    found = similarity.of_class(assignment.load(grade.results_folder(grades) / sources.KEPT), results, at_least=at_least)
    if output:
        write_whole(output, similarity.page(found))
    for pair in found[:20]:
        click.echo(f"{pair.share:>4.0%}  {pair.first}  {pair.second}  ({pair.shared} stretches)")
    click.echo(f"{len(results)} submissions, {len(found)} pairs share at least {at_least:.0%}")
