"""One instant of a schedule: the queue on the left, the machines with what runs on them, and why one of them is out.

Each machine is a box with a column per resource. A task is a block in every column, as high as the part of the machine that it asked for;
what is empty is free. Blocks keep the task's name as their identity, so a task glides from the queue to its machine and back, and they keep
their place (`places`): whoever leaves makes a hole. While the manager looks for a machine, each box says why it is out, or what it scored;
the chosen one has a thick rim and a check mark. Who was taken off leaves a dashed outline, which fades with the next step.

Left out: more than 24 machines. A cell of thousands is a chart, not a picture of boxes; the first 24 are drawn, and the rest is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Rect, Shape
from k8sedu.trace import Frozen
from k8sedu.workload.views.places import Columns, Places, Span
from k8sedu.workload.views.reasons import short_reason

WIDTH, HEIGHT = 904.0, 470.0
QUEUE_WIDTH = 150.0
QUEUE_ROW = 27.0
QUEUE_ROWS = 14
LEFT, TOP = 176.0, 34.0
GAP = 12.0
LETTERS = 12.0
MACHINES = 24
NAMES = {
    "cpu": Words("CPU", "CPU"),
    "memory": Words("memory", "内存"),
    "disk": Words("disk", "磁盘"),
    "gpu": Words("GPU", "GPU"),
    "ports": Words("ports", "端口"),
}


class Box(NamedTuple):
    """Where a machine stands."""

    x: float
    y: float
    w: float
    h: float


class Ghost(NamedTuple):
    """A task that was just taken off: which, from where, where its blocks stood, and the icon that says why."""

    task: str
    machine: str
    spans: Mapping[str, Span]
    icon: str = "swap"


def schedule_scene(
    frame: Frozen, colours: Mapping[str, str], *, caption: str | Words = "", subtitle: str | Words = "",
    places: Mapping[str, Columns] | None = None, ghost: Ghost | None = None,
) -> Scene:  # fmt: skip
    """One instant of any manager's run.

    Args:
        frame: as the scribe of `k8sedu.workload.sim` describes it.
        colours: job → role of its tasks.
        caption: one sentence about the step.
        subtitle: stands beside the title.
        places: where blocks stand; a film passes those of its past, otherwise they are stacked.
        ghost: the task that this step has taken off.
    """
    names = list(frame.machines)
    boxes = machine_boxes(names[:MACHINES])
    places = Places().follow(frame) if places is None else places
    shapes = [*_queue(frame, colours), *_title(frame, hidden=len(names) - len(boxes))]
    for name, box in boxes.items():
        shapes.extend(_machine(name, frame, box, colours, places[name]))
    if ghost is not None and ghost.machine in boxes and frame.machines[ghost.machine].up:
        shapes.extend(_ghost(ghost, frame, boxes[ghost.machine]))
    return Scene(shapes=tuple(shapes), caption=caption, subtitle=subtitle, width=WIDTH, height=HEIGHT, card_width=0)


def machine_boxes(names: list[str]) -> dict[str, Box]:
    """At most eight machines in a row, at most three rows, each as large as there is room."""
    rows = 1 if len(names) <= 5 else 2 if len(names) <= 12 else 3
    columns = -(-len(names) // rows) if names else 1
    w = min(236.0, (WIDTH - LEFT - 8 - GAP * (columns - 1)) / columns)
    h = min(420.0, (HEIGHT - TOP - 8 - GAP * (rows - 1)) / rows)
    return {
        name: Box(LEFT + (w + GAP) * (index % columns), TOP + (h + GAP) * (index // columns), w, h) for index, name in enumerate(names)
    }


def _title(frame: Frozen, *, hidden: int) -> Iterator[Shape]:
    waiting = len(frame.queue)
    yield Label("title/queue", 8, 14, Words(f"queue: {waiting}", f"队列：{waiting}"), anchor="start", weight=600)
    up = sum(machine.up for machine in frame.machines.values())
    text = Words(f"machines: {up} of {len(frame.machines)} up", f"机器：{len(frame.machines)} 台中 {up} 台在线")
    yield Label("title/machines", LEFT, 14, text, anchor="start", weight=600)
    if hidden > 0:
        more = Words(f"{hidden} more machines are not drawn", f"另有 {hidden} 台机器未画出")
        yield Label("title/hidden", WIDTH - 8, 14, more, anchor="end", fill="muted", size=LETTERS)


# -- the queue ---------------------------------------------------------------------------------------------------------------------------


def _queue(frame: Frozen, colours: Mapping[str, str]) -> Iterator[Shape]:
    """The tasks that wait, the next one on top. Each is a box that may become a block on a machine."""
    for place, task in enumerate(frame.queue[:QUEUE_ROWS]):
        entry = frame.tasks[task]
        y, role = TOP + QUEUE_ROW * place, colours[entry.job]
        wanted = frame.verdicts is not None and frame.verdicts.task == task
        yield Rect(
            f"task/{task}", 8, y, QUEUE_WIDTH, QUEUE_ROW - 4, r=4, fill=f"tint:{role}", stroke="ink" if wanted else role,
            width=2.5 if wanted else 1.5, label=Words(f"task {task}", f"任务 {task}"), details=_task_details(task, entry), layer=2,
        )  # fmt: skip
        middle = y + (QUEUE_ROW - 4) / 2
        yield Label(f"task/{task}/name", 16, middle, fit(task, QUEUE_WIDTH - 50, LETTERS), size=LETTERS, anchor="start", layer=3)
        yield Label(f"task/{task}/priority", QUEUE_WIDTH, middle, str(entry.priority), size=LETTERS, anchor="end", fill="muted", layer=3)
    hidden = len(frame.queue) - QUEUE_ROWS
    if hidden > 0:
        text = Words(f"and {hidden} more", f"还有 {hidden} 个")
        yield Label("queue/more", 16, TOP + QUEUE_ROW * QUEUE_ROWS + 8, text, size=LETTERS, anchor="start", fill="muted")


def _task_details(task: str, entry: Frozen) -> tuple[tuple[str | Words, str], ...]:
    asked = tuple((NAMES[name], readable(name, amount)) for name, amount in entry.request.items())
    return (
        (Words("task", "任务"), task), (Words("user", "用户"), entry.user), (Words("priority", "优先级"), str(entry.priority)), *asked,
    )  # fmt: skip


def readable(name: str, amount: int) -> str:
    """An amount as people write it.

    >>> readable("cpu", 1500), readable("memory", 3 * 1024**3), readable("gpu", 500)
    ('1.5', '3 GiB', '0.5')
    """
    if name in {"cpu", "gpu"}:
        return f"{amount / 1000:g}"
    if name == "ports":
        return str(amount)
    return f"{amount / 1024**3:.3g} GiB" if amount >= 1024**3 else f"{amount / 1024**2:.3g} MiB"


# -- a machine ---------------------------------------------------------------------------------------------------------------------------


def _machine(name: str, frame: Frozen, box: Box, colours: Mapping[str, str], columns: Columns) -> Iterator[Shape]:
    machine = frame.machines[name]
    reason, score, chosen = _verdict(name, frame)
    stroke = "ink" if chosen else "line"
    details = tuple(
        (NAMES[key], f"{readable(key, machine.used.get(key, 0))} / {readable(key, whole)}") for key, whole in machine.capacity.items()
    )
    yield Rect(
        f"machine/{name}", *box, r=8, fill="card", stroke=stroke, width=3 if chosen else 1.5, dashed=not machine.up,
        label=Words(f"machine {name}", f"机器 {name}"), details=details, opacity=1.0 if machine.up else 0.6,
    )  # fmt: skip
    yield Label(f"machine/{name}/name", box.x + 10, box.y + 15, name, anchor="start", weight=600, layer=1)
    zone = machine.attributes.get("zone")
    if zone and box.w >= 84:
        text = Words(f"zone {zone}", f"区 {zone}")
        yield Label(f"machine/{name}/zone", box.x + box.w - 10, box.y + 15, text, anchor="end", size=LETTERS, fill="muted", layer=1)
    if not machine.up:
        yield Icon(f"machine/{name}/cross", box.x + box.w / 2, box.y + box.h / 2, "cross", size=34, fill="muted", layer=4)
        return
    yield from _columns(name, frame, box, colours, columns, dimmed=bool(reason))
    yield from _verdict_line(name, box, reason, score, is_chosen=chosen)


def _verdict(name: str, frame: Frozen) -> tuple[str, float | None, bool]:
    """Why the machine is out, what it scored, and whether it was chosen, for the task that is looked at."""
    if frame.verdicts is None:
        return "", None, False
    reason, score = frame.verdicts.machines.get(name, ("", None))
    return reason, score, frame.verdicts.chosen == name


def _verdict_line(name: str, box: Box, reason: str, score: float | None, *, is_chosen: bool) -> Iterator[Shape]:
    y = box.y + box.h - 12
    if is_chosen:
        yield Icon(f"machine/{name}/flag", box.x + 15, y, "check", size=13, fill="green", layer=4)
    if reason:
        yield Icon(f"machine/{name}/out", box.x + 15, y, "cross", size=11, fill="vermillion", layer=4)
        said = short_reason(reason)
        text = Words(fit(said.en, box.w - 34, LETTERS), fit(said.zh, box.w - 34, LETTERS))
        yield Label(f"machine/{name}/verdict", box.x + 26, y, text, size=LETTERS, anchor="start", fill="muted", layer=4)
    elif score is not None:
        weight = 600 if is_chosen else 400
        shown = fit(f"{score:.4g}", box.w - 34, LETTERS)
        yield Label(f"machine/{name}/verdict", box.x + 26, y, shown, size=LETTERS, anchor="start", weight=weight, layer=4)


def _columns(
    name: str, frame: Frozen, box: Box, colours: Mapping[str, str], columns: Columns, *, dimmed: bool
) -> Iterator[Shape]:
    """A column per resource, with a block for each task where it has its place."""
    machine = frame.machines[name]
    for number, (key, column) in enumerate(_column_boxes(machine, box).items()):
        head = NAMES[key] if text_width(NAMES[key].en, LETTERS) <= column.w + 4 else Words(NAMES[key].en[:3], NAMES[key].zh[:3])
        yield Label(f"machine/{name}/{key}", column.x + column.w / 2, box.y + 35, head, size=LETTERS, fill="muted", layer=1)
        yield Rect(f"machine/{name}/{key}/column", *column, r=3, fill="paper", stroke="line", layer=1)
        for task in machine.tasks:
            entry, place = frame.tasks[task], _place(columns[key][task], column, machine, key)
            id_ = f"task/{task}" if number == 0 else f"task/{task}/{key}"
            if place.h > 0:
                yield _block(id_, task, entry, place, role=colours[entry.job], dimmed=dimmed)
            if number == 0 and place.h >= 15:
                yield from _name(task, place, dimmed=dimmed)


def _column_boxes(machine: Frozen, box: Box) -> dict[str, Box]:
    """Where the column of each resource stands in a machine's box."""
    keys = list(machine.capacity)
    w = (box.w - 20 - 6 * (len(keys) - 1)) / len(keys)
    return {key: Box(box.x + 10 + (w + 6) * number, box.y + 46, w, box.h - 46 - 26) for number, key in enumerate(keys)}


