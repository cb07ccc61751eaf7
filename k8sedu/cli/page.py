"""`k8sedu page NOTEBOOK`: a notebook as one static HTML page whose films play; it needs no network and no Python."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from k8sedu.language import LANGUAGES


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The HTML file; NOTEBOOK with .html otherwise.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, help="The paper.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The notebook's twin in this language.")
def command(notebook: Path, output: Path | None, theme: str, language: str | None) -> None:
    """Run NOTEBOOK and write it as a page to read."""
    from k8sedu.course.execution import execute
    from k8sedu.course.notebook import in_language
    from k8sedu.course.page import Paper, page_of
    from k8sedu.files import write_whole

    shown = execute(in_language(notebook, language), language=language)
    page, remarks = page_of(shown, theme=cast(Paper, theme), language=language)
    target = output or Path(f"{notebook.stem}.html")
    write_whole(target, page)
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    click.echo(f"{target}: {len(page.encode()) // 1000} kB")
