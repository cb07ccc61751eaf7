"""`k8sedu etcd serve`: the model as an etcd that curl and etcd's Python client can talk to."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from k8sedu.errors import K8sEduError
from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.live import SIZES, LiveGroup
from k8sedu.etcd.snapshot import ETCD, SnapshotPolicy

LOOPBACK = ("127.", "localhost", "::1")
LOOK_S = 0.2
HELP = "type: members, stop n1, start n1, quit"
STATES = {"become_leader": "{name} leads in term {term}", "stop": "{name} is stopped{why}", "start": "{name} runs"}
"""What is told on the terminal, by what happens to a member."""


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"met {text!r}, expected HOST:PORT such as 127.0.0.1:2379.")
    return host, int(port)


@click.command("serve")
@click.option("--listen", default="127.0.0.1:2379", show_default=True, metavar="HOST:PORT", callback=_address, help="Port 0: any.")
@click.option("--members", type=click.Choice([str(size) for size in SIZES]), default="1", show_default=True, help="Members of the group.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Keep the data in this folder, also through kill -9.")
@click.option("--release", default="3.5.1", show_default=True, help="The release of etcd to be.")
@click.option(
    "--snapshot-count", type=click.IntRange(1), default=ETCD.snapshot_count, show_default=True,
    help="Take a snapshot after so many requests.",
)  # fmt: skip
def command(listen: tuple[str, int], members: str, data: Path | None, release: str, snapshot_count: int) -> None:
    """Serve etcd's v3 JSON gateway over the model, until Ctrl-C.

    Try: curl -d '{"key": "YQ==", "value": "MQ=="}' http://127.0.0.1:2379/v3/kv/put

    With several members, Raft runs underneath, and typed lines say what happens to them: "stop n1" stops a member as kill -9 would,
    "start n1" starts it from its disk, "members" shows where each stands. The same over HTTP: POST /k8sedu/n1/stop and
    /k8sedu/n1/start, GET /k8sedu/members; under /k8sedu/n2/v3/... member n2 answers, otherwise the leader.
    """
    host, port = listen
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    if not host.startswith(LOOPBACK):
        click.echo(f"warning: {host} can be reached by others, and this server asks nobody for a password", err=True)
    size, policy = int(members), SnapshotPolicy(snapshot_count=snapshot_count)
    is_ready = threading.Event()

    def told(name: str, kind: str, detail: dict[str, Any]) -> None:
        if size > 1 and is_ready.is_set() and not over.is_set():
            _tell(name, kind, detail)

    with LiveGroup(size, folder=data, release=release, policy=policy, told=told) as live, Gateway(live, host=host, port=port) as gateway:
        click.echo(f"listening on {gateway.url}" + (f", data in {data}" if data else ", data in memory") + _size(live))
        sys.stdout.flush()
        is_ready.set()
        _listen(live, over, is_typing=size > 1)
        over.set()
    click.echo("stopped")


def _size(live: LiveGroup) -> str:
    names = list(live.group.disks)
    leader = live.group.leader()
    return f", members {' '.join(names)}" + (f", {leader.name} leads" if leader else "") + f"\n{HELP}" if len(names) > 1 else ""


def _tell(name: str, kind: str, detail: dict[str, Any]) -> None:
    if kind in STATES:
        why = f": {detail['why']}" if detail.get("why") else ""
        with suppress(OSError):  # nobody reads any more; the group goes on
            click.echo(STATES[kind].format(name=name, **{**detail, "why": why}))
            sys.stdout.flush()


# -- typed lines --------------------------------------------------------------------------------------------------------------------------


def _listen(live: LiveGroup, over: threading.Event, *, is_typing: bool) -> None:
    """Do what is typed until it is over; without a terminal or a pipe, only wait."""
    if hasattr(signal, "SIGTTIN"):
        signal.signal(signal.SIGTTIN, signal.SIG_IGN)  # in the background a terminal would stop who reads from it
    text = ""
    while is_typing and not over.is_set():
        try:
            if not select.select([sys.stdin], [], [], LOOK_S)[0]:
                continue
            piece = os.read(sys.stdin.fileno(), 4096).decode(errors="replace")
        except (OSError, ValueError):
            break
        if not piece:
            break  # the end of a pipe is not the end of the server
        *lines, text = (text + piece).split("\n")
        for line in lines:
            _obey(live, over, line.split())
    over.wait()


def _obey(live: LiveGroup, over: threading.Event, words: list[str]) -> None:
    """Do one typed line."""
    try:
        match words:
            case []:
                pass
            case ["stop", name]:
                live.stop_member(name)
            case ["start", name]:
                live.start_member(name)
            case ["members"]:
                click.echo("\n".join(_row(standing) for standing in live.standings()))
            case ["quit"]:
                over.set()
            case _:
                click.echo(HELP)
    except (K8sEduError, OSError) as error:
        click.echo(str(error))
    sys.stdout.flush()


def _row(standing: dict[str, Any]) -> str:
    if standing["status"] == "stopped":
        return f"{standing['name']}  stopped {standing['why']}".rstrip()
    return "{name}  {role:<13} term {term:<4} log {last_index:<7} committed {commit_index:<7} revision {revision}".format(**standing)
