from __future__ import annotations

import pytest

from k8sedu.raft.sim import simulate
from k8sedu.raft.views.election_scene import election_scene
from k8sedu.raft.views.log_panel import SLOTS, Rows, pointer_leader, window
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Group, Path, Rect
from k8sedu.trace import Frozen, Trace


def card(trace: Trace, time_ms: float) -> Scene:
    """The scene at a time, whose card is looked at."""
    return election_scene(trace.at_ms(time_ms))


def box(scene: Scene, own: str) -> Rect:
    """A cell's box."""
    shape = scene.find(f"{own}/box")
    assert isinstance(shape, Rect)
    return shape


def test_cells_tell_term_and_commitment() -> None:
    """An entry has the colour of its term, solid when committed, pale and dashed until then."""
    trace = simulate(size=3, seed=7, duration_ms=700, faults=["at 500 request x=4"])
    asked = trace.where("client_request")[0]
    leader = asked.actor
    scene = election_scene(asked)
    assert (box(scene, f"log/{leader}/1").fill, box(scene, f"log/{leader}/1").dashed) == ("term-1", False)
    assert (box(scene, f"log/{leader}/2").fill, box(scene, f"log/{leader}/2").dashed) == ("tint:term-1", True)
    assert box(card(trace, 690), f"log/{leader}/2").fill == "term-1"


def test_the_leaders_view_of_a_follower_is_marked() -> None:
    """Match is a dot under the last entry surely stored, next a wedge under the one to send; the leader's own row has none."""
    trace = simulate(size=3, seed=7, duration_ms=700)
    frame = trace[-1].frame
    assert frame is not None
    leader = pointer_leader(frame)
    assert leader is not None
    scene = election_scene(trace[-1])
    for name in frame.nodes:
        marks = [shape for shape in walk(scene.card) if shape.id in (f"log/{name}/match", f"log/{name}/next")]
        assert len(marks) == (0 if name == leader.id else 2)
    other = next(name for name in frame.nodes if name != leader.id)
    match, following = scene.find(f"log/{other}/match"), scene.find(f"log/{other}/next")
    assert isinstance(match, Path)
    assert isinstance(following, Path)
    assert match.x < following.x  # type: ignore[operator]


def test_a_snapshot_stands_for_what_it_replaced() -> None:
    """Compacted entries are one box; the entries behind it keep their places."""
    trace = simulate(size=3, seed=7, duration_ms=900, faults=["at 500 request x=4", "at 600 request x=5", "at 800 snapshot n1"])
    scene = card(trace, 890)
    before = card(trace, 790)
    ids = {shape.id for shape in walk(scene.card)}
    assert "log/n1/snapshot" in ids
    assert "log/n1/1" not in ids
    assert "log/n2/1" in ids
    assert scene.find("log/n2/3") == before.find("log/n2/3")


def test_a_long_log_moves_in_steps_of_four() -> None:
    """The window follows the longest log, rests in between, and always shows its end."""
    firsts = []
    for last in range(60):
        log = tuple((1, index, "normal", "") for index in range(1, last + 1))
        node = Frozen(log=log, snapshot_index=0, snapshot_term=0)
        first = window(Frozen(nodes=Frozen(n1=node)))
        assert first % 4 == 1
        assert last <= first + SLOTS - 1
        firsts.append(first)
    assert firsts == sorted(firsts)
    assert len(frozenset(firsts)) < 15


def test_a_follower_far_behind_says_where_its_log_ends() -> None:
    """A row whose entries are all left of the window is not just empty."""
    trace = simulate(size=3, seed=7, duration_ms=1_500, clients=2, faults=["at 300 crash n2"])
    assert "ends at" in card(trace, 1_490).find("log/n2/behind").text.en  # type: ignore[attr-defined]


@pytest.mark.parametrize("servers", range(1, 16))
def test_rows_fit_the_card(servers: int) -> None:
    """However many servers there are, their rows leave room for the details below."""
    rows = Rows(servers)
    assert rows.cell >= 11
    assert rows.card_height <= (225 if servers <= 10 else 295)
    assert rows.y(servers - 1) + rows.cell < rows.card_height


def test_an_entry_can_be_clicked() -> None:
    """Each entry is a shape with a name and details: where it is, what it says, whether it is committed."""
    trace = simulate(size=3, seed=7, duration_ms=700, faults=["at 500 request x=4"])
    cell = card(trace, 690).find("log/n1/2")
    assert isinstance(cell, Group)
    assert cell.label is not None
    assert "x=4" in [value for _, value in cell.details]
