from __future__ import annotations

import pytest

from k8sedu.stage import Circle, Group, Scene, SceneError


def test_an_id_occurs_once() -> None:
    """Two shapes of one scene cannot share an id, wherever they stand."""
    dot = Circle("dot", 0, 0, 1)
    with pytest.raises(SceneError, match="'dot'"):
        Scene(shapes=(Group("box", 0, 0, (dot,)),), card=(dot,)).check()


def test_what_can_be_clicked_has_a_name() -> None:
    """A clickable shape without a label would be silent in a screen reader, so it is refused."""
    with pytest.raises(SceneError, match="label"):
        Scene(shapes=(Circle("dot", 0, 0, 1, details=(("a", "b"),)),)).check()


def test_a_shape_is_found_inside_groups() -> None:
    """`find` looks into groups and on the card, and names what it does not find."""
    dot = Circle("dot", 0, 0, 1)
    assert Scene(shapes=(Group("box", 0, 0, (dot,)),)).find("dot") is dot
    with pytest.raises(SceneError, match="'dash'"):
        Scene(shapes=()).find("dash")
