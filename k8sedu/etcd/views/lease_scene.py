"""Leases at one instant: clocks that run out, the keys that hang on them, who winds them up, and whose clocks count.

Each lease keeps its row as long as it lives. Its clock is an arc that runs out, with the seconds inside; on a rail beside it hang its keys.
A keep-alive is a dot that flies from the client to the clock. While nobody leads, the clocks are dashed and stand still: then no lease can
run out. At its end a lease wears a cross, and its keys show the one revision that deletes them all.

Left out: leases that have no row any more; they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from k8sedu.etcd.views.lease_moments import Held, Moment, counting, ended, keeper, leases, renewed_by
from k8sedu.etcd.views.tree_layout import tail
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.motion import Countdown, Ramp
from k8sedu.stage.shapes import Arc, Circle, Detail, Group, Icon, Label, Line, Rect, Shape, Token
from k8sedu.trace import Frozen

WIDTH, HEIGHT = 590.0, 404.0
CARD_ROW = 30.0
ROLES = ("blue", "orange", "green", "purple", "sky")
CLIENT_X, PANEL_X, CLOCK_X, RAIL_X = 40.0, 92.0, 140.0, 186.0
PANEL_TOP, PANEL_HEIGHT = 2.0, 342.0
ROWS_TOP = 40.0
ROWS_MAX = 6
STRIP_Y = 376.0
LETTERS = 12
NAME, NOTE = 126.0, 112.0
"""The room for a lease's name before its keys, and for the note behind them, where a lease has one line."""
SECONDS = Words("{} s", "{} 秒")


class Floor(NamedTuple):
    """What stays for the whole film: who stands where."""

    slots: Mapping[int, int]
    """The row of each lease."""
    rows: int
    clients: Mapping[str, float]
    """How high each client stands."""
    revoked: frozenset[int]
    """Revisions that ended a lease."""
    is_live: bool = False

    def row_height(self) -> float:
        """Of one lease."""
        return min(112.0, (PANEL_TOP + PANEL_HEIGHT - ROWS_TOP) / max(self.rows, 2))

    def radius(self) -> float:
        """Of a clock."""
        return min(34.0, self.row_height() / 2 - 9)

    def is_low(self) -> bool:
        """Is there so little room that a lease must do with one line?"""
        return self.row_height() < 70

    def row_y(self, lease: int) -> float:
        """The middle of a lease's row."""
        return ROWS_TOP + self.row_height() * (self.slots[lease] + 0.5)

    def role(self, lease: int) -> str:
        """The colour of a lease."""
        return ROLES[self.slots[lease] % len(ROLES)]


def client_places(floor: Floor, kept: Mapping[str, list[int]]) -> dict[str, float]:
    """Clients stand beside the leases that they keep, never upon each other; `kept` has the leases of each."""
    wanted = {name: [floor.row_y(lease) for lease in mine if floor.slots[lease] < ROWS_MAX] for name, mine in kept.items()}
    names = sorted(kept, key=lambda name: (not wanted[name], sum(wanted[name]) / max(len(wanted[name]), 1), len(name), name))
    places: dict[str, float] = {}
    low = PANEL_TOP
    for name in names:
        y = sum(wanted[name]) / len(wanted[name]) if wanted[name] else low + 60
        low = places[name] = max(y, low + (60 if places else 30))
    over = max(low - (PANEL_TOP + PANEL_HEIGHT - 24), 0)
    return {name: round(max(y - over, 30), 1) for name, y in places.items()}


def stage_shapes(moment: Moment, floor: Floor, arrival_us: int | None) -> tuple[Shape, ...]:
    """Everything on the stage; `arrival_us` is when the keep-alive that is sent now arrives, None if it never does."""
    frame, gone = moment.frame, ended(moment)
    held = [*leases(frame)]
    if gone is not None:
        held = [lease for lease in held if lease.lease != gone.lease] + [gone]
    shown = [lease for lease in held if floor.slots[lease.lease] < ROWS_MAX]
    return (
        *_panel(frame, hidden=len(held) - len(shown)),
        *_ties(frame, shown, floor),
        *(shape for name in floor.clients for shape in _client(name, frame, floor)),
        *(shape for lease in shown for shape in _lease(lease, moment, floor, is_gone=lease is gone)),
        *_flight(moment, floor, arrival_us),
        *_strip(moment, floor),
    )


