"""Who runs where under Swarm: the picture of every schedule, and below the queue those who decide.

Classic Swarm has one manager: an eye on each host says that the manager knows it, and a small box counts the stopped containers that still
lie there. Swarm mode has a group: a crown for the leader, a cross for who is down, and a word when no majority is left.

Left out: Raft's messages between the managers; `k8sedu.raft` draws them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from k8sedu.language import Words
from k8sedu.stage.document import Document, Jump, Legend, Mark
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.player import Player
from k8sedu.stage.shapes import Circle, Icon, Label, Line, Rect, Shape
from k8sedu.swarm.views.captions import caption
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.views.film import schedule_film
from k8sedu.workload.views.foot import FOOT, drawn_upon, expect_run_of
from k8sedu.workload.views.scene import MACHINES, QUEUE_WIDTH, Box, machine_boxes

LETTERS = 12.0


def play(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """A run of Swarm as an animation; `.save("swarm.html")` makes one file that needs nothing else.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, language=language, theme=theme))


def film(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto", **more: Any) -> Document:
    """A run of Swarm as a document for the stage.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    expect_run_of(trace, "swarm", made_by="swarm.simulate or swarm.simulate_services")
    whole = schedule_film(trace, title=title_of(trace), language=language, theme=theme, say=caption, **more)
    marks, jumps = (*whole.marks, *_marks(trace)), (*whole.jumps, *_jumps(trace))
    shown = drawn_upon(whole, trace, lambda frame: _group(frame) if frame.more.mode == "swarm" else _classic(frame))
    return replace(shown, marks=marks, jumps=jumps, legend=(*whole.legend, *LEGEND))


def title_of(trace: Trace) -> Words:
    """Which Swarm it is."""
    if trace.parameters.mode == "swarm":
        return Words("Swarm mode: managers see to what one wishes for", "Swarm 模式：管理者负责实现愿望")
    strategy = trace.parameters.strategy
    return Words(f"Classic Swarm, strategy {strategy}", f"经典 Swarm，策略 {strategy}")


# -- swarm mode --------------------------------------------------------------------------------------------------------------------------


def _group(frame: Frozen) -> Iterator[Shape]:
    yield Label("managers/title", 8, FOOT - 14, Words("managers", "管理者（manager）"), anchor="start", weight=600)
    managers = list(frame.more.managers.items())
    gap = QUEUE_WIDTH / max(len(managers), 1)
    for number, (name, manager) in enumerate(managers):
        yield from _manager(name, manager, 8 + gap * (number + 0.5), FOOT + 38, min(20.0, gap / 2 - 3), leads=name == frame.more.leader)
    leader = frame.more.leader
    if not frame.more.quorum:
        text, role = Words("no majority: nothing new", "没有多数派：不再有新决定"), "vermillion"
    elif not leader:
        text, role = Words("no leader yet", "尚无领导者"), "muted"
    else:
        text, role = Words(f"{leader} leads", f"{leader} 领导"), "muted"
    yield Label("managers/state", 8, FOOT + 80, text, anchor="start", size=LETTERS, fill=role)
    yield from _unsure(frame)


def _manager(name: str, manager: Frozen, x: float, y: float, r: float, *, leads: bool) -> Iterator[Shape]:
    number = name.rpartition("-")[2]
    role = f"term-{manager.term}" if manager.term else "grey"
    details = ((Words("role", "角色"), manager.role or "–"), (Words("term", "任期"), str(manager.term)))
    yield Circle(
        f"manager/{name}", x, y, r, fill=(role if leads else "paper") if manager.up else "card", stroke=role if manager.up else "grey",
        width=2.5, dashed=not manager.up, label=Words(f"manager {name}", f"管理者 {name}"), details=details,
    )  # fmt: skip
    if not manager.up:
        yield Icon(f"manager/{name}/cross", x, y, "cross", size=18, fill="muted", layer=2)
        return
    yield Label(f"manager/{name}/name", x, y, number, weight=600, fill=f"on:{role}" if leads else "ink", layer=2)
    if leads:
        yield Icon(f"manager/{name}/crown", x, y - r - 8, "crown", size=15, fill="orange", layer=2)


def _unsure(frame: Frozen) -> Iterator[Shape]:
    """Where the managers believe something else of a node than what is true, or have emptied it, the node says so."""
    for name, box in machine_boxes(list(frame.machines)[:MACHINES]).items():
        node = frame.more.nodes.get(name)
        if node is None:
            continue
        word = WORDS.get(node.availability) or (WORDS.get(node.status) if frame.machines[name].up else None)
        if word is not None:
            yield from _tag(f"node/{name}/state", box, word, "orange")


WORDS = {
    "drain": Words("drained", "已排空"), "pause": Words("paused", "已暂停"), "unknown": Words("unknown", "状态未知"),
    "down": Words("taken for down", "被认为失效"),
}  # fmt: skip


def _tag(id_: str, box: Box, text: Words, role: str) -> Iterator[Shape]:
    y = box.y + box.h - 22
    yield Rect(id_, box.x + 8, y, box.w - 16, 18, r=9, fill=f"tint:{role}", stroke=role, layer=6)
    shown = Words(fit(text.en, box.w - 24, LETTERS), fit(text.zh, box.w - 24, LETTERS))
    yield Label(f"{id_}/text", box.x + box.w / 2, y + 9, shown, size=LETTERS, layer=7)


# -- classic -----------------------------------------------------------------------------------------------------------------------------


def _classic(frame: Frozen) -> Iterator[Shape]:
    more = frame.more
    yield Label("managers/title", 8, FOOT - 14, Words("manager", "管理者（manager）"), anchor="start", weight=600)
    yield Rect(
        "manager", 8, FOOT, QUEUE_WIDTH, 48, r=8, fill="tint:blue" if more.manager else "card", stroke="blue" if more.manager else "grey",
        width=2, dashed=not more.manager,
    )  # fmt: skip
    if not more.manager:
        yield Icon("manager/cross", 8 + QUEUE_WIDTH / 2, FOOT + 24, "cross", size=20, fill="muted", layer=2)
    else:
        known = Words(f"knows {len(more.known)} of {len(frame.machines)} hosts", f"认识 {len(more.known)}/{len(frame.machines)} 台主机")
        yield Label("manager/strategy", 8 + QUEUE_WIDTH / 2, FOOT + 15, more.strategy, weight=600, layer=2)
        yield Label("manager/known", 8 + QUEUE_WIDTH / 2, FOOT + 34, known, size=LETTERS, layer=2)
    below = Words("what runs, runs on", "运行中的照常运行") if not more.manager else Words("", "")
    yield Label("managers/state", 8, FOOT + 66, below, anchor="start", size=LETTERS, fill="vermillion")
    for name, box in machine_boxes(list(frame.machines)[:MACHINES]).items():
        yield from _host(name, box, frame)


def _host(name: str, box: Box, frame: Frozen) -> Iterator[Shape]:
    """An eye for a host that the manager knows, a struck one for a host that it takes for sick, and the dead that lie on it."""
    known = frame.more.known.get(name)
    if known is not None:
        x = box.x + 28 + text_width(name, 13)
        yield Icon(f"host/{name}/eye", x, box.y + 16, "eye", size=15, fill="blue" if known.healthy else "vermillion", layer=3)
        if not known.healthy:
            yield Line(f"host/{name}/struck", x - 8, box.y + 23, x + 8, box.y + 9, stroke="vermillion", width=2, layer=4)
    stopped = frame.more.stopped.get(name, 0)
    if stopped:
        text = Words(f"{stopped} stopped", f"{stopped} 个已停止")
        yield from _tag(f"host/{name}/stopped", box, text, "grey")


# -- the scrubber ------------------------------------------------------------------------------------------------------------------------


def _marks(trace: Trace) -> tuple[Mark, ...]:
    icons = {
        "manager_down": ("cross", Words("manager fails", "管理者失效")),
        "manager_up": ("restart", Words("manager is back", "管理者恢复")),
        "become_leader": ("crown", Words("a leader is elected", "选出领导者")),
        "update_status": ("flag", Words("update", "更新")),
    }
    return tuple(Mark(step.time_us, *icons[step.kind]) for step in trace if step.kind in icons)


def _jumps(trace: Trace) -> tuple[Jump, ...]:
    kinds = ("manager_down", "manager_up", "become_leader", "leader_lost", "refresh", "engine_lost")
    steps = tuple(step.index for step in trace if step.kind in kinds)
    return (Jump(Words("manager event", "管理者事件"), steps),) if steps else ()


LEGEND = (
    Legend(Words("the leader of the managers", "管理者中的领导者"), icon="crown", role="orange"),
    Legend(Words("classic: the manager knows this host", "经典：管理者认识这台主机"), icon="eye", role="blue"),
)
