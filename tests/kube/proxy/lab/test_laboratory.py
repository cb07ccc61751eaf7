"""Laws of the laboratory: each wish is a chapter, stepping back and doing something else forks, and undo brings back."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.proxy import lab
from k8sedu.kube.proxy.lab.chapters import CHAPTER_US
from k8sedu.kube.proxy.lab.laboratory import Laboratory
from k8sedu.stage.explore import Event


@pytest.fixture
def laboratory() -> Laboratory:
    """As it opens."""
    return lab()


def do(laboratory: Laboratory, *, chapter: int | None = None, **what: Any) -> None:
    """Let the reader do something, at the end or in an earlier chapter."""
    place = len(laboratory.chapters) - 1 if chapter is None else chapter
    laboratory.on_action(Event(time_us=place * CHAPTER_US + 1_000, step=0, **what))


def shown(laboratory: Laboratory) -> str:
    """The sentence under the last picture."""
    return str(laboratory.film.frames[-1].scene.caption)


def test_one_request_is_walked(laboratory: Laboratory) -> None:
    """From the client to the answer; the reader stands at its beginning."""
    do(laboratory, control="one")
    kinds = [frame.kind for frame in laboratory.film.frames]
    assert kinds[laboratory.step] == "ask"
    assert {"step", "arrive", "answer", "end"} <= set(kinds)
    for frame in laboratory.film.frames:
        frame.scene.check()


def test_a_lost_request_ends_at_the_dead_pod(laboratory: Laboratory) -> None:
    """With a cross, and no answer."""
    for name in ("10.244.1.10", "10.244.2.10", "10.244.1.11"):
        do(laboratory, action="kill", shape=f"pod/{name}:8080")
    do(laboratory, control="one")
    kinds = [frame.kind for frame in laboratory.film.frames]
    assert "answer" not in kinds
    end = laboratory.film.frames[kinds.index("end")].scene
    assert (end.find("packet").stroke, end.find("packet").icon) == ("vermillion", "cross")  # type: ignore[attr-defined]  # a token
    assert "nobody is there" in shown(laboratory)


@pytest.mark.parametrize(
    ("wish", "said"),
    [({"control": "scale", "value": 5}, "5 pods"), ({"control": "mode", "value": "nftables"}, "mode nftables"),
     ({"control": "affinity", "value": "5"}, "for 5 s"), ({"control": "policy", "value": "Local"}, "Local"),
     ({"control": "many"}, "1000 requests, 0 of them lost"), ({"control": "tell"}, "has heard")],
)  # fmt: skip
def test_every_control_is_a_chapter(laboratory: Laboratory, wish: dict[str, Any], said: str) -> None:
    """With a sentence of its own, in both languages."""
    do(laboratory, **wish)
    assert len(laboratory.chapters) == 2
    assert said in laboratory.chapters[-1].said.en
    assert laboratory.chapters[-1].said.zh
    laboratory.film.frames[-1].scene.check()


def test_going_back_forks_and_undo_returns(laboratory: Laboratory) -> None:
    """What came later is gone, until it is wished for again."""
    do(laboratory, action="kill", shape="pod/10.244.1.10:8080")
    do(laboratory, control="tell")
    do(laboratory, chapter=0, control="scale", value=2)
    assert [chapter.name.en for chapter in laboratory.chapters] == ["start", "2 pods"]
    assert not laboratory.bench.dead
    do(laboratory, control="undo")
    assert [chapter.name.en for chapter in laboratory.chapters] == ["start", "kill web-1", "news"]
    assert laboratory.bench.dead == {"10.244.1.10:8080"}


def test_the_past_is_not_changed(laboratory: Laboratory) -> None:
    """Chapters keep their benches."""
    do(laboratory, control="scale", value=1)
    do(laboratory, control="scale", value=4)
    assert [len(chapter.bench.pods) for chapter in laboratory.chapters] == [3, 1, 4]
