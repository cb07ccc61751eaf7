r"""What a trace of an etcd cluster remembers after each step.

A frame is `{"nodes": {name: member}, "messages": …, "blocked": …, "clients": {name: client}}`: Raft's frame, so that Raft's films and
timelines show an etcd trace as it is. A member has Raft's fields (`k8sedu.raft.frames.NODE_FIELDS`) and behind them those of
`MEMBER_FIELDS`. A client has those of `CLIENT_FIELDS`. What did not change is shared with the frame before.

**Steps.** Beside Raft's kinds (`receive_append_entries`, `become_leader`, `commit`, …) there are those of `STEPS`. An entry that is
applied is one step *per member*, called by its request (`put`, `delete_range`, `txn`, `compact`, `lease_grant`, `lease_revoke`,
`lease_checkpoint`, `empty_entry`); actor is the member, and the detail holds `member, index, term` (of the entry), `revision` (after it),
`changed` (did it make a revision?), `request` (its ID), and `error` when etcd refuses it. All other steps of a member hold `member, term`
(its current one) and `revision`.

A term–revision chart is the (term, revision) of these steps; watch lanes are `watch_event` and `watch_reconnect`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sedu.etcd.api import Text, to_bytes
from k8sedu.etcd.frames import readable, store_frame
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.etcd.mvcc import Store
    from k8sedu.etcd.sim.member import Member

RECORDS_MAX = 400
"""A store of more records than this is not pictured record by record, and not hashed at every step: each would cost its whole size."""

MEMBER_FIELDS = {
    "revision": "main revision of its store",
    "compact_revision": "up to here the past is forgotten; -1 for never",
    "consistent_index": "index of the last entry that it applied",
    "applied_term": "term of that entry",
    "database_index": "what was applied up to here is in the database and survives a crash",
    "hash": "HashKV of the store: members at one revision must agree; null for a store of more than RECORDS_MAX records",
    "is_primary": "does its lessor count down?",
    "leases": "by the text of the ID: ttl_s, expiry_us (true time, null where nobody counts), checkpoint_s, keys",
    "kvs": "rows (key, value, create_revision, mod_revision, version, lease) of what is there now",
    "store": "both trees, as `k8sedu.etcd.frames.store_frame` has them; empty for a store of more than RECORDS_MAX records",
    "wal": "records, entries, snapshots written; since_snapshot: records that a restart would read",
    "watchers": "rows (client, watch, key, range_end, next_revision, group)",
}
"""What a member's frame has besides the fields of a Raft server."""

CLIENT_FIELDS = {
    "status": "idle, waiting or stopped",
    "request": "the command that it waits for, or empty",
    "session": "its name",
    "serial": "the number of its request",
    "leader": "the member that it talks to",
    "watches": "by the number of the watch: key, range_end, start_revision, next_revision, last_event_us",
    "leases": "rows (lease, ttl_s) that it keeps alive",
}
"""Each field of a client in a frame."""

