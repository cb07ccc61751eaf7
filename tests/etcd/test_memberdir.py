from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from k8sedu.etcd.api import PutRequest
from k8sedu.etcd.entry import write_entry
from k8sedu.etcd.identity import LogOwner
from k8sedu.etcd.member import MemberError
from k8sedu.etcd.memberdir import MemberFolder
from k8sedu.etcd.snapshot import FILES_KEPT
from k8sedu.etcd.wal import WalError
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import HardState, Ready
from k8sedu.raft.storage import Storage

VOTERS = ("n1", "n2", "n3")
OWNER = LogOwner(1, 9)


def folder_of(path: Path, *, owner: LogOwner = OWNER) -> MemberFolder:
    """A member's folder with tiny segments."""
    return MemberFolder(path, owner, VOTERS, segment_bytes=300)


def start(path: Path) -> Storage:
    """What a member finds when it starts again; then it stops."""
    disk = folder_of(path)
    storage = disk.load()
    disk.close()
    return storage


def entries(first: int, last: int, *, term: int = 1) -> tuple[Entry, ...]:
    """Entries from one index to another."""
    return tuple(Entry(term, index, "normal", write_entry(str(index), PutRequest("a", str(index)))) for index in range(first, last + 1))


def fill(disk: MemberFolder, first: int, last: int, *, term: int = 1) -> None:
    """Save entries one by one, all committed."""
    for index in range(first, last + 1):
        disk.save(Ready(entries=entries(index, index, term=term), hard_state=HardState(term, "n1", index)))


def test_a_new_folder_is_an_empty_disk(tmp_path: Path) -> None:
    """A new member knows who votes, and nothing else."""
    disk = folder_of(tmp_path)
    storage = disk.load()
    assert (storage.snapshot.voters, storage.entries, storage.hard_state) == (VOTERS, [], HardState())
    disk.close()


def test_a_start_reads_snapshot_and_tail(tmp_path: Path) -> None:
    """After a restart there is the newest snapshot and exactly the entries behind it, with term, vote and commit index."""
    disk = folder_of(tmp_path)
    disk.load()
    fill(disk, 1, 10)
    disk.compact(Snapshot(8, 1, VOTERS, data="state at 8"))
    fill(disk, 11, 12, term=2)
    disk.close()
    storage = start(tmp_path)
    assert storage.snapshot == Snapshot(8, 1, VOTERS, data="state at 8")
    assert storage.entries == [*entries(9, 10), *entries(11, 12, term=2)]
    assert storage.hard_state == HardState(2, "n1", 12)


def test_a_received_snapshot_replaces_the_log(tmp_path: Path) -> None:
    """A snapshot from a leader that reaches further than the log is where the member starts again, and its log goes on behind it."""
    disk = folder_of(tmp_path)
    disk.load()
    fill(disk, 1, 3)
    disk.save(Ready(snapshot=Snapshot(20, 2, VOTERS, data="state at 20"), hard_state=HardState(3, None, 20)))
    fill(disk, 21, 40, term=3)
    disk.close()
    storage = start(tmp_path)
    assert (storage.snapshot.index, storage.entries) == (20, list(entries(21, 40, term=3)))


def test_old_files_go_and_needed_ones_stay(tmp_path: Path) -> None:
    """Five snapshots and at least five segments stay; no segment goes that the newest snapshot needs."""
    disk = folder_of(tmp_path)
    disk.load()
    for round_ in range(1, 12):
        fill(disk, round_ * 10 - 9, round_ * 10)
        disk.compact(Snapshot(round_ * 10 - 5, 1, VOTERS, data=str(round_)))
        assert len(list(disk.wal_folder.glob("*.wal"))) >= min(FILES_KEPT, round_)
    first = min(disk.wal_folder.glob("*.wal")).name
    assert int(first.partition("-")[0], 16) > 0, "nothing was released"
    assert len(list(disk.snap_folder.glob("*.snap"))) == FILES_KEPT
    disk.close()
    storage = start(tmp_path)
    assert (storage.snapshot.index, storage.entries) == (105, list(entries(106, 110)))


