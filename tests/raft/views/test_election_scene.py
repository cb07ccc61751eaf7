from __future__ import annotations

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.sim import simulate
from k8sedu.raft.views.election_scene import FramesError, Stage, election_scene
from k8sedu.raft.views.layout import Ring
from k8sedu.stage.lettering import text_width
from k8sedu.stage.motion import Ramp, number_at, text_at
from k8sedu.stage.scene import Scene, SceneError, walk
from k8sedu.stage.shapes import Arc, Circle, Group, Label, Shape, Token
from k8sedu.trace import Trace


def scene_at(trace: Trace, time_ms: float) -> Scene:
    """The scene at a time."""
    step = trace.at_ms(time_ms)
    return election_scene(step, trace[step.index - 1])


def has(scene: Scene, own: str) -> bool:
    """Is there a shape of this id?"""
    try:
        scene.find(own)
    except SceneError:
        return False
    return True


@pytest.fixture(scope="module")
def story() -> Trace:
    """A leader is lost and another one is found; the old one comes back."""
    return simulate(size=5, seed=7, duration_ms=1_500, faults=["at 400 request x=4", "at 600 crash n5", "at 1200 restart n5"])


def test_roles_are_told_by_shape(story: Trace) -> None:
    """A leader is filled and wears a crown, a follower is hollow, a stopped server has a cross, and only candidates have vote dots."""
    scene = scene_at(story, 500)
    assert scene.find("node/n5/ring").fill == "term-1"
    assert has(scene, "node/n5/crown")
    assert scene.find("node/n1/ring").fill == "paper"
    assert has(scene_at(story, 650), "node/n5/cross/a")
    assert not has(scene_at(story, 650), "node/n5/crown")
    stands = story.where("become_candidate")[1]
    scene = election_scene(stands, story[stands.index - 1])
    ring = scene.find(f"node/{stands.actor}/ring")
    assert isinstance(ring, Circle)
    assert ring.dashed
    assert scene.find(f"node/{stands.actor}/vote/{stands.actor}").fill == "good"
    assert sum(shape.id.startswith(f"node/{stands.actor}/vote/") for shape in walk(scene.shapes)) == 5


def test_a_timer_runs_out_when_the_trace_says_so(story: Trace) -> None:
    """The arc is whole when the timer is wound and gone when it is due; no new scene is needed for the time between."""
    frame = story.at_ms(500).frame
    assert frame is not None
    arc = scene_at(story, 500).find("node/n1/timer")
    assert isinstance(arc, Arc)
    due_us, total_us = frame.nodes.n1.timer_due_us, frame.nodes.n1.timer_total_us
    assert isinstance(arc.sweep, Ramp)
    assert (arc.sweep.at(due_us), arc.sweep.at(due_us - total_us), arc.sweep.at(due_us - total_us // 4)) == (
        0,
        1,
        pytest.approx(0.25, abs=1e-4),
    )
    assert not has(scene_at(story, 500), "node/n5/timer"), "a leader has no election timer"


def test_messages_fly_from_edge_to_edge_in_their_time(story: Trace) -> None:
    """A message leaves its sender when it was sent and reaches its receiver when it is due, requests filled and replies hollow."""
    for step in story.where("become_candidate"):
        assert step.frame is not None
        scene = election_scene(step, story[step.index - 1])
        for number, message in step.frame.messages.items():
            token = scene.find(f"message/{number}")
            assert isinstance(token, Token)
            assert isinstance(token.x, Ramp)
            assert (token.x.start_us, token.x.end_us) == (message.sent_us, message.due_us)
            assert bool(token.icon) == message.reply


def test_a_message_that_will_be_lost_fades_and_leaves_a_cross() -> None:
    """Lost messages fade on their way, at the wall if there is one, and do not reach their receiver."""
    trace = simulate(size=5, seed=7, duration_ms=700, faults=["at 500 partition n5 n1 | n2 n3 n4"])
    step = next(s for s in trace if s.frame and s.frame.blocked and any(m.lost for m in s.frame.messages.values()))
    assert step.frame is not None
    number, message = next((n, m) for n, m in step.frame.messages.items() if m.lost)
    token = election_scene(step).find(f"message/{number}")
    assert isinstance(token.opacity, Ramp)
    assert token.opacity.end < 0.5
    ring = Ring.of(tuple(step.frame.nodes))
    start, end = ring.flight(message.sender, message.receiver)
    assert isinstance(token, Token)
    assert isinstance(token.x, Ramp)
    assert abs(token.x.end - start.x) < abs(end.x - start.x)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 12])
