"""`k8sedu etcd replay FILE…`: ask the model what somebody asked a real etcd, and compare the answers.

The first difference is shown in full, the others are counted: usually they follow from it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from k8sedu.etcd.transcript import Step, TranscriptError, replay
from k8sedu.interrupts import INTERRUPTED


@click.command("replay")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(files: tuple[Path, ...]) -> None:
    """Replay transcripts of a real etcd and compare every answer, field for field.

    The last line says how many steps there were and how many differ; the exit code is 1 if any does.
    """
    steps = differing = 0
    try:
        for path, step in _progress(files):
            steps += 1
            if step.differs and not differing:
                _show(path, step)
            differing += step.differs
    except TranscriptError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo(f"stopped after {steps} steps, {differing} differ", err=True)
        sys.exit(INTERRUPTED)
    click.echo(f"{steps} steps, {differing} differ")
    sys.exit(1 if differing else 0)


def _progress(files: tuple[Path, ...]) -> Iterator[tuple[Path, Step]]:
    """All steps of all files, with a bar where somebody watches and there is something to wait for."""
    hidden = not sys.stderr.isatty()
    with tqdm(total=sum(path.stat().st_size for path in files), unit="B", unit_scale=True, leave=False, disable=hidden) as bar:
        for path in files:
            yield from ((path, step) for step in replay(_lines(path, bar), name=path.name))


def _lines(path: Path, bar: tqdm[Any]) -> Iterator[str]:
    with path.open("rb") as file:
        for line in file:
            bar.update(len(line))
            yield line.decode("utf-8", "replace")


def _show(path: Path, step: Step) -> None:
    click.echo(f"{path}, line {step.line}: the first difference")
    for title, value in (("request", {"op": step.op, **step.request}), ("expected", step.expected), ("met", step.met)):
        click.echo(f"  {title:9} {json.dumps(value, ensure_ascii=False, sort_keys=True)}")
