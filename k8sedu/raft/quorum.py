"""Quorums: how many servers must agree before a group may act.

A majority is any set of more than half of the voters. Two majorities of the same group always share at least one server, and that one
server is the whole trick: whoever collects a majority today meets somebody who took part in every earlier majority. `floor(n / 2) + 1`
is the smallest such number. The often quoted `(n + 1) / 2` agrees only for odd n: of 4 servers it would ask 2, and two halves of 4 need
not share anybody.

While a group changes its members it runs on a *joint* quorum: a majority of the old voters and a majority of the new ones, both.

An empty quorum is satisfied by anything: that is what makes the joint rule with an absent second half the same as the plain rule.

Source: raft.pdf §5.1 and §6; etcd-io/raft quorum/majority.go and quorum/joint.go (answers equal, tests/conformance/raft/quorum.json).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

INFINITE_INDEX = (1 << 64) - 1
"""The index that an empty quorum commits: no voter holds it back."""


class VoteResult(StrEnum):
    """What a candidate knows after counting: still open, won, or lost for sure."""

    PENDING = "VotePending"
    WON = "VoteWon"
    LOST = "VoteLost"


def majority(size: int) -> int:
    """How many of `size` voters are a majority.

    >>> [majority(size) for size in (1, 2, 3, 4, 5)]
    [1, 2, 2, 3, 3]
    """
    return size // 2 + 1


def tolerated_failures(size: int) -> int:
    """How many of `size` voters may fail while a majority is left.

    >>> [tolerated_failures(size) for size in (3, 4, 5)]
    [1, 1, 2]
    """
    return size - majority(size)


def committed_index(
    voters: Sequence[str],
    match_index: Mapping[str, int],
    *,
    quorum_of: Callable[[int], int] = majority,
) -> int:
    """The highest log index that a quorum of `voters` has stored; an unknown voter counts as 0.

    >>> committed_index(("1", "2", "3"), {"1": 12, "2": 5, "3": 6})
    6

    Complexity: O(n log n) for n voters.
    """
    if not voters:
        return INFINITE_INDEX
    get = match_index.get
    stored = sorted([get(voter, 0) for voter in voters])
    return stored[len(stored) - quorum_of(len(stored))]


def joint_committed_index(
    voters: Sequence[str],
    outgoing: Sequence[str],
    match_index: Mapping[str, int],
    *,
    quorum_of: Callable[[int], int] = majority,
) -> int:
    """The highest index stored by a quorum of both halves of a joint configuration.

    >>> joint_committed_index(("1", "2"), ("2", "3", "4"), {"1": 9, "2": 7, "3": 8, "4": 2})
    7
    """
    incoming_index = committed_index(voters, match_index, quorum_of=quorum_of)
    if not outgoing:
        return incoming_index
    return min(incoming_index, committed_index(outgoing, match_index, quorum_of=quorum_of))


def vote_result(
    voters: Sequence[str],
    votes: Mapping[str, bool],
    *,
    quorum_of: Callable[[int], int] = majority,
) -> VoteResult:
    """Count the votes of one majority; a voter absent from `votes` has not answered.

    >>> vote_result(("1", "2", "3"), {"1": True, "2": False}).value
    'VotePending'
    """
    if not voters:
        return VoteResult.WON
    needed = quorum_of(len(voters))
    granted = sum(1 for voter in voters if votes.get(voter) is True)
    if granted >= needed:
        return VoteResult.WON
    open_votes = sum(1 for voter in voters if voter not in votes)
    return VoteResult.PENDING if granted + open_votes >= needed else VoteResult.LOST


def joint_vote_result(
    voters: Sequence[str],
    outgoing: Sequence[str],
    votes: Mapping[str, bool],
    *,
    quorum_of: Callable[[int], int] = majority,
) -> VoteResult:
    """Count the votes of a joint configuration: won needs both halves, one lost half loses.

    >>> joint_vote_result(("1",), ("2", "3"), {"1": True, "2": True}).value
    'VotePending'
    """
    incoming = vote_result(voters, votes, quorum_of=quorum_of)
    if not outgoing:
        return incoming
    results = (incoming, vote_result(outgoing, votes, quorum_of=quorum_of))
    if VoteResult.LOST in results:
        return VoteResult.LOST
    return VoteResult.PENDING if VoteResult.PENDING in results else VoteResult.WON
