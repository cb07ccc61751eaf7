"""What a server gives out after each call: things for its driver to do, as a value.

The core never touches a disk, a network or a clock. It answers every call with a `Ready`, and the driver carries it out in this order:

1. write `hard_state`, `entries` and `snapshot` to disk (and wait for the disk if `must_sync`),
2. only then send `messages`: a promise must survive a crash before anybody hears it,
3. apply `committed` entries to the state machine and answer `reads`.

Source: etcd-io/raft node.go (Ready) and its README.
Left out: overlapping the leader's own disk write with sending, which etcd allows (thesis §10.2.1).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8sedu.raft.messages import Entry, Message, Snapshot


class HardState(NamedTuple):
    """What must survive a crash besides the log: the term, and whom this server voted for in it."""

    term: int = 0
    voted_for: str | None = None
    commit_index: int = 0
    """Written along, but never relied on: a restarted server learns the commit index again from its leader."""


class Read(NamedTuple):
    """A read that may be answered once the state machine has applied `index`."""

    context: str
    index: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here


class Event(NamedTuple):
    """Something that happened inside the server, in words of the field, for traces and captions."""

    kind: str
    detail: dict[str, Any]


class Ready(NamedTuple):
    """The outcome of one call."""

    messages: tuple[Message, ...] = ()
    entries: tuple[Entry, ...] = ()
    """To be written at their indexes, replacing whatever stands there and behind."""
    hard_state: HardState | None = None
    """None when term and vote did not change."""
    snapshot: Snapshot | None = None
    committed: tuple[Entry, ...] = ()
    reads: tuple[Read, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def must_sync(self) -> bool:
        """Must the disk confirm before anything is sent? (etcd: MustSync)"""
        return bool(self.entries) or self.hard_state is not None or self.snapshot is not None


NOTHING = Ready()
