"""`k8sedu lab`: open the lessons in JupyterLab.

In a checkout the lessons are opened where they are. After `pip install k8sedu` they lie inside the package, where nobody should write, so
they are copied to `k8sedu-notebooks` in the current folder first; what a student has changed there is never overwritten.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click

from k8sedu.errors import K8sEduError


class LabError(K8sEduError):
    """JupyterLab cannot be opened."""


@click.command()
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on; Jupyter looks for a free one otherwise.")
@click.option("--dry-run", is_flag=True, help="Lay the lessons ready and say where, but start nothing.")
def command(no_browser: bool, port: int | None, dry_run: bool) -> None:
    """Open the lessons in JupyterLab, at the map of the course."""
    from k8sedu.course.lessons import lay_out

    laid = lay_out(Path.cwd())
    click.echo(f"Lessons: {laid.folder}")
    for kept in laid.kept:
        click.echo(f"kept as you changed it: {kept}")
    if not dry_run:
        sys.exit(subprocess.run(jupyter_command(laid.folder, browser=not no_browser, port=port), check=False).returncode)


def jupyter_command(folder: Path, *, browser: bool, port: int | None) -> list[str]:
    """The call that starts JupyterLab on the map of the course.

    Raises:
        LabError: JupyterLab is not installed.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise LabError('JupyterLab is not installed, expected it beside k8sedu: pip install "k8sedu[lab]"')
    call = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--LabApp.default_url=/lab/tree/00_map.ipynb"]
    call += [] if browser else ["--no-browser"]
    call += [] if port is None else [f"--port={port}"]
    # In a container the only user is often root, and Jupyter would refuse to start. It listens on this machine alone and asks for a token.
    return [*call, "--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else call
