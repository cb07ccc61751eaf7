"""Laws of the pictures of Swarm: whole scenes, captions in two languages, and what is drawn is what the run says."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu import swarm
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.motion import number_at
from k8sedu.stage.shapes import Rect, Token
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.views import film, manager_timeline, mesh_film, mesh_of, play, slot_timeline, task_table, update_film, version_timeline
from k8sedu.trace import Trace
from k8sedu.workload.views.film import ScheduleError

WEB = swarm.Service("web", swarm.Spec("web:1", cpu_millicores=500, ports=(swarm.Port(8080, 80),)), replicas=4)


@pytest.fixture(scope="module")
def classic() -> Trace:
    """A run that loses a host and its manager."""
    faults = ["at 4000 crash m2", "at 7000 crash manager", "at 9000 restart manager", "at 10000 restart m2"]
    return swarm.simulate(seed=5, duration_ms=13_000, faults=faults)


@pytest.fixture(scope="module")
def services() -> Trace:
    """A bad update, paused and taken back, a drained node, and a manager that fails."""
    orders = [swarm.update("web", image="web:2", fails_after_ms=700, at_ms=3_000), swarm.drain("n4", at_ms=7_000)]
    orders.append(swarm.rollback("web", at_ms=12_000))
    faults = ["at 25000 crash manager-1", "at 27000 crash manager-2", "at 30000 crash n1"]
    return swarm.simulate_services([WEB], orders=orders, faults=faults, duration_ms=32_000)


def check(document: Document) -> None:
    """Each scene is whole, and each caption is said in both languages."""
    for frame in document.frames:
        frame.scene.check()
        said = frame.scene.caption
        assert isinstance(said, Words)
        english, chinese = said
        assert english.startswith("**")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese


def test_every_scene_of_classic_swarm_is_whole_and_shows_what_the_manager_knows(classic: Trace) -> None:
    """An eye on each host that it knows, and none while there is no manager."""
    drawn = film(classic)
    check(drawn)
    for frame, step in zip(drawn.frames, classic, strict=True):
        eyes = {shape.id.split("/")[1] for shape in frame.scene.shapes if shape.id.endswith("/eye")}
        assert eyes == set(step.frame.more.known)  # type: ignore[union-attr]  # the run has pictures


def test_every_scene_of_swarm_mode_is_whole_and_crowns_the_leader(services: Trace) -> None:
    """One crown, or none; and a cross for every manager that is down."""
    drawn = film(services)
    check(drawn)
    for frame, step in zip(drawn.frames, services, strict=True):
        crowns = [shape.id.split("/")[1] for shape in frame.scene.shapes if shape.id.startswith("manager/") and shape.id.endswith("crown")]
        assert crowns == [name for name in [step.frame.more.leader] if name]  # type: ignore[union-attr]  # the run has pictures
    crosses = [shape.id for shape in drawn.frames[-1].scene.shapes if shape.id.startswith("manager/") and shape.id.endswith("cross")]
    assert crosses == ["manager/manager-1/cross", "manager/manager-2/cross"]


def test_an_update_shows_its_slots_and_how_many_serve(services: Trace) -> None:
    """The bar is as long as the running tasks of all that were wished for; it begins shortly before the update."""
    drawn = update_film(services)
    check(drawn)
    assert drawn.frames[0].time_us < 3_100_000
    for frame in drawn.frames:
        bar, rim = frame.scene.find("panel/bar/1"), frame.scene.find("panel/bar")
        assert isinstance(bar, Rect)
        assert isinstance(rim, Rect)
        assert number_at(bar.w, 0) <= number_at(rim.w, 0) + 1e-6
    assert [band.text[0] for band in drawn.bands][:3] == ["updating", "paused", "rolling back"]


def test_a_request_goes_through_the_mesh_and_back(services: Trace) -> None:
    """From the client, over the node's port and the network, to a task, and the answer to the client; the mesh stays as it was."""
    mesh = mesh_of(services.at_ms(2_900).frame)  # type: ignore[arg-type]  # the run has pictures
    drawn = mesh_film(mesh, [("n4", 8080), ("n4", 8080)])
    check(drawn)
    assert mesh.turns == {}
    assert [frame.kind for frame in drawn.frames].count("answer") == 2
    packets = [frame.scene.find("packet") for frame in drawn.frames]
    assert all(isinstance(packet, Token) for packet in packets)
    assert (packets[0].x, packets[0].y) == (packets[-1].x, packets[-1].y)  # type: ignore[attr-defined]  # they are tokens


def test_a_request_to_nothing_is_refused_in_the_picture(services: Trace) -> None:
    """A closed port, and a node that is down; a node that is not there is an error."""
    mesh = mesh_of(services[-1].frame)  # type: ignore[arg-type]  # the run has pictures
    drawn = mesh_film(mesh, [("n2", 9999), ("n1", 8080)])
    check(drawn)
    said = [frame.scene.caption[0] for frame in drawn.frames]
    assert "no service has published port 9999" in said[1]
    assert "n1 is down" in said[3]
    with pytest.raises(SwarmError, match="there is no node 'n9'"):
        mesh_film(mesh, [("n9", 8080)])


def test_the_charts_say_what_happened(classic: Trace, services: Trace) -> None:
    """A line for each turn of the update, a cross for each failed task, a grey stretch where nobody leads."""
    ax = version_timeline(services, "web", language="zh")
    assert len(ax.lines) == len(services.where("update_status"))
    crosses = [line for line in slot_timeline(services, "web").lines if line.get_marker() == "x"]
    assert len(crosses) == len([step for step in services.where("task_state") if step.detail.state == "failed"])
    assert len(manager_timeline(services).patches) == 3  # before the election; in the end, when first one and then two are gone
    assert len(manager_timeline(classic).patches) == 1


def test_the_table_is_that_of_docker(services: Trace) -> None:
    """One row per task, the newest of each slot first."""
    table = task_table(services, "web", at_ms=10_000)
    assert list(table.columns) == ["name", "id", "version", "node", "desired_state", "current_state", "message"]
    first = table[table["name"] == "web.1"]
    assert first["id"].map(lambda text: int(text[1:])).is_monotonic_decreasing
    assert set(first["version"]) == {1, 2}


def test_films_save_and_other_runs_are_refused(classic: Trace, services: Trace, tmp_path: Path) -> None:
    """One file; what is not of Swarm, or not of swarm mode, is told apart."""
    assert play(services).save(tmp_path / "swarm.html").stat().st_size > 10_000
    with pytest.raises(ScheduleError, match=r"expected one of swarm\.simulate"):
        film(Trace("borg", 0, classic.parameters, tuple(classic)))
    for refused in (update_film, lambda trace: mesh_of(trace[-1].frame), lambda trace: task_table(trace, "web")):
        with pytest.raises(ScheduleError, match="simulate_services"):
            refused(classic)
    with pytest.raises(ScheduleError, match="no service 'db', expected one of web"):
        update_film(services, service="db")
