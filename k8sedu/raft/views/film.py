"""A run as a film: which steps are shown, which sentence each gets, and what stands on the scrubber.

A trace is finer than a reader needs: a vote request that arrives, a term that is adopted and a vote that is given are three steps of one
server at one instant. The film shows them as one, with the caption of the most telling one.

Left out: choosing what is important. Every message of the run is in the film; the buttons "next election", "next fault" skip to what
matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.bands import bands, jumps, marks
from k8sedu.raft.views.captions import caption, telling
from k8sedu.raft.views.election_scene import LOST_KINDS, FramesError, Loss, Stage, framed, members
from k8sedu.raft.views.flights import LOST_US
from k8sedu.raft.views.layout import Ring
from k8sedu.raft.views.source import heartbeat_us, scenario_text
from k8sedu.raft.views.words import say
from k8sedu.stage.document import Document, Frame, Legend
from k8sedu.stage.player import Player
from k8sedu.trace import Frozen, Step, Trace

CAUSES = ("receive_", "election_timeout", "heartbeat_timeout", "client_request", "disk_written")
"""A step whose kind begins so is the beginning of something, even at the same instant as the step before."""


class Event(NamedTuple):
    """What a reader sees as one thing: steps of one server at one instant, and the frame before them."""

    steps: tuple[Step, ...]
    before: Frozen | None

    @property
    def step(self) -> Step:
        """The most telling one."""
        return telling(self.steps)

    @property
    def last(self) -> Step:
        """The one with the frame to show."""
        return self.steps[-1]

    @property
    def kinds(self) -> frozenset[str]:
        """What it consists of."""
        return frozenset(step.kind for step in self.steps)


def play(
    trace: Trace,
    *,
    title: str | Words | None = None,
    language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    start_ms: float | None = None,
    end_ms: float | None = None,
) -> Player:
    """The run as an animation: it shows itself in a notebook, and `.save("run.html")` makes one file that needs nothing else.

    `language` ("en" or "zh") and `theme` are what it begins with; the reader may change them. With `start_ms` and `end_ms` the film shows
    only a part of the run.

    Raises:
        FramesError: the run was recorded with frames=False, or nothing happens in the chosen time.
    """
    return Player(film(trace, title=title, language=language, theme=theme, start_ms=start_ms, end_ms=end_ms))


def film(
    trace: Trace,
    *,
    title: str | Words | None = None,
    language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
    start_ms: float | None = None,
    end_ms: float | None = None,
    is_live: bool = False,
) -> Document:
    """The run as a document for the stage: data that a player, a slide or a film strip is made from."""
    shown = between(events(trace), start_ms=start_ms, end_ms=end_ms)
    if not shown:
        raise FramesError(f"nothing happens from {start_ms} to {end_ms} ms, expected times between 0 and {trace.duration_us / 1000:g} ms.")
    end_us = round(end_ms * 1000) if end_ms is not None else trace.duration_us
    return Document(
        title=title or default_title(trace),
        frames=tuple(frames(trace, shown, is_live=is_live)),
        bands=bands(shown, end_us=end_us),
        marks=marks(shown, end_us=end_us),
        jumps=jumps(shown, is_live=is_live),
        legend=LEGEND,
        source=scenario_text(trace),
        slowdown=50,
        end_us=end_us,
        language=language,
        theme=theme,
    )


def events(trace: Trace) -> tuple[Event, ...]:
    """The steps of a trace, gathered into what a reader sees as one thing."""
    found: list[Event] = []
    for step in trace:
        if found and _continues(found[-1].last, step):
            found[-1] = found[-1]._replace(steps=(*found[-1].steps, step))
        else:
            found.append(Event((step,), found[-1].last.frame if found else None))
    return tuple(found)


def _continues(before: Step, step: Step) -> bool:
    same = step.time_us == before.time_us and step.actor == before.actor != ""
    return same and not step.kind.startswith(CAUSES)


def between(found: Sequence[Event], *, start_ms: float | None, end_ms: float | None) -> tuple[Event, ...]:
    """The events of a stretch of time, beginning with the state that it begins in."""
    end_us = float("inf") if end_ms is None else end_ms * 1000
    start_us = 0 if start_ms is None else start_ms * 1000
    first = max((number for number, event in enumerate(found) if event.last.time_us <= start_us), default=0)
    return tuple(event for event in found[first:] if event.last.time_us <= end_us)


def frames(trace: Trace, shown: Sequence[Event], *, is_live: bool) -> Iterator[Frame]:
    """A scene for each event. The panel keeps showing the server of the last event that was about one."""
    first = framed(shown[0].last)
    stage = Stage(
        Ring.of(tuple(first["nodes"]), tuple(first["clients"])),
        heartbeat_us=heartbeat_us(trace),
        is_live=is_live,
        subtitle=subtitle(trace, first),
    )
    losses: tuple[Loss, ...] = ()
    focus: str | None = None
    for event in shown:
        step, frame, time_us = event.step, framed(event.last), event.last.time_us
        losses = (*(loss for loss in losses if loss.time_us + LOST_US > time_us), *_lost(stage, event, frame))
        if step.actor in frame["nodes"]:
            focus = f"node/{step.actor}"
        why = caption(step, event.before, frame)
        yield Frame(time_us, step.kind, step.actor, stage.scene(step, frame, why, focus=focus, losses=losses))


def _lost(stage: Stage, event: Event, frame: Frozen) -> tuple[Loss, ...]:
    """The message that got lost in this event, if one did."""
    step, number = event.step, event.step.detail.get("message")
    message = event.before["messages"].get(str(number)) if event.before is not None and step.kind in LOST_KINDS else None
    if message is None and step.kind in LOST_KINDS:
        message = frame["messages"].get(str(number))
    return (stage.lost(number, message, frame, step.time_us),) if message is not None and number is not None else ()


def default_title(trace: Trace) -> Words:
    """What the run is called if nobody says."""
    size = trace.parameters.get("size", 0)
    return say("Raft with {s} server{plural}", "{s} 个节点的 Raft", s=size, plural="" if size == 1 else "s")


def subtitle(trace: Trace, frame: Frozen) -> Words:
    """Members and seed."""
    return say("{m} · seed {s}", "{m} · 种子 {s}", m=members(frame), s=trace.seed)


LEGEND = (
    Legend(Words("RequestVote: vote for me", "RequestVote：请投票给我"), letter="V", role="blue"),
    Legend(Words("PreVote: would you vote for me?", "PreVote：你会投给我吗？"), letter="P", role="blue", hollow=True),
    Legend(Words("AppendEntries: new log entries", "AppendEntries：新的日志条目"), letter="A", role="blue"),
    Legend(Words("heartbeat of the leader", "leader 的心跳"), letter="H", role="sky"),
    Legend(Words("InstallSnapshot", "InstallSnapshot：发送快照"), letter="S", role="blue"),
    Legend(Words("TimeoutNow: take over", "TimeoutNow：请立即接任"), letter="T", role="blue"),
    Legend(Words("request of a client", "客户端的请求"), letter="R", role="yellow"),
    Legend(Words("answer: yes", "答复：同意"), icon="plus", role="good", hollow=True),
    Legend(Words("answer: no", "答复：拒绝"), icon="minus", role="bad", hollow=True),
    Legend(Words("leader (colours are terms)", "leader 领导者（颜色表示 term）"), icon="crown", role="blue"),
    Legend(Words("in the logs: surely stored, as the leader knows", "日志下方：leader 确知已存到这里 (match)"), icon="dot", role="ink"),
    Legend(Words("message lost here", "消息在此丢失"), icon="cross", role="bad"),
)
"""The key to the picture."""
