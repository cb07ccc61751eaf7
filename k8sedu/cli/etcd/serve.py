"""`k8sedu etcd serve`: the model as an etcd that curl and etcd's Python client can talk to."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.live import LiveMember

LOOPBACK = ("127.", "localhost", "::1")


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"met {text!r}, expected HOST:PORT such as 127.0.0.1:2379.")
    return host, int(port)


@click.command("serve")
@click.option("--listen", default="127.0.0.1:2379", show_default=True, metavar="HOST:PORT", callback=_address, help="Port 0: any.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Keep the data in this folder, also through kill -9.")
@click.option("--release", default="3.5.1", show_default=True, help="The release of etcd to be.")
def command(listen: tuple[str, int], data: Path | None, release: str) -> None:
    """Serve etcd's v3 JSON gateway over the model, until Ctrl-C.

    Try: curl -d '{"key": "YQ==", "value": "MQ=="}' http://127.0.0.1:2379/v3/kv/put
    """
    host, port = listen
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    if not host.startswith(LOOPBACK):
        click.echo(f"warning: {host} can be reached by others, and this server asks nobody for a password", err=True)
    with LiveMember(folder=data, release=release) as member, Gateway(member, host=host, port=port) as gateway:
        click.echo(f"listening on {gateway.url}" + (f", data in {data}" if data else ", data in memory"))
        sys.stdout.flush()
        over.wait()
    click.echo("stopped")
