"""One picture of a preemption: nodes side by side with their pods, and the questions that decide on the card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from k8sedu.kube.scheduler.candidates import CRITERIA, SHIFT
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.victims import NOT_YET_NS
from k8sedu.kube.scheduler.views.tones import amount
from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Detail, Icon, Label, Rect, Shape

WIDTH, HEIGHT = 590.0, 376.0
TOP, BOX_H = 44.0, 300.0
GAP, NODES = 10.0, 6
LETTERS = 12.0
TILE = 22.0
CARD_HEIGHT = 232.0


class Stand(NamedTuple):
    """How far the preemption has come."""

    kind: str
    lifted: bool = False
    trials: int = 0
    left: tuple[str, ...] = ()
    rounds: int = 0
    node: str = ""
    evicted: bool = False
    settled: bool = False


class Tile(NamedTuple):
    """A pod on a node: where it stands, and what becomes of it."""

    name: str
    priority: int
    y: float
    h: float
    trial: int
    """When it is tried, from 1 on; 0 for a pod that cannot be evicted."""
    spared: bool
    protected: bool
    details: tuple[Detail, ...]


class Floor:
    """Nodes, their pods, and their places: the same in every picture."""

    def __init__(self, found: Any, cluster: Any) -> None:
        """Lay out the nodes that were searched; where there are too many, the one that pays, then candidates."""
        searches = sorted(found.searches, key=lambda search: (search.node != found.nominated_node, search.candidate is None))
        shown = {search.node for search in searches[:NODES]}
        self.found = found
        self.searches = {search.node: search for search in found.searches if search.node in shown}
        self.hidden = len(found.searches) - len(self.searches)
        self.w = min(150.0, (WIDTH - GAP * (len(self.searches) - 1)) / len(self.searches))
        self.tiles = {node: tuple(_tiles(node, cluster.table, search)) for node, search in self.searches.items()}
        self.trials = sum(len(search.reprieves) for search in found.searches)
        self.longest = max(len(search.reprieves) for search in found.searches)
        self.size = {node: _height(PodInfo(found.pod), cluster.table.node(node)) for node in self.searches}

    def x(self, node: str) -> float:
        """The left edge of a node's box."""
        return (self.w + GAP) * list(self.searches).index(node)


def _tiles(node: str, table: Any, search: Any) -> Iterator[Tile]:
    """The pods of a node from the bottom up, the most important at the bottom."""
    place = {each.pod: (number, each) for number, each in enumerate(search.reprieves, start=1)}
    infos = sorted(table.infos_on(node), key=lambda info: -info.priority)
    heights = [_height(info, table.node(node)) for info in infos]
    scale = min(1.0, (BOX_H - 36) / (sum(heights) or 1.0))
    y = TOP + BOX_H - 4
    for info, h in zip(infos, heights, strict=True):
        y -= h * scale
        number, each = place.get(info.pod.key, place.get(info.key, (0, None)))
        asked: tuple[Detail, ...] = tuple((name, amount(name, value)) for name, value in info.requests.items() if value)
        details = ((Words("priority", "优先级"), str(info.priority)), *asked)
        spared, protected = each is None or each.spared, each is not None and each.protected
        yield Tile(info.name, info.priority, y, h * scale, number, spared, protected, details)


def _height(info: PodInfo, node: Any) -> float:
    """A pod's height: the larger of its shares of cpu and memory, but enough for its name."""
    allocatable = dict(node.status.allocatable or {})
    shares: list[float] = [
        value / whole
        for name, value in info.requests.items()
        if name in allocatable
        for whole in [allocatable[name].milli_value if name == "cpu" else allocatable[name].value]
        if whole
    ]
    return max(TILE, (BOX_H - 36) * max([0.0, *shares]))


def evicting_scene(floor: Floor, stand: Stand, *, caption: str | Words = "") -> Scene:
    """One picture of the film."""
    shapes = list(_pod(floor, stand))
    for node in floor.searches:
        shapes += _node(node, floor, stand)
    if floor.hidden:
        more = Words(f"{floor.hidden} more nodes are not drawn", f"另有 {floor.hidden} 个节点未画出")
        shapes.append(Label("hidden", WIDTH, 20, more, size=LETTERS, anchor="end", fill="muted"))
    details = ((Words("nodes tried", "试过的节点"), str(len(floor.found.searches))),)
    return Scene(
        shapes=tuple(shapes), card=tuple(_card(floor, stand)), card_height=CARD_HEIGHT, caption=caption, width=WIDTH, height=HEIGHT,
        details=details, focus=f"node/{stand.node}" if stand.node in floor.searches else None,
    )  # fmt: skip