# -- whose clocks count ------------------------------------------------------------------------------------------------------------------


def _panel(frame: Frozen, *, hidden: int) -> Iterator[Shape]:
    member = counting(frame)
    stroke, is_dashed = ("line", False) if member is not None else ("grey", True)
    width = WIDTH - PANEL_X - 2
    yield Rect("lessor", PANEL_X, PANEL_TOP, width, PANEL_HEIGHT, r=8, fill="card", stroke=stroke, dashed=is_dashed, layer=-2)
    if member is None:
        text = Words("nobody leads: no clock counts", "没有 leader：没有时钟在倒数")
        yield Label("lessor/head", PANEL_X + 14, PANEL_TOP + 19, text, anchor="start", weight=600, fill="muted")
    else:
        yield Icon("lessor/crown", PANEL_X + 22, PANEL_TOP + 18, "crown", size=15, fill=f"term-{member['term']}")
        text = Words(f"{member['id']} leads term {member['term']}", f"{member['id']} 是 term {member['term']} 的 leader")
        yield Label("lessor/head", PANEL_X + 36, PANEL_TOP + 19, text, anchor="start", weight=600)
        what = Words("its lessor counts down", "由它的 lessor 倒数")
        yield Label("lessor/what", WIDTH - 16, PANEL_TOP + 19, what, anchor="end", fill="muted")
    if hidden > 0:
        text = Words(f"{hidden} more lease{'s' if hidden > 1 else ''}", f"另有 {hidden} 个租约")
        yield Label("lessor/more", WIDTH - 16, PANEL_TOP + PANEL_HEIGHT + 10, text, anchor="end", fill="muted", size=LETTERS)


# -- one lease ---------------------------------------------------------------------------------------------------------------------------


def _lease(held: Held, moment: Moment, floor: Floor, *, is_gone: bool) -> Iterator[Shape]:
    own, y, role = f"lease/{held.lease}", floor.row_y(held.lease), "grey" if is_gone else floor.role(held.lease)
    yield _clock(held, y, role, floor, is_gone=is_gone)
    ttl = Words(f"lease {held.lease} · TTL {held.ttl_s} s", f"租约 {held.lease} · TTL {held.ttl_s} 秒")
    words_y = y + 5 if floor.is_low() else y - 21
    yield Label(f"{own}/name", RAIL_X, words_y, ttl, anchor="start", size=LETTERS, weight=600)
    is_tied = floor.is_low() and not is_gone and bool(renewed_by(moment.frame, held.lease))  # the line to its client says it
    if not is_tied:
        note = _note(held, moment.frame, is_gone=is_gone)
        yield Label(f"{own}/note", WIDTH - 16, words_y, note, anchor="end", size=LETTERS, fill="muted")
    revision = moment.detail["revision"] if is_gone else 0
    right = WIDTH - 16 - (NOTE if floor.is_low() and not is_tied else 0)
    yield from _rail(held, y, role, floor, revision=revision, right=right)


def _note(held: Held, frame: Frozen, *, is_gone: bool) -> Words:
    if is_gone:
        return Words("ended", "已结束")
    owners = renewed_by(frame, held.lease)
    if not owners:
        return Words("nobody renews it", "无人续约")
    return Words(f"{', '.join(owners)} keeps it alive", f"{'、'.join(owners)} 为它续约")