def _place(span: Span, column: Box, machine: Frozen, key: str) -> Box:
    """A block's box in its column; a column that holds more than it can is drawn full."""
    whole = max(machine.capacity[key], machine.used.get(key, 0), span.end)
    h = column.h * span.size / whole
    return Box(column.x, column.y + column.h * (1 - span.end / whole), column.w, h)


def _ghost(ghost: Ghost, frame: Frozen, box: Box) -> Iterator[Shape]:
    """The outline of who was here a moment ago."""
    machine = frame.machines[ghost.machine]
    for number, (key, column) in enumerate(_column_boxes(machine, box).items()):
        place = _place(ghost.spans[key], column, machine, key)
        if place.h > 0:
            yield Rect(f"ghost/{ghost.task}/{key}", *place, r=2, stroke="muted", width=1.5, dashed=True, opacity=0.9, layer=4)
        if number == 0 and place.h >= 15:
            middle, wide = place.y + place.h / 2, place.w >= 70
            x = place.x + (14 if wide else place.w / 2)
            yield Icon(f"ghost/{ghost.task}/icon", x, middle, ghost.icon, size=13, fill="vermillion", layer=5)
            text = fit(ghost.task, place.w - 30, LETTERS) if wide else ""
            yield Label(f"ghost/{ghost.task}/name", place.x + 25, middle, text, size=LETTERS, anchor="start", fill="muted", layer=5)


