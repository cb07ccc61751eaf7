"""`k8sedu homework grade DIR -o grades.csv`: grade a folder of submissions, safely and so that it can be interrupted.

Results are kept one by one in `grades.results/`; called again, the command goes on with what is missing. Without a sandbox it refuses,
unless `--unsandboxed` is said, which marks every result.
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from k8sedu.interrupts import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from k8sedu.course.homework.late import LatePolicy

CONNECTING_S = 10


@click.command("grade")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), default="grades.csv", show_default=True, help="The table.")
@click.option("--assignment", "source", metavar="NOTEBOOK", help="The instructor's notebook; otherwise what the submissions say they are.")
@click.option("--students", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The class list.")
@click.option("--secret", type=click.Path(path_type=Path, dir_okay=False), default="course.secret", show_default=True, help="Its file.")
@click.option("--one-for-all", is_flag=True, help="Everybody had the same version.")
@click.option("--due", metavar="DATE", help="When it was due, such as 2026-12-01T18:00+01:00.")
@click.option("--late-per-day", type=click.FloatRange(0, 100), default=0, help="Percent that each started day takes.")
@click.option("--late-at-least", type=click.FloatRange(0, 100), default=0, help="Percent that is left in any case.")
@click.option("--grace-minutes", type=click.IntRange(0), default=0, help="So many minutes late are not late.")
@click.option("--regrade", is_flag=True, help="Mark everything again; older results stay in the history.")
@click.option("--workers", type=click.IntRange(min=1), help="At most so many processes; one per CPU otherwise.")
@click.option("--dask", metavar="ADDRESS", help="Grade on a Dask cluster, such as tcp://scheduler:8786.")
@click.option("--unsandboxed", is_flag=True, help="Run students' code without a sandbox. Every result is marked.")
def command(folder: Path, output: Path, source: str | None, students: Path | None, secret: Path, one_for_all: bool, **options: Any) -> None:
    """Grade the submissions in DIR: one notebook, or one folder with a notebook, per student."""
    from k8sedu.course.homework import assignment, grade, roster, seeds, sources
    from k8sedu.course.homework.marking import Settings
    from k8sedu.course.homework.results import Store
    from k8sedu.files import write_whole

    listed = roster.read_roster(students) if students else ()
    loaded = assignment.load(sources.find(source) if source else sources.of_submissions(roster.submissions(folder, assignment="")))
    submissions = roster.submissions(folder, assignment=loaded.name, students=listed)
    extensions = {student.id: student.due for student in listed if student.due}
    settings = Settings(seeds.read_secret(secret), one_for_all, _policy(options, extensions), options["unsandboxed"])
    expect_sandbox(unsandboxed=options["unsandboxed"])
    store = Store(grade.results_folder(output))
    store.folder.mkdir(parents=True, exist_ok=True)
    write_whole(store.folder / sources.KEPT, loaded.notebook.content)
    try:
        with _executor(options["dask"]) as executor, _bar(len(submissions)) as told:
            how = {"executor": executor, "workers": options["workers"], "regrade": options["regrade"], "progress": told}
            found = grade.grade(loaded, submissions, store, settings, **how)
    except KeyboardInterrupt:
        click.echo(f"stopped; what is graded is kept in {store.folder}. Call it again to go on.", err=True)
        sys.exit(INTERRUPTED)
    write_whole(output, grade.table(found.results, listed))
    _tell(output, found)


def expect_sandbox(*, unsandboxed: bool) -> None:
    """Refuse before the first submission where there is no sandbox and nobody said that there need be none."""
    from k8sedu.course.homework.evidence import expect_sandbox as expected

    if not unsandboxed:
        expected()


def _policy(options: dict[str, Any], extensions: dict[str, str]) -> LatePolicy:
    from k8sedu.course.homework.late import LatePolicy, read_date

    due = read_date(options["due"]) if options["due"] else None
    granted = {student: read_date(text) for student, text in extensions.items()}
    return LatePolicy(due, options["late_per_day"], options["late_at_least"], options["grace_minutes"], granted).checked()


@contextmanager
def _bar(total: int) -> Iterator[Any]:
    """A bar with the time left, on a terminal; what was kept from before counts as done."""
    from tqdm import tqdm

    with tqdm(total=total, unit="submission", disable=None, dynamic_ncols=True) as bar:
        yield lambda _: bar.update()


@contextmanager
def _executor(address: str | None) -> Iterator[Executor | None]:
    """Dask's executor for a cluster; None for processes of this machine."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise click.ClickException('Dask is not installed, expected it beside k8sedu: pip install "k8sedu[cluster]"') from None
    try:
        client = cast("Any", Client)(address, timeout=CONNECTING_S)
    except (OSError, ValueError) as error:
        met = f"no Dask scheduler answers at {address!r} ({str(error).splitlines()[0][:120]})"
        raise click.ClickException(f"{met}, expected an address such as tcp://host:8786") from None
    with client:
        yield client.get_executor()


def _tell(output: Path, found: Any) -> None:
    """One line for the class, and one for each submission that a person should look at."""
    count = Counter(result.status for result in found.results)
    mean = sum(result.points for result in found.results) / max(len(found.results), 1)
    states = ", ".join(f"{number} {status}" for status, number in sorted(count.items()))
    click.echo(f"{output}: {len(found.results)} submissions ({states or 'none'}), {found.kept} kept from before, mean {mean:.1f} points")
    for result in found.results:
        for flag in (*result.flags, *(result.notes if result.status == "refused" else ())):
            click.echo(f"look at {result.student}: {flag}")
    waiting = sum(len(result.open) for result in found.results)
    if waiting:
        click.echo(f"{waiting} answers wait to be read: k8sedu homework manual out {output}")
