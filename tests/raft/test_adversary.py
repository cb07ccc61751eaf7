"""The adversary: lively, reproducible, and never outside the rules of the game."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.raft.adversary import FLAVOURS, Adversary
from k8sedu.raft.group import Group
from k8sedu.raft.schedule import Action


def play(flavour, seed, *, size=3, steps=150):
    """One schedule of this flavour."""
    group = Group(size, spares=("n4", "n5") if flavour.uses_spares and size == 3 else ())
    Adversary(group, Random(f"test/{seed}"), flavour).play(steps=steps)
    return group


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)
def test_same_luck_same_schedule(flavour):
    """A random stream decides a schedule completely."""
    assert play(flavour, 1).actions == play(flavour, 1).actions
    assert play(flavour, 1).actions != play(flavour, 2).actions


@pytest.mark.parametrize("flavour", FLAVOURS, ids=lambda flavour: flavour.name)
def test_schedule_can_be_written_down_and_played_again(flavour):
    """What an adversary did, read back from text, happens again action by action."""
    group = play(flavour, 3)
    again = Group(3, spares=("n4", "n5") if flavour.uses_spares else ())
    assert all(again.do(Action.parse(str(action))) for action in group.actions)
    assert again.messages == group.messages


def test_interesting_things_happen():
    """Within a few schedules there is every kind of action, several leaders, commits and answers."""
    groups = [play(flavour, seed) for flavour in FLAVOURS for seed in range(8)]
    kinds = {action.kind for group in groups for action in group.actions}
    assert kinds >= {
        "timeout", "wait", "heartbeat", "crash", "restart", "compact", "request", "retry", "read", "change", "transfer", "deliver",
        "drop", "duplicate",
    }  # fmt: skip
    assert sum(len(group.checker.history.elected) for group in groups) > 2 * len(groups)
    assert sum(len(group.answers) for group in groups) > len(groups)
    assert any(node.membership.is_joint for group in groups for node in group.nodes.values())


@pytest.mark.parametrize("size", [1, 2, 4])
def test_any_size_can_be_played(size):
    """Groups of one, two and four servers have their bad days too."""
    for flavour in FLAVOURS:
        assert play(flavour, 0, size=size).violation is None
