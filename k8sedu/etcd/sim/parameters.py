"""The parameters of a run of a cluster, checked, and written into its trace so that the run can be done again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.releases import Release
from k8sedu.etcd.sim.actions import check_line
from k8sedu.etcd.sim.clients import Clients
from k8sedu.raft.config import Config
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.sim.faults import Fault, FaultError, check_faults
from k8sedu.sim.network import Network
from k8sedu.trace import Frozen

MEMBERS_MAX = 9
CHANGES_OF_MEMBERS = ("change",)


class SimulationError(K8sEduError, ValueError):
    """Parameters that no run can have."""


class Parameters(NamedTuple):
    """Everything that a run depends on besides its seed."""

    size: int = 3
    duration_us: int = 10_000_000
    faults: tuple[Fault, ...] = ()
    clients: Clients = Clients()
    network: Network = Network()
    config: Config = Config.etcd()
    rules: Rules = ALL_RULES
    tick_us: int = 100_000
    disk_us: tuple[int, int] = (0, 0)
    release: str = "3.5.1"
    min_ttl_s: int = 2
    snapshot_count: int = 0
    catch_up_entries: int = 0
    order: int = 64
    page_records: int = 64

    @property
    def names(self) -> tuple[str, ...]:
        """The members, n1 to nN."""
        return tuple(f"n{number}" for number in range(1, self.size + 1))

    def checked(self) -> Parameters:
        """The same parameters, or an error that says what is wrong.

        Raises:
            SimulationError: a number out of range.
            FaultError, CommandError: an unknown name, a fault after the end, or a request that nobody understands.
        """
        _expect(1 <= self.size <= MEMBERS_MAX, f"size is {self.size}", f"1 to {MEMBERS_MAX} members")
        _expect(self.duration_us > 0, f"duration_ms is {self.duration_us / 1000:g}", "a time above 0")
        _expect(self.tick_us >= 1, f"tick_us is {self.tick_us}", "at least 1")
        _expect(0 <= self.disk_us[0] <= self.disk_us[1], f"disk_us is {self.disk_us}", "0 <= shortest <= longest")
        _expect(self.min_ttl_s >= 1, f"min_ttl_s is {self.min_ttl_s}", "at least 1")
        _expect(self.snapshot_count >= 0, f"snapshot_count is {self.snapshot_count}", "0 for never, or a number of entries")
        _expect(self.catch_up_entries >= 0, f"catch_up_entries is {self.catch_up_entries}", "0 for none, or a number of entries")
        _expect(min(self.order, self.page_records) >= 3, f"order and page_records are {self.order} and {self.page_records}", "at least 3")
        Release.parse(self.release)
        self.config.checked()
        clients = tuple(self.clients.checked().names)
        check_faults(self.faults, nodes=(*self.names, *clients), duration_us=self.duration_us)
        for fault in self.faults:
            self._check_fault(fault, clients)
        return self

    def _check_fault(self, fault: Fault, clients: tuple[str, ...]) -> None:
        named = [name for name in fault.names() if name in clients]
        if fault.kind == "request":
            check_line(fault, clients=clients)
        elif named and fault.kind not in ("crash", "restart", "partition", "block", "drop_next"):
            raise FaultError(f"{fault.format()!r} names the client {named[0]!r}, expected a member: {', '.join(self.names)}")
        elif fault.kind in CHANGES_OF_MEMBERS:
            raise FaultError(f"{fault.format()!r} changes the members, expected another fault: they stay the same here")

    def frozen(self) -> Frozen:
        """As plain values, for the trace."""
        network = self.network
        links = tuple((sender, receiver, delay_ms) for (sender, receiver), delay_ms in sorted(network.slow_links.items()))
        plain = {name: getattr(network, name) for name in ("delay_ms", "loss", "duplication", "reordering")}
        return Frozen(
            self._asdict(),
            faults=tuple(fault.format() for fault in self.faults),
            clients=Frozen(self.clients._asdict()),
            network=Frozen(plain, slow_links=links),
            config=Frozen(self.config._asdict()),
            rules=self.rules.off,
        )

    @classmethod
    def thaw(cls, frozen: Mapping[str, Any]) -> Parameters:
        """From the plain values of a trace, also of one that was loaded from a file."""
        network = dict(frozen["network"])
        links = {(sender, receiver): delay_ms for sender, receiver, delay_ms in network.pop("slow_links")}
        clients = frozen["clients"]
        return cls(**{
            **frozen,
            "faults": tuple(Fault.parse(line) for line in frozen["faults"]),
            "clients": Clients(**{**clients, "keys": tuple(clients["keys"])}),
            "network": Network(**network, slow_links=links),
            "config": Config(**frozen["config"]),
            "rules": Rules(tuple(frozen["rules"])),
            "disk_us": (frozen["disk_us"][0], frozen["disk_us"][1]),
        })  # fmt: skip


def gather(
    *, duration_ms: float, faults: Iterable[Fault | str], clients: int | Clients, disk_ms: float | tuple[float, float], **rest: Any
) -> Parameters:
    """From what people type to exact, checked parameters."""
    low_ms, high_ms = disk_ms if isinstance(disk_ms, tuple) else (disk_ms, disk_ms)
    for name in ("size", "tick_us", "min_ttl_s", "snapshot_count", "catch_up_entries", "order", "page_records"):
        if isinstance(rest[name], bool) or not isinstance(rest[name], int):
            raise SimulationError(f"{name} is {rest[name]!r}, expected a whole number.")
    return Parameters(
        duration_us=exact_us(duration_ms, "duration_ms"),
        faults=tuple(Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults),
        clients=Clients(writers=clients) if isinstance(clients, int) else clients,
        disk_us=(exact_us(low_ms, "disk_ms"), exact_us(high_ms, "disk_ms")),
        **rest,
    ).checked()


def exact_us(value: object, name: str) -> int:
    """Milliseconds in microseconds.

    Raises:
        SimulationError: it is no number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SimulationError(f"{name} is {value!r}, expected a number of milliseconds.")
    return round(value * 1000)


def _expect(holds: bool, met: str, expected: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise SimulationError(f"{met}, expected {expected}.")
