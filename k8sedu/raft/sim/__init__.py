"""Raft in time: whole groups with networks, disks, clocks, clients and faults, recorded as traces.

1. `simulate` runs a group and returns its `Trace`; `fork` re-lives a trace and changes its future
2. `parameters`, `server`, `clients`, `world`, `actions` - what a run depends on, who lives in it, and what can happen to them
3. `experiments` - the measurements of the papers, done again
4. `replicas` - a few servers in somebody else's world: what a cluster manager puts under its state

Same seed and parameters, same trace, on every machine.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from k8sedu.raft.checker import Checker
from k8sedu.raft.config import Config
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import HardState
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.sim import actions
from k8sedu.raft.sim.clients import Client, Clients
from k8sedu.raft.sim.parameters import Parameters, SimulationError, gather
from k8sedu.raft.sim.server import Server
from k8sedu.raft.sim.settings import read_settings, write_settings
from k8sedu.raft.sim.world import AFTER_ALL, World
from k8sedu.raft.storage import Storage
from k8sedu.sim.faults import Fault
from k8sedu.sim.network import Network, Wire
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.scenario import Scenario, read
from k8sedu.sim.seeds import stream
from k8sedu.trace import Step, Trace

__all__ = ["Clients", "Parameters", "SimulationError", "fork", "rerun", "run_scenario", "scenario_of", "simulate"]


def simulate(
    *,
    size: int = 5,
    seed: int = 0,
    duration_ms: float = 3_000,
    faults: Iterable[Fault | str] = (),
    clients: int | Clients = 0,
    network: Network = Network(),
    config: Config = Config(),
    rules: Rules = ALL_RULES,
    tick_us: int = 1_000,
    disk_ms: float | tuple[float, float] = 0,
    spares: int = 0,
    logs: Mapping[str, Sequence[int]] | None = None,
    frames: bool = True,
    check: bool | None = None,
) -> Trace:
    """Run a Raft group and write down everything that happens.

    The servers are called n1 to nN, clients c1 to cM. `logs` gives servers a past: the terms of their log entries. `spares` are servers
    that run but are no members yet. Every invariant is checked after every step, and a run that breaks one ends there with a step of
    kind `violation`; without `frames` only if `check` says so.

    >>> from k8sedu.sim.faults import crash
    >>> trace = simulate(size=3, seed=7, duration_ms=1_000, faults=[crash("n1", at_ms=500)])
    >>> trace.where("become_leader")[0].detail.term
    1

    `clients` is a number or a `Clients`; `disk_ms` how long a disk write takes (a number or a range), before which nothing is sent;
    `tick_us` what a tick of `config` lasts: with 1,000 its timers are milliseconds. Without `frames` the trace keeps the steps but not the
    state after each, which is for counting in long runs.

    Raises:
        SimulationError, FaultError, ConfigError, ClientsError: parameters that no run can have.
    """
    parameters = gather(
        size=size, duration_ms=duration_ms, faults=faults, clients=clients, network=network, config=config, rules=rules,
        tick_us=tick_us, disk_ms=disk_ms, spares=spares, logs=logs,
    )  # fmt: skip
    return _run(parameters, seed=seed, frames=frames, check=check)


def fork(trace: Trace, step: Step | int, faults: Iterable[Fault | str] = (), *, duration_ms: float | None = None) -> Trace:
    """What if, from this step on, something else had happened? Everything up to the time of the step stays identical.

    Later faults of the old run are dropped: the future is new.

    >>> from k8sedu.sim.faults import crash
    >>> trace = simulate(size=3, seed=7, duration_ms=800)
    >>> other = fork(trace, trace.at_ms(500), [crash("n1", at_ms=600)])
    >>> trace.fork_point(other) > trace.at_ms(500).index
    True

    Raises:
        SimulationError: there is no such step, or an added fault lies before it.
    """
    if isinstance(step, int) and not -len(trace) <= step < len(trace):
        raise SimulationError(f"step {step} is not in the trace, expected 0 to {len(trace) - 1}.")
    at_us = (trace[step] if isinstance(step, int) else step).time_us
    added = tuple(Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults)
    early = next((fault for fault in added if fault.at_us < at_us), None)
    if early is not None:
        raise SimulationError(f"{early.format()!r} lies before the fork, expected a time from {at_us / 1000:g} ms on.")
    old = Parameters.thaw(trace.parameters)
    kept = tuple(fault for fault in old.faults if fault.at_us <= at_us)
    duration_us = old.duration_us if duration_ms is None else round(duration_ms * 1000)
    new = old._replace(faults=kept + added, duration_us=duration_us).checked()
    has_frames = trace[0].frame is not None
    return _run(new, seed=trace.seed, frames=has_frames, check=None)


def rerun(trace: Trace, *, seed: int | None = None, **changes: Any) -> Trace:
    """The same run from the beginning, with some of its parameters changed, by their names in `Parameters`.

    >>> rerun(simulate(size=3, seed=7, duration_ms=300), size=5)[-1].frame.nodes.n5.role
    'leader'

    Raises:
        SimulationError, FaultError: the parameters do not go together, such as a fault of a server that is gone.
    """
    parameters = Parameters.thaw(trace.parameters)._replace(**changes).checked()
    return _run(parameters, seed=trace.seed if seed is None else seed, frames=trace[0].frame is not None, check=None)


def run_scenario(scenario: Scenario | str | Path, *, frames: bool = True, check: bool | None = None) -> Trace:
    """Run a scenario, given as a value or as the name of its file.

    Raises:
        ScenarioError: a line that cannot be read; the sentence names file and line.
        SimulationError: settings that no Raft run has.
    """
    parameters, seed = read_settings(scenario if isinstance(scenario, Scenario) else read(scenario))
    return _run(parameters, seed=seed, frames=frames, check=check)


def scenario_of(trace: Trace, *, name: str = "scenario") -> Scenario:
    """The scenario that a trace is the run of: what "copy scenario" in the laboratory gives.

    >>> print(scenario_of(simulate(size=3, seed=7, duration_ms=200)).format())
    system raft
    size 3
    seed 7
    duration_ms 200
    <BLANKLINE>
    <BLANKLINE>
    """
    return write_settings(Parameters.thaw(trace.parameters), seed=trace.seed, name=name)


def _run(parameters: Parameters, *, seed: int, frames: bool, check: bool | None) -> Trace:
    recorder = Recorder("raft", seed=seed, parameters=parameters.frozen(), frames=frames)
    names = parameters.names
    servers = {name: _server(name, parameters, seed) for name in names}
    checker = Checker([server.node for server in servers.values()]) if (frames if check is None else check) else None
    world = World(servers, wire=Wire(parameters.network), seed=seed, recorder=recorder, checker=checker)
    for number in range(1, parameters.clients.count + 1):
        name = f"c{number}"
        world.clients[name] = Client(name, world, parameters.clients, stream(seed, "client", name))
        world.lucks[name] = stream(seed, "network", name)
    for fault in parameters.faults:
        world.after(fault.at_us, lambda call: actions.do(world, call.value), fault, priority=AFTER_ALL)
    with collector_asleep():
        world.start()
        world.run(parameters.duration_us)
        if not world.is_over:
            world.record("end", "")
    world.clear()
    return recorder.trace()


@contextmanager
def collector_asleep() -> Iterator[None]:
    """Switch the garbage collector off for a while: a run makes many values and no cycles, and scanning them all costs half the time."""
    was_awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_awake:
            gc.freeze()  # what was made goes straight to the oldest generation,
            gc.unfreeze()  # or waking up would begin with a scan of it all
            gc.enable()


def _server(name: str, parameters: Parameters, seed: int) -> Server:
    storage = Storage(Snapshot(0, 0, parameters.voters))
    terms = dict(parameters.logs).get(name, ())
    storage.entries = [Entry(term, index) for index, term in enumerate(terms, start=1)]
    storage.hard_state = HardState(term=terms[-1] if terms else 0)
    generator = stream(seed, "node", name)
    return Server(
        name, storage, config=parameters.config, rules=parameters.rules, generator=generator, tick_us=parameters.tick_us,
        disk_us=parameters.disk_us
    )
