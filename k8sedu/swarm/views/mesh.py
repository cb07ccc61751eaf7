"""A request through the routing mesh, hop by hop: to any node, through the balancer, perhaps over to another node, to a task, and back.

Nodes stand side by side. At the top of each is the published port, below it the network `ingress`, which goes through all of them, at the
bottom the tasks. The packet is a dot; on the line below the picture stands what it carries on this part of its way.

Left out: ports of several services at once on the picture of a node; the first three are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from k8sedu.docker.walk import Hop
from k8sedu.language import Words
from k8sedu.stage.document import Document, Frame, Legend
from k8sedu.stage.lettering import fit
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Icon, Label, Line, Rect, Shape, Token
from k8sedu.swarm.mode.mesh import Mesh, Route
from k8sedu.trace import Frozen
from k8sedu.workload.views.film import ScheduleError

WIDTH, HEIGHT = 904.0, 420.0
CLIENT_Y, PORT_Y, INGRESS_Y, TASK_Y, TOP, BOTTOM, LINE_Y = 30.0, 112.0, 196.0, 296.0, 100.0, 350.0, 388.0
ROLES = ("blue", "orange", "green")
LETTERS = 12.0
STEP_US = 1_000_000
NODES = 7

Point = tuple[float, float]


def play_mesh(
    mesh: Mesh, requests: Sequence[tuple[str, int]], *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto"
) -> Player:
    """Requests to these (node, port) pairs as an animation; the mesh itself stays as it was.

    Raises:
        SwarmError: a node that is not there.
        ScheduleError: no requests, or too many nodes for a picture.
    """
    return Player(mesh_film(mesh, requests, language=language, theme=theme))


def mesh_film(
    mesh: Mesh, requests: Sequence[tuple[str, int]], *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto"
) -> Document:
    """The same as a document for the stage."""
    if not requests or len(mesh.nodes) > NODES:
        met = f"met {len(requests)} requests and {len(mesh.nodes)} nodes"
        raise ScheduleError(f"{met}, expected at least 1 request and at most {NODES} nodes")
    running, answered, frames = mesh.copy(), dict[str, int](), list[Frame]()
    for node, port in requests:
        route = running.request(node, port)
        for kind, scene in _scenes(running, route, port, answered):
            frames.append(Frame(len(frames) * STEP_US, kind, node, scene))
    title = Words("Routing mesh: every node answers at the service's port", "路由网格：每个节点都在服务端口上应答")
    return Document(
        title=title, frames=tuple(frames), legend=LEGEND, pace="step", end_us=len(frames) * STEP_US, language=language, theme=theme
    )


def mesh_of(frame: Frozen) -> Mesh:
    """The mesh at one instant of a run of swarm mode: its nodes, its services with ports, and the tasks that run.

    Raises:
        ScheduleError: the frame is not of swarm mode.
    """
    if frame.more.get("mode") != "swarm":
        raise ScheduleError("met a frame that is not of swarm mode, expected one of swarm.simulate_services")
    mesh = Mesh(list(frame.machines))
    for name, service in frame.more.services.items():
        running = [task for task in frame.more.tasks.values() if task.service == name and task.state == task.desired == "running"]
        tasks = {task.name if task.slot else f"{name}.{task.node}": task.node for task in running if frame.machines[task.node].up}
        for published, target, mode in service.ports:
            mesh.publish(name, port=published, target=target, tasks=dict(sorted(tasks.items())), mode=mode)
    for name, machine in frame.machines.items():
        if not machine.up:
            mesh.fail(name)
    return mesh


# -- one request -------------------------------------------------------------------------------------------------------------------------


def _scenes(mesh: Mesh, route: Route, port: int, answered: dict[str, int]) -> Iterator[tuple[str, Scene]]:
    """The client, every hop, and the answer."""
    here = _places(mesh)
    start = Words(f"**A request to {route.entered}:{port}.** Any node will do.", f"**请求 {route.entered}:{port}。** 任何节点都可以。")
    yield "request", _scene(mesh, start, (WIDTH / 2, CLIENT_Y + 30), None, answered)
    for hop in route.hops:
        at = here[f"{hop.place} ingress" if hop.rule == "VXLAN" else hop.place]
        yield "hop", _scene(mesh, hop.says, at, hop, answered)
    last = route.hops[-1]
    if route.backend is None:
        return
    answered[route.backend.name] = answered.get(route.backend.name, 0) + 1
    back = Words(
        f"**The answer goes back the same way.** For the client it comes from {route.entered}.",
        f"**应答原路返回。** 在客户端看来，它来自 {route.entered}。",
    )
    yield "answer", _scene(mesh, back, (WIDTH / 2, CLIENT_Y + 30), last, answered, is_answer=True)


def _scene(mesh: Mesh, says: Words, at: Point, hop: Hop | None, answered: dict[str, int], *, is_answer: bool = False) -> Scene:
    shapes = [*_client(mesh), *_network(mesh), *_nodes(mesh, answered)]
    token = {"fill": "paper", "stroke": "good", "icon": "plus"} if is_answer else {"fill": "vermillion", "icon": None}
    shapes.append(Token("packet", *at, r=9, tail=0, layer=9, label=Words("the packet", "数据包"), **token))
    if hop is not None and not is_answer:
        shapes.append(Label("packet/text", 12, LINE_Y, f"{hop.packet.text}  ({hop.packet.protocol})", anchor="start", size=14, weight=600))
        if hop.rule:
            shapes.append(Label("packet/rule", WIDTH - 12, LINE_Y, hop.rule, anchor="end", size=14, fill="muted"))
    return Scene(shapes=tuple(shapes), caption=says, width=WIDTH, height=HEIGHT, card_width=0)


# -- the picture -------------------------------------------------------------------------------------------------------------------------


def _boxes(mesh: Mesh) -> dict[str, tuple[float, float]]:
    """Node → left edge and width."""
    gap = 18.0
    width = min(190.0, (WIDTH - 24 - gap * (len(mesh.nodes) - 1)) / len(mesh.nodes))
    left = (WIDTH - len(mesh.nodes) * (width + gap) + gap) / 2
    return {name: (left + number * (width + gap), width) for number, name in enumerate(mesh.nodes)}


def _tasks(mesh: Mesh) -> dict[str, tuple[Point, str]]:
    """Task → where it stands, and the role of its service."""
    found: dict[str, tuple[Point, str]] = {}
    for name, (x, width) in _boxes(mesh).items():
        mine = [
            (backend.name, ROLES[number % len(ROLES)])
            for number, published in enumerate(mesh.services.values()) for backend in published.backends if backend.node == name
        ]  # fmt: skip
        mine = list(dict.fromkeys(mine))
        for number, (task, role) in enumerate(mine):
            row, column = divmod(number, 2)
            columns = min(2, len(mine) - 2 * row)
            found[task] = ((x + width * (column + 0.5) / columns, TASK_Y - 16 + 40 * row if len(mine) > 2 else TASK_Y), role)
    return found


def _places(mesh: Mesh) -> dict[str, Point]:
    """Where a hop is drawn: a node's port, its part of the network, a task."""
    points: dict[str, Point] = {}
    for name, (x, width) in _boxes(mesh).items():
        points[name] = (x + width / 2, PORT_Y)
        points[f"{name} ingress"] = (x + width / 2, INGRESS_Y)
    points |= {task: (x, y - 30) for task, ((x, y), _) in _tasks(mesh).items()}
    return points


