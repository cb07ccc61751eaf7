"""`k8sedu borg experiment …`: the measurements of the Borg paper, done again on a synthetic cell.

The commands print a table, or write JSON with the assumptions behind the numbers, or draw a chart. Files are written at the end and at
once, so an interrupted run leaves older ones alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from k8sedu.cli import interruptible, writable
from k8sedu.files import write_whole
from k8sedu.processes import pool

if TYPE_CHECKING:
    from k8sedu.borg.synthetic import Assumptions



@click.group()
def command() -> None:
    """Borg: how few machines a workload needs, and how few of them have to be examined."""


@command.group()
def experiment() -> None:
    """Do the measurements of the Borg paper again, on a synthetic cell."""


def _options(*more: Callable[..., Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that all experiments share."""
    options = (
        *more,
        click.option("--machines", type=click.IntRange(min=10), default=150, show_default=True, help="Machines; the jobs follow."),
        click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same numbers on every machine."),
        click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="So many processes."),
        click.option("--json", "target", metavar="FILE", callback=writable, help="Write JSON there; - is the output."),
        click.option("--chart", metavar="FILE", callback=writable, help="Draw a chart there, as SVG."),
    )

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


TRIALS = click.option("--trials", type=click.IntRange(min=1), default=11, show_default=True, help="Random orders of machines.")


@experiment.command()
@_options(TRIALS)
def compaction(trials: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None) -> None:
    """E-PVM, best fit and the hybrid: how many machines does each need?"""
    _compact("compaction", (), trials, machines, seed, workers, target, chart)


@experiment.command()
@_options(TRIALS)
def segregation(trials: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None) -> None:
    """One cell for prod and non-prod, against one for each."""
    _compact("segregation", (), trials, machines, seed, workers, target, chart)


@experiment.command()
@_options(TRIALS, click.option("--parts", default="2,5,10", show_default=True, metavar="N,…", help="Into how many cells."))
def cells(parts: str, trials: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None) -> None:
    """One large cell, against several small ones."""
    _compact("cells", (_numbers(parts),), trials, machines, seed, workers, target, chart)


@experiment.command()
@_options(TRIALS)
def bucketing(trials: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None) -> None:
    """Requests as they are, against requests rounded up to powers of two."""
    _compact("bucketing", (), trials, machines, seed, workers, target, chart)


@experiment.command()
@_options(click.option("--passes", type=click.IntRange(min=0), default=5, show_default=True, help="Later passes, with a little churn."))
def switches(passes: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None) -> None:
    """Score caching, equivalence classes, relaxed randomization: what does each save?"""
    with interruptible():
        from k8sedu.borg.sim import experiments

        assumptions = _sized(experiments.FULL, machines)
        with _workers(workers) as executor:
            found = experiments.switches(passes=passes, seed=seed, assumptions=assumptions, executor=executor)
    _tell(experiments.switches_table(found), experiments.as_json("switches", found, seed=seed, assumptions=assumptions), target)
    _draw("switches_chart", found, chart)


def _compact(
    name: str, arguments: Sequence[Any], trials: int, machines: int, seed: int, workers: int, target: str | None, chart: str | None
) -> None:
    with interruptible():
        from k8sedu.borg.sim import experiments
        from k8sedu.borg.synthetic import Assumptions

        assumptions = _sized(Assumptions(), machines)
        run = getattr(experiments, name)
        with _workers(workers) as executor:
            found = run(*arguments, trials=trials, seed=seed, assumptions=assumptions, executor=executor)
    _tell(experiments.compaction_table(found), experiments.as_json(name, found, seed=seed, assumptions=assumptions), target)
    _draw("compaction_chart", found, chart)


def _sized(assumptions: Assumptions, machines: int) -> Assumptions:
    """A cell of another size, with the usual two jobs and eight tasks for a machine."""
    return assumptions._replace(machines=machines, jobs=2 * machines, tasks=8 * machines)


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not part.isdecimal() or not int(part):
            raise click.BadParameter(f"{part!r} is not a number of cells, expected numbers such as 2,5,10.", param_hint="--parts")
    return tuple(int(part) for part in parts)


@contextmanager
def _workers(count: int) -> Iterator[Executor | None]:
    """So many processes that leave Ctrl-C to this one; none if this one is enough."""
    if count == 1:
        yield None
        return
    with pool(count, fork=True) as processes:
        yield processes


def _tell(text: str, as_json: str, target: str | None) -> None:
    """Print the table, or put the JSON where it is wanted."""
    if target is None:
        click.echo(text)
    elif target == "-":
        click.echo(as_json, nl=False)
    else:
        write_whole(Path(target), as_json)
        click.echo(f"{target}: written.", err=True)


def _draw(name: str, found: Any, chart: str | None) -> None:
    if chart is None:
        return
    from k8sedu.borg import views
    from k8sedu.stage import charts

    charts.save(getattr(views, name)(found), chart)
    click.echo(f"{chart}: drawn.", err=True)