@pytest.mark.parametrize("spares", [0, 2])
def test_any_number_of_servers_fits_the_paper(size: int, spares: int) -> None:
    """No server touches another, and everything is on the paper, whatever the number."""
    trace = simulate(size=size, spares=spares, seed=1, duration_ms=10, clients=3)
    scene = election_scene(trace[0])
    scene.check()
    nodes = [shape for shape in scene.shapes if isinstance(shape, Group) and shape.id.startswith("node/")]
    assert len(nodes) == size + spares
    radius = {node.id: max(number_at(s.r, 0) for s in node.shapes if isinstance(s, Circle | Arc)) for node in nodes}
    for node in nodes:
        x, y, r = number_at(node.x, 0), number_at(node.y, 0), radius[node.id] + 2
        assert r <= x <= scene.width - r, node.id
        assert r <= y <= scene.height - r, node.id
        for other in nodes:
            if other is not node:
                apart = ((x - number_at(other.x, 0)) ** 2 + (y - number_at(other.y, 0)) ** 2) ** 0.5
                assert apart > r + radius[other.id], (node.id, other.id)


@pytest.mark.parametrize("size", [1, 5, 9])
def test_words_stay_on_the_paper_and_are_big_enough(size: int) -> None:
    """No text is under 12 px, and none leaves its paper, in either language."""
    trace = simulate(size=size, spares=2, seed=3, duration_ms=900, clients=2, config=Config(pre_vote=True), faults=["at 600 change n1 n2"])
    for step in trace:
        scene = election_scene(step)
        for shapes, width in ((scene.shapes, scene.width), (scene.card, scene.card_width)):
            for shape, x in placed(shapes):
                text = [text_at(shape.text, step.time_us, code) for code in ("en", "zh")]
                assert shape.size >= 12, shape
                room = max(text_width(part, shape.size) for part in text) * 0.93  # widths are estimated on the wide side
                left = x - {"start": 0, "middle": room / 2, "end": room}[shape.anchor]
                assert left >= -1, (step.index, shape)
                assert left + room <= width + 1, (step.index, shape)


def placed(shapes: tuple[Shape, ...], x: float = 0) -> list[tuple[Label, float]]:
    """All labels with their place."""
    found: list[tuple[Label, float]] = []
    for shape in shapes:
        if isinstance(shape, Label):
            found.append((shape, x + number_at(shape.x, 0)))
        elif isinstance(shape, Group):
            found += placed(shape.shapes, x + number_at(shape.x, 0))
    return found


def test_what_did_not_change_is_drawn_once(story: Trace) -> None:
    """A stage gives back the very shapes of a server that did nothing, so a film costs what changes."""
    first, second = story.at_ms(500), story.at_ms(560)
    assert first.frame is not None
    assert second.frame is not None
    stage = Stage.of(first.frame)
    scenes = [stage.scene(step, step.frame, election_scene(step).caption) for step in (first, first, second)]  # type: ignore[arg-type]
    assert scenes[0].find("node/n1") is scenes[1].find("node/n1")
    assert scenes[0].find("link/n1/n2") is scenes[2].find("link/n1/n2")


def test_a_laboratory_has_menus_and_a_film_has_none(story: Trace) -> None:
    """Only live pictures offer actions, and each server the ones that make sense for it."""
    step = story.at_ms(650)
    assert election_scene(step).find("node/n5").menu is None
    live = election_scene(step, is_live=True)
    assert (live.find("node/n5").menu, live.find("node/n1").menu) == ("node-stopped", "node-up")
    assert election_scene(story.at_ms(500), is_live=True).find("node/n5").menu == "node-leader"


def test_learners_and_outsiders_say_so() -> None:
    """Whoever has no vote is told apart in words: a learner, and a server outside the group."""
    trace = simulate(size=3, spares=2, seed=4, duration_ms=1_200, faults=["at 600 change n1 n2 n3 learners n4"])
    scene = scene_at(trace, 1_100)
    notes = {name: text_at(label.text, 0, "en") for name in ("n4", "n5") if isinstance(label := scene.find(f"node/{name}/note"), Label)}
    assert notes == {"n4": "learner", "n5": "not a member"}
    assert not has(scene, "link/n1/n5")
    assert has(scene, "link/n1/n4")


def test_a_joint_configuration_is_written_on_the_stage() -> None:
    """While two majorities are needed, old and new group can be read, and are gone afterwards."""
    trace = simulate(size=3, spares=2, seed=4, duration_ms=1_500, faults=["at 600 change n1 n2 n4"])
    joint = next(step for step in trace.where("change_membership") if step.detail.outgoing)
    assert has(election_scene(joint), "joint/2")
    assert not has(scene_at(trace, 1_400), "joint/2")


def test_a_step_without_frame_is_refused() -> None:
    """A run that only counted cannot be drawn, and the sentence says what to do."""
    trace = simulate(size=3, seed=1, duration_ms=10, frames=False)
    with pytest.raises(FramesError, match="frames=True"):
        election_scene(trace[0])
