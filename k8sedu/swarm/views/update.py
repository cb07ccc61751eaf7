"""A rolling update as a film: a row for each slot, a column for each version, and beside it how far the update is.

A task that runs is filled in the colour of its version; one that is prepared, ready or starting has a dashed rim; one that is told to stop
is pale; one that failed has a cross. So one sees at a glance how many tasks serve, and of which version.

Left out: services of more than twelve tasks; the first twelve slots are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from k8sedu.language import Words
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend, Mark
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape
from k8sedu.swarm.mode.task import STATES
from k8sedu.swarm.views import captions
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.views.film import ScheduleError

WIDTH, HEIGHT = 904.0, 420.0
LEFT, TOP = 74.0, 58.0
ROWS, COLUMNS = 12, 3
PANEL = 640.0
LETTERS = 12.0
ROLES = ("blue", "orange", "green", "purple", "sky")
KINDS = (
    "submit", "place", "task_state", "desired_state", "task_running", "update_status", "fail", "finish", "machine_down", "node_down",
    "become_leader", "leader_lost", "manager_resigned", "order_refused", "scale", "end",
)  # fmt: skip


class Pill(NamedTuple):
    """A task as it is drawn: what its colour, rim and word are."""

    task_id: str
    role: str
    text: Words
    is_full: bool
    is_dashed: bool
    icon: str = ""


def play_update(
    trace: Trace, *, service: str = "", language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto"
) -> Player:
    """The update of a service (the first one, or the one named) as an animation, from shortly before it begins.

    Raises:
        ScheduleError: the trace is not of swarm mode, was made without frames, or has no such service.
    """
    return Player(update_film(trace, language=language, theme=theme, service=service))


def update_film(
    trace: Trace, *, service: str = "", language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto"
) -> Document:
    """The same as a document for the stage."""
    name = _service(trace, service)
    steps = _steps(trace, name)
    versions = sorted({task.version for step in steps if step.frame for task in step.frame.more.tasks.values() if task.service == name})
    frames = tuple(
        Frame(step.time_us, step.kind, step.actor, update_scene(step.frame, name, versions, caption=captions.caption(step)))
        for step in steps if step.frame is not None
    )  # fmt: skip
    changed = tuple(number for number, frame in enumerate(frames) if frame.kind in {"update_status", "fail"})
    return Document(
        title=Words(f"The service {name}: a rolling update", f"服务 {name}：滚动更新"), frames=frames, bands=tuple(_bands(steps, name)),
        marks=tuple(Mark(step.time_us, "cross", Words("a task fails", "任务失败")) for step in steps if step.kind == "fail"),
        jumps=(Jump(Words("turn", "转折"), changed),) if changed else (), legend=LEGEND, pace="step",
        end_us=steps[-1].time_us + 1_000_000, language=language, theme=theme,
    )  # fmt: skip


def update_scene(frame: Frozen, service: str, versions: Sequence[int], *, caption: Words | str = "") -> Scene:
    """One instant of a service: its slots on the left, its update on the right."""
    tasks = [(task_id, task) for task_id, task in frame.more.tasks.items() if task.service == service]
    shapes = [*_heads(versions, tasks), *_rows(tasks, list(versions)[-COLUMNS:], frame), *_panel(frame, service, versions, tasks)]
    return Scene(shapes=tuple(shapes), caption=caption, width=WIDTH, height=HEIGHT, card_width=0)


def _service(trace: Trace, name: str) -> str:
    if trace.system != "swarm" or trace.parameters.get("mode") != "swarm" or not len(trace) or trace[0].frame is None:
        raise ScheduleError(f"met a trace of {trace.system!r}, expected one of swarm.simulate_services with frames")
    updated = [step.detail.job.partition("@")[0] for step in trace.where("submit") if step.detail.get("order") == "update"]
    known = [step.detail.job for step in trace.where("submit") if step.detail.get("order") == "create"]
    chosen = name or next(iter([*updated, *known]), "")
    if chosen not in known:
        raise ScheduleError(f"the trace has no service {chosen!r}, expected one of {', '.join(known) or 'none'}")
    return chosen


def _steps(trace: Trace, service: str) -> list[Step]:
    """From the last steps before the first update on: what concerns the service or everybody."""
    mine = [step for step in trace if step.kind in KINDS and _concerns(step, service)]
    first = next((number for number, step in enumerate(mine) if step.detail.get("order") == "update"), 0)
    return mine[max(0, first - 2) :]


def _concerns(step: Step, service: str) -> bool:
    name = step.detail.get("task", step.detail.get("service", step.detail.get("job", "")))
    return not name or name.split(".")[0].split("/")[0].split("@")[0] == service


def _bands(steps: list[Step], service: str) -> Iterator[Band]:
    """The scrubber's stretches: what the update's state was."""
    turns = [(step.time_us, step.detail.status) for step in steps if step.kind == "update_status" and step.actor == service]
    for (start_us, status), end_us in zip(turns, [*(time_us for time_us, _ in turns[1:]), steps[-1].time_us], strict=True):
        yield Band(start_us, end_us, SHORT[status], BANDS[status], faint=status.endswith("completed"))


# -- slots -------------------------------------------------------------------------------------------------------------------------------


def _role(version: int) -> str:
    return ROLES[(version - 1) % len(ROLES)]


def _column(number: int, count: int) -> tuple[float, float]:
    """Left edge and width of a version's column."""
    width = (PANEL - 30 - LEFT) / max(count, 2)
    return LEFT + width * number, width - 14


