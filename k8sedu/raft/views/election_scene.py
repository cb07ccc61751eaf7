"""One instant of a Raft group as shapes: the ring, the messages in flight, the walls, the clients, and the logs on the card.

`election_scene` draws one step by itself. A film draws hundreds, most of which differ little, so `Stage` remembers what it drew: frames
share what did not change, and a server whose frame is the same object keeps its very shapes.

Left out: the shape of data centres. All servers stand on one ring, however far apart the network puts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.views import log_panel
from k8sedu.raft.views.captions import caption
from k8sedu.raft.views.details import node_details
from k8sedu.raft.views.flights import lost_at, lost_shape, message_shape
from k8sedu.raft.views.layout import TIMER_GAP, Point, Ring
from k8sedu.raft.views.moment import NOBODY, configuration
from k8sedu.raft.views.nodes import LEARNER, OUTSIDE, node_shape, standing
from k8sedu.raft.views.walls import Barrier, barrier_shapes
from k8sedu.raft.views.words import command, plural, say
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Group, Icon, Label, Line, Rect, Shape
from k8sedu.trace import Frozen, Step


def election_scene(step: Step, previous: Frozen | Step | None = None, *, heartbeat_us: int = 0, is_live: bool = False) -> Scene:
    """One step as a scene, with its caption; `previous` is the step or the frame before it.

    Raises:
        FramesError: the step has no frame.
    """
    before = previous.frame if isinstance(previous, Step) else previous
    frame = framed(step)
    return Stage.of(frame, heartbeat_us=heartbeat_us, is_live=is_live).scene(step, frame, caption(step, before, frame))


class FramesError(K8sEduError, ValueError):
    """A trace that was recorded without frames cannot be drawn."""


def framed(step: Step) -> Frozen:
    """The frame of a step.

    Raises:
        FramesError: there is none.
    """
    if step.frame is None:
        raise FramesError(f"step {step.index} ({step.kind}) has no frame, expected a run with frames=True.")
    return step.frame


LOST_KINDS = frozenset({"message_lost", "message_dropped"})


class Loss(NamedTuple):
    """A message that was lost a moment ago."""

    number: int
    place: Point
    time_us: int


class Stage:
    """Draws the instants of one run, each server and client in its place."""

    def __init__(self, ring: Ring, *, heartbeat_us: int = 0, is_live: bool = False, subtitle: Words | str = "") -> None:
        self.ring, self.heartbeat_us, self.is_live, self.subtitle = ring, heartbeat_us, is_live, subtitle
        self.rows = log_panel.Rows(len(ring.nodes))
        self._drawn: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self._flights: dict[str, tuple[Frozen, Shape]] = {}

    @classmethod
    def of(cls, frame: Frozen, **settings: Any) -> Stage:
        """The stage for the servers and clients of a frame."""
        settings.setdefault("subtitle", members(frame))
        return cls(Ring.of(tuple(frame["nodes"]), tuple(frame["clients"])), **settings)

    def scene(self, step: Step, frame: Frozen, why: Words, *, focus: str | None = None, losses: tuple[Loss, ...] = ()) -> Scene:
        """One instant."""
        barrier = self.barrier(frame)
        group = configuration(frame)
        shapes = [
            *self._keep(
                "links", (group["voters"], group["outgoing"], group["learners"], frame["blocked"]), lambda: self._links(group, barrier)
            ),
            *self._keep("walls", (frame["blocked"],), lambda: tuple(barrier_shapes(barrier, self.ring))),
            *self._keep("joint", (group["voters"], group["outgoing"]), lambda: joint_note(group)),
            *(self._client(name, client) for name, client in frame["clients"].items()),
            *(self._node(node, group) for node in frame["nodes"].values()),
            *self._messages(frame["messages"], barrier),
            *(lost_shape(*loss) for loss in losses),
        ]
        return Scene(
            shapes=tuple(shapes), card=self._card(frame), caption=why, subtitle=self.subtitle, card_height=self.rows.card_height,
            focus=focus or focus_of(step, frame),
        )  # fmt: skip

    def barrier(self, frame: Frozen) -> Barrier:
        """What cuts the network in this frame."""
        blocked = frame["blocked"]
        drawn: Barrier = self._keep("barrier", (blocked,), lambda: Barrier.of(tuple((a, b) for a, b in blocked), self.ring))
        return drawn

    def lost(self, number: int, message: Frozen, frame: Frozen, time_us: int) -> Loss:
        """Where and when a message was lost."""
        return Loss(number, lost_at(message, self.ring, self.barrier(frame)), time_us)

    # -- parts -------------------------------------------------------------------------------------------------------------------------

    def _keep(self, name: str, key: tuple[Any, ...], draw: Callable[[], Any]) -> Any:
        """What was drawn last under this name, if it still looks the same."""
        known = self._drawn.get(name)
        if known is None or known[0] != key:
            known = self._drawn[name] = key, draw()
        return known[1]

    def _same(self, name: str, key: tuple[Any, ...], draw: Callable[[], Any]) -> Any:
        """As `_keep`, for frames: the same object looks the same, and comparing objects costs nothing."""
        known = self._drawn.get(name)
        if known is None or len(known[0]) != len(key) or any(a is not b for a, b in zip(known[0], key, strict=True)):
            known = self._drawn[name] = key, draw()
        return known[1]

    def _node(self, node: Frozen, group: Frozen) -> Shape:
        key = (node, group["voters"], group["outgoing"], group["learners"])
        drawn: Shape = self._same(f"node/{node['id']}", key, lambda: self._draw_node(node, group))
        return drawn

    def _draw_node(self, node: Frozen, group: Frozen) -> Shape:
        state = standing(node["id"], group)
        details = node_details(node, state.note if state in (LEARNER, OUTSIDE) else None)
        return node_shape(node, self.ring, group=group, heartbeat_us=self.heartbeat_us, details=details, is_live=self.is_live)

    def _links(self, group: Frozen, barrier: Barrier) -> tuple[Shape, ...]:
        """A hairline for every link that a message may take."""
        members = tuple(dict.fromkeys((*group["voters"], *group["outgoing"], *group["learners"]))) or self.ring.nodes
        names = [name for name in self.ring.nodes if name in members]
        pairs = [(a, b) for number, a in enumerate(names) for b in names[number + 1 :]]
        return tuple(self._link(a, b) for a, b in pairs if not {(a, b), (b, a)} <= barrier.blocked)

    def _link(self, a: str, b: str) -> Shape:
        start, end = self.ring.place(a), self.ring.place(b)
        far = self.ring.radius + TIMER_GAP
        first, last = start.towards(end, far), end.towards(start, far)
        return Line(f"link/{a}/{b}", *(round(value, 1) for value in (*first, *last)), width=1, opacity=0.6)

    def _messages(self, messages: Mapping[str, Frozen], barrier: Barrier) -> list[Shape]:
        """Everything in flight; a message keeps its way even if a wall falls meanwhile."""
        flights = {}
        for number, message in messages.items():
            known = self._flights.get(number)
            if known is None or (known[0] is not message and known[0] != message):
                known = message, message_shape(number, message, self.ring, barrier=barrier, is_live=self.is_live)
            flights[number] = known
        self._flights = flights
        return [shape for _, shape in flights.values()]

    def _client(self, name: str, client: Frozen) -> Shape:
        drawn: Shape = self._keep(f"client/{name}", (client,), lambda: client_shape(name, client, self.ring.place(name)))
        return drawn

    def _card(self, frame: Frozen) -> tuple[Shape, ...]:
        """Logs, one row per server."""
        first, leader = log_panel.window(frame), log_panel.pointer_leader(frame)
        nodes = list(frame["nodes"].values())
        places = self._keep("places", (first,), lambda: self._places(first))
        rows = [self._log(node, number, first, leader) for number, node in enumerate(nodes)]
        return (*places, *(shape for row in rows for shape in row))

    def _places(self, first: int) -> tuple[Shape, ...]:
        empty = (log_panel.empty_row(name, number, self.rows) for number, name in enumerate(self.ring.nodes))
        return (*log_panel.header(first), *empty)

    def _log(self, node: Frozen, number: int, first: int, leader: Frozen | None) -> tuple[Shape, ...]:
        view = leader if leader is not None and node["id"] in leader["next_index"] else None
        drawn: tuple[Shape, ...] = self._keep(
            f"log/{node['id']}",
            (
                node["log"], node["snapshot_index"], node["commit_index"], node["status"], first,
                view and (view["id"], view["next_index"].get(node["id"]), view["match_index"].get(node["id"])),
            ),
            lambda: log_panel.log_row(node, number, self.rows, first, view),
        )  # fmt: skip
        return drawn


# -- smaller things ----------------------------------------------------------------------------------------------------------------------


def members(frame: Frozen) -> Words:
    """How many belong to the group."""
    size = len(configuration(frame)["voters"])
    return say("{m}", "{size} 个成员", m=plural(size, "member"), size=size)


def focus_of(step: Step, frame: Frozen) -> str | None:
    """The server that the step is about."""
    return f"node/{step.actor}" if step.actor in frame["nodes"] else None


def joint_note(group: Frozen) -> tuple[Shape, ...]:
    """While two majorities are needed, both groups stand in the corner."""
    if group is NOBODY or not group["outgoing"]:
        return ()
    lines = (
        Words("joint configuration", "联合配置 joint"),
        say("new: {v}", "新：{v}", v=" ".join(group["voters"])),
        say("old: {v}", "旧：{v}", v=" ".join(group["outgoing"])),
    )
    return tuple(
        Label(f"joint/{number}", 4, 340 + 17 * number, text, size=12, weight=600 if number == 0 else 400, anchor="start", fill="muted")
        for number, text in enumerate(lines)
    )


def client_shape(name: str, client: Frozen, place: Point) -> Group:
    """A client at the edge, with what it waits for."""
    parts: list[Shape] = [
        Icon(f"client/{name}/person", 0, -6, "person", size=24, fill="muted"),
        Label(f"client/{name}/name", 0, 15, name, size=12, fill="muted"),
    ]
    if client["status"] == "waiting" and client["request"]:
        text = command(client["request"])
        w = text_width(text, 12) + 12
        parts.append(Rect(f"client/{name}/box", round(-w / 2, 1), -45, round(w, 1), 20, r=4, fill="tint:yellow", stroke="muted", width=1))
        parts.append(Label(f"client/{name}/request", 0, -35, text, size=12))
    waits = say("waiting for {r}", "等待 {r}", r=client["request"]) if client["request"] else Words("idle", "空闲")
    return Group(
        f"client/{name}", place.x, place.y, tuple(parts), layer=2, label=say("client {n}", "客户端 {n}", n=name),
        details=(
            (name, Words("client", "客户端")),
            (Words("doing", "正在"), waits),
            (Words("request number", "请求编号"), str(client["serial"])),
            (Words("believes to lead", "认为的 leader"), client["leader"] or "–"),
        ),
    )  # fmt: skip
