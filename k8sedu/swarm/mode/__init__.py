"""Swarm mode: Docker's second Swarm, in which one says what should be, and managers see to it.

Read in this order:

1. `service`: what one asks for, with Docker's exact defaults
2. `task`: the states of a task, which only ever go forwards
3. `store`: what all managers agree on, as one small state machine above Raft's log
4. `constraints`, `pipeline`: which nodes come into question, and how Docker says why none does
5. `scheduler`: the tree of preferences, and the order of nodes
6. `restarts`, `updater`: a task fails; a service gets a new version, step by step, and perhaps the old one back
7. `manager`: the leader's loops together
8. `mesh`: every node answers at the service's port

The driver in simulated time is `k8sedu.swarm.sim.services`.
"""

from __future__ import annotations

from k8sedu.swarm.mode.mesh import Mesh
from k8sedu.swarm.mode.service import Port, Restart, Service, Spec, Update
from k8sedu.swarm.mode.task import STATES, Task

__all__ = ["STATES", "Mesh", "Port", "Restart", "Service", "Spec", "Task", "Update"]
