"""Which messages fly in which chapter of a step: data for the picture of the architecture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.borg.views.layout import SHARD_H, SHARD_W, Layout, Place
from k8sedu.trace import Frozen, Step


class Flying(NamedTuple):
    """A message where it is just now."""

    id: str
    x: float
    y: float
    text: str
    role: str
    hollow: bool = False
    gone: bool = False
    """It arrived nowhere."""


CHAPTERS: dict[str, tuple[str, ...]] = {
    "poll": ("ask", "arrive", "report", "compare", "pass on"),
    "place": ("decide", "write", "copy", "order"),
    "reject_stale": ("decide", "write"),
    "fetch": ("write", "decide"),
    "submit": ("write", "copy"),
    "grant_vote": ("vote", "count"),
    "machine_down": ("write", "copy"),
    "finish": ("write", "copy"),
    "kill_duplicate": ("write", "order"),
}
"""Kind of step → the pictures that show it, in their order."""


def messages(step: Step, chapter: str, layout: Layout) -> Iterator[Flying]:
    """The messages of one picture."""
    if step.kind == "poll":
        yield from _poll(step, chapter, layout)
    elif step.kind == "grant_vote":
        yield from _vote(step, chapter, layout)
    else:
        yield from _line(step, chapter, layout)


def _poll(step: Step, chapter: str, layout: Layout) -> Iterator[Flying]:
    assert step.frame is not None
    more = step.frame.more
    master = more.ready or step.actor
    for name, part in more.shards.items():
        shard = layout.shard(name)
        mine = [machine for machine in part.parts if machine in layout.machines]
        for number, machine in enumerate(mine):
            yield from _question(machine, chapter, _spread(shard, number, len(mine)), layout, answers=more.borglets[machine].answers,
                                 lines=1 + len(more.borglets[machine].tasks))  # fmt: skip
    if chapter in {"compare", "pass on"} and master in layout.replicas:
        yield from _differences(more.shards, chapter, layout.replica(master), layout)


def _differences(shards: Frozen, chapter: str, master: Place, layout: Layout) -> Iterator[Flying]:
    """What is new, first at its link shard, then side by side at the master."""
    passing = [name for name, part in shards.items() if part.get("passed_lines", 0)]
    for number, name in enumerate(passing):
        shard = layout.shard(name)
        at = Place(shard.x + SHARD_W / 2 - 14, shard.y - SHARD_H / 2 - 13)
        if chapter == "pass on":
            at = Place(master.x + 24 * (number - (len(passing) - 1) / 2), master.y + 66)
        yield Flying(f"difference/{name}", *at, str(shards[name].passed_lines), "orange")


def _question(machine: str, chapter: str, at: Place, layout: Layout, *, answers: bool, lines: int) -> Iterator[Flying]:
    """A question on its way down, or the answer on its way up."""
    target = layout.machine(machine)
    if chapter == "ask":
        yield Flying(f"poll/{machine}", *at, "?", "blue")
    elif chapter == "arrive":
        yield Flying(f"poll/{machine}", target.x, target.y - 14, "?", "blue", gone=not answers)
    elif answers and chapter == "report":
        yield Flying(f"poll/{machine}", *at, str(lines), "grey", hollow=True)


def _spread(shard: Place, number: int, count: int) -> Place:
    """Messages side by side under a link shard."""
    return Place(shard.x + 24 * (number - (count - 1) / 2), shard.y + SHARD_H / 2 + 14)


def _beside(place: Place, sender: Place) -> Place:
    """Where a message waits at a replica: on the side from which it came."""
    side = 0 if place == sender else 1 if sender.x > place.x else -1
    return Place(place.x + 44 * side, place.y + (48 if side == 0 else 26))


def _vote(step: Step, chapter: str, layout: Layout) -> Iterator[Flying]:
    voter, candidate = layout.replica(step.actor), layout.replicas.get(step.detail.to)
    if candidate is not None:
        at = voter if chapter == "vote" else _beside(candidate, voter)
        yield Flying(f"vote/{step.actor}", at.x, at.y + (66 if chapter == "vote" else 0), "+", "sky")


def _line(step: Step, chapter: str, layout: Layout) -> Iterator[Flying]:
    """A decision becomes a line of the log, the line is copied, and what follows is an order to a borglet."""
    assert step.frame is not None
    more = step.frame.more
    master = layout.replicas.get(more.ready)
    if master is None:
        return
    if chapter == "decide":
        yield Flying("assignment", layout.desk.x + 14, layout.desk.y, "A" if step.kind != "fetch" else "=", "purple")
    elif chapter == "write":
        role = "purple" if step.kind in {"place", "reject_stale", "fetch"} else "green"
        text = {"place": "A", "reject_stale": "A", "fetch": "="}.get(step.kind, "L")
        yield Flying("assignment" if role == "purple" else "line", master.x - 44, master.y, text, role, gone=step.kind == "reject_stale")
    elif chapter == "copy":
        for name, replica in more.replicas.items():
            if replica.role != "down":
                place = layout.replica(name)
                yield Flying(f"copy/{name}" if name != more.ready else "line", place.x, place.y + 66, "L", "green")
    elif chapter == "order":
        machine = step.detail.get("machine", step.actor)
        if machine in layout.machines:
            target = layout.machine(machine)
            yield Flying("assignment", target.x, target.y - 14, "×" if step.kind == "kill_duplicate" else "A", "purple")
