"""Laws of the modes side by side: the same packet, the numbers of its walks, and nothing else."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy import ProxyNode, Walk
from k8sedu.kube.proxy.views import WalkError, four_modes, four_modes_film, modes_table
from k8sedu.kube.proxy.views.modes import hops


def test_all_columns_end_with_their_meters(walks: dict[str, Walk], node: ProxyNode) -> None:
    """In the last picture each mode says how often it asked, and which pod it was."""
    film = four_modes_film(walks, node)
    for frame in film.frames:
        frame.scene.check()
    for mode, walk in walks.items():
        assert film.frames[-1].scene.find(f"{mode}/asked").text.en == f"asked: {walk.rules_asked}"  # type: ignore[attr-defined]  # a label
        assert film.frames[-1].scene.find(f"{mode}/end/1/said").text.en == walk.endpoint  # type: ignore[attr-defined]


def test_hops_hold_all_steps(walks: dict[str, Walk]) -> None:
    """Each step is in one hop."""
    for walk in walks.values():
        assert sum(hop.asked for hop in hops(walk)) == len(walk.steps)


def test_different_packets_are_not_compared(walks: dict[str, Walk], rejected: Walk) -> None:
    """Side by side stands the same packet only."""
    with pytest.raises(WalkError, match="2 different packets"):
        four_modes([walks["ipvs"], rejected])
    with pytest.raises(WalkError, match="met 0 walks"):
        four_modes([])


def test_only_userspace_hides_the_client(walks: dict[str, Walk]) -> None:
    """The pod sees the node there, and the client in every other mode."""
    table = modes_table(walks)
    assert table.index[table.is_masqueraded].tolist() == ["userspace"]
    assert table.is_answered.all()
