"""etcd in time: clusters of members that crash, lose each other and come back, with clients that write, watch and hold leases.

1. `simulate` runs a cluster and returns its `Trace`; `fork` re-lives a trace and changes its future
2. `parameters`, `member`, `world`, `watching`, `clients`, `habits`, `stream`, `actions` - what a run depends on, who lives in it, and
what can happen to them
3. `frames`, `telling` - what a trace remembers of it
4. `experiments` - what keep-alives cost
5. `story`, `wal_story` - one store, and one log, told line by line

Below the log everything is `k8sedu.raft.sim`. Same seed and parameters, same trace, on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from k8sedu.etcd.agreement import Agreement
from k8sedu.etcd.sim import actions
from k8sedu.etcd.sim.clients import Client, Clients, ClientsError
from k8sedu.etcd.sim.member import Member, Wal
from k8sedu.etcd.sim.parameters import Parameters, SimulationError, gather
from k8sedu.etcd.sim.settings import read_settings, write_settings
from k8sedu.etcd.sim.story import tell
from k8sedu.etcd.sim.wal_story import write_log
from k8sedu.etcd.sim.world import Cluster
from k8sedu.raft.checker import Checker
from k8sedu.raft.config import Config
from k8sedu.raft.messages import Snapshot
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.sim import collector_asleep
from k8sedu.raft.sim.world import AFTER_ALL
from k8sedu.sim.faults import Fault
from k8sedu.sim.network import Network, Wire
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.scenario import Scenario, read
from k8sedu.sim.seeds import stream
from k8sedu.trace import Step, Trace

__all__ = [
    "Clients", "ClientsError", "Parameters", "SimulationError", "fork", "rerun", "run_scenario", "scenario_of", "simulate", "tell",
    "write_log",
]  # fmt: skip


def simulate(
    *,
    size: int = 3,
    seed: int = 0,
    duration_ms: float = 10_000,
    faults: Iterable[Fault | str] = (),
    clients: int | Clients = 0,
    network: Network = Network(),
    config: Config = Config.etcd(),
    rules: Rules = ALL_RULES,
    tick_us: int = 100_000,
    disk_ms: float | tuple[float, float] = 0,
    release: str = "3.5.1",
    min_ttl_s: int = 2,
    snapshot_count: int = 0,
    catch_up_entries: int = 0,
    order: int = 64,
    page_records: int = 64,
    frames: bool = True,
    check: bool | None = None,
) -> Trace:
    """Run an etcd cluster and write down everything that happens.

    The members are called n1 to nN, clients c1 to cM. `faults` are those of `k8sedu.sim.faults`; a request is a line of
    `k8sedu.etcd.commands`, told to a client, to a member, or to whoever leads. After every step all invariants are checked, Raft's and
    etcd's, and a run that breaks one ends there with a step of kind `violation`; without `frames` only if `check` says so.

    >>> from k8sedu.sim.faults import request
    >>> trace = simulate(seed=7, duration_ms=4_000, faults=[request("put a 1", at_ms=3_000)])
    >>> [(step.actor, step.detail.term, step.detail.revision) for step in trace.where("put")]
    [('n1', 1, 2), ('n3', 1, 2), ('n2', 1, 2)]

    `clients` is a number of writers or a `Clients`; `disk_ms` how long a disk write takes (a number or a range); `config` counts in ticks
    of `tick_us`, and by default is what etcd runs: heartbeats every 100 ms, elections after 1 to 2 s. `snapshot_count` is after how many
    entries a member writes a snapshot, 0 for never; so many `catch_up_entries` before it stay in memory for slow followers (etcd: 5,000).
    What a trace holds is in `k8sedu.etcd.sim.frames`.

    Raises:
        SimulationError, FaultError, CommandError, ConfigError, ClientsError: parameters that no run can have.
    """
    parameters = gather(
        size=size, duration_ms=duration_ms, faults=faults, clients=clients, network=network, config=config, rules=rules, tick_us=tick_us,
        disk_ms=disk_ms, release=release, min_ttl_s=min_ttl_s, snapshot_count=snapshot_count, catch_up_entries=catch_up_entries,
        order=order, page_records=page_records,
    )  # fmt: skip
    return _run(parameters, seed=seed, frames=frames, check=check)


def fork(trace: Trace, step: Step | int, faults: Iterable[Fault | str] = (), *, duration_ms: float | None = None) -> Trace:
    """What if, from this step on, something else had happened? Everything up to the time of the step stays identical.

    Later faults of the old run are dropped: the future is new.

    >>> trace = simulate(seed=7, duration_ms=4_000)
    >>> other = fork(trace, trace.at_ms(3_000), ['at 3100 request "put a 1"'])
    >>> len(other.where("put")), trace.fork_point(other) > trace.at_ms(3_000).index
    (3, True)

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
    return _run(new, seed=trace.seed, frames=trace[0].frame is not None, check=None)


