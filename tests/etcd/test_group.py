from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd.api import (
    LeaseGrantRequest,
    LeaseKeepAliveRequest,
    LeaseTimeToLiveRequest,
    PutRequest,
    RangeRequest,
    StatusRequest,
    WatchCreateRequest,
)
from k8sedu.etcd.cluster import MemberListRequest, MoveLeaderRequest
from k8sedu.etcd.errors import NoLeaderError, StoppedError, TimedOutError
from k8sedu.etcd.group import Disk, Group, MemberNameError, MemoryDisk
from k8sedu.etcd.identity import LogOwner
from k8sedu.etcd.memberdir import MemberFolder
from k8sedu.etcd.snapshot import SnapshotPolicy
from k8sedu.raft.messages import Snapshot
from k8sedu.raft.ready import HardState, Ready

NAMES = ("n1", "n2", "n3", "n4", "n5")
SMALL = SnapshotPolicy(snapshot_count=7, catch_up_entries=3)


def group_of(size: int = 3, *, folder: Path | None = None, **options: Any) -> Group:
    """A group that has just elected its first member."""
    names = NAMES[:size]
    disks: dict[str, Disk] = {name: MemoryDisk(names) for name in names}
    if folder is not None:
        disks = {name: MemberFolder(folder / name, LogOwner(int(name[1:]), 9), names, segment_bytes=2_000) for name in names}
    group = Group(disks, min_ttl_s=1, **options)
    group.campaign("n1")
    return group


def pass_time(group: Group, ticks: int = 40) -> None:
    """Let time pass, a tenth of a second per tick."""
    for _ in range(ticks):
        group.tick(now_ms=group.now_ms + 100)


def test_every_member_takes_requests() -> None:
    """Whoever is asked, the answer comes from the log: revisions are the same everywhere, and the header says who answers."""
    group = group_of()
    for number, name in enumerate(("n1", "n2", "n3"), start=1):
        header = group.ask(name, PutRequest("a", name)).response.header
        assert (header.revision, header.member_id, header.raft_term) == (number + 1, number, 1)
    assert [group.ask(name, RangeRequest("a")).response.kvs[0].value for name in ("n1", "n2", "n3")] == [b"n3"] * 3


def test_a_majority_goes_on() -> None:
    """While a majority lives, a request is answered at last: it waits for the election, and is proposed once only."""
    group = group_of(5)
    group.ask("n2", PutRequest("a", "1"))
    group.stop("n1")
    ticket = group.ask("n2", PutRequest("a", "2"))
    assert ticket.response is None
    pass_time(group)
    assert ticket.response.header.revision == 3
    group.stop((group.leader() or group.running["n2"]).name)
    pass_time(group)
    survivor = next(iter(group.running))
    (kv,) = group.ask(survivor, RangeRequest("a")).response.kvs
    assert (kv.value, kv.version) == (b"2", 2)


def test_a_leader_that_starts_again_at_once_swallows_nothing() -> None:
    """A write passed on to one who led until just now comes back, and is done once when somebody leads, unless its client gave up."""
    group = group_of()
    group.stop("n1")
    group.start("n1")
    assert group.running["n2"].node.leader == "n1", "it has not noticed"
    ticket, given_up = group.ask("n2", PutRequest("a", "1")), group.ask("n3", PutRequest("b", "1"))
    assert (ticket.response, given_up.response) == (None, None)
    group.give_up("n3", given_up)
    pass_time(group)
    assert ticket.response.header.revision == 2
    assert [group.ask("n3", RangeRequest(key)).response.count for key in "ab"] == [1, 0]


def test_a_write_on_its_way_ends_with_its_member() -> None:
    """Who waits at a member that stops is told, also when the write had come back from a leader of the past."""
    group = group_of()
    group.stop("n1")
    group.start("n1")
    ticket = group.ask("n2", PutRequest("a", "1"))
    group.stop("n2")
    assert isinstance(ticket.response, StoppedError)


def test_without_a_majority_nothing_is_answered() -> None:
    """A minority answers no write and no linearizable read; a serializable read it may, and its status names the trouble."""
    group = group_of()
    group.ask("n3", PutRequest("a", "1"))
    group.stop("n1")
    group.stop("n2")
    pass_time(group)
    write, read = group.ask("n3", PutRequest("a", "2")), group.ask("n3", RangeRequest("a"))
    pass_time(group, 100)
    assert (write.response, read.response) == (None, None)
    assert group.ask("n3", RangeRequest("a", serializable=True)).response.count == 1
    status = group.ask("n3", StatusRequest()).response
    assert (status.leader, status.errors) == (0, ("etcdserver: no leader",))
    for ticket in (write, read):
        group.give_up("n3", ticket)
    assert isinstance(write.response, NoLeaderError)
    assert isinstance(read.response, TimedOutError)
    group.start("n1")
    pass_time(group)
    assert group.ask("n3", RangeRequest("a")).response.kvs[0].value == b"1", "what was given up before it was proposed has no effect"


