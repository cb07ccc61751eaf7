"""Laws of the film of a cycle: it shows what the explanation says, in the order in which it happened, and everything is told."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.explain import Explanation
from k8sedu.kube.scheduler.preemption import Preemption
from k8sedu.kube.scheduler.views import cycle, cycle_film, cycle_scene
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.shapes import Icon, Label


@pytest.fixture(scope="module")
def films(placed: Explanation, pending: Explanation, room: Preemption) -> tuple[Document, Document]:
    return cycle_film(placed), cycle_film(pending, preemption=room)


def test_every_scene_is_whole_and_told_in_both_languages(films: tuple[Document, Document]) -> None:
    """No id occurs twice, whatever can be clicked has a name, and no caption is the same in both languages."""
    for film in films:
        for frame in film.frames:
            frame.scene.check()
            assert isinstance(frame.scene.caption, Words)
            assert frame.scene.caption.en != frame.scene.caption.zh
            assert frame.scene.caption.en.count("**") == frame.scene.caption.zh.count("**") == 2


def test_the_extension_points_come_in_their_order(films: tuple[Document, Document]) -> None:
    """Filters before scores, one picture per plugin, the choice before the binding; a pod that fits nowhere gets its message instead."""
    kinds = list(dict.fromkeys(frame.kind for frame in films[0].frames))
    assert kinds == ["pop", "pre_filter", "filter", "pre_score", "score", "select_host", "bind"]
    kinds = list(dict.fromkeys(frame.kind for frame in films[1].frames))
    assert kinds == ["pop", "pre_filter", "filter", "fit_error", "post_filter", "nominate"]


def test_a_node_is_grey_from_its_first_refusal_on(placed: Explanation, films: tuple[Document, Document]) -> None:
    """Its row has a cross or a wall in that plugin's column, nothing behind it, and says why; until then it is like all others."""
    frames = [frame for frame in films[0].frames if frame.kind == "filter"]
    for name, status in placed.verdicts.items():
        if status.is_success:
            continue
        place = list(placed.filters).index(status.plugin)
        before, after, end = frames[place - 1] if place else films[0].frames[0], frames[place], frames[-1]
        assert f"node/{name}/note" not in {shape.id for shape in before.scene.shapes}
        sign: Any = after.scene.find(f"cell/{name}/{place}")
        assert sign.name == ("wall" if status.code == "UnschedulableAndUnresolvable" else "cross")
        assert not any(shape.id.startswith(f"cell/{name}/{place + 1}") for shape in end.scene.shapes)
        assert after.scene.find(f"node/{name}/note")


def test_bars_are_as_long_as_the_scores(placed: Explanation) -> None:
    """The pieces of a row follow each other without a gap, each as long as its weighted score; the sum stands behind them."""
    scene = cycle_scene(placed)
    for name, total in placed.totals.items():
        pieces: list[Any] = [scene.find(f"score/{name}/{plugin}") for plugin in placed.weighted]
        shares = {piece.id: piece.w for piece in pieces}
        one = sum(shares.values()) / total
        for plugin, piece in zip(placed.weighted, pieces, strict=True):
            assert piece.w == pytest.approx(one * placed.weighted[plugin][name])
        assert all(left.x + left.w == pytest.approx(right.x) for left, right in pairwise(pieces))
        told: Any = scene.find(f"node/{name}/total")
        assert told.text == str(total)


def test_scores_stack_up_and_never_shrink(films: tuple[Document, Document]) -> None:
    """From picture to picture a bar only grows: what stands keeps its place."""
    widths = [
        {shape.id: (shape.x, shape.w) for shape in frame.scene.shapes if shape.id.startswith("score/") and hasattr(shape, "w")}
        for frame in films[0].frames
        if frame.kind == "score"
    ]
    for before, after in pairwise(widths):
        assert all(after[own] == place or place[1] == 0 for own, place in before.items())


def test_the_winner_has_a_check_mark_and_a_thick_rim(placed: Explanation) -> None:
    """Colour is never the only sign."""
    scene = cycle_scene(placed)
    (sign,) = [shape for shape in scene.shapes if isinstance(shape, Icon) and shape.id.endswith("/sign")]
    assert (sign.id, sign.name) == (f"node/{placed.node}/sign", "check")
    assert scene.find(f"node/{placed.node}").width > scene.find("node/n2").width


def test_the_message_of_a_pending_pod_is_quoted(pending: Explanation, films: tuple[Document, Document]) -> None:
    """What kubectl describe would say stands in the caption, word for word, in both languages."""
    (frame,) = [frame for frame in films[1].frames if frame.kind == "fit_error"]
    assert pending.message
    assert isinstance(frame.scene.caption, Words)
    assert all(pending.message in words for words in frame.scene.caption)


def test_the_nominated_node_says_who_must_leave(room: Preemption, films: tuple[Document, Document]) -> None:
    """Its row has a flag and a dashed rim, and names the victims."""
    scene = films[1].frames[-1].scene
    node = room.nominated_node
    note: Any = scene.find(f"node/{node}/note")
    assert all(victim.name in note.text.en for victim in room.victims)
    assert scene.find(f"node/{node}").dashed
    sign: Any = scene.find(f"node/{node}/sign")
    assert sign.name == "flag"


def test_a_single_node_is_taken_without_scores() -> None:
    """Where there is nothing to choose the film has no picture of a score."""
    alone = scheduler.explain(sketch.pod("web"), scheduler.Cluster([sketch.node("n1")]))
    kinds = [frame.kind for frame in cycle_film(alone).frames]
    assert "only" in kinds
    assert "score" not in kinds
    assert cycle_scene(alone).find("node/n1/sign")


def test_who_is_refused_before_the_filters_is_grey_at_once(cluster: scheduler.Cluster) -> None:
    """A pod that names its node narrows the search; one whose claim does not exist is refused, and no filter is asked."""
    named = {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n5"]}]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": named}}
    film = cycle_film(scheduler.explain(sketch.pod("here", affinity=affinity), cluster))
    second = film.frames[1]
    assert "Only n5 can be meant" in str(second.scene.caption)
    assert second.scene.find("node/n1/note")
    assert film.frames[-1].scene.find("node/n5/sign")
    claim = [{"name": "data", "persistentVolumeClaim": {"claimName": "nowhere"}}]
    film = cycle_film(scheduler.explain(sketch.pod("lost", volumes=claim), cluster))
    assert [frame.kind for frame in film.frames] == ["pop", "pre_filter", "fit_error"]
    assert 'persistentvolumeclaim "nowhere" not found' in str(film.frames[1].scene.caption)


def test_no_node_at_all_is_drawn() -> None:
    """An empty cluster has a picture, too."""
    nobody = scheduler.explain(sketch.pod("web"), scheduler.Cluster([]))
    assert "no nodes available" in str(cycle_film(nobody).frames[-1].scene.caption)


def test_letters_are_large_enough(films: tuple[Document, Document]) -> None:
    """No letter is smaller than 12 at a width of 960."""
    for film in films:
        for frame in film.frames:
            assert min(shape.size for shape in (*frame.scene.shapes, *frame.scene.card) if isinstance(shape, Label)) >= 12


def test_a_film_can_be_saved(placed: Explanation, tmp_path: Path) -> None:
    """One file in the reader's language."""
    text = cycle(placed, language="zh", theme="dark").save(tmp_path / "cycle.html").read_text(encoding="utf-8")
    assert "web-1 的一次调度" in text
