"""Laws of Swarm's laboratories: a click is one more line of the plan, a control another run."""

from __future__ import annotations

from k8sedu import swarm


def test_clicks_place_stop_and_take_back() -> None:
    """The same clicks under another strategy are another run; what cannot be pressed changes nothing."""
    laboratory = swarm.lab()
    for _ in range(2):
        laboratory.do("small")
    spread = [step.detail.machine for step in laboratory.trace().where("place")]
    laboratory.do("strategy", "binpack")
    packed = [step.detail.machine for step in laboratory.trace().where("place")]
    assert len(set(spread)) > len(set(packed))
    laboratory.do("host", packed[0])
    assert laboratory.trace().where("machine_down")
    laboratory.do("host", packed[0])
    assert laboratory.clicks[-1].what == "restart"
    before = list(laboratory.clicks)
    laboratory.do("nothing")
    assert laboratory.clicks == before
    laboratory.do("undo")
    assert laboratory.clicks == before[:-1]


def test_without_a_manager_a_click_runs_nothing() -> None:
    """And with one again it does."""
    laboratory = swarm.lab()
    laboratory.do("manager")
    laboratory.do("small")
    assert laboratory.trace().where("no_answer")
    assert any(control.id == "manager" and "start" in control.label[0] for control in laboratory.picture().controls)


def test_the_controls_of_an_update_change_how_it_ends() -> None:
    """Docker's defaults complete a good image and pause a bad one; with rollback the old one is back."""
    laboratory = swarm.update_lab()
    ends = [laboratory.trace().where("update_status")[-1].detail.status]
    laboratory.set("bad", True)
    ends.append(laboratory.trace().where("update_status")[-1].detail.status)
    laboratory.set("failure_action", "rollback")
    ends.append(laboratory.trace().where("update_status")[-1].detail.status)
    assert ends == ["completed", "paused", "rollback_completed"]
    laboratory.set("parallelism", 3)
    laboratory.set("order", "sideways")
    assert (laboratory.parallelism, laboratory.order) == (3, "stop-first")
