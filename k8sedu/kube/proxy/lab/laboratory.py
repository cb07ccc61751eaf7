"""The live laboratory of Services: kill a pod, scale, change mode, affinity or policy, send one request or a thousand.

Each thing that is done is a chapter. Whoever steps back to an earlier chapter and does something there forks: later chapters are gone, and
"undo" brings them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from k8sedu.kube.proxy.lab.bench import MOST, Bench, BenchError
from k8sedu.kube.proxy.lab.chapters import CHAPTER_US, Chapter, film, first_step
from k8sedu.kube.proxy.packet import Walk
from k8sedu.kube.proxy.sim import MODES_IN_ORDER
from k8sedu.kube.proxy.views.walk_words import ended
from k8sedu.language import Words
from k8sedu.stage.document import Button, Choice, Control, Document, Slider
from k8sedu.stage.explore import Event, Explorer

MANY = 1_000
OPENED = Words(
    "**A Service and its pods.** Send a request, or click a pod.", "**一个 Service 和它的 Pod。** 发一个请求，或点击一个 Pod。"
)
AFFINITIES = (0, 5, 10_800)
"""Seconds; the last one is what Kubernetes takes if none is said."""


class Laboratory(Explorer):
    """A Service under the reader's hands; `bench` is what lies there now.

    >>> laboratory = lab()
    >>> laboratory.act(Event(time_us=0, step=0, action="kill", shape="pod/10.244.1.10:8080"))
    >>> laboratory.act(Event(time_us=laboratory.film.last_us, step=0, control="many"))
    >>> laboratory.bench.lost > 250
    True
    """

    def __init__(self, bench: Bench, *, language: str | None = None) -> None:
        """Open the laboratory on a bench."""
        self.language = language
        self.chapters: tuple[Chapter, ...] = (Chapter(bench, Words("start", "开始"), OPENED),)
        self._past: list[tuple[Chapter, ...]] = []
        super().__init__(self._film(), self._happen)

    @property
    def bench(self) -> Bench:
        """The present bench."""
        return self.chapters[-1].bench

    def _film(self) -> Document:
        return film(self.chapters, tuple(_controls(self.bench)), language=self.language)

    def _happen(self, event: Event) -> None:
        """One thing that the reader did, in the chapter at which they stand."""
        if event.control == "undo":
            if self._past:
                self.chapters = self._past.pop()
                self._turn_to_last()
            return
        place = min(max(0, event.time_us - 1) // CHAPTER_US, len(self.chapters) - 1)
        kept = self.chapters[: place + 1]
        bench = kept[-1].bench.copied()
        chapter = _done(bench, event)
        self._past.append(self.chapters)
        self.chapters = (*kept, chapter)
        self._turn_to_last()

    def _turn_to_last(self) -> None:
        document = self._film()
        self.show(document)
        self.step = first_step(document, len(self.chapters) - 1)


def lab(*, pods: int = 3, mode: str = "iptables", seed: int = 0, language: str | None = None) -> Laboratory:
    """Open the live laboratory of Services.

    Args:
        pods: how many to begin with, up to five.
        mode: of kube-proxy: iptables, ipvs, nftables or userspace.
        seed: what chance draws from.
        language: "en" or "zh".

    Raises:
        BenchError: there is no such mode, or there are too many pods.
    """
    return Laboratory(Bench.of(pods=pods, mode=mode, seed=seed), language=language)


def _controls(bench: Bench) -> Iterator[Control]:
    yield Button("one", Words("send a request", "发一个请求"))
    yield Button("many", Words(f"send {MANY}", f"发 {MANY} 个"))
    yield Button("tell", Words("the node hears the news", "让节点得知变化"))
    yield Slider("scale", Words("pods", "Pod 数"), 0, MOST, 1, sum(pod.is_up for pod in bench.pods.values()), "{}")
    yield Choice("mode", Words("mode", "模式"), tuple((name, name) for name in MODES_IN_ORDER), bench.mode)
    options = tuple((str(seconds), Words(f"{seconds} s", f"{seconds} 秒") if seconds else Words("none", "无")) for seconds in AFFINITIES)
    yield Choice("affinity", Words("session affinity", "会话保持"), options, str(bench.affinity_seconds))
    yield Choice("policy", Words("internal policy", "内部策略"), (("Cluster", "Cluster"), ("Local", "Local")), bench.policy)
    yield Button("undo", Words("undo", "撤销"))


# -- what a wish means -------------------------------------------------------------------------------------------------------------------


def _done(bench: Bench, event: Event) -> Chapter:
    """Do it, and say what came of it."""
    wish = WISHES.get(event.action or event.control or "")
    if wish is None:
        raise BenchError(f"met the wish {event.action or event.control!r}, expected one of: {', '.join(WISHES)}")
    return wish(bench, event)


def _name(bench: Bench, event: Event) -> str:
    """The pod whose box was clicked: the box is named by its endpoint."""
    ip = (event.shape or "").partition("/")[2].rpartition(":")[0]
    return next((pod.name for pod in bench.pods.values() if pod.ip == ip), event.shape or "")


def _kill(bench: Bench, event: Event) -> Chapter:
    name = _name(bench, event)
    bench.kill(name)
    said = Words(
        f"**{name} is dead, and the rules do not know it.** Send requests now, then let the node hear the news.",
        f"**{name} 死了，而规则还不知道。** 先发请求看看，再让节点得知变化。",
    )
    return Chapter(bench, Words(f"kill {name}", f"杀死 {name}"), said)


def _start(bench: Bench, event: Event) -> Chapter:
    name = _name(bench, event)
    bench.start(name)
    said = Words(
        f"**A new {name} with another address, {bench.pods[name].ip}.** The Service's address is the same as ever.",
        f"**新的 {name} 有了另一个地址 {bench.pods[name].ip}。** Service 的地址始终不变。",
    )
    return Chapter(bench, Words(f"new {name}", f"新的 {name}"), said)


def _one(bench: Bench, _: Event) -> Chapter:
    (walk,) = bench.send(1, with_misses=True)
    return Chapter(bench, Words("1 request", "1 个请求"), _said(bench, walk), walk)


def _said(bench: Bench, walk: Walk) -> Words:
    if walk.endpoint in bench.dead:
        return Words(
            f"**Lost:** the rules still name {walk.endpoint}, and nobody is there.",
            f"**丢失：** 规则里还有 {walk.endpoint}，而那里已经没有人。",
        )
    return ended(walk)


def _many(bench: Bench, _: Event) -> Chapter:
    lost = sum(map(bench.is_lost, bench.send(MANY)))
    said = Words(
        f"**{MANY} requests, {lost} of them lost.** The bars are shares, the black mark is what an even share would be.",
        f"**{MANY} 个请求，丢失 {lost} 个。** 条形是各自的份额，黑线是均分的位置。",
    )
    return Chapter(bench, Words(f"{MANY} requests", f"{MANY} 个请求"), said)


def _tell(bench: Bench, _: Event) -> Chapter:
    bench.tell()
    said = Words("**The node has heard the news:** its rules hold only pods that live.", "**节点得知了变化：** 规则里只剩活着的 Pod。")
    return Chapter(bench, Words("news", "得知"), said)


def _scale(bench: Bench, event: Event) -> Chapter:
    count = int(event.value or 0)
    bench.scale(count)
    said = Words(f"**The Service has {count} pods now,** and the rules hold them.", f"**Service 现在有 {count} 个 Pod，** 规则也已更新。")
    return Chapter(bench, Words(f"{count} pods", f"{count} 个 Pod"), said)


def _mode(bench: Bench, event: Event) -> Chapter:
    bench.turn_to(str(event.value))
    said = Words(
        f"**kube-proxy begins anew in mode {bench.mode}.** The Service is the same; how the node finds a pod is not.",
        f"**kube-proxy 以 {bench.mode} 模式重新开始。** Service 没有变，变的是节点如何找到 Pod。",
    )
    return Chapter(bench, Words(bench.mode, bench.mode), said)


def _affinity(bench: Bench, event: Event) -> Chapter:
    bench.keep_clients(int(event.value or 0))
    kept = bench.affinity_seconds
    said = (
        Words(f"**A client stays with its pod for {kept} s.** Send a thousand, and look at the bars.",
              f"**客户端在 {kept} 秒内固定到同一个 Pod。** 发一千个看看。")
        if kept else Words("**No affinity:** every connection is drawn anew.", "**没有会话保持：** 每个连接都重新选择。")
    )  # fmt: skip
    return Chapter(bench, Words(f"affinity {kept} s", f"会话保持 {kept} 秒"), said)


def _policy(bench: Bench, event: Event) -> Chapter:
    bench.route_by(str(event.value))
    said = (
        Words("**Local:** requests from this node get pods of this node only.", "**Local：** 本节点发出的请求只会到本节点的 Pod。")
        if bench.policy == "Local"
        else Words("**Cluster:** requests may get every pod.", "**Cluster：** 请求可以到任何 Pod。")
    )  # fmt: skip
    return Chapter(bench, Words(bench.policy, bench.policy), said)


WISHES: dict[str, Callable[[Bench, Event], Chapter]] = {
    "kill": _kill, "start": _start, "one": _one, "many": _many, "tell": _tell, "scale": _scale, "mode": _mode, "affinity": _affinity,
    "policy": _policy,
}  # fmt: skip
"""What the reader may do → the chapter that comes of it."""
