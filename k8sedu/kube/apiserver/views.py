"""A story of the API server as a film: clients with what they remember, the server with what is true, and the strip of revisions.

A copy that is out of date has a dashed rim and the word for it, so that one sees the conflict coming; the arrow says who asks, what, and
what the answer was.

Left out: what is inside etcd. Lesson 5 shows that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.lettering import fit
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Label, Line, Rect, Shape
from k8sedu.trace import Frozen, Step, Trace

WIDTH, HEIGHT = 904.0, 400.0
LEFT, CLIENT_WIDTH, CLIENT_HEIGHT, CLIENT_GAP = 12.0, 316.0, 102.0, 10.0
SERVER_X, SERVER_WIDTH, SERVER_HEIGHT = 546.0, 346.0, 326.0
ROW = 34.0
ROWS, CLIENTS, CELLS = 7, 3, 14
CELL, STRIP_Y = 26.0, 360.0
STEP_US = 1_000_000


class ApiStoryError(K8sEduError, ValueError):
    """A trace that is no story of an API server."""


def play(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """A story as an animation; `.save("api.html")` makes one file that needs nothing else.

    Raises:
        ApiStoryError: the trace is of something else.
    """
    return Player(film(trace, language=language, theme=theme))


def film(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Document:
    """A story as a document for the stage.

    Raises:
        ApiStoryError: the trace is of something else.
    """
    if trace.system != "kube.apiserver" or not len(trace):
        raise ApiStoryError(f"met a trace of {trace.system!r} with {len(trace)} steps, expected one of kube.apiserver.tell")
    frames = tuple(Frame(step.time_us, step.kind, step.actor, scene(step, trace.parameters.first)) for step in trace)
    conflicts = tuple(step.index for step in trace if step.kind in {"conflict", "expired"})
    jumps = (Jump(Words("refusal", "拒绝"), conflicts),) if conflicts else ()
    return Document(
        title=Words("The API server: one truth, many copies", "API server：一份真相，多份副本"), frames=frames, jumps=jumps, legend=LEGEND,
        pace="step", end_us=len(frames) * STEP_US, language=language, theme=theme,
    )  # fmt: skip


LEGEND = (
    Legend(Words("a copy that is up to date", "与服务器一致的副本"), letter="7", role="green"),
    Legend(Words("a copy that is out of date", "已经过时的副本"), letter="5", role="orange", hollow=True),
    Legend(Words("a revision that is forgotten", "已被压缩、不再可读的版本"), letter="", role="grey"),
)


def scene(step: Step, first: int) -> Scene:
    """One step of a story as a picture."""
    frame = step.frame
    if frame is None:
        raise ApiStoryError("met a step without a frame, expected a trace of kube.apiserver.tell")
    names = list(frame.clients)[:CLIENTS]
    shapes = [*_server(frame), *_strip(frame, first)]
    for place, name in enumerate(names):
        shapes += _client(name, frame.clients[name], frame, _top(place))
    if step.actor in names:
        shapes += _request(step, _top(names.index(step.actor)))
    return Scene(shapes=tuple(shapes), caption=caption(step), width=WIDTH, height=HEIGHT, card_width=0)


def _top(place: int) -> float:
    return 12.0 + place * (CLIENT_HEIGHT + CLIENT_GAP)


def _server(frame: Frozen) -> Iterator[Shape]:
    yield Rect("server", SERVER_X, 12, SERVER_WIDTH, SERVER_HEIGHT, r=8, fill="card", stroke="ink", width=2)
    yield Label("server/name", SERVER_X + 16, 34, Words("API server", "API server"), size=16, weight=600, anchor="start", layer=1)
    revision = Words(f"revision {frame.revision}", f"版本号 {frame.revision}")
    yield Label("server/revision", SERVER_X + SERVER_WIDTH - 16, 34, revision, size=14, anchor="end", fill="muted", layer=1)
    for place, (name, found) in enumerate(list(frame.objects.items())[:ROWS]):
        yield from _row(f"server/{name}", found, SERVER_X + 14, 56 + place * ROW, SERVER_WIDTH - 28, is_old=False)


def _row(row: str, found: Frozen, x: float, y: float, w: float, *, is_old: bool) -> Iterator[Shape]:
    """An object: its name, its data, and its version as a badge; dashed where it is no longer true."""
    name = row.rpartition("/")[2]
    role = "orange" if is_old else "green"
    yield Rect(row, x, y, w, ROW - 6, r=5, fill="paper", stroke=role if is_old else "line", width=1.5, dashed=is_old, layer=1)
    text = f"{name}   " + "  ".join(f"{key}={value}" for key, value in found.data.items())
    yield Label(f"{row}/text", x + 10, y + (ROW - 6) / 2, fit(text, w - 70, 14), size=14, anchor="start", layer=2)
    fill = "paper" if is_old else role
    yield Rect(f"{row}/badge", x + w - 46, y + 4, 40, ROW - 14, r=10, fill=fill, stroke=role, width=1.5, dashed=is_old, layer=2)
    on = "ink" if is_old else f"on:{role}"
    yield Label(f"{row}/version", x + w - 26, y + (ROW - 6) / 2, found.version, size=13, weight=600, fill=on, layer=3)


def _client(name: str, client: Frozen, frame: Frozen, top: float) -> Iterator[Shape]:
    yield Rect(f"client/{name}", LEFT, top, CLIENT_WIDTH, CLIENT_HEIGHT, r=8, fill="card", stroke="line", width=1.5)
    yield Label(f"client/{name}/name", LEFT + 12, top + 18, name, size=15, weight=600, anchor="start", layer=1)
    right = LEFT + CLIENT_WIDTH - 12
    yield Label(f"client/{name}/says", right, top + 18, _connection(client), size=12.5, anchor="end", fill="muted", layer=1)
    for place, (key, copy) in enumerate(list(client.copies.items())[:2]):
        now = frame.objects.get(key)
        is_old = now is None or now.version != copy.version
        yield from _row(f"client/{name}/{key}", copy, LEFT + 8, top + 32 + place * (ROW - 4), CLIENT_WIDTH - 16, is_old=is_old)


def _connection(client: Frozen) -> Words:
    """What a client knows of the rest of the world."""
    if client.is_connected:
        return Words(f"watches, has seen {client.version}", f"监听中，已看到 {client.version}")
    if client.is_watching:
        return Words(f"away, had seen {client.version}", f"断开，看到 {client.version} 为止")
    return Words("remembers", "记得的副本") if client.copies else Words("remembers nothing", "没有副本")


def _request(step: Step, top: float) -> Iterator[Shape]:
    """Who asks, what, and what the answer was; of a watch, what comes from the server by itself."""
    y, left, right = top + CLIENT_HEIGHT / 2, LEFT + CLIENT_WIDTH + 6, SERVER_X - 6
    middle, detail = (left + right) / 2, step.detail
    code = detail.get("code", 0)
    role = "vermillion" if code >= 400 else "blue"
    if step.kind in {"told", "expired"}:
        yield Line(f"request/{step.actor}", right, y, left, y, stroke=role, width=2.5, arrow=True, layer=4)
        yield Label("request/asks", middle, y - 16, detail.get("event", "ERROR"), size=14, weight=600, fill="ink", layer=5)
    elif step.kind == "away":
        yield Line(f"request/{step.actor}", left, y, right, y, stroke="grey", width=2, dashed=True, layer=4)
        return
    else:
        yield Line(f"request/{step.actor}", left, y, right, y, stroke=role, width=2.5, arrow=True, layer=4)
        yield Label("request/asks", middle, y - 16, fit(_asked(step), right - left - 8, 14), size=14, weight=600, layer=5)
    if code:
        answer = f"{code} {detail.get('reason', '')}".strip()
        yield Label("request/answer", middle, y + 17, answer, size=14, weight=600, fill=role if code >= 400 else "muted", layer=5)


def _asked(step: Step) -> str:
    verb = {"create": "POST", "update": "PUT", "read": "GET", "list": "LIST", "patch": "PATCH", "delete": "DELETE", "watch": "WATCH"}
    detail = step.detail
    word = verb.get(detail.get("verb", step.kind), step.kind.upper())
    sent = detail.get("sent") or (detail.get("version") if step.kind == "watch" else "")
    return " ".join(filter(None, (word, detail.get("target", ""), f"@{sent}" if sent else "")))


def _strip(frame: Frozen, first: int) -> Iterator[Shape]:
    """The revisions of this story, newest at the right; what is compacted is empty and dashed."""
    yield Label("strip/name", LEFT, STRIP_Y + CELL / 2, Words("revisions", "版本号"), size=13, anchor="start", fill="muted")
    shown = [entry for entry in frame.history if entry.revision > first][-CELLS:]
    for place, entry in enumerate(shown):
        x = LEFT + 84 + place * (CELL + 26)
        is_gone = entry.revision < frame.compacted
        role = {"ADDED": "green", "MODIFIED": "blue", "DELETED": "vermillion"}[entry.event]
        fill = "paper" if is_gone else role
        stroke = "grey" if is_gone else role
        yield Rect(f"revision/{entry.revision}", x, STRIP_Y, CELL + 18, CELL, r=4, fill=fill, stroke=stroke, dashed=is_gone)
        on = "muted" if is_gone else f"on:{role}"
        text = f"{entry.revision}{SIGNS[entry.event]}"
        yield Label(f"revision/{entry.revision}/text", x + (CELL + 18) / 2, STRIP_Y + CELL / 2, text, size=13, weight=600, fill=on, layer=1)


SIGNS = {"ADDED": "+", "MODIFIED": "~", "DELETED": "−"}
"""Colour is never the only sign."""


def caption(step: Step) -> Words:
    """One sentence for a step of a story.

    >>> caption(Step(0, 0, "read", "ann", Frozen(target="web", version="9", code=200), None)).en
    '**ann reads web** and remembers it as of version 9.'
    """
    words = {"actor": step.actor, "sent": "", "target": "", **step.detail}
    kind = "told_bookmark" if step.detail.get("event") == "BOOKMARK" else step.kind
    english, chinese = CAPTIONS[kind]
    return Words(english.format(**words), chinese.format(**words))


CAPTIONS = {
    "create": Words(
        "**{actor} creates {target}.** Its version is the revision of etcd: {version}.",
        "**{actor} 创建 {target}。** 它的版本就是 etcd 的版本号：{version}。",
    ),
    "read": Words(
        "**{actor} reads {target}** and remembers it as of version {version}.", "**{actor} 读取 {target}，** 记下版本 {version} 的副本。",
    ),
    "update": Words(
        "**{actor} writes {target} back,** with version {sent} that it had read. It was still the last one; now there is {version}.",
        "**{actor} 写回 {target}，** 附上它读到的版本 {sent}。那仍是最新版本，于是有了版本 {version}。",
    ),
    "conflict": Words(
        "**Conflict.** {actor} has read version {sent}, but somebody else was faster. Nothing is written: read again, decide again.",
        "**冲突（conflict）。** {actor} 读到的是版本 {sent}，但别人抢先了一步。什么也没有写入：重新读取，重新决定。",
    ),
    "patch": Words(
        "**{actor} patches {target}:** only what it wants to change, whatever the version. Now there is version {version}.",
        "**{actor} 给 {target} 打补丁（patch）：** 只说要改什么，不问版本。于是有了版本 {version}。",
    ),
    "delete": Words(
        "**{actor} deletes {target}.** That, too, is a revision: {version}.", "**{actor} 删除 {target}。** 删除也是一个版本：{version}。",
    ),
    "list": Words(
        "**{actor} lists everything** as of revision {version}; {count} found. From there a watch can go on.",
        "**{actor} 列出全部对象：** 共 {count} 个，都是版本号 {version} 那一刻的样子。监听可以从那里继续。",
    ),
    "watch": Words(
        "**{actor} watches from version {version} on:** everything after it will be told, once and in order.",
        "**{actor} 从版本 {version} 开始监听（watch）：** 之后的一切都会告诉它，不重不漏，按顺序。",
    ),
    "told": Words(
        "**{actor} is told:** {target} is {event}. It has now seen everything up to version {version}.",
        "**{actor} 收到通知：** {target}，{event}。到版本 {version} 为止，它都看到了。",
    ),
    "told_bookmark": Words(
        "**A bookmark for {actor}:** it has seen everything that concerns it up to version {version}.",
        "**给 {actor} 的书签（bookmark）：** 到版本 {version} 为止，与它有关的它都看到了。",
    ),
    "expired": Words(
        "**Too old.** {actor} wants to go on from version {version}, but that past is compacted. It must list anew.",
        "**太旧了。** {actor} 想从版本 {version} 继续，但那段历史已被压缩。它只能重新列出全部对象。",
    ),
    "away": Words(
        "**{actor} loses its connection.** It has seen everything up to version {version}.",
        "**{actor} 断开了连接。** 它看到版本 {version} 为止。",
    ),
    "compact": Words(
        "**The server compacts** up to revision {version}: the present stays, the past before it can no longer be read.",
        "**服务器压缩历史，** 到版本号 {version} 为止：现在的内容都在，之前的过去不再可读。",
    ),
    "not_found": Words("**{target} is not there:** {actor} gets 404.", "**没有 {target}：** {actor} 得到 404。"),
    "refused": Words("**{actor} is refused:** {message}.", "**{actor} 被拒绝：** {message}。"),
}
"""Kind of step → the sentence under the picture."""
