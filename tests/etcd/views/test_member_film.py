"""A member from the inside: every step that does something in it is drawn, its numbers are the frame's, and a crash leaves the disk."""

from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.views import member_film, member_scene
from k8sedu.etcd.views.member_film import MemberFilmError
from k8sedu.etcd.views.member_scene import BOXES, HOPS
from k8sedu.etcd.views.member_ways import A_WRITE, APPLIED, STAGES, WAYS, way_of
from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Label, Rect, Shape
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def run() -> Trace:
    """Everybody, a crash of the leader, and snapshots often enough that the member that was away is sent one."""
    clients = etcd.Clients(writers=2, watchers=2, keepers=1)
    faults = ["at 5000 crash n1", "at 11000 restart n1"]
    return etcd.simulate(seed=7, duration_ms=13_000, snapshot_count=4, clients=clients, faults=faults)


@pytest.fixture(scope="module")
def film(run: Trace) -> Document:
    """The inside of n1."""
    return member_film(run, "n1")


def texts(scene: Scene, part: str) -> list[str]:
    """What stands in a part, in English."""
    found = [shape.text for shape in walk(scene.shapes) if isinstance(shape, Label) and shape.id.startswith(f"part/{part}/")]
    return [text.en if isinstance(text, Words) else str(text) for text in found]


def box_of(shape: Label, language: str) -> tuple[float, float]:
    """Where a label begins and ends."""
    text = shape.text.in_(language) if isinstance(shape.text, Words) else str(shape.text)
    width, x = text_width(text, shape.size), float(shape.x)  # type: ignore[arg-type]  # labels stand still here
    return {"start": (x, x + width), "middle": (x - width / 2, x + width / 2), "end": (x - width, x)}[shape.anchor]


def test_every_picture_is_sound(film: Document) -> None:
    """Words stay inside of their part, in both languages; no letter is small; ids are different; the sentence fits."""
    for frame in film.frames:
        frame.scene.check()
        said = frame.scene.caption
        assert isinstance(said, Words)
        assert max(text_width(said.en, 15), text_width(said.zh, 15)) < 2 * 860, said
        for shape in walk((*frame.scene.shapes, *frame.scene.card)):
            assert not isinstance(shape, Label) or shape.size >= 12, shape.id
            _check_inside(shape)


def _check_inside(shape: Shape) -> None:
    prefix, *rest = shape.id.split("/")
    if prefix == "part" and isinstance(shape, Label):
        box = BOXES[rest[0]]
        for language in ("en", "zh"):
            left, right = box_of(shape, language)
            assert box.x <= left, shape
            assert right <= box.x + box.w, shape


def test_the_parts_show_the_frame(run: Trace) -> None:
    """Each number in the picture is that of the member's frame."""
    step = [step for step in run if step.kind == "put" and step.actor == "n1"][-1]
    assert step.frame is not None
    scene, node = member_scene(step.frame, "n1"), step.frame["nodes"]["n1"]
    assert texts(scene, "store")[1:] == [f"revision {node['revision']}", f"applied entry {node['consistent_index']}"]
    assert texts(scene, "db")[1:] == [f"up to entry {node['database_index']}"]
    assert texts(scene, "wal")[1:] == [f"{node['wal']['records']} records", f"{node['wal']['entries']} entries"]
    assert texts(scene, "raft")[1:] == [f"{node['role']} · term {node['term']}"]
    entries = [int(shape.id.split("/")[1]) for shape in scene.shapes if isinstance(shape, Rect) and shape.id.startswith("entry/")]
    assert entries == [entry.index for entry in node["log"][-6:]]


def test_a_write_goes_through_all_stages(run: Trace, film: Document) -> None:
    """A client's put at the leader is seen as entry and record, as committed, as applied, and as answered, in this order."""
    asked = next(step for step in run if step.kind == "receive_client_request" and step.detail.get("index") and step.actor == "n1")
    index, serial = asked.detail["index"], asked.detail["request"]
    stages = []
    for step in run.steps[asked.index :]:
        way = way_of(step, "n1")
        is_ours = index in (step.detail.get("index"), step.detail.get("last")) or serial == step.detail.get("request")
        if way is not None and (is_ours or (step.kind == "commit" and step.detail["index"] >= index)):
            stages += [number for number in way.hops.values() if number]
        if step.kind == "client_reply" and step.detail.get("index") == index:
            break
    assert stages[:6] == [1, 2, 3, 4, 5, 6]
    assert sorted(filter(None, A_WRITE.values())) == list(range(1, len(STAGES) + 1))


def test_a_crash_leaves_the_disk(film: Document) -> None:
    """After a crash the parts in memory are empty outlines, and those on disk stand as before; a start reads both of them."""
    (crash,) = (frame.scene for frame in film.frames if frame.kind == "crash")
    for part, box in BOXES.items():
        shape = crash.find(f"part/{part}")
        assert shape.dashed is not box.is_disk
        assert (len(texts(crash, part)) > 1) is box.is_disk
    (start,) = (frame.scene for frame in film.frames if frame.kind == "restart")
    assert start.find("hop/db>store")
    assert start.find("hop/wal>raft")
    assert [mark.icon for mark in film.marks if mark.icon in ("cross", "restart")] == ["cross", "restart"]


def test_only_this_member(run: Trace, film: Document) -> None:
    """Whatever happens is the member's own, or an answer that it gave; what the film leaves out is no request and no entry."""
    assert {frame.actor for frame in film.frames if frame.kind in WAYS} == {"n1"}
    applied = [step for step in run if step.actor == "n1" and step.kind in APPLIED]
    assert len(applied) == sum(frame.kind in APPLIED for frame in film.frames)
    assert any(frame.kind == "snapshot" for frame in film.frames)
    assert any(frame.kind == "snapshot_installed" for frame in film.frames)


def test_all_ways_are_drawn(run: Trace) -> None:
    """Each hop of each way has a place in the picture, between parts that there are."""
    ways = [way for name in ("n1", "n2", "n3") for step in run if (way := way_of(step, name)) is not None]
    met = {hop for way in ways for hop in way.hops}
    assert met <= HOPS.keys()
    assert {"api>lessor", "lessor>raft", "store>hub", "store>snap", "raft>lessor"} - met <= {"lessor>raft"}
    assert {part for hop in HOPS for part in hop.split(">")} == {*BOXES, "client", "peers"}


def test_what_cannot_be_shown_is_refused(run: Trace) -> None:
    """A stranger, a run without frames, and a time in which nothing happens are refused in a sentence."""
    with pytest.raises(MemberFilmError, match="met the member 'n9', expected one of n1, n2, n3"):
        member_film(run, "n9")
    with pytest.raises(MemberFilmError, match="nothing happens inside of n1"):
        member_film(run, start_ms=99_000)
    with pytest.raises(MemberFilmError, match="with frames"):
        member_film(etcd.tell("put a 1"))


def test_played_by_name(run: Trace) -> None:
    """`play` takes the member's name and a stretch of time."""
    player = etcd.views.play(run, "member", member="n2", start_ms=4_000, end_ms=6_000)
    assert "n2" in str(player.film.title)
    assert {frame.actor for frame in player.film.frames} >= {"n2"}
