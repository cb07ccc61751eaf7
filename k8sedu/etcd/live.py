"""A cluster in real time: the group behind a lock, with a clock, and if wanted with folders on disk.

Everything that an etcd answers is decided by `group` and `replica`; here are the three things that a core must not have. A lock, because
requests come from many connections at once. A clock, by which elections are held and leases end. And disks: with `folder` each member
has its log and its snapshots there, flushed before anybody is answered, so that whoever has an answer still has it after `kill -9`.

One member is a group of one. The members of a larger one live in one process and talk in memory, but each has its own Raft, its own store
and its own folder; so a member can be stopped and started while the others go on.

Source: etcd 3.5, server/etcdserver/server.go (run), server/embed/config.go (ticks of 100 ms), config.go (ReqTimeout: 7 s).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import WatchCancelRequest, WatchCreateRequest, WatchProgressRequest, WatchResponse
from k8sedu.etcd.crc32c import crc32c
from k8sedu.etcd.errors import EtcdError, NoLeaderError, StoppedError
from k8sedu.etcd.group import Disk, Group, MemoryDisk, Told
from k8sedu.etcd.identity import LogOwner
from k8sedu.etcd.member import MemberError
from k8sedu.etcd.memberdir import MemberFolder
from k8sedu.etcd.replica import Replica
from k8sedu.etcd.server import Server
from k8sedu.etcd.snapshot import ETCD, SnapshotPolicy
from k8sedu.raft.config import Config

TICK_MS = 100
TIMEOUT_MS = 7_000
"""So long a request waits for a leader and a majority: two elections and five seconds."""
PROGRESS_TICKS = 6_000
"""Quiet watchers that asked for it are told how far the store is after so many ticks: ten minutes."""
SIZES = (1, 3, 5)

Journal = Callable[[Any, Any], None]
"""Is told of every request and its response, or the refusal."""


class GroupSizeError(K8sEduError, ValueError):
    """A number of members that makes no sensible cluster."""


class Stream(NamedTuple):
    """A connection for watches: to one member, as long as that runs."""

    replica: Replica
    number: int


class LiveGroup:
    """An etcd that runs.

    >>> from k8sedu.etcd.api import PutRequest
    >>> with LiveGroup() as live:
    ...     live.do(PutRequest("a", "1")).header.revision
    2

    Raises:
        GroupSizeError, MemberError, WalError: the number of members is none, or the folder holds something else.
    """

    def __init__(
        self, members: int = 1, *, folder: Path | None = None, release: str = "3.5.1", journal: Journal | None = None,
        told: Told | None = None, policy: SnapshotPolicy = ETCD, tick_ms: int = TICK_MS, timeout_ms: int = TIMEOUT_MS,
        **sizes: Any,
    ) -> None:  # fmt: skip
        if members not in SIZES:
            raise GroupSizeError(f"met {members} members, expected {', '.join(map(str, SIZES))}: an even number survives no more stops.")
        names = tuple(f"n{number}" for number in range(1, members + 1))
        self.journal, self.tick_ms, self.timeout_ms = journal, tick_ms, timeout_ms
        self.changed = threading.Condition()
        """Held while the group is asked; notified whenever something has happened."""
        self._stopped = threading.Event()
        self._streams = 0
        self._started_s = time.monotonic()
        cluster_id = crc32c(",".join(names).encode())
        self.group = Group(
            _disks(folder, names, cluster_id), config=Config.etcd(release=release), policy=policy, told=told,
            epoch_ms=time.time_ns() // 1_000_000, release=release, cluster_id=cluster_id, **sizes,
        )  # fmt: skip
        self._last = next(iter(self.group.running.values()))
        self.group.campaign(names[0])  # a fresh group need not wait for an election; if others know more, they refuse
        self._clock = threading.Thread(target=self._tick, name="k8sedu-etcd-clock", daemon=True)
        self._clock.start()

    def __enter__(self) -> LiveGroup:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def now_ms(self) -> int:
        """Milliseconds since the start; leases count in them."""
        return int((time.monotonic() - self._started_s) * 1000)

    @property
    def server(self) -> Server:
        """The state machine of the member that answers when nobody is named: the leader, or one that runs, or the last that did."""
        self._last = self._answering() or self._last
        return self._last.etcd

    def _answering(self) -> Replica | None:
        return self.group.leader() or next(iter(self.group.running.values()), None)

    # -- requests -------------------------------------------------------------------------------------------------------------------------

    def do(self, request: Any, *, member: str = "", requires_leader: bool = False) -> Any:
        """Answer any request but a watch; `member` says who shall take it, otherwise the leader does.

        Raises:
            EtcdError: the request is refused, or there was no leader or no majority for too long.
        """
        with self.changed:
            response = self._do(request, member, requires_leader=requires_leader)
            self._note(request, response)
        if isinstance(response, EtcdError):
            raise response
        return response

    def _do(self, request: Any, member: str, *, requires_leader: bool) -> Any:
        group = self.group
        group.now_ms = self.now_ms
        try:
            replica = self._replica(member)
        except EtcdError as refusal:
            return refusal
        if requires_leader and replica.node.leader is None:
            return NoLeaderError()
        ticket = group.ask(replica.name, request)
        self.changed.notify_all()
        deadline_ms = self.now_ms + self.timeout_ms
        while ticket.response is None:
            rest_ms = deadline_ms - self.now_ms
            if rest_ms <= 0 or self._stopped.is_set():
                group.give_up(replica.name, ticket)
            else:
                self.changed.wait(min(rest_ms, self.tick_ms) / 1000)
        return ticket.response

    def _note(self, request: Any, response: Any) -> None:
        if self.journal is not None:
            self.journal(request, response)

    def _replica(self, member: str) -> Replica:
        """Who takes a request.

        Raises:
            StoppedError: the member that is named does not run, or none does.
        """
        found = self.group.running.get(member) if member else self._answering()
        if found is None:
            raise StoppedError
        return found

    def health(self, *, member: str = "") -> str:
        """Why a member, or the whole group, cannot serve; empty if it can."""
        with self.changed:
            try:
                replica = self._replica(member)
            except StoppedError:
                return "STOPPED"
            return "" if replica.node.leader in self.group.running else "RAFT NO LEADER"

    # -- members --------------------------------------------------------------------------------------------------------------------------

    def start_member(self, name: str) -> None:
        """Start a member again, from its disk.

        Raises:
            MemberNameError: there is none of that name, or it runs.
            MemberError, WalError, OSError: its folder cannot be read any more.
        """
        with self.changed:
            self.group.now_ms = self.now_ms
            self.group.start(name)
            if len(self.group.disks) == 1:
                self.group.campaign(name)
            self.changed.notify_all()

    def stop_member(self, name: str) -> None:
        """Stop a member, as `kill -9` would: what it knows besides its disk is gone, and its watches end.

        Raises:
            MemberNameError: there is none of that name, or it is stopped already.
        """
        with self.changed:
            self.group.stop(name)
            self.changed.notify_all()

    def standings(self) -> list[dict[str, Any]]:
        """Where each member stands, for people."""
        with self.changed:
            return [self._standing(name) for name in self.group.disks]

    def _standing(self, name: str) -> dict[str, Any]:
        replica = self.group.running.get(name)
        if replica is None:
            return {"name": name, "status": "stopped", "why": self.group.problems.get(name, "")}
        node, store = replica.node, replica.etcd.store
        return {
            "name": name, "status": "running", "role": node.role, "term": node.term, "leader": node.leader or "",
            "last_index": node.last_index, "commit_index": node.commit_index, "last_applied": node.last_applied,
            "snapshot_index": node.snapshot.index, "revision": store.revision,
        }  # fmt: skip

    # -- watches --------------------------------------------------------------------------------------------------------------------------

    def open_stream(self, *, member: str = "") -> Stream:
        """A new connection for watches.

        Raises:
            StoppedError: the member does not run.
        """
        with self.changed:
            self._streams += 1
            return Stream(self._replica(member), self._streams)

    def watch(self, stream: Stream, request: Any) -> WatchResponse | None:
        """A request on a watch stream; its answer, if it has one."""
        hub = stream.replica.etcd.hub
        with self.changed:
            if isinstance(request, WatchCreateRequest):
                response = hub.create(request, stream=stream.number)
                self.changed.notify_all()
                return self._stamped(stream, response)
            if isinstance(request, WatchCancelRequest):
                cancelled = hub.cancel(request.watch_id, stream=stream.number)
                return self._stamped(stream, cancelled) if cancelled else None
            assert isinstance(request, WatchProgressRequest)
            hub.progress(stream.number)
            self.changed.notify_all()
            return None

    def news(self, stream: Stream, *, timeout_s: float) -> list[WatchResponse] | None:
        """Wait for what a stream's watches have to tell, but no longer than this; None when its member has stopped."""
        hub, name = stream.replica.etcd.hub, stream.replica.name
        deadline_s = time.monotonic() + timeout_s
        with self.changed:
            while True:
                hub.sync()
                found = hub.receive(stream.number)
                if found or time.monotonic() >= deadline_s:
                    return [self._stamped(stream, response) for response in found]
                if self.group.running.get(name) is not stream.replica:
                    return None
                self.changed.wait(max(deadline_s - time.monotonic(), 0))

    def close_stream(self, stream: Stream) -> None:
        """The connection is gone."""
        with self.changed:
            stream.replica.etcd.hub.close(stream.number)

    def _stamped(self, stream: Stream, response: WatchResponse) -> WatchResponse:
        found: WatchResponse = stream.replica.stamped(response)
        return found

    # -- the clock ------------------------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        ticks, before = 0, self._progress()
        while not self._stopped.wait(self.tick_ms / 1000):
            ticks += 1
            with self.changed:
                self.group.tick(now_ms=self.now_ms)
                for ticket in self.group.own_answers():
                    self._note(ticket.request, ticket.response)
                if ticks % PROGRESS_TICKS == 0:
                    for replica in self.group.running.values():
                        replica.etcd.hub.tick_progress()
                after = self._progress()
                if after != before or ticks % PROGRESS_TICKS == 0:
                    self.changed.notify_all()  # and not at every tick: each open watch would wake up
                before = after

    def _progress(self) -> dict[str, tuple[int, str | None]]:
        return {name: (replica.etcd.consistent_index, replica.node.leader) for name, replica in self.group.running.items()}

    def stop(self) -> None:
        """Stop the clock and all members."""
        self._stopped.set()
        with self.changed:
            self.changed.notify_all()
        if self._clock is not threading.current_thread():
            self._clock.join()
        with self.changed:
            for name in tuple(self.group.running):
                self.group.stop(name)


def _disks(folder: Path | None, names: tuple[str, ...], cluster_id: int) -> dict[str, Disk]:
    """A disk for each member: in memory, in the folder itself for a single one, or in a folder of its own below it."""
    if folder is None:
        return {name: MemoryDisk(names) for name in names}
    single, several = (folder / "member").is_dir(), (folder / "n1").is_dir()
    if (single and len(names) > 1) or (several and len(names) == 1):
        found, wanted = ("several members", "one") if several else ("one member", "several")
        raise MemberError(f"{folder}: met the data of {found}, expected those of {wanted}: give --members as at the first start.")
    places = {name: folder / name if len(names) > 1 else folder for name in names}
    return {name: MemberFolder(place, LogOwner(int(name[1:]), cluster_id), names) for name, place in places.items()}

