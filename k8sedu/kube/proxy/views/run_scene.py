"""One instant of a cluster with a Service: the EndpointSlice, what each node's kube-proxy has made of it, the pods, and a request.

From left to right stands the way of the news: the slice is written, each node hears of it in its own time and programs its rules; and the
way of a request, from a node's client to the pod that the node's rules name, whether that pod still lives or not.

Left out: more than six nodes and eight pods; what is hidden is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8sedu.kube.proxy.packet import socket_of
from k8sedu.kube.proxy.views.failover import ANSWERING, stale_endpoints
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape, Token
from k8sedu.trace import Frozen, Step

WIDTH, HEIGHT, FLOOR = 904.0, 452.0, 392.0
LETTERS = 12.0
SLICE_W, NODE_X, NODE_W, POD_X, POD_W = 212.0, 246.0, 410.0, 762.0, 142.0
NODES, PODS = 6, 8
CHIP = 62.0


class Box(NamedTuple):
    """Where something stands."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.h / 2


def places(names: list[str], *, x: float, w: float, most: int, tall: float) -> dict[str, Box]:
    """Boxes from top to bottom for the first names.

    >>> places(["a", "b"], x=0, w=10, most=4, tall=50)["b"]
    Box(x=0, y=210.0, w=10, h=50)
    """
    shown = names[:most]
    pitch = (FLOOR - 28) / max(1, len(shown))
    h = min(tall, pitch - 10)
    return {name: Box(x, 28 + pitch * place, w, h) for place, name in enumerate(shown)}


def run_scene(step: Step, pods: Mapping[str, str], *, caption: str | Words = "", names: list[str] | None = None) -> Scene:
    """The picture after a step.

    Args:
        step: with its frame.
        pods: address → the name of the pod that has or had it.
        caption: one sentence.
        names: all pods that are to have a place, so that places stay the same over a run.
    """
    frame = step.frame
    assert frame is not None
    boxes = places(names if names is not None else list(frame.pods), x=POD_X, w=POD_W, most=PODS, tall=50)
    nodes = places(list(frame.nodes), x=NODE_X, w=NODE_W, most=NODES, tall=104)
    shapes = (
        *_heads(), *_slice(frame, pods), *(shape for name, box in nodes.items() for shape in _node(name, box, frame, pods)),
        *(shape for name, box in boxes.items() for shape in _pod(name, box, frame)), *_counts(frame),
        *_request(step, nodes, boxes, pods),
    )  # fmt: skip
    return Scene(shapes=shapes, caption=caption, width=WIDTH, height=HEIGHT, card_width=0)


def _heads() -> Iterator[Shape]:
    for key, x, words in (
        ("slice", 0.0, Words("what the API knows",
                             "API 里的记录")), ("nodes", NODE_X, Words("what each node has programmed", "每个节点已写入的规则")),
        ("pods", POD_X, Words("what is there", "实际的 Pod")),
    ):  # fmt: skip
        yield Label(f"head/{key}", x, 10, words, anchor="start", size=LETTERS, fill="muted")


def _slice(frame: Frozen, pods: Mapping[str, str]) -> Iterator[Shape]:
    """The endpoints as they are written."""
    yield Rect("slice", 0, 28, SLICE_W, 34 + 24 * max(1, min(10, len(frame.slice))), r=8, fill="tint:blue", stroke="blue")
    yield Label("slice/name", 14, 45, "EndpointSlice web", anchor="start", weight=600)
    for place, (ip, ready, serving, terminating) in enumerate(frame.slice[:10]):
        y = 70 + 24 * place
        name = pods.get(ip, ip)
        words = Words("terminating", "正在终止") if terminating else Words("ready", "就绪") if ready else Words("not ready", "未就绪")
        ink = "ink" if ready and serving else "muted"
        yield Label(f"slice/{ip}", 14, y, fit(name, 96, LETTERS), anchor="start", size=LETTERS, weight=600, fill=ink)
        yield Label(f"slice/{ip}/state", SLICE_W - 14, y, words, anchor="end", size=LETTERS, fill=ink)
    if not frame.slice:
        yield Label("slice/none", 14, 70, Words("no endpoint", "没有端点"), anchor="start", size=LETTERS, fill="muted")


# -- nodes -------------------------------------------------------------------------------------------------------------------------------


