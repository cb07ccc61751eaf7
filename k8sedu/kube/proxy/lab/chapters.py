"""The chapters of a session: each is a bench after something was done to it; a single request is a chapter that is walked step by step.

Every chapter has the same stretch of the film's time. Of earlier chapters only their end is kept, so that a session stays short to watch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8sedu.kube.proxy.lab.bench import Bench
from k8sedu.kube.proxy.packet import Walk
from k8sedu.kube.proxy.views.bench_scene import bench_scene, drawn_bench
from k8sedu.kube.proxy.views.course import Moment, moments
from k8sedu.kube.proxy.views.walk import LEGEND
from k8sedu.kube.proxy.views.walk_line import stations
from k8sedu.kube.proxy.views.walk_scene import walk_scene
from k8sedu.kube.proxy.views.walk_words import caption
from k8sedu.language import Words
from k8sedu.stage.document import Action, Band, Control, Document, Frame, Jump

CHAPTER_US = 100_000_000
STEP_US = 1_000_000
END_US = 90_000_000
MENUS = {
    "pod": (Action("kill", Words("kill it", "杀死它")),),
    "pod-dead": (Action("start", Words("a new pod takes its place", "换上一个新的 Pod")),),
}  # fmt: skip


class Chapter(NamedTuple):
    """A bench, and what was done last."""

    bench: Bench
    name: Words
    said: Words
    walk: Walk | None = None
    """The single request that was sent."""


def film(chapters: Sequence[Chapter], controls: Sequence[Control], *, language: str | None = None) -> Document:
    """The whole session."""
    last = len(chapters) - 1
    frames = [frame for place, chapter in enumerate(chapters) for frame in _frames(chapter, place, is_last=place == last)]
    ends = tuple(place for place, frame in enumerate(frames) if frame.kind == "bench")
    return Document(
        title=Words("Services: the laboratory", "Service 实验室"), frames=tuple(frames), bands=tuple(_bands(chapters)),
        jumps=(Jump(Words("chapter", "章节"), ends),), legend=LEGEND, menus=MENUS, controls=tuple(controls), pace="step",
        end_us=len(chapters) * CHAPTER_US, language=language,
    )  # fmt: skip


def first_step(document: Document, place: int) -> int:
    """The number of the first picture of a chapter."""
    return next(number for number, frame in enumerate(document.frames) if frame.time_us >= place * CHAPTER_US)


def _frames(chapter: Chapter, place: int, *, is_last: bool) -> Iterator[Frame]:
    held, start_us = chapter.bench.held(), place * CHAPTER_US
    if chapter.walk is not None and is_last:
        drawn = drawn_bench(held, chapter.walk, tuple(stations(chapter.walk)))
        for number, moment in enumerate(_way(chapter, chapter.walk)):
            said = chapter.said if moment.kind == "end" else caption(moment, chapter.walk, chapter.bench.node)
            yield Frame(start_us + number * STEP_US, moment.kind, "", walk_scene(moment, drawn, caption=said))
    yield Frame(start_us + END_US, "bench", "", bench_scene(held, caption=chapter.said))


def _way(chapter: Chapter, walk: Walk) -> Iterator[Moment]:
    """The request's moments; where nobody is at the endpoint, it ends there."""
    is_lost = walk.endpoint in chapter.bench.dead
    for moment in moments(walk, chapter.bench.node):
        if is_lost and moment.kind == "arrive":
            yield moment._replace(kind="end")
            return
        yield moment


def _bands(chapters: Sequence[Chapter]) -> Iterator[Band]:
    for place, chapter in enumerate(chapters):
        role = "vermillion" if chapter.bench.dead & set(chapter.bench.known) else "blue"
        yield Band(place * CHAPTER_US, (place + 1) * CHAPTER_US, chapter.name, role, faint=place < len(chapters) - 1)