STEPS = {
    "put": "a member applied a put: key, value, lease",
    "delete_range": "a member applied a delete: key, range_end, deleted",
    "txn": "a member applied a transaction: succeeded, compare, success, failure (texts), account (see `k8sedu.etcd.accounts`)",
    "compact": "a member applied a compaction: at",
    "lease_grant": "a member applied a grant: lease, ttl_s",
    "lease_revoke": "a member applied the end of a lease: lease, deleted; why is expired or asked",
    "lease_checkpoint": "a member noted the rest of a lease: lease, remaining_s",
    "empty_entry": "a member applied an entry without a request: a new leader's, or a change of the membership",
    "entries_skipped": "entries from first to last had been applied before a restart",
    "lessor_promoted": "a new leader begins to count down: leases",
    "lessor_demoted": "a member that leads no more stops to count",
    "lease_expired": "the leader found a lease due and proposes its end: lease",
    "keep_alive": "the leader began the countdown of a lease anew: lease, ttl_s (0: no such lease), client",
    "restart": "a member started from its disk: snapshot_index, entries (in the log), consistent_index, revision",
    "snapshot": "a member wrote a snapshot: index",
    "snapshot_installed": "a member took over a snapshot from the leader: index",
    "keep_alive_sent": "a client asks to begin the countdown of a lease anew: lease, to",
    "lease_lost": "a client learns that a lease which it kept alive is gone: lease",
    "watch_response": "a member sends news: client, watch, events (count), first, last (revisions)",
    "watch_event": "a client received news: watch, events ((type, key, value, mod_revision), …), header revision",
    "watch_created": "a client's watch stands: watch, start_revision, member",
    "watch_reconnect": "a client goes to another member: to, why, watches ((watch, from revision), …)",
    "watch_canceled": "a watch was refused or ended: watch, compact_revision, reason",
    "client_request": "a client asks: serial, command, to, attempt",
    "client_reply": "a client was answered: serial, command, member, ok, answer, revision, term; error and code if refused",
    "client_gives_up": "no answer came in time: whether it took effect is unknown",
    "violation": "an invariant is broken: invariant, message; the run ends",
}
"""The kinds of steps that etcd adds to Raft's."""


def text(key: Text) -> str:
    r"""A key or value as people read it.

    >>> text(b"a\xff")
    'a\\xff'
    """
    return readable(to_bytes(key))


class Pictures:
    """Takes the frames of one member, and keeps those parts that change seldom."""

    def __init__(self) -> None:
        self._of: Store | None = None
        self._store_key = (0, 0)
        self._store = Frozen()
        self._kvs: tuple[Any, ...] = ()
        self._hash: int | None = 0
        self._values = Frozen()

    def values(self, store: Store) -> Frozen:
        """Keys and values as they are now."""
        self._look(store)
        return self._values

    def _look(self, store: Store) -> None:
        key = (store.revision, store.compact_revision)
        if store is self._of and key == self._store_key:
            return
        kvs = store.find(b"\0", b"\0")
        rows = tuple((text(kv.key), text(kv.value), kv.create_revision, kv.mod_revision, kv.version, kv.lease) for kv in kvs)
        self._of, self._store_key = store, key
        self._values = Frozen({row[0]: row[1] for row in rows})
        self._kvs = rows
        is_small = len(store.backend) <= RECORDS_MAX
        self._store = store_frame(store, self._store) if is_small else Frozen()
        self._hash = store.hash_kv().hash if is_small else None

    def member(self, raft: Frozen, member: Member) -> Frozen:
        """The frame of a member, from that of its Raft server."""
        etcd, wal = member.etcd, member.wal
        is_up = member.status != "stopped"
        self._look(etcd.store)
        return Frozen(
            raft, revision=etcd.store.revision, compact_revision=etcd.store.compact_revision, consistent_index=etcd.consistent_index,
            applied_term=etcd.term, database_index=member.database_index, hash=self._hash, is_primary=is_up and etcd.lessor.is_primary,
            leases=_leases(member), kvs=self._kvs, store=self._store, wal=Frozen(records=wal.records, entries=wal.entries_written,
            snapshots=wal.snapshots, since_snapshot=wal.records_since_snapshot), watchers=_watchers(member) if is_up else (), )


def _leases(member: Member) -> Frozen:
    return Frozen({
        str(lease.lease_id): Frozen(
            ttl_s=lease.ttl_s,
            expiry_us=None if lease.expiry_ms is None else member.true_us_of_clock(lease.expiry_ms),
            checkpoint_s=lease.remaining_s,
            keys=tuple(map(text, lease.keys)),
        )
        for lease in member.etcd.lessor.leases
    })  # fmt: skip


def _watchers(member: Member) -> tuple[Any, ...]:
    clients = {stream.stream: client for client, stream in member.streams.items()}
    return tuple(
        (clients[watcher.stream], watcher.watch_id, text(watcher.request.key), text(watcher.request.range_end),
         watcher.min_revision, watcher.group)
        for watcher in member.etcd.hub.watchers.values()
        if watcher.stream in clients
    )  # fmt: skip