def _clock(held: Held, y: float, role: str, floor: Floor, *, is_gone: bool) -> Group:
    """The arc and the seconds, clickable."""
    own, r = f"lease/{held.lease}", floor.radius()
    parts: list[Shape] = []
    if is_gone:
        parts = [Circle(f"{own}/face", 0, 0, r, fill="paper", stroke="grey", dashed=True), Icon(f"{own}/cross", 0, 0, "cross", fill="bad")]
    elif held.expiry_us is None:
        rest = Words(f"{held.ttl_s} s?", f"{held.ttl_s} 秒?")
        face = Circle(f"{own}/face", 0, 0, r, fill="paper", stroke="grey", dashed=True)
        parts = [face, Label(f"{own}/rest", 0, 0, rest, size=LETTERS, fill="muted")]
    else:
        start_us = held.expiry_us - held.ttl_s * 1_000_000
        form = SECONDS if held.ttl_s < 100 and r > 20 else Words("{}", "{}")
        parts = [
            Circle(f"{own}/face", 0, 0, r, fill="paper", stroke="line"),
            Arc(f"{own}/arc", 0, 0, r, Ramp(start_us, held.expiry_us, 1.0, 0.0), stroke=role, width=5),
            Label(f"{own}/rest", 0, 0, Countdown(held.expiry_us, form, 1_000_000), size=max(12, min(16, round(r / 2))), weight=600),
        ]
    menu = "lease" if floor.is_live and not is_gone else None
    label = Words(f"lease {held.lease}", f"租约 {held.lease}")
    return Group(own, CLOCK_X, y, tuple(parts), layer=1, label=label, details=_details(held), menu=menu)


def _details(held: Held) -> tuple[Detail, ...]:
    due: str | Countdown = "–"
    if held.expiry_us is not None:
        due = Countdown(held.expiry_us, Words("{} s", "{} 秒"), 1_000_000)
    return (
        (Words("lease", "租约 lease"), str(held.lease)),
        ("TTL", Words(f"{held.ttl_s} s", f"{held.ttl_s} 秒")),
        (Words("left", "剩余"), due),
        (Words("keys", "键"), str(len(held.keys))),
    )


def _rail(held: Held, y: float, role: str, floor: Floor, *, revision: int, right: float) -> Iterator[Shape]:
    """The keys, hanging side by side; those that have no room are counted."""
    own, is_low = f"lease/{held.lease}", floor.is_low()
    x, rail_y = (RAIL_X + NAME, y - 14) if is_low else (RAIL_X, y - 9)
    boxes: list[tuple[str, float, float]] = []
    for number, key in enumerate(held.keys):
        wide = min(max(text_width(f"{key} {revision}.{number}" if revision and is_low else key, LETTERS) + 16, 40), 84 if is_low else 118)
        rest = len(held.keys) - number
        if x + wide > right - (0 if rest == 1 else 36):
            break
        boxes.append((key, x, wide))
        x += wide + 8
    end = boxes[-1][1] + boxes[-1][2] / 2 if boxes else x + 20
    yield Line(f"{own}/rail", CLOCK_X + floor.radius() + 3, rail_y, end, rail_y, stroke=role, width=2)
    for number, (key, left, wide) in enumerate(boxes):
        yield from _key(f"{own}/key/{key}", key, (left, rail_y, wide), role, f"{revision}.{number}" if revision else "", is_low=is_low)
    hidden = len(held.keys) - len(boxes)
    if hidden:
        yield Label(f"{own}/more", x + 2, rail_y + 19, f"+{hidden}", anchor="start", size=LETTERS, fill="muted")
    if not held.keys:
        none_y = rail_y + (19 if is_low else 1)
        yield Label(f"{own}/none", x + 26, none_y, Words("no keys", "没有键"), anchor="start", size=LETTERS, fill="muted")


def _key(own: str, key: str, place: tuple[float, float, float], role: str, revision: str, *, is_low: bool) -> Iterator[Shape]:
    """A key on its hook; when it goes, the revision that deletes it stands below, or beside it in a low row."""
    x, y, wide = place
    yield Line(f"{own}/hook", x + wide / 2, y, x + wide / 2, y + 8, stroke=role, width=2)
    fill = "paper" if revision else f"tint:{role}"
    yield Rect(own, x, y + 8, wide, 22, r=4, fill=fill, stroke="grey" if revision else role, dashed=bool(revision))
    ink = "muted" if revision else "ink"
    text = f"{key} {revision}" if revision and is_low else key
    yield Label(f"{own}/text", x + wide / 2, y + 19, tail(text, wide - 8, LETTERS), size=LETTERS, fill=ink)
    if revision and not is_low:
        yield Label(f"{own}/revision", x + wide / 2, y + 38, revision, size=LETTERS, fill="vermillion", weight=600)


