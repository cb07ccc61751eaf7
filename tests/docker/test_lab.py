"""Laws of the laboratory of one host: what is done is a line of the plan, the past stays, and the future is the reader's."""

from __future__ import annotations

import pytest

from k8sedu import docker
from k8sedu.docker.commands import CommandError
from k8sedu.docker.lab import Laboratory
from k8sedu.stage.explore import Event


def press(laboratory: Laboratory, control: str, value: str | bool = True) -> None:
    """As the reader would, where they stand."""
    laboratory.act(Event(time_us=laboratory.now_ms * 1000, step=laboratory.step, control=control, value=value))


def choose(laboratory: Laboratory, action: str, shape: str) -> None:
    """A line of a shape's menu."""
    laboratory.act(Event(time_us=laboratory.now_ms * 1000, step=laboratory.step, action=action, shape=shape))


def test_what_is_picked_becomes_a_command_and_runs() -> None:
    """Two images, two containers, and a packet to one of them."""
    laboratory = docker.lab()
    press(laboratory, "run")
    press(laboratory, "image", "tomcat")
    press(laboratory, "publish", "none")
    press(laboratory, "run")
    press(laboratory, "to", "192.168.0.10:8080")
    press(laboratory, "curl")
    assert [fault.arguments.data for fault in laboratory.plan] == [
        "docker run -d -p 8080:80 --name nginx-1 nginx", "docker run -d --name tomcat-1 tomcat", "outside curl 192.168.0.10:8080",
    ]  # fmt: skip
    assert laboratory.trace.where("delivered")[0].detail.container == "nginx-1"
    assert laboratory.film.frames[laboratory.step].kind == "packet"


def test_a_conflict_is_shown_and_undone() -> None:
    """The same port once more is refused as Docker refuses it."""
    laboratory = docker.lab()
    press(laboratory, "run")
    press(laboratory, "run")
    assert laboratory.film.frames[laboratory.step].kind == "conflict"
    press(laboratory, "undo")
    assert not laboratory.trace.where("conflict")
    assert len(laboratory.plan) == 1


def test_the_menu_of_a_container_stops_crashes_and_removes_it() -> None:
    """What stands in a menu is what happens."""
    laboratory = docker.lab(peers=True)
    choose(laboratory, "stop", "container/peer0")
    choose(laboratory, "start", "container/peer0")
    choose(laboratory, "crash", "container/peer1")
    choose(laboratory, "rm", "container/peer1")
    choose(laboratory, "from", "container/peer0")
    kinds = [step.kind for step in laboratory.trace if step.time_us >= 8_000_000 and "packet" not in step.detail]
    assert kinds == ["stop", "start", "crash", "remove", "end"]
    assert laboratory.trace[-2].detail.origin == "peer0"


def test_stepping_back_and_doing_something_else_replaces_the_future() -> None:
    """Up to where the reader stands nothing changes."""
    laboratory = docker.lab(peers=True)
    before = laboratory.trace
    laboratory.step = 1
    laboratory.do("docker stop peer0")
    assert tuple(laboratory.trace)[:2] == tuple(before)[:2]
    assert [step.kind for step in laboratory.trace][2:] == ["stop", "end"]


def test_the_host_falls_and_returns_by_one_button() -> None:
    """The button says what it would do now."""
    laboratory = docker.lab()
    press(laboratory, "restart", "always")
    press(laboratory, "run")
    press(laboratory, "host")
    assert laboratory.trace.where("host_down")
    assert next(control for control in laboratory.film.controls if control.id == "host").label.en == "host comes back"  # type: ignore[union-attr]  # a pair of words
    press(laboratory, "host")
    assert laboratory.trace.where("start")


def test_a_line_that_cannot_be_read_changes_nothing() -> None:
    """From a cell it is an error; the plan stays as it was."""
    laboratory = docker.lab(peers=True)
    plan = laboratory.plan
    with pytest.raises(CommandError, match="docker ps"):
        laboratory.do("docker ps")
    assert laboratory.plan == plan


def test_the_scenario_is_the_run() -> None:
    """What "copy scenario" gives can be run again."""
    laboratory = docker.lab(peers=True)
    assert docker.run_scenario(laboratory.scenario).digest() == laboratory.trace.digest()
    assert laboratory.film.source == laboratory.scenario.format()
