"""What a chart needs to know of a run: who stood how from when to when, and which messages flew.

A trace is a sequence of instants; a chart shows stretches of time. The functions here turn one into the other, and know no colour, so
that what a chart claims can be tested without looking at it.

A message may be found only in the frames between its sending and its end. One that is sent and arrives at the same microsecond is never
in the air, and so it is not drawn.

Left out: runs without frames. They only count, and there is nothing to be seen in them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen, Step, Trace

Value = TypeVar("Value")

LOSSES = ("message_lost", "message_dropped")

AT_THE_DOOR = ("partition", "receiver is down")


class NoFramesError(K8sEduError, ValueError):
    """A picture was asked of a run that only counted."""


class Span(NamedTuple):
    """A stretch of time in which something about one server stayed the same."""

    start_us: int
    end_us: int


class State(NamedTuple):
    """How a server stood: what a lane of a timeline shows."""

    status: str
    role: str
    term: int


class Flight(NamedTuple):
    """One message on its way, as far as the run has seen it."""

    number: int
    kind: str
    sender: str
    receiver: str
    term: int
    sent_us: int
    end_us: int
    is_lost: bool
    is_lost_on_its_way: bool
    """False for one that found its receiver down or behind a partition: it was lost at the end of its way."""
    is_reply: bool
    is_refusal: bool


def framed(trace: Trace) -> tuple[Step, ...]:
    """The steps of a run that has frames.

    Raises:
        NoFramesError: it has none, or no step at all.
    """
    if not trace.steps or trace[0].frame is None:
        raise NoFramesError(f"{trace!r} has no frames to draw, expected a run with frames=True.")
    return trace.steps


def names(trace: Trace) -> tuple[str, ...]:
    """The servers of the run, in the order of the group."""
    frame = framed(trace)[0].frame
    assert frame is not None
    return tuple(frame.nodes)


def spans(trace: Trace, name: str, look: Callable[[Frozen], Value], *, end_us: int | None = None) -> list[tuple[Span, Value]]:
    """What `look` sees of one server, cut where it changes; the last stretch reaches to the end of the run. O(steps).

    A stretch of no length is left out: what changed twice in one microsecond cannot be seen.
    """
    found: list[tuple[int, Value]] = []
    for step in framed(trace):
        assert step.frame is not None
        value = look(step.frame.nodes[name])
        if not found or found[-1][1] != value:
            found.append((step.time_us, value))
    ends = [start for start, _ in found[1:]] + [trace.duration_us if end_us is None else end_us]
    return [(Span(start, end), value) for (start, value), end in zip(found, ends, strict=True) if end > start]


def state(node: Frozen) -> State:
    """How a server stands now."""
    return State(node.status, node.role, node.term)


def flights(trace: Trace, *, start_us: int = 0, end_us: int | None = None) -> list[Flight]:
    """The messages that were in the air between two times, in the order of sending. O(steps × messages in flight)."""
    end_us = trace.duration_us if end_us is None else end_us
    seen: dict[str, Frozen] = {}
    losses: dict[int, Step] = {}
    for step in framed(trace):
        if step.kind in LOSSES:
            losses[step.detail.message] = step
        if step.frame is not None and step.time_us <= end_us:
            seen.update(step.frame.messages)
    flown = (_flight(message, losses.get(message.id)) for message in seen.values())
    return [flight for flight in flown if flight.end_us >= start_us]


def _flight(message: Frozen, loss: Step | None) -> Flight:
    """A message as it ended: where it arrived, or where and when it was lost."""
    is_lost = message.lost or loss is not None
    on_its_way = is_lost and (loss is None or loss.detail.get("why") not in AT_THE_DOOR)
    end_us = message.due_us if loss is None else loss.time_us
    return Flight(
        message.id, message.kind, message.sender, message.receiver, message.term,
        message.sent_us, end_us, is_lost, on_its_way, message.reply, message.reject,
    )  # fmt: skip


class Reign(NamedTuple):
    """A leader and its term, from its election to its end."""

    leader: str
    term: int
    start_us: int


def reigns(trace: Trace) -> list[Reign]:
    """Who became leader, when, and in which term."""
    return [
        Reign(step.actor, step.frame.nodes[step.actor].term, step.time_us)
        for step in trace.where("become_leader")
        if step.frame is not None
    ]
