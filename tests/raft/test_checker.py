"""The checker: no alarm in healthy runs, the same verdict live and from a file's frames."""

from __future__ import annotations

import pytest

from k8sedu.raft.checker import Checker, check
from k8sedu.raft.group import Group
from k8sedu.raft.messages import Entry
from k8sedu.raft.rules import Rules
from k8sedu.raft.schedule import Action
from k8sedu.raft.search import Search, find_violation
from k8sedu.raft.story import retell


def test_first_violation_is_kept():
    """A run is judged by the first thing that went wrong; what follows from it is not blamed."""
    group = Group(3)
    checker = Checker(group.nodes.values())
    for name in ("n1", "n2"):
        group.nodes[name].role, group.nodes[name].term = "leader", 1
        checker.observe(group.nodes[name])
    assert (checker.violation.name, checker.violation.servers) == ("leader_won_election", ("n1", "n2", "n3"))


def test_only_chosen_invariants_are_asked():
    """Whoever asks for one invariant is told of that one only."""
    group = Group(3)
    checker = Checker(group.nodes.values(), invariants=("election_safety",))
    group.nodes["n1"].role, group.nodes["n1"].term = "leader", 1
    assert checker.observe(group.nodes["n1"]) is None


def test_what_was_before_is_not_judged():
    """A group may start in the middle of its life, with any logs and terms (Figure 7): only changes are judged."""
    group = Group(("a", "b"), logs={"a": (1, 1, 4), "b": (2, 2)}, terms={"a": 9})
    assert [group.checker.observe(node) for node in group.nodes.values()] == [None, None]


def test_crash_may_forget_what_is_volatile():
    """After a crash the commit index starts again and nobody is blamed, but term and vote must still be there."""
    group = Group(3)
    group.elect("n1")
    group.stabilize()
    assert group.nodes["n2"].commit_index == 1
    group.do("crash n2")
    group.do("restart n2")
    assert group.nodes["n2"].commit_index == 0
    assert group.violation is None
    group.do("crash n2")
    group.hosts["n2"].storage.hard_state = group.hosts["n2"].storage.hard_state._replace(term=0, voted_for=None)
    group.do("restart n2")
    assert group.violation.name == "terms_never_fall"


def test_newcomer_is_adopted():
    """A server that joins later is taken as it is."""
    group = Group(3)
    checker = Checker()
    assert checker.observe(group.nodes["n1"]) is None
    assert list(checker.history.servers) == ["n1"]


@pytest.mark.parametrize("rule", ["commit_only_own_term", "election_restriction", "one_vote_per_term", "truncate_on_conflict"])
def test_saved_trace_is_judged_like_the_run(rule, tmp_path):
    """The frames of a saved trace lead to the same violation as the run itself, at the last action."""
    trace = find_violation(Rules.without(rule))
    trace.save(tmp_path / "run.jsonl")
    found = check(type(trace).load(tmp_path / "run.jsonl"), invariants=(trace[-1].detail.invariant,))
    assert [(violation.name, violation.message) for violation in found] == [(trace[-1].detail.invariant, trace[-1].detail.message)]
    assert trace[found[0].step].time_us == trace[-2].time_us


@pytest.mark.parametrize("number", range(12))
def test_healthy_trace_is_not_blamed(number):
    """Frames of a run with all rules on, crashes, snapshots and membership changes included, break no invariant."""
    plan, group = Search(seed=5, steps=80).play(number)
    assert check(retell(group.actions, plan.group)) == []


def test_log_cut_between_two_frames_is_seen():
    """From frames alone the checker sees that a leader replaced an entry of its own log."""
    group = Group(1)
    group.elect("n1")
    actions = [Action.parse(line) for line in ("timeout n1", "propose n1 x=1", "propose n1 x=2")]
    steps = list(retell(actions, lambda: Group(1)))
    node = steps[-1].frame.nodes.n1
    bent = node.evolve(log=(*node.log[:-1], Entry(1, 3, data="x=9")))
    frame = steps[-1].frame.evolve(nodes=steps[-1].frame.nodes.evolve(n1=bent))
    trace = retell(actions, lambda: Group(1))
    broken = type(trace)("raft", 0, trace.parameters, (*steps, steps[-1]._replace(index=len(steps), frame=frame)))
    assert {violation.name for violation in check(broken)} >= {"leader_append_only"}
