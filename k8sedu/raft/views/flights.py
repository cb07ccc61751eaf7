"""Messages on their way: a dot with a letter for a request, a ring with + or − for an answer.

A flight is two lines in time, so nothing has to be drawn anew while a message flies. A message that the network will lose fades out on
its way; where it was lost, a small × stays for a moment. Messages keep to their right, so that question and answer pass each other.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.details import message_details
from k8sedu.raft.views.layout import TOKEN, Point, Ring
from k8sedu.raft.views.nodes import term_role
from k8sedu.raft.views.walls import Barrier
from k8sedu.raft.views.words import MESSAGE_LETTERS, MESSAGE_WORDS, say
from k8sedu.stage.motion import Ramp
from k8sedu.stage.shapes import Icon, Token
from k8sedu.trace import Frozen

LOST_US = 14_000
"""How long the × of a lost message stays, in simulated time."""


class Paint(NamedTuple):
    """How a message of some kind looks."""

    fill: str
    stroke: str | None
    text: str = ""
    icon: str | None = None
    r: float = TOKEN
    ink: str | None = None


def paint(message: Frozen) -> Paint:
    """Requests are filled with the colour of their term; heartbeats are pale; answers are rings; clients' messages are yellow."""
    kind, colour = message["kind"], term_role(message["term"])
    if message["reply"]:
        return _reply_paint(kind, colour, is_refused=message["reject"])
    letter = MESSAGE_LETTERS.get(kind, "?")
    if kind == "client_request":
        return Paint("yellow", None, letter)
    if kind in ("heartbeat", "read_index"):
        return Paint(f"tint:{colour}", None, letter, r=TOKEN - 1, ink="ink")
    if kind == "pre_vote":
        return Paint("paper", colour, letter)
    if kind == "append_entries" and not message["entries"]:
        return Paint(f"tint:{colour}", colour, letter, ink="ink")
    return Paint(colour, None, letter)


def _reply_paint(kind: str, colour: str, *, is_refused: bool) -> Paint:
    if kind == "client_reply":
        return Paint("tint:yellow", "muted", icon="minus" if is_refused else "plus", r=TOKEN - 1, ink="ink")
    if is_refused:
        return Paint("paper", "bad", icon="minus")
    if kind in ("request_vote_reply", "pre_vote_reply"):
        return Paint("paper", "good", icon="plus")
    return Paint("paper", colour, icon="plus", r=TOKEN - 2 if kind == "heartbeat_reply" else TOKEN - 1)


def message_shape(number: str, message: Frozen, ring: Ring, *, barrier: Barrier, is_live: bool) -> Token:
    """A message in flight."""
    start, end = ring.flight(message["sender"], message["receiver"])
    stop, look = _where_it_ends(message, start, end, barrier), paint(message)
    sent_us, due_us = message["sent_us"], max(message["due_us"], message["sent_us"] + 1)
    fades_us = sent_us + (due_us - sent_us) * 6 // 10
    return Token(
        f"message/{number}",
        Ramp(sent_us, due_us, round(start.x, 1), round(stop.x, 1)),
        Ramp(sent_us, due_us, round(start.y, 1), round(stop.y, 1)),
        text=look.text, icon=look.icon, r=look.r, fill=look.fill, stroke=look.stroke, text_fill=look.ink, layer=4,
        opacity=Ramp(fades_us, due_us, 1.0, 0.15) if message["lost"] else 1.0,
        label=spoken(message), details=message_details(message), menu="message" if is_live else None,
    )  # fmt: skip


def spoken(message: Frozen) -> Words:
    """A message in words."""
    kind = MESSAGE_WORDS.get(message["kind"], Words(message["kind"], message["kind"]))
    return say("{k}, {a} to {b}", "{k}，{a} → {b}", k=kind, a=message["sender"], b=message["receiver"])


def lost_shape(number: int, at: Point, lost_us: int) -> Icon:
    """The × where a message was lost."""
    return Icon(
        f"lost/{number}",
        round(at.x, 1),
        round(at.y, 1),
        "cross",
        size=15,
        fill="bad",
        layer=4,
        opacity=Ramp(lost_us + 3_000, lost_us + LOST_US, 1.0, 0.0),
    )


def lost_at(message: Frozen, ring: Ring, barrier: Barrier) -> Point:
    """Where a message ended that never arrived. Before a server that is down, the × stands clear of its badge."""
    start, end = ring.flight(message["sender"], message["receiver"])
    return _where_it_ends(message, start, end, barrier) if message["lost"] else start.between(end, 0.9)


def _where_it_ends(message: Frozen, start: Point, end: Point, barrier: Barrier) -> Point:
    """At its receiver; at the wall if the link is cut; on the way if the network loses it."""
    if not message["lost"]:
        return end
    return barrier.stop((message["sender"], message["receiver"]), start, end) or start.between(end, 0.62)
