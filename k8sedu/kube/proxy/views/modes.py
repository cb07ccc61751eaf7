"""The same packet in several modes, side by side: who is asked how much, what it is rewritten to, and what the pod sees.

A column per mode, a row per chain or lookup. All columns advance together, a row at a time, so that one sees one mode finish while another
still reads its chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd

from k8sedu.kube.proxy.packet import Step, Walk
from k8sedu.kube.proxy.views.course import rule_count
from k8sedu.kube.proxy.views.rule_words import done, short_chain
from k8sedu.kube.proxy.views.walk import STEP_US, WalkError
from k8sedu.kube.proxy.views.walk_words import ENDS
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Jump, Legend
from k8sedu.stage.lettering import fit
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Icon, Label, Line, Rect, Shape, Token

WIDTH, HEIGHT, GAP = 904.0, 500.0, 12.0
LETTERS = 12.0
TOP, ROW = 56.0, 23.0
ROWS = 13
FOOT = 368.0
HOOKS = {"PREROUTING": "blue", "OUTPUT": "blue", "INPUT": "purple", "FORWARD": "purple", "POSTROUTING": "sky"}
"""Where in the kernel a row is asked → the colour at its edge."""
LONG = {"iptables": "iptables", "ipvs": "IPVS", "nftables": "nftables", "userspace": "userspace"}


class Hop(NamedTuple):
    """One chain or lookup on a packet's way."""

    hook: str
    title: Words
    asked: int
    """Rules that were compared there."""
    effect: Words
    """What it changed; empty where it only led on."""


def hops(walk: Walk) -> tuple[Hop, ...]:
    """A walk's chains in their order, each time a chain is entered."""
    groups: list[list[Step]] = []
    for step in walk.steps:
        if groups and (groups[-1][-1].hook, groups[-1][-1].table, groups[-1][-1].chain) == (step.hook, step.table, step.chain):
            groups[-1].append(step)
        else:
            groups.append([step])
    return tuple(Hop(group[0].hook, short_chain(group[0]), len(group), _effect(group)) for group in groups)


def _effect(group: Sequence[Step]) -> Words:
    """The last thing that a chain did to the packet."""
    for step in reversed(group):
        verdict = step.verdict
        if verdict.startswith(("DNAT to ", "REDIRECT to ")):
            return Words(*(f"→ {verdict.rpartition(' ')[2]}",) * 2)
        if verdict.startswith("connects to "):
            return Words(*(f"→ {verdict.rpartition(' ')[2]}",) * 2)
        if verdict.startswith(("SNAT", "MASQUERADE")):
            return Words(f"from {step.packet.source}", f"来源改为 {step.packet.source}")
        if verdict in {"REJECT", "DROP"}:
            return Words(verdict, verdict)
        if step.table in {"routing", "conntrack"}:
            return done(verdict)
    return Words("", "")


