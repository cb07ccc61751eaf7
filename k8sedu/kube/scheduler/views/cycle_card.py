"""The card beside the cycle: the pod, and the plugins in the order in which they speak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8sedu.kube.scheduler.views.grid import CARD_HEAD, CARD_ROW, Grid
from k8sedu.kube.scheduler.views.moment import Moment
from k8sedu.kube.scheduler.views.tones import asked, colour_of, short_name
from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.shapes import Circle, Label, Line, Rect, Shape

LETTERS = 12.0
ROOM = 266.0


def card(explanation: Any, grid: Grid, moment: Moment) -> Iterator[Shape]:
    """The pod above, the plugins below."""
    yield from _pod(explanation, moment)
    for place, plugin in enumerate(grid.plugins):
        yield from _plugin(plugin, CARD_HEAD + 8 + CARD_ROW * place, explanation, grid, moment)


def _pod(explanation: Any, moment: Moment) -> Iterator[Shape]:
    pod = explanation.pod
    yield Label("pod/name", 18, 22, fit(pod.name, 150, 15), size=15, weight=600, anchor="start")
    state, role = _state(moment)
    w = 108.0
    shown = Words(fit(state.en, w - 12, LETTERS), fit(state.zh, w - 12, LETTERS))
    yield Rect("pod/state", 284 - w, 11, w, 22, r=11, fill=f"tint:{role}", stroke=role, dashed=role == "grey")
    yield Label("pod/state/text", 284 - w / 2, 22, shown, size=LETTERS, layer=1)
    found = " · ".join(asked(pod.requests))
    text = Words(found or "asks for nothing", found or "没有请求")
    text = Words(fit(text.en, ROOM, LETTERS), fit(text.zh, ROOM, LETTERS))
    yield Label("pod/asks", 18, 45, text, size=LETTERS, anchor="start", fill="muted")
    priority = Words(f"priority {pod.priority}", f"优先级（priority）{pod.priority}")
    yield Label("pod/priority", 18, 64, priority, size=LETTERS, anchor="start", fill="muted")
    yield Line("pod/rule", 18, 78, 284, 78, stroke="line")


def _state(moment: Moment) -> tuple[Words, str]:
    """What has become of the pod so far."""
    if moment.chosen:
        return Words(f"→ {moment.chosen}", f"→ {moment.chosen}"), "green"
    if moment.nominated:
        return Words(f"waits for {moment.nominated}", f"等待 {moment.nominated}"), "vermillion"
    if moment.kind in {"fit_error", "post_filter"}:
        return Words("unschedulable", "无法调度"), "vermillion"
    return Words("no node yet", "还没有节点"), "grey"


def _plugin(plugin: str, y: float, explanation: Any, grid: Grid, moment: Moment) -> Iterator[Shape]:
    own, is_active = f"plugin/{plugin}", plugin == moment.active
    place = grid.filters.index(plugin) if plugin in grid.filters else None
    scored = grid.scorers.index(plugin) if plugin in grid.scorers else None
    is_done = (place is not None and place < moment.filters) or (scored is not None and scored < moment.scorers)
    if place is not None:
        is_filtering = is_active and not moment.scorers
        yield Circle(
            f"{own}/place", 27, y, 8.5, fill="accent" if is_filtering else "paper", stroke="accent" if place < moment.filters else "grey"
        )
        ink = "on:accent" if is_filtering else "ink" if place < moment.filters else "muted"
        yield Label(f"{own}/number", 27, y, str(place + 1), size=LETTERS, fill=ink, layer=1)
    name = plugin if text_width(plugin, LETTERS) < 190 else short_name(plugin)
    weight, ink = 600 if is_active else 400, "ink" if is_done or is_active else "muted"
    yield Label(f"{own}/name", 42, y, name, size=LETTERS, anchor="start", weight=weight, fill=ink)
    if scored is not None:
        role, is_shown = colour_of(plugin), scored < moment.scorers
        yield Rect(f"{own}/colour", 271, y - 6.5, 13, 13, r=2, fill=role if is_shown else "paper", stroke=role)
        yield Label(f"{own}/weight", 264, y, f"× {explanation.weights.get(plugin, 1)}", size=LETTERS, anchor="end", fill="muted")
