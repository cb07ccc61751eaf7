"""How a run of a Docker host is written down: its containers, its port table, and the packets on their way, after every step."""

from __future__ import annotations

from typing import Any

from k8sedu.docker.firewall import rules
from k8sedu.docker.host import Container, Host
from k8sedu.docker.walk import Hop, Packet
from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Frozen

VERDICTS = ("delivered", "refused", "dropped")
UNCHANGED = ("conflict", "error", "end")


class Scribe:
    """Writes steps, and the frame after each.

    A frame has `up`, `host`, `containers` (by name: image, address, status, ports, listens, restart), `rows` of the port table,
    `packets` in flight by number, and `counts`: rows, rules, conflicts, and packets delivered, refused and dropped so far.
    """

    def __init__(self, recorder: Recorder, host: Host) -> None:
        self.recorder, self.host = recorder, host
        self.up = True
        self.conflicts = 0
        self.seen = dict.fromkeys(VERDICTS, 0)
        self.packets: dict[str, Frozen] = {}
        self._still = Frozen()

    def note(self, time_us: int, kind: str, actor: str, **detail: Any) -> None:
        """A step at which the host may have changed; what was refused has changed nothing, and shares the picture before it."""
        if self.recorder.frames and kind not in UNCHANGED:
            self._still = self._picture()
        self.recorder.record(time_us, kind, actor, detail, self._frame())

    def fly(self, number: int, kind: str, origin: str, hop: Hop, before: Packet | None, *, container: str) -> None:
        """A packet is at another place."""
        place = hop.place.removeprefix(f"{self.host.name} ")
        if kind in self.seen:
            self.seen[kind] += 1
        was = hop.packet if before is None else before
        changed = tuple(
            end for end in ("source", "destination")
            if (getattr(was, end), getattr(was, f"{end}_port")) != (getattr(hop.packet, end), getattr(hop.packet, f"{end}_port"))
        )  # fmt: skip
        earlier = self.packets.get(str(number), Frozen(way=(), back=()))
        is_back = kind in {"answer", "answered"}
        self.packets[str(number)] = Frozen(
            kind=kind, origin=origin, place=place, container=container, rule=hop.rule, says=tuple(hop.says), changed=changed,
            source=f"{hop.packet.source}:{hop.packet.source_port}", destination=f"{hop.packet.destination}:{hop.packet.destination_port}",
            way=earlier.way if is_back else (*earlier.way, place), back=(*earlier.back, place) if is_back else (),
        )  # fmt: skip

    def land(self, number: int) -> None:
        """A packet has ended its journey."""
        del self.packets[str(number)]

    def note_hop(self, time_us: int, kind: str, number: int) -> None:
        """A step of a packet, which changes nothing at the host."""
        packet = self.packets[str(number)]
        detail = {field: packet[field] for field in ("origin", "place", "container", "rule", "source", "destination", "says", "changed")}
        self.recorder.record(time_us, kind, packet.origin, {"packet": number, **detail}, self._frame())

    def _frame(self) -> Frozen | None:
        if not self.recorder.frames:
            return None
        counts = {"conflicts": self.conflicts, **self.seen}
        return self._still.evolve(packets=Frozen(self.packets), counts=self._still.counts.evolve(**counts))

    def _picture(self) -> Frozen:
        rows = self.host.table()
        everybody = (*self.host.containers.values(), *self.host.stopped.values())
        return Frozen(
            up=self.up,
            host=Frozen(name=self.host.name, address=self.host.address, bridge=self.host.bridge_address, subnet=str(self.host.subnet)),
            containers=Frozen({each.name: _container(each) for each in everybody}),
            rows=tuple(Frozen(row._asdict()) for row in rows),
            counts=Frozen(rows=len(rows), rules=len(rules(self.host)), running=len(self.host.containers)),
        )


def _container(container: Container) -> Frozen:
    return Frozen(
        image=container.image, address=container.address, status="running" if container.address else "exited", ports=container.ports_text,
        listens=tuple(f"{port}/{protocol}" for port, protocol in container.listens), restart=container.restart_policy,
    )  # fmt: skip
