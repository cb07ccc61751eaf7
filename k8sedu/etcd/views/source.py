"""The scenario of a cluster's run as text, read off its trace, so that whoever has the picture can run it again.

A view must not import a simulation, and need not: a trace carries all its parameters as plain values. What a scenario leaves unsaid stands
in `USUAL`; a test compares that with the simulation's own, and runs the text again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from k8sedu.raft.config import Config
from k8sedu.trace import Trace

USUAL: Mapping[str, Any] = {
    "tick_us": 100_000, "release": "3.5.1", "min_ttl_s": 2, "snapshot_count": 0, "order": 64, "page_records": 64,
    "delay_ms": (0.5, 6.0), "loss": 0.0, "duplication": 0.0, "reordering": True, **Config.etcd()._asdict(),
    "clients.writers": 0, "clients.watchers": 0, "clients.keepers": 0, "clients.counters": 0, "clients.guests": 0,
    "clients.think_ms_min": 100, "clients.think_ms_max": 600, "clients.timeout_ms": 2_000, "clients.ping_ms": 1_000,
    "clients.reads_ratio": 0.25, "clients.deletes_ratio": 0.15, "clients.txns_ratio": 0.1, "clients.keys": ("a", "b", "c"),
    "clients.prefix": "", "clients.ttl_s": 3, "clients.keys_per_lease": 1, "clients.retries": False,
}  # fmt: skip
"""Settings that need not be said."""


def scenario_text(trace: Trace) -> str:
    """The scenario file of this run."""
    parameters = trace.parameters
    lines = [f"system {trace.system}", f"size {parameters['size']}", f"seed {trace.seed}"]
    lines.append(f"duration_ms {parameters['duration_us'] / 1000:.10g}")
    lines += [f"{name} {_value(value)}" for name, value in _said(parameters) if name not in USUAL or _plain(value) != _plain(USUAL[name])]
    return "\n".join([*lines, "", *parameters["faults"], ""])


def _said(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every setting of the run under its name in a scenario."""
    network = parameters["network"]
    yield from ((name, parameters[name]) for name in ("tick_us", "release", "min_ttl_s", "snapshot_count", "order", "page_records"))
    if any(parameters["disk_us"]):
        yield "disk_ms", tuple(part / 1000 for part in parameters["disk_us"])
    yield from ((name, network[name]) for name in ("delay_ms", "loss", "duplication", "reordering"))
    yield from parameters["config"].items()
    if parameters["rules"]:
        yield "without", tuple(parameters["rules"])
    yield from ((f"clients.{name}", value) for name, value in parameters["clients"].items())
    yield from ((f"slow_links.{sender}-{receiver}", delay_ms) for sender, receiver, delay_ms in network["slow_links"])


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def _value(value: Any) -> str:
    """A value as a scenario file writes it; 1.0 keeps its point, so that the run's digest stays the same."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) + ("," if len(value) == 1 else "")
    return str(value)