# -- clients -----------------------------------------------------------------------------------------------------------------------------


def _client(name: str, frame: Frozen, floor: Floor) -> Iterator[Shape]:
    client, y = frame["clients"][name], floor.clients[name]
    is_stopped = client["status"] == "stopped"
    own = f"client/{name}"
    parts: list[Shape] = [Icon(f"{own}/person", 0, -8, "person", size=26, fill="grey" if is_stopped else "ink")]
    if is_stopped:
        parts.append(Icon(f"{own}/cross", 0, -8, "cross", size=22, fill="bad"))
    text = Words(f"{name} crashed", f"{name} 崩溃") if is_stopped else Words(name, name)
    parts.append(Label(f"{own}/name", 0, 16, text, size=LETTERS, fill="muted" if is_stopped else "ink"))
    label = Words(f"client {name}{', crashed' if is_stopped else ''}", f"客户端 {name}{'，已崩溃' if is_stopped else ''}")
    menu = ("stopped-client" if is_stopped else "client") if floor.is_live else None
    kept = "–" if is_stopped else ", ".join(str(row[0]) for row in client["leases"]) or "–"
    details: tuple[Detail, ...] = (
        (Words("client", "客户端"), name),
        (Words("keeps alive", "正在续约"), kept),
        (Words("waits for", "等待"), client["request"] or "–"),
        (Words("talks to", "连接到"), client["leader"]),
    )
    yield Group(own, CLIENT_X, y, tuple(parts), layer=2, label=label, details=details, menu=menu)
    if {(name, client["leader"]), (client["leader"], name)} & {tuple(pair) for pair in frame["blocked"]}:
        yield Icon(f"{own}/wall", PANEL_X - 12, y, "wall", size=18, fill="bad", layer=2)


def _ties(frame: Frozen, shown: list[Held], floor: Floor) -> Iterator[Shape]:
    """A hairline from a client to each lease that it keeps alive."""
    for lease in shown:
        for name in renewed_by(frame, lease.lease):
            if name in floor.clients:
                x, y = CLIENT_X + 20, floor.clients[name] - 4
                end = CLOCK_X - floor.radius() - 5
                yield Line(f"tie/{name}/{lease.lease}", x, y, end, floor.row_y(lease.lease), width=1, layer=-1)


def _flight(moment: Moment, floor: Floor, arrival_us: int | None) -> Iterator[Shape]:
    """A keep-alive on its way, or a request; one that is lost ends at the edge of the panel, with a cross."""
    if moment.actor not in floor.clients:
        return
    x, y, now = CLIENT_X + 24, floor.clients[moment.actor] - 4, moment.time_us
    if moment.kind == "client_request":
        way = Ramp(now, now + 20_000, x, PANEL_X + 2)
        yield Token("request", way, y, text="R", fill="yellow", layer=3)
    if moment.kind != "keep_alive_sent":
        return
    lease = moment.detail["lease"]
    is_drawn = lease in floor.slots and floor.slots[lease] < ROWS_MAX
    end_x = CLOCK_X - floor.radius() - 6 if arrival_us is not None else PANEL_X - 4
    end_y = floor.row_y(lease) if is_drawn and arrival_us is not None else y
    end = arrival_us if arrival_us is not None else now + 200_000
    role = floor.role(lease) if is_drawn else "grey"
    token = f"keep-alive/{moment.actor}/{lease}"
    yield Token(token, Ramp(now, end, x, end_x), Ramp(now, end, y, end_y), text="K", fill=role, layer=3)
    if arrival_us is None:
        yield Icon(f"{token}/lost", end_x, y - 16, "cross", size=14, fill="bad", layer=3)