def test_a_damaged_snapshot_is_put_aside(tmp_path: Path) -> None:
    """When the newest snapshot is damaged the one before counts and more entries behind it; the damaged file is kept under another name."""
    disk = folder_of(tmp_path)
    disk.load()
    fill(disk, 1, 10)
    disk.compact(Snapshot(4, 1, VOTERS, data="old"))
    disk.compact(Snapshot(8, 1, VOTERS, data="new"))
    disk.close()
    newest = max(disk.snap_folder.glob("*.snap"))
    newest.write_bytes(newest.read_bytes()[:-1])
    again = folder_of(tmp_path)
    storage = again.load()
    again.close()
    assert (storage.snapshot.data, storage.entries) == ("old", list(entries(5, 10)))
    assert [path.name for path in again.snap_folder.glob("*.broken")] == [f"{newest.name}.broken"]


def test_a_snapshot_that_the_log_does_not_note_is_not_believed(tmp_path: Path) -> None:
    """Killed between writing a snapshot and noting it, a member starts from the one before; it has lost nothing."""
    disk = folder_of(tmp_path / "a")
    disk.load()
    fill(disk, 1, 6)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    disk.compact(Snapshot(6, 1, VOTERS, data="new"))
    disk.close()
    (snapshot,) = disk.snap_folder.glob("*.snap")
    shutil.copy(snapshot, tmp_path / "b" / "member" / "snap")
    storage = start(tmp_path / "b")
    assert (storage.snapshot.index, storage.entries) == (0, list(entries(1, 6)))


def test_cut_at_every_byte_across_a_snapshot(tmp_path: Path) -> None:
    """Wherever the last segment is cut, a start finds everything whose record is whole, from one snapshot or the other."""
    disk = MemberFolder(tmp_path / "a", OWNER, VOTERS)
    disk.load()
    fill(disk, 1, 4)
    disk.compact(Snapshot(3, 1, VOTERS, data="3"))
    fill(disk, 5, 6)
    disk.compact(Snapshot(5, 1, VOTERS, data="5"))
    fill(disk, 7, 8)
    disk.close()
    (log,) = disk.wal_folder.glob("*.wal")
    data, lasts = log.read_bytes(), []
    for size in range(200, len(data) + 1, 3):
        log.write_bytes(data[:size])
        again = MemberFolder(tmp_path / "a", OWNER, VOTERS)
        storage = again.load()
        again.close()
        last = storage.entries[-1].index if storage.entries else storage.snapshot.index
        assert storage.entries == list(entries(storage.snapshot.index + 1, last))
        assert storage.hard_state.commit_index in (last, last - 1)
        lasts.append(last)
    assert lasts == sorted(lasts)
    assert set(lasts) >= {4, 5, 6, 7, 8}


def test_the_data_of_another_are_refused(tmp_path: Path) -> None:
    """A folder of another member or cluster is refused in a sentence, and is left as it is."""
    disk = folder_of(tmp_path)
    disk.load()
    disk.close()
    for owner in (LogOwner(2, 9), LogOwner(1, 8)):
        with pytest.raises(MemberError, match=r"met the data of member 1 of cluster 9, expected"):
            folder_of(tmp_path, owner=owner).load()
    start(tmp_path)


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    """A folder in use is refused, and free again when its member stops."""
    disk = folder_of(tmp_path)
    disk.load()
    with pytest.raises(MemberError, match="another process uses"):
        folder_of(tmp_path).load()
    disk.close()
    start(tmp_path)


def test_a_log_that_begins_too_late_is_refused(tmp_path: Path) -> None:
    """Without a snapshot to stand on, a log that has dropped its beginning is refused: better no member than one that lies."""
    disk = folder_of(tmp_path)
    disk.load()
    for round_ in range(1, 12):
        fill(disk, round_ * 10 - 9, round_ * 10)
        disk.compact(Snapshot(round_ * 10 - 5, 1, VOTERS, data=str(round_)))
    disk.close()
    for path in disk.snap_folder.glob("*.snap"):
        path.unlink()
    with pytest.raises(WalError, match="the log begins at entry"):
        folder_of(tmp_path).load()
