from __future__ import annotations

import urllib.request

import pytest

from k8sedu import etcd
from k8sedu.etcd.commands import CommandError
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.lab import SCENES, Laboratory
from k8sedu.stage.explore import Event


def control(laboratory: Laboratory, name: str, value: object = None, *, step: int | None = None) -> None:
    """What the reader does with a control."""
    at = len(laboratory.film.frames) - 1 if step is None else step
    laboratory.act(Event(0, at, control=name, value=value))  # type: ignore[arg-type]  # controls have all kinds of values


def test_what_is_picked_is_done() -> None:
    """A verb, a key and a value are picked and done, and the film grows by what happened."""
    laboratory = etcd.lab()
    for name, value in (("verb", "put"), ("key", "/jobs"), ("value", "v2"), ("do", None)):
        control(laboratory, name, value)
    assert laboratory.lines == ("put /jobs v2",)
    assert laboratory.trace[-1].frame["keys"]["/jobs"].value == "v2"
    control(laboratory, "verb", "get")
    control(laboratory, "revision", 2)
    control(laboratory, "do")
    control(laboratory, "verb", "compact")
    control(laboratory, "do")
    assert laboratory.lines[1:] == ("get /jobs at 2", "compact 2")


def test_doing_in_the_past_replaces_the_future() -> None:
    """Who steps back and does something else gets another future; the past stays."""
    laboratory = etcd.lab(scene="past")
    lines = laboratory.lines
    step = next(step.index for step in laboratory.trace if step.kind == "ask" and step.detail["command"] == lines[1])
    control(laboratory, "do", step=step)
    assert laboratory.lines == (*lines[:2], "put /config up")


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_ready_story_is_told(scene: str) -> None:
    """Every ready story can be told, with any sizes of nodes and pages."""
    laboratory = etcd.lab(scene=scene)
    for size in (3, 8):
        control(laboratory, "order", size)
        control(laboratory, "page_records", size)
        assert len(laboratory.film.frames) == len(laboratory.trace)


def test_a_command_by_hand() -> None:
    """Any command can be run from a cell; what is none is refused and changes nothing."""
    laboratory = etcd.lab("put a 1\nput a 2")
    laboratory.run("get a at 2")
    with pytest.raises(CommandError):
        laboratory.run("dance")
    assert laboratory.lines == ("put a 1", "put a 2", "get a at 2")
    control(laboratory, "clear")
    assert laboratory.lines == ()


def test_a_group_is_followed_through_its_leaders() -> None:
    """The picture of a group goes on when its leader stops: the new leader's store is the same, and the change is a step of its own."""
    with etcd.serve(members=3, tick_ms=10, order=4, page_records=4, traced=True, min_ttl_s=1) as gateway:
        picture = etcd.follow(gateway)
        for number in range(6):
            gateway.live.do(etcd.api.PutRequest(f"/pods/{number}", "1"))
        before = picture.film.frames[-1].scene
        gateway.live.stop_member("n1")
        gateway.live.do(etcd.api.PutRequest("/pods/new", "2"))
        gateway.live.start_member("n1")
        kinds = [frame.kind for frame in picture.film.frames]
        assert kinds == ["start", *["answer"] * 6, "stop", "become_leader", "answer", "start"]
        captions = [frame.scene.caption.en for frame in picture.film.frames]  # type: ignore[union-attr]  # captions are in both languages
        assert "is answered by n1 in term 1" in captions[6]
        assert "leads** in term 2" in captions[8]
        after = picture.film.frames[9].scene
        assert {shape.id for shape in before.shapes if shape.id.startswith("record/")} < {shape.id for shape in after.shapes}
        assert after.find("record/8.0").fill == "orange"


def test_a_terminals_requests_move_the_picture() -> None:
    """What a client asks a served store becomes a step of the attached picture, refusals included."""
    with etcd.serve(order=4, page_records=4, traced=True) as gateway:
        picture = etcd.follow(gateway)
        request = urllib.request.Request(f"{gateway.url}/v3/kv/put", b'{"key": "L2pvYnM=", "value": "djE="}')
        with urllib.request.urlopen(request, timeout=20) as response:
            assert b'"revision": "2"' in response.read()
        with pytest.raises(EtcdError):
            gateway.live.do(etcd.api.PutRequest(""))
        assert len(picture.film.frames) == 3
        assert picture.step == 2
        scene = picture.film.frames[1].scene
        assert scene.find("key//jobs").label is not None
        assert scene.find("record/2.0").fill == "orange"
        assert "refused" in picture.film.frames[2].scene.caption.en  # type: ignore[union-attr]  # captions are in both languages
