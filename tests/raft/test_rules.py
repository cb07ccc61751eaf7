"""Every rule can be switched off, and every switch is felt."""

import pytest

from k8sedu.raft.machine import Machine
from k8sedu.raft.messages import Entry, Message
from k8sedu.raft.rules import ALL_RULES, RULES, Rules, UnknownRuleError


def test_all_rules_are_on():
    """Without being told otherwise every rule is in force."""
    assert all(getattr(ALL_RULES, name) for name in RULES)
    assert (ALL_RULES.off, Rules(), repr(Rules())) == ((), ALL_RULES, "Rules()")


@pytest.mark.parametrize("name", list(RULES))
def test_one_rule_off(name):
    """Switching a rule off switches off that rule only, and shows in text and equality."""
    rules = Rules.without(name)
    assert [other for other in RULES if not getattr(rules, other)] == [name] == list(rules.off)
    assert rules != ALL_RULES
    assert repr(rules) == f"Rules.without({name!r})"
    assert hash(Rules.without(name)) == hash(rules)


def test_order_does_not_matter():
    """Two rules off are the same in either order."""
    assert Rules.without("majority_size", "vote_persistence") == Rules.without("vote_persistence", "majority_size")


def test_unknown_rule():
    """An unknown name is quoted and all names are listed."""
    with pytest.raises(UnknownRuleError, match=r"met the rule name 'elections', expected one of vote_persistence, .*commit_index\."):
        Rules.without("elections")


def test_the_table_says_what_breaks():
    """Safety rules name the invariants that can break, progress rules none; both languages say what the rule says."""
    for rule in RULES.values():
        assert rule.guards in ("safety", "progress")
        assert bool(rule.breaks) == (rule.guards == "safety")
        assert rule.says.en
        assert rule.says.zh
        assert rule.source


WANTED = """vote_persistence term_persistence one_vote_per_term election_restriction commit_only_own_term majority_size
step_down_on_higher_term log_consistency_check truncate_on_conflict no_op_on_election restart_forgets_commit_index"""


def test_the_famous_rules_are_there():
    """The rules that the lessons break are in the table."""
    assert set(WANTED.split()) <= set(RULES)


# -- each switch changes what servers do ---------------------------------------------------------------------------------------------


def voted_and_back(table, rules):
    group = table(rules=rules)
    group.do("n2", lambda node: node.step(Message("request_vote", "n1", "n2", 5)))
    group.restart("n2")
    return group.nodes["n2"].voted_for, group.nodes["n2"].term


def second_vote(table, rules):
    group = table(rules=rules)
    replies = [group.do("n2", lambda node, name=name: node.step(Message("request_vote", name, "n2", 1))) for name in ("n1", "n3")]
    return [ready.messages[0].reject for ready in replies]


def vote_for_old_log(table, rules):
    group = table(rules=rules, logs={"n2": (1, 1)})
    return group.do("n2", lambda node: node.step(Message("request_vote", "n1", "n2", 2))).messages[0].reject


def commit_of_old_term(table, rules):
    group = table(rules=rules, logs={"n1": (1,)})
    group.campaign("n1")
    group.settle("n2")
    group.deliver(("n1",))
    group.do("n1", lambda node: node.step(Message("append_entries_reply", "n2", "n1", 2, index=1)))
    return group.nodes["n1"].commit_index


def half_elects(table, rules):
    group = table(4, rules=rules)
    group.campaign("n1")
    group.settle("n2")
    group.deliver(("n1",))
    return group.nodes["n1"].role


def meets_higher_term(table, rules):
    group = table(rules=rules)
    group.elect("n1")
    group.do("n1", lambda node: node.step(Message("append_entries_reply", "n2", "n1", 9, reject=True)))
    return group.nodes["n1"].role


def gap_is_filled(table, rules):
    group = table(rules=rules)
    group.do("n2", lambda node: node.step(Message("append_entries", "n1", "n2", 1, 1, 4, (Entry(1, 5),))))
    return group.terms("n2")


def conflict_is_cut(table, rules):
    group = table(rules=rules, logs={"n2": (1, 1)})
    group.do("n2", lambda node: node.step(Message("append_entries", "n1", "n2", 2, entries=(Entry(2, 1),))))
    return group.terms("n2")


def second_change(table, rules):
    group = table(rules=rules)
    group.elect("n1")
    group.change("n1", "add n4")
    return group.change("n1", "add n5").entries[0].kind


def read_at_once(table, rules):
    group = table(rules=rules)
    group.elect("n1")
    return len(group.do("n1", lambda node: node.read("r")).reads)


def entries_after_election(table, rules):
    group = table(rules=rules)
    group.elect("n1")
    return group.terms("n1")


def timeouts(table, rules):
    return len({table(rules=rules, seed=seed).nodes["n1"].due_ticks() for seed in range(30)}) > 1


def commit_after_restart(table, rules):
    group = table(1, rules=rules)
    group.elect("n1")
    group.propose("n1", "x=1")
    group.restart("n1")
    return group.nodes["n1"].commit_index


def entries_after_restart(table, rules):
    group = table(1, rules=rules)
    group.elect("n1")
    group.restart("n1")
    return group.terms("n1")


def retried(table, rules):
    machine = Machine(remembers_sessions=rules.client_sessions)
    return [machine.apply("c1:1 x+=1") for _ in range(2)]


FELT = {
    "vote_persistence": (voted_and_back, ("n1", 5), (None, 5)),
    "term_persistence": (voted_and_back, ("n1", 5), (None, 0)),
    "log_persistence": (entries_after_restart, (1,), ()),
    "one_vote_per_term": (second_vote, [False, True], [False, False]),
    "election_restriction": (vote_for_old_log, True, False),
    "commit_only_own_term": (commit_of_old_term, 0, 1),
    "majority_size": (half_elects, "candidate", "leader"),
    "step_down_on_higher_term": (meets_higher_term, "follower", "leader"),
    "log_consistency_check": (gap_is_filled, (), (1,)),
    "truncate_on_conflict": (conflict_is_cut, (2,), (1, 1)),
    "one_change_at_a_time": (second_change, "no_op", "change"),
    "reads_confirm_leadership": (read_at_once, 0, 1),
    "client_sessions": (retried, ["1", "1"], ["1", "2"]),
    "no_op_on_election": (entries_after_election, (1,), ()),
    "randomized_timeouts": (timeouts, True, False),
    "restart_forgets_commit_index": (commit_after_restart, 0, 2),
}


@pytest.mark.parametrize("name", list(RULES))
def test_each_switch_is_felt(table, name):
    """With the rule a server does one thing, without it another."""
    story, with_rule, without_rule = FELT[name]
    assert story(table, ALL_RULES) == with_rule
    assert story(table, Rules.without(name)) == without_rule
