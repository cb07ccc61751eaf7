"""A Service in time: pods die and return, the news travels to every node, and clients ask all the while.

Read in this order:

1. `plan`, `settings`, `cluster`: what happens, under which conditions, and in which small cluster
2. `world`, `picture`: the run, and what is written down of it
3. `measures`: how long packets flew into nothing, and what became of the requests
4. `scaling`, `published`: what modes cost as a cluster grows, counted here, and measured by others

Left out: what is between the nodes. A packet that a node sends arrives at once, if somebody is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from k8sedu.kube.proxy.node import ModeName
from k8sedu.kube.proxy.sim.measures import StaleWindow, Summary, stale_windows, summary
from k8sedu.kube.proxy.sim.plan import Happening, PlanError, read_plan
from k8sedu.kube.proxy.sim.published import PUBLISHED, Published, published_seconds
from k8sedu.kube.proxy.sim.scaling import Cost, scaling
from k8sedu.kube.proxy.sim.scenario import scenario_of, told
from k8sedu.kube.proxy.sim.settings import ProxyRunError, RunSettings
from k8sedu.kube.proxy.sim.world import World
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.scenario import Scenario
from k8sedu.trace import Trace

__all__ = [
    "PUBLISHED", "Cost", "Happening", "PlanError", "ProxyRunError", "Published", "RunSettings", "StaleWindow", "Summary", "compare_modes",
    "published_seconds", "read_plan", "run_scenario", "scaling", "scenario_of", "simulate", "stale_windows", "summary",
]  # fmt: skip

USUAL = ("at 1000 kill web-1",)
MODES_IN_ORDER: tuple[ModeName, ...] = ("userspace", "iptables", "ipvs", "nftables")
"""As they came, one after the other."""


def simulate(
    plan: Iterable[str] = USUAL,
    *,
    mode: ModeName = "iptables",
    nodes: int = 3,
    pods: int = 3,
    seed: int = 0,
    duration_ms: int = 6_000,
    requests_per_s: int = 10,
    keep_open: int = 1,
    protocol: str = "TCP",
    affinity_seconds: int = 0,
    internal_policy: str = "Cluster",
    scheduler: str = "rr",
    endpoints_delay_ms: tuple[int, int] = (50, 150),
    watch_delay_ms: tuple[int, int] = (10, 60),
    min_sync_ms: int = 1_000,
    services: int = 10,
    grace_ms: int = 2_000,
    start_ms: int = 1_500,
    frames: bool = True,
) -> Trace:
    """Run a small cluster with one Service through a plan.

    >>> trace = simulate(["at 1000 kill web-1"], duration_ms=3_000, requests_per_s=20)
    >>> [step.kind for step in trace if step.kind in {"kill", "endpoints_changed"}]
    ['kill', 'endpoints_changed']
    >>> summary(trace).lost > 0
    True

    Args:
        plan: what happens to pods, as `sim.plan` reads it.
        mode: of kube-proxy, on every node.
        nodes: each has one client pod on it, `client-1` on `node-1` and so on.
        pods: `web-1` … on the nodes in turn.
        seed: of every delay and every draw.
        duration_ms: how long the run lasts.
        requests_per_s: new connections of each client.
        keep_open: further connections of each client, which it keeps open and speaks on.
        protocol: TCP or UDP.
        affinity_seconds: session affinity by client; 0 for none.
        internal_policy: Cluster or Local.
        scheduler: of IPVS mode.
        endpoints_delay_ms: from a pod's change until the controller has written it down; drawn evenly.
        watch_delay_ms: from there until a node has heard of it; drawn evenly for each node.
        min_sync_ms: the least time between two syncs of a node, of which two may be saved up.
        services: how many Services the cluster has altogether; it decides how long a sync takes, by what was published.
        grace_ms: how long a deleted pod still serves.
        start_ms: how long a new pod takes until it is ready.
        frames: whether each step keeps the state after it, which pictures need.

    Raises:
        PlanError, ProxyRunError: a line or a setting that cannot be.
    """
    settings = RunSettings(
        mode, nodes, pods, duration_ms, requests_per_s, keep_open, protocol, affinity_seconds, internal_policy, scheduler,
        endpoints_delay_ms, watch_delay_ms, min_sync_ms, services, grace_ms, start_ms,
    )  # fmt: skip
    settings.check()
    happenings = read_plan(plan)
    late = next((found for found in happenings if found.at_us >= 1_000 * duration_ms), None)
    if late is not None:
        raise ProxyRunError(f"{str(late)!r} is after the run's end at {duration_ms} ms, expected an earlier time or a longer duration_ms")
    parameters = {**settings._asdict(), "plan": tuple(map(str, happenings))}
    world = World(Recorder("kube.proxy", seed=seed, parameters=parameters, frames=frames), settings, seed)
    world.begin()
    for happening in happenings:
        world.env.process(world.happen(happening))
    world.env.run(until=1_000 * duration_ms)
    world.picture.note("end", "cluster")
    return world.picture.recorder.trace()


def run_scenario(scenario: Scenario | str | Path, *, frames: bool = True) -> Trace:
    """Run a scenario, given as a value or as the name of its file.

    Raises:
        ScenarioError, PlanError, ProxyRunError: a line that cannot be read; a setting or a fault that no run has.
    """
    lines, settings = told(scenario)
    return simulate(lines, frames=frames, **settings)  # type: ignore[arg-type]  # their names are checked, and simulate checks them


def compare_modes(
    plan: Iterable[str] = USUAL, *, modes: Iterable[ModeName] = MODES_IN_ORDER, seed: int = 0, **settings: object
) -> dict[str, Trace]:
    """The same plan with the same seed in several modes; mode → trace. Further arguments are those of `simulate`."""
    lines = tuple(plan)
    return {mode: simulate(lines, mode=mode, seed=seed, **settings) for mode in modes}  # type: ignore[arg-type]  # passed on as they are