def _pod(floor: Floor, stand: Stand) -> Iterator[Shape]:
    """The new pod: above the nodes while it waits, on its node in the end."""
    pod, own, w = floor.found.pod, "pod/new", 150.0
    if stand.settled:
        x, h = floor.x(stand.node) + 6, floor.size[stand.node]
        gone = [tile for tile in floor.tiles[stand.node] if not (tile.trial and not tile.spared)]
        y = min([TOP + BOX_H - 4, *(_landed(tile, floor.tiles[stand.node]) for tile in gone)]) - h
        y, w = max(TOP + 28, y), floor.w - 12
    else:
        x, y, h = 0.0, 6.0, 26.0
    yield Rect(
        own, x, y, w, h - 2, r=4, fill="tint:blue", stroke="blue", dashed=stand.settled, width=2, layer=3, label=pod.name,
        details=((Words("priority", "优先级"), str(pod.spec.priority or 0)),),
    )  # fmt: skip
    yield Label(f"{own}/name", x + 8, y + h / 2 - 1, fit(pod.name, w - 54, LETTERS), size=LETTERS, weight=600, anchor="start", layer=4)
    yield Label(f"{own}/priority", x + w - 8, y + h / 2 - 1, str(pod.spec.priority or 0), size=LETTERS, anchor="end", layer=4)


def _landed(tile: Tile, tiles: tuple[Tile, ...]) -> float:
    """Where a tile lies when the victims below it are gone."""
    below = sum(other.h for other in tiles if other.y > tile.y and other.trial and not other.spared)
    return tile.y + below


def _node(node: str, floor: Floor, stand: Stand) -> Iterator[Shape]:
    x, own, search = floor.x(node), f"node/{node}", floor.searches[node]
    is_out = bool(stand.left) and node not in stand.left
    is_chosen = node == stand.node
    opacity = 0.45 if is_out else 1.0
    yield Rect(
        own, x, TOP, floor.w, BOX_H, r=8, fill="card", stroke="ink" if is_chosen else "line", width=2.5 if is_chosen else 1.5,
        label=Words(f"node {node}", f"节点 {node}"), details=_details(search), opacity=opacity,
    )  # fmt: skip
    yield Label(f"{own}/name", x + 8, TOP + 14, fit(node, floor.w - 30, 13), weight=600, anchor="start", opacity=opacity, layer=1)
    if is_chosen:
        yield Icon(f"{own}/sign", x + floor.w - 15, TOP + 14, "flag", size=14, fill="vermillion", layer=2)
    for tile in floor.tiles[node]:
        yield from _tile(tile, node, x + 6, floor, stand, is_out=is_out)
    yield from _answer(node, x, floor, stand, opacity)


def _tile(tile: Tile, node: str, x: float, floor: Floor, stand: Stand, *, is_out: bool) -> Iterator[Shape]:
    """A pod as it stands just now: there, lifted, put back, or a victim."""
    own, w = f"pod/{node}/{tile.name}", floor.w - 12
    is_victim = tile.trial > 0 and tile.trial <= stand.trials and not tile.spared
    is_lifted = stand.lifted and tile.trial > stand.trials
    if stand.evicted and node == stand.node and is_victim:
        return
    y = _landed(tile, floor.tiles[node]) if stand.settled and node == stand.node else tile.y
    role = "orange" if tile.trial else "grey"
    if stand.evicted and node != stand.node:  # it was only a thought
        is_victim = is_lifted = False
    fill = "paper" if is_lifted or is_victim else f"tint:{role}"
    opacity = 0.45 if is_out else 1.0
    yield Rect(
        own, x, y + 1, w, tile.h - 2, r=3, fill=fill, stroke="vermillion" if is_victim else role, dashed=is_lifted or is_victim,
        label=tile.name, details=tile.details, opacity=opacity, layer=1,
    )  # fmt: skip
    sign = "cross" if is_victim else "key" if tile.protected else ""
    if sign:
        role = "vermillion" if is_victim else "purple"
        yield Icon(f"{own}/sign", x + 11, y + tile.h / 2, sign, size=12, fill=role, opacity=opacity, layer=3)
    ink = "muted" if is_lifted else "ink"
    yield from _names(tile, own, Place(x + (22 if sign else 8), y + tile.h / 2, w - (28 if sign else 14)), ink, opacity)


class Place(NamedTuple):
    """Where letters may stand: from `left` on, around a height, so wide."""

    left: float
    middle: float
    w: float


