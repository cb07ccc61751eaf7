"""Borg: one master, thousands of machines, and jobs of every importance together on all of them.

Read in this order:

1. `bands`, `jobs`, `states`, `quota`: what is submitted, how important it is, who may, and how a task lives
2. `cell`, `room`, `allocs`, `domains`, `queue`: machines as columns, what is on them, and who is looked at next
3. `feasibility`, `scoring`, `weights`, `preemption`: where a task can run, where it should, and who makes room
4. `classes`, `examine`, `memory`, `scheduler`: a decision, and the three ideas that make it cheap
5. `reclamation`, `pressure`: what nobody uses is lent, and who pays when it is wanted back
6. `borglet`, `link_shards`, `polling`: the agent on every machine, and how its reports reach the master
7. `borgmaster`, `checkpoint`, `fauxmaster`, `reachability`: what five replicas agree on, what-if questions, what a master must guess
8. `cached_copy`, `sim`: the scheduler's own picture of the cell, and all of it in time, with failures
9. `views`, `lab`: schedule and architecture as films, charts, and a cell under one's own hands
10. `synthetic`, `sim.experiments`, `findings`: a made cell, and the measurements of the paper done again on it
11. `invariants`: what the scheduler promises, by name
12. `names`, `kubernetes`: the name service, and what of all this became what in Kubernetes

    from k8sedu import borg
    trace = borg.simulate(seed=5, faults=["at 9000 crash m2", "at 12000 crash master"])
    borg.views.play(trace)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.borg import invariants, kubernetes, names, polling, scoring, sim, views
    from k8sedu.borg.bands import band_of
    from k8sedu.borg.borglet import Borglet
    from k8sedu.borg.borgmaster import CellState
    from k8sedu.borg.cell import Cell
    from k8sedu.borg.checkpoint import Checkpoint
    from k8sedu.borg.fauxmaster import Fauxmaster
    from k8sedu.borg.jobs import BorgJob, Constraint, Task
    from k8sedu.borg.lab import lab
    from k8sedu.borg.link_shards import LinkShard
    from k8sedu.borg.queue import FifoQueue, PendingQueue
    from k8sedu.borg.scheduler import Scheduler, Switches
    from k8sedu.borg.sim import simulate
    from k8sedu.borg.weights import Weights

__all__ = [
    "BorgJob", "Borglet", "Cell", "CellState", "Checkpoint", "Constraint", "Fauxmaster", "FifoQueue", "LinkShard", "PendingQueue",
    "Scheduler", "Switches", "Task", "Weights", "band_of", "invariants", "kubernetes", "lab", "names", "polling", "scoring", "sim",
    "simulate", "views",
]  # fmt: skip

__getattr__, __dir__ = attach(
    __name__,
    {
        "BorgJob": "jobs",
        "Borglet": "borglet",
        "Cell": "cell",
        "CellState": "borgmaster",
        "Checkpoint": "checkpoint",
        "Constraint": "jobs",
        "Fauxmaster": "fauxmaster",
        "FifoQueue": "queue",
        "LinkShard": "link_shards",
        "PendingQueue": "queue",
        "Scheduler": "scheduler",
        "Switches": "scheduler",
        "Task": "jobs",
        "Weights": "weights",
        "band_of": "bands",
        "invariants": "invariants",
        "kubernetes": "kubernetes",
        "lab": "lab.lab",
        "names": "names",
        "polling": "polling",
        "scoring": "scoring",
        "sim": "sim",
        "simulate": "sim",
        "views": "views",
    },
)
