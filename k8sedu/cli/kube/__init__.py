"""`k8sedu kube …`: Kubernetes' parts on real manifests.

Each command is a module of this folder, imported when it is called.
"""

from __future__ import annotations

import click

from k8sedu.cli import Folder


class KubeCommands(Folder):
    """The commands of this folder."""

    package = __name__


@click.command(cls=KubeCommands)
def command() -> None:
    """Kubernetes: what its parts do with real manifests, and why."""
