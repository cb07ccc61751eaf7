"""A whole run in one chart: terms and roles, messages, commits.

Each chart takes `ax=` and returns the Axes, so that it may stand in a figure of the reader's own. Each computes its title: one sentence
that says what to see in *this* run. Time runs to the right in milliseconds, and every server keeps its lane.

Colour is the term, shape is the role: a leader is filled, a follower is pale, a candidate hatched, a stopped server a dashed line.

Left out: zoom. `start_ms` and `end_ms` cut a stretch out of any of the three.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.raft.views import sentences
from k8sedu.raft.views.canvas import Canvas
from k8sedu.raft.views.kinds import look
from k8sedu.raft.views.spans import Flight, Span, State, flights, names, spans, state
from k8sedu.stage.theme import Theme
from k8sedu.trace import Step, Trace

FAULT_ICONS = {"crash": "cross", "restart": "restart", "resume": "play", "pause": "pause", "slow_disk": "bolt", "clock_drift": "bolt"}
"""What is drawn into a server's lane when something happens to it."""

ELECTION_ICONS = {"election_timeout": "clock", "become_leader": "crown"}
"""The two moments that make an election: the timer that ran out, and the majority."""

FAULT_WORDS = {
    "partition": Words("partition", "网络分区"),
    "heal": Words("healed", "网络恢复"),
    "network": Words("network changes", "网络变化"),
    "spread_timers": Words("timers spread", "错开计时器"),
    "align_timers": Words("timers aligned", "对齐计时器"),
}
"""What is written above all lanes when something happens to everybody."""

HEIGHTS = {"leader": 0.74, "candidate": 0.74, "pre_candidate": 0.74, "follower": 0.46}
"""How much of its lane a band fills."""

LETTERS_MAX, ARROWS_MAX = 60, 300
"""With more messages than this, arrows carry no letters: they would cover each other. With still more they are thin lines without heads."""

ROLE_KEY = {
    "leader": Words("leader", "领导者 leader"),
    "candidate": Words("candidate", "候选人 candidate"),
    "pre_candidate": Words("pre-candidate", "预候选人 pre-candidate"),
    "follower": Words("follower", "跟随者 follower"),
}

ABSENT = {"stopped": Words("stopped", "已停止"), "paused": Words("paused", "已暂停")}


