"""Kubernetes' architecture: the control plane above, nodes below, and one door in the middle.

Two kinds of arrows carry the lesson. A request (solid) goes from a part to the API server; an event of a watch (dashed) comes back from it.
No arrow joins any two other parts, etcd and the container runtime excepted, which have one speaker each.

Source: the course notes' picture of the architecture; Kubernetes documentation, "Kubernetes Components".
Left out: several API servers and etcd members; lesson 4 shows what a group of etcd members does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from k8sedu.kube.views.roads import ALL, CHAPTERS, DEPLOYMENT, SET, SLICE, STAGES, Chapter
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Legend
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Detail, Icon, Label, Line, Rect, Shape, Token

WIDTH, HEIGHT = 590.0, 448.0
CARD_HEIGHT = 288.0
LETTERS = 12.0
STEP_US = 1_000_000
NODES = ("n1", "n2")


class Box(NamedTuple):
    """A part and its place."""

    x: float
    y: float
    w: float
    h: float
    name: Words
    what: Words


def _node_boxes(node: str, x: float) -> dict[str, Box]:
    return {
        f"kubelet/{node}": Box(x + 12, 288, 98, 46, Words("kubelet", "kubelet"), Words("runs its pods", "本节点的 Pod")),
        f"proxy/{node}": Box(x + 122, 288, 108, 46, Words("kube-proxy", "kube-proxy"), Words("Service rules", "Service 规则")),
        f"runtime/{node}": Box(x + 12, 360, 218, 28, Words("container runtime", "容器运行时（runtime）"), Words("", "")),
    }  # fmt: skip


NODE_X = {"n1": 84.0, "n2": 346.0}
BOXES = {
    "etcd": Box(96, 30, 126, 62, Words("etcd", "etcd"), Words("", "")),
    "scheduler": Box(238, 30, 150, 62, Words("scheduler", "调度器 scheduler"), Words("which node for a pod", "Pod 放到哪个节点")),
    "manager": Box(404, 30, 174, 62, Words("controller manager", "控制器管理器"), Words("as wanted, so it is", "让实际等于所愿")),
    "api": Box(96, 140, 482, 66, Words("API server", "API server"), Words("", "")),
    **{part: box for node, x in NODE_X.items() for part, box in _node_boxes(node, x).items()},
}

HOPS: dict[str, tuple[float, float, float, float]] = {
    "kubectl>api": (58, 173, 94, 173),
    "api>etcd": (144, 140, 144, 94), "etcd>api": (174, 92, 174, 138),
    "api>scheduler": (298, 140, 298, 94), "scheduler>api": (328, 92, 328, 138),
    "api>manager": (476, 140, 476, 94), "manager>api": (506, 92, 506, 138),
    **{
        f"{source}>{target}": (x1, y1, x1, y2)
        for node, x in NODE_X.items()
        for source, target, x1, y1, y2 in (
            ("api", f"kubelet/{node}", x + 46, 206, 286), (f"kubelet/{node}", "api", x + 76, 288, 208),
            ("api", f"proxy/{node}", x + 176, 206, 286), (f"kubelet/{node}", f"runtime/{node}", x + 61, 334, 358),
        )
    },
}  # fmt: skip
"""Where the arrow of a hop is drawn."""


def architecture(*, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """Who speaks with whom in Kubernetes, and the way of a Deployment, as a film.

    >>> len(architecture().film.frames)
    11
    """
    return Player(architecture_film(language=language, theme=theme))


def architecture_film(*, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Document:
    """The same as a document for the stage."""
    frames = tuple(
        Frame(number * STEP_US, chapter.kind, chapter.actor, architecture_scene(chapter)) for number, chapter in enumerate(CHAPTERS)
    )
    return Document(
        title=Words("The architecture of Kubernetes", "Kubernetes 的架构"), frames=frames, legend=LEGEND, pace="step",
        end_us=len(frames) * STEP_US, language=language, theme=theme,
    )  # fmt: skip


LEGEND = (
    Legend(Words("the part does this step of its own", "组件自己完成的一步"), letter="3", role="blue"),
    Legend(Words("a pod without a node", "还没有节点的 Pod"), role="grey", hollow=True),
    Legend(Words("a pod that has a node", "已选定节点的 Pod"), role="orange"),
    Legend(Words("a pod that runs", "正在运行的 Pod"), role="green"),
)


def architecture_scene(chapter: Chapter = CHAPTERS[-1]) -> Scene:
    """One chapter of the way as a picture.

    >>> architecture_scene(CHAPTERS[5]).find("pod/web-1/text").text
    'web-1 → n1'
    """
    shapes = (
        *_grounds(), *_kubectl(chapter), *_roads(chapter), *(shape for part in BOXES for shape in _box(part, chapter)),
        *_members(), *_objects(chapter), *_running(chapter), *_hops(chapter),
    )  # fmt: skip
    card = tuple(_card(frozenset(chapter.hops.values())))
    return Scene(
        shapes=shapes, card=card, card_height=CARD_HEIGHT, caption=chapter.said, width=WIDTH, height=HEIGHT, focus=_focus(chapter)
    )


def _focus(chapter: Chapter) -> str:
    focus = {"scheduler": "part/scheduler", "controller manager": "part/manager", "kubelet": "part/kubelet/n1"}
    return {**focus, "kube-proxy": "part/proxy/n1"}.get(chapter.actor, "part/api")


# -- parts -------------------------------------------------------------------------------------------------------------------------------


def _grounds() -> Iterator[Shape]:
    yield Rect("plane", 84, 0, 506, 218, r=10, fill="card", stroke="line")
    yield Label("plane/name", 96, 16, Words("control plane", "控制平面（control plane）"), size=LETTERS, anchor="start", fill="muted")
    for node, x in NODE_X.items():
        yield Rect(f"ground/{node}", x, 258, 244, 190, r=10, fill="card", stroke="line")
        yield Label(
            f"ground/{node}/name", x + 232, 273, Words(f"node {node}", f"节点 {node}"), size=LETTERS, anchor="end", fill="muted", layer=1
        )


def _kubectl(chapter: Chapter) -> Iterator[Shape]:
    ink = "ink" if "kubectl>api" in chapter.hops else "muted"
    yield Icon("kubectl", 30, 166, "person", size=26, fill=ink)
    yield Label("kubectl/name", 30, 193, "kubectl", size=LETTERS, fill=ink)


def _box(part: str, chapter: Chapter) -> Iterator[Shape]:
    box, own = BOXES[part], f"part/{part}"
    is_active = any(part in hop.split(">") for hop in chapter.hops)
    stroke, width = ("accent", 2.5) if is_active else ("muted", 1.5)
    yield Rect(
        own, box.x, box.y, box.w, box.h, r=8, fill="paper", stroke=stroke, width=width, layer=1,
        label=_spoken(part, box), details=DETAILS[part.partition("/")[0]],
    )  # fmt: skip
    y = box.y + (14 if box.h < 40 else 17)
    yield Label(f"{own}/name", box.x + 10, y, box.name, size=13, anchor="start", weight=600, layer=2)
    if box.what.en:
        yield Label(f"{own}/what", box.x + 10, box.y + 35, box.what, size=LETTERS, anchor="start", fill="muted", layer=2)


def _spoken(part: str, box: Box) -> Words:
    node = part.partition("/")[2]
    return Words(f"{box.name.en} of {node}", f"{node} 的 {box.name.zh}") if node else box.name


def _members() -> Iterator[Shape]:
    """Of the group of three etcd members one leads."""
    for place in range(3):
        x, is_leader = BOXES["etcd"].x + 28 + 34 * place, place == 0
        yield Circle(
            f"etcd/{place}", x, BOXES["etcd"].y + 43, 11, fill="blue" if is_leader else "paper", stroke="blue" if is_leader else "muted",
            layer=2,
        )  # fmt: skip
        if is_leader:
            yield Icon("etcd/crown", x, BOXES["etcd"].y + 43, "crown", size=12, fill="on:blue", layer=3)


DETAILS: dict[str, tuple[Detail, ...]] = {
    "etcd": (
        (Words("keeps", "保存"), Words("every object", "全部对象")), (Words("is asked by", "谁来问"), "API server"),
        (Words("agrees by", "靠什么一致"), "Raft"),
    ),
    "scheduler": (
        (Words("watches", "监听"), Words("pods, nodes", "Pod、节点")), (Words("writes", "写"), "pods/binding"),
        (Words("keeps", "保存"), Words("a cache only", "只有缓存")),
    ),
    "manager": (
        (Words("is", "是"), Words("dozens of loops", "几十个控制循环")),
        (Words("watches", "监听"), Words("what it owns", "自己负责的对象")), (Words("keeps", "保存"), Words("a cache only", "只有缓存")),
    ),
    "api": (
        (Words("checks", "检查"), Words("who, may it, is it sound", "是谁、权限、格式")),
        (Words("keeps", "保存"), Words("nothing: all is in etcd", "什么也不存，都在 etcd")), (Words("calls", "调用"), "etcd"),
    ),
    "kubelet": (
        (Words("watches", "监听"), Words("pods of its node", "本节点的 Pod")),
        (Words("writes", "写"), Words("pod, node status", "Pod、节点状态")),
        (Words("calls", "调用"), Words("the runtime (CRI)", "运行时（CRI）")),
    ),
    "proxy": (
        (Words("watches", "监听"), "EndpointSlices"), (Words("writes", "写"), Words("kernel rules", "内核规则")),
        (Words("sees packets", "经手数据包"), Words("no, the kernel does", "不，由内核处理")),
    ),
    "runtime": (
        (Words("is", "是"), "containerd, CRI-O"), (Words("does", "做"), Words("images, containers", "镜像、容器")),
        (Words("is asked by", "谁来问"), "kubelet"),
    ),
}  # fmt: skip
"""Part → what the panel says of it."""


# -- objects and pods --------------------------------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """How a pod is drawn, and what is written on it."""

    fill: str
    stroke: str
    text: str
    dashed: bool = False


LOOKS = {
    "pending": Look("paper", "grey", "{pod}", dashed=True),
    "bound": Look("tint:orange", "orange", "{pod} → {node}"),
    "running": Look("tint:green", "green", "{pod} → {node}"),
}
PODS = {"n1": "web-1", "n2": "web-2"}
CHIPS = {DEPLOYMENT: (108.0, 88.0), SET: (202.0, 82.0), SLICE: (474.0, 96.0)}
POD_CHIPS = {"n1": (290.0, 86.0), "n2": (382.0, 86.0)}


def _objects(chapter: Chapter) -> Iterator[Shape]:
    """What lies behind the API server's door by now."""
    y, box = BOXES["api"].y + 34, BOXES["api"]
    note = Words("checks every request, tells every change", "检查每个请求，通知每次变化")
    yield Label("objects/what", box.x + box.w - 12, box.y + 17, note, size=LETTERS, anchor="end", fill="muted", layer=2)
    for name in ALL:
        if name in chapter.objects and name in CHIPS:
            x, w = CHIPS[name]
            yield from _chip(f"object/{name}", x, y, w, Look("tint:sky", "sky", name))
    if "pods" in chapter.objects:
        for node, pod in PODS.items():
            x, w = POD_CHIPS[node]
            look = LOOKS[chapter.pods]
            yield from _chip(f"pod/{pod}", x, y, w, look._replace(text=look.text.format(pod=pod, node=node)))