def _names(tile: Tile, own: str, place: Place, ink: str, opacity: float) -> Iterator[Shape]:
    """The pod's name and priority: side by side, else below each other, else the name alone."""
    priority = str(tile.priority)
    is_wide = text_width(tile.name, LETTERS) + text_width(priority, LETTERS) + 6 <= place.w
    is_tall = tile.h >= 36
    rise = 8 if is_tall and not is_wide else 0
    room = place.w - (text_width(priority, LETTERS) + 6 if is_wide else 0)
    more: dict[str, Any] = {"size": LETTERS, "opacity": opacity, "layer": 2}
    yield Label(f"{own}/name", place.left, place.middle - rise, fit(tile.name, room, LETTERS), anchor="start", fill=ink, **more)
    if is_wide:
        yield Label(f"{own}/priority", place.left + place.w, place.middle, priority, anchor="end", fill="muted", **more)
    elif is_tall:
        yield Label(f"{own}/priority", place.left, place.middle + 8, priority, anchor="start", fill="muted", **more)


def _answer(node: str, x: float, floor: Floor, stand: Stand, opacity: float) -> Iterator[Shape]:
    """Below a node: what it answers to the question that is asked, or why it is no candidate."""
    search, y = floor.searches[node], TOP + BOX_H + 16
    if stand.kind == "choose" and stand.rounds:
        answers = readable_costs(floor.found.rounds[stand.rounds - 1])
        if node in answers:
            shown = answers[node]
            yield Label(f"node/{node}/answer", x + floor.w / 2, y, fit(shown, floor.w, 14), size=14, weight=600, opacity=opacity)
    elif search.candidate is None and stand.trials >= floor.longest and stand.lifted and not stand.evicted:
        yield Label(f"node/{node}/answer", x + floor.w / 2, y, Words("of no use", "没有用"), size=14, fill="muted")


def readable_costs(asked: Any) -> dict[str, str]:
    """What each node answers to a question, as people read it; of starts, how much later than the earliest.

    >>> from k8sedu.kube.scheduler.candidates import Round
    >>> readable_costs(Round("latest_start", (("n1", -5_000_000_000), ("n2", -8_500_000_000)), ("n2",)))
    {'n1': '+0 s', 'n2': '+3.5 s'}
    >>> readable_costs(Round("sum_of_priorities", (("n1", 2 * 2**31 + 150),), ("n1",)))
    {'n1': '150 + 2·2³¹'}
    """
    if asked.criterion == "latest_start":
        earliest = min(-cost for _, cost in asked.costs)
        return {node: f"+{(-cost - earliest) / 1e9:g} s" if -cost < NOT_YET_NS else "–" for node, cost in asked.costs}
    if asked.criterion == "sum_of_priorities":
        return {node: _sum(cost) for node, cost in asked.costs}
    return {node: str(cost) for node, cost in asked.costs}


def _sum(cost: int) -> str:
    shifts = max(1, round(cost / SHIFT))
    return f"{cost - shifts * SHIFT} + {f'{shifts}·' if shifts > 1 else ''}2³¹"


def _details(search: Any) -> tuple[Detail, ...]:
    if search.candidate is None:
        return ((Words("candidate", "候选"), Words("no", "否")),)
    victims = len(search.candidate.victims)
    return ((Words("victims", "牺牲者"), str(victims)), (Words("budgets broken", "违反预算"), str(search.candidate.pdb_violations)))


def _card(floor: Floor, stand: Stand) -> Iterator[Shape]:
    """The six questions; the one that is asked now is filled."""
    yield Label("ask/head", 18, 24, Words("Which node pays?", "由哪个节点付出代价？"), anchor="start", weight=600)
    names = [found.criterion for found in floor.found.rounds]
    titles = [*((criterion.name, criterion.title) for criterion in CRITERIA), ("first", Words("the first of those left", "剩下的第一个"))]
    for number, (name, title) in enumerate(titles, start=1):
        y = 30 + 29.0 * number
        is_asked = name in names[: stand.rounds]
        is_now = is_asked and names.index(name) == stand.rounds - 1 and stand.kind == "choose"
        yield Circle(f"ask/{number}", 28, y, 9.5, fill="accent" if is_now else "paper", stroke="accent" if is_asked else "grey")
        ink = "on:accent" if is_now else "ink" if is_asked else "muted"
        yield Label(f"ask/{number}/number", 28, y, str(number), size=LETTERS, fill=ink)
        yield Label(
            f"ask/{number}/what", 46, y, title, anchor="start", weight=600 if is_now else 400, fill="ink" if is_asked else "muted"
        )

