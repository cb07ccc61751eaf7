"""One server as a picture: role, term, votes and timer, told by shape before colour.

A follower is hollow, a candidate has a dashed ring and a dot per vote, a leader is filled and wears a crown, a stopped server is grey
with a cross, a paused one shows two bars, a learner and an outsider say so in words. The election timer is an arc that runs out; since it
is written as a line in time (`Ramp`), it runs without any new picture.

Source: the look of RaftScope (vote dots, timer arcs, filling by term), with names, roles and history added.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.layout import TIMER_GAP, Ring
from k8sedu.raft.views.words import ROLE_WORDS, STATUS_WORDS, say
from k8sedu.stage.motion import Number, Ramp
from k8sedu.stage.shapes import Arc, Circle, Detail, Group, Icon, Label, Line, Shape
from k8sedu.trace import Frozen


class Standing(NamedTuple):
    """What a server is to its group: a voter, or one of old and new voters in a joint configuration, a learner, or no member."""

    is_member: bool
    note: Words | None


VOTER = Standing(is_member=True, note=None)
LEARNER = Standing(is_member=True, note=Words("learner", "学习者"))
OUTSIDE = Standing(is_member=False, note=Words("not a member", "非成员"))
OLD = Standing(is_member=True, note=Words("old", "旧成员"))
NEW = Standing(is_member=True, note=Words("new", "新成员"))


def standing(name: str, group: Frozen) -> Standing:
    """What a server is, in the configuration that counts now."""
    in_new, in_old = name in group["voters"], name in group["outgoing"]
    if group["outgoing"] and in_new != in_old:
        return NEW if in_new else OLD
    if in_new or not group["voters"]:
        return VOTER
    return LEARNER if name in group["learners"] else OUTSIDE


def term_role(term: int) -> str:
    """The colour of a term; there is none before the first."""
    return f"term-{term}" if term else "grey"


def node_shape(node: Frozen, ring: Ring, *, group: Frozen, heartbeat_us: int, details: tuple[Detail, ...], is_live: bool) -> Group:
    """A server in its place, clickable."""
    name, place, r = node["id"], ring.place(node["id"]), ring.radius
    state = standing(name, group)
    parts = [
        *_timer(node, r, heartbeat_us),
        _disc(node, r, state),
        *_crossed(node, r),
        *_name(node, r),
        *_note(node, r, state, is_low=place.y > 310),
        *_votes(node, group, r),
        *_badge(node, r),
        *_disk(node, r),
    ]
    opacity = 1.0 if state.is_member else 0.75
    return Group(
        f"node/{name}", place.x, place.y, tuple(parts), layer=2, opacity=opacity, label=spoken(node, state), details=details,
        menu=menu_of(node, state) if is_live else None,
    )  # fmt: skip


def spoken(node: Frozen, state: Standing = VOTER) -> Words:
    """A server in words, for screen readers and as its name in the panel."""
    if node["status"] != "up":
        return say("{n}, {s}", "{n}，{s}", n=node["id"], s=STATUS_WORDS[node["status"]])
    if state.note is not None:
        return say("{n}, {s}, term {t}", "{n}，{s}，term {t}", n=node["id"], s=state.note, t=node["term"])
    return say("{n}, {r} of term {t}", "{n}，{r}，term {t}", n=node["id"], r=ROLE_WORDS[node["role"]], t=node["term"])


def menu_of(node: Frozen, state: Standing = VOTER) -> str:
    """Which menu a live laboratory opens for it."""
    if node["status"] != "up":
        return f"node-{node['status']}"
    if state in (LEARNER, OUTSIDE):
        return "node-learner" if state.is_member else "node-outside"
    return "node-leader" if node["role"] == "leader" else "node-up"


# -- parts -------------------------------------------------------------------------------------------------------------------------------


def _disc(node: Frozen, r: float, state: Standing) -> Circle:
    """The server itself."""
    own, role, status = f"node/{node['id']}/ring", node["role"], node["status"]
    colour = term_role(node["term"])
    if status == "stopped":
        return Circle(own, 0, 0, r, fill="card", stroke="grey")
    if not state.is_member:
        return Circle(own, 0, 0, r, fill="paper", stroke="grey", dashed=True)
    if role == "leader":
        return Circle(own, 0, 0, r, fill=f"tint:{colour}" if status == "paused" else colour, stroke=colour, width=2)
    if role in ("candidate", "pre_candidate"):
        return Circle(own, 0, 0, r, fill="paper", stroke=colour if role == "candidate" else "muted", width=3.5, dashed=True)
    return Circle(own, 0, 0, r, fill="paper", stroke="grey" if status == "paused" else colour, width=2)


def _timer(node: Frozen, r: float, heartbeat_us: int) -> list[Shape]:
    """The arc that runs out: the election timer, or, thinner, a leader's time to its next heartbeats."""
    if node["status"] != "up":
        return []
    if node["timer_due_us"] is not None and node["role"] != "leader":
        stands = node["role"] == "candidate"
        arc = _running_out(node["timer_due_us"], node["timer_total_us"])
        return [Arc(f"node/{node['id']}/timer", 0, 0, r + TIMER_GAP, arc, stroke=term_role(node["term"]) if stands else "muted")]
    if node["heartbeat_due_us"] is not None and heartbeat_us:
        arc = _running_out(node["heartbeat_due_us"], heartbeat_us)
        return [Arc(f"node/{node['id']}/beat", 0, 0, r + TIMER_GAP - 1, arc, stroke=term_role(node["term"]), width=2, opacity=0.6)]
    return []


