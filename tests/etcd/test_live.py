from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd.api import (
    LeaseGrantRequest,
    LeaseRevokeRequest,
    PutRequest,
    RangeRequest,
    StatusRequest,
    WatchCancelRequest,
    WatchCreateRequest,
    WatchProgressRequest,
)
from k8sedu.etcd.errors import NoLeaderError, StoppedError, TimedOutError
from k8sedu.etcd.group import MemberNameError
from k8sedu.etcd.live import GroupSizeError, LiveGroup
from k8sedu.etcd.member import MemberError
from k8sedu.etcd.snapshot import SnapshotPolicy

FAST = {"tick_ms": 10, "timeout_ms": 3_000, "min_ttl_s": 1}
"""Elections within a fifth of a second."""


@pytest.fixture
def live() -> Iterator[LiveGroup]:
    """A group of three whose clocks run fast."""
    with LiveGroup(3, **FAST) as found:
        yield found


def wait_until(condition: Any, *, seconds: float = 10) -> None:
    """Give real time a chance."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def leader_of(live: LiveGroup) -> str:
    """Who leads now, or nobody."""
    return next((standing["name"] for standing in live.standings() if standing.get("role") == "leader"), "")


def test_writers_go_on_while_leaders_stop(live: LiveGroup) -> None:
    """Clients that write without a pause are answered while one leader after the other stops and starts; no write is lost or doubled."""
    counts = [0, 0, 0]
    over = threading.Event()

    def write(number: int) -> None:
        while not over.is_set():
            try:
                live.do(PutRequest(f"k{number}", str(counts[number])))
                counts[number] += 1
            except StoppedError:  # it waited at the very member that was stopped: whether it took effect nobody knows
                over.set()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        wait_until(lambda: leader_of(live))
        name = leader_of(live)
        before = sum(counts)
        live.stop_member(name)
        wait_until(lambda before=before: over.is_set() or sum(counts) > before + 20)
        live.start_member(name)
    over.set()
    for thread in threads:
        thread.join()
    versions = [live.do(RangeRequest(f"k{number}")).kvs[0].version for number in range(3)]
    assert all(count <= version <= count + 1 for count, version in zip(counts, versions, strict=True))
    assert sum(counts) > 60
    assert live.do(StatusRequest()).raftTerm >= 3


def test_without_a_majority_etcds_errors(live: LiveGroup) -> None:
    """Without a majority a write is refused after a while and a read times out; a client may also ask to be told at once."""
    live.timeout_ms = 400
    live.stop_member("n1")
    live.stop_member("n2")
    wait_until(lambda: live.health() == "RAFT NO LEADER")
    with pytest.raises(NoLeaderError):
        live.do(PutRequest("a", "1"))
    with pytest.raises(TimedOutError):
        live.do(RangeRequest("a"))
    started = time.monotonic()
    with pytest.raises(NoLeaderError):
        live.do(RangeRequest("a"), requires_leader=True)
    assert time.monotonic() - started < 0.3
    with pytest.raises(StoppedError):
        live.do(RangeRequest("a", serializable=True), member="n1")
    assert live.do(RangeRequest("a", serializable=True), member="n3").count == 0
    live.stop_member("n3")
    assert live.health() == "STOPPED"
    with pytest.raises(StoppedError):
        live.do(StatusRequest())
    for name in ("n1", "n2"):
        live.start_member(name)
    live.timeout_ms = 5_000
    assert live.do(PutRequest("a", "1")).header.revision == 2
    assert live.health() == ""


def test_a_lease_ends_in_real_time(live: LiveGroup) -> None:
    """A lease ends in real time, at one revision on all members, and the journal is told."""
    seen: list[Any] = []
    live.journal = lambda request, _: seen.append(request)
    lease = live.do(LeaseGrantRequest(TTL=1), member="n2").ID
    live.do(PutRequest("a", "1", lease), member="n3")
    wait_until(lambda: not live.do(RangeRequest("a")).count)
    assert live.do(RangeRequest("a"), member="n2").header.revision == 3
    assert seen.count(LeaseRevokeRequest(lease)) == 1


def test_a_watch_ends_with_its_member(live: LiveGroup) -> None:
    """A watch is told what its member applies, answers for its progress, and ends when the member stops; another member knows the rest."""
    stream = live.open_stream(member="n3")
    created = live.watch(stream, WatchCreateRequest("a"))
    assert created is not None
    assert (created.created, created.header.member_id) == (True, 3)
    live.do(PutRequest("a", "1"))
    (response,) = live.news(stream, timeout_s=5) or []
    assert response.events[0].kv.value == b"1"
    live.watch(stream, WatchProgressRequest())
    (progress,) = live.news(stream, timeout_s=5) or []
    assert (progress.watch_id, progress.header.revision) == (-1, 2)
    threading.Timer(0.1, live.stop_member, ["n3"]).start()
    assert live.news(stream, timeout_s=5) is None
    live.close_stream(stream)
    other = live.open_stream()
    live.watch(other, WatchCreateRequest("a", start_revision=2))
    assert len(live.news(other, timeout_s=5) or []) == 1
    cancelled = live.watch(other, WatchCancelRequest(0))
    assert cancelled is not None
    assert cancelled.canceled
    assert live.watch(other, WatchCancelRequest(9)) is None
    live.close_stream(other)


def test_folders_outlive_the_group(tmp_path: Path) -> None:
    """A group that starts again on its folders has the same data, over snapshots, in a newer term; each member has a folder of its own."""
    with LiveGroup(3, folder=tmp_path, policy=SnapshotPolicy(snapshot_count=10), **FAST) as live:
        for number in range(35):
            live.do(PutRequest("a", str(number)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n1", "n2", "n3"]
    with LiveGroup(3, folder=tmp_path, policy=SnapshotPolicy(snapshot_count=10), **FAST) as live:
        answer = live.do(RangeRequest("a"))
        assert (answer.kvs[0].value, answer.kvs[0].version, answer.header.revision) == (b"34", 35, 36)
        assert answer.header.raft_term > 1
        assert all(standing["snapshot_index"] >= 30 for standing in live.standings())


def test_sizes_and_folders_that_do_not_fit(tmp_path: Path) -> None:
    """An even number of members, or a folder of a group of another size, is refused in a sentence."""
    with pytest.raises(GroupSizeError, match="met 2 members, expected 1, 3, 5"):
        LiveGroup(2)
    for size, wrong in ((1, 3), (3, 1), (3, 5)):
        folder = tmp_path / f"{size}-{wrong}"
        LiveGroup(size, folder=folder, **FAST).stop()
        with pytest.raises(MemberError, match="give --members as at the first start"):
            LiveGroup(wrong, folder=folder, **FAST)
        LiveGroup(size, folder=folder, **FAST).stop()


def test_standings_and_strangers(live: LiveGroup) -> None:
    """Where each member stands is told, also of one that is stopped; a stranger is no member."""
    live.do(PutRequest("a", "1"))
    live.stop_member("n2")
    assert [standing["status"] for standing in live.standings()] == ["running", "stopped", "running"]
    assert live.standings()[0]["revision"] == 2
    with pytest.raises(MemberNameError):
        live.start_member("n7")


def test_one_member_stops_and_starts(tmp_path: Path) -> None:
    """A single member that is stopped answers nothing, and everything again when it is started from its folder."""
    with LiveGroup(folder=tmp_path, **FAST) as live:
        live.do(PutRequest("a", "1"))
        live.stop_member("n1")
        assert live.server.store.revision == 2, "a picture of it stays as it was"
        with pytest.raises(StoppedError):
            live.do(RangeRequest("a"))
        live.start_member("n1")
        assert live.do(RangeRequest("a")).count == 1
