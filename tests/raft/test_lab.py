from __future__ import annotations

import pytest

from k8sedu import raft
from k8sedu.raft.lab import FAULTS, SETTINGS, Laboratory, SceneNameError, lab, scene, scenes
from k8sedu.raft.sim import run_scenario
from k8sedu.raft.views.menus import MENUS
from k8sedu.sim.scenario import parse
from k8sedu.stage.document import Button, Choice
from k8sedu.stage.explore import Event
from k8sedu.trace import Trace


def do(laboratory: Laboratory, what: str, shape: str | None = None, *, at_ms: float = 700, value: object = None) -> Trace:
    """One thing that the reader does; gives the run before it."""
    before = laboratory.trace
    is_control = shape is None
    control, action = (what, None) if is_control else (None, what)
    laboratory.act(Event(round(at_ms * 1000), 0, action=action, shape=shape, control=control, value=value))  # type: ignore[arg-type]
    return before


@pytest.fixture
def laboratory() -> Laboratory:
    """Five servers; n5 leads when somebody acts."""
    return raft.lab(size=5, seed=7)


def leader_at(laboratory: Laboratory, time_ms: float) -> str:
    """Who leads."""
    frame = laboratory.trace.at_ms(time_ms).frame
    assert frame is not None
    return next(name for name, node in frame.nodes.items() if node.role == "leader" and node.status == "up")


def test_a_stopped_leader_is_replaced_and_the_past_stays(laboratory: Laboratory) -> None:
    """Stopping the leader changes nothing before that instant, and another server leads afterwards."""
    leader = leader_at(laboratory, 700)
    before = do(laboratory, "stop", f"node/{leader}")
    now = laboratory.trace
    fork = before.fork_point(now)
    assert now[fork].kind == "crash"
    assert now[fork].time_us == 700_000
    assert all(step.time_us <= 700_000 for step in before[:fork])
    assert leader_at(laboratory, 2_900) != leader


def test_there_is_always_a_future(laboratory: Laboratory) -> None:
    """After an action near the end the run goes on for two more seconds."""
    do(laboratory, "pause", "node/n1", at_ms=2_990)
    assert laboratory.trace.duration_us >= 4_990_000


def test_actions_add_up_and_can_be_taken_back(laboratory: Laboratory) -> None:
    """Each action keeps the ones before it; undo takes back one after the other and stops at the first run."""
    runs = [do(laboratory, "stop", "node/n1", at_ms=600), do(laboratory, "stop", "node/n2", at_ms=800), do(laboratory, "heal", at_ms=900)]
    assert [step.actor for step in laboratory.trace.where("crash")] == ["n1", "n2"]
    for run in reversed(runs):
        do(laboratory, "undo")
        assert laboratory.trace is run
    do(laboratory, "undo")
    assert laboratory.trace is runs[0]


def test_an_action_in_the_past_replaces_the_future(laboratory: Laboratory) -> None:
    """Whoever steps back and acts there drops what was done later."""
    do(laboratory, "stop", "node/n1", at_ms=900)
    do(laboratory, "stop", "node/n2", at_ms=500)
    assert [step.actor for step in laboratory.trace.where("crash")] == ["n2"]


@pytest.mark.parametrize("action", sorted({action.name for menu in MENUS.values() for action in menu}))
def test_every_line_of_every_menu_does_something(laboratory: Laboratory, action: str) -> None:
    """Whatever a menu offers becomes a fault in the plan, and a run comes out of it."""
    frame = laboratory.trace.at_ms(702).frame
    assert frame is not None
    do(laboratory, "request", at_ms=700)
    number = next(iter(laboratory.trace.at_ms(700.5).frame.messages))  # type: ignore[union-attr]
    do(laboratory, action, f"message/{number}" if action in ("drop", "delay") else "node/n2", at_ms=700.5)
    assert len(laboratory.trace.parameters.faults) == 2
    assert not laboratory.trace.where("violation")


def test_a_dropped_message_never_arrives(laboratory: Laboratory) -> None:
    """The message that was clicked is lost, and no other."""
    do(laboratory, "request", at_ms=700)
    number = int(next(iter(laboratory.trace.at_ms(700.2).frame.messages)))  # type: ignore[union-attr]
    assert not laboratory.trace.where("message_dropped")
    do(laboratory, "drop", f"message/{number}", at_ms=700.2)
    assert [step.detail.message for step in laboratory.trace.where("message_dropped")] == [number]


def test_requests_are_counted_on(laboratory: Laboratory) -> None:
    """Each request writes another value, so that they can be told apart in the logs."""
    do(laboratory, "request", at_ms=600)
    do(laboratory, "request", at_ms=700)
    assert [step.detail.command for step in laboratory.trace.where("client_request")] == ["x=1", "x=2"]


