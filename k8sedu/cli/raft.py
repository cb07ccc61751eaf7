"""`k8sedu raft experiment …`: the measurements of the Raft papers, done again.

The commands print a table, or write JSON that has the form of the papers' digitised curves. A result file is written at the end and at
once, so an interrupted run leaves the older one alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from k8sedu.cli import interruptible, writable
from k8sedu.files import write_whole


@click.group()
def command() -> None:
    """Raft: elections as the papers measured them."""


@command.group()
def experiment() -> None:
    """Do the measurements of the Raft paper and thesis again."""


def _run_options(*, trials: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options that all experiments share."""
    options = (
        click.option("--trials", type=click.IntRange(min=1), default=trials, show_default=True, help="Elections per curve."),
        click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same numbers on every machine."),
        click.option("--workers", type=click.IntRange(min=1), help="At most so many processes; one per CPU otherwise."),
        click.option("--json", "target", metavar="FILE", callback=writable, help="Write JSON there; - is the output."),
    )

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@experiment.command()
@click.option("--curves", metavar="LOW-HIGH,…", help="Ranges of election timeouts in ms; the nine curves of the paper otherwise.")
@click.option("--limit-ms", type=click.FloatRange(min=0, min_open=True), help="Give a trial up after so long without a leader.")
@_run_options(trials=1_000)
def fig16(curves: str | None, limit_ms: float | None, trials: int, seed: int, workers: int | None, target: str | None) -> None:
    """Figure 16: how the range of election timeouts decides how long a crashed leader is missed.

    150-150 never ends: without randomness all candidates vote for themselves at the same instant, again and again.
    """
    with interruptible():
        from k8sedu.raft.sim import experiments

        names = _listed(curves) if curves is not None else experiments.CONVERGING
        found = experiments.fig16(names, trials=trials, seed=seed, limit_ms=limit_ms, workers=workers)
    _tell(experiments.table(found), experiments.as_json(found, seed=seed), target)


@experiment.command()
@click.option("--failed", metavar="N,…", default="0,1,2", show_default=True, help="How many of the five servers are down.")
@click.option("--logs", metavar="WORD,…", default="same,diff", show_default=True, help="Equal logs, or five different ones.")
@_run_options(trials=10_000)
def wan(failed: str, logs: str, trials: int, seed: int, workers: int | None, target: str | None) -> None:
    """The thesis' servers across a continent: when does the first leader that stays take office?"""
    with interruptible():
        from k8sedu.raft.sim import experiments

        found = experiments.wan(_numbers(failed), _listed(logs), trials=trials, seed=seed, workers=workers)
    _tell(experiments.table(found), experiments.as_json(found, seed=seed), target)


@experiment.command()
@click.option("--n", "size", type=int, default=5, show_default=True, help="Servers in the group.")
@click.option("--s", "available", type=int, default=4, show_default=True, help="Servers that are up.")
@click.option("--l", "latency", type=float, default=0.1, show_default=True, help="One-way latency as a share of the timeout range.")
@click.option("--l-max", "latency_max", type=float, help="Let messages take between --l and this in the counted elections.")
@_run_options(trials=10_000)
def split(
    size: int, available: int, latency: float, latency_max: float | None, trials: int, seed: int, workers: int | None, target: str | None
) -> None:
    """How often votes split, as a formula and counted; times in units of the timeout range."""
    with interruptible():
        from k8sedu.raft.sim import experiments

        found = experiments.split(size, available, latency, latency_max=latency_max, trials=trials, seed=seed, workers=workers)
    told = {"experiment": "split", "seed": seed, **found.as_json()}
    _tell(_split_text(found), json.dumps(told, indent=2, allow_nan=False) + "\n", target)


def _split_text(found: Any) -> str:
    model, counted = found.model, found.elections.mean_ms
    rows = (
        ("votes split, by formula", f"{model.split_probability:.2%}"),
        ("votes split, counted", f"{found.rate:.2%} (± {found.standard_error:.2%}, {found.trials} first terms)"),
        ("terms until a leader, by formula", f"{model.terms_mean:.2f}"),
        ("crash to leader, by formula", f"{model.election_mean:.3f} timeout ranges"),
        ("crash to leader, counted", "-" if counted is None else f"{counted:.3f} timeout ranges"),
    )
    return "\n".join(f"{label:<34}{value}" for label, value in rows)


def _listed(text: str) -> list[str]:
    """The parts of a comma-separated option, each once."""
    return list(dict.fromkeys(part.strip() for part in text.split(",")))


def _numbers(text: str) -> list[int]:
    parts = _listed(text)
    for part in parts:
        if not part.lstrip("-").isdecimal():
            raise click.BadParameter(f"{part!r} is not a number, expected numbers such as 0,1,2.", param_hint="--failed")
    return [int(part) for part in parts]


def _tell(text: str, as_json: str, target: str | None) -> None:
    """Print the table, or put the JSON where it is wanted."""
    if target is None:
        click.echo(text)
    elif target == "-":
        click.echo(as_json, nl=False)
    else:
        write_whole(Path(target), as_json)
        click.echo(f"{target}: written.", err=True)
