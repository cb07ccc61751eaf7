"""The routing mesh: every node answers at a service's port, whether a task of it runs there or not.

A published port belongs to the *service*. Each node listens on it, and whoever comes is led on in two steps. First into the network
`ingress`, to the service's virtual address (VIP); there the kernel's load balancer (IPVS) chooses one of the running tasks, the next one
for each new connection. Then, if that task is on another node, the packet is wrapped into another one (VXLAN) and sent there. So one may
put any node, or all of them, behind a name, and nothing has to know where the tasks are: the table of ports of `k8sedu.docker` is not
gone, but nobody keeps it by hand any more.

Inside the cluster services call each other by name: the name is the VIP, and the same balancer stands behind it.

Source: Docker's documentation, "Use Swarm mode routing mesh"; libnetwork (the sandbox ingress_sbox, IPVS round robin, VXLAN on UDP 4789,
default networks 10.0.0.0/24 for ingress).
Left out: connections that stay with their task because of a session, and tasks that are not healthy yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address
from typing import NamedTuple

from k8sedu.docker.walk import Hop, Packet
from k8sedu.language import Words
from k8sedu.swarm.errors import SwarmError

INGRESS = IPv4Address("10.0.0.0")
VXLAN_PORT = 4_789
FIRST_TASK = 100


class Backend(NamedTuple):
    """A running task behind a service: its name, its node, and its address in the network `ingress`."""

    name: str
    node: str
    address: str


class Route(NamedTuple):
    """The way of one request: the hops, where it came in, and the task that answers; none where the request is refused."""

    hops: tuple[Hop, ...]
    entered: str
    backend: Backend | None


class Published(NamedTuple):
    """A service's published port: name, VIP, the port outside, the port inside, and how it is published."""

    service: str
    vip: str
    port: int
    target: int
    mode: str
    backends: tuple[Backend, ...]


class Mesh:
    """The nodes with their addresses, and the services that they publish.

    >>> mesh = Mesh(["n1", "n2", "n3"])
    >>> mesh.publish("web", port=8080, target=80, tasks={"web.1": "n1", "web.2": "n2"}).vip
    '10.0.0.2'
    >>> [mesh.request("n3", 8080).backend.name for _ in range(3)]
    ['web.1', 'web.2', 'web.1']
    >>> [hop.place for hop in mesh.request("n3", 8080).hops]
    ['n3', 'n3 ingress', 'n2', 'web.2']

    Args:
        nodes: names, which get addresses; or name → address.
        client: the address from which requests come.
    """

    def __init__(self, nodes: Iterable[str] | dict[str, str], *, client: str = "203.0.113.7") -> None:
        given = nodes if isinstance(nodes, dict) else {name: f"192.168.99.{100 + n}" for n, name in enumerate(nodes)}
        self.nodes = dict(given)
        self.down: dict[str, None] = {}
        self.client = client
        self.services: dict[int, Published] = {}
        self.turns: dict[tuple[str, int], int] = {}
        """(node, port) → whose turn is next there: each node has a balancer of its own."""
        self._requests = 0

    def copy(self) -> Mesh:
        """The same state, for trying something out."""
        other = Mesh(self.nodes, client=self.client)
        other.down, other.services, other.turns = dict(self.down), dict(self.services), dict(self.turns)
        other._requests = self._requests
        return other

    def publish(self, service: str, *, port: int, target: int, tasks: dict[str, str], mode: str = "ingress") -> Published:
        """Publish a service's port: task → its node. Again for a port that is there already: the tasks are now these.

        Raises:
            SwarmError: another service has the port, or a node is not there.
        """
        old = self.services.get(port)
        if old is not None and old.service != service:
            raise SwarmError(f"port '{port}' is already in use by service '{old.service}' as an ingress port")
        for node in tasks.values():
            self._known(node)
        vip = old.vip if old is not None else str(INGRESS + 2 + len(self.services))
        backends = tuple(Backend(name, node, self._address(name, number)) for number, (name, node) in enumerate(tasks.items()))
        self.services[port] = Published(service, vip, port, target, mode, backends)
        return self.services[port]

    def request(self, node: str, port: int) -> Route:
        """Send a request to a node's port, and follow it.

        Raises:
            SwarmError: there is no such node.
        """
        self._known(node)
        source = 50_000 + self._requests
        self._requests += 1
        packet = Packet(self.client, source, self.nodes[node], port)
        if node in self.down:
            return Route((Hop(node, "", packet, _down(node)),), node, None)
        published = self.services.get(port)
        if published is None:
            return Route((Hop(node, "", packet, _closed(port)),), node, None)
        return self._through(node, packet, published)

    def fail(self, node: str) -> None:
        """A node is gone: it does not answer, and its tasks are no longer behind any service."""
        self._known(node)
        self.down[node] = None
        for port, each in self.services.items():
            self.services[port] = each._replace(backends=tuple(backend for backend in each.backends if backend.node != node))

    # -- hops ----------------------------------------------------------------------------------------------------------------------------

    def _through(self, node: str, packet: Packet, published: Published) -> Route:
        backends = [each for each in published.backends if published.mode == "ingress" or each.node == node]
        if not backends:
            return Route((Hop(node, "", packet, _nobody(published, node)),), node, None)
        turn = self.turns.get((node, published.port), 0)
        self.turns[node, published.port] = turn + 1
        backend = backends[turn % len(backends)]
        if published.mode == "host":
            return self._direct(node, packet, published, backend)
        to_vip = packet._replace(destination=published.vip)
        to_task = Packet(_ingress_of(node, self.nodes), packet.source_port, backend.address, published.target)
        hops = [
            Hop(node, f"DNAT --dport {published.port} → {published.vip}:{published.port}", to_vip, _enters(node, published)),
            Hop(f"{node} ingress", f"IPVS rr {turn % len(backends) + 1}/{len(backends)}", to_task, _chosen(backend, len(backends))),
        ]
        if backend.node != node:
            outer = Packet(self.nodes[node], VXLAN_PORT, self.nodes[backend.node], VXLAN_PORT, "udp")
            hops.append(Hop(backend.node, "VXLAN", outer, _wrapped(node, backend)))
        hops.append(Hop(backend.name, "", to_task, _arrives(backend, published)))
        return Route(tuple(hops), node, backend)

    def _direct(self, node: str, packet: Packet, published: Published, backend: Backend) -> Route:
        to_task = packet._replace(destination=backend.address, destination_port=published.target)
        says = Words(
            f"**Host mode:** the port is {node}'s own, and leads to the task there.",
            f"**host 模式：** 端口属于 {node} 自己，直接通向那里的任务。",
        )
        hops = (
            Hop(node, f"DNAT --dport {published.port} → {backend.address}:{published.target}", to_task, says),
            Hop(backend.name, "", to_task, _arrives(backend, published)),
        )
        return Route(hops, node, backend)

    def _address(self, name: str, number: int) -> str:
        known = {each.name: each.address for published in self.services.values() for each in published.backends}
        if name in known:
            return known[name]
        return str(INGRESS + FIRST_TASK + len(known) + number)

    def _known(self, node: str) -> None:
        if node not in self.nodes:
            raise SwarmError(f"there is no node {node!r}, expected one of {', '.join(self.nodes)}")


