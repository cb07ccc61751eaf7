"""Each invariant watches: a violation planted into a healthy group is caught by name, and healthy groups raise no alarm."""

from __future__ import annotations

import pytest

from k8sedu.raft import invariants
from k8sedu.raft.checker import Checker
from k8sedu.raft.group import Group
from k8sedu.raft.invariants import INVARIANTS, PROMISES, UnknownInvariantError, known_names
from k8sedu.raft.messages import Entry
from k8sedu.raft.quorum import majority
from k8sedu.raft.rules import RULES


def healthy(*commands):
    """Three servers, n1 leads, and everybody has applied these commands."""
    group = Group(3)
    group.elect("n1")
    for command in commands:
        group.do(f"propose n1 {command}")
    group.deliver_all()
    group.stabilize()
    assert group.violation is None
    return group


def two_leaders(group):
    group.nodes["n2"].role = "leader"
    return "n2"


def leader_cuts_its_log(group):
    group.nodes["n1"].log._cut_from(3)
    group.nodes["n1"].commit_index = group.nodes["n1"].last_applied = 2
    return "n1"


def other_data_at_same_place(group):
    group.nodes["n2"].log.extend([Entry(1, 4, data="x=9")])
    group.checker.observe(group.nodes["n2"])
    group.nodes["n3"].log.extend([Entry(1, 4, data="x=8")])
    return "n3"


def leader_without_committed(group):
    group.nodes["n2"].log._cut_from(1)
    group.nodes["n2"].role, group.nodes["n2"].term = "leader", 2
    return "n2"


def other_command_applied(group):
    group.nodes["n2"].log.extend([Entry(1, 4, data="x=9")])
    group.nodes["n2"].commit_index = group.nodes["n2"].last_applied = 4
    group.checker.observe(group.nodes["n2"])
    group.nodes["n3"].log.extend([Entry(1, 4, data="x=8")])
    group.nodes["n3"].commit_index = group.nodes["n3"].last_applied = 4
    return "n3"


def term_falls(group):
    group.nodes["n2"].term = 0
    return "n2"


def vote_changes(group):
    group.nodes["n2"].voted_for = "n3"
    return "n2"


def leader_without_votes(group):
    group.nodes["n2"].role, group.nodes["n2"].term = "leader", 2
    return "n2"


def term_falls_in_log(group):
    group.nodes["n2"].term = 3
    group.nodes["n2"].log.extend([Entry(3, 4), Entry(2, 5)])
    return "n2"


def entry_of_the_future(group):
    group.nodes["n2"].log.extend([Entry(7, 4)])
    return "n2"


def commit_past_the_end(group):
    group.nodes["n2"].commit_index = 9
    return "n2"


def committed_entry_replaced(group):
    group.nodes["n2"].log.entries[1] = Entry(1, 2, data="x=7")
    group.nodes["n2"].log.truncations += 1
    return "n2"


def commit_of_one(group):
    group.nodes["n1"].log.extend([Entry(1, 4, data="x=4")])
    group.nodes["n1"].commit_index = 4
    return "n1"


def match_index_invented(group):
    group.nodes["n1"].log.extend([Entry(1, 4, data="x=4")])
    group.nodes["n1"].progress["n2"].match_index, group.nodes["n1"].progress["n2"].next_index = 4, 5
    return "n1"


PLANTED = {
    "election_safety": two_leaders,
    "leader_append_only": leader_cuts_its_log,
    "log_matching": other_data_at_same_place,
    "leader_completeness": leader_without_committed,
    "state_machine_safety": other_command_applied,
    "terms_never_fall": term_falls,
    "votes_consistent": vote_changes,
    "leader_won_election": leader_without_votes,
    "log_terms_monotonic": term_falls_in_log,
    "log_term_leq_current_term": entry_of_the_future,
    "commit_index_consistent": commit_past_the_end,
    "committed_entries_agreement": committed_entry_replaced,
    "commits_are_stored": commit_of_one,
    "leader_peers_consistent": match_index_invented,
}


