"""The way of a packet: from outside to a container, from one container to another, and out.

Each hop says where the packet is, which rule touched it, and which addresses it carries afterwards. So the sentence of the course notes,
"the browser reaches the host, and the host the container", becomes four hops that one can count; and the sentence "a container can only
talk to its host" is put to the test: three of the ways below never touch the host's own address.

Source: the tables of `firewall`; Linux netfilter's order: PREROUTING, routing, FORWARD or INPUT, POSTROUTING.
Left out: ARP, MTU, and loss.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import NamedTuple

from k8sedu.docker.firewall import dnat
from k8sedu.docker.host import BRIDGE, Container, Host
from k8sedu.docker.ports import EVERY_ADDRESS, Published
from k8sedu.language import Words


class Packet(NamedTuple):
    """Who sends to whom. Addresses with ports, as text: `10.0.0.7:51000`."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str = "tcp"

    @property
    def text(self) -> str:
        """`10.0.0.7:51000 → 10.0.0.5:8080`."""
        return f"{self.source}:{self.source_port} → {self.destination}:{self.destination_port}"


class Hop(NamedTuple):
    """One station: where, which rule touched the packet ("" for none), the packet afterwards, and why in one sentence."""

    place: str
    rule: str
    packet: Packet
    says: Words


class Walk(NamedTuple):
    """The whole way. `verdict` is "delivered", "refused" (nobody listens there) or "dropped" (no rule lets it through)."""

    hops: tuple[Hop, ...]
    verdict: str
    container: str = ""

    @property
    def last(self) -> Packet:
        """The packet as it arrives."""
        return self.hops[-1].packet


def walk(host: Host, packet: Packet, *, origin: str = "outside") -> Walk:
    """Send a packet and follow it.

    >>> host = Host(address="10.0.0.5")
    >>> _ = host.run("tomcat", publish=["8080:8080"])
    >>> way = walk(host, Packet("10.0.0.7", 51_000, "10.0.0.5", 8080))
    >>> way.verdict, way.container, way.last.text
    ('delivered', 'tomcat', '10.0.0.7:51000 → 172.17.0.2:8080')

    Args:
        host: the machine through which it goes.
        packet: as its sender writes it.
        origin: "outside", "host", or the name of a container.
    """
    if origin == "outside":
        return _from_outside(host, packet)
    if origin == "host":
        return _from_host(host, packet)
    return _from_container(host, packet, host.containers[origin])


def answer(host: Host, way: Walk) -> Walk:
    """The answer to a packet that was delivered: the kernel remembers what it rewrote, and writes it back."""
    asked, met = way.hops[0].packet, way.last
    back = Packet(met.destination, met.destination_port, met.source, met.source_port, met.protocol)
    hops = [Hop(f"container {way.container}" if way.container else "outside", "", back, Words("the answer sets out", "回应出发"))]
    restored = Packet(asked.destination, asked.destination_port, asked.source, asked.source_port, asked.protocol)
    if any(hop.rule == "docker-proxy" for hop in way.hops):
        says = Words("docker-proxy passes the answer on into the first connection", "docker-proxy 把回应转交给第一条连接")
        hops.append(Hop(f"{host.name} docker-proxy", "docker-proxy", restored, says))
    elif restored != back:
        says = Words("the kernel remembers the connection and writes the address back", "内核记得这条连接，把地址改回去")
        hops.append(Hop(host.name, "conntrack", restored, says))
    says = Words("the sender sees an answer from the address that it had asked", "发送者看到的回应来自它所询问的地址")
    hops.append(Hop("sender", "", restored, says))
    return Walk(tuple(hops), "delivered")


def _from_outside(host: Host, packet: Packet) -> Walk:
    hops = [Hop("outside", "", packet, Words("somebody outside asks the host", "外部有人访问宿主机"))]
    if packet.destination != host.address:
        says = Words("no route leads to this address from outside", "外部没有通往这个地址的路由")
        return Walk((*hops, Hop("network", "", packet, says)), "dropped")
    hops.append(Hop(f"{host.name} eth0", "", packet, Words("the packet is at the host's network card", "数据包到达宿主机的网卡")))
    found = _published(host, packet)
    if found is None:
        says = Words(
            "no row of the table: the host itself is meant, and nothing listens there",
            "表中没有这一行：目标是宿主机自己，而那里没有程序监听",
        )
        return Walk((*hops, Hop(f"{host.name} INPUT", "", packet, says)), "refused")
    container, each = found
    return _translated(host, packet, container, each, hops)


