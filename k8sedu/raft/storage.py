"""What a server's disk holds, and how a server is born again from it.

A crash forgets everything but this: term, vote, log and the last snapshot. Everything else (role, commit index, what followers have) is
learned anew.

Source: raft.pdf Figure 2 (persistent state); etcd-io/raft storage.go (MemoryStorage).
Left out: bytes, segments and torn writes; those are the subject of `k8sedu.etcd.wal`.
"""

from __future__ import annotations

from k8sedu.raft.log import Log
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import HardState, Ready
from k8sedu.raft.rules import ALL_RULES, Rules


class Storage:
    """One server's stable storage.

    >>> storage = Storage(Snapshot(0, 0, voters=("n1", "n2", "n3")))
    >>> storage.save(Ready(entries=(Entry(1, 1, data="x=4"),), hard_state=HardState(term=1, voted_for="n1")))
    >>> storage.hard_state.term, storage.entries
    (1, [Entry(term=1, index=1, kind='normal', data='x=4')])
    """

    __slots__ = ("entries", "hard_state", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        """The state before the first entry; at the very beginning index 0 with the initial voters."""
        self.hard_state = HardState()
        self.entries: list[Entry] = []

    def save(self, ready: Ready, *, rules: Rules = ALL_RULES) -> None:
        """Make a Ready durable. With `log_persistence` off the entries are only promised, not written."""
        if ready.snapshot is not None:
            self._replace_by(ready.snapshot)
        if ready.hard_state is not None:
            self.hard_state = ready.hard_state
        if ready.entries and rules.log_persistence:
            self.write(ready.entries)

    def write(self, entries: tuple[Entry, ...]) -> None:
        """Write entries at their indexes; everything behind them is gone."""
        keep = max(entries[0].index - self.snapshot.index - 1, 0)
        del self.entries[keep:]
        self.entries.extend(entries)

    def compact(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of our own state instead of the entries up to its index."""
        del self.entries[: max(snapshot.index - self.snapshot.index, 0)]
        self.snapshot = snapshot

    def log(self) -> Log:
        """The log as it is read back after a crash."""
        return Log(self.entries, snapshot_index=self.snapshot.index, snapshot_term=self.snapshot.term)

    def copy(self) -> Storage:
        """An independent copy: the entries and the snapshot themselves never change."""
        other = Storage(self.snapshot)
        other.hard_state, other.entries = self.hard_state, list(self.entries)
        return other

    def _replace_by(self, snapshot: Snapshot) -> None:
        offset = snapshot.index - self.snapshot.index
        known = 0 < offset <= len(self.entries) and self.entries[offset - 1].term == snapshot.term
        self.entries = self.entries[offset:] if known else []
        self.snapshot = snapshot
