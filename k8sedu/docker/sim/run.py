"""The host as it lives through a plan: commands, faults, packets, and what Docker's restart policy does by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import simpy

from k8sedu.docker.commands import HOST, OUTSIDE, USUAL, Command, is_address, next_port
from k8sedu.docker.host import DockerError, Host
from k8sedu.docker.ports import PortError
from k8sedu.docker.sim.scribe import Scribe
from k8sedu.docker.walk import Hop, Packet, Walk, answer, walk
from k8sedu.language import Words
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream

HOP_US = 100
RESTART_FIRST_US, RESTART_LAST_US, FORGIVEN_US = 100_000, 60_000_000, 10_000_000


class Setting(NamedTuple):
    """What a run is made of, beside its commands and faults."""

    address: str = "192.168.0.10"
    client: str = "192.168.0.7"
    subnet: str = "172.17.0.0/16"
    insist: bool = False


class Run:
    """The host, and whoever does something to it."""

    def __init__(self, recorder: Recorder, setting: Setting, seed: int) -> None:
        self.env = simpy.Environment()
        self.setting = setting
        self.host = Host("host", address=setting.address, subnet=setting.subnet)
        self.scribe = Scribe(recorder, self.host)
        self.ports, self.boots = stream(seed, "client"), stream(seed, "boot")
        self.falls: dict[str, int] = {}
        self.started_us: dict[str, int] = {}
        self.by_hand: set[str] = set()
        self.packets = 0
        self.scribe.note(0, "boot", "host", address=setting.address, bridge=self.host.bridge_address)

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    def happen(self, fault: Fault, order: Command | None) -> Any:
        """One line of the plan."""
        yield self.env.timeout(fault.at_us)
        if order is not None:
            self._do(order, fault.arguments.data)
        elif fault.arguments.node != HOST:
            self._fall(fault.arguments.node) if fault.kind == "crash" else self._do(Command("start", fault.arguments.node), "")
        elif fault.kind == "crash":
            self._host_falls()
        elif not self.scribe.up:
            self._host_returns()

    # -- commands ------------------------------------------------------------------------------------------------------------------------

    def _do(self, order: Command, line: str) -> None:
        if order.verb == "curl":
            self._curl(order)
        elif not self.scribe.up:
            self.scribe.note(self.now_us, "error", order.name, text="Cannot connect to the Docker daemon. Is the docker daemon running?")
        else:
            self._tell(order, line)

    def _tell(self, order: Command, line: str) -> None:
        """Let the host do it; a refusal is a step too."""
        try:
            kinds = {"rm": "remove", "kill": "stop"}
            getattr(self, f"_{order.verb}")(order)
        except PortError as error:
            self.scribe.conflicts += 1
            port = int(str(error).partition(" failed")[0].rpartition(":")[2])
            self.scribe.note(self.now_us, "conflict", order.name, text=str(error), port=port, command=line)
            if self.setting.insist and order.verb == "run":
                self.env.process(self._insist(next_port(order, port)))
        except DockerError as error:
            self.scribe.note(self.now_us, "error", order.name, text=str(error), command=line, verb=kinds.get(order.verb, order.verb))

    def _insist(self, order: Command) -> Any:
        yield self.env.timeout(HOP_US)
        self._do(order, "")

    def _run(self, order: Command) -> None:
        image = order.image.partition(":")[0]
        listens = (*order.listens, *(str(port) for port in USUAL.get(image, ())))
        self.host.run(order.name, order.image, publish=order.publish, listens=listens, restart=order.restart)
        self._began("run", order.name)

    def _start(self, order: Command) -> None:
        self.host.start(order.name)
        self.by_hand.discard(order.name)
        self._began("start", order.name)

    def _stop(self, order: Command, kind: str = "stop") -> None:
        was = self.host.stop(order.name)
        self.by_hand.add(order.name)
        self.scribe.note(self.now_us, kind, order.name, address=was.address)

    _kill = _stop

    def _restart(self, order: Command) -> None:
        if order.name in self.host.containers:
            self._stop(order)
        self._start(order)

    def _rm(self, order: Command) -> None:
        was = self.host.remove(order.name)
        self.falls.pop(order.name, None)
        self.scribe.note(self.now_us, "remove", order.name, address=was.address)

    def _began(self, kind: str, name: str) -> None:
        container = self.host.containers[name]
        self.started_us[name] = self.now_us
        ports = tuple(each.text for each in container.published)
        self.scribe.note(self.now_us, kind, name, address=container.address, image=container.image, ports=ports)

    # -- what falls ----------------------------------------------------------------------------------------------------------------------

    def _fall(self, name: str) -> None:
        """A container's process dies; its policy may start it again."""
        if not self.scribe.up or name not in self.host.containers:
            self.scribe.note(self.now_us, "error", name, text=f"container {name} does not run, so it cannot crash")
            return
        if self.now_us - self.started_us[name] >= FORGIVEN_US:
            self.falls[name] = 0
        was = self.host.stop(name)
        wait_us = min(RESTART_FIRST_US << self.falls.get(name, 0), RESTART_LAST_US)
        self.falls[name] = self.falls.get(name, 0) + 1
        restarts = was.restart_policy != "no"
        self.scribe.note(self.now_us, "crash", name, address=was.address, restart_us=wait_us if restarts else None)
        if restarts:
            self.env.process(self._again(name, wait_us))

    def _again(self, name: str, wait_us: int) -> Any:
        yield self.env.timeout(wait_us)
        if self.scribe.up and name in self.host.stopped and name not in self.by_hand:
            self._tell(Command("start", name), "")

    def _host_falls(self) -> None:
        """Everything on it is gone, and nobody starts it elsewhere."""
        names = tuple(self.host.containers)
        for name in names:
            self.host.stop(name)
        self.scribe.up = False
        self.scribe.note(self.now_us, "host_down", HOST, containers=names)

    def _host_returns(self) -> None:
        """What has a policy starts again, in whatever order: addresses go to who comes first."""
        self.scribe.up = True
        self.scribe.note(self.now_us, "host_up", HOST)
        waiting = [
            each.name for each in self.host.stopped.values()
            if each.restart_policy == "always" or (each.restart_policy == "on-failure" and each.name not in self.by_hand)
        ]  # fmt: skip
        self.boots.shuffle(waiting)
        for name in waiting:
            self._tell(Command("start", name), "")

    # -- packets -------------------------------------------------------------------------------------------------------------------------

    def _curl(self, order: Command) -> None:
        """A packet sets out, if there is somebody who sends it and an address to send it to."""
        inside = order.name not in {OUTSIDE, HOST}
        refused = ""
        if inside and order.name not in self.host.containers:
            refused = f"container {order.name} is not running"
        elif order.name == HOST and not self.scribe.up:
            refused = "the host is down"
        elif not is_address(order.image):
            refused = f"curl: (6) Could not resolve host: {order.image}"
        if refused:
            self.scribe.note(self.now_us, "error", order.name, text=refused, verb="curl", target=order.target)
            return
        packet = Packet(self._source(order), self.ports.randrange(32_768, 61_000), order.image, order.port)
        way = walk(self.host, packet, origin=order.name) if self.scribe.up else _lost(packet)
        self.packets += 1
        self.env.process(self._travel(self.packets, order.name, way))

    def _source(self, order: Command) -> str:
        """The address that the sender writes upon the packet."""
        if order.name == OUTSIDE:
            return self.setting.client
        if order.image.startswith("127."):
            return "127.0.0.1"
        if order.name != HOST:
            return self.host.containers[order.name].address
        return self.host.bridge_address if self.host.at(order.image) else self.host.address

    def _travel(self, number: int, origin: str, way: Walk) -> Any:
        """Hop by hop to its end, and back if it was delivered."""
        last = len(way.hops) - 1
        for index in range(len(way.hops)):
            kind = "packet" if index == 0 else way.verdict if index == last else "hop"
            self._hop(kind, number, origin, way.hops[: index + 1], way)
            yield self.env.timeout(HOP_US)
        if way.verdict == "delivered":
            back = answer(self.host, way).hops
            for index in range(len(back)):
                self._hop("answered" if index == len(back) - 1 else "answer", number, origin, back[: index + 1], way)
                yield self.env.timeout(HOP_US)
        self.scribe.land(number)

    def _hop(self, kind: str, number: int, origin: str, hops: tuple[Hop, ...], way: Walk) -> None:
        before = hops[-2].packet if len(hops) > 1 else None
        self.scribe.fly(number, kind, origin, hops[-1], before, container=way.container)
        self.scribe.note_hop(self.now_us, kind, number)


def _lost(packet: Packet) -> Walk:
    """From outside to a host that is down."""
    asks = Hop("outside", "", packet, Words("somebody outside asks the host", "外部有人访问宿主机"))
    return Walk((asks, Hop("network", "", packet, Words("the host is down; nobody answers", "宿主机已停机，无人应答"))), "dropped")
