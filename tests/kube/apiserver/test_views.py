from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu import kube
from k8sedu.kube.apiserver.sim import tell
from k8sedu.kube.apiserver.views import CAPTIONS, ApiStoryError, caption, film, play, scene
from k8sedu.trace import Frozen, Trace

LINES = [
    "ann create web replicas=3", "ben read web", "ann set web replicas=5", "ben set web replicas=9", "ben read db", "ben create web a=1",
    "cat list", "cat watch", "ann patch web replicas=6", "cat away", "ann delete web", "ann create db a=1", "compact",
    "cat back", "cat list", "cat watch", "bookmark",
]  # fmt: skip


@pytest.fixture(scope="module")
def trace() -> Trace:
    return tell(LINES)


def test_every_step_is_a_sound_picture(trace: Trace) -> None:
    """Each scene has ids of its own, a caption in both languages, and every kind of step is told."""
    document = film(trace)
    for frame in document.frames:
        frame.scene.check()
    assert {step.kind for step in trace} | {"told_bookmark"} == set(CAPTIONS)
    for step in trace:
        assert "{" not in caption(step).en + caption(step).zh
        assert caption(step).en != caption(step).zh


def test_an_old_copy_is_dashed(trace: Trace) -> None:
    """A copy that is out of date has another rim than one that is not, and carries its old version."""
    conflict = next(step for step in trace if step.kind == "conflict")
    picture = scene(conflict, trace.parameters.first)
    old, new = picture.find("client/ben/web"), picture.find("client/ann/web")
    assert (old.dashed, new.dashed) == (True, False)
    versions: list[Any] = [picture.find(f"client/{name}/web/version") for name in ("ben", "ann")]
    assert int(versions[0].text) < int(versions[1].text)
    answer: Any = picture.find("request/answer")
    assert answer.text == "409 Conflict"


def test_what_is_forgotten_is_empty(trace: Trace) -> None:
    """After a compaction the revisions before it are empty and dashed."""
    compact = next(step for step in trace if step.kind == "compact")
    picture = scene(compact, trace.parameters.first)
    assert compact.frame is not None
    gone = [picture.find(f"revision/{entry.revision}").dashed for entry in compact.frame.history]
    assert gone == [True, True, True, True, False]


def test_the_film_jumps_to_refusals(trace: Trace, tmp_path: Path) -> None:
    """A button leads to what the story is about, and the film can be saved."""
    (jump,) = film(trace).jumps
    assert [trace[index].kind for index in jump.steps] == ["conflict", "expired"]
    path = play(trace, language="zh").save(tmp_path / "api.html")
    assert "ann" in path.read_text(encoding="utf-8")


def test_it_draws_its_own_stories_only() -> None:
    """Another trace is refused in one sentence."""
    with pytest.raises(ApiStoryError, match=r"expected one of kube.apiserver.tell"):
        film(Trace("raft", 0, Frozen(), ()))
    assert kube.apiserver.tell is tell
