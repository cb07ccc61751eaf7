"""The folder of a served member: its log, its snapshots, and how it starts again from both.

    DIR/member/wal    the log, in etcd's format
    DIR/member/snap   snapshots, the newest with everything that was applied

At a start the newest snapshot counts that is whole *and* noted in the log; then come the entries behind it. A snapshot is written first
and noted afterwards, so whoever is killed in between has a file too many and nothing too little. What is older than five segments and
five snapshots is deleted, if no start needs it any more.

Source: etcd 3.5, server/etcdserver/storage.go (SaveSnap, Release), server/storage/wal/wal.go (ReleaseLockTo), server/etcdserver/api/snap
(LoadNewestAvailable), client/pkg/fileutil/purge.go.
Left out: the database. etcd's snapshots only tell where the database stands; here they hold the state itself, so they cost more.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from k8sedu.etcd.identity import LOG_OWNER, LogOwner
from k8sedu.etcd.logform import from_log, mark_of, snapshot_from_log, snapshot_to_log, state_from_log, state_to_log, to_log
from k8sedu.etcd.member import MemberError
from k8sedu.etcd.protobuf import ProtobufError, decode, encode
from k8sedu.etcd.snapshot import FILES_KEPT, SnapshotError, file_name, read_snapshot, write_snapshot
from k8sedu.etcd.wal import Contents
from k8sedu.etcd.waldir import WalFolder, segments, sync_folder
from k8sedu.raft.messages import Snapshot
from k8sedu.raft.ready import Ready
from k8sedu.raft.storage import Storage

SEGMENT_BYTES = 500_000
"""A segment is 64 MB in etcd; here a start reads all that is behind a snapshot in Python, and should not take long."""


class MemberFolder:
    """The disk of one member of a group, as `k8sedu.etcd.group.Disk` asks for it.

    Args:
        folder: where its data are, or shall be.
        owner: the numbers of member and cluster, which stand in the log.
        voters: the names of all members.

    """

    def __init__(self, folder: Path, owner: LogOwner, voters: tuple[str, ...], *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder, self.owner, self.voters, self.segment_bytes = folder, owner, voters, segment_bytes
        self.wal_folder, self.snap_folder = folder / "member" / "wal", folder / "member" / "snap"
        self.log: WalFolder | None = None
        self._lock: IO[bytes] | None = None

    def load(self) -> Storage:
        """Start from what is there; a folder that is empty becomes a new member's.

        Raises:
            MemberError, WalError: the data are another's, damaged, or in use.
            OSError: the folder cannot be read or written.
        """
        self.snap_folder.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            return self._load()
        except BaseException:
            self.close()
            raise

    def _load(self) -> Storage:
        storage = Storage(Snapshot(0, 0, self.voters))
        if not any(self.wal_folder.glob("*.wal")):
            self.log = WalFolder.create(self.wal_folder, metadata=encode(LOG_OWNER, self.owner), segment_bytes=self.segment_bytes)
            return storage
        self.log, contents, snapshot = self._open()
        self._check_owner(contents)
        if snapshot is not None:
            storage.snapshot = snapshot
        try:
            storage.entries = [from_log(entry) for entry in contents.entries]
        except ProtobufError as error:
            raise MemberError(f"{self.wal_folder}: {error}") from error
        if storage.entries and storage.entries[0].index != storage.snapshot.index + 1:
            raise MemberError(f"{self.wal_folder}: the log goes on with {storage.entries[0].index}, expected {storage.snapshot.index + 1}.")
        storage.hard_state = state_from_log(contents.hard_state)
        return storage

    def _open(self) -> tuple[WalFolder, Contents, Snapshot | None]:
        """The log behind the newest snapshot that can be trusted; a damaged one is put aside, as etcd does."""
        for path in sorted(self.snap_folder.glob("*.snap"), reverse=True):
            try:
                snapshot = snapshot_from_log(read_snapshot(path.read_bytes(), name=str(path)))
            except SnapshotError:
                path.rename(path.with_suffix(".snap.broken"))
                continue
            if segments(self.wal_folder)[0].first_index > snapshot.index + 1:
                continue  # the log has forgotten what comes behind it
            log, contents = WalFolder.open(self.wal_folder, after_index=snapshot.index, segment_bytes=self.segment_bytes)
            if mark_of(snapshot) in contents.snapshots and snapshot.index <= contents.hard_state.commit:
                return log, contents, snapshot
            log.close()  # killed before the log said so
        log, contents = WalFolder.open(self.wal_folder, segment_bytes=self.segment_bytes)
        return log, contents, None

    def _check_owner(self, contents: Contents) -> None:
        try:
            owner = decode(LOG_OWNER, contents.metadata)
        except ProtobufError:
            owner = None
        if owner != self.owner:
            met = f"member {owner.NodeID} of cluster {owner.ClusterID:x}" if owner is not None else "nobody that is known"
            expected = f"those of member {self.owner.NodeID} of cluster {self.owner.ClusterID:x}"
            raise MemberError(f"{self.folder}: met the data of {met}, expected {expected}: give --members as at the first start.")

    # -- writing --------------------------------------------------------------------------------------------------------------------------

    def save(self, ready: Ready) -> None:
        """Write what Raft hands out: a snapshot first, because the entries stand behind it."""
        assert self.log is not None, "the folder is open while its member runs"
        if ready.snapshot is not None:
            self._write_snapshot(ready.snapshot)
        state = state_to_log(ready.hard_state) if ready.hard_state is not None else None
        if ready.entries or state is not None:
            self.log.save([to_log(entry) for entry in ready.entries], state)
        if ready.snapshot is not None:
            self.log.sync()  # the state that makes the snapshot count, before anything older goes
            self._purge(ready.snapshot.index)

    def compact(self, snapshot: Snapshot) -> None:
        """Write a snapshot of our own state, and delete what no start needs any more."""
        self._write_snapshot(snapshot)
        self._purge(snapshot.index)

    def _write_snapshot(self, snapshot: Snapshot) -> None:
        assert self.log is not None, "the folder is open while its member runs"
        path = self.snap_folder / file_name(snapshot.term, snapshot.index)
        beside = path.with_suffix(".snap.tmp")
        with beside.open("wb") as file:
            file.write(write_snapshot(snapshot_to_log(snapshot)))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(self.snap_folder)
        self.log.mark(mark_of(snapshot))

    def _purge(self, index: int) -> None:
        """Keep five segments and five snapshots, and always the segments behind the newest snapshot."""
        assert self.log is not None, "the folder is open while its member runs"
        self.log.drop_before(index, keep=FILES_KEPT)
        for path in sorted(self.snap_folder.glob("*.snap"))[:-FILES_KEPT]:
            path.unlink()

    def close(self) -> None:
        """The member stops: nothing is written any more."""
        if self.log is not None:
            with suppress(OSError):
                self.log.close()
            self.log = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        """Two processes that write one log would ruin it; where the system has no such lock, nobody watches."""
        self._lock = (self.folder / "member" / "lock").open("ab")
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            self._lock = None
            raise MemberError(f"{self.folder}: met data that another process uses, expected a folder of one's own.") from error
