"""Borg in simulated time: five replicas, link shards, borglets, and a scheduler beside them.

Read in this order:

1. `simulate`: a workload under Borg, with failures of masters and machines
2. `settings`: what a run depends on
3. `machines`, `polls`: what really runs, and how the master hears of it
4. `masters`, `scheduling`: who leads and what is agreed on, and who decides where tasks run
5. `estimates`, `world`, `picture`: what is lent; all of it together; and its frames
6. `failover`, `plans`: how long a cell is without a master, and runs that follow from wishes

What is agreed on, and nothing else, takes effect: a placement that the scheduler wishes becomes a line of the log, and when a majority of
the five replicas has it, an order to a borglet.

Source: Verma et al., EuroSys 2015, sections 3 and 4.
Left out: the installation of packages, names and health checks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8sedu.borg.sim.settings import BorgRunError, Settings, planned
from k8sedu.borg.sim.world import World
from k8sedu.raft.sim import collector_asleep
from k8sedu.sim.faults import Fault
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload.arrivals import Mix, make
from k8sedu.workload.jobs import Workload
from k8sedu.workload.sim import parameters_of

__all__ = ["BorgRunError", "Settings", "simulate"]


def simulate(
    workload: Workload | None = None,
    *,
    seed: int = 0,
    duration_ms: int = 30_000,
    faults: Iterable[Fault | str] = (),
    frames: bool = True,
    **settings: Any,
) -> Trace:
    """Run a workload under Borg.

    >>> trace = simulate(seed=5, duration_ms=10_000)
    >>> trace.system, trace.where("master_ready")[0].actor, len(trace.where("place")) > 10
    ('borg', 'b1', True)

    `faults` are lines such as "at 9000 crash m2" (a machine fails), "at 9000 pause m2" (it cannot be reached, and its tasks go on), with
    "restart" and "resume"; "crash" and "restart" also of a replica (b1 to b5), of `master` (whoever leads), of all `masters`, and of the
    `scheduler`; "partition b1 | b2 b3 b4 b5" and "heal". `settings` are those of `Settings`, by name: how tasks are scored (`scorer`), in
    which order they are looked at (`order`: "round robin", "fifo", "blocking"), `preemption`, `reclamation`, `quota`, `switches`; how often
    is polled (`poll_every_ms`, `missed_max`, `drain_every_ms`), how fast the scheduler works (`think_ms`, `fetch_every_ms`). `extras` give
    jobs what only Borg knows: `{"web": {"ports": 2}}`. Without `frames` the trace keeps the steps and not the state after each.

    Raises:
        BorgRunError, FaultError: see the classes.
    """
    if workload is None:
        workload = make(stream(seed, "workload"), Mix(machines=6, jobs=18, users=3))
    unknown = next((name for name in settings if name not in Settings._fields), None)
    if unknown is not None:
        raise BorgRunError(f"met the setting {unknown!r}, expected one of {', '.join(Settings._fields)}")
    chosen = Settings(duration_ms=duration_ms, faults=planned(faults), **settings).checked(workload)
    recorder = Recorder("borg", seed=seed, parameters=parameters_of(workload, **chosen.plain()), frames=frames)
    with collector_asleep():
        World(workload, chosen, recorder, seed=seed).run()
    return recorder.trace()
