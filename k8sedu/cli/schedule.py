"""`k8sedu schedule …`: pack a real trace by one rule or six, and run one workload under every manager of the course.

Rows of a trace that cannot be used are told on the error stream, with file, line and column; the run goes on without them, and the command
ends with 1, so that nobody overlooks it. A result file is written at the end and at once, so an interrupted run leaves the older one alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from k8sedu.cli import interruptible, writable
from k8sedu.files import write_whole
from k8sedu.language import LANGUAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from k8sedu.trace import Trace
    from k8sedu.workload.packing import Curve, Mean
    from k8sedu.workload.readers import Reading

POLICIES = ("random", "dotprod", "gpuclustering", "gpupacking", "bestfit", "fgd")
KUBE = ("kube-least-allocated", "kube-most-allocated")
"""kube-scheduler's own scores, which the published results do not have."""
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class Seeds(click.ParamType[tuple[int, ...]]):
    """Seeds as people write them: `42`, `42-51`, `1,2,7`."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The seeds in a text, each once."""
        if isinstance(value, tuple):
            return value
        seeds: dict[int, None] = {}
        for piece in str(value).split(","):
            low, dash, high = piece.strip().partition("-")
            if not low.isdecimal() or (dash and not high.isdecimal()) or (dash and int(high) < int(low)):
                self.fail(f"met {value!r}, expected seeds such as 42, 42-51 or 1,2,7.", param, ctx)
            seeds |= dict.fromkeys(range(int(low), int(high or low) + 1))
        return tuple(seeds)


@click.group()
def command() -> None:
    """Scheduling: pack a real trace, compare the managers of a cluster."""


@command.command()
@click.option("--nodes", type=FILE, required=True, help="CSV of machines: sn, cpu_milli, memory_mib, gpu, model.")
@click.option("--pods", type=FILE, required=True, help="CSV of pods: name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, …")
@click.option("--policy", "policies", type=click.Choice([*POLICIES, *KUBE, "all"]), multiple=True, default=("bestfit",), show_default=True,
              help="Which machine a pod gets; may be said several times.")  # fmt: skip
@click.option("--load", type=click.IntRange(min=1), default=130, show_default=True, help="What arrives in all, in per cent of the GPUs.")
@click.option("--seed", "--seeds", "seeds", type=Seeds(), default="42", show_default=True, help="One run for each: 42, 42-51, or 1,2,7.")
@click.option("--published", type=FILE, help="JSON of published means, to compare with.")
@click.option("--workers", type=click.IntRange(min=1), help="At most so many processes; one per CPU otherwise.")
@click.option("--json", "target", metavar="FILE", callback=writable, help="Write JSON there; - is the output.")
@click.option("--chart", metavar="FILE", callback=writable, help="Draw the curves there, as SVG.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of the chart.")
def openb(
    nodes: Path, pods: Path, policies: tuple[str, ...], load: int, seeds: tuple[int, ...], published: Path | None, workers: int | None,
    target: str | None, chart: str | None, language: str | None,
) -> None:  # fmt: skip
    """Pack Alibaba's GPU trace, and count how many GPUs could be given away.

    Pods arrive in random order until they have asked for --load per cent of all GPUs, and none leaves. `all` are the six rules of the
    published results; kube-least-allocated and kube-most-allocated score nodes as kube-scheduler does, by cpu and memory.
    """
    with interruptible():
        from k8sedu.workload import packing, readers

        wanted = POLICIES if "all" in policies else tuple(dict.fromkeys(policies))
        theirs = packing.published.parse(published.read_text(encoding="utf-8"), where=published.name) if published else None
        reading = readers.openb(nodes, pods)
        _tell_bad_rows(reading)
        curves = _packed(reading, wanted, load, seeds, workers)
        means = packing.mean(curves)
        if target != "-":
            table = packing.views.allocation_table(means, published=theirs, at=tuple(x for x in (100, load) if x <= load))
            click.echo(table.to_string())
        if chart:
            _draw(packing.views.allocation_chart(means, published=theirs, language=language), chart)
    _write(_packing_json(curves, means, reading), target)
    sys.exit(1 if reading.bad else 0)


def _packed(reading: Reading, policies: tuple[str, ...], load: int, seeds: tuple[int, ...], workers: int | None) -> list[Curve]:
    from k8sedu.kube.scheduler.packing import PACKERS
    from k8sedu.workload import packing

    if len(policies) == len(seeds) == 1:
        return [packing.run(reading.workload, policy=policies[0], load=load, seed=seeds[0], progress=None, more=PACKERS)]
    return packing.trials(reading.workload, policies=policies, load=load, seeds=seeds, workers=workers, more=PACKERS)


def _packing_json(curves: list[Curve], means: dict[str, Mean], reading: Reading) -> dict[str, Any]:
    """One policy: its mean curve as `allocation`. Several: one such object for each, by name."""
    told = {}
    for policy, found in means.items():
        mine = [curve for curve in curves if curve.policy == policy]
        told[policy] = {
            "allocation": found.allocation,
            "policy": policy,
            "load": mine[0].load,
            "seeds": [curve.seed for curve in mine],
            "deviation": found.deviation,
            "runs": [
                {"seed": curve.seed, "placed": curve.placed, "refused": curve.refused, "fragmentation": round(curve.fragmentation, 4),
                 "allocation": curve.allocation}
                for curve in mine
            ],
        }  # fmt: skip
    rows = {"rows": reading.rows, "bad_rows": len(reading.bad)}
    return {**next(iter(told.values())), **rows} if len(told) == 1 else {"policies": told, **rows}


