"""`k8sedu site -o DIR`: the whole course as static pages and slides, in both languages, for a stick or any server."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default="site", show_default=True, help="The folder.")
@click.option("--jobs", type=click.IntRange(min=1), help="How many notebooks run at once; one per processor otherwise.")
@click.option("--unmeasured", is_flag=True, help="Do not let a browser measure whether every slide fits, where there is none.")
def command(output: Path, jobs: int | None, unmeasured: bool) -> None:
    """Run every lesson and lecture in both languages, and write the site."""
    from tqdm import tqdm

    from k8sedu.course import lessons, site

    with tqdm(unit="notebook", disable=None, leave=False, file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)
            bar.refresh()

        remarks = site.build(lessons.home(), output, jobs=jobs, measured=not unmeasured, told=told)
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    click.echo(f"{output / 'index.html'}: {sum(1 for _ in output.rglob('*.html'))} pages")
