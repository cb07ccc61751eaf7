"""A run of Services in time as a film: pods die and return, the slice is rewritten, and node by node hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from k8sedu.kube.proxy.packet import socket_of
from k8sedu.kube.proxy.views.failover import pictured, windows
from k8sedu.kube.proxy.views.run_scene import run_scene
from k8sedu.language import Words
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend, Mark
from k8sedu.stage.player import Player
from k8sedu.trace import Frozen, Step, Trace


def play(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """A run as an animation; `.save("services.html")` makes one file that needs nothing else.

    Raises:
        WalkError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, language=language, theme=theme))


def film(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto", **more: Any) -> Document:
    """The same as a document for the stage; `more` goes to the document.

    Raises:
        WalkError: the trace is of something else, or was made without frames.
    """
    steps = pictured(trace)
    pods = addresses(trace)
    names = list(dict.fromkeys(name for step in steps if step.frame is not None for name in step.frame.pods))
    frames = tuple(
        Frame(step.time_us, step.kind, step.actor, run_scene(step, pods, caption=caption(step, pods), names=names)) for step in steps
    )
    mode = trace.parameters.mode
    more.setdefault("title", Words(f"A Service while its pods come and go: {mode}", f"Pod 来来去去时的 Service：{mode}"))
    return Document(
        frames=frames, bands=tuple(_bands(trace)), marks=_marks(trace), jumps=_jumps(steps), legend=LEGEND, pace="time", slowdown=4,
        end_us=steps[-1].time_us, language=language, theme=theme, **more,
    )  # fmt: skip


def addresses(trace: Trace) -> dict[str, str]:
    """Address → the pod that has, or had it."""
    return {pod.ip: name for step in trace if step.frame is not None for name, pod in step.frame.pods.items()}


def _bands(trace: Trace) -> Iterator[Band]:
    """The stretches in which any node knew a dead pod."""
    spans = sorted((each.from_us, each.until_us) for each in windows(trace))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    for start, end in merged:
        yield Band(start, end, Words("stale", "过期"), "vermillion")


def _marks(trace: Trace) -> tuple[Mark, ...]:
    icons = {
        "kill": ("cross", Words("a pod dies", "Pod 死亡")), "delete": ("minus", Words("a pod is deleted", "删除 Pod")),
        "start": ("plus", Words("a pod starts", "Pod 启动")), "connection_broken": ("alert", Words("a connection breaks", "连接中断")),
    }  # fmt: skip
    found = [Mark(step.time_us, *icons[step.kind]) for step in trace if step.kind in icons]
    lost = [Mark(step.time_us, "alert", Words("a lost request", "请求丢失")) for step in trace if _is_lost(step)]
    return tuple(sorted((*found, *lost), key=lambda mark: mark.time_us))


def _is_lost(step: Step) -> bool:
    return step.kind == "request" and step.detail.outcome != "answered"


def _jumps(steps: tuple[Step, ...]) -> tuple[Jump, ...]:
    wanted: dict[Words, Callable[[Step], bool]] = {
        Words("change", "变化"): lambda step: step.kind in {"kill", "delete", "gone", "start", "ready", "unready", "endpoints_changed"},
        Words("sync", "同步"): lambda step: step.kind == "synced", Words("lost", "丢失"): _is_lost,
    }  # fmt: skip
    found = {label: tuple(place for place, step in enumerate(steps) if test(step)) for label, test in wanted.items()}
    return tuple(Jump(label, places) for label, places in found.items() if places)


LEGEND = (
    Legend(Words("a request that is answered", "得到应答的请求"), letter="?", role="orange"),
    Legend(Words("a request that nobody answers", "无人应答的请求"), icon="cross", role="vermillion", hollow=True),
    Legend(Words("rules of this node are right", "该节点规则正确"), icon="check", role="green"),
    Legend(Words("this node knows a dead pod", "该节点规则里有死去的 Pod"), icon="alert", role="vermillion"),
    Legend(Words("news that are not programmed yet", "尚未写入的变化"), icon="clock", role="orange"),
)


# -- sentences ---------------------------------------------------------------------------------------------------------------------------


def caption(step: Step, pods: Mapping[str, str]) -> Words:
    """Why this step happened."""
    if step.kind == "request":
        return _asked(step.detail, pods)
    english, chinese = SENTENCES.get(step.kind, Words("**{actor}: {kind}.**", "**{actor}：{kind}。**"))
    count = len(step.detail.get("endpoints", ()))
    words = {**step.detail, "actor": step.actor, "kind": step.kind, "count": count, **_ends(step.detail, pods)}
    words |= {"took": f"{step.detail.get('took_ms', 0):.4g}", "what": "everything" if step.detail.get("is_full") else "what has changed"}
    words["what_zh"] = "全部" if step.detail.get("is_full") else "变化部分"
    return Words(english.format(**words), chinese.format(**words))


def _ends(detail: Frozen, pods: Mapping[str, str]) -> dict[str, str]:
    return {"pod": _name(str(detail.get("endpoint", "")), pods)}


def _name(endpoint: str, pods: Mapping[str, str]) -> str:
    return pods.get(socket_of(endpoint)[0], endpoint) if endpoint else "–"


def _asked(detail: Frozen, pods: Mapping[str, str]) -> Words:
    pod, tries = _name(str(detail.endpoint), pods), detail.tries
    if detail.outcome == "answered":
        again, again_zh = (f" at try {tries}", f"（第 {tries} 次尝试）") if tries > 1 else ("", "")
        return Words(f"**{detail.client} is answered by {pod}**{again}.", f"**{detail.client} 得到 {pod} 的应答**{again_zh}。")
    if detail.outcome == "lost":
        return Words(
            f"**{detail.client}'s request flies into nothing:** {detail.node} still knows {pod}, which is gone.",
            f"**{detail.client} 的请求石沉大海：** {detail.node} 的规则里还有已经消失的 {pod}。",
        )
    chinese = OUTCOMES_ZH[detail.outcome]
    return Words(f"**{detail.client}: {detail.outcome}.** {detail.reason_en}.", f"**{detail.client}：{chinese}。** {detail.reason_zh}。")


OUTCOMES_ZH = {"rejected": "被拒绝", "dropped": "被丢弃", "refused": "无人监听"}
SENTENCES: Mapping[str, Words] = {
    "kill": Words("**{actor} is dead at once.** The API does not know it yet, and no node does.",
                  "**{actor} 突然死亡。** API 还不知道，任何节点都不知道。"),
    "delete": Words("**{actor} is deleted:** it still serves for a while, and takes no new requests as soon as nodes know.",
                    "**删除 {actor}：** 它还会服务一会儿；节点得知后不再有新请求。"),
    "start": Words("**{actor} starts,** with an address of its own; it is ready after a while.",
                   "**{actor} 启动，** 有了自己的地址，稍后就绪。"),
    "ready": Words("**{actor} is ready.**", "**{actor} 就绪。**"),
    "unready": Words("**{actor} is not ready:** it still answers, but shall not be asked.",
                     "**{actor} 未就绪：** 它仍会应答，但不该再被访问。"),
    "gone": Words("**{actor} is gone.** Whoever still sends to its address sends into nothing.",
                  "**{actor} 消失。** 谁还向它的地址发包，谁就石沉大海。"),
    "endpoints_changed": Words("**The controller writes the EndpointSlice:** {count} endpoints. Nodes hear of it one by one.",
                               "**控制器写入 EndpointSlice：** {count} 个端点。各节点陆续得知。"),
    "sync_started": Words("**{actor} begins to write its rules.**", "**{actor} 开始写规则。**"),
    "synced": Words("**{actor} has written {what}:** {written} lines or orders in {took} ms.",
                    "**{actor} 写入了{what_zh}：** {written} 行或指令，用时 {took} 毫秒。"),
    "connection_opened": Words("**{client} keeps a connection open,** to {pod}. Conntrack remembers the pod.",
                               "**{client} 保持一个长连接，** 连到 {pod}。conntrack 记住了它。"),
    "connection_broken": Words("**A connection of {client} that was kept open breaks:** {pod} is gone.",
                               "**{client} 的长连接中断：** {pod} 已经消失。"),
    "end": Words("**The end of the run.**", "**运行结束。**"),
}  # fmt: skip


def table(trace: Trace) -> pd.DataFrame:
    """A run as a table: one row per step.

    Columns: time_ms float64, kind str, actor str, endpoint str (the pod of a request), outcome str, says str (in the chosen language).
    """
    pods = addresses(trace)
    rows = [
        (step.time_us / 1_000, step.kind, step.actor, _name(str(step.detail.get("endpoint", "")), pods).replace("–", ""),
         step.detail.get("outcome", ""), caption(step, pods).in_().replace("**", ""))
        for step in trace
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["time_ms", "kind", "actor", "endpoint", "outcome", "says"])
