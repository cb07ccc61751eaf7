"""Who belongs to the group, and how that may change without a moment of two majorities.

If a group of 3 became a group of 5 at one stroke, the servers would learn of it one after another, and for a while 2 of the old 3 and 3
of the new 5 could each elect a leader. Raft goes through a *joint* configuration instead, in which every decision needs a majority of
the old voters and one of the new. Changing a single voter is safe without that detour, because any two majorities then still overlap.

Learners receive the log but neither vote nor count: a new server catches up as a learner first.

Source: raft.pdf §6, thesis ch. 4; etcd-io/raft confchange/confchange.go and tracker/tracker.go (error texts equal).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.raft.messages import Entry, Snapshot


class MembershipError(K8sEduError, ValueError):
    """A change that would leave the group without a safe quorum."""


class Change(NamedTuple):
    """A membership change as it stands in the log.

    >>> Change.parse("add n4, remove n1").operations
    (('add', 'n4'), ('remove', 'n1'))
    """

    operations: tuple[tuple[str, str], ...] = ()
    """Pairs of `add`, `learner` or `remove` and a server's name; none at all means: leave the joint configuration."""
    joint: bool = False
    """Go through a joint configuration even for a single voter."""

    @classmethod
    def parse(cls, text: str) -> Change:
        """Read the text form, `add n4, learner n5, remove n1`, `joint: add n4` or `leave joint`.

        Raises:
            MembershipError: a word that is no operation, or an operation without a name.
        """
        joint = text.startswith("joint:")
        body = text.removeprefix("joint:").strip()
        if body in ("", "leave joint"):
            return cls((), joint)
        operations = []
        for part in body.split(","):
            words = part.split()
            if len(words) != 2 or words[0] not in ("add", "learner", "remove"):
                raise MembershipError(f"met {part.strip()!r} in a membership change, expected 'add NAME', 'learner NAME' or 'remove NAME'.")
            operations.append((words[0], words[1]))
        return cls(tuple(operations), joint)

    def __str__(self) -> str:
        if not self.operations:
            return "leave joint"
        return ("joint: " if self.joint else "") + ", ".join(f"{verb} {name}" for verb, name in self.operations)

    @property
    def leaves_joint(self) -> bool:
        """True for the second half of a joint change."""
        return not self.operations

    @property
    def needs_joint(self) -> bool:
        """More than one operation at once is safe only through a joint configuration."""
        return self.joint or len(self.operations) > 1


class Membership(NamedTuple):
    """The voters, the voters on their way out (joint only), and the learners.

    >>> group = Membership(("n1", "n2", "n3")).apply(Change.parse("add n4, remove n1"))
    >>> group.voters, group.outgoing, group.auto_leave
    (('n2', 'n3', 'n4'), ('n1', 'n2', 'n3'), True)
    >>> group.apply(Change()).members
    ('n2', 'n3', 'n4')
    """

    voters: tuple[str, ...]
    outgoing: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    learners_next: tuple[str, ...] = ()
    """Old voters that become learners when the joint configuration ends: nobody is voter and learner at once."""
    auto_leave: bool = False
    """The leader ends the joint configuration by itself as soon as it is in force."""

    @property
    def is_joint(self) -> bool:
        """True while two majorities are needed."""
        return bool(self.outgoing)

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody the leader sends the log to, each once, in a fixed order."""
        return tuple(dict.fromkeys(self.voters + self.outgoing + self.learners))

    def votes(self, name: str) -> bool:
        """Does this server's vote count?"""
        return name in self.voters or name in self.outgoing

    def apply(self, change: Change) -> Membership:
        """The configuration after a change.

        Raises:
            MembershipError: with etcd's words, if the change is not allowed now.
        """
        if change.leaves_joint:
            return self._leave_joint()
        if change.needs_joint:
            return self._enter_joint(change)
        if self.is_joint:
            raise MembershipError("can't apply simple config change in joint config")
        changed = self._with_operations(change)
        if len(frozenset(changed.voters) ^ frozenset(self.voters)) > 1:
            raise MembershipError("more than one voter changed without entering joint config")
        return changed

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> Membership:
        """The configuration that was in force at a snapshot."""
        return cls(snapshot.voters, snapshot.outgoing, snapshot.learners, snapshot.learners_next, snapshot.auto_leave)

    @classmethod
    def replay(cls, snapshot: Snapshot, entries: Iterable[Entry]) -> Membership:
        """The configuration after a snapshot and the committed `entries` behind it; a change that was refused changes nothing."""
        membership = cls.from_snapshot(snapshot)
        for entry in entries:
            if entry.kind == "change" and membership.voters:
                with suppress(MembershipError):
                    membership = membership.apply(Change.parse(entry.data))
        return membership

    def _enter_joint(self, change: Change) -> Membership:
        if self.is_joint:
            raise MembershipError("config is already joint")
        if not self.voters:
            raise MembershipError("can't make a zero-voter config joint")
        return self._replace(outgoing=self.voters)._with_operations(change)._replace(auto_leave=not change.joint)

    def _leave_joint(self) -> Membership:
        if not self.is_joint:
            raise MembershipError("can't leave a non-joint config")
        return Membership(self.voters, (), self.learners + self.learners_next)

    def _with_operations(self, change: Change) -> Membership:
        result = self
        for verb, name in change.operations:
            result = getattr(result, f"_{verb}")(name)
        if not result.voters:
            raise MembershipError("removed all voters")
        return result

    def _add(self, name: str) -> Membership:
        return self if name in self.voters else self._forget(name)._replace(voters=(*self.voters, name))

    def _learner(self, name: str) -> Membership:
        if name in self.learners:
            return self
        rest = self._forget(name)
        if name in self.outgoing:
            return rest._replace(learners_next=(*rest.learners_next, name))
        return rest._replace(learners=(*rest.learners, name))

    def _remove(self, name: str) -> Membership:
        return self._forget(name)

    def _forget(self, name: str) -> Membership:
        return self._replace(
            voters=self._without(self.voters, name),
            learners=self._without(self.learners, name),
            learners_next=self._without(self.learners_next, name),
        )

    @staticmethod
    def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
        return tuple(other for other in names if other != name)