def _node(name: str, box: Box, frame: Frozen, pods: Mapping[str, str]) -> Iterator[Shape]:
    node, stale = frame.nodes[name], stale_endpoints(frame, name)
    state, role = _state(node, stale)
    yield Rect(
        f"node/{name}", *box, r=8, fill="card", stroke="vermillion" if stale else "line", width=2 if stale else 1.5,
        label=Words(f"node {name}", f"节点 {name}"), details=_node_details(name, node, stale),
    )  # fmt: skip
    top = box.y + min(20, box.h / 4 + 4)
    yield Label(f"node/{name}/name", box.x + 14, top, name, anchor="start", weight=600, layer=1)
    yield Label(f"node/{name}/state", box.x + box.w - 32, top, state, anchor="end", size=LETTERS, layer=1)
    icon = "alert" if stale else "clock" if node.is_syncing or node.is_stale else "check"
    yield Icon(f"node/{name}/sign", box.x + box.w - 17, top, icon, size=13, fill=role, layer=1)
    yield from _chips(name, box, top + 22, node, stale=stale, pods=pods)
    told = Words(f"{node.rules} rules, {node.connections} connections", f"{node.rules} 条规则，{node.connections} 个连接")
    if box.h >= 92:
        yield Label(f"node/{name}/told", box.x + 14, box.y + box.h - 15, told, anchor="start", size=LETTERS, fill="muted", layer=1)


def _state(node: Frozen, stale: tuple[str, ...]) -> tuple[Words, str]:
    if stale:
        return Words("knows a dead pod", "规则里还有死去的 Pod"), "vermillion"
    if node.is_syncing:
        return Words("writes its rules", "正在写规则"), "orange"
    if node.is_stale:
        return Words("has news to write", "有变化待写入"), "orange"
    return Words("in step", "已同步"), "green"


