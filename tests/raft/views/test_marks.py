from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path

from k8sedu.raft.views.marks import icon_path
from k8sedu.stage.icons import ICONS, outline


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_becomes_a_marker_inside_its_box(name: str) -> None:
    """A marker starts with a move, stays in the 16 × 16 box around (0, 0), and is stroked as the stage strokes it."""
    path, is_stroked = icon_path(name)
    assert path.codes is not None
    assert path.codes[0] == Path.MOVETO
    assert np.abs(path.vertices).max() <= 8.5
    assert is_stroked == outline(name)[1]


def test_an_arc_is_round() -> None:
    """The dial of the clock is a circle of radius 6."""
    path, _ = icon_path("clock")
    dial = path.vertices[:33]
    assert np.allclose(np.hypot(dial[:, 0], dial[:, 1]), 6)
