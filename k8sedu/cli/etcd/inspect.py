"""`k8sedu etcd inspect DIR…`: what a real member's directory holds, read without etcd.

One directory is shown in full. Several directories of one cluster are laid side by side, and what Raft promises is checked on them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from k8sedu.etcd import members as cluster
from k8sedu.etcd.datadir import load
from k8sedu.etcd.frames import readable
from k8sedu.etcd.member import Member

VALUE_SHOWN = 40
"""Longer values are cut in the table."""


@click.command("inspect")
@click.argument("directories", nargs=-1, required=True, metavar="DIR…", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write JSON: revision, compacted_revision, raft_term, kvs, leases, and more.")
def command(directories: tuple[Path, ...], *, as_json: bool) -> None:
    """Read the directory of an etcd member: keys with their history, leases, terms, pages.

    Nothing is changed. With several members of one cluster, their logs are compared; the exit code is 1 if they contradict each other.
    """
    members = [load(directory) for directory in directories]
    broken = {name: sentence for name, sentence in cluster.check(members).items() if sentence}
    if as_json:
        shown = [member.to_json() for member in members]
        click.echo(json.dumps(shown[0] if len(shown) == 1 else {"members": shown, "broken": broken}, ensure_ascii=False, indent=2))
    else:
        for line in _one(members[0]) if len(members) == 1 else _several(members):
            click.echo(line)
        for name, sentence in broken.items():
            click.echo(f"{name} is broken: {sentence}", err=True)
    sys.exit(1 if broken else 0)


def _one(member: Member) -> Iterator[str]:
    store = member.server.store
    compacted = f"compacted up to {store.compact_revision}" if store.compact_revision > 0 else "nothing compacted"
    applied = f"applied up to entry {member.server.consistent_index}"
    yield f"{member.name}: revision {store.revision}, {compacted}, term {member.raft_term}, {applied}"
    late = member.server.consistent_index - member.flushed_index
    yield f"the database had entry {member.flushed_index}; {late} committed entries of the log were applied on top" if late else ""
    yield from _keys(member)
    yield from _leases(member)
    yield from _terms(member)
    yield from _pages(member)


def _keys(member: Member) -> Iterator[str]:
    store = member.server.store
    yield "\nkeys                      revisions (t: deleted)          version  lease  value"
    for key, history in store.index.items():
        kv = store.get(key)
        lives = " | ".join(" ".join(life) for life in history.lives() if life)
        value = readable(kv.value) if kv else "-"
        short = value if len(value) <= VALUE_SHOWN else value[: VALUE_SHOWN - 1] + "…"
        version, lease = (kv.version, kv.lease or "") if kv else ("-", "")
        yield f"{readable(key):24}  {lives:32}  {version:>5}  {lease:>5}  {short}"


def _leases(member: Member) -> Iterator[str]:
    yield "\nlease                 TTL s  keys"
    for lease in member.server.lessor.leases:
        yield f"{lease.lease_id:<20}  {lease.ttl_s:>5}  {' '.join(map(readable, lease.keys))}"


def _terms(member: Member) -> Iterator[str]:
    yield "\nterm  entries of the log  revisions"
    revisions: dict[int, list[int]] = {}
    for point in member.points():
        revisions.setdefault(point.term, []).append(point.revision)
    for term, (first, last) in member.terms().items():
        span = revisions.get(term)
        yield f"{term:>4}  {f'{first} to {last}':18}  {f'{span[0]} to {span[-1]}' if span else 'not known'}"


def _pages(member: Member) -> Iterator[str]:
    bolt = member.bolt
    uses = bolt.page_map()
    counts = Counter(use.use for use in uses)
    yield f"\n{len(uses)} pages of {bolt.page_bytes} bytes: {', '.join(f'{count} {use}' for use, count in counts.items())}"
    for use in uses:
        stale = f", a stale {use.stale} page of {use.elements} elements" if use.stale else ""
        owner = f" of {use.owner!r}" if use.owner else " of the root" if use.use in ("leaf", "branch") else ""
        yield f"{use.number:>6}  {use.use}{owner}{stale or (f', {use.elements} elements' if use.elements else '')}"


def _several(members: Sequence[Member]) -> Iterator[str]:
    width = max(12, *(len(member.name) + 2 for member in members))
    yield "                " + "".join(f"{member.name:>{width}}" for member in members)
    rows: dict[str, list[Any]] = {
        "revision": [member.server.store.revision for member in members],
        "term": [member.raft_term for member in members],
        "last entry": [member.log.entries[-1].Index if member.log.entries else 0 for member in members],
        "committed": [member.log.hard_state.commit for member in members],
        "hash": [f"{member.server.store.hash_kv().hash:08x}" for member in members],
    }
    for title, values in rows.items():
        yield f"{title:16}" + "".join(f"{value:>{width}}" for value in values)
    yield "\nentries         term in the log of each"
    for first, last, terms in _runs(members):
        yield f"{f'{first} to {last}':16}" + "".join(f"{'-' if term is None else term:>{width}}" for term in terms)
    yield ""
    for name, sentence in cluster.check(members).items():
        yield f"{'broken' if sentence else 'holds':8}{name.replace('_', ' ')}"


def _runs(members: Sequence[Member]) -> Iterator[tuple[int, int, tuple[int | None, ...]]]:
    """Stretches of the logs in which nobody's term changes."""
    first = last = 0
    before: tuple[int | None, ...] = ()
    for index, terms in cluster.side_by_side(members):
        if terms != before:
            if before:
                yield first, last, before
            first, before = index, terms
        last = index
    if before:
        yield first, last, before
