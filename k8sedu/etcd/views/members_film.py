"""A cluster of etcd as a film: Raft's own picture of the members, with each one's revision below it and its leases in the panel.

Left out: the trees inside of a member. A trace's frames hold them: `two_trees(step.frame.nodes["n1"].store)`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal

from k8sedu.etcd.views import request_captions
from k8sedu.etcd.views.member_captions import sentence
from k8sedu.etcd.views.source import scenario_text
from k8sedu.language import Words
from k8sedu.raft.views.captions import CAPTIONS
from k8sedu.raft.views.film import Event, between, events, film
from k8sedu.raft.views.layout import TIMER_GAP, Ring
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.shapes import Detail, Group, Icon, Label, Shape
from k8sedu.trace import Frozen, Trace

WRITES = frozenset({"put", "delete_range", "txn", "lease_revoke", "compact"})
JUMPS = 2
_ENTRY = re.compile(r" ?\S+ (?:applies|执行) \{.*\}(?: …)?[.。]")
"""Raft tells the content of an entry as it stands in the log; etcd tells it in its own words."""


def members_film(
    trace: Trace, *, title: str | Words | None = None, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    start_ms: float | None = None, end_ms: float | None = None,
) -> Document:  # fmt: skip
    """A cluster's run as a document for the stage.

    Raises:
        FramesError: the run was recorded with frames=False, or nothing happens in the chosen time.
    """
    size = trace.parameters.get("size", 0)
    name = title or Words(f"etcd with {size} member{'' if size == 1 else 's'}", f"{size} 个成员的 etcd")
    document = film(trace, title=name, language=language, theme=theme, start_ms=start_ms, end_ms=end_ms)
    shown = between(events(trace), start_ms=start_ms, end_ms=end_ms)
    dress = _Wardrobe(document)
    frames = tuple(dress.frame(frame, event) for frame, event in zip(document.frames, shown, strict=True))
    writes = tuple(number for number, event in enumerate(shown) if event.kinds & WRITES)
    jump = Jump(Words("next applied write", "下个已应用的写入"), writes, Words("write", "写入"))
    return replace(
        document, frames=frames, jumps=(*document.jumps[:JUMPS], jump), legend=(*document.legend, *LEGEND), source=scenario_text(trace)
    )  # fmt: skip


class _Wardrobe:
    """Adds to each member what etcd knows of it; a member that did not change keeps its very shapes."""

    def __init__(self, document: Document) -> None:
        self.known: dict[str, tuple[Shape, tuple[object, ...], Shape]] = {}
        self.radius = 0.0
        self.document = document

    def frame(self, frame: Frame, event: Event) -> Frame:
        """A frame of Raft's film, with etcd's state and sentence."""
        state = event.last.frame or Frozen()
        self.radius = self.radius or Ring.of(tuple(state["nodes"]), tuple(state["clients"])).radius
        shapes = tuple(self._dressed(shape, state) for shape in frame.scene.shapes)
        caption = _caption(frame.scene.caption, event)
        return frame._replace(scene=replace(frame.scene, shapes=shapes, caption=caption))

    def _dressed(self, shape: Shape, state: Frozen) -> Shape:
        prefix, _, name = shape.id.partition("/")
        if prefix != "node" or name not in state["nodes"] or not isinstance(shape, Group):
            return shape
        node = state["nodes"][name]
        told = (node["revision"], node["is_primary"], len(node["leases"]), node["consistent_index"], node["status"])
        known = self.known.get(name)
        if known is None or known[0] is not shape or known[1] != told:
            known = self.known[name] = shape, told, self._member(shape, name, node)
        return known[2]

    def _member(self, shape: Group, name: str, node: Frozen) -> Group:
        y = self.radius + TIMER_GAP + 12
        ink = "ink" if node["status"] == "up" else "muted"
        text = f"revision {node['revision']}"
        parts: list[Shape] = [Label(f"node/{name}/revision", 0, y, text, size=12, fill=ink, halo="paper")]
        if node["is_primary"] and node["leases"]:
            parts.append(Icon(f"node/{name}/counts", -50, y, "clock", size=13, fill="ink"))
        return replace(shape, shapes=(*shape.shapes, *parts), details=(*shape.details[:-1], _details(node)))


def _details(node: Frozen) -> Detail:
    count = len(node["leases"])
    if not count:
        return "revision", str(node["revision"])
    counts = ("counted here", "在此倒数") if node["is_primary"] else ("not counted here", "不在此倒数")
    some = f"{count} lease{'' if count == 1 else 's'}"
    return "revision", Words(f"{node['revision']}; {some}, {counts[0]}", f"{node['revision']}；{count} 个租约，{counts[1]}")


def _caption(said: str | Words, event: Event) -> str | Words:
    """Raft's sentence, and etcd's behind it; etcd's alone where Raft has none, or speaks of requests in its own way."""
    more = sentence(event.steps)
    if more is None:
        return said
    if event.step.kind not in CAPTIONS or event.step.kind in request_captions.SENTENCES or not isinstance(said, Words):
        return more
    en, zh = (_ENTRY.sub("", text) for text in said)
    return Words(f"{en} {more.en.replace('**', '')}", f"{zh} {more.zh.replace('**', '')}")


LEGEND = (
    Legend(Words("below a member: how far its store is", "成员下方：它的存储到了哪个 revision"), role="grey", hollow=True),
    Legend(Words("this member counts down the leases", "由该成员为租约倒数"), icon="clock", role="ink"),
)
"""What is added to Raft's key."""
