from __future__ import annotations

import pytest

from k8sedu.raft.views.layout import Ring
from k8sedu.raft.views.moment import NOBODY
from k8sedu.raft.views.nodes import LEARNER, NEW, OLD, OUTSIDE, VOTER, menu_of, node_shape, spoken, standing, term_role
from k8sedu.stage.shapes import Circle, Group
from k8sedu.trace import Frozen

RING = Ring.of(("n1", "n2", "n3"))
GROUP = NOBODY.evolve(voters=("n1", "n2", "n3"))


def node(**fields: object) -> Frozen:
    """n1, running, with these fields."""
    return NOBODY.evolve(id="n1", status="up", voters=("n1", "n2", "n3"), term=3, **fields)


def drawn(server: Frozen, group: Frozen = GROUP) -> dict[str, object]:
    """Its shapes by the last part of their ids."""
    shape = node_shape(server, RING, group=group, heartbeat_us=75_000, details=(("n1", ""),), is_live=False)
    assert isinstance(shape, Group)
    return {part.id.removeprefix("node/n1/"): part for part in shape.shapes}


STATES = {
    "follower": node(role="follower", timer_due_us=9, timer_total_us=9),
    "candidate": node(role="candidate", votes=Frozen(n1=True, n2=False), timer_due_us=9, timer_total_us=9),
    "pre_candidate": node(role="pre_candidate", votes=Frozen(n1=True)),
    "leader": node(role="leader", heartbeat_due_us=9),
    "stopped": node(role="leader").evolve(status="stopped"),
    "paused": node(role="follower").evolve(status="paused"),
}


def test_states_can_be_told_apart_without_colour() -> None:
    """Any two states differ in which shapes there are, or in a ring being dashed or filled."""

    def signs(server: Frozen) -> tuple[object, ...]:
        parts = drawn(server)
        ring = parts["ring"]
        assert isinstance(ring, Circle)
        return (frozenset(parts), ring.dashed, ring.fill in ("paper", "card"))

    seen = {name: signs(server) for name, server in STATES.items() if name != "pre_candidate"}
    assert len(frozenset(seen.values())) == len(seen)


def test_votes_are_told_by_shape() -> None:
    """A yes is a filled dot, a missing answer a hollow one, a no a cross."""
    parts = drawn(STATES["candidate"])
    assert "vote/n2/no" in parts
    yes, missing = parts["vote/n1"], parts["vote/n3"]
    assert isinstance(yes, Circle)
    assert isinstance(missing, Circle)
    assert (yes.fill, missing.fill) == ("good", "paper")


@pytest.mark.parametrize(
    ("name", "group", "expected"),
    [
        ("n1", GROUP, VOTER),
        ("n4", GROUP, OUTSIDE),
        ("n4", GROUP.evolve(learners=("n4",)), LEARNER),
        ("n4", GROUP.evolve(voters=("n1", "n4"), outgoing=("n1", "n2")), NEW),
        ("n2", GROUP.evolve(voters=("n1", "n4"), outgoing=("n1", "n2")), OLD),
        ("n1", GROUP.evolve(voters=("n1", "n4"), outgoing=("n1", "n2")), VOTER),
    ],
)
def test_standing_follows_the_configuration(name: str, group: Frozen, expected: object) -> None:
    """A server is voter, learner or outsider by the configuration in force; in a joint one, old or new."""
    assert standing(name, group) == expected


def test_the_menu_fits_the_state() -> None:
    """What can be done depends on what the server is."""
    menus = {name: menu_of(server) for name, server in STATES.items()}
    assert menus["stopped"] == "node-stopped"
    assert menus["leader"] == "node-leader"
    assert menu_of(STATES["follower"], OUTSIDE) == "node-outside"
    assert menu_of(STATES["follower"], LEARNER) == "node-learner"


def test_screen_readers_hear_role_and_term() -> None:
    """The accessible name says what the picture shows."""
    assert spoken(STATES["leader"]).en == "n1, leader of term 3"
    assert spoken(STATES["stopped"]).en == "n1, stopped"
    assert spoken(STATES["follower"], OUTSIDE).zh == "n1，非成员，term 3"


def test_before_the_first_term_there_is_no_colour() -> None:
    """Term 0 is grey: nobody has been elected yet."""
    assert (term_role(0), term_role(1)) == ("grey", "term-1")


def test_a_waiting_disk_shows() -> None:
    """A server that waits for its disk carries a disk."""
    assert "disk" in drawn(node(role="follower", disk_busy_until_us=5))
    assert "disk" not in drawn(node(role="follower"))