def _heads(versions: Sequence[int], tasks: list[tuple[str, Frozen]]) -> Iterator[Shape]:
    yield Label("head/slot", 12, 24, Words("slot", "槽位"), anchor="start", weight=600)
    shown = list(versions)[-COLUMNS:]
    for number, version in enumerate(shown):
        x, width = _column(number, len(shown))
        count = sum(task.version == version and task.state == "running" for _, task in tasks)
        text = Words(f"version {version}: {count} run", f"版本 {version}：{count} 个运行")
        yield Label(f"head/{version}", x + width / 2, 24, text, weight=600, fill="ink")
        yield Rect(f"head/{version}/line", x, 38, width, 4, r=2, fill=_role(version))


def _rows(tasks: list[tuple[str, Frozen]], versions: list[int], frame: Frozen) -> Iterator[Shape]:
    places = sorted({(task.slot, "" if task.slot else task.node) for _, task in tasks})[:ROWS]
    height = min(56.0, (HEIGHT - TOP - 8) / max(len(places), 1))
    for row, place in enumerate(places):
        y = TOP + height * row
        name = str(place[0]) if place[0] else place[1]
        yield Label(f"slot/{name}", 12, y + height / 2, name, anchor="start", weight=600)
        yield Line(f"slot/{name}/line", 12, y + height, PANEL - 40, y + height, stroke="line", width=1)
        for number, version in enumerate(versions):
            mine = [pair for pair in tasks if pair[1].version == version]
            here = [pair for pair in mine if (pair[1].slot, "" if pair[1].slot else pair[1].node) == place]
            if here:
                x, width = _column(number, len(versions))
                yield from _pill(pill(*here[-1], frame), x, y + 5, width, height - 10)


def pill(task_id: str, task: Frozen, frame: Frozen) -> Pill:
    """How a task looks: by its state, and by what is wished of it."""
    where, role = task.node or "–", _role(task.version)
    lost = bool(task.node) and task.node in frame.machines and not frame.machines[task.node].up
    if task.state in {"failed", "rejected"} or (lost and STATES[task.state] <= STATES["running"]):
        return Pill(task_id, "vermillion", Words(f"{where} failed", f"{where} 失败"), is_full=False, is_dashed=True, icon="cross")
    if STATES[task.state] > STATES["running"]:
        ended = Words(f"{where} {task.state}", f"{where} {ENDED.get(task.state, task.state)}")
        return Pill(task_id, "grey", ended, is_full=False, is_dashed=True)
    if task.state == "running":
        stopping = STATES[task.desired] > STATES["running"]
        word = Words("stops", "正在停止") if stopping else Words("runs", "运行中")
        return Pill(task_id, role, Words(f"{where} {word.en}", f"{where} {word.zh}"), is_full=not stopping, is_dashed=False)
    word = Words(task.state, UNDER_WAY.get(task.state, task.state))
    return Pill(task_id, role, Words(f"{where} {word.en}", f"{where} {word.zh}"), is_full=False, is_dashed=True)


def _pill(drawn: Pill, x: float, y: float, w: float, h: float) -> Iterator[Shape]:
    grey = drawn.role == "grey"
    fill = drawn.role if drawn.is_full else "card" if grey else f"tint:{drawn.role}"
    yield Rect(
        f"task/{drawn.task_id}", x, y, w, h, r=min(10, h / 2), fill=fill, stroke="line" if grey else drawn.role, width=2,
        dashed=drawn.is_dashed, layer=1, opacity=0.6 if grey else 1.0,
    )  # fmt: skip
    ink = f"on:{drawn.role}" if drawn.is_full else "muted" if grey else "ink"
    yield Label(f"task/{drawn.task_id}/text", x + w / 2, y + h / 2, drawn.text, fill=ink, layer=2)
    if drawn.icon:
        yield Icon(f"task/{drawn.task_id}/icon", x + 16, y + h / 2, drawn.icon, size=13, fill="vermillion", layer=2)


