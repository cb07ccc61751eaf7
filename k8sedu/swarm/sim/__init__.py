"""Swarm in time: one workload under classic Swarm or under swarm mode, and services that are updated while managers and nodes fail.

1. `simulate`: a workload, as every manager of this course takes it
2. `classic`: a manager without a memory of its own, and users who try again
3. `orders`, `simulate_services`: what a person tells swarm mode: update, roll back, scale, drain
4. `services`, `agents`, `ledger`: the managers on our Raft, the nodes, and how it is written down

Source: docker-archive/classicswarm and moby/swarmkit; each file names its part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.service import Restart, Service, Spec
from k8sedu.swarm.sim import classic, services
from k8sedu.swarm.sim.orders import Order, create, drain, rollback, scale, update
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.arrivals import Mix, make
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import parameters_of

__all__ = ["Order", "SwarmError", "create", "drain", "fleet", "rollback", "scale", "simulate", "simulate_services", "update"]


def simulate(
    workload: Workload | None = None,
    *,
    seed: int = 0,
    duration_ms: int = 30_000,
    faults: Iterable[Fault | str] = (),
    mode: str = "classic",
    strategy: str = "spread",
    reschedule: str = "",
    frames: bool = True,
    **settings: Any,
) -> Trace:
    """Run a workload under Swarm.

    >>> trace = simulate(seed=5, duration_ms=10_000, strategy="binpack")
    >>> trace.system, len(trace.where("place")) > 10
    ('swarm', True)

    Args:
        workload: machines and jobs; None makes some from the seed.
        seed: of everything that is drawn at random.
        duration_ms: how long the run is.
        faults: crashes and restarts, of machines by name, of `manager` (classic), of `manager-1`, `manager-2`, … (swarm mode).
        mode: "classic", or "swarm" for swarm mode, where each job becomes a service.
        strategy: "spread", "binpack" or "random"; swarm mode always spreads.
        reschedule: "" as is the default of classic Swarm, or "on-node-failure".
        frames: keep the state after each step, for pictures.
        settings: as `classic.SETTINGS` and `services.SETTINGS` list them.

    Raises:
        SwarmError, FaultError: see the classes.
    """
    if workload is None:
        workload = make(stream(seed, "workload"), Mix(machines=6, jobs=18, users=3))
    if mode not in {"classic", "swarm"}:
        raise SwarmError(f"the mode {mode!r} is not known, expected 'classic' or 'swarm'")
    planned = _faults(faults)
    common = {"duration_ms": duration_ms, "mode": mode, "faults": tuple(fault.format() for fault in planned)}
    if mode == "classic":
        chosen = classic.settings(strategy=strategy, reschedule=reschedule, **settings)
        recorder = Recorder("swarm", seed=seed, parameters=parameters_of(workload, **common, **chosen), frames=frames)
        return classic.run(workload, recorder, chosen, planned, duration_ms)
    chosen = services.settings(**settings)
    recorder = Recorder("swarm", seed=seed, parameters=parameters_of(workload, **common, **chosen), frames=frames)
    orders = [Order(job.arrival_ms, "create", job.name, service=_service(job)) for job in workload.jobs]
    jobs = {job.name: job for job in workload.jobs}
    return services.run(services.World(workload.machines, jobs, recorder, chosen), orders, planned, duration_ms=duration_ms)


def simulate_services(
    wished: Iterable[Service] = (),
    *,
    nodes: int | Iterable[Machine] = 4,
    orders: Iterable[Order] = (),
    seed: int = 0,
    duration_ms: int = 60_000,
    faults: Iterable[Fault | str] = (),
    frames: bool = True,
    **settings: Any,
) -> Trace:
    """Run services in swarm mode, and tell the managers things while they run.

    >>> web = Service("web", Spec("web:1", cpu_millicores=500), replicas=3)
    >>> trace = simulate_services([web], orders=[update("web", image="web:2", at_ms=20_000)])
    >>> [step.detail.status for step in trace.where("update_status")]
    ['updating', 'completed']

    Args:
        wished: the services that are there from the beginning (asked for at one second).
        nodes: how many, or the machines themselves.
        seed: of everything that is drawn at random.
        duration_ms: how long the run is.
        faults: crashes and restarts of nodes (`n1`, …) and managers (`manager-1`, …).
        frames: keep the state after each step, for pictures.
        orders: made with `update`, `rollback`, `scale`, `drain` and `create`.
        settings: as `services.SETTINGS` lists them.

    Raises:
        SwarmError, FaultError: see the classes.
    """
    machines = fleet(nodes) if isinstance(nodes, int) else tuple(nodes)
    plan = sorted([*(create(service, at_ms=1_000) for service in wished), *orders], key=lambda order: order.at_ms)
    planned, chosen = _faults(faults), services.settings(**{"tells_states": True, **settings})
    jobs = services.jobs_of(plan, machines)
    more = {"duration_ms": duration_ms, "mode": "swarm", "faults": tuple(fault.format() for fault in planned)}
    told = tuple(order.text for order in plan)
    workload = Workload(machines, tuple(jobs.values()))
    recorder = Recorder("swarm", seed=seed, parameters=parameters_of(workload, **more, **chosen, orders=told), frames=frames)
    return services.run(services.World(machines, jobs, recorder, chosen), plan, planned, duration_ms=duration_ms)


def fleet(count: int, *, cpu: str = "4", memory: str = "8Gi", zones: int = 2) -> tuple[Machine, ...]:
    """Equal nodes n1, n2, … in so many zones.

    >>> [machine.attributes.zone for machine in fleet(3)]
    ['a', 'b', 'a']
    """
    zone = [chr(ord("a") + number % zones) for number in range(count)]
    return tuple(Machine(f"n{number + 1}", Resources.of(cpu=cpu, memory=memory), Frozen(zone=zone[number])) for number in range(count))


def _faults(faults: Iterable[Fault | str]) -> tuple[Fault, ...]:
    return tuple(fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults)


def _service(job: Job) -> Service:
    """A job as a service: what ends is not started again."""
    spec = Spec(
        job.name, job.request.cpu_millicores, job.request.memory_bytes,
        constraints=tuple(f"node.labels.{key}=={value}" for key, value in job.constraints.items()), runs_ms=job.duration_ms,
    )  # fmt: skip
    restart = Restart() if job.duration_ms is None else Restart(condition="on-failure")
    return Service(job.name, spec, replicas=job.tasks, restart=restart)
