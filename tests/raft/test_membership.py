"""Membership changes: etcd's tables and words, and overlap as a law."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.membership import Change, Membership, MembershipError
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.quorum import majority

ONE = Membership(("1",))

# Facts from etcd-io/raft confchange/testdata: before, change, after. A change of several servers is one through a joint configuration.
ALLOWED = [
    ("simple_idempotency:7", ONE, "add 1", ONE),
    ("simple_idempotency:13", ONE, "add 2", Membership(("1", "2"))),
    ("simple_idempotency:19", Membership(("1", "2")), "learner 1", Membership(("2",), learners=("1",))),
    ("simple_idempotency:25", Membership(("2",), learners=("1",)), "learner 1", Membership(("2",), learners=("1",))),
    ("simple_idempotency:31", Membership(("2",), learners=("1",)), "remove 1", Membership(("2",))),
    ("simple_idempotency:36", Membership(("2",)), "remove 1", Membership(("2",))),
    ("simple_promote_demote:36", Membership(("1", "2", "3")), "learner 2", Membership(("1", "3"), learners=("2",))),
    ("simple_promote_demote:53", Membership(("1", "3"), learners=("2",)), "add 2", Membership(("1", "3", "2"))),
    ("joint_autoleave:10", ONE, "add 2, add 3", Membership(("1", "2", "3"), ("1",), auto_leave=True)),
    ("joint_autoleave:23", Membership(("1", "2", "3"), ("1",), auto_leave=True), "leave joint", Membership(("1", "2", "3"))),
    ("joint_safety:41", ONE, "joint: remove 1, add 2, add 3, learner 4", Membership(("2", "3"), ("1",), ("4",))),
    ("joint_safety:62", Membership(("2", "3"), ("1",), ("4",)), "leave joint", Membership(("2", "3"), learners=("4",))),
    ("joint_learners_next:12", ONE, "joint: add 2, learner 1", Membership(("2",), ("1",), (), ("1",))),
    ("joint_learners_next:19", Membership(("2",), ("1",), (), ("1",)), "leave joint", Membership(("2",), learners=("1",))),
    (
        "joint_idempotency:9",
        ONE,
        "joint: remove 1, remove 2, remove 9, add 2, add 3, add 4, add 2, add 3, add 4, "
        "learner 2, learner 2, remove 4, remove 4, learner 1, learner 1",
        Membership(("3",), ("1",), ("2",), ("1",)),
    ),
    ("joint_idempotency:17", Membership(("3",), ("1",), ("2",), ("1",)), "leave joint", Membership(("3",), learners=("2", "1"))),
]


@pytest.mark.parametrize(("before", "change", "after"), [case[1:] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_allowed_changes(before, change, after):
    """Each allowed change of etcd's tables gives etcd's configuration."""
    assert before.apply(Change.parse(change)) == after


JOINT = Membership(("2", "3"), ("1",), ("4",))

REFUSED = [
    (ONE, "leave joint", "can't leave a non-joint config"),
    (Membership(()), "joint: add 1", "can't make a zero-voter config joint"),
    (JOINT, "joint: add 12", "config is already joint"),
    (JOINT, "add 12, add 13", "config is already joint"),
    (JOINT, "learner 15", "can't apply simple config change in joint config"),
    (ONE, "remove 1", "removed all voters"),
    (ONE, "learner 1", "removed all voters"),
    (Membership(()), "learner 1", "removed all voters"),
    (Membership(("1", "2")), "learner 1, learner 2", "removed all voters"),
]


@pytest.mark.parametrize(("before", "change", "words"), REFUSED, ids=[case[1] for case in REFUSED])
def test_refused_changes(before, change, words):
    """Each change that etcd refuses is refused in etcd's words."""
    with pytest.raises(MembershipError) as caught:
        before.apply(Change.parse(change))
    assert str(caught.value) == words


NAMES = "abcde"
operations = st.tuples(st.sampled_from(("add", "learner", "remove")), st.sampled_from(NAMES))
changes = st.builds(Change, st.lists(operations, max_size=3).map(tuple), st.booleans()).map(
    lambda change: change if change.operations else Change()
)


def quorums(group):
    """All smallest sets of voters that may decide something."""
    halves = [itertools.combinations(half, majority(len(half))) for half in (group.voters, group.outgoing) if half]
    return [frozenset(itertools.chain(*combination)) for combination in itertools.product(*halves)]


@given(st.sets(st.sampled_from(NAMES), min_size=1).map(lambda names: Membership(tuple(sorted(names)))), st.lists(changes, max_size=6))
def test_neighbours_always_overlap(group, steps):
    """Whatever changes are allowed, a quorum before and a quorum after one of them share a server, and nobody has two roles."""
    for change in steps:
        try:
            after = group.apply(change)
        except MembershipError:
            continue
        assert all(one & other for one in quorums(group) for other in quorums(after)), (group, change, after)
        assert not set(after.voters) & (set(after.learners) | set(after.learners_next))
        assert set(after.learners_next) <= set(after.outgoing)
        assert not set(after.learners) & set(after.outgoing)
        assert len(set(after.members)) == len(after.members)
        group = after


@given(changes)
def test_change_text_round_trip(change):
    """The text of a change in the log reads back as the same change."""
    assert Change.parse(str(change)) == change


@pytest.mark.parametrize("text", ["add", "grow n4", "add n4 n5", "add n4,"])
def test_change_text_errors(text):
    """A text that is no change names the part that is wrong and what was expected."""
    with pytest.raises(MembershipError, match="in a membership change, expected 'add NAME'"):
        Change.parse(text)


def test_jump_without_joint_would_be_unsafe():
    """The reason for all this: from 3 to 5 servers in one step, 2 of the old and 3 of the new need not meet."""
    old, new = Membership(("1", "2", "3")), Membership(("1", "2", "3", "4", "5"))
    assert any(not one & other for one in quorums(old) for other in quorums(new))


def test_replay_skips_what_was_refused():
    """Replaying the changes of a log gives the same configuration as applying them one by one; refused ones count for nothing."""
    entries = [
        Entry(1, 1, "no_op"),
        Entry(1, 2, "change", "add n2"),
        Entry(1, 3, "change", "leave joint"),
        Entry(1, 4, "normal", "add n9"),
        Entry(1, 5, "change", "add n3, remove n1"),
    ]
    assert Membership.replay(Snapshot(0, 0, ("n1",)), entries) == Membership(("n2", "n3"), ("n1", "n2"), auto_leave=True)
    assert Membership.replay(Snapshot(0, 0, ()), entries) == Membership(())
