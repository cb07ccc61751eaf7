"""What a run shows in numbers: for how long nodes sent packets into nothing, and what became of the requests."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from k8sedu.kube.proxy.sim.cluster import TARGET
from k8sedu.trace import Step, Trace


class StaleWindow(NamedTuple):
    """A dead endpoint, and a node that still knew it."""

    node: str
    endpoint: str
    dead_ms: float
    forgotten_ms: float | None
    """When the node's rules forgot it; None if the run ended before."""
    lost: int
    """New connections that the node sent there meanwhile."""

    @property
    def lasted_ms(self) -> float | None:
        """How long the node's rules were wrong; 0 where they had forgotten it before it died."""
        return None if self.forgotten_ms is None else max(0.0, self.forgotten_ms - self.dead_ms)


class Summary(NamedTuple):
    """One run in one line."""

    mode: str
    answered: int
    lost: int
    rejected: int
    dropped: int
    refused: int
    retried: int
    """Answered at the second try or later; only userspace mode tries again."""
    broken: int
    """Connections that were kept open and ended without the client's wish."""
    stale_ms_max: float
    stale_ms_mean: float
    syncs: int


def stale_windows(trace: Trace) -> tuple[StaleWindow, ...]:
    """For every pod that died, and every node: from its death until the node's rules had forgotten it.

    One row per dead pod and node, in the order of deaths.
    """
    nodes = dict.fromkeys(step.actor for step in trace if step.kind == "synced")
    deaths = [step for step in trace if step.kind in {"kill", "gone"}]
    return tuple(_window(trace, node, death) for death in deaths for node in nodes)


def _window(trace: Trace, node: str, death: Step) -> StaleWindow:
    endpoint = f"{death.detail.ip}:{TARGET}"
    forgotten_us = _forgotten_us(trace, node, endpoint, death.time_us)
    lost = sum(
        step.kind == "request" and step.detail.node == node and step.detail.endpoint == endpoint and step.detail.outcome == "lost"
        for step in trace
    )  # fmt: skip
    return StaleWindow(node, endpoint, death.time_us / 1_000, None if forgotten_us is None else forgotten_us / 1_000, lost)


def _forgotten_us(trace: Trace, node: str, endpoint: str, dead_us: int) -> int | None:
    """When the node's rules had forgotten an endpoint for good."""
    found: int | None = None
    for step in trace:
        if step.kind == "synced" and step.actor == node:
            if endpoint in step.detail.known:
                found = None
            elif found is None:
                found = step.time_us
    return found if found is None or found >= dead_us else dead_us


def summary(trace: Trace) -> Summary:
    """One run in one line."""
    requests = [step.detail for step in trace if step.kind == "request"]
    outcomes = Counter(detail.outcome for detail in requests)
    lasted = [window.lasted_ms for window in stale_windows(trace) if window.lasted_ms is not None]
    return Summary(
        trace.parameters.mode, answered=outcomes["answered"], lost=outcomes["lost"], rejected=outcomes["rejected"],
        dropped=outcomes["dropped"], refused=outcomes["refused"],
        retried=sum(detail.tries > 1 and detail.outcome == "answered" for detail in requests),
        broken=sum(step.kind == "connection_broken" for step in trace), stale_ms_max=max(lasted, default=0.0),
        stale_ms_mean=sum(lasted) / len(lasted) if lasted else 0.0, syncs=sum(step.kind == "synced" for step in trace),
    )  # fmt: skip
