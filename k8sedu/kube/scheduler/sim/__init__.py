"""Kubernetes' scheduler in simulated time: pods arrive, wait, are placed, preempted, evicted; nodes fail, are tainted, and come back.

Read in this order:

1. `simulate`: a workload, or real objects, under the scheduler
2. `settings`, `orders`: what a run depends on, and what people do to the cluster
3. `cast`, `roles`: who takes part, and which pod does which task
4. `desk`, `eviction`: the scheduler, when it thinks, assumes, binds and preempts
5. `kubelets`, `controllers`: what really runs; who makes new pods, and who notices that a node is silent
6. `world`, `books`, `upheaval`, `picture`: all of it together, what is written down, and the frames
7. `scenarios`: a node or a pod as a line of a file; the folder `scenarios` beside this one has some
8. `experiments`: how large may a cluster be?

Source: kubernetes 1.35, pkg/scheduler; pkg/controller.
Left out: other controllers than those that a schedule needs, and the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler.sim.cast import of_objects, of_workload
from k8sedu.kube.scheduler.sim.experiments import throughput
from k8sedu.kube.scheduler.sim.orders import OrderError
from k8sedu.kube.scheduler.sim.scenarios import given_by
from k8sedu.kube.scheduler.sim.settings import Arrival, RunError, Settings, planned
from k8sedu.kube.scheduler.sim.world import World
from k8sedu.raft.sim import collector_asleep
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.scenario import Scenario
from k8sedu.sim.scenario import read as read_scenario
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload.arrivals import Mix, make
from k8sedu.workload.jobs import Workload
from k8sedu.workload.sim import parameters_of

__all__ = ["OrderError", "RunError", "Settings", "run_scenario", "simulate", "throughput"]


def simulate(
    workload: Workload | None = None,
    *,
    objects: Iterable[ApiObject] = (),
    arrivals: Iterable[Arrival] = (),
    changes: Iterable[str] = (),
    seed: int = 0,
    duration_ms: int = 30_000,
    faults: Iterable[Fault | str] = (),
    frames: bool = True,
    **settings: Any,
) -> Trace:
    """Run a workload, or real objects, under Kubernetes' scheduler.

    >>> trace = simulate(seed=5, duration_ms=10_000)
    >>> trace.system, len(trace.where("place")) > 10
    ('kube.scheduler', True)

    Instead of a workload, `objects` may be given: nodes, pods (those with a `nodeName` run already), Services, disruption budgets,
    Deployments; and `arrivals`: (milliseconds, object) of what is created later. `changes` are orders such as "at 9000 taint n1
    gpu=yes:NoSchedule" (see `orders`), `faults` lines such as "at 9000 crash n2" (a node fails), "at 9000 pause n2" (it cannot be reached,
    and its pods go on), with "restart" and "resume"; "crash" and "restart" also of the `scheduler` and of the `apiserver`. `settings` are
    those of `Settings`, by name: `release`, `profile`, `strategy`, backoffs, how long thinking, binding, starting and ending take, how long
    a node may be silent, how long pods stay on one that is. Without `frames` the trace keeps the steps and not the state after each.

    Raises:
        RunError, OrderError, FaultError: see the classes.
    """
    unknown = next((name for name in settings if name not in Settings._fields), None)
    if unknown is not None:
        raise RunError(f"met the setting {unknown!r}, expected one of {', '.join(Settings._fields)}")
    broken, orders = planned(faults, changes)
    chosen = Settings(duration_ms=duration_ms, faults=broken, changes=orders, **settings)
    given, later = list(objects), list(arrivals)
    if workload is not None and (given or later):
        raise RunError("met a workload and objects, expected one of the two")
    if given or later:
        cast = of_objects(given, later)
    else:
        cast = of_workload(workload or make(stream(seed, "workload"), Mix(machines=6, jobs=18, users=3)), chosen)
    chosen.checked(machine.name for machine in cast.workload.machines)
    recorder = Recorder("kube.scheduler", seed=seed, parameters=parameters_of(cast.workload, **chosen.plain()), frames=frames)
    with collector_asleep():
        World(cast, chosen, recorder, seed=seed).run()
    return recorder.trace()


def run_scenario(scenario: Scenario | str | Path, *, frames: bool = True) -> Trace:
    """Run a scenario, given as a value or as the name of its file.

    Raises:
        ScenarioError, RunError, FaultError: a line that cannot be read; something that no run of the scheduler has.
    """
    found = scenario if isinstance(scenario, Scenario) else read_scenario(scenario)
    given = given_by(found)
    return simulate(seed=given.seed, faults=found.faults, frames=frames, **given.settings)
