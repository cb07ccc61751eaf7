"""A checker that looks at a group after every event, live or from a saved trace.

It keeps a `History`, finds out what an event changed, and asks exactly those predicates of `invariants` that such a change can break. A
server that did nothing costs nothing.

Left out: it does not say how a violation came about; `search` makes the story short, and a picture shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from k8sedu.raft.frame_server import FrameServer, changed_servers
from k8sedu.raft.history import Change, History, Seen, Server
from k8sedu.raft.invariants import COMMIT, INVARIANTS, LEADING, LOG, ROLE, Violation, known_names
from k8sedu.trace import Trace


class Checker:
    """Looks at a group after every event, and remembers the first violation.

    >>> from k8sedu.raft.node import Node
    >>> nodes = {name: Node(name, voters=("n1", "n2")) for name in ("n1", "n2")}
    >>> checker = Checker(nodes.values(), invariants=("election_safety",))
    >>> for node in nodes.values():  # both at once: something is very wrong here
    ...     node.role, node.term = "leader", 1
    ...     violation = checker.observe(node)
    >>> print(violation)
    election_safety: n2 leads term 1, but n1 was leader of that term already.
    """

    def __init__(self, servers: Iterable[Server] = (), *, invariants: Sequence[str] | None = None) -> None:
        self.history = History()
        self.violation: Violation | None = None
        self._watched = tuple(INVARIANTS[name] for name in known_names(invariants))
        self._by_flags = {flags: tuple(one for one in self._watched if one.watches & flags) for flags in range(16)}
        for server in servers:
            self.adopt(server)

    def adopt(self, server: Server) -> None:
        """Take a server as it is: what it did before is not judged."""
        blank = Seen("follower", 0, None, 0, -1, 0, 0, server.membership)
        self.history.servers[server.id] = server
        self.history.record(Change.between(blank, server), Seen.of(server))

    def observe(self, server: Server) -> Violation | None:
        """Judge what has just happened at this server; the violation that this event brought, if any."""
        before = self.history.seen.get(server.id)
        if before is None:
            self.adopt(server)
            return None
        now = Seen.of(server)
        if before == now and server.role in ("follower", "leader"):
            return self._judge_beliefs(server, before) if server.role == "leader" else None
        return self._judge(Change.between(before, server), now)

    def _judge_beliefs(self, server: Server, now: Seen) -> Violation | None:
        """A leader has heard something and changed nothing of its own: only what it believes of others can be wrong."""
        change = Change(server, now, (), (), ())
        for invariant in self._by_flags[LEADING]:
            message = invariant.predicate(self.history, change)
            if message:
                return self._found(invariant.name, message, change, now)
        return None

    def crashed(self, name: str) -> None:
        """This server has forgotten what it held in memory; its term, vote and log are compared again when it is back."""
        self.history.seen[name] = self.history.seen[name]._replace(role="follower", truncations=-1, commit_index=0, last_applied=0)

    def restarted(self, server: Server) -> Violation | None:
        """A crashed server is back, as a new object read from its disk."""
        self.history.servers[server.id] = server
        return self.observe(server)

    def _judge(self, change: Change, now: Seen) -> Violation | None:
        for invariant in self._by_flags[_flags(change.before, now)]:
            message = invariant.predicate(self.history, change)
            if message:
                return self._found(invariant.name, message, change, now)
        self.history.record(change, now)
        return None

    def _found(self, name: str, message: str, change: Change, now: Seen) -> Violation:
        words = frozenset(re.findall(r"\w+", message))
        actor = change.server.id
        others = tuple(other for other in self.history.servers if other in words and other != actor)
        violation = Violation(name, message, (actor, *others))
        self.violation = self.violation or violation
        self.history.record(change, now)
        return violation


def check(trace: Trace, *, invariants: Sequence[str] | None = None) -> list[Violation]:
    """Judge a saved run from its frames: every violation with the index of its step.

    One thing that went wrong is told once: a name is not repeated for the same server.
    """
    checker = Checker(invariants=invariants)
    found: dict[tuple[str, str], Violation] = {}
    before: dict[str, FrameServer] = {}
    for step in trace:
        for server in changed_servers(step, before):
            violation = _observe_frame(checker, server)
            if violation:
                found.setdefault((violation.name, server.id), violation._replace(step=step.index))
    return list(found.values())


def _observe_frame(checker: Checker, server: FrameServer) -> Violation | None:
    if server.status == "stopped":
        if server.id in checker.history.seen:
            checker.crashed(server.id)
        return None
    if server.id not in checker.history.seen:
        checker.adopt(server)
        return None
    return checker.restarted(server)


def _flags(before: Seen, now: Seen) -> int:
    flags = LEADING if now.role == "leader" else 0
    if now[:3] != before[:3] or now.role == "candidate":
        flags |= ROLE
    if now[3:5] != before[3:5]:
        flags |= LOG
    if now[5:7] != before[5:7]:
        flags |= COMMIT
    return flags