def four_modes(
    walks: Mapping[str, Walk] | Iterable[Walk], node: Any = None, *, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Player:  # fmt: skip
    """The same packet in up to four modes, side by side and in step.

    Args:
        walks: of the same packet, one per mode.
        node: the node that they were made on, for the number of its rules.
        language: "en" or "zh"; without it, the chosen one.
        theme: the paper.

    Raises:
        WalkError: none or more than four walks, or walks of different packets.
    """
    return Player(four_modes_film(walks, node, language=language, theme=theme))


def four_modes_film(
    walks: Mapping[str, Walk] | Iterable[Walk], node: Any = None, *, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto", **more: Any,
) -> Document:  # fmt: skip
    """The same as a document for the stage; `more` goes to the document."""
    found = _checked(walks)
    columns = [(walk, hops(walk)) for walk in found]
    longest = max(len(each) for _, each in columns)
    frames = tuple(
        Frame(at * STEP_US, "start" if at == 0 else "end" if at == longest + 1 else "hop", "", modes_scene(columns, at, node))
        for at in range(longest + 2)
    )
    more.setdefault("title", Words("The same packet in every mode", "同一个数据包，不同的模式"))
    ends = Jump(Words("end", "结束"), (len(frames) - 1,))
    return Document(
        frames=frames, jumps=(ends,), legend=LEGEND, pace="step", end_us=len(frames) * STEP_US, language=language, theme=theme, **more
    )  # fmt: skip


def _checked(walks: Mapping[str, Walk] | Iterable[Walk]) -> list[Walk]:
    found = list(walks.values() if isinstance(walks, Mapping) else walks)
    if not 1 <= len(found) <= 4:
        raise WalkError(f"met {len(found)} walks, expected one to four")
    goals = {(walk.packet.source, walk.packet.destination, walk.packet.destination_port) for walk in found}
    if len(goals) > 1:
        raise WalkError(f"met walks of {len(goals)} different packets, expected the same packet in each mode")
    return found


def modes_scene(columns: Sequence[tuple[Walk, tuple[Hop, ...]]], at: int, node: Any = None) -> Scene:
    """After so many hops: each column shows what it has walked."""
    width = (WIDTH - GAP * (len(columns) - 1)) / len(columns)
    most = max(walk.rules_asked for walk, _ in columns)
    shapes = [
        shape
        for place, (walk, found) in enumerate(columns)
        for shape in _column(walk, found, at, x=(width + GAP) * place, width=width, most=most)
    ]
    if node is not None:
        shapes += [
            Label(f"{walk.mode}/rules", x + 14, 38, _rules(rule_count(node, walk.mode)), anchor="start", size=LETTERS, fill="muted")
            for x, (walk, _) in zip(((width + GAP) * place for place in range(len(columns))), columns, strict=True)
        ]
    return Scene(shapes=tuple(shapes), caption=_caption(columns, at), width=WIDTH, height=HEIGHT, card_width=0)


def _rules(count: int) -> Words:
    shown = f"{count:,}".replace(",", "\u202f")
    return Words(f"{shown} rules on the node", f"节点上 {shown} 条规则")


def _caption(columns: Sequence[tuple[Walk, tuple[Hop, ...]]], at: int) -> Words:
    packet = columns[0][0].packet
    if at == 0:
        way = f"{packet.source} → {packet.destination}:{packet.destination_port}"
        return Words(
            f"**The same packet, {way},** enters a node in {len(columns)} modes.",
            f"**同一个数据包 {way}，** 以 {len(columns)} 种模式进入节点。",
        )
    done_ = [LONG[walk.mode] for walk, found in columns if len(found) <= at]
    if len(done_) < len(columns):
        names = ", ".join(done_)
        here = Words(f"{names} has finished." if done_ else "Nobody has finished yet.", f"{names} 已走完。" if done_ else "都还没有走完。")
        return Words(f"**Hop {at}.** {here.en}", f"**第 {at} 站。** {here.zh}")
    asked = sorted((walk.rules_asked, LONG[walk.mode]) for walk, _ in columns)
    told, zh = ", ".join(f"{name} {count}" for count, name in asked), "，".join(f"{name} {count} 次" for count, name in asked)
    masked = [LONG[walk.mode] for walk, _ in columns if walk.is_masqueraded]
    english = f" Only the pod of {', '.join(masked)} does not see the client." if masked and len(masked) < len(columns) else ""
    chinese = f"只有 {'、'.join(masked)} 模式下 Pod 看不到客户端地址。" if english else ""
    return Words(f"**Asked: {told}.**{english}", f"**询问次数：{zh}。** {chinese}")


def _column(walk: Walk, found: tuple[Hop, ...], at: int, *, x: float, width: float, most: int) -> Iterator[Shape]:
    key, is_done = walk.mode, at >= len(found)
    yield Rect(f"{key}/box", x, 0, width, HEIGHT, r=10, fill="card", stroke="line")
    yield Label(f"{key}/name", x + 14, 20, LONG[walk.mode], anchor="start", weight=600, size=14)
    count = Words(f"{min(at, len(found))} hops", f"{min(at, len(found))} 站")
    yield Label(f"{key}/hops", x + width - 14, 20, count, anchor="end", size=LETTERS, fill="muted")
    yield from _rows(key, found, at, x, width)
    yield Line(f"{key}/rule", x + 12, FOOT, x + width - 12, FOOT)
    yield from _foot(walk, found, at, x=x, width=width, most=most, is_done=is_done)


def _rows(key: str, found: tuple[Hop, ...], at: int, x: float, width: float) -> Iterator[Shape]:
    first = max(0, len(found) - ROWS)
    if first:
        more = Words(f"{first} hops before", f"前面还有 {first} 站")
        yield Label(f"{key}/more", x + width - 14, 38, more, anchor="end", size=LETTERS, fill="muted")
    for place, hop in enumerate(found[first:], first):
        y, is_made = TOP + ROW * (place - first), place < at
        role = HOOKS.get(hop.hook, "orange")
        yield Rect(f"{key}/{place}/hook", x + 10, y + 2, 4, 17, fill=role if is_made else "line", stroke=None, layer=1)
        strong = bool(hop.effect.en)
        fill = "orange" if is_made and strong and hop.title.en not in {"routing", "conntrack"} else None
        yield Rect(f"{key}/{place}", x + 17, y, width - 28, 21, r=4, fill=fill or ("paper" if is_made else "card"), stroke=fill or "line",
                   layer=1, label=hop.title, details=_details(hop))  # fmt: skip
        words = hop.effect if fill else hop.title
        text = Words(*(fit(each, width - 66, LETTERS) for each in words))
        ink = f"on:{fill}" if fill else "ink" if is_made else "muted"
        yield Label(f"{key}/{place}/text", x + 24, y + 11, text, anchor="start", size=LETTERS, fill=ink, layer=2)
        if is_made and at - 1 != place:
            yield Label(f"{key}/{place}/asked", x + width - 18, y + 11, str(hop.asked), anchor="end", size=LETTERS, fill=ink, layer=2)
    here = min(at, len(found)) - 1
    if 0 <= here < len(found) and at <= len(found):
        y = TOP + ROW * max(0, here - first) + 10.5
        yield Token(f"{key}/packet", x + width - 24, y, text="?", fill="blue", stroke="blue", r=9, tail=0, layer=9)
    elif at == 0:
        yield Circle(f"{key}/packet", x + width - 24, 42, 5, fill="blue", stroke=None, layer=9)


def _details(hop: Hop) -> tuple[tuple[str | Words, str | Words], ...]:
    return (
        (Words("hook",
               "钩子"), hop.hook or "–"), (Words("chain or lookup", "链或查找"), hop.title), (Words("asked", "询问"), str(hop.asked)),
        (Words("effect", "效果"), hop.effect if hop.effect.en else "–"),
    )  # fmt: skip


def _foot(walk: Walk, found: tuple[Hop, ...], at: int, *, x: float, width: float, most: int, is_done: bool) -> Iterator[Shape]:
    """The meter, and how it ended."""
    key = walk.mode
    total = sum(hop.asked for hop in found)
    made = walk.rules_asked if is_done else round(walk.rules_asked * sum(hop.asked for hop in found[:at]) / max(1, total))
    yield Label(f"{key}/asked", x + 14, FOOT + 17, Words(f"asked: {made}", f"询问：{made} 次"), anchor="start", size=LETTERS, weight=600)
    whole = width - 28
    yield Rect(f"{key}/meter", x + 14, FOOT + 30, whole, 10, r=5, fill="paper", stroke="line", layer=1)
    yield Rect(f"{key}/meter/done", x + 14, FOOT + 30, max(0.1, whole * made / max(1, most)), 10, r=5, fill="orange", stroke=None, layer=2)
    if not is_done:
        return
    for place, (name, said) in enumerate(_end(walk)):
        y = FOOT + 62 + 22 * place
        yield Label(f"{key}/end/{place}", x + 14, y, name, anchor="start", size=LETTERS, fill="muted")
        text = Words(*(fit(each, width - 74, LETTERS) for each in said))
        yield Label(f"{key}/end/{place}/said", x + width - 14, y, text, anchor="end", size=LETTERS, weight=600)
    good = walk.is_answered
    yield Icon(f"{key}/end/icon", x + width - 16, FOOT + 17, "check" if good else "cross", size=14, fill="green" if good else "vermillion")


def _end(walk: Walk) -> Iterator[tuple[Words, Words]]:
    yield Words("end", "结果"), ENDS[walk.outcome]
    yield Words("pod", "Pod"), Words(*(walk.endpoint or "–",) * 2)
    yield Words("sees", "看到"), Words(*(walk.arrived.source if walk.arrived else "–",) * 2)


LEGEND = (
    Legend(Words("PREROUTING or OUTPUT", "PREROUTING 或 OUTPUT"), icon="dot", role="blue"),
    Legend(Words("INPUT or FORWARD", "INPUT 或 FORWARD"), icon="dot", role="purple"),
    Legend(Words("POSTROUTING", "POSTROUTING"), icon="dot", role="sky"),
    Legend(Words("an address is rewritten, or a program at work", "改写地址，或程序在工作"), icon="dot", role="orange"),
)


def modes_table(walks: Mapping[str, Walk] | Iterable[Walk]) -> pd.DataFrame:
    """A row per mode; columns outcome, endpoint, rules_asked int64, hops int64, sees, is_masqueraded bool, is_answered bool."""
    found = list(walks.values() if isinstance(walks, Mapping) else walks)
    rows = [
        (walk.mode, walk.outcome, walk.endpoint, walk.rules_asked, len(hops(walk)), walk.arrived.source if walk.arrived else "",
         walk.is_masqueraded, walk.is_answered)
        for walk in found
    ]  # fmt: skip
    columns = ["mode", "outcome", "endpoint", "rules_asked", "hops", "sees", "is_masqueraded", "is_answered"]
    return pd.DataFrame(rows, columns=columns).set_index("mode").astype({"rules_asked": "int64", "hops": "int64"})