def rerun(trace: Trace, *, seed: int | None = None, **changes: Any) -> Trace:
    """The same run from the beginning, with some of its parameters changed, by their names in `Parameters`.

    >>> len(rerun(simulate(seed=7, duration_ms=100), size=5)[-1].frame.nodes)
    5

    Raises:
        SimulationError, FaultError: the parameters do not go together, such as a fault of a member that is gone.
    """
    parameters = Parameters.thaw(trace.parameters)._replace(**changes).checked()
    return _run(parameters, seed=trace.seed if seed is None else seed, frames=trace[0].frame is not None, check=None)


def run_scenario(scenario: Scenario | str | Path, *, frames: bool = True, check: bool | None = None) -> Trace:
    """Run a scenario, given as a value or as the name of its file.

    Raises:
        ScenarioError: a line that cannot be read; the sentence names file and line.
        SimulationError: settings that no run of etcd has.
    """
    parameters, seed = read_settings(scenario if isinstance(scenario, Scenario) else read(scenario))
    return _run(parameters, seed=seed, frames=frames, check=check)


def scenario_of(trace: Trace, *, name: str = "scenario") -> Scenario:
    """The scenario that a trace is the run of: what "copy scenario" in the laboratory gives.

    >>> print(scenario_of(simulate(seed=7, duration_ms=200)).format())
    system etcd
    size 3
    seed 7
    duration_ms 200
    <BLANKLINE>
    <BLANKLINE>
    """
    return write_settings(Parameters.thaw(trace.parameters), seed=trace.seed, name=name)


def _run(parameters: Parameters, *, seed: int, frames: bool, check: bool | None) -> Trace:
    recorder = Recorder("etcd", seed=seed, parameters=parameters.frozen(), frames=frames)
    members = {name: _member(name, number, parameters, seed) for number, name in enumerate(parameters.names, start=1)}
    checks = frames if check is None else check
    world = Cluster(
        members, agreement=Agreement() if checks else None, snapshot_count=parameters.snapshot_count, wire=Wire(parameters.network),
        seed=seed, recorder=recorder, checker=Checker([member.node for member in members.values()]) if checks else None,
    )  # fmt: skip
    for name, habit in parameters.clients.names.items():
        world.lucks[name] = stream(seed, "network", name)
        world.add_client(Client(name, world, parameters.clients, stream(seed, "client", name), habit=habit))
    for fault in parameters.faults:
        world.after(fault.at_us, lambda call: actions.do(world, call.value), fault, priority=AFTER_ALL)
    with collector_asleep():
        world.start()
        world.run(parameters.duration_us)
        if not world.is_over:
            world.record("end", "")
    world.clear()
    return recorder.trace()


def _member(name: str, number: int, parameters: Parameters, seed: int) -> Member:
    options = {option: getattr(parameters, option) for option in ("release", "order", "page_records", "min_ttl_s")}
    return Member(
        name, Wal(Snapshot(0, 0, parameters.names)), member_id=number, options=options, catch_up_entries=parameters.catch_up_entries,
        config=parameters.config, rules=parameters.rules, generator=stream(seed, "node", name), tick_us=parameters.tick_us,
        disk_us=parameters.disk_us,
    )  # fmt: skip
