"""Laws of the laboratory: a change shows at once, the reader stays where they stand, and the past can be taken up again."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube import manifest, scheduler
from k8sedu.kube.scheduler import lab, sketch
from k8sedu.kube.scheduler.lab.bench import BenchError
from k8sedu.kube.scheduler.lab.chapters import CHAPTER_US, OUTCOMES, outcome_step
from k8sedu.kube.scheduler.lab.laboratory import Laboratory
from k8sedu.language import Words
from k8sedu.stage.document import TextBox
from k8sedu.stage.explore import Event


@pytest.fixture
def laboratory() -> Laboratory:
    """As it opens."""
    return lab()


def do(laboratory: Laboratory, *, step: int | None = None, **what: Any) -> None:
    """Let the reader do something where they stand."""
    place = laboratory.step if step is None else step
    laboratory.on_action(Event(laboratory.film.frames[place].time_us, place, **what))


def shown(laboratory: Laboratory) -> str:
    """The sentence under the picture at which the reader stands."""
    return str(laboratory.film.frame_at(laboratory.film.frames[laboratory.step].time_us).scene.caption)


def test_it_opens_at_the_outcome(laboratory: Laboratory) -> None:
    """The first picture is not the first of the cycle, but what came of it."""
    assert OUTCOMES[laboratory.film.frames[laboratory.step].kind] == 0
    assert laboratory.explanation.node in shown(laboratory)
    for frame in laboratory.film.frames:
        frame.scene.check()


def test_verdicts_and_scores_change_where_one_stands(laboratory: Laboratory) -> None:
    """A larger request makes other nodes too small; the outcome stays at its instant."""
    instant = laboratory.film.frames[laboratory.step].time_us
    do(laboratory, control="cpu", value=3_500)
    assert not laboratory.explanation.node
    found = laboratory.film.frames[outcome_step(laboratory.film)]
    assert (found.time_us, found.kind) == (instant, "fit_error")
    do(laboratory, control="cpu", value=0)
    assert laboratory.explanation.node
    assert "cpu" not in laboratory.explanation.pod.requests


@pytest.mark.parametrize(
    ("action", "reason"),
    [("cordon", "node(s) were unschedulable"), ("NoSchedule", "node(s) had untolerated taint(s)")],
)
def test_a_node_is_closed_by_its_menu(laboratory: Laboratory, action: str, reason: str) -> None:
    """What the reader does to the winner makes another one win."""
    winner = laboratory.explanation.node
    do(laboratory, action=action, shape=f"node/{winner}")
    assert laboratory.explanation.verdicts[winner].reasons == (reason,)
    assert laboratory.explanation.node not in {"", winner}
    do(laboratory, action="uncordon" if action == "cordon" else "untaint", shape=f"node/{winner}")
    assert laboratory.explanation.node == winner


def test_menus_fit_the_node(laboratory: Laboratory) -> None:
    """An open node can be cordoned, a cordoned one uncordoned; every menu that a shape names exists."""
    do(laboratory, action="cordon", shape="node/n1")
    scene = laboratory.film.frames[laboratory.step].scene
    assert [scene.find(f"node/{name}").menu for name in ("n1", "n2")] == ["node-closed", "node-open"]
    assert set(laboratory.film.menus) == {"node-closed", "node-open"}


def test_lists_and_profiles_decide(laboratory: Laboratory) -> None:
    """A preferred label and a packing profile each move the pod."""
    do(laboratory, control="node_affinity", value="must zone=b")
    assert {name for name, status in laboratory.explanation.verdicts.items() if status.is_success} <= {"n3", "n4"}
    do(laboratory, control="node_affinity", value="none")
    before = laboratory.explanation.totals
    do(laboratory, control="profile", value="most")
    assert laboratory.explanation.profile_name == "most-allocated"
    assert laboratory.explanation.totals != before
    do(laboratory, control="release", value="1.24")
    assert laboratory.explanation.release == "1.24"


def test_a_placed_pod_makes_the_next_chapter(laboratory: Laboratory) -> None:
    """The pod takes its room, the next one comes, and the reader goes along."""
    node = laboratory.explanation.node
    used = laboratory.explanation.usage[node]["cpu"][0]
    do(laboratory, control="place", value=True)
    assert len(laboratory.chapters) == 2
    assert laboratory.explanation.pod.name == "web-2"
    assert laboratory.explanation.usage[node]["cpu"][0] == used + 500
    assert laboratory.film.frames[laboratory.step].time_us // CHAPTER_US == 1
    assert laboratory.film.bands[0].text == f"web-1 → {node}"


def test_stepping_back_and_doing_something_else_forks(laboratory: Laboratory) -> None:
    """What came after the chapter at which the reader acts is gone; undo brings it back, one wish after the other."""
    for _ in range(3):
        do(laboratory, control="place", value=True)
    last = laboratory.chapters
    back = next(place for place, frame in enumerate(laboratory.film.frames) if frame.time_us >= CHAPTER_US)
    do(laboratory, step=back, control="cpu", value=1_000)
    assert len(laboratory.chapters) == 2
    assert laboratory.chapters[0] is last[0]
    do(laboratory, control="undo", value=True)
    assert laboratory.chapters == last
    for _ in range(4):
        do(laboratory, control="undo", value=True)
    assert len(laboratory.chapters) == 1


def test_an_important_pod_evicts(laboratory: Laboratory) -> None:
    """The button appears where it helps; afterwards the victims are gone and the pod has its node."""
    do(laboratory, control="cpu", value=3_500)
    assert "evict" not in {control.id for control in laboratory.film.controls}
    do(laboratory, control="priority", value="1000")
    victims = [victim.name for victim in laboratory.preemption.victims]
    node = laboratory.preemption.nominated_node
    assert victims
    do(laboratory, control="evict", value=True)
    assert not {pod.name for pod in laboratory.bench.running} & set(victims)
    assert laboratory.explanation.node == node


def test_the_box_holds_the_pod_and_changes_it(laboratory: Laboratory) -> None:
    """What sliders and lists do stands in the manifest, and what is written there moves the sliders."""
    do(laboratory, control="cpu", value=1_500)
    box = next(control for control in laboratory.film.controls if isinstance(control, TextBox))
    assert "cpu: 1500m" in box.value
    do(laboratory, control="manifest", value=box.value.replace("1500m", "250m").replace("web-1", "api-7"))
    slider: Any = laboratory.film.controls[0]
    assert (slider.value, laboratory.explanation.pod.name) == (250, "api-7")


def test_what_cannot_be_is_told_and_changes_nothing(laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the manifest is one sentence in the picture; the chapters stay, and there is nothing to undo."""
    told: list[dict[str, str]] = []
    monkeypatch.setattr(laboratory, "send", told.append)
    before = laboratory.chapters
    laboratory.act(Event(0, 0, control="manifest", value="kind: Pod\nspec: 3\n"))
    laboratory.act(Event(0, 0, control="evict", value=True))
    assert ["error" in each for each in told] == [True, True]
    assert "pod.yaml, line" in told[0]["error"]
    laboratory.act(Event(0, 0, control="undo", value=True))
    assert laboratory.chapters == before


