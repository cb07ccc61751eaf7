"""`k8sedu etcd …`: look into a real etcd's directory, serve the model as an etcd, compare the two.

Each command is a module of this folder, imported when it is called.
"""

from __future__ import annotations

import click

from k8sedu.cli import Folder


class EtcdCommands(Folder):
    """The commands of this folder."""

    package = __name__


@click.command(cls=EtcdCommands)
def command() -> None:
    """Etcd: open a real one, serve the model, compare the two."""
