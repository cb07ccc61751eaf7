"""Switch a rule off and its counterexample is found; leave all rules on and nothing is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import SimpleNamespace

import pytest

from k8sedu.raft.group import CONFIG, Group
from k8sedu.raft.invariants import INVARIANTS, PROMISES, UnknownInvariantError
from k8sedu.raft.rules import ALL_RULES, RULES, Rules
from k8sedu.raft.schedule import Action
from k8sedu.raft.search import Search, SearchError, explain, find_violation
from k8sedu.raft.story import retell

SAFETY = [name for name, rule in RULES.items() if rule.guards == "safety"]
PROGRESS = [name for name, rule in RULES.items() if rule.guards == "progress"]
FOLLOWABLE = 25
"""A story of more actions than this cannot be followed from the last row."""


@cache
def found(rule):
    """The run that shows why a rule is needed."""
    return find_violation(Rules.without(rule))


@pytest.fixture(params=SAFETY)
def counterexample(request):
    """A rule, and the run that shows why it is needed."""
    return request.param, found(request.param)


def test_every_safety_rule_is_needed(counterexample):
    """Without a rule that guards safety, a run is found that breaks one of the invariants the rule is there for."""
    rule, trace = counterexample
    assert trace is not None
    last = trace[-1]
    assert last.kind == "violation"
    assert last.detail.invariant in RULES[rule].breaks
    assert last.detail.rules_off == (rule,)


def test_counterexamples_can_be_followed(counterexample):
    """The story is short: no more actions than a student can follow."""
    assert counterexample[1][-1].detail.actions <= FOLLOWABLE


def test_the_rule_is_to_blame(counterexample):
    """The same schedule with the rule on breaks nothing at all."""
    _, trace = counterexample
    _, group = Search(Rules(trace.parameters.rules_off), seed=trace.seed).play(trace[-1].detail.schedule)
    healthy = Group(3, spares=group.names[3:], config=group.config)
    for line in trace.parameters.schedule:
        healthy.do(line)
    assert healthy.violation is None


def test_nothing_can_be_left_out(counterexample):
    """Leave any single action out of a counterexample and no promise is broken."""
    _, trace = counterexample
    plan, group = Search(Rules(trace.parameters.rules_off), seed=trace.seed).play(trace[-1].detail.schedule)
    lines = trace.parameters.schedule
    for position in range(len(lines)):
        group = plan._replace(invariants=(trace[-1].detail.invariant,)).group()
        for line in (*lines[:position], *lines[position + 1 :]):
            group.do(line)
        assert group.violation is None, f"{lines[position]} is not needed"


def test_seed_and_schedule_find_it_again(counterexample):
    """The last step says by which rules, seed and schedule number the run is found again."""
    rule, trace = counterexample
    detail = trace[-1].detail
    _, group = Search(Rules.without(rule), seed=detail.seed).play(detail.schedule)
    assert group.violation.name == detail.invariant


@pytest.mark.parametrize("rule", PROGRESS)
def test_progress_rules_break_no_promise(rule):
    """Without a rule that guards progress the group may stand still, but nothing false ever happens."""
    assert find_violation(Rules.without(rule), schedules=150, invariants=tuple(INVARIANTS)) is None


def test_two_rules_may_be_off():
    """Figure 8 as the paper draws it: without the leader's empty entry, old entries are counted one by one."""
    trace = find_violation(Rules.without("commit_only_own_term", "no_op_on_election"))
    assert trace[-1].detail.invariant in ("leader_completeness", "state_machine_safety")


def test_all_rules_on_small():
    """With all rules on, hundreds of schedules of every flavour, size and safeguard break no promise and no lemma."""
    assert find_violation(schedules=400) is None


