"""The pods of a Service on the right of a picture: who answers is green, who goes is grey with a cross, who is not ready is dashed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from k8sedu.kube.proxy.packet import socket_of
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.shapes import Icon, Label, Rect, Shape

PODS = 762.0
WIDE, HIGH, PITCH = 142.0, 54.0, 72.0
SHOWN = 5
DEAD, TERMINATING, NOT_READY = Words("dead", "已死"), Words("terminating", "正在终止"), Words("not ready", "未就绪")


class PodBox(NamedTuple):
    """Where a pod stands."""

    y: float
    backend: Any


def shown(backends: Sequence[Any], chosen: str) -> list[Any]:
    """The pods that are drawn: the first ones, and the chosen one."""
    if len(backends) <= SHOWN:
        return list(backends)
    kept = list(backends[:SHOWN])
    chosen_one = next((each for each in backends if each.text == chosen), None)
    if chosen_one is not None and chosen_one not in kept:
        kept[-1] = chosen_one
    return kept


def pod_boxes(backends: Sequence[Any], chosen: str) -> Iterator[PodBox]:
    """Places from top to bottom, in the middle if there are few."""
    found = shown(backends, chosen)
    top = (404 - 24 - (PITCH * len(found) - (PITCH - HIGH))) / 2 + 12
    for place, backend in enumerate(found):
        yield PodBox(top + PITCH * place, backend)


def pod_box(backends: Sequence[Any], endpoint: str) -> PodBox | None:
    """Where the pod with an endpoint stands."""
    return next((box for box in pod_boxes(backends, endpoint) if box.backend.text == endpoint), None)


def pods(
    backends: Sequence[Any], names: Mapping[str, str], *, chosen: str, served: Mapping[str, int] | None = None,
    dead: Collection[str] = (), menu: str | None = None,
) -> Iterator[Shape]:  # fmt: skip
    """All boxes; with `served`, how many requests each one had; at an endpoint that is `dead` nobody is any more."""
    total = sum(served.values()) if served else 0
    for box in pod_boxes(backends, chosen):
        text = box.backend.text
        is_dead = text in dead
        yield from _pod(box, names, is_chosen=text == chosen, is_dead=is_dead, menu=f"{menu}-dead" if menu and is_dead else menu)
        if served is not None:
            count = served.get(box.backend.text, 0)
            told = Words(f"got {count} of {total}", f"分到 {count} / {total}")
            yield Label(f"pod/{box.backend.text}/served", PODS + WIDE, box.y + HIGH + 9, told, anchor="end", size=12, fill="muted")
    if len(backends) > SHOWN:
        more = Words(f"and {len(backends) - SHOWN} more", f"另有 {len(backends) - SHOWN} 个")
        yield Label("pods/more", PODS + WIDE / 2, 396, more, size=12, fill="muted")
    if not backends:
        yield Label("pods/none", PODS + WIDE / 2, 200, Words("no endpoint", "没有端点"), size=13, fill="muted")


def _pod(box: PodBox, names: Mapping[str, str], *, is_chosen: bool, is_dead: bool, menu: str | None) -> Iterator[Shape]:
    backend, key = box.backend, f"pod/{box.backend.text}"
    gone, idle = backend.is_terminating or is_dead, not backend.is_ready
    chosen_role = "vermillion" if is_dead else "green"
    fill, stroke = (f"tint:{chosen_role}", chosen_role) if is_chosen else ("card", "grey") if gone or idle else ("paper", "line")
    yield Rect(
        key, PODS, box.y, WIDE, HIGH, r=8, fill=fill, stroke=stroke, width=2.5 if is_chosen else 1.5, dashed=idle and not gone, layer=1,
        label=_label(names.get(backend.ip, backend.text)), details=_details(backend), menu=menu,
    )  # fmt: skip
    name = names.get(backend.ip, "")
    title, x = name or backend.text, PODS + WIDE / 2
    yield Label(f"{key}/name", x, box.y + 19, fit(title, WIDE - 10), weight=600, layer=2, fill="muted" if gone or idle else "ink")
    plain = backend.text if name else backend.node_name
    words = DEAD if is_dead else TERMINATING if gone else NOT_READY if idle else Words(plain, plain)
    yield Label(f"{key}/told", x, box.y + 38, Words(*(fit(each, WIDE - 10, 12) for each in words)), size=12, fill="muted", layer=2)
    if gone:
        yield Icon(f"{key}/cross", PODS + WIDE - 13, box.y + 13, "cross", size=12, fill="muted", layer=2)


def _label(name: str) -> Words:
    return Words(f"pod {name}", f"Pod {name}")


def _details(backend: Any) -> tuple[tuple[str | Words, str | Words], ...]:
    yes, no = Words("yes", "是"), Words("no", "否")
    ip, port = socket_of(backend.text)
    return (
        (Words("address", "地址"), ip), (Words("port", "端口"), str(port)), (Words("node", "节点"), backend.node_name or "–"),
        (Words("ready", "就绪"), yes if backend.is_ready else no), (Words("serving", "可服务"), yes if backend.is_serving else no),
        (Words("terminating",
               "正在终止"), yes if backend.is_terminating else no), (Words("on this node", "在本节点"), yes if backend.is_local else no),
    )  # fmt: skip
