"""A real etcd's directory, read without etcd and without changing a byte.

    member = load("/var/lib/etcd")
    member.server.store.range("/registry/pods/", "/registry/pods0")

What the bytes mean is decided in `bolt`, `wal`, `snapshot` and `member`; this file finds and opens them. Look at a copy, or at a member
that is stopped: one that runs may write while it is read.

Source: etcd 3.5, server/datadir/datadir.go.
"""

from __future__ import annotations

from pathlib import Path

from k8sedu.etcd.bolt import Bolt
from k8sedu.etcd.member import Member, MemberError, assemble
from k8sedu.etcd.snapshot import read_snapshot
from k8sedu.etcd.waldir import read_folder


def load(folder: Path | str) -> Member:
    """Read the directory of one member: the one given to `etcd --data-dir`, or the `member` folder in it.

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
        raise MemberError(f"{root}: met no file {database.relative_to(root)}, expected the database of an etcd member.")
    snapshots = {path.name: read_snapshot(path.read_bytes(), name=str(path)) for path in sorted((inner / "snap").glob("*.snap"))}
    bolt = Bolt(database.read_bytes(), name=str(database))
    log = read_folder(inner / "wal", after_index=_log_begins_after(inner / "wal"))
    return assemble(root.name, bolt, log, snapshots)


def _log_begins_after(folder: Path) -> int:
    """The index before the first entry that the oldest segment can hold."""
    first = min((path.name for path in folder.glob("*.wal")), default="0-0000000000000000.wal")
    return max(int(first.rpartition("-")[2].removesuffix(".wal"), 16) - 1, 0)