def _ingress_of(node: str, nodes: dict[str, str]) -> str:
    """The address of a node's sandbox in the network `ingress`: from here the task sees the request come, not from the client."""
    return str(INGRESS + 200 + list(nodes).index(node))


def _down(node: str) -> Words:
    return Words(
        f"**{node} is down:** no answer. Any other node would have led the way.", f"**{node} 已失效：** 没有回答。换一个节点就能到达。"
    )


def _closed(port: int) -> Words:
    return Words(f"**Refused:** no service has published port {port}.", f"**拒绝：** 没有服务发布过端口 {port}。")


def _nobody(published: Published, node: str) -> Words:
    where = Words(f" on {node}", f"在 {node} 上") if published.mode == "host" else Words("", "")
    return Words(
        f"**Refused:** no task of {published.service} runs{where.en}.", f"**拒绝：** {published.service} {where.zh}没有正在运行的任务。"
    )


def _enters(node: str, published: Published) -> Words:
    return Words(
        f"**{node} listens on {published.port}** like every node. The packet is led to {published.service}'s virtual address.",
        f"**{node} 与所有节点一样监听 {published.port}。** 数据包被引向 {published.service} 的虚拟地址。",
    )


def _chosen(backend: Backend, count: int) -> Words:
    return Words(
        f"**The balancer chooses {backend.name},** the next in turn of {count}.",
        f"**负载均衡器选中 {backend.name}，** {count} 个任务轮流到它。",
    )


def _wrapped(node: str, backend: Backend) -> Words:
    return Words(
        f"**The task is on {backend.node}:** {node} wraps the packet into another one (VXLAN, UDP 4789) and sends it there.",
        f"**任务在 {backend.node} 上：** {node} 把数据包装进另一个数据包（VXLAN，UDP 4789）送过去。",
    )


def _arrives(backend: Backend, published: Published) -> Words:
    return Words(
        f"**{backend.name} answers on port {published.target}.** The client never learns where it runs.",
        f"**{backend.name} 在端口 {published.target} 上应答。** 客户端不会知道它在哪里运行。",
    )
