"""Several members of one cluster side by side: do their logs tell one story?

What Raft promises can be checked on directories of real members, long after they stopped. Log Matching: where two logs hold an entry of
the same index and term, they agree on it and on everything before. State Machine Safety: no two members applied different entries at one
index. And what follows from both: at the same index all stores have the same hash.

Source: raft.pdf §5.3, Figure 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from k8sedu.etcd.member import Member
from k8sedu.etcd.schema import LogEntry
from k8sedu.trace import Frozen


def log_matching(members: Sequence[Member]) -> str | None:
    """Where two logs agree on index and term of an entry, they agree on it and on all entries before it; a sentence if not."""
    for left, right in combinations(members, 2):
        one, other = _by_index(left), _by_index(right)
        shared = sorted(one.keys() & other.keys())
        last = max((index for index in shared if one[index].Term == other[index].Term), default=0)
        for index in shared:
            if index <= last and one[index] != other[index]:
                return f"{left.name} and {right.name} agree at index {last} and differ before it, at index {index}."
    return None


def committed_entries_agree(members: Sequence[Member]) -> str | None:
    """No two members have committed different entries at one index; a sentence if they have."""
    for left, right in combinations(members, 2):
        commit = min(left.log.hard_state.commit, right.log.hard_state.commit)
        one, other = _by_index(left), _by_index(right)
        for index in sorted(one.keys() & other.keys()):
            if index <= commit and one[index] != other[index]:
                return f"{left.name} and {right.name} both committed index {index}, with different entries."
    return None


def terms_never_fall(members: Sequence[Member]) -> str | None:
    """Along each log terms only grow; a sentence if one falls."""
    for member in members:
        for before, entry in pairwise(member.log.entries):
            if entry.Term < before.Term or entry.Index != before.Index + 1:
                return f"{member.name} has entry {entry.Term}/{entry.Index} behind {before.Term}/{before.Index}."
    return None


def revision_only_grows(members: Sequence[Member]) -> str | None:
    """The revision never falls along a log, whatever happens to the term; a sentence if it does."""
    for member in members:
        points = member.points()
        for before, point in pairwise(points):
            if not before.revision <= point.revision <= before.revision + 1:
                return f"{member.name} goes from revision {before.revision} to {point.revision} at index {point.index}."
    return None


def same_state_at_same_index(members: Sequence[Member]) -> str | None:
    """Members that applied equally much hold the same data; a sentence if two do not."""
    for left, right in combinations(members, 2):
        if left.server.consistent_index != right.server.consistent_index:
            continue
        if left.server.store.hash_kv() != right.server.store.hash_kv():
            return f"{left.name} and {right.name} hold different data at index {left.server.consistent_index}."
    return None


INVARIANTS: dict[str, Callable[[Sequence[Member]], str | None]] = {
    function.__name__: function
    for function in (log_matching, committed_entries_agree, terms_never_fall, revision_only_grows, same_state_at_same_index)
}
"""By name: what must hold of the members of one cluster. Each returns None, or a sentence that says what is wrong."""


def check(members: Sequence[Member]) -> dict[str, str | None]:
    """Every invariant by name, with what breaks it."""
    return {name: invariant(members) for name, invariant in INVARIANTS.items()}


def side_by_side(members: Sequence[Member]) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    """For each index the term that each member's log has there, None where it has no entry."""
    logs = [_by_index(member) for member in members]
    for index in sorted({index for log in logs for index in log}):
        yield index, tuple(log[index].Term if index in log else None for log in logs)


def comparison(members: Sequence[Member]) -> Frozen:
    """All that a picture needs: who, the terms side by side, term and revision over indexes, and what the invariants say."""
    return Frozen(
        names=tuple(member.name for member in members),
        commits=tuple(member.log.hard_state.commit for member in members),
        terms=tuple(side_by_side(members)),
        points=tuple(tuple(map(tuple, member.points())) for member in members),
        broken=tuple((name, sentence) for name, sentence in check(members).items() if sentence),
    )


def _by_index(member: Member) -> dict[int, LogEntry]:
    return {entry.Index: entry for entry in member.log.entries}