def _chip(own: str, x: float, y: float, w: float, look: Look) -> Iterator[Shape]:
    yield Rect(own, x, y, w, 24, r=5, fill=look.fill, stroke=look.stroke, dashed=look.dashed, layer=2)
    yield Label(f"{own}/text", x + w / 2, y + 12, look.text, size=LETTERS, layer=3)


def _running(chapter: Chapter) -> Iterator[Shape]:
    """Containers appear on a node when the runtime was told."""
    is_started = chapter.pods == "running" or chapter.kind == "start"
    for node, pod in PODS.items():
        x = NODE_X[node] + 12
        if is_started:
            runs = chapter.pods == "running"
            look = Look("tint:green", "green", pod) if runs else Look("paper", "grey", pod, dashed=True)
            yield from _chip(f"container/{pod}", x, 404, 218, look)
            yield Icon(f"container/{pod}/icon", x + 18, 416, "box", size=15, fill="ink" if runs else "muted", layer=3)
        else:
            yield Label(f"nothing/{node}", x + 109, 416, Words("nothing runs here", "这里还没有容器"), size=LETTERS, fill="muted", layer=1)


# -- arrows ------------------------------------------------------------------------------------------------------------------------------


def is_watch(hop: str) -> bool:
    """Whether a hop is an event that comes out of a watch.

    >>> is_watch("api>scheduler"), is_watch("api>etcd")
    (True, False)
    """
    return (hop.startswith("api>") and hop != "api>etcd") or hop == "etcd>api"


