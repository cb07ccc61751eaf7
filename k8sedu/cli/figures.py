"""`k8sedu figures`: draw the pictures of the course again.

The figures in `figures/` are made, never drawn by hand. The same source gives the same bytes, so `--check` in the tests finds a figure that
no longer shows what the code does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME.svg]...")
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), default="figures", show_default=True, help="The folder.")
@click.option("--check", is_flag=True, help="Write nothing; end with 1 when a figure in the folder is not what the code draws.")
@click.option("--json", "as_json", is_flag=True, help="Tell the outcome of each figure as JSON.")
def command(names: tuple[str, ...], output: Path, check: bool, as_json: bool) -> None:
    """Draw all figures of the course, or those named, into a folder."""
    from tqdm import tqdm

    from k8sedu.course import figures

    chosen = figures.chosen(names)
    with tqdm(chosen.items(), unit="figure", disable=None, file=sys.stderr) as progress:
        outcomes = {name: figures.settle(output / name, draw, check=check) for name, draw in progress}
    for line in [json.dumps(outcomes)] if as_json else [f"{output / name}: {outcome}" for name, outcome in outcomes.items()]:
        click.echo(line)
    sys.exit(check and any(outcome != "same" for outcome in outcomes.values()))
