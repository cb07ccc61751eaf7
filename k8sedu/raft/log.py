"""The replicated log: the list of commands that every server will execute in the same order.

Indexes start at 1. A snapshot may have swallowed the beginning, so the list in memory starts after `snapshot_index`; the term of that
last swallowed entry is kept, because the consistency check still asks for it.

The surprising part is `append`: entries that are already there with the same term are left alone, and only a *conflict* truncates. A
delayed message with old entries must not cut off newer ones that were stored (and perhaps counted towards a commit) since.

Source: raft.pdf §5.3, §7; etcd-io/raft log.go (maybeAppend, findConflictByTerm).
Left out: the split into stable storage and an unstable tail; `unstable_from` marks where it begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from k8sedu.errors import K8sEduError
from k8sedu.raft.messages import Entry


class CompactedError(K8sEduError, LookupError):
    """The entry asked for is gone: a snapshot stands in for it."""


class Log:
    """One server's log.

    >>> log = Log([Entry(1, 1), Entry(1, 2), Entry(2, 3)])
    >>> log.last_index, log.last_term, log.term_at(2)
    (3, 2, 1)

    Complexity: O(1) for every look-up, O(k) to append or cut k entries.
    """

    __slots__ = ("entries", "last_index", "snapshot_index", "snapshot_term", "truncations", "unstable_from")

    def __init__(self, entries: Sequence[Entry] = (), *, snapshot_index: int = 0, snapshot_term: int = 0) -> None:
        self.entries: list[Entry] = list(entries)
        self.snapshot_index = snapshot_index
        self.snapshot_term = snapshot_term
        self.last_index = snapshot_index + len(self.entries)
        """The highest index there is; kept up to date, because every message asks for it."""
        self.unstable_from = self.last_index + 1
        self.truncations = 0

    @property
    def first_index(self) -> int:
        """The lowest index still in the list (one more than the last index when it is empty)."""
        return self.snapshot_index + 1

    @property
    def last_term(self) -> int:
        """The term of the last entry, 0 for an empty log."""
        return self.entries[-1].term if self.entries else self.snapshot_term

    def term_at(self, index: int) -> int | None:
        """The term of the entry at `index`: 0 at index 0, None where this log has no entry or has forgotten it."""
        offset = index - self.snapshot_index
        if offset > 0:
            return self.entries[offset - 1].term if offset <= len(self.entries) else None
        return self.snapshot_term if offset == 0 else None

    def slice(self, start: int, stop: int) -> tuple[Entry, ...]:
        """The entries with start <= index < stop.

        Raises:
            CompactedError: `start` lies in the part that a snapshot replaced.
        """
        if start <= self.snapshot_index:
            raise CompactedError(f"entry {start} is compacted, the first one left is {self.first_index}.")
        first = self.snapshot_index + 1
        return tuple(self.entries[start - first : stop - first]) if start < stop else ()

    def matches(self, index: int, term: int) -> bool:
        """The consistency check: does this log hold an entry of that term at that index?"""
        return self.term_at(index) == term

    def is_up_to_date(self, *, index: int, term: int) -> bool:
        """The election restriction: would a log that ends with (term, index) be at least as complete as this one?

        >>> Log([Entry(1, 1), Entry(1, 2)]).is_up_to_date(index=1, term=2)
        True
        """
        return (term, index) >= (self.last_term, self.last_index)

    def extend(self, entries: Sequence[Entry]) -> None:
        """Put entries at the end; what a leader does with new commands."""
        self.entries.extend(entries)
        self.last_index += len(entries)

    def append(self, entries: Sequence[Entry], *, truncate: bool = True) -> int:
        """Store what a leader sent, cutting off a conflicting tail; returns how many old entries were cut.

        With `truncate=False` (a broken rule) the conflicting entries stay and only what lies beyond the end is added.
        """
        if entries and entries[0].index == self.last_index + 1:  # the usual case: they follow on what is here
            self.extend(entries)
            return 0
        for position, entry in enumerate(entries):
            known = self.term_at(entry.index)
            if known is None:
                if entry.index > self.snapshot_index:
                    self.extend(entries[position:])
                    return 0
            elif known != entry.term and truncate and entry.index > self.snapshot_index:
                cut = self.last_index - entry.index + 1
                self._cut_from(entry.index)
                self.extend(entries[position:])
                return cut
        return 0

    def conflict_hint(self, index: int, term: int) -> tuple[int, int]:
        """Walk back from `index` to the last entry whose term is not above `term`: (index, its term).

        Everything after it cannot match, so one message skips a whole run of hopeless entries (fast back-up).
        """
        index = min(index, self.last_index)
        while True:
            known = self.term_at(index)
            if known is None:
                return index, 0
            if known <= term:
                return index, known
            index -= 1

    def compact(self, index: int) -> None:
        """Forget every entry up to and including `index`; a snapshot stands in for them."""
        term = self.term_at(index)
        if term is None or index < self.snapshot_index:
            raise CompactedError(f"cannot compact to {index}, expected an index from {self.snapshot_index} to {self.last_index}.")
        del self.entries[: index - self.snapshot_index]
        self.snapshot_index, self.snapshot_term = index, term

    def restore(self, *, index: int, term: int) -> None:
        """Throw the whole log away: a snapshot that reaches further has arrived."""
        self.entries.clear()
        self.snapshot_index, self.snapshot_term = index, term
        self.last_index = index
        self.unstable_from = index + 1
        self.truncations += 1

    def take_unstable(self) -> tuple[Entry, ...]:
        """The entries that must reach the disk; they count as handed over from now on."""
        last_index = self.last_index
        if self.unstable_from > last_index:
            return ()
        start = max(self.unstable_from, self.first_index)
        self.unstable_from = last_index + 1
        return tuple(self.entries[start - self.first_index :])

    def check(self) -> None:
        """Assert what must always hold: gapless indexes and terms that never fall. O(n)."""
        assert self.last_index == self.snapshot_index + len(self.entries), f"last_index is {self.last_index}"
        term = self.snapshot_term
        for offset, entry in enumerate(self.entries):
            assert entry.index == self.first_index + offset, f"gap: {entry} at position {offset}"
            assert entry.term >= term, f"term falls from {term} to {entry.term} at index {entry.index}"
            term = entry.term

    def _cut_from(self, index: int) -> None:
        del self.entries[index - self.first_index :]
        self.last_index = index - 1
        self.unstable_from = min(self.unstable_from, index)
        self.truncations += 1