# -- the panel ---------------------------------------------------------------------------------------------------------------------------


def _panel(frame: Frozen, name: str, versions: Sequence[int], tasks: list[tuple[str, Frozen]]) -> Iterator[Shape]:
    service = frame.more.services.get(name)
    if service is None:
        return
    role, words = BANDS.get(service.status, "grey"), SHORT.get(service.status, Words("no update", "没有更新"))
    yield Rect("panel", PANEL, 12, WIDTH - PANEL - 8, 246, r=8, fill="card", stroke="line")
    yield Label("panel/name", PANEL + 16, 36, name, anchor="start", size=16, weight=600)
    yield Label("panel/image", WIDTH - 24, 36, service.image, anchor="end", fill="muted")
    yield Rect("panel/status", PANEL + 16, 54, WIDTH - PANEL - 40, 28, r=14, fill=f"tint:{role}", stroke=role, width=2)
    yield Label("panel/status/text", (PANEL + WIDTH - 8) / 2, 68, words, weight=600)
    yield from _bar(service, versions, tasks)
    failed = sum(task.state in {"failed", "rejected"} for _, task in tasks)
    wish = Words(f"{service.replicas} × version {service.version}", f"{service.replicas} × 版本 {service.version}")
    lines = [
        (Words("wished for", "期望"), wish),
        (Words("failed so far", "至今失败"), Words(str(failed), str(failed))),
        (Words("leader", "领导者"), Words(frame.more.leader or "nobody", frame.more.leader or "无")),
    ]
    for number, (what, value) in enumerate(lines):
        y = 172 + 28 * number
        yield Label(f"panel/line/{number}", PANEL + 16, y, what, anchor="start", fill="muted")
        yield Label(f"panel/line/{number}/value", WIDTH - 24, y, value, anchor="end", weight=600)


def _bar(service: Frozen, versions: Sequence[int], tasks: list[tuple[str, Frozen]]) -> Iterator[Shape]:
    """How many serve, in the colours of their versions; the rim is what was wished for."""
    x, width = PANEL + 16, WIDTH - PANEL - 40
    wished = max(service.replicas if service.mode == "replicated" else len({task.node for _, task in tasks}), 1)
    running = {version: sum(task.version == version and task.state == "running" for _, task in tasks) for version in versions}
    yield Label("panel/serve", x, 102, Words("tasks that serve", "正在服务的任务"), anchor="start", fill="muted")
    yield Label("panel/serve/count", x + width, 102, f"{sum(running.values())}/{wished}", anchor="end", weight=600)
    yield Rect("panel/bar", x, 116, width, 22, r=4, fill="paper", stroke="line")
    unit, left = width / max(wished, sum(running.values())), x
    for version, count in running.items():
        yield Rect(f"panel/bar/{version}", left, 116, unit * count, 22, r=0, fill=_role(version), layer=1)
        left += unit * count


SHORT = {
    "updating": Words("updating", "更新中"), "paused": Words("paused", "已暂停"), "completed": Words("completed", "已完成"),
    "rollback_started": Words("rolling back", "回滚中"), "rollback_paused": Words("rollback paused", "回滚暂停"),
    "rollback_completed": Words("rolled back", "已回滚"),
}  # fmt: skip
BANDS = {
    "updating": "blue", "paused": "vermillion", "completed": "green", "rollback_started": "purple", "rollback_paused": "vermillion",
    "rollback_completed": "green",
}  # fmt: skip
ENDED = {"shutdown": "已关闭", "complete": "已完成", "orphaned": "成为孤儿"}
UNDER_WAY = {
    "new": "新建", "pending": "等待节点", "assigned": "已分配", "accepted": "已接受", "preparing": "准备中", "ready": "就绪",
    "starting": "启动中",
}  # fmt: skip
LEGEND = (
    Legend(Words("a task that runs", "正在运行的任务"), role="blue"),
    Legend(Words("a task that is prepared, or told to stop", "准备中或被要求停止的任务"), role="blue", hollow=True),
    Legend(Words("a task that failed", "失败的任务"), icon="cross", role="vermillion"),
)
