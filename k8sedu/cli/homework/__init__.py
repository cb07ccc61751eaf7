"""`k8sedu homework …`: release, check, grade, read, give feedback, export, compare.

Each command is a module of this folder, imported when it is called.
"""

from __future__ import annotations

import click

from k8sedu.cli import Folder


class HomeworkCommands(Folder):
    """The commands of this folder."""

    package = __name__


@click.command(cls=HomeworkCommands)
def command() -> None:
    """Homework: release it, check it, grade it safely, give feedback."""
