"""Laws of the film of a preemption: victims are who they are, questions come in their order, and nobody moves before the end."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.candidates import CRITERIA
from k8sedu.kube.scheduler.preemption import Preemption
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.views import preemption, preemption_film
from k8sedu.kube.scheduler.views.evicting import PreemptionError
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.shapes import Label, Shape


@pytest.fixture
def film(room: Preemption, crowded: scheduler.Cluster) -> Document:
    return preemption_film(room, crowded)


def pods_of(shapes: tuple[Shape, ...], node: str) -> list[str]:
    """The pods that are drawn on a node."""
    return [shape.id.rpartition("/")[2] for shape in shapes if shape.id.startswith(f"pod/{node}/") and shape.id.count("/") == 2]


def test_every_scene_is_whole_and_told_in_both_languages(film: Document) -> None:
    """No id occurs twice, and no caption is the same in both languages."""
    for frame in film.frames:
        frame.scene.check()
        assert isinstance(frame.scene.caption, Words)
        assert frame.scene.caption.en != frame.scene.caption.zh


def test_nobody_has_left_before_the_choice(room: Preemption, film: Document, crowded: scheduler.Cluster) -> None:
    """Until the victims are deleted every pod of every node is drawn; then exactly they are missing, and only on the chosen node."""
    node = room.nominated_node
    everybody = {pod.name for pod in crowded.table.pods_on(node)}
    for frame in film.frames:
        there = set(pods_of(frame.scene.shapes, node))
        gone = {victim.name for victim in room.victims} if frame.kind in {"nominate", "after"} else set()
        assert there == everybody - gone
    others = [search.node for search in room.searches if search.node != node]
    for other in others:
        assert set(pods_of(film.frames[-1].scene.shapes, other)) == {pod.name for pod in crowded.table.pods_on(other)}


def test_a_pod_is_crossed_out_when_it_cannot_be_put_back(room: Preemption, film: Document) -> None:
    """In the picture of the last trial victims have a cross, and who is spared has none."""
    (frame,) = [frame for frame in film.frames if frame.kind == "dry_run"]
    for search in room.searches:
        for each in search.reprieves:
            own = f"pod/{search.node}/{each.pod.rpartition('/')[2]}"
            assert frame.scene.find(own).stroke == ("orange" if each.spared else "vermillion")


def test_a_protected_pod_carries_a_sign(room: Preemption, film: Document) -> None:
    """Whom a PodDisruptionBudget protects one sees before anybody is tried."""
    guarded = {(search.node, each.pod.rpartition("/")[2]) for search in room.searches for each in search.reprieves if each.protected}
    assert guarded
    for node, name in guarded:
        sign: Any = film.frames[0].scene.find(f"pod/{node}/{name}/sign")
        assert sign.name == "key"


def test_each_question_that_was_asked_has_a_picture(room: Preemption, film: Document) -> None:
    """With the answer of every node that was still in the race, and the number of the question filled on the card."""
    frames = [frame for frame in film.frames if frame.kind == "choose"]
    assert len(frames) == len(room.rounds) + 1
    for asked, frame in zip(room.rounds, frames, strict=False):
        for node, _ in asked.costs:
            assert frame.scene.find(f"node/{node}/answer")
        number = [criterion.name for criterion in CRITERIA].index(asked.criterion) + 1
        assert frame.scene.find(f"ask/{number}").fill == "accent"


def test_the_pod_lands_where_there_is_room(room: Preemption, film: Document) -> None:
    """In the last picture it lies on the pods that stay, inside its node, dashed because it is only nominated."""
    scene = film.frames[-1].scene
    new: Any = scene.find("pod/new")
    box: Any = scene.find(f"node/{room.nominated_node}")
    assert new.dashed
    assert box.x <= new.x <= new.x + new.w <= box.x + box.w
    assert box.y <= new.y <= new.y + new.h <= box.y + box.h


def test_where_nobody_helps_that_is_the_end(crowded: scheduler.Cluster) -> None:
    """A pod that is larger than every node evicts nobody, and the film says so."""
    found = scheduler.make_room(sketch.pod("huge", cpu="3900m", memory="7900Mi", priority=10, tolerations=[""]), crowded)
    film = preemption_film(found, crowded)
    assert film.frames[-1].kind in {"nobody", "after"}
    none = Preemption(sketch.pod("never"), Status(Code.UNSCHEDULABLE, ("not eligible",)))
    with pytest.raises(PreemptionError, match="has looked at no node"):
        preemption(none, crowded)


def test_letters_are_large_enough(film: Document) -> None:
    """No letter is smaller than 12 at a width of 960."""
    for frame in film.frames:
        assert min(shape.size for shape in (*frame.scene.shapes, *frame.scene.card) if isinstance(shape, Label)) >= 12