def _running_out(due_us: int, total_us: int) -> Number:
    return Ramp(due_us - max(total_us, 1), due_us, 1.0, 0.0)


def _crossed(node: Frozen, r: float) -> list[Shape]:
    if node["status"] != "stopped":
        return []
    far, own = round(r / math.sqrt(2), 1), f"node/{node['id']}/cross"
    return [Line(f"{own}/a", -far, -far, far, far, stroke="grey"), Line(f"{own}/b", far, -far, -far, far, stroke="grey")]


def _name(node: Frozen, r: float) -> list[Shape]:
    """Name, crown, bars."""
    own, name, role, status = f"node/{node['id']}", node["id"], node["role"], node["status"]
    leads, is_paused = role == "leader" and status != "stopped", status == "paused"
    ink = f"on:{term_role(node['term'])}" if leads and not is_paused else "muted" if status == "stopped" else "ink"
    has_votes = role in ("candidate", "pre_candidate") and status == "up"
    y = 0.0 if status == "stopped" else 0.16 * r if leads else -0.16 * r if has_votes or is_paused else 0.0
    size = 16 if r >= 28 else 14 if r >= 24 else 12
    shapes: list[Shape] = [Label(f"{own}/name", 0, y, name, size=size, weight=600, fill=ink, halo="card" if status == "stopped" else None)]
    if leads:
        shapes.append(Icon(f"{own}/crown", 0, -0.5 * r, "crown", size=round(0.5 * r, 1), fill=ink))
    if is_paused:
        shapes.append(Icon(f"{own}/bars", 0, (0.62 if leads else 0.42) * r, "pause", size=round(0.45 * r, 1), fill="ink"))
    return shapes


def _note(node: Frozen, r: float, state: Standing, *, is_low: bool) -> list[Shape]:
    """What it is to the group, below it, or above it at the lower edge of the stage."""
    if state.note is None:
        return []
    y = r + TIMER_GAP + 11
    return [Label(f"node/{node['id']}/note", 0, -y if is_low else y, state.note, size=12, fill="muted", halo="paper")]


def _votes(node: Frozen, group: Frozen, r: float) -> list[Shape]:
    """A dot per voter: filled for a yes, a cross for a no, hollow while the answer is out."""
    if node["role"] not in ("candidate", "pre_candidate") or node["status"] != "up":
        return []
    voters = tuple(dict.fromkeys((*node["voters"], *node["outgoing"]))) or group["voters"]
    gap = min(9.0, 1.66 * r / max(len(voters), 1))
    size = min(3.6, gap * 0.4)
    left = -gap * (len(voters) - 1) / 2
    return [
        _vote(f"node/{node['id']}/vote/{voter}", round(left + gap * number, 1), round(0.42 * r, 1), size, node["votes"].get(voter))
        for number, voter in enumerate(voters)
    ]


def _vote(own: str, x: float, y: float, size: float, answer: bool | None) -> Shape:  # noqa: FBT001  # yes, no, or no answer yet
    if answer is False:
        return Icon(f"{own}/no", x, y, "cross", size=round(size * 2.9, 1), fill="bad")
    return Circle(own, x, y, round(size, 1), fill="good" if answer else "paper", stroke="good" if answer else "muted", width=1.2)


def _badge(node: Frozen, r: float) -> list[Shape]:
    """The term, upper right."""
    own, colour, at = f"node/{node['id']}/badge", term_role(node["term"]), round(0.76 * r, 1)
    wide = 10.0 if node["term"] < 100 else 12.5
    return [
        Circle(own, at, -at, wide, fill=colour, stroke="paper"),
        Label(f"{own}/term", at, -at, str(node["term"]), size=12, weight=600, fill=f"on:{colour}"),
    ]


def _disk(node: Frozen, r: float) -> list[Shape]:
    """A disk at the lower left while everything waits for it to be written."""
    if node["disk_busy_until_us"] is None or node["status"] == "stopped":
        return []
    own, at = f"node/{node['id']}/disk", round(0.76 * r, 1)
    return [Circle(own, -at, at, 10, fill="paper", stroke="muted"), Icon(f"{own}/icon", -at, at, "disk", size=13, fill="ink")]
