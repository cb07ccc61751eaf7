"""The command line: `k8sedu lab`, `play`, `figures`, `doctor`, and a group per system.

Each command is a module of this folder, named as the command, with a click command called `command`. The folder is the list: a system adds
its commands by adding a file, and a file is imported only when its command is called, so that `k8sedu --version` is fast.

Exit codes: 0 fine, 1 the content is at fault (a damaged file, a missing part), 2 the call is at fault. An error of k8sedu is one sentence
on the error stream, without a traceback: the reader did nothing wrong in Python.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from k8sedu import K8sEduError, __version__
from k8sedu.interrupts import INTERRUPTED, leaving


@contextmanager
def interruptible() -> Iterator[None]:
    """End at Ctrl-C with a sentence and without a traceback: for long work that writes at its end."""
    told = "Interrupted: nothing was written."
    try:
        with leaving(told):
            yield
    except KeyboardInterrupt:  # where no signal is heard, but somebody raises it
        click.echo(told, err=True)
        sys.exit(INTERRUPTED)


def writable(_context: click.Context, _parameter: click.Parameter, target: str | None) -> str | None:
    """Better to hear of a missing folder before long work than after it."""
    if target not in (None, "-") and not Path(target).parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(Path(target).parent)!r} to write {Path(target).name!r} into.")
    return target


class Folder(click.Group):
    """A group whose commands are the modules of a package, this one or the one that is named."""

    package = __name__

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click asks with it)
        """The commands by name, found without importing them."""
        return sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(self.package).__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        with leaving("Interrupted."):
            command: click.Command = importlib.import_module(f"{self.package}.{cmd_name}").command
        return command


class Commands(Folder):
    """All commands; what goes wrong in one of them is told here."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; tell an error as one sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)
        except K8sEduError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if error.filename is None:
                raise
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="k8sedu")
def main() -> None:
    """See how Kubernetes works: run it, step it, break it, replay it."""
