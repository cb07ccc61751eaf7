"""Several members of one cluster side by side: do their logs tell one story?

What Raft promises can be checked on directories of real members, long after they stopped. Log Matching: where two logs hold an entry of
the same index and term, they agree on it and on everything before. State Machine Safety: no two members applied different entries at one
index. And what follows from both: at the same revision all stores have the same hash.

Source: raft.pdf §5.3, Figure 3; etcd 3.5, server/etcdserver/corrupt.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise

from k8sedu.etcd import invariants
from k8sedu.etcd.member import Member
from k8sedu.etcd.schema import LogEntry
from k8sedu.trace import Frozen

FULL, SHADED = "█", "░"


def one_cluster(members: Sequence[Member]) -> str | None:
    """All members name the same cluster at the beginning of their logs, and no two are the same member; a sentence if not."""
    for left, right in combinations(members, 2):
        one, other = left.identity, right.identity
        if one.cluster_id != other.cluster_id:
            return f"{left.name} belongs to the cluster {one.cluster_id:x}, {right.name} to {other.cluster_id:x}."
        if one.member_id == other.member_id:
            return f"{left.name} and {right.name} are both the member {one.member_id:x}."
    return None


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
    """Members that applied equally much hold the same data; a sentence if two do not.

    Members that stopped at different times are compared at the revision that both have reached, if they have compacted equally much, as
    etcd does when it looks for corruption.
    """
    for left, right in combinations(members, 2):
        one, other = left.server.store, right.server.store
        is_level = left.server.consistent_index == right.server.consistent_index
        if is_level and (one.revision, one.hash_kv().hash) != (other.revision, other.hash_kv().hash):
            return f"{left.name} and {right.name} hold different data at index {left.server.consistent_index}."
        revision = min(one.revision, other.revision)
        if one.compact_revision != other.compact_revision or revision <= one.compact_revision:
            continue
        if one.hash_kv(revision).hash != other.hash_kv(revision).hash:
            return f"{left.name} and {right.name} hold different data at revision {revision}."
    return None


def each_store_is_sound(members: Sequence[Member]) -> str | None:
    """Every single store keeps etcd's promises (`k8sedu.etcd.invariants`); a sentence if one does not."""
    for member in members:
        found = invariants.check(member.server.store)
        if found is not None:
            return f"{member.name} breaks {found}"
    return None


INVARIANTS: dict[str, Callable[[Sequence[Member]], str | None]] = {
    function.__name__: function
    for function in (one_cluster, log_matching, committed_entries_agree, terms_never_fall, revision_only_grows, same_state_at_same_index,
                     each_store_is_sound)
}  # fmt: skip
"""By name: what must hold of the members of one cluster. Each returns None, or a sentence that says what is wrong."""


def check(members: Sequence[Member]) -> dict[str, str | None]:
    """Every invariant by name, with what breaks it."""
    return {name: invariant(members) for name, invariant in INVARIANTS.items()}


def side_by_side(members: Sequence[Member]) -> Iterator[tuple[int, tuple[int | None, ...]]]:
    """For each index the term that each member's log has there, None where it has no entry."""
    logs = [_by_index(member) for member in members]
    for index in sorted({index for log in logs for index in log}):
        yield index, tuple(log[index].Term if index in log else None for log in logs)


def stretches(members: Sequence[Member]) -> Iterator[tuple[int, int, tuple[int | None, ...]]]:
    """The logs side by side, in stretches in which nobody's term changes: first and last index, and the terms."""
    first = last = 0
    before: tuple[int | None, ...] = ()
    for index, terms in side_by_side(members):
        if terms != before or index != last + 1:
            if before:
                yield first, last, before
            first, before = index, terms
        last = index
    if before:
        yield first, last, before


def term_chart(members: Sequence[Member], *, columns: int = 64) -> Iterator[str]:
    """Terms over indexes as lines of text: a row per term, full where all logs have an entry of it, shaded where only some have."""
    rows = list(side_by_side(members))
    if not rows:
        return
    first, last = rows[0][0], rows[-1][0]
    columns = min(columns, last - first + 1)
    cells: dict[tuple[int, int], str] = {}
    for index, terms in rows:
        column = (index - first) * columns // (last - first + 1)
        for term in sorted({term for term in terms if term is not None}):
            shade = FULL if set(terms) == {term} else SHADED
            cells[term, column] = shade if cells.get((term, column), shade) == shade else SHADED
    for term in sorted({term for term, _ in cells}, reverse=True):
        yield f"{term:>6} " + "".join(cells.get((term, column), " ") for column in range(columns)).rstrip()
    yield f"  term └{'─' * columns}"
    yield f"       {first}{last:>{max(columns - len(str(first)), 0)}} index"


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
