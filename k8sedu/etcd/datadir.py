"""A real etcd's directory, read without etcd and without changing a byte.

    member = load("/var/lib/etcd")
    member.server.store.range("/registry/pods/", "/registry/pods0")

What the bytes mean is decided in `bolt`, `wal`, `snapshot` and `member`; this file finds and opens them. Look at a copy, or at a member
that is stopped: one that runs may write while it is read.

Source: etcd 3.5, server/datadir/datadir.go; server/etcdserver/snapshot_util.go and bootstrap.go (recoverSnapshot).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from k8sedu.etcd.bolt import Bolt
from k8sedu.etcd.member import Member, MemberError, assemble, consistent_index
from k8sedu.etcd.schema import RaftSnapshot
from k8sedu.etcd.snapshot import read_snapshot
from k8sedu.etcd.wal import Contents
from k8sedu.etcd.waldir import read_folder


def load(folder: Path | str, *, release: str = "") -> Member:
    """Read the directory of one member: the one given to `etcd --data-dir`, or the `member` folder in it.

    `release` is the etcd that wrote it, where that matters: the directory itself tells only the first two numbers.

    Raises:
        MemberError: it is no such directory.
        BoltError, WalError, SnapshotError: a file in it is damaged; the sentence names file and place.
        OSError: a file cannot be read.
    """
    root = Path(folder)
    inner = root if (root / "wal").is_dir() else root / "member"
    for needed in (inner / "wal", inner / "snap"):
        if not needed.is_dir():
            raise MemberError(f"{root}: met no folder {needed.relative_to(root)}, expected the directory of an etcd member.")
    database = inner / "snap" / "db"
    if not database.is_file():
        raise MemberError(
            f"{root}: met no file {database.relative_to(root)}, expected the database of an etcd member; "
            "a folder that `k8sedu etcd serve` has written has none."
        )
    snapshots = {path.name: read_snapshot(path.read_bytes(), name=str(path)) for path in sorted((inner / "snap").glob("*.snap"))}
    log = read_folder(inner / "wal", after_index=_log_begins_after(inner / "wal"))
    return assemble(root.resolve().name, _newest_database(database, snapshots, log), log, snapshots, release=release)


def members_in(folder: Path) -> tuple[Path, ...]:
    """The directories of members in a folder: itself, or those in it if it holds several, as that of a cluster on one machine does."""
    if (folder / "wal").is_dir() or (folder / "member").is_dir():
        return (folder,)
    return tuple(path for path in sorted(folder.iterdir()) if (path / "member").is_dir()) or (folder,)


def _newest_database(database: Path, snapshots: Mapping[str, RaftSnapshot], log: Contents) -> Bolt:
    """The database; or the one that a leader has sent with its snapshot, when the member stopped before it put that in its place."""
    bolt = Bolt(database.read_bytes(), name=str(database))
    marked = {note.index for note in log.snapshots}
    newest = max((snapshot.metadata.index for snapshot in snapshots.values() if snapshot.metadata.index in marked), default=0)
    received = database.with_name(f"{newest:016x}.snap.db")
    if newest > consistent_index(bolt) and received.is_file():
        return Bolt(received.read_bytes(), name=str(received))
    return bolt


def _log_begins_after(folder: Path) -> int:
    """The index before the first entry that the oldest segment can hold."""
    first = min((path.name for path in folder.glob("*.wal")), default="0-0000000000000000.wal")
    return max(int(first.rpartition("-")[2].removesuffix(".wal"), 16) - 1, 0)