def test_servers_join_learn_and_leave() -> None:
    """A server outside the group can become learner, voter, and leave again."""
    laboratory = lab(size=3, seed=4, spares=1)
    for at_ms, action in ((600, "learn"), (900, "join"), (1_300, "leave")):
        do(laboratory, action, "node/n4", at_ms=at_ms)
    states = [laboratory.trace.at_ms(time_ms).frame.nodes.n1 for time_ms in (890, 1_290, 1_900)]  # type: ignore[union-attr]
    assert [("n4" in node.learners, "n4" in node.voters) for node in states] == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize(
    ("control", "value", "read"),
    [
        ("size", 3, lambda p: p.size),
        ("spares", 2, lambda p: p.spares),
        ("delay", 20, lambda p: p.network.delay_ms[1]),
        ("timeout", 300, lambda p: p.config.election_ticks_min),
        ("range", 0, lambda p: p.config.election_ticks_max - p.config.election_ticks_min),
        ("pre_vote", True, lambda p: p.config.pre_vote),
        ("check_quorum", True, lambda p: p.config.check_quorum),
        ("clients", True, lambda p: p.clients.count > 0),
    ],
)
def test_settings_hold_from_the_beginning(laboratory: Laboratory, control: str, value: object, read: object) -> None:
    """A setting starts the run anew with the same seed and shows in its own control."""
    do(laboratory, control, value=value)
    assert read(laboratory.trace.parameters) == value  # type: ignore[operator]
    assert laboratory.trace.seed == 7
    shown = {shown.id: shown for shown in laboratory.film.controls}[control]
    assert shown.value == value  # type: ignore[union-attr]


def test_a_smaller_group_forgets_faults_of_servers_that_are_gone(laboratory: Laboratory) -> None:
    """A plan that names n5 still runs with three servers."""
    do(laboratory, "stop", "node/n5")
    do(laboratory, "stop", "node/n1", at_ms=800)
    do(laboratory, "size", value=3)
    assert laboratory.trace.parameters.faults == ("at 800 crash n1",)


def test_loss_begins_now(laboratory: Laboratory) -> None:
    """The slider for loss is a fault like any other: the past keeps its messages."""
    before = do(laboratory, "loss", value=40)
    assert before.fork_point(laboratory.trace) > before.at_ms(690).index
    assert any(step.time_us > 700_000 for step in laboratory.trace.where("message_lost"))
    assert {control.id: control for control in laboratory.film.controls}["loss"].value == 40  # type: ignore[union-attr]


def test_another_seed_and_a_longer_run(laboratory: Laboratory) -> None:
    """New seed gives another run of the same plan; longer keeps the run and goes on."""
    before = do(laboratory, "longer")
    assert before.fork_point(laboratory.trace) >= len(before) - 1
    do(laboratory, "seed")
    assert laboratory.trace.seed == 8


def test_the_copied_scenario_is_the_run(laboratory: Laboratory) -> None:
    """The text that "copy scenario" offers runs to the same digest, after any actions."""
    do(laboratory, "isolate", "node/n5")
    do(laboratory, "clients", value=True)
    assert run_scenario(parse(laboratory.film.source)).digest() == laboratory.trace.digest()


@pytest.mark.parametrize("name", list(scenes()))
def test_every_ready_scene_plays_and_keeps_the_promises(name: str) -> None:
    """Each scene runs, has a title in both languages, elects somebody in time, and breaks no promise."""
    trace, title = scene(name)
    assert title.en != title.zh
    assert trace.where("become_leader")
    assert not trace.where("violation")
    assert Laboratory(trace, title=title).film.title == title


def test_scenes_can_be_chosen_and_left(laboratory: Laboratory) -> None:
    """The list of scenes is a control; choosing one shows it, and undo leads back."""
    choice = next(control for control in laboratory.film.controls if isinstance(control, Choice))
    assert {name for name, _ in choice.options} == {"free", *scenes()}
    laboratory.step = 5
    before = do(laboratory, "scene", value="figure-8")
    assert laboratory.step == 0
    assert laboratory.trace.digest() == scene("figure-8")[0].digest()
    do(laboratory, "undo")
    assert laboratory.trace is before


def test_an_unknown_scene_is_refused() -> None:
    """The sentence names the scenes that exist."""
    with pytest.raises(SceneNameError, match="figure-8"):
        lab(scenario="figure-9")


def test_a_laboratory_opens_on_any_run() -> None:
    """A run of one's own, or a saved one, can be gone on with."""
    trace = raft.simulate(size=4, seed=2, duration_ms=900)
    laboratory = lab(trace=trace)
    do(laboratory, "stop", "node/n1", at_ms=500)
    assert trace.fork_point(laboratory.trace) > 0


def test_every_control_is_known(laboratory: Laboratory) -> None:
    """No button, slider or menu line is without a meaning."""
    known = {*FAULTS, *SETTINGS, "scene", "undo"}
    assert {control.id for control in laboratory.film.controls} <= known
    assert {action.name for menu in MENUS.values() for action in menu} <= known
    assert {"spread", "align", "heal", "seed"} <= {control.id for control in laboratory.film.controls if isinstance(control, Button)}
    used = {shape.menu for frame in laboratory.film.frames for shape in frame.scene.shapes if shape.menu}
    assert used <= MENUS.keys()