def _chips(name: str, box: Box, y: float, node: Frozen, *, stale: tuple[str, ...], pods: Mapping[str, str]) -> Iterator[Shape]:
    """An endpoint that is programmed: green, or red with a cross where nobody is left."""
    most = int((box.w - 28) // (CHIP + 6))
    shown = list(node.known)[: most if len(node.known) <= most else most - 1]
    for place, endpoint in enumerate(shown):
        ip, x = socket_of(endpoint)[0], box.x + 14 + (CHIP + 6) * place
        role = "vermillion" if endpoint in stale else "green"
        key = f"chip/{name}/{endpoint}"
        yield Rect(key, x, y, CHIP, 22, r=11, fill=f"tint:{role}", stroke=role, layer=1)
        text = fit(pods.get(ip, ip), CHIP - (22 if role == "vermillion" else 10), LETTERS)
        yield Label(f"{key}/name", x + CHIP / 2 - (6 if role == "vermillion" else 0), y + 11.5, text, size=LETTERS, layer=2)
        if role == "vermillion":
            yield Icon(f"{key}/cross", x + CHIP - 12, y + 11, "cross", size=10, fill="ink", layer=2)
    if len(node.known) > len(shown):
        more = f"+{len(node.known) - len(shown)}"
        yield Label(f"chip/{name}/more", box.x + 14 + (CHIP + 6) * len(shown) + 6, y + 11.5, more, anchor="start", size=LETTERS, layer=2)
    if not node.known:
        empty = Words("no endpoint: the packet is rejected", "没有端点：数据包被拒绝")
        yield Label(f"chip/{name}/none", box.x + 14, y + 11.5, empty, anchor="start", size=LETTERS, fill="muted", layer=2)


def _node_details(name: str, node: Frozen, stale: tuple[str, ...]) -> tuple[tuple[str | Words, str], ...]:
    return (
        (Words("node", "节点"), name), (Words("rules", "规则"), str(node.rules)), (Words("syncs", "同步次数"), str(node.syncs)),
        (Words("connections", "连接"), str(node.connections)), (Words("dead endpoints", "已失效的端点"), str(len(stale))),
    )  # fmt: skip


# -- pods and requests -------------------------------------------------------------------------------------------------------------------

STATES = {
    "running": Words("running", "运行中"), "terminating": Words("terminating", "正在终止"), "starting": Words("starting", "正在启动"),
    "dead": Words("dead", "已死"),
}  # fmt: skip


def _pod(name: str, box: Box, frame: Frozen) -> Iterator[Shape]:
    pod = frame.pods.get(name)
    if pod is None:
        return
    is_up, is_small = pod.state in ANSWERING, box.h < 44
    unready = is_up and not pod.is_ready and pod.state == "running"
    role = "green" if is_up and pod.is_ready and pod.state == "running" else "grey"
    yield Rect(
        f"pod/{name}", *box, r=8, fill=f"tint:{role}" if role == "green" else "card", stroke=role, dashed=not is_up,
        label=Words(f"pod {name}", f"Pod {name}"), details=_pod_details(name, pod),
    )  # fmt: skip
    words = Words("not ready", "未就绪") if unready else STATES[pod.state]
    ink, x = "ink" if is_up else "muted", box.x + 12
    if is_small:
        yield Label(f"pod/{name}/name", x, box.middle, fit(name, 62, LETTERS), anchor="start", size=LETTERS, weight=600, fill=ink, layer=1)
        yield Label(f"pod/{name}/state", box.x + box.w - 10, box.middle, words, anchor="end", size=LETTERS, fill="muted", layer=1)
        return
    yield Label(f"pod/{name}/name", x, box.y + 16, fit(name, 92), anchor="start", weight=600, fill=ink, layer=1)
    told = pod.ip if is_up and pod.state == "running" and pod.is_ready else words
    yield Label(f"pod/{name}/state", x, box.y + 35, told, anchor="start", size=LETTERS, fill="muted", layer=1)
    if pod.state == "dead":
        yield Icon(f"pod/{name}/cross", box.x + box.w - 16, box.y + 16, "cross", size=13, fill="muted", layer=1)


def _pod_details(name: str, pod: Frozen) -> tuple[tuple[str | Words, str | Words], ...]:
    return (
        (Words("pod", "Pod"), name), (Words("address",
            "地址"), pod.ip), (Words("node", "节点"), pod.node), (Words("state", "状态"), STATES[pod.state]),
        (Words("ready", "就绪"), Words("yes", "是") if pod.is_ready else Words("no", "否")),
    )  # fmt: skip


def _request(step: Step, nodes: Mapping[str, Box], boxes: Mapping[str, Box], pods: Mapping[str, str]) -> Iterator[Shape]:
    """The request of this step: a line from its node to its pod, and where it ended."""
    if step.kind not in {"request", "connection_opened", "connection_broken"} or step.detail.node not in nodes:
        return
    start, endpoint = nodes[step.detail.node], str(step.detail.endpoint)
    outcome = step.detail.outcome if step.kind == "request" else "answered" if step.kind == "connection_opened" else "lost"
    goal = boxes.get(pods.get(socket_of(endpoint)[0], "")) if endpoint else None
    role = "orange" if outcome == "answered" else "vermillion"
    edge = start.x + start.w
    x, y = (goal.x - 16, goal.middle) if goal is not None else (edge + 26, start.middle)
    yield Line("request/way", edge + 2, start.middle, x, y, stroke=role, width=2.5, dashed=outcome != "answered")
    icon = None if outcome == "answered" else "cross"
    yield Token("request", x, y, text="" if icon else "?", icon=icon, fill="paper" if icon else role, stroke=role, r=10, tail=0, layer=9)


def _counts(frame: Frozen) -> Iterator[Shape]:
    """How many requests ended how, as one bar."""
    total = sum(frame.counts.values())
    yield Rect("counts", 0, FLOOR + 34, WIDTH, 12, r=6, fill="card", stroke="line")
    x = 0.0
    for name, (_, role) in OUTCOMES.items():
        width = WIDTH * frame.counts[name] / total if total else 0
        if width:
            yield Rect(f"counts/{name}", x, FLOOR + 34, width, 12, r=2, fill=role, stroke=None, layer=1)
        x += width
    for place, (name, (words, role)) in enumerate(OUTCOMES.items()):
        left = 4 + 181 * place
        yield Rect(f"counts/{name}/key", left, FLOOR + 9, 10, 10, r=2, fill=role, stroke=None)
        said = Words(f"{words.en}: {frame.counts[name]}", f"{words.zh}：{frame.counts[name]}")
        ink = "ink" if frame.counts[name] else "muted"
        yield Label(f"counts/{name}/said", left + 18, FLOOR + 14, said, anchor="start", size=LETTERS, fill=ink)


OUTCOMES = {
    "answered": (Words("answered", "已应答"), "green"), "lost": (Words("lost: nobody there", "丢失：没有人在"), "vermillion"),
    "rejected": (Words("rejected", "被拒绝"), "orange"), "dropped": (Words("dropped", "被丢弃"), "purple"),
    "refused": (Words("refused", "无人监听"), "grey"),
}  # fmt: skip
