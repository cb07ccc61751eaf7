"""A schedule as a film: the same picture for every manager, so that they can be compared by eye."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend, Mark
from k8sedu.stage.player import Player
from k8sedu.trace import Step, Trace
from k8sedu.workload.views.captions import caption
from k8sedu.workload.views.palette import Meaning, meanings, roles
from k8sedu.workload.views.places import Columns, Places
from k8sedu.workload.views.scene import Ghost, schedule_scene


class ScheduleError(K8sEduError, ValueError):
    """A trace that shows no schedule."""


def play(trace: Trace, *, colour: Meaning = "user", **options: Any) -> Player:
    """A schedule as an animation; `.save("schedule.html")` makes one file that needs nothing else.

    Args:
        trace: a run of a cluster manager, with frames.
        colour: what the colour of a task means, its "user" or its "priority".
        options: as `schedule_film` takes them.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    return Player(schedule_film(trace, colour=colour, **options))


def schedule_film(
    trace: Trace,
    *,
    colour: Meaning = "user",
    title: str | Words | None = None,
    language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    say: Callable[[Step], Words] = caption,
    **more: Any,
) -> Document:
    """A schedule as a document for the stage; `say` writes the captions, `more` goes to the document.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    if "jobs" not in trace.parameters or not len(trace) or trace[0].frame is None:
        raise ScheduleError(f"met a trace of {trace.system!r} without a schedule or without frames, expected a manager's run with frames")
    named = roles(trace.parameters.jobs, colour)
    settings: dict[str, Any] = {
        "jumps": _jumps(trace),
        "legend": _legend(trace, colour),
        "pace": "step",
        "end_us": trace[-1].time_us + 1_000_000,
        **more,
    }
    return Document(
        title=title or Words(f"{trace.system.capitalize()}: who runs where", f"{trace.system.capitalize()}：谁在哪里运行"),
        frames=tuple(_frames(trace, named, say)),
        marks=tuple(_marks(trace)),
        language=language,
        theme=theme,
        **settings,
    )


def _frames(trace: Trace, named: Mapping[str, str], say: Callable[[Step], Words]) -> Iterator[Frame]:
    """A frame for each step, in which every block stays where it is until its task leaves."""
    following, before = Places(), dict[str, Columns]()
    for step in trace:
        if step.frame:
            places = following.follow(step.frame)
            scene = schedule_scene(step.frame, named, caption=say(step), places=places, ghost=_ghost(step, before))
            yield Frame(step.time_us, step.kind, step.actor, scene)
            before = dict(places)


def _ghost(step: Step, before: Mapping[str, Columns]) -> Ghost | None:
    """Who was taken off in this step, and stood where."""
    if step.kind not in GONE or step.detail.machine not in before:
        return None
    task, columns = step.detail.task, before[step.detail.machine]
    spans = {key: column[task] for key, column in columns.items() if task in column}
    return Ghost(task, step.detail.machine, spans, icon=GONE[step.kind]) if len(spans) == len(columns) else None


GONE = {"preempt": "swap", "fail": "cross"}
"""The steps that take a task off against its will, with the icon that stays in its place for a moment."""


def _marks(trace: Trace) -> list[Mark]:
    icons = {
        "machine_down": ("cross", Words("machine fails", "机器失效")),
        "machine_up": ("restart", Words("machine is back", "机器恢复")),
        "preempt": ("swap", Words("preemption", "抢占")),
    }
    return [Mark(step.time_us, *icons[step.kind]) for step in trace if step.kind in icons]


def _jumps(trace: Trace) -> tuple[Jump, ...]:
    wanted = {"place": Words("placement", "放置"), "refuse": Words("refusal", "等待"), "preempt": Words("preemption", "抢占")}
    found = {kind: tuple(step.index for step in trace.where(kind)) for kind in wanted}
    return tuple(Jump(wanted[kind], steps) for kind, steps in found.items() if steps)


def _legend(trace: Trace, colour: Meaning) -> tuple[Legend, ...]:
    named = [Legend(text, role=role) for role, text in meanings(trace.parameters.jobs, colour).items()]
    return (
        *named,
        Legend(Words("free, of this resource", "该资源的空闲部分"), role="grey", hollow=True),
        Legend(Words("why this machine is out", "这台机器为何出局"), icon="cross", role="vermillion"),
        Legend(Words("the machine that was chosen", "被选中的机器"), icon="check", role="green"),
        Legend(Words("was taken off just now", "刚刚被移走"), icon="swap", role="vermillion"),
    )