@pytest.mark.parametrize(
    "config",
    [CONFIG._replace(pre_vote=True), CONFIG._replace(check_quorum=True), CONFIG._replace(pre_vote=True, check_quorum=True),
     CONFIG._replace(entries_per_append_max=1, appends_inflight_max=1), CONFIG._replace(restart_timer_on_new_term=True)],
)  # fmt: skip
def test_safeguards_break_nothing(config):
    """PreVote, CheckQuorum, small windows: each safeguard alone is safe too."""
    assert find_violation(schedules=60, config=config) is None


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
def test_all_rules_on():
    """Ten thousand random schedules of crashes, restarts, partitions, loss, duplication and reordering break nothing."""
    assert find_violation(schedules=10_000) is None


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("flags", [(False, False), (True, False), (False, True), (True, True)])
def test_all_rules_on_with_safeguards(flags):
    """The same with each combination of PreVote and CheckQuorum, long schedules, and groups of five."""
    pre_vote, check_quorum = flags
    config = CONFIG._replace(pre_vote=pre_vote, check_quorum=check_quorum)
    assert find_violation(schedules=3_000, seed=1, config=config, size=5, steps=250) is None


class LaterCalls:
    """As little of an executor as Dask's client has in common with a pool: submit, and futures with result and cancel."""

    def __init__(self):
        self.cancelled = 0

    def submit(self, call, *arguments):
        """A future that calls when it is asked."""
        return SimpleNamespace(result=lambda: call(*arguments), cancel=self.cancel)

    def cancel(self):
        """Count who is sent home."""
        self.cancelled += 1


def test_any_executor_with_submit_will_do():
    """Only submit, result and cancel are asked of an executor, and what is not needed any more is cancelled."""
    executor, rules = LaterCalls(), Rules.without("one_vote_per_term")
    assert find_violation(rules, executor=executor) == find_violation(rules)
    assert executor.cancelled > 0


def test_finding_does_not_depend_on_the_executor():
    """Tried in several workers at once, the same schedule is found first."""
    rules = Rules.without("commit_only_own_term")
    with ThreadPoolExecutor(2) as executor:
        assert find_violation(rules, executor=executor) == find_violation(rules)


def test_other_seed_other_story():
    """The seed chooses the schedules."""
    rules = Rules.without("election_restriction")
    assert find_violation(rules, seed=1).seed == 1
    assert Search(rules, seed=1).play(0)[1].actions != Search(rules, seed=2).play(0)[1].actions


def test_lemmas_fall_first():
    """Judged by all invariants, a forgotten vote is itself a violation; the promises fall only when two leaders come of it."""
    rules = Rules.without("vote_persistence")
    assert find_violation(rules, invariants=tuple(INVARIANTS))[-1].detail.invariant == "votes_consistent"
    assert find_violation(rules)[-1].detail.invariant in PROMISES


def test_progress_is_told(capsys):
    """Whoever waits is told how far the search has come: as numbers, or as a line on stderr."""
    told = []
    find_violation(schedules=60, progress=lambda tried, schedules: told.append((tried, schedules)))
    assert told == [(25, 60), (50, 60), (60, 60)]
    find_violation(schedules=30, progress=True)
    assert "30 of 30 schedules" in capsys.readouterr().err


def test_wrong_searches_are_refused():
    """No schedules, no servers, an unknown invariant, a schedule without a finding: one clear sentence each."""
    with pytest.raises(SearchError, match="schedules = 0"):
        find_violation(schedules=0)
    with pytest.raises(SearchError, match="size = 0"):
        find_violation(size=0)
    with pytest.raises(UnknownInvariantError, match="'safety'"):
        find_violation(invariants=("safety",))
    with pytest.raises(SearchError, match="schedule 0 of seed 0 breaks nothing"):
        explain(Search(ALL_RULES), 0)


def test_size_of_the_group_can_be_chosen():
    """In a group of five, half of the servers is two: two leaders need four votes."""
    trace = find_violation(Rules.without("majority_size"), size=5)
    assert trace.parameters.size == 5
    assert trace[-1].detail.invariant in RULES["majority_size"].breaks


def test_story_is_told_from_the_schedule_alone():
    """The trace is the retold schedule and nothing else."""
    rules = Rules.without("majority_size")
    trace = find_violation(rules)
    again = retell(map(Action.parse, trace.parameters.schedule), lambda: Group(3, rules=rules, invariants=PROMISES))
    assert [step[1:4] for step in again][:-1] == [step[1:4] for step in trace][:-1]
