"""One instant of a packet's way: client and Service on the left, the node with its chains, the pods on the right.

What the packet is asked stands as rows: a rule that does not match is dimmed and crossed, the one that matches is filled, a rule that is
not asked any more is dashed. Below the chains stand the addresses as the client wrote them and as they are now, and how much was asked.
The line at the bottom is the whole way there and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from k8sedu.kube.proxy.packet import Step, Walk, socket_text
from k8sedu.kube.proxy.views.course import ROW, TITLE, Moment, Row, Spot, rule_count
from k8sedu.kube.proxy.views.pod_boxes import PODS, pod_box, pods
from k8sedu.kube.proxy.views.rule_words import done, short_chain, short_rule, short_text
from k8sedu.kube.proxy.views.walk_line import Station, stations, whole_way
from k8sedu.kube.proxy.views.walk_words import backends_of
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Path, Rect, Shape, Token

WIDTH, HEIGHT = 904.0, 486.0
LETTERS = 12.0


class Box(NamedTuple):
    """Where something stands."""

    x: float
    y: float
    w: float
    h: float


CLIENT, SERVICE = Box(0, 22, 150, 56), Box(0, 132, 150, 60)
NODE = Box(182, 0, 546, 404)
LEFT, TOP = (198.0, 466.0), 42.0
WIDE = 246.0
TABLE = 326.0
METER = Box(566, 366, 146, 10)


class Drawn(NamedTuple):
    """What stays the same in all pictures of one walk."""

    walk: Walk
    node: Any
    names: Mapping[str, str]
    backends: tuple[Any, ...]
    stations: tuple[Station, ...]
    rules: int
    served: Mapping[str, int] | None = None
    """How many requests each endpoint has had, where that is to be seen."""
    dead: frozenset[str] = frozenset()
    """Endpoints at which nobody is any more."""
    menu: str | None = None
    """What opens when a pod is clicked in a laboratory."""

    @property
    def is_lost(self) -> bool:
        """Did the packet go to an endpoint at which nobody is?"""
        return self.walk.endpoint in self.dead


def drawn_of(walk: Walk, node: Any, names: Mapping[str, str] | None) -> Drawn:
    """Look up once what every picture needs."""
    rules = rule_count(node, walk.mode) if node is not None else 0
    return Drawn(walk, node, names or {}, backends_of(walk, node), tuple(stations(walk)), rules)


def walk_scene(moment: Moment, drawn: Drawn, *, caption: str | Words = "") -> Scene:
    """One instant."""
    shapes = (
        *_left(moment, drawn), *_node(moment, drawn), *_chains(moment), *_trail(moment, drawn), *_addresses(moment, drawn),
        *_meter(moment, drawn), *_all_pods(moment, drawn), *whole_way(moment, drawn.stations),
        *_token(moment, drawn),
    )  # fmt: skip
    mode = Words(f"mode {drawn.walk.mode}", f"{drawn.walk.mode} 模式")
    return Scene(shapes=shapes, caption=caption, subtitle=mode, width=WIDTH, height=HEIGHT, card_width=0)


def _all_pods(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    chosen = _chosen(moment, drawn)
    yield from pods(drawn.backends, drawn.names, chosen=chosen, served=drawn.served, dead=drawn.dead, menu=drawn.menu)


def _chosen(moment: Moment, drawn: Drawn) -> str:
    """The endpoint, as soon as the packet is on its way to it."""
    is_known = moment.is_back or moment.kind in {"arrive", "end"}
    goal = socket_text(moment.packet.destination, moment.packet.destination_port)
    return drawn.walk.endpoint if is_known or goal == drawn.walk.endpoint else ""


# -- left --------------------------------------------------------------------------------------------------------------------------------


def _left(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    """Client and Service."""
    packet, walk = drawn.walk.packet, drawn.walk
    is_here = moment.kind in {"ask", "end"}
    yield Rect("client", *CLIENT, r=8, fill="paper", stroke="ink" if is_here else "line", width=2 if is_here else 1.5, layer=1)
    x = CLIENT.x + CLIENT.w / 2
    yield Label("client/name", x, CLIENT.y + 20, Words("client", "客户端"), weight=600, layer=2)
    named = drawn.names.get(packet.source, "")
    told = fit(f"{named} {packet.source}".strip(), CLIENT.w - 10, LETTERS)
    yield Label("client/ip", x, CLIENT.y + 39, told, size=LETTERS, fill="muted", layer=2)
    name = walk.service_port or Words("no Service", "不是 Service")
    yield Rect("service", *SERVICE, r=8, fill="tint:blue", stroke="blue", width=2, layer=1)
    title = Words(*(fit(each, SERVICE.w - 10) for each in (name if isinstance(name, Words) else Words(name, name))))
    yield Label("service/name", x, SERVICE.y + 22, title, weight=600, layer=2)
    asked = fit(socket_text(packet.destination, packet.destination_port), SERVICE.w - 8, LETTERS)
    yield Label("service/ip", x, SERVICE.y + 42, asked, size=LETTERS, layer=2)
    for place, words in enumerate(NOTE if walk.mode != "userspace" else NOTE_USERSPACE):
        yield Label(f"service/note/{place}", x, SERVICE.y + 84 + 17 * place, words, size=LETTERS, fill="muted")


NOTE = (Words("a name for a set of pods;", "一组 Pod 的名字；"), Words("nobody listens here", "这个地址无人监听"))
NOTE_USERSPACE = (Words("a name for a set of pods;", "一组 Pod 的名字；"), Words("a program answers for it", "由一个程序代为应答"))


# -- the node ----------------------------------------------------------------------------------------------------------------------------


def _node(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    yield Rect("node", *NODE, r=10, fill="card", stroke="line")
    name = drawn.node.settings.node_name if drawn.node is not None else Words("the node", "节点")
    hook = moment.page[0].visit.hook if moment.page else ""
    name_words = name if isinstance(name, Words) else Words(name, name)
    way = Words(" · answer", " · 应答") if moment.is_back else Words("", "")
    where = f" · {hook}" if hook else ""
    title = Words(f"{name_words.en}{where}{way.en}", f"{name_words.zh}{where}{way.zh}")
    yield Label("node/name", NODE.x + 16, 21, title, anchor="start", weight=600)
    if drawn.rules:
        rules = f"{drawn.rules:,}".replace(",", "\u202f")
        told = Words(f"{drawn.walk.mode}, {rules} rules", f"{drawn.walk.mode}，{rules} 条规则")
        yield Label("node/rules", NODE.x + NODE.w - 16, 21, told, anchor="end", size=LETTERS, fill="muted")


def _chains(moment: Moment) -> Iterator[Shape]:
    """The chains that the packet has entered, or enters next: a chain that is not yet chosen is not given away."""
    way = "back" if moment.is_back else "there"
    for spot in moment.page:
        if moment.kind != "end" and spot.visit.rows[0].number > moment.number + 1:
            continue
        visit, x, y = spot.visit, LEFT[spot.column], TOP + spot.y
        key = f"{way}/{visit.hook}/{visit.table}/{visit.chain}"
        words = short_chain(visit.rows[0].step)
        prefix = f"{visit.table} · " if visit.table == "filter" else ""
        title = Words(*(fit(prefix + each, WIDE, LETTERS * 1.07) for each in words))
        yield Label(f"chain/{key}", x, y + 11, title, anchor="start", size=LETTERS, weight=600, layer=1)
        line = 0
        if visit.skipped:
            more = Words(f"{visit.skipped} more that do not match", f"另有 {visit.skipped} 条不匹配")
            yield from _dashed(f"{key}/skipped", x, y + TITLE, more)
            line = 1
        for row in visit.lines:
            yield from _row(f"{way}/{row.number}", row, x, y + TITLE + ROW * line, moment)
            line += 1
        if visit.rests:
            is_asked = visit.rows[-1].number <= moment.number
            yield from _dashed(f"{key}/rest", x, y + TITLE + ROW * line, _rest(spot, is_asked=is_asked), is_dashed=is_asked)


def _rest(spot: Spot, *, is_asked: bool) -> Words:
    """What is said of rules that are not asked; before the match nobody knows that they will not be."""
    rest = spot.visit.rest
    if len(rest) == 1:
        words = short_text(rest[0], spot.visit.table)
        return Words(*(fit(each, WIDE - 20, LETTERS) for each in words))
    if is_asked:
        return Words(f"{len(rest)} more, not asked", f"另有 {len(rest)} 条，不再询问")
    return Words(f"{len(rest)} more", f"另有 {len(rest)} 条")


def _dashed(key: str, x: float, y: float, words: Words, *, is_dashed: bool = True) -> Iterator[Shape]:
    fill, ink = ("card", "muted") if is_dashed else ("paper", "ink")
    yield Rect(f"row/{key}", x, y, WIDE, 21, r=4, fill=fill, stroke="line", dashed=is_dashed, layer=1)
    yield Label(f"row/{key}/text", x + 9, y + 11, words, anchor="start", size=LETTERS, fill=ink, layer=2)


def _row(key: str, row: Row, x: float, y: float, moment: Moment) -> Iterator[Shape]:
    """A rule: to come, asked in vain, or matched."""
    step, is_asked = row.step, row.number <= moment.number
    is_won, role = is_asked and step.is_match, "green" if moment.is_back else "orange"
    fill, stroke = (role, role) if is_won else ("paper", "line")
    is_now = row.number == moment.number and moment.kind in {"step", "answer"}
    yield Rect(
        f"row/{key}", x, y, WIDE, 21, r=4, fill=fill, stroke="ink" if is_now else stroke, width=2 if is_now else 1.5, layer=1,
        opacity=0.75 if is_asked and not is_won else 1.0, details=_details(step), label=_named(step),
    )  # fmt: skip
    text = Words(*(fit(each, WIDE - 38, LETTERS) for each in _told(step)))
    ink = f"on:{role}" if is_won else "muted" if is_asked else "ink"
    yield Label(f"row/{key}/text", x + 9, y + 11, text, anchor="start", size=LETTERS, fill=ink, layer=2)
    if is_asked and not is_won:
        yield Icon(f"row/{key}/miss", x + WIDE - 13, y + 10.5, "cross", size=11, fill="muted", layer=2)


def _told(step: Step) -> Words:
    words = short_rule(step)
    if step.table == "ipvs" and step.verdict.startswith("DNAT to "):
        return Words(*(f"{each} → {step.verdict.removeprefix('DNAT to ')}" for each in words))
    if step.table in {"routing", "conntrack"}:
        return done(step.verdict) if step.table == "conntrack" else Words(*map(" → ".join, zip(words, done(step.verdict), strict=True)))
    return words


def _named(step: Step) -> Words:
    chain = short_chain(step)
    return Words(f"rule {step.number} of {chain.en}", f"{chain.zh} 的第 {step.number} 条规则")


def _details(step: Step) -> tuple[tuple[str | Words, str], ...]:
    return (
        (Words("hook", "钩子"), step.hook or "–"), (Words("table", "表"), step.table), (Words("chain", "链"), step.chain or "–"),
        (Words("rule", "规则"), step.rule), (Words("verdict", "判定"), step.verdict or "–"), (Words("why", "原因"), step.why or "–"),
    )  # fmt: skip


# -- the way -----------------------------------------------------------------------------------------------------------------------------


def _spot_of(moment: Moment, number: int) -> tuple[float, float, int] | None:
    """Left edge, middle and column of a step's row, if the page shows it."""
    for spot in moment.page:
        for line, row in enumerate(spot.visit.lines):
            if row.number == number:
                return LEFT[spot.column], TOP + spot.y + TITLE + ROW * (line + bool(spot.visit.skipped)) + 10.5, spot.column
    return None


