"""Borg: one master, thousands of machines, and jobs of every importance together on all of them.

Read in this order:

1. `bands`, `jobs`, `states`: what is submitted, how important it is, and how a task lives
2. `cell`, `queue`: machines as columns, and who is looked at next
3. `feasibility`, `scoring`, `preemption`, `scheduler`: where a task can run, where it should, and who makes room
4. `borglet`, `link_shards`, `polling`: the agent on every machine, and how its reports reach the master
5. `borgmaster`, `checkpoint`, `reachability`: what five replicas agree on, and what a master must guess
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.borg import polling
    from k8sedu.borg.borglet import Borglet
    from k8sedu.borg.borgmaster import CellState
    from k8sedu.borg.checkpoint import Checkpoint
    from k8sedu.borg.link_shards import LinkShard

__all__ = ["Borglet", "CellState", "Checkpoint", "LinkShard", "polling"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Borglet": "borglet",
        "CellState": "borgmaster",
        "Checkpoint": "checkpoint",
        "LinkShard": "link_shards",
        "polling": "polling",
    },
)