@pytest.mark.parametrize("name", PLANTED)
def test_catches_a_planted_violation(name):
    """Whatever one invariant forbids is found by that invariant at the very event that does it, and the sentence names the server."""
    group = healthy("x=1", "x=2")
    group.checker._watched = ()
    judge = Checker(group.nodes.values(), invariants=(name,))
    judge.history = group.checker.history
    group.checker = judge
    server = PLANTED[name](group)
    violation = judge.observe(group.nodes[server])
    assert (violation.name, violation.servers[0]) == (name, server)
    assert server in violation.message
    assert violation.message.endswith(".")


def test_every_invariant_has_a_planted_violation():
    """No invariant of servers goes untested; linearizability is a promise to clients and has tests of its own."""
    assert set(INVARIANTS) - {"linearizability"} == set(PLANTED)


def test_promises_are_figure_3_and_the_clients():
    """What Raft promises to users is the paper's Figure 3, plus answers that clients can make sense of."""
    figure_3 = ("election_safety", "leader_append_only", "log_matching", "leader_completeness", "state_machine_safety")
    assert (*figure_3, "linearizability") == PROMISES


def test_rules_name_known_invariants():
    """A rule that guards safety says which invariants a run without it can break, by names of the table."""
    assert {name for rule in RULES.values() for name in rule.breaks} <= set(INVARIANTS)


def test_every_invariant_is_said_in_both_languages():
    """A learner reads what is promised in English or in Chinese, and where it comes from."""
    for invariant in INVARIANTS.values():
        assert invariant.says.en.endswith(".")
        assert invariant.says.zh.endswith("。")
        assert invariant.source


def test_unknown_name_is_refused():
    """A misspelt invariant would silently check nothing, so it is refused with the list of names."""
    with pytest.raises(UnknownInvariantError, match=r"log_machting.*log_matching"):
        known_names(["log_machting"])


def test_late_commit_of_a_deposed_leader_is_judged():
    """A deposed leader may finish an old commit only if the newer leader has the entry (quiz question 7 of the user study)."""
    group = Group(3, logs={"n1": (1,), "n2": (1,), "n3": ()}, terms={"n3": 1})
    group.nodes["n1"].role = "leader"
    judge = Checker(group.nodes.values(), invariants=("leader_completeness",))
    group.nodes["n3"].role, group.nodes["n3"].term = "leader", 2
    assert judge.observe(group.nodes["n3"]) is None  # nothing is committed yet
    group.nodes["n1"].commit_index = 1
    violation = judge.observe(group.nodes["n1"])
    assert violation.message == "n1 committed entry 1 of term 1 in term 1, but n3 became leader of term 2 without it."


def test_leader_of_a_joint_configuration_needs_both_majorities():
    """During a joint change the votes of the new majority alone do not make a leader."""
    group = Group(3)
    joint = group.nodes["n1"].membership._replace(voters=("n1",), outgoing=("n1", "n2", "n3"))
    group.nodes["n1"].membership = joint
    judge = Checker(group.nodes.values(), invariants=("leader_won_election",))
    group.nodes["n1"].role, group.nodes["n1"].term, group.nodes["n1"].voted_for = "leader", 1, "n1"
    assert "with the votes of n1 only, of n1, n2, n3" in judge.observe(group.nodes["n1"]).message


def test_quorum_agrees_with_enumeration():
    """The invariants' idea of a quorum is the definition itself: every two quorums share a server, and no smaller set would do."""
    names = ("n1", "n2", "n3", "n4", "n5")
    subsets = [tuple(name for bit, name in enumerate(names) if number >> bit & 1) for number in range(1 << len(names))]
    membership = Group(5).nodes["n1"].membership
    quorums = [subset for subset in subsets if invariants._is_quorum(membership, dict.fromkeys(subset, True))]
    assert all(set(one) & set(other) for one in quorums for other in quorums)
    assert min(map(len, quorums)) == majority(5)
    assert len(quorums) == len(subsets) // 2  # any two quorums meet, so no more than half of all subsets can be quorums
