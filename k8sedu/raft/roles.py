"""Follower, candidate, leader: the role transitions as a table.

A server is always in one role, and only the events below move it to another. The documentation's diagram is drawn from this very table,
and the state machine refuses any move that is not in it, so picture and code cannot drift apart.

Source: raft.pdf Figure 4; thesis §9.6 (PreVote adds one role before candidate).
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words

ROLES = ("follower", "pre_candidate", "candidate", "leader")

ROLE_WORDS = {
    "follower": Words("follower", "跟随者 follower"),
    "pre_candidate": Words("pre-candidate", "预候选人 pre-candidate"),
    "candidate": Words("candidate", "候选人 candidate"),
    "leader": Words("leader", "领导者 leader"),
}


class Transition(NamedTuple):
    """One arrow of the diagram: from one role to another, on an event."""

    source: str
    target: str
    event: str
    label: Words


TRANSITIONS = (
    Transition("follower", "candidate", "election_timeout", Words("times out, starts election", "超时，发起选举")),
    Transition("follower", "pre_candidate", "election_timeout", Words("times out, asks first (PreVote)", "超时，先试探 (PreVote)")),
    Transition("pre_candidate", "pre_candidate", "election_timeout", Words("times out, asks again", "超时，再次试探")),
    Transition("pre_candidate", "candidate", "pre_votes_won", Words("a majority would vote", "多数愿意投票")),
    Transition("pre_candidate", "follower", "pre_votes_lost", Words("refused, or hears a leader", "被拒绝，或发现领导者")),
    Transition("candidate", "candidate", "election_timeout", Words("times out, new election", "超时，重新选举")),
    Transition("candidate", "pre_candidate", "election_timeout", Words("times out, asks first (PreVote)", "超时，先试探 (PreVote)")),
    Transition("candidate", "leader", "votes_won", Words("receives votes from majority", "获得多数选票")),
    Transition("candidate", "follower", "discovers_leader", Words("discovers current leader or new term", "发现当前领导者或更高任期")),
    Transition("leader", "follower", "higher_term", Words("discovers server with higher term", "发现更高任期")),
    Transition("leader", "follower", "quorum_lost", Words("hears no majority (CheckQuorum)", "失去多数 (CheckQuorum)")),
    Transition("leader", "follower", "removed", Words("is removed from the group", "被移出集群")),
    Transition("follower", "follower", "higher_term", Words("discovers higher term", "发现更高任期")),
)
"""Every allowed move. A server that is alone in its group passes through candidate to leader within one step."""

ALLOWED = frozenset((transition.source, transition.target) for transition in TRANSITIONS)


class RoleError(AssertionError):
    """A move that the table does not know: a bug in the state machine, never a user's mistake."""


def check_transition(source: str, target: str) -> None:
    """Refuse a role change that is not in the table.

    Raises:
        RoleError: there is no such arrow.
    """
    if source != target and (source, target) not in ALLOWED:
        raise RoleError(f"{source} may not become {target}, expected one of the moves in TRANSITIONS.")