def _client(mesh: Mesh) -> Iterator[Shape]:
    yield Icon("client", WIDTH / 2 - 12, CLIENT_Y, "person", size=28, fill="ink")
    yield Label("client/address", WIDTH / 2 + 12, CLIENT_Y, mesh.client, anchor="start", size=LETTERS, fill="muted")


def _network(mesh: Mesh) -> Iterator[Shape]:
    """The network that goes through all nodes."""
    boxes = list(_boxes(mesh).values())
    left, right = boxes[0][0] - 8, boxes[-1][0] + boxes[-1][1] + 8
    yield Rect("ingress", left, INGRESS_Y - 17, right - left, 34, r=17, fill="tint:sky", stroke="sky", layer=1)
    text = Words("network ingress (VXLAN)", "ingress 网络（VXLAN）")
    yield Label("ingress/text", left + 14, INGRESS_Y + 30, text, anchor="start", size=LETTERS, fill="muted", layer=3)


def _nodes(mesh: Mesh, answered: dict[str, int]) -> Iterator[Shape]:
    for name, (x, width) in _boxes(mesh).items():
        yield from _node(mesh, name, x, width, is_up=name not in mesh.down)
    for task, ((x, y), role) in _tasks(mesh).items():
        yield Circle(f"task/{task}", x, y, 19, fill=f"tint:{role}", stroke=role, width=2, layer=3)
        yield Label(f"task/{task}/name", x, y, task.rpartition(".")[2], weight=600, layer=4)
        count = answered.get(task, 0)
        yield Label(f"task/{task}/count", x, y + 28, Words(f"{count} answered", f"应答 {count} 次"), size=LETTERS, fill="muted", layer=4)


def _node(mesh: Mesh, name: str, x: float, width: float, *, is_up: bool) -> Iterator[Shape]:
    look = {"dashed": not is_up, "opacity": 1.0 if is_up else 0.6}
    yield Rect(f"node/{name}", x, TOP, width, BOTTOM - TOP, r=8, fill="card", stroke="line", **look)  # type: ignore[arg-type]  # a flag and a number
    yield Label(f"node/{name}/name", x + 10, BOTTOM - 14 if not is_up else TOP + 40, name, anchor="start", weight=600, layer=2)
    address = fit(mesh.nodes[name], width - 50, LETTERS)
    yield Label(f"node/{name}/address", x + width - 10, TOP + 40, address, anchor="end", size=LETTERS, fill="muted", layer=2)
    if not is_up:
        yield Icon(f"node/{name}/cross", x + width / 2, TASK_Y, "cross", size=30, fill="muted", layer=4)
        return
    ports = [(port, ROLES[number % len(ROLES)]) for number, port in enumerate(mesh.services)][:3]
    each = min(64.0, (width - 12) / max(len(ports), 1))
    for number, (port, role) in enumerate(ports):
        left = x + width / 2 + each * (number - len(ports) / 2)
        yield Rect(f"node/{name}/port/{port}", left + 2, TOP - 11, each - 4, 22, r=11, fill=role, layer=4)
        yield Label(f"node/{name}/port/{port}/text", left + each / 2, TOP, f":{port}", size=LETTERS, weight=600, fill=f"on:{role}", layer=5)
    yield Line(f"node/{name}/way", x + width / 2, TOP + 52, x + width / 2, INGRESS_Y - 17, stroke="line", width=1.5, layer=1)


LEGEND = (
    Legend(Words("a request", "请求"), role="vermillion"),
    Legend(Words("the answer", "应答"), icon="plus", role="green", hollow=True),
    Legend(Words("a published port, on every node", "发布的端口，每个节点都有"), letter=":", role="blue"),
)
