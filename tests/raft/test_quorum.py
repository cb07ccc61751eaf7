"""Quorums against etcd's tables, and against a twin that tries every subset."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.quorum import (
    INFINITE_INDEX,
    VoteResult,
    committed_index,
    joint_committed_index,
    joint_vote_result,
    majority,
    tolerated_failures,
    vote_result,
)


def halves(case):
    """Both halves of a case, and its answers by voter: they are listed by first appearance."""
    incoming, outgoing = case["voters"], case["voters_outgoing"]
    outgoing = [] if outgoing in (None, "zero") else outgoing
    ids = list(dict.fromkeys(incoming + outgoing))
    answers = case["match_index"] if case["command"] == "committed" else case["votes"]
    assert len(answers) == len(ids), case
    return incoming, outgoing, {name: answer for name, answer in zip(ids, answers, strict=True) if answer != "_"}


def answer_committed(case):
    incoming, outgoing, answers = halves(case)
    match_index = {name: int(answer) for name, answer in answers.items()}
    if case["voters_outgoing"] is None:
        index = committed_index(incoming, match_index)
    else:
        index = joint_committed_index(incoming, outgoing, match_index)
    return "∞" if index == INFINITE_INDEX else str(index)


def answer_vote(case):
    incoming, outgoing, answers = halves(case)
    votes = {name: answer == "y" for name, answer in answers.items()}
    if case["voters_outgoing"] is None:
        return vote_result(incoming, votes).value
    return joint_vote_result(incoming, outgoing, votes).value


COMMANDS = {"committed": answer_committed, "vote": answer_vote}


@pytest.mark.conformance("raft/quorum.json")
def test_conformance_quorum(conformance_path):
    """Every committed index and every vote result equals etcd's, for plain and joint majorities."""
    tables = json.loads(conformance_path.read_text(encoding="utf-8"))["tables"]
    wrong = [
        (case["source"], case["expected"], COMMANDS[case["command"]](case))
        for cases in tables.values()
        for case in cases
        if COMMANDS[case["command"]](case) != case["expected"]
    ]
    assert not wrong
    assert sum(map(len, tables.values())) > 0


VOTERS = tuple("abcdefg")
voters_of = st.lists(st.sampled_from(VOTERS), unique=True, max_size=7)
indexes = st.dictionaries(st.sampled_from(VOTERS), st.integers(0, 9))
ballots = st.dictionaries(st.sampled_from(VOTERS), st.booleans())


def majorities(voters):
    """The twin's only idea: all subsets with more members than non-members."""
    return [
        subset for size in range(len(voters) + 1) for subset in itertools.combinations(voters, size) if 2 * size > len(voters)
    ] or [()]


@given(voters_of, indexes)
def test_committed_index_twin(voters, match_index):
    """The committed index is the highest one that all members of some majority have stored."""
    naive = max(min((match_index.get(name, 0) for name in quorum), default=INFINITE_INDEX) for quorum in majorities(voters))
    assert committed_index(voters, match_index) == naive


@given(voters_of, ballots)
def test_vote_result_twin(voters, votes):
    """Won: some majority has said yes. Lost: even if all others said yes, none would. Otherwise pending."""
    won = any(all(votes.get(name) is True for name in quorum) for quorum in majorities(voters))
    open_still = any(all(votes.get(name, True) for name in quorum) for quorum in majorities(voters))
    naive = VoteResult.WON if won else VoteResult.PENDING if open_still else VoteResult.LOST
    assert vote_result(voters, votes) is naive


@given(voters_of, voters_of, ballots)
def test_joint_vote_needs_both(incoming, outgoing, votes):
    """A joint vote is won exactly if both halves win it, and lost exactly if one half loses it."""
    results = (vote_result(incoming, votes), vote_result(outgoing, votes))
    joint = joint_vote_result(incoming, outgoing, votes)
    assert (joint is VoteResult.WON) == (results == (VoteResult.WON, VoteResult.WON))
    assert (joint is VoteResult.LOST) == (VoteResult.LOST in results)


@given(voters_of, voters_of, indexes)
def test_joint_commit_is_the_smaller(incoming, outgoing, match_index):
    """A joint configuration commits what both halves have committed, whichever is called the new one."""
    joint = joint_committed_index(incoming, outgoing, match_index)
    assert joint == min(committed_index(incoming, match_index), committed_index(outgoing, match_index))
    assert joint == joint_committed_index(outgoing, incoming, match_index)


@pytest.mark.parametrize("size", range(1, 8))
def test_majorities_intersect(size):
    """Any two majorities share a server, and one voter less would not be a majority."""
    voters = VOTERS[:size]
    quorums = list(itertools.combinations(voters, majority(size)))
    assert all(set(one) & set(other) for one in quorums for other in quorums)
    if size > 1:
        smaller = list(itertools.combinations(voters, majority(size) - 1))
        assert any(not set(one) & set(other) for one in smaller for other in smaller)


@pytest.mark.parametrize("size", range(1, 12))
def test_the_formula_of_the_notes(size):
    """(n + 1) / 2, rounded down, is a majority for odd n; for even n it is only a half, and two halves need not meet."""
    assert ((size + 1) // 2 == majority(size)) == (size % 2 == 1)
    if size % 2 == 0:
        assert 2 * ((size + 1) // 2) <= size


@pytest.mark.parametrize(("size", "failures"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 2), (7, 3)])
def test_tolerated_failures(size, failures):
    """A fourth server tolerates no more failures than three do."""
    assert tolerated_failures(size) == failures
    assert size - failures >= majority(size) > size - failures - 1