@command.command()
@click.argument("files", nargs=-1, metavar="[WORKLOAD]…", type=click.Path(path_type=Path, exists=True))
@click.option("--workload", "more", multiple=True, type=click.Path(path_type=Path, exists=True), help="The same as an argument.")
@click.option("--managers", metavar="NAME,…", help="Which managers; the usual four otherwise. A wrong name tells all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything that is drawn at random.")
@click.option("--duration-ms", type=click.IntRange(min=1), default=45_000, show_default=True, help="How long each run is.")
@click.option("--fault", "faults", multiple=True, metavar="LINE", help="What fails: 'at 9000 crash m2'; 'master' is whoever decides.")
@click.option("--machines", type=click.IntRange(min=1), help="Keep the first machines only.")
@click.option("--jobs", type=click.IntRange(min=1), help="Keep the first jobs only.")
@click.option("--squeeze-ms", type=click.IntRange(min=1), help="Divide all times so that the last job arrives here.")
@click.option("--workers", type=click.IntRange(min=1), help="At most so many processes; one per CPU otherwise.")
@click.option("--json", "target", metavar="FILE", callback=writable, help="Write JSON there; - is the output.")
@click.option("--chart", metavar="FILE", callback=writable, help="Draw all runs on one page there, as SVG.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of table and chart.")
def compare(
    files: tuple[Path, ...], more: tuple[Path, ...], managers: str | None, seed: int, duration_ms: int, faults: tuple[str, ...],
    machines: int | None, jobs: int | None, squeeze_ms: int | None, workers: int | None, target: str | None, chart: str | None,
    language: str | None,
) -> None:  # fmt: skip
    """Run one workload under Swarm (spread, binpack), Mesos and Borg, and lay the results side by side.

    --managers takes others as well: swarm-mode, kube (Kubernetes' default profile) and kube-most-allocated.

    WORKLOAD is a text of machines and jobs, an SQLite database of Azure's packing trace, event files of Google's trace, or the two CSV
    files of Alibaba's GPU trace. Without one, a workload is made from the seed. Times of a trace that are longer than a run are squeezed
    into two thirds of it.
    """
    with interruptible():
        from k8sedu.course import managers as table
        from k8sedu.workload import views

        reading = _workload((*files, *more), seed, faults, machines, jobs, squeeze_ms, duration_ms)
        _tell_bad_rows(reading)
        wanted = table.USUAL if managers is None else tuple(name.strip() for name in managers.split(","))
        runs = table.compare(
            reading.workload, managers=wanted, seed=seed, duration_ms=duration_ms, faults=reading.faults, workers=workers,
        )  # fmt: skip
        if target != "-":
            click.echo(views.outcome_table(table.titled(runs, language)).to_string())
        if chart:
            _draw(views.comparison(table.titled(runs, language), language=language), chart)
    _write(_comparison_json(runs, reading, seed, duration_ms), target)
    sys.exit(1 if reading.bad else 0)


def _workload(
    files: tuple[Path, ...], seed: int, faults: tuple[str, ...], machines: int | None, jobs: int | None, squeeze_ms: int | None,
    duration_ms: int,
) -> Reading:  # fmt: skip
    """What is compared: read or made, cut, and squeezed where it would not end."""
    from k8sedu.course.managers import made
    from k8sedu.workload import readers
    from k8sedu.workload.cut import cut, squeeze

    reading = readers.read(*files) if files else readers.Reading(made(seed), 0)
    workload, notes = cut(reading.workload, machines=machines, jobs=jobs), list(reading.notes)
    last_ms = max((job.arrival_ms for job in workload.jobs), default=0)
    span_ms = squeeze_ms or (duration_ms * 2 // 3 if last_ms > duration_ms else 0)
    if span_ms and last_ms:
        workload = squeeze(workload, span_ms=span_ms)
        notes.append(f"all times are divided by {last_ms / span_ms:.4g}, so that the last job arrives at {span_ms} ms")
    return reading._replace(workload=workload, faults=(*reading.faults, *faults), notes=tuple(notes))


def _comparison_json(runs: dict[str, Trace], reading: Reading, seed: int, duration_ms: int) -> dict[str, Any]:
    from k8sedu.workload.outcome import outcome

    told = {name: {**outcome(trace)._asdict(), "steps": len(trace), "digest": trace.digest()} for name, trace in runs.items()}
    settings = {"seed": seed, "duration_ms": duration_ms, "faults": list(reading.faults)}
    sizes = {"machines": len(reading.workload.machines), "tasks": sum(job.tasks for job in reading.workload.jobs)}
    return {"managers": told, **settings, **sizes, "rows": reading.rows, "bad_rows": len(reading.bad)}


# -- what all commands share -------------------------------------------------------------------------------------------------------------


def _tell_bad_rows(reading: Reading) -> None:
    for line in (*reading.notes, *reading.told()):
        click.echo(line, err=True)


def _draw(ax: Axes | Figure, target: str) -> None:
    from k8sedu.stage import charts

    charts.save(ax, Path(target))
    click.echo(f"{target}: drawn.", err=True)


def _write(told: dict[str, Any], target: str | None) -> None:
    text = json.dumps(told, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    if target == "-":
        click.echo(text, nl=False)
    elif target is not None:
        write_whole(Path(target), text)
        click.echo(f"{target}: written.", err=True)