def _block(id_: str, task: str, entry: Frozen, box: Box, *, role: str, dimmed: bool) -> Shape:
    """A task's part of one column. In the first column it is the task itself, which was a box in the queue. Thin ones have no rim."""
    return Rect(
        id_, *box, r=2 if box.h >= 5 else 0, fill=f"tint:{role}", stroke=role if box.h >= 5 else "paper", width=1.0 if box.h >= 5 else 0.5,
        opacity=0.45 if dimmed else 1.0, label=Words(f"task {task}", f"任务 {task}"), details=_task_details(task, entry), layer=2,
    )  # fmt: skip


def _name(task: str, box: Box, *, dimmed: bool) -> Iterator[Shape]:
    """The task's name in its block, a short form of it where there is little room, none where nobody could tell whose it is."""
    name = fit(task if text_width(task, LETTERS) <= box.w - 4 else short_name(task), box.w - 4, LETTERS)
    if len(name) > 2 or name == task:
        middle, opacity = box.y + box.h / 2, 0.5 if dimmed else 1.0
        yield Label(f"task/{task}/name", box.x + box.w / 2, middle, name, size=LETTERS, layer=3, opacity=opacity)


def short_name(task: str) -> str:
    """A task's name in few letters: the first of its job, the job's number, and its own.

    >>> short_name("batch-18/0"), short_name("web/3")
    ('b18/0', 'w/3')
    """
    job, _, index = task.rpartition("/")
    return f"{job[:1]}{re.sub('[^0-9]', '', job)}/{index}"
