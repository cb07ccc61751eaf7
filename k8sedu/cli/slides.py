"""`k8sedu slides NOTEBOOK`: a notebook as slides, in one HTML file that needs no network; also as PDF and as PowerPoint.

A finished deck is named instead of a file: `k8sedu slides raft`. A slide that overflows ends the command with 1 and names the slide.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, cast

import click

from k8sedu.language import LANGUAGES

PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("notebook", required=False, metavar="[NOTEBOOK|NAME]")
@click.option("-o", "--output", type=PATH, help="The HTML file to write; NOTEBOOK with .html in this folder otherwise.")
@click.option("--pdf", type=PATH, help="Also as PDF, one page per slide.")
@click.option("--pptx", type=PATH, help="Also as PowerPoint: titles and notes as text, the rest as stills.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True, help="The paper.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The notebook's twin in this language.")
@click.option("--no-notes", is_flag=True, help="Leave the speaker notes out, for a handout.")
@click.option("--unmeasured", is_flag=True, help="Do not let a browser measure whether every slide fits, where there is none.")
@click.option("--list", "listed", is_flag=True, help="Tell which decks are finished.")
@click.option("--json", "as_json", is_flag=True, help="Tell the outcome as JSON.")
def command(notebook: str | None, listed: bool, as_json: bool, **options: Any) -> None:
    """Build the slides of a notebook, or a finished deck by its name.

    In the deck: arrows and space turn the pages, S opens the speaker view, F fills the screen, Esc shows all slides. A film is clicked
    first; then its keys are its own until Esc.
    """
    from k8sedu.course.slides import catalogue

    if listed:
        click.echo(json.dumps({name: title._asdict() for name, title in catalogue.names().items()}) if as_json else _list())
        return
    if notebook is None:
        raise click.UsageError("name a notebook or a finished deck; --list tells which there are")
    told = build(catalogue.found(notebook, options["language"]), notebook, **options)
    remarks = cast(list[str], told["remarks"])
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)
    told_short = f"{told['file']}: {told['slides']} slides, {told['films']} films, {told['bytes'] // 1000} kB"
    click.echo(json.dumps(told) if as_json else told_short)


def build(path: Path, name: str, *, output: Path | None, no_notes: bool, unmeasured: bool, **more: Any) -> dict[str, Any]:
    """Build one deck with a bar that shows how far its notebook is; gives what is to be told."""
    from tqdm import tqdm

    from k8sedu.course.slides import build as slides

    target = output or Path(f"{Path(name).stem}.html")
    order = slides.Order(html=target, notes=not no_notes, measured=not unmeasured, **more)
    with tqdm(unit="cell", disable=None, leave=False, file=sys.stderr) as bar:

        def told(done: int, of: int) -> None:
            bar.total = of
            bar.update(max(0, done - bar.n))

        deck = slides.build(path, order, told=told)
    counts = {"slides": len(deck.slides), "films": deck.films, "bytes": target.stat().st_size}
    return {"file": str(target), **counts, "remarks": list(deck.remarks)}


def _list() -> str:
    """The decks by name, each with its title in both languages."""
    from k8sedu.course.slides import catalogue

    lectures = {lecture.name: f"{lecture.minutes} min" for lecture in catalogue.LECTURES}
    return "\n".join(f"{name:<24} {lectures.get(name, 'lesson'):<8} {title.en} · {title.zh}" for name, title in catalogue.names().items())
