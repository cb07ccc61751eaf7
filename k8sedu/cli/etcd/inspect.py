"""`k8sedu etcd inspect DIR…`: what a real member's directory holds, read without etcd.

One directory is shown in full. Several directories of one cluster are laid side by side, and what Raft promises is checked on them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from k8sedu.etcd import members as cluster
from k8sedu.etcd.bolt import PageUse
from k8sedu.etcd.datadir import load, members_in
from k8sedu.etcd.frames import readable
from k8sedu.etcd.member import Member

VALUE_SHOWN = 40
"""Longer values are cut in the table."""


@click.command("inspect")
@click.argument("directories", nargs=-1, required=True, metavar="DIR…", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--release", default="", help="The etcd that wrote it, such as 3.5.21; the directory itself tells only 3.5.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: revision, compacted_revision, raft_term, kvs, leases, and more.")
def command(directories: tuple[Path, ...], *, release: str, as_json: bool) -> None:
    """Read the directory of an etcd member: keys with their history, leases, terms, pages.

    Nothing is changed. With several members of one cluster, or a folder that holds them, their logs are compared; the exit code is 1 if
    they contradict each other.
    """
    members = [load(member, release=release) for directory in directories for member in members_in(directory)]
    broken = {name: sentence for name, sentence in cluster.check(members).items() if sentence}
    if as_json:
        shown = [member.to_json() for member in members]
        stretches = [{"first": first, "last": last, "terms": terms} for first, last, terms in cluster.stretches(members)]
        several = {"members": shown, "logs": stretches, "broken": broken}
        click.echo(json.dumps(shown[0] if len(shown) == 1 else several, indent=2))
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
    if late:
        yield f"the database had entry {member.flushed_index}; {late} committed entries of the log were applied on top"
    if member.log.torn:
        yield f"the log ends in a torn record at offset {member.log.torn.offset} of {member.log.torn.segment}; nobody was told of it"
    yield from _identity(member)
    yield from _keys(member)
    yield from _leases(member)
    yield from _terms(member)
    yield from _pages(member)


def _identity(member: Member) -> Iterator[str]:
    identity = member.identity
    yield f"member {identity.member_id:x} of cluster {identity.cluster_id:x}"
    for peer in identity.peers:
        name, here = peer.name or "not started", ", this one" if peer.member_id == identity.member_id else ""
        yield f"  {peer.member_id:>16x}  {name}{here}{', a learner' if peer.is_learner else ''}  {' '.join(peer.client_urls)}".rstrip()
    for name, snapshot in member.snapshots.items():
        yield f"snapshot {name}: entry {snapshot.metadata.index}, term {snapshot.metadata.term}"


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
    if member.raft_term > member.last_term:
        yield f"{member.raft_term:>4}  none                so far the elections went; no entry came of them"


def _pages(member: Member) -> Iterator[str]:
    """The pages of the file, neighbours of the same use and content in one row."""
    bolt = member.bolt
    uses = bolt.page_map()
    counts = Counter(use.use for use in uses)
    yield f"\n{len(uses)} pages of {bolt.page_bytes} bytes: {', '.join(f'{count} {use}' for use, count in counts.items())}"
    for title, group in groupby(uses, _page_title):
        pages = list(group)
        first, last, elements = pages[0].number, pages[-1].number, sum(page.elements for page in pages)
        yield f"{f'{first} to {last}' if first < last else first:>14}  {title}{f', {elements} elements' if elements else ''}"


def _page_title(page: PageUse) -> str:
    owner = f" of {page.owner!r}" if page.owner else " of the root" if page.use in ("leaf", "branch") else ""
    return f"{page.use}{owner}{f', a stale copy of a {page.stale} page' if page.stale else ''}"


def _several(members: Sequence[Member]) -> Iterator[str]:
    width = max(12, *(len(member.name) + 2 for member in members))
    yield " " * 18 + "".join(f"{member.name:>{width}}" for member in members)
    rows: dict[str, list[Any]] = {
        "revision": [member.server.store.revision for member in members],
        "term known": [member.raft_term for member in members],
        "term of the last": [member.last_term for member in members],
        "last entry": [member.log.entries[-1].Index if member.log.entries else 0 for member in members],
        "committed": [member.log.hard_state.commit for member in members],
        "hash": [f"{member.server.store.hash_kv().hash:08x}" for member in members],
    }
    for title, values in rows.items():
        yield f"{title:18}" + "".join(f"{value:>{width}}" for value in values)
    yield "\nentries           term in the log of each"
    for first, last, terms in cluster.stretches(members):
        yield f"{f'{first} to {last}':18}" + "".join(f"{'-' if term is None else term:>{width}}" for term in terms)
    yield ""
    yield from cluster.term_chart(members)
    yield ""
    for name, sentence in cluster.check(members).items():
        yield f"{'broken' if sentence else 'holds':8}{name.replace('_', ' ')}"