def term_timeline(
    trace: Trace,
    *,
    ax: Axes | None = None,
    start_ms: float = 0,
    end_ms: float | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """Who was what in which term: a lane per server, coloured by term, shaped by role, with the faults in it.

    Raises:
        NoFramesError: the run only counted.
    """
    group = names(trace)
    canvas = Canvas.over_time(trace, ax, start_ms, end_ms, lanes=len(group), language=language, theme=theme)
    canvas.lanes(group)
    seen = [role for lane, name in enumerate(group) for role in _lane(canvas, lane, list(canvas.visible(spans(trace, name, state))))]
    _faults(canvas, trace, {name: lane for lane, name in enumerate(group)}, FAULT_ICONS)
    canvas.key([(_sample(canvas, role), words) for role, words in ROLE_KEY.items() if role in seen])
    return canvas.finish(sentences.of_terms(trace))


def _lane(canvas: Canvas, lane: int, stretches: list[tuple[Span, State]]) -> list[str]:
    """The stretches of one server; gives what the key must explain."""
    told: tuple[str, int] = ("", -1)
    for span, stood in stretches:
        start, end = canvas.clip(span)
        if stood.status == "up":
            told = _band(canvas, lane, (start, end), stood, told)
        else:
            canvas.dashes(start, end, lane)
            canvas.text_across(start, end, lane, [ABSENT[stood.status]], role="muted")
            told = (stood.status, -1)
    return [stood.role for _, stood in stretches if stood.status == "up"]


def _band(canvas: Canvas, lane: int, times: tuple[float, float], stood: State, told: tuple[str, int]) -> tuple[str, int]:
    """One stretch of one lane. `told` is what stands before it: a status, whose icon needs room, and the term that was written last."""
    status, told_term = told
    canvas.band(*times, lane, HEIGHTS[stood.role], **_paint(canvas, stood.role, stood.term))
    leads = Words(f"leads term {stood.term}", f"任期 {stood.term} 的领导者")
    term: list[Words | str] = [Words(f"term {stood.term}", f"任期 {stood.term}"), str(stood.term)]
    if stood.role == "leader":
        is_told = canvas.text_inside(*times, lane, [leads, *term], role=f"on:{term_role(stood.term)}", fontweight="bold")
    elif stood.term == told_term:
        is_told = True
    elif stood.role == "follower":
        is_told = canvas.text_inside(*times, lane, term, role="ink", indent=12 if status else 4)
    else:
        is_told = canvas.text_across(*times, lane, term, role="ink")
    return ("", stood.term) if is_told else told


def term_role(term: int) -> str:
    """The colour of a term; before the first one there is none."""
    return f"term-{term}" if term else "grey"


def _paint(canvas: Canvas, role: str, term: int) -> dict[str, Any]:
    """How a band of this role and term is filled."""
    strong, paper = canvas.colour(term_role(term)), canvas.colour("paper")
    if role == "leader":
        return {"facecolor": strong, "edgecolor": strong}
    if role == "follower":
        return {"facecolor": canvas.colour(f"tint:{term_role(term)}"), "edgecolor": strong, "linewidth": 0.8}
    return {"facecolor": paper, "edgecolor": strong, "hatch": "//////" if role == "candidate" else ".....", "linewidth": 1.2}


def _sample(canvas: Canvas, role: str) -> dict[str, Any]:
    """What the key shows for a role, in the colour of term 1."""
    return {**_paint(canvas, role, 1), "height": HEIGHTS[role]}


def _faults(canvas: Canvas, trace: Trace, lanes: dict[str, int], icons: dict[str, str]) -> None:
    """What happens to one server in its lane, what happens to all of them across all lanes."""
    for step in trace:
        if not canvas.shows(step.time_us):
            continue
        if step.kind in icons and step.actor in lanes:
            canvas.icon(step.time_ms, lanes[step.actor], icons[step.kind], role="bad" if step.kind == "crash" else "ink")
        elif step.kind in FAULT_WORDS:
            canvas.rule(step.time_ms, FAULT_WORDS[step.kind])


# -- messages ----------------------------------------------------------------------------------------------------------------------------


def message_lanes(
    trace: Trace,
    *,
    ax: Axes | None = None,
    start_ms: float = 0,
    end_ms: float | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """A space-time diagram: every message as an arrow from its sender's lane to its receiver's, or to the × where it was lost.

    Best read for a stretch of some 50 ms; give `start_ms` and `end_ms`. With few messages each carries the letter of its kind.

    Raises:
        NoFramesError: the run only counted.
    """
    lanes = {name: lane for lane, name in enumerate([*_clients(trace), *names(trace)])}
    canvas = Canvas.over_time(trace, ax, start_ms, end_ms, lanes=len(lanes) + 2, language=language, theme=theme)
    canvas.lanes(list(lanes))
    for name, lane in lanes.items():
        _life(canvas, trace, name, lane)
    flown = flights(trace, start_us=canvas.start_us, end_us=canvas.end_us)
    for flight in flown:
        _flight(canvas, flight, lanes, count=len(flown))
    _faults(canvas, trace, lanes, {**FAULT_ICONS, **ELECTION_ICONS})
    _key_to_messages(canvas, flown)
    return canvas.finish(sentences.of_messages(flown))


def _clients(trace: Trace) -> tuple[str, ...]:
    frame = trace[0].frame
    return tuple(frame.clients) if frame is not None else ()


def _life(canvas: Canvas, trace: Trace, name: str, lane: int) -> None:
    """The line of one server or client: thick while it leads, dashed while it is down."""
    if name not in names(trace):
        canvas.line((canvas.start_us / 1000, canvas.end_us / 1000), lane, role="line")
        return
    for span, stood in canvas.visible(spans(trace, name, state)):
        if stood.status != "up":
            canvas.dashes(*canvas.clip(span), lane)
        else:
            leads = stood.role == "leader"
            canvas.line(canvas.clip(span), lane, role=term_role(stood.term) if leads else "grey", width=5 if leads else 1.2)


def _flight(canvas: Canvas, flight: Flight, lanes: dict[str, int], *, count: int) -> None:
    start, end = (flight.sent_us / 1000, lanes[flight.sender]), (flight.end_us / 1000, lanes[flight.receiver])
    kind = look(flight.kind)
    reach = 1.0 if not flight.is_lost else 0.7 if flight.is_lost_on_its_way else 0.92
    draw = canvas.thread if count > ARROWS_MAX else canvas.arrow
    draw(start, _between(start, end, reach), role=kind.role, is_lost=flight.is_lost, is_reply=flight.is_reply)
    if count <= LETTERS_MAX:
        letter = ("−" if flight.is_refusal else "+") if flight.is_reply else kind.letter
        place = _between(start, end, 0.3 if flight.is_reply else 0.4)
        canvas.token(*place, letter, role=kind.role, rim=("bad" if flight.is_refusal else kind.role) if flight.is_reply else None)


def _between(start: tuple[float, float], end: tuple[float, float], share: float) -> tuple[float, float]:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _key_to_messages(canvas: Canvas, flown: list[Flight]) -> None:
    kinds = dict.fromkeys(look(flight.kind) for flight in flown)
    entries = [(kind.letter, kind.role, kind.words, False) for kind in kinds]
    if any(flight.is_reply and not flight.is_refusal for flight in flown):
        entries.append(("+", "grey", Words("yes", "同意"), True))
    if any(flight.is_refusal for flight in flown):
        entries.append(("−", "bad", Words("no", "拒绝"), True))
    canvas.letters(entries)


# -- commits -----------------------------------------------------------------------------------------------------------------------------


def commit_timeline(
    trace: Trace,
    *,
    ax: Axes | None = None,
    start_ms: float = 0,
    end_ms: float | None = None,
    language: str | None = None,
    theme: Theme = "light",
) -> Axes:
    """How far each server knows the log to be committed; thick and coloured while it leads.

    The lines are drawn a hair apart, so that servers which agree stay visible beside each other.

    Raises:
        NoFramesError: the run only counted.
    """
    group = names(trace)
    canvas = Canvas.over_time(trace, ax, start_ms, end_ms, lanes=7, has_numbers=True, language=language, theme=theme)
    top = max(committed(step, name) for step in trace for name in group)
    canvas.counts(top, Words("commit index", "提交位置 commit index"))
    offsets = {name: ((len(group) - 1) / 2 - place) * 2.4 / canvas.points_per_y for place, name in enumerate(group)}
    for name, offset in offsets.items():
        _stairs(canvas, trace, name, offset)
    last = trace.at(min(canvas.end_us, trace.duration_us))
    canvas.end_labels([(committed(last, name) + offset, name) for name, offset in offsets.items()])
    _moments(canvas, trace, offsets)
    return canvas.finish(sentences.of_commits(trace, start_us=canvas.start_us, end_us=canvas.end_us))


def committed(step: Step, name: str) -> int:
    """How far a server knew the log to be committed after a step."""
    return int(step.frame.nodes[name].commit_index) if step.frame is not None else 0


def _stairs(canvas: Canvas, trace: Trace, name: str, offset: float) -> None:
    """One server's line, with a hole while it is down and a thick part while it leads."""
    before: tuple[float, float] | None = None
    for span, (index, stood) in canvas.visible(spans(trace, name, lambda node: (node.commit_index, state(node)))):
        start, end = canvas.clip(span)
        if stood.status == "stopped":
            before = None
            continue
        leads = stood.role == "leader"
        role, width = (term_role(stood.term), 4.0) if leads else ("muted", 1.3)
        canvas.stair(before, (start, end), index + offset, role=role, width=width)
        before = end, index + offset


def _moments(canvas: Canvas, trace: Trace, offsets: dict[str, float]) -> None:
    """Crashes, restarts and new leaders, on the line of the server that they happen to."""
    for step in trace:
        if not canvas.shows(step.time_us):
            continue
        if step.kind in {"crash", "restart", "become_leader"}:
            icon, y = FAULT_ICONS.get(step.kind, "crown"), committed(step, step.actor) + offsets[step.actor]
            canvas.icon(step.time_ms, y, icon, role="bad" if step.kind == "crash" else "ink")
        if step.kind == "become_leader":
            canvas.rule(step.time_ms, Words(f"{step.actor} leads", f"{step.actor} 当选"))
        elif step.kind in FAULT_WORDS:
            canvas.rule(step.time_ms, FAULT_WORDS[step.kind])