def _trail(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    """Arrows from matched row to matched row, as far as the packet has come on this page."""
    role = "green" if moment.is_back else "orange"
    steps = drawn.walk.back if moment.is_back else drawn.walk.steps
    made = [number for number, step in enumerate(steps[: moment.number + 1]) if step.is_match]
    spots = [(number, spot) for number in made if (spot := _spot_of(moment, number)) is not None]
    yield from _entry(moment, [spot for _, spot in spots[:1]], made, role)
    for (_, start), (other, end) in pairwise(spots):
        if _is_first(moment, other):
            yield from _arrow(f"trail/{moment.is_back}/{other}", start, end, role)
    if moment.kind in {"arrive", "end"} and not moment.is_back and spots and drawn.walk.arrived is not None:
        yield from _to_pod(drawn, role)


def _is_first(moment: Moment, number: int) -> bool:
    """Is this the first match of its chain? Arrows lead into a chain, and none leads back out of it."""
    for spot in moment.page:
        matched = [row.number for row in spot.visit.rows if row.step.is_match]
        if number in matched:
            return number == matched[0]
    return False


def _entry(moment: Moment, first: list[tuple[float, float, int]], made: list[int], role: str) -> Iterator[Shape]:
    """From the client to the Service, and into the node."""
    if moment.is_back:
        return
    x, top = CLIENT.x + CLIENT.w / 2, CLIENT.y + CLIENT.h
    yield Line("way/service", x, top + 2, x, SERVICE.y - 4, stroke=role, width=3, arrow=True)
    if first and _spot_of(moment, made[0]) is not None:
        y = SERVICE.y + 30
        gx, gy, _ = first[0]
        yield Path("way/node", f"M{SERVICE.w:g} {y:g}C{gx - 22:g} {y:g} {SERVICE.w + 22:g} {gy:g} {gx - 4:g} {gy:g}", stroke=role, width=3)
        yield from _head("way/node/head", gx - 3, gy, 1, role)


def _arrow(key: str, start: tuple[float, float, int], end: tuple[float, float, int], role: str) -> Iterator[Shape]:
    (x1, y1, one), (x2, y2, other) = start, end
    if one == other:
        edge = x1 + WIDE
        yield Path(key, f"M{edge:g} {y1:g}C{edge + 15:g} {y1:g} {edge + 15:g} {y2:g} {edge + 4:g} {y2:g}", stroke=role, width=3)
        yield from _head(f"{key}/head", edge + 3, y2, -1, role)
        return
    sign = 1 if other > one else -1
    a, b = (x1 + WIDE, x2 - 4) if sign > 0 else (x1, x2 + WIDE + 4)
    yield Path(key, f"M{a:g} {y1:g}C{a + 11 * sign:g} {y1:g} {b - 11 * sign:g} {y2:g} {b:g} {y2:g}", stroke=role, width=3)
    yield from _head(f"{key}/head", b + sign, y2, sign, role)


def _head(key: str, x: float, y: float, sign: int, role: str) -> Iterator[Shape]:
    yield Path(key, f"M{x - 6 * sign:g} {y - 5:g}L{x:g} {y:g}L{x - 6 * sign:g} {y + 5:g}", stroke=role, width=3)


def _to_pod(drawn: Drawn, role: str) -> Iterator[Shape]:
    box = pod_box(drawn.backends, drawn.walk.endpoint)
    if box is not None:
        edge, y = NODE.x + NODE.w, box.y + 27
        yield Path("way/pod", f"M{edge:g} {y:g}L{PODS - 6:g} {y:g}", stroke=role, width=3)
        yield from _head("way/pod/head", PODS - 4, y, 1, role)


def _token(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    """The packet itself."""
    x, y = _where(moment, drawn)
    is_lost = moment.kind == "end" and bool(drawn.walk.steps) and (drawn.is_lost or not drawn.walk.is_answered)
    icon = "cross" if is_lost else "plus" if moment.is_back else None
    role = "vermillion" if is_lost else "green" if moment.is_back else "blue"
    text = "" if icon else "?"
    yield Token("packet", x, y, text=text, icon=icon, fill="paper" if icon else role, stroke=role, r=9, tail=0, layer=9)


def _where(moment: Moment, drawn: Drawn) -> tuple[float, float]:
    if moment.kind == "ask":
        return CLIENT.x + CLIENT.w / 2, CLIENT.y + CLIENT.h + 24
    is_without_answer = drawn.walk.arrived is not None and (drawn.walk.answer is None or drawn.is_lost)
    if moment.kind == "arrive" or (moment.kind == "end" and is_without_answer):
        box = pod_box(drawn.backends, drawn.walk.endpoint)
        return (PODS - 17, box.y + 27) if box is not None else (PODS - 17, 200)
    if moment.kind == "end" and moment.is_back:
        return CLIENT.x + CLIENT.w + 16, CLIENT.y + CLIENT.h / 2
    number = moment.number if moment.step is not None else moment.number - 1
    spot = _spot_of(moment, number)
    return (spot[0] + WIDE - 13, spot[1]) if spot is not None else (NODE.x + NODE.w / 2, 340)


# -- what it carries ---------------------------------------------------------------------------------------------------------------------


def _addresses(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    """As it was written, and as it is now."""
    before = drawn.walk.arrived.answer() if moment.is_back and drawn.walk.arrived is not None else drawn.walk.packet
    now = moment.packet
    yield Line("table/rule", NODE.x + 16, TABLE - 14, NODE.x + NODE.w - 16, TABLE - 14)
    title = Words("answer", "应答") if moment.is_back else Words("packet", "数据包")
    yield Label("table/title", LEFT[0], TABLE + 2, title, anchor="start", size=LETTERS, weight=600)
    yield Label("table/sent", LEFT[0] + 52, TABLE + 2, Words("as it was sent", "发出时"), anchor="start", size=LETTERS, fill="muted")
    yield Label("table/now", LEFT[0] + 204, TABLE + 2, Words("as it is now", "现在"), anchor="start", size=LETTERS, fill="muted")
    rows = (
        ("from", Words("from", "来自"), (before.source, before.source_port), (now.source, now.source_port)),
        ("to", Words("to", "去往"), (before.destination, before.destination_port), (now.destination, now.destination_port)),
    )  # fmt: skip
    for place, (key, words, was, is_) in enumerate(rows, 1):
        y = TABLE + 2 + 24 * place
        yield Label(f"table/{key}/name", LEFT[0], y, words, anchor="start", size=LETTERS, fill="muted")
        yield Label(f"table/{key}/was", LEFT[0] + 52, y, fit(socket_text(*was), 146, LETTERS), anchor="start", size=LETTERS, fill="muted")
        changed = was != is_
        yield Label(
            f"table/{key}/now", LEFT[0] + 204, y, fit(socket_text(*is_), 146, LETTERS), anchor="start", size=LETTERS,
            weight=600 if changed else 400,
        )  # fmt: skip
        if changed:
            yield Icon(f"table/{key}/swap", LEFT[0] + 192, y, "swap", size=13, fill="orange")


def _meter(moment: Moment, drawn: Drawn) -> Iterator[Shape]:
    """How many rules were asked on the way there, and hops made."""
    walk = drawn.walk
    done = _asked(moment, walk)
    made = walk.steps if moment.is_back else walk.steps[: moment.number + 1]
    hops = len({(step.hook, step.table, step.chain) for step in made})
    x = METER.x
    yield Label("meter/hops", x, TABLE + 2, Words(f"chains walked: {hops}",
                                                  f"经过的链：{hops}"), anchor="start", size=LETTERS, fill="muted")
    asked = Words(f"asked: {done} of {walk.rules_asked}", f"已询问：{done} / {walk.rules_asked}")
    yield Label("meter/asked", x, TABLE + 26, asked, anchor="start", size=LETTERS, weight=600)
    yield Rect("meter", *METER, r=5, fill="paper", stroke="line")
    width = max(0.1, METER.w * done / max(1, walk.rules_asked))
    yield Rect("meter/done", x, METER.y, width, METER.h, r=5, fill="orange", layer=1)


def _asked(moment: Moment, walk: Walk) -> int:
    """Rules asked so far; where the walk kept no misses, they are spread over the way."""
    if moment.is_back or moment.kind in {"arrive", "end"}:
        return walk.rules_asked
    made = moment.number + 1
    return round(walk.rules_asked * made / max(1, len(walk.steps)))
