"""One instant of Borg's architecture: replicas, link shards, borglets, the scheduler, and the messages between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from k8sedu.borg.views.layout import (
    DESK_H,
    DESK_W,
    DESK_X,
    DESK_Y,
    HEIGHT,
    MACHINE_H,
    MACHINE_Y,
    REPLICA_R,
    SHARD_H,
    SHARD_W,
    SHARD_Y,
    WIDTH,
    Layout,
)  # fmt: skip
from k8sedu.borg.views.messages import Flying
from k8sedu.borg.views.schedule import ROLES, replica_details
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Icon, Label, Line, Rect, Shape, Token
from k8sedu.trace import Frozen

LETTERS = 12.0
ROW, ROWS = 21, 4


def architecture_scene(frame: Frozen, layout: Layout, flying: Sequence[Flying] = (), *, caption: str | Words = "") -> Scene:
    """One instant.

    Args:
        frame: of a run of Borg.
        layout: the places of this cell.
        flying: the messages.
        caption: one sentence about the step.
    """
    shapes = (*still_shapes(frame, layout), *_messages(flying))
    return Scene(shapes=shapes, caption=caption, width=WIDTH, height=HEIGHT, card_width=0)


def still_shapes(frame: Frozen, layout: Layout) -> Iterator[Shape]:
    """Everything but messages."""
    yield from _rows(layout)
    yield from _desk(frame)
    for name in layout.replicas:
        yield from _links(name, frame, layout)
    for name, replica in frame.more.replicas.items():
        yield from _replica(name, replica, frame.more.ready, layout)
        yield from _shard(name, frame.more.shards[name], replica, layout)
    for name in layout.machines:
        yield from _machine(name, frame, layout)


def _rows(layout: Layout) -> Iterator[Shape]:
    """What the rows are called, on the left."""
    titles = {
        "replicas": (Words("Borgmaster: five replicas, one log", "Borgmaster：五个副本，一份日志"), 20.0),
        "shards": (Words("link shards", "链接分片（link shard）"), SHARD_Y),
        "machines": (Words("machines, each with a borglet", "机器，各有一个 borglet"), HEIGHT - 11),
    }
    for name, (text, y) in titles.items():
        x = 190.0 if name == "replicas" else 12.0
        yield Label(f"row/{name}", x, y, text, anchor="start", weight=600, halo="paper", layer=3)
    if layout.hidden > 0:
        more = Words(f"{layout.hidden} more machines are not drawn", f"另有 {layout.hidden} 台机器未画出")
        yield Label("row/hidden", WIDTH - 12, HEIGHT - 11, more, anchor="end", fill="muted", size=LETTERS, halo="paper", layer=3)


def _desk(frame: Frozen) -> Iterator[Shape]:
    """The scheduler with its copy, a machine of its own."""
    desk = frame.more.scheduler
    yield Rect(
        "desk", DESK_X, DESK_Y, DESK_W, DESK_H, r=8, fill="card", stroke="purple" if desk.works else "grey", dashed=not desk.works,
        label=Words("scheduler", "调度器"),
        details=((Words("scored by", "打分方式"), desk.scorer), (Words("behind by", "落后"), str(desk.behind))),
    )  # fmt: skip
    yield Label("desk/name", DESK_X + 12, DESK_Y + 17, Words("scheduler", "调度器"), anchor="start", weight=600, layer=1)
    waits, behind = len(frame.queue), desk.behind
    rows = (
        Words(f"pending: {waits}", f"等待：{waits}"),
        Words(f"scored by {desk.scorer}", f"打分：{desk.scorer}"),
        Words("copy is up to date", "副本是最新的") if not behind else Words(f"copy lacks {behind}", f"副本落后 {behind} 条"),
    )
    for number, text in enumerate(rows):
        yield Label(f"desk/{number}", DESK_X + 12, DESK_Y + 38 + ROW * number, text, anchor="start", size=LETTERS, layer=1)
    if not desk.works:
        yield Icon("desk/cross", DESK_X + DESK_W - 18, DESK_Y + 17, "cross", size=16, fill="vermillion", layer=1)


def _links(name: str, frame: Frozen, layout: Layout) -> Iterator[Shape]:
    """Which borglets a shard speaks to, and who copies the log."""
    place, more = layout.replica(name), frame.more
    up = more.replicas[name].role != "down"
    yield Line(f"link/{name}", place.x, place.y + REPLICA_R, place.x, SHARD_Y - SHARD_H / 2, stroke="line", dashed=not up)
    for machine in more.shards[name].parts if up else ():
        if machine in layout.machines:
            target, answers = layout.machine(machine), more.borglets[machine].answers
            yield Line(
                f"link/{machine}", place.x, SHARD_Y + SHARD_H / 2, target.x, target.y, stroke="line" if answers else "vermillion",
                dashed=not answers,
            )  # fmt: skip


def _replica(name: str, replica: Frozen, ready: str, layout: Layout) -> Iterator[Shape]:
    place, works = layout.replica(name), name == ready
    role, down = f"term-{replica.term}" if replica.term else "grey", replica.role == "down"
    yield Circle(
        f"replica/{name}", *place, REPLICA_R, fill=role if works else "card" if down else "paper", stroke="grey" if down else role,
        width=3.5 if replica.role == "candidate" else 2, dashed=replica.role == "candidate" or replica.is_rebuilding, layer=2,
        label=Words(f"replica {name}, {ROLES[replica.role].en}", f"副本 {name}，{ROLES[replica.role].zh}"),
        details=replica_details(replica),
    )  # fmt: skip
    ink = f"on:{role}" if works else "muted" if down else "ink"
    yield Label(f"replica/{name}/name", place.x, place.y + (4 if works else 0), name, weight=600, size=15, fill=ink, layer=3)
    if works:
        yield Icon(f"replica/{name}/crown", place.x, place.y - 15, "crown", size=14, fill=ink, layer=3)
    if down:
        yield Icon(f"replica/{name}/cross", place.x, place.y, "cross", size=30, fill="vermillion", layer=4)
    log = Words(f"log {replica.log}", f"日志 {replica.log}")
    text = Words("goes through the state", "正在过一遍状态") if replica.is_rebuilding else log
    beside = place.x + REPLICA_R
    yield Icon(f"replica/{name}/disk", beside + 11, place.y - 12, "disk", size=13, fill="muted", layer=2)
    yield Label(f"replica/{name}/snapshot", beside + 20, place.y - 12, str(replica.snapshot), size=LETTERS, anchor="start", layer=2)
    yield Label(f"replica/{name}/log", place.x, place.y + REPLICA_R + 13, text, size=LETTERS, halo="paper", layer=3)


def _shard(name: str, shard: Frozen, replica: Frozen, layout: Layout) -> Iterator[Shape]:
    place, up = layout.shard(name), replica.role != "down"
    read, passed = shard.get("lines", 0), shard.get("passed_lines", 0)
    yield Rect(
        f"shard/{name}", place.x - SHARD_W / 2, place.y - SHARD_H / 2, SHARD_W, SHARD_H, r=6, fill="card", stroke="muted" if up else "grey",
        dashed=not up, opacity=1.0 if up else 0.5, layer=2, label=Words(f"link shard of {name}", f"{name} 的链接分片"),
        details=((Words("borglets", "borglet 数"), str(len(shard.parts))), (Words("lines read", "读入行数"), str(read)),
                 (Words("lines passed on", "转发行数"), str(passed))),
    )  # fmt: skip
    number = len(shard.parts)
    count = Words("1 borglet" if number == 1 else f"{number} borglets", f"{number} 个 borglet")
    yield Label(f"shard/{name}/count", place.x, place.y - 8, count, size=LETTERS, layer=3)
    flow = Words(f"{read} in → {passed} on", f"读 {read} → 转 {passed}")
    yield Label(f"shard/{name}/flow", place.x, place.y + 9, flow, size=LETTERS, fill="muted", layer=3)


def _machine(name: str, frame: Frozen, layout: Layout) -> Iterator[Shape]:
    """A machine: what its borglet runs as a row of small boxes, and how many polls it has missed."""
    machine, borglet = frame.machines[name], frame.more.borglets[name]
    x, w = layout.machine_x(name), layout.machine_w
    yield Rect(
        f"machine/{name}", x, MACHINE_Y, w, MACHINE_H, r=8, fill="card", stroke="line" if machine.up else "vermillion",
        dashed=not borglet.answers, layer=1, label=Words(f"machine {name}", f"机器 {name}"),
        details=(
            (Words("runs", "正在运行"), ", ".join(borglet.tasks) or "-"), (Words("in the books", "账上"), ", ".join(machine.tasks) or "-"),
        ),
    )  # fmt: skip
    yield Label(f"machine/{name}/name", x + 10, MACHINE_Y + 16, name, anchor="start", weight=600, layer=2)
    if borglet.missed:
        text = Words(f"missed {borglet.missed}", f"错过 {borglet.missed}")
        yield Label(f"machine/{name}/missed", x + w - 8, MACHINE_Y + 16, text, anchor="end", size=LETTERS, fill="vermillion", layer=2)
    shown = borglet.tasks[: ROWS if len(borglet.tasks) <= ROWS else ROWS - 1]
    for number, task in enumerate(shown):
        y, known = MACHINE_Y + 30 + 22 * number, task in machine.tasks
        fill, stroke = ("tint:blue", "blue") if known else ("paper", "vermillion")
        yield Rect(f"task/{task}@{name}", x + 6, y, w - 12, 18, r=3, fill=fill, stroke=stroke, dashed=not known, width=1, layer=2)
        yield Label(f"task/{task}@{name}/name", x + 12, y + 9, fit(task, w - 24, LETTERS), size=LETTERS, anchor="start", layer=3)
    hidden = len(borglet.tasks) - len(shown)
    if hidden > 0:
        more = Words(f"and {hidden} more", f"还有 {hidden} 个")
        yield Label(f"machine/{name}/more", x + 12, MACHINE_Y + MACHINE_H - 14, more, size=LETTERS, anchor="start", fill="muted", layer=2)
    if not borglet.answers and not borglet.tasks:
        yield Icon(f"machine/{name}/cross", x + w / 2, MACHINE_Y + MACHINE_H / 2 + 8, "cross", size=30, fill="muted", layer=3)


def _messages(flying: Sequence[Flying]) -> Iterator[Shape]:
    for message in flying:
        fill, stroke = ("paper", message.role) if message.hollow else (message.role, message.role)
        text_fill = "ink" if message.hollow else f"on:{message.role}"
        yield Token(
            f"message/{message.id}", message.x, message.y, text=message.text, r=11, fill=fill, stroke=stroke, text_fill=text_fill,
            opacity=0.35 if message.gone else 1.0, tail=0, layer=6,
        )  # fmt: skip
        if message.gone:
            yield Icon(f"message/{message.id}/lost", message.x, message.y, "cross", size=20, fill="vermillion", layer=7)
