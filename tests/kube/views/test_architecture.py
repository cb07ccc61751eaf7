"""Laws of the picture of the architecture: one door, and everything on the paper."""

from __future__ import annotations

from typing import Any

from k8sedu import kube
from k8sedu.kube.views import architecture_film
from k8sedu.kube.views.architecture import BOXES, HOPS, is_watch
from k8sedu.kube.views.roads import CHAPTERS, STAGES, WHOLE
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.shapes import Label, Rect


def test_every_scene_is_whole_and_told_in_both_languages() -> None:
    """No id occurs twice, whatever can be clicked has a name, and no caption is the same in both languages."""
    for frame in architecture_film().frames:
        frame.scene.check()
        assert isinstance(frame.scene.caption, Words)
        assert frame.scene.caption.en != frame.scene.caption.zh


def test_the_api_server_is_the_only_door() -> None:
    """Each arrow has the API server at one end, but for the kubelet's call to the runtime."""
    for hop in HOPS:
        source, target = hop.split(">")
        assert "api" in (source, target) or (source.startswith("kubelet") and target.startswith("runtime"))


def test_nobody_is_called_by_the_api_server_but_etcd() -> None:
    """What comes out of the API server is an event of a watch, except the request to etcd."""
    assert [hop for hop in HOPS if hop.startswith("api>") and not is_watch(hop)] == ["api>etcd"]


def test_the_way_goes_through_every_stage_in_order() -> None:
    """The film's numbers never go back, and the figure shows them all."""
    numbers = [max(chapter.hops.values(), default=0) for chapter in CHAPTERS[1:-1]]
    shown = [number for number in numbers if number]
    assert shown == sorted(shown)
    assert {*WHOLE.values()} - {0} == set(range(1, len(STAGES) + 1)) == {*shown}


def test_a_pod_is_without_a_node_until_it_is_bound() -> None:
    """Pending pods are dashed and name no node; bound ones name theirs."""
    scenes = {frame.kind: frame.scene for frame in architecture_film().frames}
    pending: Any = scenes["replicas"].find("pod/web-1")
    bound: Any = scenes["bind"].find("pod/web-1/text")
    assert (pending.dashed, bound.text) == (True, "web-1 → n1")


def test_letters_stay_inside_their_boxes() -> None:
    """No name and no line of a part is wider than the box that it stands in, and no letter is smaller than 12."""
    scene = architecture_film().frames[-1].scene
    for shape in (*scene.shapes, *scene.card):
        if isinstance(shape, Label):
            assert shape.size >= 12
            own = shape.id.removeprefix("part/").rpartition("/")[0]
            if shape.id.startswith("part/"):
                texts = shape.text if isinstance(shape.text, Words) else (shape.text,)
                assert all(text_width(str(text), shape.size) <= BOXES[own].w - 16 for text in texts), shape.id


def test_every_arrow_ends_at_the_rim_of_its_part() -> None:
    """An arrow touches the box from which it comes, and stops within three pixels of the one to which it goes."""
    boxes: dict[str, Any] = {shape.id: shape for shape in architecture_film().frames[0].scene.shapes if isinstance(shape, Rect)}
    for hop, (_x1, y1, _x2, y2) in HOPS.items():
        for part, y in zip(hop.split(">"), (y1, y2), strict=True):
            box = boxes.get(f"part/{part}")
            if box is not None and "kubectl" not in hop:
                assert min(abs(y - box.y), abs(y - box.y - box.h)) <= 3, hop


def test_the_pictures_load_with_the_first_use() -> None:
    """`kube.views` is the package of pictures, and `architecture` gives a player."""
    assert len(kube.views.architecture(language="zh").film.frames) == len(CHAPTERS)