# -- revisions, members ------------------------------------------------------------------------------------------------------------------


def _strip(moment: Moment, floor: Floor) -> Iterator[Shape]:
    """The newest revisions; one that ended a lease has a cross."""
    newest = keeper(moment.frame)["revision"]
    is_new = bool(moment.detail.get("changed"))
    yield Label("strip/what", 8, STRIP_Y, "revision", anchor="start", size=LETTERS, fill="muted")
    seconds = f"{moment.time_us / 1e6:.1f}"
    yield Label("strip/time", WIDTH - 4, STRIP_Y, Words(f"{seconds} s", f"{seconds} 秒"), anchor="end", weight=600)
    for place, main in enumerate(range(max(1, newest - 7), newest + 1)):
        x = PANEL_X + 54 * place
        is_end, is_now = main in floor.revoked, main == newest and is_new
        role = "vermillion" if is_end else "orange" if is_now else "grey"
        yield Rect(f"strip/{main}", x, STRIP_Y - 11, 46, 22, r=11, fill="orange" if is_now and not is_end else "card", stroke=role)
        ink = "on:orange" if is_now and not is_end else "ink"
        yield Label(f"strip/{main}/text", x + (18 if is_end else 23), STRIP_Y, str(main), size=LETTERS, fill=ink)
        if is_end:
            yield Icon(f"strip/{main}/cross", x + 34, STRIP_Y, "cross", size=11, fill="bad")


def card_height(members: int) -> float:
    """How high the card of so many members is."""
    return 44 + CARD_ROW * members + 6


def card_shapes(frame: Frozen, *, is_live: bool) -> Iterator[Shape]:
    """Every member: does it lead, does it count, how far is its store?"""
    yield Label("members/head", 18, 22, Words("Members", "成员"), anchor="start", weight=600)
    yield Label("members/what", 284, 22, "revision", anchor="end", fill="muted")
    for place, (name, node) in enumerate(frame["nodes"].items()):
        yield _member(name, node, 44 + CARD_ROW * place + 10, is_live=is_live)


def _member(name: str, node: Frozen, y: float, *, is_live: bool) -> Group:
    own, is_up, leads = f"member/{name}", node["status"] == "up", node["status"] == "up" and node["is_primary"]
    role = f"term-{node['term']}" if node["term"] else "grey"
    parts: list[Shape] = [
        Circle(f"{own}/disc", 0, 0, 11, fill=role if leads else "paper", stroke=role if is_up else "grey"),
        Label(f"{own}/name", 18, 0, name, anchor="start", weight=600, fill="ink" if is_up else "muted"),
    ]
    if leads:
        parts.append(Icon(f"{own}/crown", 0, 0, "crown", size=12, fill=f"on:{role}"))
    elif not is_up:
        parts.append(Icon(f"{own}/cross", 0, 0, "cross" if node["status"] == "stopped" else "pause", size=12, fill="muted"))
    text = _standing(node)
    parts.append(Label(f"{own}/what", 48, 0, text, anchor="start", fill="ink" if leads else "muted"))
    parts.append(Label(f"{own}/revision", 255, 0, str(node["revision"]) if is_up else "–", anchor="end", fill="ink" if is_up else "muted"))
    menu = ("member" if is_up else "stopped-member") if is_live else None
    label = Words(f"{name}, {text.en}", f"{name}，{text.zh}")
    details: tuple[Detail, ...] = (
        (name, text),
        (Words("term", "任期 term"), str(node["term"])),
        (Words("applied to index", "已应用到 index"), str(node["consistent_index"])),
        (Words("leases", "租约"), str(len(node["leases"]))),
    )
    return Group(own, 29, y, tuple(parts), label=label, details=details, menu=menu)


def _standing(node: Frozen) -> Words:
    if node["status"] == "stopped":
        return Words("stopped", "已停止")
    if node["status"] == "paused":
        return Words("paused", "已暂停")
    if node["is_primary"]:
        return Words("leader: counts", "leader：倒数")
    return Words("keeps leases, no count", "保存租约，不倒数")