def _from_host(host: Host, packet: Packet) -> Walk:
    """From a program on the host: rules of OUTPUT; for 127.0.0.1 docker-proxy takes the connection and opens another one."""
    hops = [Hop(f"{host.name} process", "", packet, Words("a program on the host asks", "宿主机上的程序发起访问"))]
    loopback = packet.destination.startswith("127.")
    if loopback or packet.destination in {host.address, host.bridge_address}:
        found = _published(host, packet)
        if found is None:
            says = Words("nothing listens on this port of the host", "宿主机的这个端口没有程序监听")
            return Walk((*hops, Hop(f"{host.name} INPUT", "", packet, says)), "refused")
        container, each = found
        if loopback:
            return _proxied(host, packet, container, each, hops)
        return _translated(host, packet, container, each, hops)
    if IPv4Address(packet.destination) in host.subnet:
        return _to_bridge(host, packet, hops)
    says = Words("the host's own packets leave as they are", "宿主机自己的数据包原样离开")
    return Walk((*hops, Hop("outside", "", packet, says)), "delivered")


def _from_container(host: Host, packet: Packet, sender: Container) -> Walk:
    hops = [Hop(f"container {sender.name}", "", packet, Words(f"{sender.name} asks", f"{sender.name} 发起访问"))]
    if packet.destination.startswith("127."):
        says = Words("127.0.0.1 is the container itself, not the host", "127.0.0.1 指的是容器自己，而不是宿主机")
        return _knock(packet, sender, [*hops, Hop(f"container {sender.name}", "", packet, says)])
    if IPv4Address(packet.destination) in host.subnet and packet.destination != host.bridge_address:
        return _to_bridge(host, packet, hops)
    if packet.destination in {host.address, host.bridge_address}:
        found = _published(host, packet)
        says = Words(
            "the packet comes from the bridge, so the DOCKER chain returns; docker-proxy on the host takes it",
            "数据包来自网桥，DOCKER 链直接返回；由宿主机上的 docker-proxy 接手",
        )
        if found is None:
            return Walk((*hops, Hop(f"{host.name} INPUT", "", packet, Words("nothing listens there", "那里没有程序监听"))), "refused")
        hops.append(Hop(f"{host.name} {BRIDGE}", f"-A DOCKER -i {BRIDGE} -j RETURN", packet, says))
        return _proxied(host, packet, *found, hops)
    left = packet._replace(source=host.address)
    says = Words("the packet leaves under the host's own address: masquerade", "数据包以宿主机的地址离开：地址伪装（masquerade）")
    hops.append(Hop(f"{host.name} POSTROUTING", f"-A POSTROUTING -s {host.subnet} ! -o {BRIDGE} -j MASQUERADE", left, says))
    hops.append(Hop("outside", "", left, Words("the other side sees only the host", "对方看到的只有宿主机")))
    return Walk(tuple(hops), "delivered")


def _translated(host: Host, packet: Packet, container: Container, each: Published, hops: list[Hop]) -> Walk:
    led = packet._replace(destination=container.address, destination_port=each.container_port)
    says = Words(f"the table leads port {each.host_port} to {container.name}", f"端口表把 {each.host_port} 引到 {container.name}")
    hops.append(Hop(f"{host.name} PREROUTING", dnat(each, container.address), led, says))
    return _to_bridge(host, led, hops)


def _proxied(host: Host, packet: Packet, container: Container, each: Published, hops: list[Hop]) -> Walk:
    led = Packet(host.bridge_address, packet.source_port, container.address, each.container_port, packet.protocol)
    says = Words("docker-proxy listens on the host and opens a second connection", "docker-proxy 在宿主机上监听，并另开一条连接")
    hops.append(Hop(f"{host.name} docker-proxy", "docker-proxy", led, says))
    return _to_bridge(host, led, hops)


def _to_bridge(host: Host, packet: Packet, hops: list[Hop]) -> Walk:
    """Onto the bridge, and to whoever has the address there."""
    container = host.at(packet.destination)
    says = Words("the bridge knows which container has this address", "网桥知道哪个容器拥有这个地址")
    hops.append(Hop(f"{host.name} {BRIDGE}", "", packet, says))
    if container is None:
        says = Words("no container has this address", "没有容器拥有这个地址")
        return Walk((*hops, Hop(f"{host.name} {BRIDGE}", "", packet, says)), "dropped")
    return _knock(packet, container, hops)


def _knock(packet: Packet, container: Container, hops: list[Hop]) -> Walk:
    """At the container: does it listen there?"""
    if (packet.destination_port, packet.protocol) not in container.listens:
        port, name = packet.destination_port, container.name
        says = Words(f"nothing listens on port {port} in {name}", f"{name} 里没有程序监听端口 {port}")
        return Walk((*hops, Hop(f"container {container.name}", "", packet, says)), "refused", container.name)
    hops.append(Hop(f"container {container.name}", "", packet, Words(f"{container.name} answers", f"{container.name} 应答")))
    return Walk(tuple(hops), "delivered", container.name)


def _published(host: Host, packet: Packet) -> tuple[Container, Published] | None:
    """The row of the table for this packet."""
    for container, each in host.published():
        meant = (each.host_port, each.protocol) == (packet.destination_port, packet.protocol)
        if meant and each.address in {EVERY_ADDRESS, packet.destination}:
            return container, each
    return None