def _roads(chapter: Chapter) -> Iterator[Shape]:
    """Every way that exists, pale where it is not taken just now."""
    for hop, (x1, y1, x2, y2) in HOPS.items():
        if hop not in chapter.hops:
            stroke = "line" if chapter.hops else "grey"
            yield Line(f"road/{hop}", x1, y1, x2, y2, stroke=stroke, dashed=is_watch(hop), arrow=True, layer=1)


def _hops(chapter: Chapter) -> Iterator[Shape]:
    for hop, number in chapter.hops.items():
        x1, y1, x2, y2 = HOPS[hop]
        yield Line(f"hop/{hop}", x1, y1, x2, y2, stroke="accent", width=2.5, dashed=is_watch(hop), arrow=True, layer=4)
        if number:
            x, y = _beside(x1, y1, x2, y2)
            yield Token(f"hop/{hop}/number", x, y, text=str(number), r=9, fill="accent", tail=0, layer=5)


def _beside(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float]:
    """Where the number of an arrow stands: to the right of an upright one, above a level one."""
    return ((x1 + x2) / 2, y1 - 16) if y1 == y2 else (x1 + 16, (y1 + y2) / 2)


def _card(stages: frozenset[int]) -> Iterator[Shape]:
    yield Label("way/head", 18, 24, Words("The way of a Deployment", "一个 Deployment 走过的路"), anchor="start", weight=600)
    for number, words in enumerate(STAGES, start=1):
        y, is_now = 28 + 26.0 * number, number in stages
        yield Circle(f"way/{number}", 28, y, 9.5, fill="accent" if is_now else "paper", stroke="accent" if is_now else "muted")
        yield Label(f"way/{number}/number", 28, y, str(number), size=LETTERS, fill="on:accent" if is_now else "muted")
        yield Label(f"way/{number}/what", 46, y, words, anchor="start", weight=600 if is_now else 400, fill="ink" if is_now else "muted")
    for y, words in ((242, Words("a request", "请求")), (266, Words("an event of a watch", "监听（watch）送来的事件"))):
        yield Line(f"key/{y}", 18, y, 52, y, stroke="ink", width=2, dashed=y > 250, arrow=True)
        yield Label(f"key/{y}/what", 62, y, words, anchor="start", size=LETTERS, fill="muted")
