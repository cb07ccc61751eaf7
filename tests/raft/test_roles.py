"""The table of roles against what servers really do."""

import itertools

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.roles import ALLOWED, ROLE_WORDS, ROLES, TRANSITIONS, RoleError, check_transition
from k8sedu.raft.state import State

PAPER = Config(election_ticks_min=10, election_ticks_max=20, heartbeat_ticks=1)
ETCD = PAPER._replace(pre_vote=True, check_quorum=True, restart_timer_on_new_term=True)


def test_the_table_is_what_happens(storm, monkeypatch):
    """In random runs with and without etcd's extras servers make every move of the table, and no other."""
    moves = set()
    change = State._change_role

    def watched(self, role, **detail):
        moves.add((self.role, role))
        change(self, role, **detail)

    monkeypatch.setattr(State, "_change_role", watched)
    for seed, config in itertools.product(range(12), (PAPER, ETCD)):
        storm(seed, config=config).run(800)
    assert moves == ALLOWED


@pytest.mark.parametrize(("source", "target"), sorted(set(itertools.product(ROLES, ROLES)) - ALLOWED))
def test_other_moves_are_refused(source, target):
    """A move that is not in the table is refused; standing still is no move."""
    if source == target:
        check_transition(source, target)
        return
    with pytest.raises(RoleError, match=f"{source} may not become {target}"):
        check_transition(source, target)


def test_a_follower_cannot_become_leader(table):
    """The state machine itself refuses to make a leader of a follower."""
    with pytest.raises(RoleError, match="follower may not become leader"):
        table(3).nodes["n1"].become_leader()


def test_every_role_has_words():
    """Each role has its words in both languages, and each arrow a label."""
    assert tuple(ROLE_WORDS) == ROLES
    assert all(arrow.label.en and arrow.label.zh for arrow in TRANSITIONS)
    assert {name for arrow in TRANSITIONS for name in arrow[:2]} == set(ROLES)