def test_the_bench_can_be_taken_along(laboratory: Laboratory) -> None:
    """The source of the film is everything on the bench as manifests, which read back to the same objects."""
    objects = manifest.load(laboratory.film.source)
    assert len(objects) == len(laboratory.bench.objects) + 1
    again = lab(objects)
    assert again.explanation.totals == laboratory.explanation.totals


def test_own_objects_are_welcome() -> None:
    """Nodes and pods of the reader's own; the first pod without a node is the one that comes."""
    own = lab([sketch.node("a"), sketch.node("b"), sketch.pod("old", node="a"), sketch.pod("new", cpu="1")], language="zh", release="1.30")
    assert own.explanation.pod.name == "new"
    assert own.film.language == "zh"
    with pytest.raises(BenchError, match="expected at least one node"):
        lab([sketch.pod("new")])


def test_own_profiles_can_be_chosen() -> None:
    """A plugin that somebody wrote has its column at once, and its profile stands in the list beside the known ones."""

    @scheduler.score_plugin("LastName", weight=9)
    def last_name(_pod: Any, nodes: Any) -> Any:
        return nodes.each(lambda node: 100 * (node.name == "n6"))

    mine = scheduler.default_profile().with_plugin(last_name).named("mine")
    own = lab(profiles=[mine])
    assert (own.explanation.node, own.explanation.weighted["LastName"]["n6"]) == ("n6", 900)
    do(own, control="profile", value="least")
    assert "LastName" not in own.explanation.weighted
    do(own, control="profile", value="mine")
    assert own.explanation.profile_name == "mine"
    with pytest.raises(BenchError, match="met two profiles with the name 'mine'"):
        lab(profiles=[mine, mine])


def test_controls_speak_both_languages(laboratory: Laboratory) -> None:
    """Each label is a pair; the words that stay English are Kubernetes' own."""
    labels = [control.label for control in laboratory.film.controls]
    assert all(isinstance(label, Words) for label in labels)
    assert [label.en for label in labels if label[0] == label[1]] == ["cpu", "Kubernetes"]