def test_a_proposal_may_outlive_its_client() -> None:
    """A leader that is alone still proposes: its client hears of a timeout, which promises nothing, and the entry may commit later."""
    group = group_of()
    group.stop("n2")
    group.stop("n3")
    ticket = group.ask("n1", PutRequest("a", "1"))
    group.give_up("n1", ticket)
    assert isinstance(ticket.response, TimedOutError)
    group.start("n2")
    pass_time(group)
    assert group.ask("n1", RangeRequest("a")).response.count == 1


def test_who_is_stopped_says_so() -> None:
    """A member that does not run refuses; stopping or starting it twice, or a stranger, is told in a sentence."""
    group = group_of()
    group.stop("n2")
    assert isinstance(group.ask("n2", RangeRequest("a")).response, StoppedError)
    with pytest.raises(MemberNameError, match="n2 is stopped already"):
        group.stop("n2")
    with pytest.raises(MemberNameError, match="n1 runs already"):
        group.start("n1")
    with pytest.raises(MemberNameError, match="expected one of n1, n2, n3"):
        group.stop("n9")


def test_a_waiting_client_hears_that_its_member_stops() -> None:
    """Whoever waits at a member is answered when that stops, not left alone."""
    group = group_of()
    group.stop("n1")
    tickets = [group.ask("n2", request) for request in (PutRequest("a"), RangeRequest("a"), LeaseKeepAliveRequest(7))]
    group.stop("n2")
    assert all(isinstance(ticket.response, StoppedError) for ticket in tickets)


def test_only_the_leader_ends_leases() -> None:
    """A lease ends once, by an entry of the leader; after a change of leaders the new one counts from the beginning."""
    group = group_of()
    lease = group.ask("n2", LeaseGrantRequest(TTL=3)).response.ID
    group.ask("n3", PutRequest("a", "1", lease))
    assert [replica.etcd.lessor.is_primary for replica in group.running.values()] == [True, False, False]
    pass_time(group, 20)
    group.stop("n1")
    pass_time(group, 25)
    assert group.ask("n2", RangeRequest("a")).response.count == 1, "3 s have passed since the grant, but not since the election"
    assert group.ask("n3", LeaseKeepAliveRequest(lease)).response.TTL == 3
    assert 0 < group.ask("n2", LeaseTimeToLiveRequest(lease)).response.TTL <= 3
    pass_time(group, 60)
    answer = group.ask("n3", RangeRequest("a")).response
    assert (answer.count, answer.header.revision) == (0, 3), "the key goes at one revision, and only once"
    assert [type(ticket.request).__name__ for ticket in group.own_answers()] == ["LeaseRevokeRequest"]


def test_two_leases_of_one_moment_differ() -> None:
    """Leases that are granted at once without an ID get different ones, also from different members."""
    group = group_of()
    group.stop("n1")
    tickets = [group.ask(name, LeaseGrantRequest(TTL=60)) for name in ("n2", "n3", "n2")]
    pass_time(group)
    assert len({ticket.response.ID for ticket in tickets}) == 3


def test_a_watch_at_a_follower() -> None:
    """A follower tells its watches what it applies."""
    group = group_of()
    hub = group.running["n3"].etcd.hub
    hub.create(WatchCreateRequest("a"), stream=1)
    group.ask("n1", PutRequest("a", "1"))
    (response,) = hub.receive(1)
    assert response.events[0].kv.value == b"1"


def test_members_and_leaders_are_asked_for() -> None:
    """The list of members names all; leadership moves on request, from the leader and to a member only."""
    group = group_of()
    assert [info.name for info in group.ask("n2", MemberListRequest()).response.members] == ["n1", "n2", "n3"]
    assert group.ask("n2", MoveLeaderRequest(3)).response.message == "etcdserver: not leader"
    assert group.ask("n1", MoveLeaderRequest(9)).response.message == "etcdserver: bad leader transferee"
    assert group.ask("n1", MoveLeaderRequest(3)).response.header.raft_term == 2
    leader = group.leader()
    assert leader is not None
    assert leader.name == "n3"


