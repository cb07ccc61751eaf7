"""One instant of a Docker host: somebody outside, the port table, the bridge, the containers, and a packet on its way.

From left to right stands the way of a packet from outside: the client, the host's network card, the table that gives it another
destination, the bridge, a container. A hairline leads from each row of the table to the container that it means, so that one sees the
table grow into a tangle. What the packet carries stands below, and the address that was just rewritten is marked.

Left out: more than 12 containers and 10 rows; what is hidden is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Path, Rect, Shape, Token
from k8sedu.trace import Frozen

WIDTH, HEIGHT = 904.0, 500.0
LETTERS = 12.0
ROWS, CONTAINERS = 10, 12
ROLES = ("blue", "orange", "green", "purple", "sky", "vermillion")


class Box(NamedTuple):
    """Where something stands."""

    x: float
    y: float
    w: float
    h: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return self.x + self.w / 2, self.y + self.h / 2


CLIENT = Box(8, 150, 112, 96)
HOST = Box(150, 4, 746, 424)
CARD = Box(162, 164, 92, 68)
TABLE = Box(276, 58, 228, 252)
MASQUERADE = Box(276, 320, 228, 44)
PROXY = Box(276, 374, 228, 44)
BRIDGE = Box(538, 58, 66, 360)
SHELF = Box(638, 58, 248, 360)
PACKET = Box(8, 436, 888, 62)
ROW_HEIGHT = 22.0
ADDRESS = 184.0


def host_scene(
    frame: Frozen, places: Mapping[str, int], lines: Mapping[str, int], *, caption: str | Words = "", packet: str | None = None
) -> Scene:  # fmt: skip
    """One instant.

    Args:
        frame: as the scribe of `k8sedu.docker.sim` describes it.
        places: container → its place on the shelf, which it keeps for as long as it has its name.
        lines: row → its line of the table, which it keeps for as long as it exists.
        caption: one sentence about the step.
        packet: the number of the packet that this step is about.
    """
    boxes = container_boxes(places)
    flight = frame.packets.get(packet) if packet else None
    shapes = (
        *_house(frame, flight), *_table(frame, lines, places, boxes, flight),
        *(shape for name, box in boxes.items() if name in frame.containers for shape in _container(name, frame, box, places, flight)),
        *_hidden(frame, boxes), *_trail(flight, boxes), *_packet(flight, boxes, packet),
    )  # fmt: skip
    return Scene(shapes=shapes, caption=caption, width=WIDTH, height=HEIGHT, card_width=0)


def container_boxes(places: Mapping[str, int]) -> dict[str, Box]:
    """Where containers stand: one column of up to four, else two of up to six."""
    shown = {name: place for name, place in places.items() if place < CONTAINERS}
    count = max(shown.values(), default=0) + 1
    columns = 1 if count <= 4 else 2
    per = 4 if count <= 4 else 6
    w, h = (SHELF.w - 10 * (columns - 1)) / columns, (SHELF.h - 8 * (per - 1)) / per
    return {name: Box(SHELF.x + (w + 10) * (place // per), SHELF.y + (h + 8) * (place % per), w, h) for name, place in shown.items()}


def role_of(place: int) -> str:
    """The colour of a container."""
    return ROLES[place % len(ROLES)]


def row_key(row: Frozen) -> str:
    """What makes a row of the table the same row: port, protocol, address."""
    return f"{row.host_port}/{row.protocol}/{row.address}"


# -- the house ---------------------------------------------------------------------------------------------------------------------------


def _house(frame: Frozen, flight: Frozen | None) -> Iterator[Shape]:
    """What always stands there: client, host, network card, bridge, and two boxes for two ways out of the ordinary."""
    here = flight.place if flight else ""
    x, y = CLIENT.middle
    yield Rect("client", *CLIENT, r=8, fill="card", stroke="ink" if here in {"outside", "network"} else "line", layer=1)
    yield Icon("client/icon", x, y - 20, "person", size=26, fill="muted", layer=2)
    yield Label("client/name", x, y + 14, Words("outside", "外部"), weight=600, layer=2)
    yield Label("client/more", x, y + 32, Words("clients, internet", "客户端、互联网"), size=LETTERS, fill="muted", layer=2)
    yield Line("wire", CLIENT.x + CLIENT.w, y, CARD.x, y, width=2)
    yield Rect("host", *HOST, r=12, fill=None, stroke="muted", dashed=not frame.up)
    state = Words(f"host {frame.host.address}", f"宿主机 {frame.host.address}")
    yield Label("host/name", HOST.x + 12, HOST.y + 15, state, anchor="start", weight=600)
    yield from _plain("card", CARD, "eth0", frame.host.address, is_here=here in {"eth0", "INPUT"})
    x, is_here = BRIDGE.x + BRIDGE.w / 2, here == "docker0"
    yield Rect("bridge", *BRIDGE, r=8, fill="tint:grey", stroke="ink" if is_here else "grey", width=2.5 if is_here else 1.5)
    yield Label("bridge/name", x, BRIDGE.y - 28, Words("bridge docker0", "网桥 docker0"), size=LETTERS, weight=600)
    yield Label("bridge/address", x, BRIDGE.y - 11, frame.host.bridge, size=LETTERS, fill="muted")
    out = Words("masquerade, for what goes out", "地址伪装，用于外出的数据包")
    yield from _strip("masquerade", MASQUERADE, "POSTROUTING", out, is_here=here == "POSTROUTING")
    inner = Words("docker-proxy passes them on", "由 docker-proxy 转接")
    yield from _strip("proxy", PROXY, Words("programs on the host", "宿主机上的程序"), inner, is_here=here in {"docker-proxy", "process"})


def _plain(name: str, box: Box, title: str, text: str, *, is_here: bool) -> Iterator[Shape]:
    x, y = box.middle
    yield Rect(name, *box, r=8, fill="card", stroke="ink" if is_here else "line", width=2.5 if is_here else 1.5, layer=1)
    yield Label(f"{name}/title", x, y - 10, title, weight=600, layer=2)
    yield Label(f"{name}/text", x, y + 10, fit(text, box.w - 4, LETTERS), size=LETTERS, fill="muted", layer=2)


def _strip(name: str, box: Box, title: str | Words, text: Words, *, is_here: bool) -> Iterator[Shape]:
    short = Words(*(fit(each, box.w - 12, LETTERS) for each in text))
    yield Rect(name, *box, r=6, fill="card", stroke="ink" if is_here else "line", width=2.5 if is_here else 1.5, layer=1)
    yield Label(f"{name}/title", box.x + box.w / 2, box.y + 14, title, size=LETTERS, weight=600, layer=2)
    yield Label(f"{name}/text", box.x + box.w / 2, box.y + box.h - 13, short, size=LETTERS, fill="muted", layer=2)


# -- the table ---------------------------------------------------------------------------------------------------------------------------


def _table(
    frame: Frozen, lines: Mapping[str, int], places: Mapping[str, int], boxes: Mapping[str, Box], flight: Frozen | None
) -> Iterator[Shape]:  # fmt: skip
    """The port table, a hairline from each row to the container that it means, and how much there is of everything."""
    counts = frame.counts
    yield Rect("table", *TABLE, r=8, fill="paper", stroke="line")
    rows = "1 row" if counts.rows == 1 else f"{counts.rows} rows"
    title = Words(f"port table: {rows}, {counts.rules} rules", f"端口表：{counts.rows} 行，{counts.rules} 条规则")
    yield Label("table/title", TABLE.x, TABLE.y - 10, title, anchor="start", size=LETTERS, weight=600)
    for row in frame.rows:
        key = row_key(row)
        if lines[key] >= ROWS:
            continue
        y, role = row_middle(lines[key]), role_of(places[row.container])
        used = flight is not None and flight.place == "PREROUTING" and flight.destination == f"{row.container_address}:{row.container_port}"
        yield Rect(
            f"row/{key}", TABLE.x + 4, y - 10, TABLE.w - 8, 20, r=4, fill=f"tint:{role}", stroke="ink" if used else role,
            width=2.5 if used else 1, layer=1, label=Words(f"row for port {row.host_port}", f"端口 {row.host_port} 的一行"),
            details=_row_details(row),
        )  # fmt: skip
        left, right = _row_texts(row)
        yield Label(f"row/{key}/port", TABLE.x + 12, y, left, anchor="start", size=LETTERS, weight=600, layer=2)
        yield Label(f"row/{key}/to", TABLE.x + TABLE.w - 12, y, right, anchor="end", size=LETTERS, layer=2)
        if row.container in boxes:
            yield from _lead(key, y, boxes[row.container], role, is_used=used)
    hidden = sum(line >= ROWS for line in (lines[row_key(row)] for row in frame.rows))
    if hidden:
        more = Words(f"and {hidden} more rows", f"还有 {hidden} 行")
        yield Label("table/more", TABLE.x + TABLE.w / 2, TABLE.y + TABLE.h - 12, more, size=LETTERS, fill="muted", layer=2)
    if not frame.rows:
        empty = Words("nothing is published", "没有发布任何端口")
        yield Label("table/empty", TABLE.x + TABLE.w / 2, TABLE.y + 30, empty, size=LETTERS, fill="muted", layer=2)


def _row_texts(row: Frozen) -> tuple[str, str]:
    """Both ends of a row; a row for one address only leaves less room for where it leads."""
    whole = row.address == "0.0.0.0"
    left = f"{'' if whole else row.address + ':'}{row.host_port}" + ("" if row.protocol == "tcp" else f"/{row.protocol}")
    to = row.container_address if whole else "…" + row.container_address[row.container_address.index(".", 4) :]
    return fit(left, 92 if whole else 126, LETTERS), f"→ {to}:{row.container_port}"


def row_middle(line: int) -> float:
    """Where a line of the table stands."""
    return TABLE.y + 16 + ROW_HEIGHT * line


def _row_details(row: Frozen) -> tuple[tuple[str | Words, str], ...]:
    return (
        (Words("asked", "被访问"), f"{row.address}:{row.host_port}/{row.protocol}"),
        (Words("leads to", "引到"), f"{row.container_address}:{row.container_port}"), (Words("container", "容器"), row.container),
    )  # fmt: skip


def _lead(key: str, y: float, box: Box, role: str, *, is_used: bool) -> Iterator[Shape]:
    """From a row to its container: straight to the bridge, and across it."""
    start, bridge, goal = TABLE.x + TABLE.w - 4, BRIDGE.x, box.y + box.h / 2
    end = BRIDGE.x + BRIDGE.w
    d = f"M{start:g} {y:g}L{bridge:g} {y:g}L{end:g} {goal:g}L{box.x:g} {goal:g}"
    yield Path(f"row/{key}/lead", d, stroke=role, width=3 if is_used else 1.25, opacity=1.0 if is_used else 0.55, layer=1)


# -- containers --------------------------------------------------------------------------------------------------------------------------


def _container(name: str, frame: Frozen, box: Box, places: Mapping[str, int], flight: Frozen | None) -> Iterator[Shape]:
    state = frame.containers[name]
    role, running = role_of(places[name]), state.status == "running"
    here = flight is not None and flight.place == f"container {name}"
    yield Rect(
        f"container/{name}", *box, r=8, fill=f"tint:{role}" if running else "card", stroke="ink" if here else role if running else "grey",
        width=2.5 if here else 1.5, dashed=not running, layer=2, label=Words(f"container {name}", f"容器 {name}"),
        details=_container_details(name, state), menu="container" if running else "stopped",
    )  # fmt: skip
    tall = box.h >= 62
    top = box.y + (18 if tall else box.h / 2 - 8)
    x = box.x + 10
    size = 13 if tall else LETTERS
    yield Label(f"container/{name}/name", x, top, fit(name, box.w - 24, size), anchor="start", weight=600, layer=3, size=size)
    told = state.address if running else Words("stopped, no address", "已停止，没有地址")
    yield Label(f"container/{name}/address", x, top + (19 if tall else 16), told, anchor="start", size=LETTERS, layer=3)
    if tall:
        listens = ", ".join(each.removesuffix("/tcp") for each in state.listens) or "–"
        text = Words(*(fit(word, box.w - 24, LETTERS) for word in (f"listens on {listens}", f"监听 {listens}")))
        fill = "ink" if running else "muted"
        yield Label(f"container/{name}/listens", x, top + 37, text, anchor="start", size=LETTERS, fill=fill, layer=3)
    if not running:
        yield Icon(f"container/{name}/cross", box.x + box.w - 16, box.y + 16, "cross", size=14, fill="muted", layer=3)


def _container_details(name: str, state: Frozen) -> tuple[tuple[str | Words, str | Words], ...]:
    status = Words("running", "运行中") if state.status == "running" else Words("stopped", "已停止")
    return (
        (Words("container", "容器"), name), (Words("image", "镜像"), state.image), (Words("status", "状态"), status),
        (Words("address", "地址"), state.address or "–"), (Words("published", "已发布"), state.ports or "–"),
        (Words("restart policy", "重启策略"), state.restart),
    )  # fmt: skip


def _hidden(frame: Frozen, boxes: Mapping[str, Box]) -> Iterator[Shape]:
    hidden = len(frame.containers) - sum(name in boxes for name in frame.containers)
    if hidden > 0:
        more = Words(f"and {hidden} more containers", f"还有 {hidden} 个容器")
        yield Label("shelf/more", SHELF.x + SHELF.w, SHELF.y - 10, more, size=LETTERS, fill="muted", anchor="end")


# -- the packet --------------------------------------------------------------------------------------------------------------------------


def _packet(flight: Frozen | None, boxes: Mapping[str, Box], number: str | None) -> Iterator[Shape]:
    """The packet where it is, and below what it carries."""
    yield Rect("packet", *PACKET, r=8, fill="card", stroke="line")
    if flight is None:
        idle = Words("no packet is on its way", "没有数据包在途")
        yield Label("packet/idle", PACKET.x + 14, PACKET.y + 21, idle, anchor="start", size=LETTERS, fill="muted")
        return
    is_back = bool(flight.back)
    x, y = where(flight, boxes)
    lost = flight.kind in {"refused", "dropped"}
    stroke = "vermillion" if lost else "green" if is_back else "blue"
    icon = "cross" if lost else "plus" if is_back else None
    fill = "paper" if lost or is_back else "blue"
    yield Token(f"token/{number}", x, y, text="" if icon else "?", icon=icon, fill=fill, stroke=stroke, r=11, layer=9)
    what = Words("answer", "回应") if is_back else Words("packet", "数据包")
    yield Label("packet/what", PACKET.x + 14, PACKET.y + 21, what, anchor="start", weight=600)
    left = PACKET.x + 84
    for end, name in (("source", Words("from", "来自")), ("destination", Words("to", "去往"))):
        yield Label(f"packet/{end}/name", left, PACKET.y + 21, name, anchor="start", size=LETTERS, fill="muted")
        yield from _address(end, flight, left + 38)
        left += 268
    yield Label("packet/rule/name", PACKET.x + 14, PACKET.y + 46, Words("rule", "规则"), anchor="start", size=LETTERS, weight=600)
    text = fit(flight.rule, PACKET.w - 98, LETTERS) or Words("none touches it here", "这里没有规则改动它")
    yield Label("packet/rule", PACKET.x + 84, PACKET.y + 46, text, anchor="start", size=LETTERS, fill="ink" if flight.rule else "muted")


def _trail(flight: Frozen | None, boxes: Mapping[str, Box]) -> Iterator[Shape]:
    """Where the packet has come along, below what can be read; an answer finds its own way back and leaves none."""
    if flight is None or flight.back:
        return
    spots = [where(flight.evolve(place=place), boxes) for place in flight.way]
    for index, (start, end) in enumerate(pairwise(spots)):
        if start != end:
            yield Line(f"trail/{index}", *start, *end, stroke="blue", width=2.5, dashed=True)


def _address(end: str, flight: Frozen, x: float) -> Iterator[Shape]:
    """One of the two addresses; what was rewritten at this hop is marked, by a rim and a word."""
    text, changed = flight[end], end in flight.changed
    fill, stroke = ("tint:orange", "orange") if changed else ("paper", "line")
    yield Rect(f"packet/{end}/box", x, PACKET.y + 8, ADDRESS, 26, r=6, fill=fill, stroke=stroke)
    yield Label(f"packet/{end}", x + 7, PACKET.y + 21, text, anchor="start", size=14, weight=600 if changed else 400, layer=1)
    if changed:
        yield Icon(f"packet/{end}/changed", x + ADDRESS + 14, PACKET.y + 21, "swap", size=15, fill="orange")


def where(flight: Frozen, boxes: Mapping[str, Box]) -> tuple[float, float]:
    """Where a packet is drawn."""
    place = flight.place
    if place == "sender":
        place = flight.origin if flight.origin == "outside" else "process" if flight.origin == "host" else f"container {flight.origin}"
    if place.startswith("container "):
        box = boxes.get(place.removeprefix("container "))
        return (box.x - 12, box.middle[1]) if box else (SHELF.x + SHELF.w - 60, SHELF.y - 30)
    return SPOTS.get(place, SPOTS["eth0"])


SPOTS: Mapping[str, tuple[float, float]] = {
    "outside": (CLIENT.x + CLIENT.w + 4, CLIENT.middle[1]), "network": (CLIENT.x + CLIENT.w + 18, CLIENT.middle[1]),
    "eth0": (CARD.middle[0], CARD.y - 12), "INPUT": (CARD.middle[0], CARD.y - 12),
    "host": (CARD.middle[0], CARD.y - 12), "PREROUTING": (TABLE.x - 10, TABLE.middle[1]),
    "POSTROUTING": (MASQUERADE.x + MASQUERADE.w + 12, MASQUERADE.middle[1]), "docker0": BRIDGE.middle,
    "docker-proxy": (PROXY.x + PROXY.w + 12, PROXY.middle[1]), "process": (PROXY.x + PROXY.w + 12, PROXY.middle[1]),
}  # fmt: skip
"""Station → where a packet stands at it."""
