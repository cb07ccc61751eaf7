"""Borg's architecture alive: polls go down, whole reports come up, differences go on to the master; the log is copied, masters are elected.

A step of the run becomes a few pictures, so that one sees messages on their way: of a poll the questions, the reports and the differences;
of a placement the decision, the line in the log, the copies of it, and the order to the borglet. Time stands still meanwhile: in the run
all that takes a few milliseconds.

Left out: heartbeats between replicas, of which there are many and which say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from k8sedu.borg.views.captions import caption
from k8sedu.borg.views.cell_scene import architecture_scene, still_shapes
from k8sedu.borg.views.layout import Layout
from k8sedu.borg.views.messages import CHAPTERS, messages
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend, Mark
from k8sedu.stage.player import Player
from k8sedu.trace import Step, Trace
from k8sedu.workload.views.film import ScheduleError

__all__ = ["architecture", "architecture_film", "architecture_scene", "still_shapes"]

LEFT_OUT = frozenset({"become_candidate", "task_ended", "refuse", "end"})


def architecture(trace: Trace, *, start_ms: float = 0, end_ms: float | None = None, **options: Any) -> Player:
    """The architecture as an animation of a part of a run.

    Args:
        trace: a run of `borg.simulate`, with frames.
        start_ms: where to begin.
        end_ms: where to end; the whole rest without it.
        options: as `architecture_film` takes them.

    Raises:
        ScheduleError: the trace is of something else, was made without frames, or has no step in that time.
    """
    return Player(architecture_film(trace, start_ms=start_ms, end_ms=end_ms, **options))


def architecture_film(
    trace: Trace, *, start_ms: float = 0, end_ms: float | None = None, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto", **more: Any,
) -> Document:  # fmt: skip
    """The same as a document for the stage; `more` goes to the document.

    Raises:
        ScheduleError: as `architecture`.
    """
    if trace.system != "borg" or not len(trace) or trace[0].frame is None:
        raise ScheduleError(f"met a trace of {trace.system!r}, expected one of borg.simulate with frames")
    end_us = trace.duration_us if end_ms is None else round(end_ms * 1_000)
    steps = [step for step in trace.between(round(start_ms * 1_000), end_us + 1) if step.kind not in LEFT_OUT]
    if not steps:
        raise ScheduleError(f"met no step from {start_ms} to {end_us / 1_000:g} ms, expected a time within the run")
    first = trace[0].frame
    layout = Layout(list(first.more.replicas), list(first.machines))
    frames = [frame for step in steps for frame in _pictures(step, layout)]
    more.setdefault("title", Words("Borg: masters, link shards, borglets", "Borg：主控、链接分片与 borglet"))
    return Document(
        frames=tuple(frames), marks=_marks(steps), jumps=_jumps(frames), legend=LEGEND, pace="step", end_us=end_us + 1_000_000,
        language=language, theme=theme, **more,
    )  # fmt: skip


def _pictures(step: Step, layout: Layout) -> Iterator[Frame]:
    """The pictures of one step: one for each leg of its messages, or a single one."""
    assert step.frame is not None
    chapters = CHAPTERS.get(step.kind)
    if chapters is None:
        yield Frame(step.time_us, step.kind, step.actor, architecture_scene(step.frame, layout, caption=caption(step)))
        return
    for chapter in chapters:
        flying = tuple(messages(step, chapter, layout))
        yield Frame(step.time_us, step.kind, step.actor, architecture_scene(step.frame, layout, flying, caption=caption(step)))


def _marks(steps: list[Step]) -> tuple[Mark, ...]:
    icons = {
        "machine_crash": ("cross", Words("machine fails", "机器失效")),
        "master_lost": ("cross", Words("master lost", "主控丢失")),
        "master_ready": ("flag", Words("a master works", "主控就绪")),
        "checkpoint": ("snapshot", Words("checkpoint", "检查点")),
        "reject_stale": ("alert", Words("stale assignment refused", "过时的分配被拒")),
    }
    return tuple(Mark(step.time_us, *icons[step.kind]) for step in steps if step.kind in icons)


def _jumps(frames: list[Frame]) -> tuple[Jump, ...]:
    wanted = {"poll": Words("poll", "轮询"), "place": Words("placement", "放置"), "become_leader": Words("election", "选举")}
    found = {
        kind: tuple(number for number, frame in enumerate(frames) if frame.kind == kind and (not number or frames[number - 1].kind != kind))
        for kind in wanted
    }
    return tuple(Jump(wanted[kind], steps) for kind, steps in found.items() if steps)


LEGEND = (
    Legend(Words("a poll: what do you run?", "轮询：你在运行什么？"), letter="?", role="blue"),
    Legend(Words("a whole report, in lines", "完整上报（行数）"), letter="7", role="grey", hollow=True),
    Legend(Words("only what is new, in lines", "只有变化的部分（行数）"), letter="2", role="orange"),
    Legend(Words("a line of the log, and its copies", "日志中的一行及其副本"), letter="L", role="green"),
    Legend(Words("an assignment by the scheduler", "调度器的分配"), letter="A", role="purple"),
    Legend(Words("the master", "主控"), icon="crown", role="blue"),
)
