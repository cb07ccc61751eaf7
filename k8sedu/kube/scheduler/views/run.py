"""A run of Kubernetes' scheduler as the common film of a schedule, with what is Kubernetes' own upon it.

The common picture shows queue, nodes and verdicts. Upon it: beside each waiting pod a sign for the queue in which it waits; at the foot the
scheduler, what it thinks about, and how many pods are in which queue; on a node that it is cordoned, tainted, silent, or promised to a pod.

Left out: the scores plugin by plugin; `cycle` shows those of a single pod.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pandas as pd

from k8sedu.kube.scheduler.views.run_words import SENTENCES, caption, short
from k8sedu.kube.scheduler.views.tones import brief, said
from k8sedu.language import Words
from k8sedu.stage.document import Document, Legend, Mark
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.views.film import schedule_film
from k8sedu.workload.views.foot import FOOT, ROWS_OF_QUEUE, drawn_upon, expect_run_of
from k8sedu.workload.views.palette import Meaning
from k8sedu.workload.views.scene import LETTERS, MACHINES, QUEUE_ROW, TOP, Box, machine_boxes

SIGNS = {
    "active": ("play", "blue", Words("active: will be tried soon", "活跃：马上会尝试")),
    "backoff": ("clock", "orange", Words("backs off for a while after a failure", "失败后退避一会儿")),
    "unschedulable": ("pause", "vermillion", Words("unschedulable until something changes", "不可调度，等情况变化")),
    "gated": ("key", "purple", Words("gated: nobody looks at it", "被门控：谁也不看它")),
}
"""Queue → its icon, its role, and what it means."""

MARKS = {
    "nominate": ("flag", Words("preemption", "抢占")),
    "node_crash": ("cross", Words("a node fails", "节点失效")),
    "node_cut_off": ("wall", Words("a node is cut off", "节点失联")),
    "scheduler_down": ("cross", Words("the scheduler fails", "调度器失效")),
    "apiserver_down": ("cross", Words("the API server fails", "API server 失效")),
    "bind_failed": ("alert", Words("a binding failed", "绑定失败")),
    "order": ("person", Words("somebody changes something", "有人操作")),
}


def play(trace: Trace, *, colour: Meaning = "priority", **options: Any) -> Player:
    """A run of the scheduler as an animation; `.save("kube.html")` makes one file that needs nothing else.

    Args:
        trace: a run of `kube.scheduler.simulate`, with frames.
        colour: what the colour of a pod means, its "priority" or its "user" (its namespace, for pods that were given as manifests).
        options: as `film` takes them.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, colour=colour, **options))


def film(
    trace: Trace, *, colour: Meaning = "priority", language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    **more: Any,
) -> Document:  # fmt: skip
    """A run of the scheduler as a document for the stage; `more` goes to the document.

    Raises:
        ScheduleError: as `play`.
    """
    expect_run_of(trace, "kube.scheduler", made_by="kube.scheduler.simulate")
    more.setdefault("title", Words("Kubernetes: the scheduler at work", "Kubernetes：调度器在工作"))
    whole = schedule_film(trace, colour=colour, language=language, theme=theme, say=caption, **more)
    shown = drawn_upon(whole, trace, _own)
    pairs = zip(shown.frames, (step for step in trace if step.frame), strict=True)
    frames = tuple(old._replace(scene=_with_reasons(old.scene, step.frame)) for old, step in pairs if step.frame)
    marks = (*whole.marks, *(Mark(step.time_us, *MARKS[step.kind]) for step in trace if step.kind in MARKS))
    legend = (*whole.legend, *(Legend(words, icon=icon, role=role) for icon, role, words in SIGNS.values()))
    return replace(shown, frames=frames, marks=tuple(sorted(marks, key=lambda mark: mark.time_us)), legend=legend)


def _own(frame: Frozen) -> Iterator[Shape]:
    """What Kubernetes adds to a picture."""
    yield from _signs(frame)
    yield from _desk(frame.more)
    for name, box in machine_boxes(list(frame.machines)[:MACHINES]).items():
        yield from _node(name, box, frame)


# -- the queue ---------------------------------------------------------------------------------------------------------------------------


def _signs(frame: Frozen) -> Iterator[Shape]:
    """Beside each waiting task the queue in which its pod waits."""
    waiting = {entry.task: "gated" if entry.gated_by else entry.queue for entry in frame.more.queue}
    for place, task in enumerate(frame.queue[:ROWS_OF_QUEUE]):
        if task in waiting:
            icon, role, _ = SIGNS[waiting[task]]
            yield Icon(f"task/{task}/sign", 166, TOP + QUEUE_ROW * place + 11.5, icon, size=12, fill=role, layer=3)


