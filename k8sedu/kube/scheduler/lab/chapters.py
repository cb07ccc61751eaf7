"""The chapters of a session in the laboratory: each is a bench and what the scheduler makes of it; and the film of all of them.

A chapter lasts the same stretch of the film's time whatever happens in it, and its outcome always stands at the same instant: so when
the reader changes the pod, the player stays at the outcome and only the outcome changes. Of earlier chapters the film keeps how they ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from k8sedu.kube import manifest
from k8sedu.kube.scheduler.attempts import make_room
from k8sedu.kube.scheduler.explain import Explanation, explain
from k8sedu.kube.scheduler.lab.bench import Bench
from k8sedu.kube.scheduler.preemption import Preemption
from k8sedu.kube.scheduler.views.cycle import Told, legend, moments
from k8sedu.kube.scheduler.views.cycle_scene import cycle_scene
from k8sedu.kube.scheduler.views.grid import Grid
from k8sedu.language import Words
from k8sedu.stage.document import Action, Band, Control, Document, Frame, Jump

CHAPTER_US = 100_000_000
STEP_US = 1_000_000
OUTCOME_US = 90_000_000
OUTCOMES = {"select_host": 0, "only": 0, "fit_error": 0, "bind": 1, "post_filter": 1, "nominate": 2}
"""Kind of picture → its place behind the outcome, which stands at a fixed instant of its chapter."""

OPEN, CLOSED = "node-open", "node-closed"
_MORE = (
    Action("NoSchedule", Words("taint it: NoSchedule", "加污点：NoSchedule")),
    Action("PreferNoSchedule", Words("taint it: PreferNoSchedule", "加污点：PreferNoSchedule")),
    Action("untaint", Words("take my taint away", "去掉我加的污点")),
    Action("empty", Words("delete its pods", "删除上面的 Pod")),
    Action("remove", Words("remove the node", "移除这个节点")),
)
MENUS: Mapping[str, tuple[Action, ...]] = {
    OPEN: (Action("cordon", Words("cordon it", "封锁（cordon）")), *_MORE),
    CLOSED: (Action("uncordon", Words("uncordon it", "解除封锁（uncordon）")), *_MORE),
}
"""What can be done to a node."""


class Chapter(NamedTuple):
    """A bench, and what the scheduler makes of it."""

    bench: Bench
    explanation: Explanation
    preemption: Preemption | None

    @classmethod
    def of(cls, bench: Bench) -> Chapter:
        """Let the scheduler decide."""
        cluster, pod, profile = bench.cluster(), bench.candidate(), bench.decides()
        explanation = explain(pod, cluster, profile)
        return cls(bench, explanation, None if explanation.node else make_room(pod, cluster, profile))

    def told(self, grid: Grid) -> list[tuple[int, Told]]:
        """Its pictures, each with its instant within the chapter."""
        found = list(moments(self.explanation, grid, self.preemption))
        return [(_instant_us(told.moment.kind, place), told) for place, told in enumerate(found)]


def _instant_us(kind: str, place: int) -> int:
    return OUTCOME_US + OUTCOMES[kind] * STEP_US if kind in OUTCOMES else place * STEP_US


# -- the film ----------------------------------------------------------------------------------------------------------------------------


def film(chapters: Sequence[Chapter], controls: Sequence[Control], *, language: str | None = None) -> Document:
    """The whole session: how earlier pods fared, and the present one step by step."""
    grid = _grid(chapters)
    last = len(chapters) - 1
    frames = [frame for place, chapter in enumerate(chapters) for frame in _frames(chapter, place, grid, is_last=place == last)]
    return Document(
        title=Words("Scheduler laboratory", "调度器实验室"), frames=tuple(frames), bands=tuple(_bands(chapters)), jumps=_jumps(frames),
        legend=legend(grid), menus=MENUS, controls=tuple(controls), source=_source(chapters[-1].bench), pace="step",
        end_us=len(chapters) * CHAPTER_US, language=language,
    )  # fmt: skip


def outcome_step(document: Document) -> int:
    """The number of the last outcome of a film."""
    return max(place for place, frame in enumerate(document.frames) if OUTCOMES.get(frame.kind) == 0)


def step_at(document: Document, time_us: int) -> int:
    """The number of the picture that is shown at an instant."""
    return max((place for place, frame in enumerate(document.frames) if frame.time_us <= time_us), default=0)


def _grid(chapters: Sequence[Chapter]) -> Grid:
    """Room for every plugin that has a say in any chapter, and a paper that never changes its size."""
    last = chapters[-1]
    profile = last.bench.decides()
    filters = [name for name in profile.filters if any(name in chapter.explanation.filters for chapter in chapters)]
    scorers = [name for name in profile.scorers if any(_scores(name, chapter) for chapter in chapters)]
    pays = last.preemption.nominated_node if last.preemption else ""
    grid = Grid(last.explanation, filters=filters, scorers=scorers, always=[pays] if pays else [])
    grid.fix(height=HEIGHT, card_height=CARD_HEIGHT)
    return grid


HEIGHT, CARD_HEIGHT = 452.0, 290.0


def _scores(plugin: str, chapter: Chapter) -> bool:
    """Did this plugin score anybody in this chapter?"""
    return chapter.explanation.was_scored and plugin in chapter.explanation.weighted


def _frames(chapter: Chapter, place: int, grid: Grid, *, is_last: bool) -> Iterator[Frame]:
    menus = {node.name: CLOSED if node.spec.unschedulable else OPEN for node in chapter.bench.nodes}
    for instant_us, told in chapter.told(grid):
        if is_last or told.moment.kind in OUTCOMES:
            scene = cycle_scene(chapter.explanation, grid, told.moment, caption=told.said, menus=menus)
            yield Frame(place * CHAPTER_US + instant_us, told.moment.kind, told.moment.active, scene)


def _bands(chapters: Sequence[Chapter]) -> Iterator[Band]:
    """A stretch of the scrubber per pod."""
    for place, chapter in enumerate(chapters):
        name, node = chapter.explanation.pod.name, chapter.explanation.node
        text = f"{name} → {node}" if node else Words(f"{name}: no node", f"{name}：没有节点")
        yield Band(place * CHAPTER_US, (place + 1) * CHAPTER_US, text, "green" if node else "vermillion", faint=place < len(chapters) - 1)


def _jumps(frames: Sequence[Frame]) -> tuple[Jump, ...]:
    outcomes = tuple(place for place, frame in enumerate(frames) if OUTCOMES.get(frame.kind) == 0)
    return (Jump(Words("outcome", "结果"), outcomes),)


def _source(bench: Bench) -> str:
    """Everything on the bench as manifests, to be tried out elsewhere."""
    return "---\n".join(manifest.to_yaml(each) for each in (*bench.objects, bench.pod))

