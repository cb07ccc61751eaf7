"""The parameters of a run, checked, and written into its trace so that the run can be done again.

A trace remembers everything that its run depended on, as plain values: size, seed, faults as lines of text, network, timers, rules.
`arguments` turns them back into what `simulate` takes; that is how a fork re-lives the past.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.raft.config import Config
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.sim.actions import check_command
from k8sedu.raft.sim.clients import Clients
from k8sedu.sim.faults import Fault, check_faults
from k8sedu.sim.network import Network
from k8sedu.trace import Frozen

SERVERS_MAX = 99


class SimulationError(K8sEduError, ValueError):
    """Parameters that no run can have."""


class Parameters(NamedTuple):
    """Everything that a run depends on besides its seed."""

    size: int = 5
    duration_us: int = 3_000_000
    faults: tuple[Fault, ...] = ()
    clients: Clients = Clients(0)
    network: Network = Network()
    config: Config = Config()
    rules: Rules = ALL_RULES
    tick_us: int = 1_000
    disk_us: tuple[int, int] = (0, 0)
    spares: int = 0
    logs: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The servers, n1 to nN, those that are not members yet behind the members."""
        return tuple(f"n{number}" for number in range(1, self.size + self.spares + 1))

    @property
    def voters(self) -> tuple[str, ...]:
        """The members at the start."""
        return self.names[: self.size]

    def checked(self) -> Parameters:
        """The same parameters, or an error that says what is wrong.

        Raises:
            SimulationError: size, time or log lengths out of range.
            FaultError: an unknown node, or a fault after the end.
        """
        _expect(1 <= self.size <= SERVERS_MAX - self.spares, f"size is {self.size}", f"1 to {SERVERS_MAX} servers")
        _expect(self.spares >= 0, f"spares is {self.spares}", "0 or more")
        _expect(self.duration_us > 0, f"duration_ms is {self.duration_us / 1000:g}", "a time above 0")
        _expect(self.tick_us >= 1, f"tick_us is {self.tick_us}", "at least 1")
        _expect(0 <= self.disk_us[0] <= self.disk_us[1], f"disk_us is {self.disk_us}", "0 <= shortest <= longest")
        for name, terms in self.logs:
            _expect(name in self.names, f"logs names the server {name!r}", f"one of {', '.join(self.names)}")
            never_fall = list(terms) == sorted(terms) and min(terms, default=1) > 0
            _expect(never_fall, f"the log of {name} has the terms {terms}", "terms from 1 on that never fall")
        self.config.checked()
        self.clients.checked()
        check_faults(self.faults, nodes=self.names, duration_us=self.duration_us)
        for fault in self.faults:
            check_command(fault)
        return self

    def frozen(self) -> Frozen:
        """As plain values, for the trace."""
        return Frozen(
            size=self.size,
            duration_us=self.duration_us,
            faults=tuple(fault.format() for fault in self.faults),
            clients=Frozen(self.clients._asdict()),
            network=_frozen_network(self.network),
            config=Frozen(self.config._asdict()),
            rules_off=self.rules.off,
            tick_us=self.tick_us,
            disk_us=self.disk_us,
            spares=self.spares,
            logs=self.logs,
        )

    @classmethod
    def thaw(cls, frozen: Mapping[str, Any]) -> Parameters:
        """From the plain values of a trace, also of one that was loaded from a file."""
        return cls(
            size=frozen["size"],
            duration_us=frozen["duration_us"],
            faults=tuple(Fault.parse(line) for line in frozen["faults"]),
            clients=Clients(**frozen["clients"])._replace(keys=tuple(frozen["clients"]["keys"])),
            network=_thawed_network(frozen["network"]),
            config=Config(**frozen["config"]),
            rules=Rules(tuple(frozen["rules_off"])),
            tick_us=frozen["tick_us"],
            disk_us=(frozen["disk_us"][0], frozen["disk_us"][1]),
            spares=frozen["spares"],
            logs=tuple((name, tuple(terms)) for name, terms in frozen["logs"]),
        )


def gather(
    *,
    size: int,
    duration_ms: float,
    faults: Iterable[Fault | str],
    clients: int | Clients,
    logs: Mapping[str, Sequence[int]] | None,
    disk_ms: float | tuple[float, float],
    **rest: Any,
) -> Parameters:
    """From what people type to exact, checked parameters."""
    low_ms, high_ms = disk_ms if isinstance(disk_ms, tuple) else (disk_ms, disk_ms)
    return Parameters(
        size=_whole(size, "size"),
        duration_us=_exact_us(duration_ms, "duration_ms"),
        faults=tuple(Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults),
        clients=Clients(clients) if isinstance(clients, int) else clients,
        logs=tuple((name, tuple(terms)) for name, terms in (logs or {}).items()),
        disk_us=(_exact_us(low_ms, "disk_ms"), _exact_us(high_ms, "disk_ms")),
        **rest,
    ).checked()


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SimulationError(f"{name} is {value!r}, expected a whole number.")
    return value


def _exact_us(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SimulationError(f"{name} is {value!r}, expected a number of milliseconds.")
    return round(value * 1000)


def _expect(holds: bool, met: str, expected: str) -> None:  # noqa: FBT001  # reads as a sentence
    if not holds:
        raise SimulationError(f"{met}, expected {expected}.")


def _frozen_network(network: Network) -> Frozen:
    slow_links = tuple((sender, receiver, delay_ms) for (sender, receiver), delay_ms in sorted(network.slow_links.items()))
    return Frozen(
        delay_ms=network.delay_ms, loss=network.loss, duplication=network.duplication, reordering=network.reordering, slow_links=slow_links
    )


def _thawed_network(frozen: Mapping[str, Any]) -> Network:
    slow_links = {(sender, receiver): delay_ms for sender, receiver, delay_ms in frozen["slow_links"]}
    return Network(**{**frozen, "slow_links": slow_links})
