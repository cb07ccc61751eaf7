"""Raft's part of a scenario file: which settings there are, and how a run is written as one.

A file says only what differs from the defaults, so that it stays short enough for a slide; read back, it gives the same run, step for step.

    system raft
    size 3
    seed 7
    without election_restriction,
    clients.count 2
    logs.n1 1, 1, 2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8sedu.raft.config import Config
from k8sedu.raft.rules import Rules
from k8sedu.raft.sim.clients import Clients
from k8sedu.raft.sim.parameters import Parameters, SimulationError, gather
from k8sedu.sim.network import Network
from k8sedu.sim.scenario import Scenario
from k8sedu.trace import Frozen

_PLAIN = ("size", "seed", "duration_ms", "spares", "tick_us", "disk_ms")
_NETWORK = ("delay_ms", "loss", "duplication", "reordering")
SETTINGS = (*_PLAIN, *_NETWORK, *Config._fields, "without", "clients", "logs", "slow_links")
"""Every setting that a Raft scenario may have."""


def read_settings(scenario: Scenario) -> tuple[Parameters, int]:
    """The parameters and the seed that a scenario stands for.

    Raises:
        SimulationError: another system, or a setting that Raft does not have.
    """
    if scenario.system != "raft":
        raise SimulationError(f"the scenario {scenario.name!r} is for the system {scenario.system!r}, expected 'raft'.")
    given = dict(scenario.parameters)
    unknown = next((name for name in given if name not in SETTINGS), None)
    if unknown is not None:
        raise SimulationError(f"the scenario {scenario.name!r} sets {unknown!r}, expected one of {', '.join(SETTINGS)}.")
    clients, off = given.get("clients", 0), given.get("without", ())
    try:
        parameters = gather(
            size=given.get("size", 5),
            duration_ms=given.get("duration_ms", 3_000),
            faults=scenario.faults,
            clients=clients if isinstance(clients, int) else Clients(**_as_tuples(clients)),
            logs={name: _terms(terms) for name, terms in given.get("logs", {}).items()},
            disk_ms=given.get("disk_ms", 0),
            network=_network(given),
            config=Config(**{name: given[name] for name in Config._fields if name in given}),
            rules=Rules((off,) if isinstance(off, str) else tuple(off)),
            tick_us=given.get("tick_us", 1_000),
            spares=given.get("spares", 0),
        )
    except TypeError as error:
        raise SimulationError(f"the scenario {scenario.name!r} has a setting of the wrong kind: {error}.") from None
    return parameters, int(given.get("seed", 0))


def write_settings(parameters: Parameters, *, seed: int, name: str = "scenario") -> Scenario:
    """The scenario that says these parameters and this seed; read back, it gives equal ones."""
    said: dict[str, Any] = {"size": parameters.size, "seed": seed, "duration_ms": _ms(parameters.duration_us)}
    low_us, high_us = parameters.disk_us
    said |= {"spares": parameters.spares} if parameters.spares else {}
    said |= {"tick_us": parameters.tick_us} if parameters.tick_us != Parameters().tick_us else {}
    said |= {"disk_ms": (_ms(low_us), _ms(high_us))} if high_us else {}
    network, usual = parameters.network, Network()
    said |= {key: getattr(network, key) for key in _NETWORK if getattr(network, key) != getattr(usual, key)}
    said |= {key: value for key, value in parameters.config._asdict().items() if value != getattr(Config(), key)}
    said |= {"without": parameters.rules.off} if parameters.rules.off else {}
    said |= {"clients": Frozen(parameters.clients._asdict())} if parameters.clients.count else {}
    said |= {"logs": Frozen(parameters.logs)} if parameters.logs else {}
    slow_links = {f"{sender}-{receiver}": delay_ms for (sender, receiver), delay_ms in network.slow_links.items()}
    said |= {"slow_links": Frozen(slow_links)} if slow_links else {}
    return Scenario("raft", Frozen(said), parameters.faults, name=name)


def _ms(time_us: int) -> float:
    """Milliseconds, written without a point where they are whole."""
    return time_us // 1000 if time_us % 1000 == 0 else time_us / 1000


def _network(given: Mapping[str, Any]) -> Network:
    slow_links = {}
    for link, delay_ms in given.get("slow_links", {}).items():
        sender, _, receiver = link.partition("-")
        slow_links[sender, receiver] = delay_ms
    return Network(**{name: given[name] for name in _NETWORK if name in given}, slow_links=slow_links)


def _terms(terms: int | tuple[int, ...]) -> tuple[int, ...]:
    return (terms,) if isinstance(terms, int) else tuple(terms)


def _as_tuples(clients: Mapping[str, Any]) -> dict[str, Any]:
    keys = clients.get("keys", ("x",))
    return {**clients, "keys": (keys,) if isinstance(keys, str) else tuple(keys)}