def test_a_follower_that_was_away_gets_entries_or_a_snapshot() -> None:
    """Who is a little behind gets entries, who is far behind the whole state; both end with the same data."""
    received: list[str] = []
    group = group_of(policy=SMALL, told=lambda name, kind, _: received.append(name) if kind == "restore_snapshot" else None)
    for puts, expected in ((2, []), (30, ["n3"])):
        group.stop("n3")
        for number in range(puts):
            group.ask("n1", PutRequest(f"k{number}", "1"))
        group.start("n3")
        pass_time(group)
        assert received == expected
        assert len({replica.etcd.store.hash_kv().hash for replica in group.running.values()}) == 1


class FullDisk(MemoryDisk):
    """A disk that is full after a while."""

    def save(self, ready: Ready) -> None:
        """Refuse the seventh entry."""
        if any(entry.index == 7 for entry in ready.entries):
            raise OSError(28, "No space left on device")
        super().save(ready)


def test_a_full_disk_stops_its_member_only() -> None:
    """A member whose disk refuses a write stops and says why; the others go on, and nothing acknowledged is lost."""
    names = ("n1", "n2", "n3")
    group = Group({"n1": FullDisk(names), "n2": MemoryDisk(names), "n3": MemoryDisk(names)})
    group.campaign("n1")
    tickets = [group.ask("n2", PutRequest("a", str(number))) for number in range(8)]
    pass_time(group)
    assert group.problems == {"n1": "its disk refuses: No space left on device"}
    assert all(ticket.response.header.revision for ticket in tickets if ticket.response is not None)
    assert group.ask("n2", RangeRequest("a")).response.kvs[0].version >= 5


def play(group: Group, seed: int, *, steps: int) -> None:
    """Ask, stop, start and let time pass at random; then see that nothing acknowledged is lost and nobody has read the past."""
    generator = random.Random(seed)
    size = len(group.disks)
    written, acknowledged = 0, 0
    tickets = []
    for number in range(steps):
        running = list(group.running)
        draw = generator.random()
        if draw < 0.45 and running:
            written += 1
            tickets.append((written, group.ask(generator.choice(running), PutRequest(f"k{written}", str(written)))))
        elif draw < 0.6 and running:
            done = [each for each, ticket in tickets if getattr(ticket.response, "header", None)]
            acknowledged = len(done)
            read = group.ask(generator.choice(running), RangeRequest("k", "l", count_only=True)).response
            assert read is None or acknowledged <= read.count <= written, f"seed {seed}, step {number}"
        elif draw < 0.7 and running:
            group.stop(generator.choice(running))
        elif draw < 0.85 and len(running) < size:
            group.start(generator.choice([name for name in group.disks if name not in running]))
        else:
            pass_time(group, generator.randrange(1, 25))
    for name in group.disks:
        if name not in group.running:
            group.start(name)
    pass_time(group, 100)
    for each, ticket in tickets:
        if getattr(ticket.response, "header", None):
            (kv,) = group.ask("n1", RangeRequest(f"k{each}")).response.kvs
            assert (kv.version, kv.mod_revision) == (1, ticket.response.header.revision), f"seed {seed}: k{each}"
    assert len({replica.etcd.store.hash_kv().hash for replica in group.running.values()}) == 1
    assert sum(1 for _, ticket in tickets if getattr(ticket.response, "header", None)) > steps // 20


@pytest.mark.parametrize("seed", range(12))
def test_nothing_acknowledged_is_lost(seed: int) -> None:
    """Whatever stops and starts, with snapshots and without: what was answered is kept, once, at its revision, and reads never go back."""
    play(group_of(3 + seed % 2 * 2, policy=SMALL, seed=seed), seed, steps=250)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_on_real_disks(seed: int, tmp_path: Path) -> None:
    """The same with folders, small segments and many snapshots; and a new group on the folders has the same data."""
    group = group_of(3, folder=tmp_path, policy=SMALL, seed=seed)
    play(group, seed, steps=200)
    before = group.running["n1"].etcd.store.hash_kv().hash
    for name in tuple(group.running):
        group.stop(name)
    again = group_of(3, folder=tmp_path, policy=SMALL, seed=seed)
    pass_time(again)
    assert again.ask("n2", StatusRequest()).response.leader
    assert {replica.etcd.store.hash_kv().hash for replica in again.running.values()} == {before}
    for name in tuple(again.running):
        again.stop(name)


def test_a_memory_disk_keeps_what_was_saved() -> None:
    """What a running member does to its copy is lost at a crash; what it has saved is not."""
    disk = MemoryDisk(("n1",))
    disk.load().hard_state = HardState(term=9)
    assert disk.load().hard_state.term == 0
    disk.save(Ready(hard_state=HardState(term=3)))
    disk.compact(Snapshot(0, 0, ("n1",), data="x"))
    assert (disk.load().hard_state.term, disk.load().snapshot.data) == (3, "x")
