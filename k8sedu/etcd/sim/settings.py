"""etcd's part of a scenario file: which settings there are, and how a run is written as one.

system etcd
size 3
seed 7
duration_ms 12000
clients.writers 2
clients.watchers 1

at 4000 crash n1
at 5000 request "put a 1" to c1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8sedu.etcd.sim.clients import Clients
from k8sedu.etcd.sim.parameters import Parameters, SimulationError, gather
from k8sedu.raft.config import Config
from k8sedu.raft.rules import Rules
from k8sedu.sim.network import Network
from k8sedu.sim.scenario import Scenario
from k8sedu.trace import Frozen

_PLAIN = ("size", "tick_us", "release", "min_ttl_s", "snapshot_count", "catch_up_entries", "order", "page_records")
_NETWORK = ("delay_ms", "loss", "duplication", "reordering")
SETTINGS = (*_PLAIN, "seed", "duration_ms", "disk_ms", *_NETWORK, *Config._fields, "without", "clients", "slow_links")
"""Every setting that an etcd scenario may have."""


def read_settings(scenario: Scenario) -> tuple[Parameters, int]:
    """The parameters and the seed that a scenario stands for.

    Raises:
        SimulationError: another system, or a setting that etcd does not have.
    """
    if scenario.system != "etcd":
        raise SimulationError(f"the scenario {scenario.name!r} is for the system {scenario.system!r}, expected 'etcd'.")
    given, usual = dict(scenario.parameters), Parameters()
    unknown = next((name for name in given if name not in SETTINGS), None)
    if unknown is not None:
        raise SimulationError(f"the scenario {scenario.name!r} sets {unknown!r}, expected one of {', '.join(SETTINGS)}.")
    clients, off = given.get("clients", 0), given.get("without", ())
    try:
        parameters = gather(
            duration_ms=given.get("duration_ms", usual.duration_us / 1000),
            faults=scenario.faults,
            clients=clients if isinstance(clients, int) else Clients(**_with_keys(clients)),
            disk_ms=given.get("disk_ms", 0),
            network=_network(given),
            config=usual.config._replace(**{name: given[name] for name in Config._fields if name in given}),
            rules=Rules((off,) if isinstance(off, str) else tuple(off)),
            **{name: given.get(name, getattr(usual, name)) for name in _PLAIN},
        )
    except TypeError as error:
        raise SimulationError(f"the scenario {scenario.name!r} has a setting of the wrong kind: {error}.") from None
    return parameters, int(given.get("seed", 0))


def write_settings(parameters: Parameters, *, seed: int, name: str = "scenario") -> Scenario:
    """The scenario that says these parameters and this seed; read back, it gives equal ones."""
    usual = Parameters()
    said: dict[str, Any] = {"size": parameters.size, "seed": seed, "duration_ms": _ms(parameters.duration_us)}
    said |= {key: getattr(parameters, key) for key in _PLAIN[1:] if getattr(parameters, key) != getattr(usual, key)}
    low_us, high_us = parameters.disk_us
    said |= {"disk_ms": (_ms(low_us), _ms(high_us))} if high_us else {}
    said |= {key: getattr(parameters.network, key) for key in _NETWORK if getattr(parameters.network, key) != getattr(usual.network, key)}
    said |= {key: value for key, value in parameters.config._asdict().items() if value != getattr(usual.config, key)}
    said |= {"without": parameters.rules.off} if parameters.rules.off else {}
    clients = {key: value for key, value in parameters.clients._asdict().items() if value != getattr(Clients(), key)}
    said |= {"clients": Frozen(clients)} if clients else {}
    slow_links = {f"{sender}-{receiver}": delay_ms for (sender, receiver), delay_ms in parameters.network.slow_links.items()}
    said |= {"slow_links": Frozen(slow_links)} if slow_links else {}
    return Scenario("etcd", Frozen(said), parameters.faults, name=name)


def _ms(time_us: int) -> float:
    """Milliseconds, written without a point where they are whole."""
    return time_us // 1000 if time_us % 1000 == 0 else time_us / 1000


def _network(given: Mapping[str, Any]) -> Network:
    slow_links = {}
    for link, delay_ms in given.get("slow_links", {}).items():
        sender, _, receiver = link.partition("-")
        slow_links[sender, receiver] = delay_ms
    return Network(**{name: given[name] for name in _NETWORK if name in given}, slow_links=slow_links)


def _with_keys(clients: Mapping[str, Any]) -> dict[str, Any]:
    keys = clients.get("keys", Clients().keys)
    return {**clients, "keys": (keys,) if isinstance(keys, str) else tuple(keys)}
