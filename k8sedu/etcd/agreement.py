"""What must hold between the members of a cluster and its clients, judged entry by entry.

The state machine of etcd is deterministic, so much follows from Raft's promise that logs agree; but only if applying an entry depends on
nothing else, no clock and no chance. That is what `members_apply_the_same` asks. The other laws are what clients rely on.

Each law is a function of a history and of what has just happened; it returns an empty text, or one sentence.

Source: etcd 3.5, tests/robustness (validation of watch and of serialized histories); Documentation, "API guarantees".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from k8sedu.etcd.mvcc import Store
from k8sedu.raft.messages import Entry

HASHED_RECORDS, HASHED_EVERY = 256, 64
"""A store of more records is hashed only after some entries; what each entry changed is always compared."""


class Applied(NamedTuple):
    """What a member did with one entry."""

    index: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    term: int
    request_id: str
    before: int
    """The revision of its store before the entry."""
    revision: int
    compact_revision: int
    hash: int
    """HashKV of the store after the entry; of a large store only after every 64th, else 0."""
    changes: tuple[tuple[str, bytes, bytes], ...] = ()
    """The events of the new revision: PUT or DELETE, key, value."""

    @classmethod
    def of(cls, entry: Entry, request_id: str, before: int, store: Store) -> Applied:
        """Look at a store that has just applied an entry."""
        changes = store.changes(before + 1, store.revision) if store.revision > before else ()
        rows = tuple(("DELETE" if record.is_tombstone else "PUT", record.kv.key, record.kv.value) for _, record in changes)
        is_hashed = len(store.backend) <= HASHED_RECORDS or entry.index % HASHED_EVERY == 0
        value = store.hash_kv().hash if is_hashed else 0
        return cls(entry.index, entry.term, request_id, before, store.revision, store.compact_revision, value, rows)


class Acknowledged(NamedTuple):
    """A write that a client was told of."""

    request_id: str
    index: int  # type: ignore[assignment]  # as above
    revision: int


class Agreement:
    """Remembers what was applied first, and compares the others with it.

    >>> agreement = Agreement()
    >>> agreement.applied("n1", Applied(1, 1, "n1.1.1", 1, 2, -1, 77))
    ''
    >>> agreement.applied("n2", Applied(1, 1, "n1.1.1", 1, 2, -1, 78))
    'members_apply_the_same: n2 has the hash 78 after index 1, n1 had 77.'
    """

    def __init__(self) -> None:
        self.entries: dict[int, Applied] = {}
        """By index, as the first member applied it."""
        self.first: dict[int, str] = {}
        """By index, who that was."""
        self.highest = 0
        self.of_revision: dict[int, Applied] = {}
        """By revision, the entry that made it."""
        self.answered: dict[int, int] = {}
        """By index, the revision that a client was told."""

    def applied(self, member: str, now: Applied) -> str:
        """Judge an entry that a member has just applied."""
        for law in LAWS:
            complaint = law(self, member, now)
            if complaint:
                return f"{law.__name__}: {complaint}"
        if now.index not in self.entries:
            self.entries[now.index], self.first[now.index] = now, member
            self.highest = max(self.highest, now.index)
            if now.revision > now.before:
                self.of_revision[now.revision] = now
        return ""

    def acknowledge(self, index: int, revision: int) -> None:
        """A client was told that its write is in the log at this index."""
        if index:
            self.answered[index] = revision

    def matching(self, first: int, last: int, covers: Callable[[bytes], bool]) -> list[int]:
        """The revisions of a range in which a key of interest changed."""
        return [
            revision
            for revision in range(first, last + 1)
            if revision in self.of_revision and any(covers(key) for _, key, _ in self.of_revision[revision].changes)
        ]


def members_apply_the_same(agreement: Agreement, member: str, now: Applied) -> str:
    """Every member ends up with the same data after the same entry."""
    known = agreement.entries.get(now.index)
    if known is None or known == now:
        return ""
    field = next(name for name in now._fields if getattr(known, name) != getattr(now, name))
    met, expected = getattr(now, field), getattr(known, field)
    return f"{member} has the {field} {met} after index {now.index}, {agreement.first[now.index]} had {expected}."


def revision_grows_across_terms(agreement: Agreement, member: str, now: Applied) -> str:
    """Along the log the revision never falls and grows by one at most, whatever the term does; and terms never fall either."""
    known = agreement.entries.get(now.index - 1)
    if known is not None and (now.term < known.term or now.before != known.revision):
        return (
            f"{member} came to index {now.index} with term {now.term} and revision {now.before}, "
            f"behind term {known.term} and revision {known.revision}."
        )
    if not now.before <= now.revision <= now.before + 1:
        return f"{member} went from revision {now.before} to {now.revision} with the entry at index {now.index}, expected one step at most."
    return ""


def acknowledged_writes_survive(agreement: Agreement, member: str, now: Applied) -> str:
    """What a client was told is at its place in the log for ever."""
    revision = agreement.answered.get(now.index)
    if revision is None or revision == now.revision:
        return ""
    return f"{member} has revision {now.revision} at index {now.index}, a client was told {revision}."


LAWS: tuple[Callable[[Agreement, str, Applied], str], ...] = (
    acknowledged_writes_survive, members_apply_the_same, revision_grows_across_terms,
)  # fmt: skip


def watch_exactly_once(
    agreement: Agreement, told: Iterable[tuple[str, bytes, bytes, int]], *, next_revision: int, covers: Callable[[bytes], bool]
) -> str:
    """A watch is told every change of its keys once, in the order of revisions, and a whole revision at a time.

    Args:
        agreement: what the members have applied.
        told: the events of one response: type, key, value, revision.
        next_revision: the first revision that the watch has not been told of.
        covers: is the watch about this key?
    """
    rows = list(told)
    last = max((row[3] for row in rows), default=next_revision - 1)
    expected = [
        (kind, key, value, revision)
        for revision in agreement.matching(next_revision, last, covers)
        for kind, key, value in agreement.of_revision[revision].changes
        if covers(key)
    ]
    if rows == expected:
        return ""
    return f"a watch was told {_rows(rows)}, expected {_rows(expected)} from revision {next_revision} on."


def _rows(rows: list[tuple[str, bytes, bytes, int]]) -> str:
    shown = [f"{kind} {key.decode('utf-8', 'backslashreplace')} at {revision}" for kind, key, _, revision in rows]
    return ", ".join(shown) or "nothing"
