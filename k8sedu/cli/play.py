"""`k8sedu play FILE`: a saved run, or a scenario file, as an animation in one HTML file.

The file needs no network and no Python; it can be mailed, put on a stick, or opened in a lecture room without either.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from k8sedu.errors import K8sEduError
from k8sedu.language import LANGUAGES

if TYPE_CHECKING:
    from k8sedu.trace import Trace


class PlayError(K8sEduError):
    """A file that cannot be played."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The HTML file to write; FILE with .html otherwise.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of the captions at first; the page can change it.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, help="The colours at first.")
@click.option("--view", help="What to look at, for systems with several views: members, leases or txn of an etcd cluster; trees or txn.")
@click.option("--no-open", is_flag=True, help="Write the file and leave the browser alone.")
@click.option("--json", "as_json", is_flag=True, help="Tell what was written as JSON.")
def command(
    file: Path, output: Path | None, language: str | None, theme: str, view: str | None, no_open: bool, as_json: bool
) -> None:  # fmt: skip
    """Write FILE as an animation, and open it.

    FILE is a trace that was saved, or a scenario, which is run first.
    """
    trace = run_of(file)
    target = output or Path(f"{file.stem}.html")
    play = system_of(trace.system).views.play
    chosen = {} if view is None else {"view": view}
    if chosen and "view" not in inspect.signature(play).parameters:
        raise click.UsageError(f"met --view {view}, expected none: a run of {trace.system} has one view.")
    play(trace, language=language, theme=theme, **chosen).save(target)
    told = {"file": str(target), "bytes": target.stat().st_size, "system": trace.system, "steps": len(trace), "digest": trace.digest()}
    click.echo(json.dumps(told) if as_json else f"{target}: {len(trace)} steps of {trace.system}, {target.stat().st_size // 1000} kB")
    if not no_open:
        webbrowser.open(target.resolve().as_uri())


def run_of(file: Path) -> Trace:
    """The run in a file: a trace as it was saved, or a scenario carried out now.

    A trace begins with a JSON object, which no line of a scenario does.
    """
    from k8sedu.sim import scenario
    from k8sedu.trace import Trace

    with file.open("rb") as opened:
        if opened.read(1) in {b"{", b""}:
            return Trace.load(file)
    plan = scenario.read(file)
    run: Trace = system_of(plan.system).run_scenario(plan)
    return run


def system_of(name: str) -> Any:
    """The package of a system that can simulate and play; `etcd-store` is played by etcd, `kube.scheduler` by that part of kube.

    Raises:
        PlayError: the file names a system that this version does not have.
    """
    from k8sedu.course.syllabus import systems

    package = name.partition("-")[0]
    if package.partition(".")[0] not in systems() or not _is_there(package):
        raise PlayError(f"the file is about the system {name!r}, which this version of k8sedu cannot play")
    return importlib.import_module(f"k8sedu.{package}")


def _is_there(package: str) -> bool:
    try:
        return importlib.util.find_spec(f"k8sedu.{package}") is not None
    except ModuleNotFoundError:  # a part of something that is no package
        return False
