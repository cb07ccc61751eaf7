"""One Docker host in time: people start containers, ports get in each other's way, packets walk, things fall and come back.

Commands are typed one after the other; what goes wrong stands beside them as faults: a container's process crashes, or the whole host.
Nobody is there to do anything about it but Docker's own restart policy, and that ends at the edge of the host. A container that comes back
has the lowest address that is free then, which need not be the one it had.

Each hop of a packet is a step, and so is each hop of its answer, so that the picture can follow it.

Source: `k8sedu.docker.host` and `walk`; Docker's restart policies (a first wait of 100 ms, doubled each time up to a minute, and the count
begins anew after 10 s of running).
Left out: how long an image takes to come and a process to begin.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from k8sedu.docker.commands import PEERS, Command, crowd, read
from k8sedu.docker.sim.run import Run, Setting
from k8sedu.errors import K8sEduError
from k8sedu.sim.faults import Fault, request
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.scenario import Scenario
from k8sedu.sim.scenario import read as read_scenario
from k8sedu.sim.seeds import stream
from k8sedu.trace import Frozen, Trace

__all__ = ["DockerRunError", "run_scenario", "scenario_of", "simulate"]

AFTER_MS = 2_000
"""So long a run goes on after its last line, if it is not said."""


class DockerRunError(K8sEduError, ValueError):
    """A run that cannot be: a fault that this model does not have, or no time."""


def simulate(
    commands: Iterable[str] | None = None,
    *,
    containers: int | None = None,
    seed: int = 0,
    every_ms: int = 1_000,
    faults: Iterable[Fault | str] = (),
    duration_ms: int | None = None,
    address: str = "192.168.0.10",
    client: str = "192.168.0.7",
    subnet: str = "172.17.0.0/16",
    insist: bool = False,
    frames: bool = True,
) -> Trace:
    """Run one Docker host through commands.

    >>> trace = simulate(["docker run -d -p 8080:80 --name web nginx", "outside curl 192.168.0.10:8080"])
    >>> [step.kind for step in trace][:4], trace.where("delivered")[0].detail.container
    (['boot', 'run', 'packet', 'hop'], 'web')

    Args:
        commands: as `k8sedu.docker.commands` reads them; without them, the two peers of the course notes.
        containers: instead, so many people who each want a container at its usual ports.
        seed: which images these people want, which ports clients send from, and in which order containers return with their host.
        every_ms: the time from one command to the next.
        faults: `crash` of a container, of the `host`, `restart` of it; and `request "docker …"`, a command at a time of its own.
        duration_ms: without it, until two seconds after the last line.
        address: of the host.
        client: the address of somebody outside.
        subnet: of the bridge.
        insist: whoever is told that a port is taken tries another one, a thousand higher, until one is free.
        frames: whether each step keeps the state after it, which pictures need.

    Raises:
        CommandError, PortError, FaultError, DockerRunError: a line that cannot be read or cannot be done.
    """
    if commands is None:
        commands = PEERS if containers is None else crowd(stream(seed, "crowd").choice, containers=containers)
    if every_ms <= 0:
        raise DockerRunError(f"every_ms is {every_ms}, expected a time above 0")
    typed = tuple(request(line, at_ms=every_ms * number) for number, line in enumerate(commands, start=1))
    plan = (*typed, *(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults))
    return _simulate(plan, Setting(address, client, subnet, insist), seed=seed, duration_ms=duration_ms, frames=frames)


def run_scenario(scenario: Scenario | str | Path, *, frames: bool = True) -> Trace:
    """Run a scenario, given as a value or as the name of its file.

    Raises:
        ScenarioError, FaultError, DockerRunError: a line that cannot be read; a setting or a fault that no run of Docker has.
    """
    given = scenario if isinstance(scenario, Scenario) else read_scenario(scenario)
    settings = dict(given.parameters)
    seed, duration_ms = settings.pop("seed", 0), settings.pop("duration_ms", None)
    unknown = next((name for name in settings if name not in Setting._fields), None)
    if given.system != "docker" or unknown is not None:
        what = f"the setting {unknown!r}" if given.system == "docker" else f"the system {given.system!r}"
        raise DockerRunError(f"scenario {given.name!r} has {what}, expected docker with {', '.join(Setting._fields)}, seed, duration_ms")
    return _simulate(given.faults, Setting(**settings), seed=seed, duration_ms=duration_ms, frames=frames)


def scenario_of(trace: Trace, *, name: str = "scenario") -> Scenario:
    """The scenario that a trace is the run of: what "copy scenario" gives.

    >>> print(scenario_of(simulate(["docker run nginx"])).format().splitlines()[-1])
    at 1000 request "docker run nginx"
    """
    faults = tuple(Fault.parse(line) for line in trace.parameters.plan)
    settings = {field: trace.parameters[field] for field in (*Setting._fields, "duration_ms")}
    return Scenario("docker", Frozen({**settings, "seed": trace.seed}), faults, name)


def _simulate(plan: tuple[Fault, ...], setting: Setting, *, seed: int, duration_ms: int | None, frames: bool) -> Trace:
    ordered = tuple(sorted(plan, key=lambda fault: fault.at_us))
    orders = [_checked(fault) for fault in ordered]
    last_ms = -(-max((fault.at_us for fault in ordered), default=0) // 1_000)
    whole_ms = last_ms + AFTER_MS if duration_ms is None else duration_ms
    if whole_ms <= 0:
        raise DockerRunError(f"duration_ms is {duration_ms}, expected a time above 0")
    parameters = {**setting._asdict(), "duration_ms": whole_ms, "plan": tuple(fault.format() for fault in ordered)}
    run = Run(Recorder("docker", seed=seed, parameters=parameters, frames=frames), setting, seed)
    for fault, order in zip(ordered, orders, strict=True):
        run.env.process(run.happen(fault, order))
    run.env.run(until=whole_ms * 1_000)
    run.scribe.note(whole_ms * 1_000, "end", "host")
    return run.scribe.recorder.trace()


def _checked(fault: Fault) -> Command | None:
    """What a line of the plan means; None for a crash or restart."""
    if fault.kind == "request" and fault.arguments.get("node") is None:
        return read(fault.arguments.data)
    if fault.kind not in {"crash", "restart"}:
        raise DockerRunError(f"met {fault.format()!r}, expected 'crash' or 'restart' of a container or of 'host', or a 'request'")
    return None
