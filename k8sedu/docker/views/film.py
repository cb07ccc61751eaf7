"""A run of a Docker host as a film: things keep their places, and a packet glides from hop to hop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from k8sedu.docker.views.captions import caption
from k8sedu.docker.views.scene import host_scene, row_key
from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend, Mark
from k8sedu.stage.player import Player
from k8sedu.trace import Step, Trace

STEP_US = 1_000_000


class PortsError(K8sEduError, ValueError):
    """A trace that shows no Docker host."""


def play(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """A run as an animation; `.save("ports.html")` makes one file that needs nothing else.

    Raises:
        PortsError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, language=language, theme=theme))


def film(
    trace: Trace, *, title: str | Words | None = None, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    **more: Any,
) -> Document:  # fmt: skip
    """A run as a document for the stage; `more` goes to the document.

    Raises:
        PortsError: the trace is of something else, or was made without frames.
    """
    steps = pictured(trace)
    frames = []
    places: dict[str, int] = {}
    lines: dict[str, int] = {}
    for step in steps:
        assert step.frame is not None
        places = kept(places, step.frame.containers)
        lines = kept(lines, (row_key(row) for row in step.frame.rows))
        number = str(step.detail["packet"]) if "packet" in step.detail else None
        scene = host_scene(step.frame, places, lines, caption=caption(step), packet=number)
        frames.append(Frame(step.time_us, step.kind, step.actor, scene))
    return Document(
        title=title or Words("One host, many ports", "一机多端口"), frames=tuple(frames), marks=_marks(trace), jumps=_jumps(trace),
        legend=LEGEND, pace="step", end_us=trace[-1].time_us + STEP_US, language=language, theme=theme, **more,
    )  # fmt: skip


def pictured(trace: Trace) -> tuple[Step, ...]:
    """The steps of a run of a Docker host that can be drawn.

    Raises:
        PortsError: the trace is of something else, or was made without frames.
    """
    if trace.system != "docker" or not len(trace) or trace[0].frame is None:
        raise PortsError(f"met a trace of {trace.system!r}, expected one of docker.simulate with frames")
    return tuple(trace)


def kept(before: dict[str, int], names: Iterable[str]) -> dict[str, int]:
    """Places for names: who had one keeps it, who is new gets the lowest free one.

    >>> kept({"a": 0, "b": 1}, ["b", "c", "d"])
    {'b': 1, 'c': 0, 'd': 2}
    """
    wanted = tuple(names)
    places = {name: before[name] for name in wanted if name in before}
    for name in wanted:
        if name not in places:
            taken = set(places.values())
            places[name] = next(place for place in range(len(wanted)) if place not in taken)
    return places


def _marks(trace: Trace) -> tuple[Mark, ...]:
    icons = {
        "conflict": ("alert", Words("conflict", "冲突")),
        "crash": ("cross", Words("crash", "崩溃")),
        "host_down": ("cross", Words("host fails", "宿主机失效")),
        "host_up": ("restart", Words("host is back", "宿主机恢复")),
        "start": ("restart", Words("starts again", "重新启动")),
    }
    return tuple(Mark(step.time_us, *icons[step.kind]) for step in trace if step.kind in icons)


def _jumps(trace: Trace) -> tuple[Jump, ...]:
    wanted = {"packet": Words("packet", "数据包"), "conflict": Words("conflict", "冲突")}
    found = {kind: tuple(step.index for step in trace.where(kind)) for kind in wanted}
    return tuple(Jump(wanted[kind], steps) for kind, steps in found.items() if steps)


LEGEND = (
    Legend(Words("a packet on its way", "途中的数据包"), letter="?", role="blue"),
    Legend(Words("an answer", "回应"), icon="plus", role="green", hollow=True),
    Legend(Words("refused or lost", "被拒绝或丢失"), icon="cross", role="vermillion", hollow=True),
    Legend(Words("an address that was rewritten here", "在这里被改写的地址"), icon="swap", role="orange"),
)

