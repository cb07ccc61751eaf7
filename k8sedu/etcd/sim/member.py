"""One member of a cluster: a Raft server whose state machine is an etcd, with a WAL and a database that are not always equally far.

A real member keeps two things on its disk. The WAL has every entry before anybody hears of it. The database (etcd's bbolt file) gets what
was applied only every 100 ms, because a transaction of it costs a write of its own. So after a crash the database is a little behind: the
member starts from it, Raft hands out entries again, and those up to the consistent index are skipped.

The model keeps the index up to which the database was written, and builds its content from snapshot and WAL when the member starts: the
same bytes come out, because applying an entry depends on nothing but the entry.

Source: etcd 3.5, server/etcdserver/server.go (NewServer, applyEntries), server/storage/backend/backend.go (defaultBatchInterval).
Left out: the files of the WAL; a member here counts its records (`k8sedu.etcd.wal` writes them, `k8sedu.etcd.live` keeps them in files).
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from k8sedu.etcd.replica import load_state, request_of, write_state
from k8sedu.etcd.server import Server as StateMachine
from k8sedu.etcd.sim.frames import Pictures
from k8sedu.raft.log import CompactedError
from k8sedu.raft.machine import Machine
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import Ready
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.sim.server import EXACT_PPM, Server
from k8sedu.raft.storage import Storage
from k8sedu.trace import Frozen

BATCH_US = 100_000
"""The database is written this often."""


class Asker(NamedTuple):
    """Who waits for the answer to a request; an empty client for nobody."""

    client: str = ""
    serial: str = ""


class Wal(Storage):
    """A disk that counts what is written to the log file: entries, changes of term and vote, snapshots."""

    __slots__ = ("entries_written", "records", "records_since_snapshot", "snapshots")

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot)
        self.records = self.records_since_snapshot = self.entries_written = self.snapshots = 0

    def save(self, ready: Ready, *, rules: Rules = ALL_RULES) -> None:
        """Write a Ready, and count its records."""
        super().save(ready, rules=rules)
        if ready.snapshot is not None:
            self._note_snapshot()
        count = len(ready.entries) + (ready.hard_state is not None)
        self.entries_written += len(ready.entries)
        self.records += count
        self.records_since_snapshot += count

    def compact(self, snapshot: Snapshot) -> None:
        """Note a snapshot of our own state; the entries before it are not needed any more."""
        super().compact(snapshot)
        self._note_snapshot()

    def _note_snapshot(self) -> None:
        self.records += 1
        self.snapshots += 1
        self.records_since_snapshot = 0


class Stream(NamedTuple):
    """The connection of a client over which its watches are told: the client's number for it, and ours."""

    connection: int
    stream: int


class Member(Server):
    """A Raft server and the etcd above it.

    The attributes that live longer than a crash are those of the disk: `storage`, a `Wal`, and `database_index`.
    """

    def __init__(
        self, name: str, storage: Wal, *, member_id: int, options: dict[str, Any], catch_up_entries: int = 0, **raft: Any
    ) -> None:
        self.member_id, self.options, self.catch_up_entries = member_id, options, catch_up_entries
        self.wal = storage
        self.database_index = 0
        """What was applied up to here is in the database."""
        self.batch = 0
        self.clock_base_us = self.clock_true_us = 0
        self.pictures = Pictures()
        super().__init__(name, storage, **raft)

    # -- life and death --------------------------------------------------------------------------------------------------------------------

    def start_machine(self) -> None:
        """Open the database: the snapshot, and what was applied and written behind it."""
        self.machine = Machine()  # Raft's own films show keys and values of it; it applies nothing
        self.etcd = StateMachine(member_id=self.member_id, is_primary=False, **self.options)
        load_state(self.etcd, self.storage.snapshot, now_ms=0)
        self.database_index = max(self.database_index, self.storage.snapshot.index)
        for entry in self.storage.entries:
            if entry.index <= self.database_index:
                self.etcd.apply(entry.index, entry.term, request_of(entry)[1], now_ms=0)
        self.pending: deque[Ready] = deque()
        self.askers: dict[str, Asker] = {}
        self.requests = 0
        self.streams: dict[str, Stream] = {}
        self.streams_opened = 0
        self.sequence: dict[int, int] = {}
        self.lease_alarm_us: int | None = None

    def restore(self, snapshot: Snapshot) -> None:
        """Take over a snapshot that a leader has sent, unless the database is already further."""
        if snapshot.index > self.etcd.consistent_index:
            load_state(self.etcd, snapshot, now_ms=0)
            self.database_index = snapshot.index
        self.values = None

    def snapshot(self) -> Snapshot:
        """Write a snapshot of all that was applied.

        Raises:
            CompactedError: after a restart, before Raft has caught up with the database.
        """
        if self.etcd.consistent_index != self.node.last_applied:
            raise CompactedError(f"{self.name} has applied {self.etcd.consistent_index}, expected {self.node.last_applied}.")
        snapshot = self.node.compact(self.node.last_applied, write_state(self.etcd), keep_entries=self.catch_up_entries)
        self.storage.compact(snapshot)
        self.database_index = snapshot.index
        return snapshot

    def apply_entry(self, entry: Entry, *, now_us: int) -> Any:
        """Apply one committed entry; None if it is empty or was applied before."""
        self.write_database(now_us=now_us)
        self.values = None
        return self.etcd.apply(entry.index, entry.term, request_of(entry)[1], now_ms=self.clock_ms(now_us))

    def write_database(self, *, now_us: int) -> None:
        """Note that what was applied before this tenth of a second is in the database by now."""
        batch = now_us // BATCH_US
        if batch > self.batch:
            self.batch, self.database_index = batch, max(self.database_index, self.etcd.consistent_index)

    def next_request_id(self) -> str:
        """An ID that no other request has: the member, how often it was started, and a count."""
        self.requests += 1
        return f"{self.name}.{self.epoch}.{self.requests}"

    # -- its clock -------------------------------------------------------------------------------------------------------------------------

    def clock_ms(self, now_us: int) -> int:
        """What the clock on its wall shows: leases are counted by it, and it may go wrong."""
        return (self.clock_base_us + (now_us - self.clock_true_us) * self.rate_ppm // EXACT_PPM) // 1000

    def true_us_of_clock(self, clock_ms: int) -> int:
        """The true time at which its clock shows this."""
        return self.clock_true_us - (-(clock_ms * 1000 - self.clock_base_us) * EXACT_PPM // self.rate_ppm)

    def drift(self, *, ppm: int, now_us: int) -> None:
        """From now on its clock gains this many microseconds per second."""
        self.clock_base_us += (now_us - self.clock_true_us) * self.rate_ppm // EXACT_PPM
        self.clock_true_us = now_us
        super().drift(ppm=ppm, now_us=now_us)

    # -- its picture -----------------------------------------------------------------------------------------------------------------------

    def standing(self) -> dict[str, Any]:
        """Where it stands, for the detail of a step."""
        store = self.etcd.store
        return {
            "member": self.name, "term": self.node.term, "revision": store.revision, "compact_revision": store.compact_revision,
            "consistent_index": self.etcd.consistent_index,
        }  # fmt: skip

    def take_frame(self) -> Frozen:
        """The fields of a Raft server, and behind them those of `k8sedu.etcd.sim.frames.MEMBER_FIELDS`."""
        if self.values is None:
            self.values = self.pictures.values(self.etcd.store)
        return self.pictures.member(super().take_frame(), self)
