"""The laboratory's bench at rest: client, Service, what the node's rules hold, and how many requests each pod has answered.

The same places as in the film of one request, so that nothing jumps when a request is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.views.course import Moment
from k8sedu.kube.proxy.views.walk_line import Station
from k8sedu.kube.proxy.views.walk_scene import NODE, WIDTH, Drawn, walk_scene
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape

LETTERS = 12.0
LEFT, TOP, ROW = NODE.x + 16, 52.0, 26.0


class Held(NamedTuple):
    """What a bench shows when no packet is on its way."""

    node: Any
    packet: Packet
    service_port: str
    backends: tuple[Any, ...]
    """All pods, as the API knows them; dead ones too."""
    known: tuple[str, ...]
    """The endpoints that the node's rules hold."""
    names: Mapping[str, str]
    dead: frozenset[str]
    served: Mapping[str, int]
    sent: int
    lost: int
    rules: int
    lines: Sequence[tuple[Words, Words]]
    """Settings: what, and how it is set."""


def drawn_bench(held: Held, walk: Walk | None, stations: tuple[Station, ...] = ()) -> Drawn:
    """What stays the same in the pictures of one chapter."""
    shown = walk or Walk(next(iter(held.node.modes)), held.packet, "unserved", (), service_port=held.service_port)
    return Drawn(shown, held.node, held.names, held.backends, stations, held.rules, held.served, held.dead, "pod")


def bench_scene(held: Held, *, caption: Words) -> Scene:
    """The bench, with nothing on its way."""
    drawn = drawn_bench(held, None, (Station(Words("client", "客户端"), -1, is_back=False),))
    whole = walk_scene(Moment("ask", (), -1, held.packet, is_back=False), drawn, caption=caption)
    kept = tuple(shape for shape in whole.shapes if not shape.id.startswith(("packet", "table/", "meter", "way/", "stop/", "line/")))
    return replace(whole, shapes=(*kept, *_held(held), *_totals(held)))


def _held(held: Held) -> Iterator[Shape]:
    """Settings, then a row per endpoint that the rules hold, with its share of the requests."""
    for place, (name, value) in enumerate(held.lines):
        y = TOP + 22 * place
        yield Label(f"set/{place}/name", LEFT, y, name, anchor="start", size=LETTERS, fill="muted")
        yield Label(f"set/{place}", LEFT + 190, y, value, anchor="start", size=LETTERS, weight=600)
    top = TOP + 22 * len(held.lines) + 18
    yield Line("held/rule", LEFT, top - 16, NODE.x + NODE.w - 16, top - 16)
    yield Label("held/title", LEFT, top + 2, Words("endpoints in the rules", "规则中的端点"), anchor="start", size=LETTERS, weight=600)
    served = Words("requests since the last change", "上次变化以来的请求")
    yield Label("held/served", LEFT + 190, top + 2, served, anchor="start", size=LETTERS, fill="muted")
    total = sum(held.served.values())
    for place, endpoint in enumerate(held.known[:7]):
        yield from _share(held, endpoint, top + 16 + ROW * place, total)
    if not held.known:
        none = Words("none: every packet is rejected", "没有：所有数据包都被拒绝")
        yield Label("held/none", LEFT, top + 28, none, anchor="start", size=LETTERS, fill="muted")


def _share(held: Held, endpoint: str, y: float, total: int) -> Iterator[Shape]:
    is_dead, key = endpoint in held.dead, f"held/{endpoint}"
    role, count = "vermillion" if is_dead else "green", held.served.get(endpoint, 0)
    yield Rect(key, LEFT, y, 176, 21, r=4, fill=f"tint:{role}", stroke=role, layer=1)
    name = held.names.get(endpoint.rpartition(":")[0], "")
    yield Label(f"{key}/name", LEFT + 9, y + 11, fit(f"{name} {endpoint}", 146, LETTERS), anchor="start", size=LETTERS, layer=2)
    if is_dead:
        yield Icon(f"{key}/cross", LEFT + 165, y + 10.5, "cross", size=11, fill="ink", layer=2)
    room = NODE.w - 32 - 190 - 60
    yield Rect(f"{key}/all", LEFT + 190, y + 4, room, 13, r=6, fill="paper", stroke="line", layer=1)
    width = max(0.1, room * count / total) if total else 0.1
    yield Rect(f"{key}/bar", LEFT + 190, y + 4, width, 13, r=6, fill="vermillion" if is_dead else "orange", stroke=None, layer=2)
    if total:
        even = LEFT + 190 + room / len(held.known)
        yield Line(f"{key}/even", even, y + 1, even, y + 20, stroke="ink", width=1.5, layer=3)
    yield Label(f"{key}/count", NODE.x + NODE.w - 16, y + 11, str(count), anchor="end", size=LETTERS, weight=600, layer=2)


def _totals(held: Held) -> Iterator[Shape]:
    total = held.sent
    said = Words(
        f"since the last change: {total} requests, {held.lost} lost", f"上次变化以来：{total} 个请求，丢失 {held.lost} 个"
    )
    yield Label("totals", WIDTH / 2, 440, said, size=14, weight=600, fill="vermillion" if held.lost else "ink")
    if total and held.known:
        note = Words(f"the black mark is 1/{len(held.known)}", f"黑线是 1/{len(held.known)}")
        yield Label("totals/note", NODE.x + NODE.w - 16, 384, note, anchor="end", size=LETTERS, fill="muted")
