"""What has happened so far in a run, as far as somebody who must judge it has to know.

Most promises of Raft are about the whole past: *ever* two leaders in one term, *ever* two different commands at one index. Comparing all
servers after every step would be slow and would still miss what was overwritten in between. So a `History` grows by one server's change
at a time, and keeps just enough: who led each term, which entry followed which, what was committed, what was applied.

The predicate for Log Matching shows why that is enough. If an (index, term) pair has only one predecessor and one content in all logs
ever written, then two logs that share the pair share the entry before, and so on back to the first: the induction of the paper's proof,
done once per entry.

Source: raft.pdf §5.2-§5.4 (the proofs' ghost variables: `elections` and `allLogs` in the appendix of thesis ch. 3, B.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from k8sedu.raft.log import Log
from k8sedu.raft.membership import Membership
from k8sedu.raft.messages import Entry


class Peer(Protocol):
    """What a leader believes of one follower."""

    @property
    def match_index(self) -> int:
        """The highest entry known to be stored there."""

    @property
    def next_index(self) -> int:
        """The next entry to send."""


class Server(Protocol):
    """The part of a server's state that is judged; a live `Node` has it, and so has a server read from a saved frame."""

    @property
    def id(self) -> str:
        """The server's name."""

    @property
    def role(self) -> str:
        """The role, as in `roles`."""

    @property
    def term(self) -> int:
        """The current term."""

    @property
    def voted_for(self) -> str | None:
        """The vote of this term."""

    @property
    def votes(self) -> Mapping[str, bool]:
        """A candidate's answers so far."""

    @property
    def log(self) -> Log:
        """The log."""

    @property
    def membership(self) -> Membership:
        """The configuration that it uses."""

    @property
    def commit_index(self) -> int:
        """The highest index known to be committed."""

    @property
    def last_applied(self) -> int:
        """The highest index executed."""

    @property
    def progress(self) -> Mapping[str, Peer]:
        """A leader's view of all members."""


class Seen(NamedTuple):
    """One server as it was after its last event: what a change is measured against."""

    role: str
    term: int
    voted_for: str | None
    last_index: int
    truncations: int
    commit_index: int
    last_applied: int
    membership: Membership

    @classmethod
    def of(cls, server: Server) -> Seen:
        """Look at a server now."""
        log = server.log
        return cls(
            server.role,
            server.term,
            server.voted_for,
            log.last_index,
            log.truncations,
            server.commit_index,
            server.last_applied,
            server.membership,
        )


class Commitment(NamedTuple):
    """An entry that was committed, and the term in which its leader did so."""

    entry: Entry
    term: int


class Elected(NamedTuple):
    """A leader as it took office: its name, and the terms of its log from the first index that it still has."""

    name: str
    first_index: int
    terms: tuple[int, ...]

    def term_at(self, index: int) -> int | None:
        """The term of its entry at `index` when it was elected; None behind the end of its log."""
        offset = index - self.first_index
        return self.terms[offset] if offset < len(self.terms) else None


class Change(NamedTuple):
    """One event to be judged: a server now, what it was before, and which parts of its log are news."""

    server: Server
    before: Seen
    new_entries: Sequence[Entry]
    """Entries that came into the log; all of it where something was cut or the server has restarted."""
    newly_committed: Sequence[Entry]
    newly_applied: Sequence[Entry]

    @classmethod
    def between(cls, before: Seen, server: Server) -> Change:
        """Find out what is new in a server's log."""
        log = server.log
        grown = log.truncations == before.truncations
        committed = _from(log, before.commit_index + 1, server.commit_index) if server.commit_index != before.commit_index else ()
        at_once = before.commit_index == before.last_applied and server.commit_index == server.last_applied
        return cls(
            server,
            before,
            _from(log, before.last_index + 1 if grown else 0, log.last_index),
            committed,
            committed if at_once else _from(log, before.last_applied + 1, server.last_applied),
        )

    @property
    def took_office(self) -> bool:
        """Did this event make the server leader of a term?"""
        server, before = self.server, self.before
        return server.role == "leader" and (before.role != "leader" or before.term != server.term)


class History:
    """The past of a run; it grows by `record` and is only read by the predicates."""

    __slots__ = ("applied", "ballots", "committed", "elected", "seen", "servers", "written")

    def __init__(self) -> None:
        self.elected: dict[int, Elected] = {}
        """By term: the first server that led it."""
        self.ballots: dict[tuple[int, str], tuple[str, ...]] = {}
        """By (term, voter): everybody that it ever voted for in that term."""
        self.written: dict[tuple[int, int], tuple[int, Entry]] = {}
        """By (index, term): the term of the entry before it, and the entry."""
        self.committed: dict[int, Commitment] = {}
        self.applied: dict[int, Entry] = {}
        self.servers: dict[str, Server] = {}
        self.seen: dict[str, Seen] = {}

    def record(self, change: Change, now: Seen) -> None:
        """Write down a change that has been judged. O(k) for k new entries."""
        server = change.server
        if change.took_office:
            terms = tuple(entry.term for entry in server.log.entries)
            self.elected.setdefault(server.term, Elected(server.id, server.log.first_index, terms))
        if now[1:3] != change.before[1:3] and server.voted_for is not None:
            self._record_vote((server.term, server.id), server.voted_for)
        for entry, previous_term in with_previous(server.log, change.new_entries) if change.new_entries else ():
            self.written.setdefault((entry.index, entry.term), (previous_term, entry))
        for entry in change.newly_committed:
            if entry.index not in self.committed:
                self.committed[entry.index] = Commitment(entry, server.term)
        for entry in change.newly_applied:
            self.applied.setdefault(entry.index, entry)
        self.seen[server.id] = now

    def _record_vote(self, ballot: tuple[int, str], candidate: str) -> None:
        known = self.ballots.get(ballot, ())
        if candidate not in known:
            self.ballots[ballot] = (*known, candidate)


def with_previous(log: Log, entries: Sequence[Entry]) -> list[tuple[Entry, int]]:
    """Pairs of an entry and the term of the one before it; `entries` is a connected part of the log's tail.

    >>> with_previous(Log([Entry(1, 1), Entry(3, 2)]), (Entry(3, 2),))
    [(Entry(term=3, index=2, kind='normal', data=''), 1)]
    """
    pairs = []
    previous_term = (log.term_at(entries[0].index - 1) or 0) if entries else 0
    for entry in entries:
        pairs.append((entry, previous_term))
        previous_term = entry.term
    return pairs


def _from(log: Log, start: int, last: int) -> Sequence[Entry]:
    """The entries from `start` up to `last`, as far as this log still has them."""
    first = log.snapshot_index + 1
    return log.entries[max(start - first, 0) : max(last + 1 - first, 0)] if last >= start else ()
