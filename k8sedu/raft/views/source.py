"""The scenario of a run as text, read off its trace, so that whoever has the picture can run it again.

A view must not import a simulation, and need not: a trace carries all its parameters as plain values, and the form of a scenario file is
lines of a name and a value. A test runs the text again and expects the same digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8sedu.raft.config import Config
from k8sedu.trace import Frozen, Trace

_NETWORK = {"delay_ms": (0.5, 6.0), "loss": 0.0, "duplication": 0.0, "reordering": True}
"""What a scenario file leaves unsaid about the network."""


def scenario_text(trace: Trace) -> str:
    """The scenario file of this run.

    >>> parameters = Frozen(size=3, duration_us=900_000, faults=("at 500 crash n1",))
    >>> print(scenario_text(Trace("raft", 7, parameters, ())))
    system raft
    size 3
    seed 7
    duration_ms 900
    <BLANKLINE>
    at 500 crash n1
    <BLANKLINE>
    """
    parameters = trace.parameters
    if "schedule" in parameters:
        return "\n".join(parameters["schedule"])  # a counterexample: its plan is a list of moves, not of times
    lines = [f"system {trace.system}", f"size {parameters.get('size', 0)}", f"seed {trace.seed}"]
    lines.append(f"duration_ms {_value(parameters.get('duration_us', trace.duration_us) / 1000)}")
    lines += [f"{name} {_value(value)}" for name, value in _settings(parameters)]
    return "\n".join([*lines, "", *parameters.get("faults", ()), ""])


def _settings(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What differs from the usual."""
    clients = parameters.get("clients", {})
    if clients.get("count", 0):
        yield from ((f"clients.{name}", value) for name, value in clients.items())
    if parameters.get("spares"):
        yield "spares", parameters["spares"]
    usual = {**_NETWORK, **Config()._asdict()}
    said = {**parameters.get("network", {}), **parameters.get("config", {})}
    for name, value in said.items():
        if name in usual and _plain(value) != _plain(usual[name]):
            yield name, value
    if parameters.get("tick_us", 1_000) != 1_000:
        yield "tick_us", parameters["tick_us"]
    disk_us = tuple(parameters.get("disk_us", (0, 0)))
    if any(disk_us):
        yield "disk_ms", tuple(part / 1000 for part in disk_us)
    if parameters.get("rules_off"):
        yield "without", tuple(parameters["rules_off"])
    yield from ((f"logs.{name}", tuple(terms)) for name, terms in parameters.get("logs", ()))


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def _value(value: Any) -> str:
    """A value as a scenario file writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) + ("," if len(value) == 1 else "")
    return f"{value:g}" if isinstance(value, float) and value == round(value, 4) else str(value)


def heartbeat_us(trace: Trace) -> int:
    """How often a leader speaks up in this run; 0 if the trace does not say."""
    config = trace.parameters.get("config", Frozen())
    return int(config.get("heartbeat_ticks", 0) * trace.parameters.get("tick_us", 0))