def _desk(more: Frozen) -> Iterator[Shape]:
    """The scheduler at the foot: what it thinks about, and how many pods wait in which queue."""
    works = more.scheduler.works and more.apiserver.works
    yield Rect("desk", 8, FOOT - 22, 158, 130, r=8, fill="card", stroke="accent" if more.thinking else "line", dashed=not works)
    yield Label("desk/name", 18, FOOT - 6, Words("scheduler", "调度器（scheduler）"), size=LETTERS, weight=600, anchor="start", layer=1)
    state = _thinks(more)
    shown = Words(fit(state.en, 140, LETTERS), fit(state.zh, 140, LETTERS))
    yield Label("desk/state", 18, FOOT + 13, shown, size=LETTERS, anchor="start", fill="ink" if more.thinking else "muted", layer=1)
    yield Line("desk/rule", 18, FOOT + 26, 156, FOOT + 26, stroke="line", layer=1)
    counts = {queue: sum(_queue_of(entry) == queue for entry in more.queue) for queue in SIGNS}
    for place, (queue, number) in enumerate(counts.items()):
        icon, role, _ = SIGNS[queue]
        y = FOOT + 40 + 17 * place
        yield Icon(f"desk/{queue}/sign", 24, y, icon, size=11, fill=role, layer=1)
        yield Label(f"desk/{queue}", 36, y, NAMES[queue], size=LETTERS, anchor="start", fill="ink" if number else "muted", layer=1)
        yield Label(f"desk/{queue}/number", 156, y, str(number), size=LETTERS, anchor="end", fill="ink" if number else "muted", layer=1)


NAMES = {
    "active": Words("active", "活跃"),
    "backoff": Words("backoff", "退避"),
    "unschedulable": Words("unschedulable", "不可调度"),
    "gated": Words("gated", "被门控"),
}


def _queue_of(entry: Frozen) -> str:
    return "gated" if entry.gated_by else str(entry.queue)


def _thinks(more: Frozen) -> Words:
    if not more.scheduler.works:
        return Words("down", "已停止")
    if not more.apiserver.works:
        return Words("cannot reach the API", "连不上 API server")
    if more.thinking:
        return Words(f"looks at {short(more.thinking)}", f"正在看 {short(more.thinking)}")
    return Words("waits", "空闲")


# -- nodes -------------------------------------------------------------------------------------------------------------------------------


def _node(name: str, box: Box, frame: Frozen) -> Iterator[Shape]:
    """What is special about a node, in a pill below its columns; not while a verdict stands there."""
    verdict = frame.verdicts is not None and name in frame.verdicts.machines
    told = _special(name, frame.more)
    if told is None or verdict:
        return
    words, role = told
    y, room = box.y + box.h - 13, box.w - 24
    shown = Words(fit(words.en, room, LETTERS), fit(words.zh, room, LETTERS))
    yield Rect(f"machine/{name}/special", box.x + 6, y - 10, box.w - 12, 20, r=10, fill=f"tint:{role}", layer=5)
    yield Label(f"machine/{name}/special/text", box.x + box.w / 2, y, shown, size=LETTERS, layer=6)


def _special(name: str, more: Frozen) -> tuple[Words, str] | None:
    """The one thing that matters most about a node just now."""
    node, promised = more.nodes.get(name), more.nominated.get(name, ())
    if node is None:
        return Words("removed", "已移除"), "grey"
    if not node.works or not node.reachable:
        return Words("no heartbeat", "没有心跳"), "vermillion"
    if promised:
        names = ", ".join(map(short, promised))
        return Words(f"for {names}", f"留给 {names}"), "blue"
    leaving = sum(pod.node == name and pod.phase == "Terminating" for pod in more.pods.values())
    if leaving:
        return Words("one pod ends" if leaving == 1 else f"{leaving} pods end", f"{leaving} 个 Pod 正在结束"), "orange"
    if node.unschedulable:
        return Words("cordoned", "已封锁（cordon）"), "grey"
    taints = [taint for taint in node.taints if not taint.startswith("node.kubernetes.io/")]
    if not taints:
        return None
    keys = ", ".join(taint.partition(":")[0].partition("=")[0] for taint in taints)
    return Words(f"taint {keys}", f"污点 {keys}"), "purple"


def _with_reasons(scene: Scene, frame: Frozen) -> Scene:
    """Why a node is out, in few words of the reader's language."""
    if frame.verdicts is None:
        return scene
    boxes = machine_boxes(list(frame.machines)[:MACHINES])
    reasons = {f"machine/{name}/verdict": (name, reason) for name, (reason, _) in frame.verdicts.machines.items() if reason}

    def told(shape: Shape) -> Shape:
        if not isinstance(shape, Label) or shape.id not in reasons:
            return shape
        name, reason = reasons[shape.id]
        reasons_, room = tuple(reason.split(", ")), boxes[name].w - 34
        words = said(reasons_)
        if max(text_width(words.en, LETTERS), text_width(words.zh, LETTERS)) > room:
            words = brief(reasons_)
        return replace(shape, text=Words(fit(words.en, room, LETTERS), fit(words.zh, room, LETTERS)))

    return replace(scene, shapes=tuple(map(told, scene.shapes)))


def table(trace: Trace) -> pd.DataFrame:
    """A run as a table: one row per step.

    Columns: time_ms float64, kind str, actor str, pod str, node str, says str (the step's caption, in the chosen language).
    """
    rows = [
        (step.time_us / 1000, step.kind, step.actor, _pod_of(step.detail), _place_of(step.detail), caption(step).in_().replace("**", ""))
        for step in trace
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["time_ms", "kind", "actor", "pod", "node", "says"])


def _pod_of(detail: Frozen) -> str:
    return short(str(detail.get("pod", detail.get("task", ""))))


def _place_of(detail: Frozen) -> str:
    return str(detail.get("node", detail.get("machine", "")))


__all__ = ["SENTENCES", "film", "play", "table"]
