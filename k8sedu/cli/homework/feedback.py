"""`k8sedu homework feedback grades.csv`: one page per student."""

from __future__ import annotations

from pathlib import Path

import click

from k8sedu.language import LANGUAGES


@click.command("feedback")
@click.argument("grades", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default="feedback", show_default=True, help="The folder.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of headings and words; that of the notebook otherwise.")
@click.option("--reveal", is_flag=True, help="Name hidden checks, too, with what was expected: when nobody can hand in any more.")
def command(grades: Path, output: Path, language: str | None, reveal: bool) -> None:
    """Write a page for every student whose results stand beside GRADES, the table that grade wrote."""
    from tqdm import tqdm

    from k8sedu.course.homework import assignment, feedback, grade, sources
    from k8sedu.course.homework.results import Store

    results = list(Store(grade.results_folder(grades)).all())
    loaded = assignment.load(grade.results_folder(grades) / sources.KEPT)
    pages = feedback.write(loaded, results, output, language=language, reveal=reveal)
    count = sum(1 for _ in tqdm(pages, total=len(results), unit="page", disable=None, leave=False))
    click.echo(f"{output}: {count} pages")
