"""A specimen film: every kind of shape at once, so that the stage can be looked at and tested without any system.

It is drawn like an election in a group of nodes, but nothing is simulated: who leads, who votes and what is lost is written down here. Type
founders show their letters on such a sheet; whoever changes the player opens this one first.

    Player(specimen()).save("specimen.html")

Left out: correctness. For real elections see `k8sedu.raft`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from k8sedu.language import Words
from k8sedu.stage.document import Action, Band, Button, Choice, Document, Frame, Jump, Legend, Mark, Slider, Toggle
from k8sedu.stage.motion import Countdown, Ramp
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Arc, Circle, Detail, Group, Icon, Label, Line, Path, Rect, Shape, Token

CENTRE = (295.0, 190.0)
STEP_US = 4_000
FLIGHT_US = 9_000
ROLE_WORDS = {
    "leader": Words("leader", "领导者（leader）"),
    "candidate": Words("candidate", "候选人（candidate）"),
    "follower": Words("follower", "跟随者（follower）"),
    "stopped": Words("stopped", "已停止"),
    "paused": Words("paused", "已暂停"),
}


def specimen(nodes: int = 5, steps: int = 40, *, in_flight: int = 4) -> Document:
    """A film with a ring of nodes and a number of messages in flight at every step."""
    frames = tuple(Frame(step * STEP_US, *_event(step), scene(nodes, step, in_flight=in_flight)) for step in range(steps))
    end = frames[-1].time_us + FLIGHT_US
    third = end // 3
    return Document(
        title=Words("A leader is lost, a leader is found", "失去一个领导者，选出一个领导者"),
        frames=frames,
        bands=(
            Band(0, third // 3, Words("term 1", "任期 1"), "term-1"),
            Band(third // 3, third, Words("term 2 · n1 leads", "任期 2 · n1 领导"), "term-2"),
            Band(third, 3 * third // 2, "", "term-3", faint=True),
            Band(3 * third // 2, end, Words("term 3 · n3 leads", "任期 3 · n3 领导"), "term-3"),
        ),
        marks=(
            Mark(third * 5 // 6, "cross", Words("n1 stops", "n1 停止")),
            Mark(third, "clock", Words("n3 times out", "n3 选举超时")),
            Mark(3 * third // 2, "crown", Words("n3 becomes leader", "n3 成为领导者")),
        ),
        jumps=(
            Jump(Words("next election", "下次选举"), tuple(range(0, steps, 7)), Words("election", "选举")),
            Jump(Words("next fault", "下次故障"), tuple(range(5, steps, 16)), Words("fault", "故障")),
        ),
        legend=(
            Legend(Words("RequestVote", "RequestVote（请求投票）"), letter="V", role="term-3"),
            Legend(Words("vote granted", "同意投票"), icon="plus", role="good", hollow=True),
            Legend(Words("leader", "领导者（leader）"), icon="crown", role="muted"),
        ),
        menus={
            "node": (
                Action("stop", Words("Stop", "停止")),
                Action("pause", Words("Pause", "暂停")),
                Action("timeout", Words("Time out now", "立即选举超时")),
                Action("request", Words("Send a request", "发送请求")),
            ),
            "message": (Action("drop", Words("Drop", "丢弃")),),
        },
        controls=(
            Slider("loss", Words("loss", "丢包率"), 0, 50, 1, 5, "{} %"),
            Choice("size", Words("size", "节点数"), tuple((str(n), str(n)) for n in (3, 5, 7, 9)), str(nodes)),
            Toggle("clients", Words("clients", "客户端"), value=True),
            Button("spread", Words("spread timers", "错开定时器")),
        ),
        source="system raft\nsize 5\nseed 7\nat 900 crash n1\n",
        end_us=end,
    )


def scene(nodes: int, step: int, *, in_flight: int) -> Scene:
    """One instant of the specimen: every look of a node, every kind of message, a wall, logs."""
    return Scene(
        shapes=(*_links(nodes), *_wall(nodes), *_messages(nodes, step, in_flight), *(_node(index, nodes, step) for index in range(nodes))),
        card=tuple(_logs(nodes, step)),
        card_height=48.0 + 30 * nodes if nodes < 7 else 44.0 + 24 * nodes,
        caption=Words(
            f"**n{step % nodes + 1} grants its vote:** n3’s log is at least as up to date as its own, and it has not voted in term 3.",
            f"**n{step % nodes + 1} 同意投票：** n3 的日志至少与它自己的一样新，并且它在任期 3 中还没有投过票。",
        ),
        subtitle=Words(f"{nodes} members · seed 7", f"{nodes} 个成员 · 种子 7"),
        focus=f"node/n{step % nodes + 1}",
    )


def place(index: int, nodes: int) -> tuple[float, float]:
    """Where a node stands: on a ring, the first one at the top."""
    angle = 2 * math.pi * index / nodes
    return CENTRE[0] + 148 * math.sin(angle), CENTRE[1] - 146 * math.cos(angle)


def _event(step: int) -> tuple[str, str]:
    return ("become_leader", "n3") if step % 7 == 0 else ("receive_request_vote", f"n{step % 5 + 1}")


def _links(nodes: int) -> Iterator[Shape]:
    for one in range(nodes):
        for other in range(one + 1, nodes):
            yield Line(f"link/{one}/{other}", *place(one, nodes), *place(other, nodes), width=1, opacity=0.6)


def _wall(nodes: int) -> Iterator[Shape]:
    (x, y), (left, top) = place(1, nodes), CENTRE
    path = f"M{x - 70:.0f},{y - 90:.0f}Q{(x + left) / 2 + 20:.0f},{top:.0f} {x - 20:.0f},{y + 110:.0f}"
    yield Path("wall", path, stroke="tint:bad", width=9)


def _node(index: int, nodes: int, step: int) -> Shape:
    name, (x, y) = f"n{index + 1}", place(index, nodes)
    looks = ("stopped", "follower", "candidate", "leader", "paused", "follower")
    role = looks[index % 6] if step % 7 else ("leader" if index == 2 else "follower")
    radius = 34.0 if nodes < 7 else 27.0
    return Group(
        f"node/{name}",
        x,
        y,
        tuple(_node_parts(f"node/{name}", name, role, radius, step)),
        label=Words(f"node {name}", f"节点 {name}"),
        details=tuple(_node_details(name, role, step)),
        menu="node",
        layer=2,
    )


def _node_parts(key: str, name: str, role: str, r: float, step: int) -> Iterator[Shape]:
    term = "term-2" if role in {"follower", "stopped"} else "term-3"
    fill = {"leader": term, "stopped": "card", "paused": "tint:grey"}.get(role, "paper")
    is_down = role in {"stopped", "paused"}
    yield Circle(
        f"{key}/body",
        0,
        0,
        r,
        fill=fill,
        stroke="grey" if is_down else term,
        width=3 if role == "candidate" else 1.5,
        dashed=role == "candidate",
    )
    if role == "stopped":
        yield Path(
            f"{key}/cross", f"M{-0.7 * r},{-0.7 * r}L{0.7 * r},{0.7 * r}M{0.7 * r},{-0.7 * r}L{-0.7 * r},{0.7 * r}", stroke="grey", width=2
        )
    if role in {"follower", "candidate"}:
        start = step * STEP_US
        yield Arc(f"{key}/timer", 0, 0, r + 7, Ramp(start, start + 40 * STEP_US, 0.9, 0.0), stroke="muted" if role == "follower" else term)
    if role == "leader":
        yield Icon(f"{key}/crown", 0, -r - 11, "crown", size=20, fill=term)
    if role == "paused":
        yield Icon(f"{key}/bars", 0, -14, "pause", size=16, fill="muted")
    middle = {"leader": f"on:{term}", "stopped": "muted"}.get(role, "ink")
    yield Label(
        f"{key}/name",
        0,
        -5 if role == "candidate" else 0,
        name,
        size=16,
        weight=600,
        fill=middle,
        halo="card" if role == "stopped" else None,
    )
    if role == "candidate":
        for vote in range(5):
            answer = ("good", "bad", None)[min(2, vote)]
            yield Circle(f"{key}/vote/{vote}", 12 * vote - 24, 14, 4, fill=answer, stroke=answer or "muted")
    yield Circle(f"{key}/badge", 0.78 * r, -0.78 * r, 11, fill=term, stroke="paper", width=2)
    yield Label(f"{key}/term", 0.78 * r, -0.78 * r, term[-1], size=12, weight=700, fill=f"on:{term}")


def _node_details(name: str, role: str, step: int) -> Iterator[Detail]:
    yield name, ROLE_WORDS[role]
    yield Words("term", "任期（term）"), "3"
    yield Words("votes", "得票"), Words("1 of 5, needs 3", "5 票中得 1 票，需要 3 票")
    yield Words("last log", "最后一条日志"), Words("index 6, term 2", "索引 6，任期 2")
    yield Words("timer", "选举定时器"), Countdown((step + 40) * STEP_US)


def _messages(nodes: int, step: int, in_flight: int) -> Iterator[Shape]:
    """Messages on their way; each lives for a few steps."""
    for number in range(max(0, step - 2) * max(1, in_flight // 3), (step + 1) * max(1, in_flight // 3)):
        sent = number // max(1, in_flight // 3) * STEP_US
        sender, receiver = number % nodes, (number * 2 + 1 + number // nodes) % nodes
        if sender != receiver:
            yield _message(number, place(sender, nodes), place(receiver, nodes), sent)


def _message(number: int, start: tuple[float, float], end: tuple[float, float], sent: int) -> Shape:
    (x1, y1), (x2, y2) = start, end
    way = math.hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / way * 44, (y2 - y1) / way * 44
    is_lost, is_reply = number % 5 == 4, number % 3 == 1
    if is_lost:
        x2, y2 = (x1 + x2) / 2, (y1 + y2) / 2
    flight = Ramp(sent, sent + FLIGHT_US, x1 + dx, x2 - dx), Ramp(sent, sent + FLIGHT_US, y1 + dy, y2 - dy)
    name = Words(f"message {number}", f"消息 {number}")
    rows = (
        (Words("message", "消息"), f"#{number}"),
        (Words("kind", "类型"), "request_vote"),
        (Words("arrives", "到达"), Countdown(sent + FLIGHT_US)),
    )
    if is_lost:
        return Token(
            f"message/{number}",
            *flight,
            icon="cross",
            fill="grey",
            opacity=Ramp(sent, sent + FLIGHT_US, 1.0, 0.0),
            layer=1,
            label=name,
            details=rows,
        )
    if is_reply:
        icon, role = ("plus", "good") if number % 2 else ("minus", "bad")
        return Token(f"message/{number}", *flight, icon=icon, fill="paper", stroke=role, layer=1, label=name, details=rows, menu="message")
    return Token(
        f"message/{number}",
        *flight,
        text="VAH"[number % 3],
        fill=f"term-{3 - number % 2}",
        layer=1,
        label=name,
        details=rows,
        menu="message",
    )


def _logs(nodes: int, step: int) -> Iterator[Shape]:
    height, pitch = (24.0, 30.0) if nodes < 7 else (19.0, 24.0)
    yield Label("log/title", 18, 22, Words("Logs", "日志"), weight=600, anchor="start")
    yield Label("log/range", 284, 22, Words("index 1 … 8", "索引 1 … 8"), anchor="end", fill="muted")
    for node in range(nodes):
        y = 40.0 + pitch * node
        yield Label(f"log/n{node + 1}", 18, y + height / 2, f"n{node + 1}", anchor="start", fill="muted", weight=500)
        for column in range(8):
            yield Rect(f"log/n{node + 1}/box/{column}", 52 + 29 * column, y, 26, height, r=3, stroke="line", width=1)
        for column in range(min(8, 2 + (step // 4 + node) % 6)):
            role, is_committed = f"term-{1 + column // 3}", column < 3
            fill = role if is_committed else f"tint:{role}"
            key, x = f"log/n{node + 1}/entry/{column}", 52.0 + 29 * column
            yield Rect(key, x, y, 26, height, r=3, fill=fill, stroke=role, dashed=not is_committed)
            yield Label(f"{key}/term", x + 13, y + height / 2, role[-1], size=12, fill=f"on:{role}" if is_committed else "ink")
