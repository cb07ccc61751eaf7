"""Swarm: Docker's own way to many hosts, in its classic form and as swarm mode.

Read in this order:

1. `expressions`, `filters`: which hosts come into question, in classic Swarm's own words
2. `classic`: the three strategies, and their exact weights
3. `mode`: swarm mode: services, tasks, the scheduler, rolling updates and rollbacks, the routing mesh
4. `invariants`: what must hold in every run, by name
5. `sim`: both in time, with failures of managers and nodes
6. `views`, `lab`: films, timelines, and things to try by hand

    from k8sedu import swarm
    trace = swarm.simulate(seed=5, strategy="binpack", faults=["at 9000 crash m2"])
    swarm.views.play(trace)
    web = swarm.Service("web", swarm.Spec("web:1"), replicas=6)
    trace = swarm.simulate_services([web], orders=[swarm.update("web", image="web:2", at_ms=20_000)])
    swarm.views.play_update(trace)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.swarm import classic, filters, invariants, mode, views
    from k8sedu.swarm.lab import lab, update_lab
    from k8sedu.swarm.mode import Mesh, Port, Restart, Service, Spec, Update
    from k8sedu.swarm.sim import create, drain, fleet, rollback, scale, simulate, simulate_services, update

__all__ = [
    "Mesh",
    "Port",
    "Restart",
    "Service",
    "Spec",
    "Update",
    "classic",
    "create",
    "drain",
    "filters",
    "fleet",
    "invariants",
    "lab",
    "mode",
    "rollback",
    "scale",
    "simulate",
    "simulate_services",
    "update",
    "update_lab",
    "views",
]

_MODULES = {
    "mode": "Mesh Port Restart Service Spec Update",
    "sim": "create drain fleet rollback scale simulate simulate_services update",
}

__getattr__, __dir__ = attach(
    __name__,
    {
        "classic": "classic",
        "filters": "filters",
        "invariants": "invariants",
        "lab": "lab.lab",
        "mode": "mode",
        "update_lab": "lab",
        "views": "views",
        **{name: module for module, names in _MODULES.items() for name in names.split()},
    },
)
