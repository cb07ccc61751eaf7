"""Workloads: resources, jobs and machines in words that every manager of this course shares.

Read in this order:

1. `resources`: whole numbers of millicores, bytes and thousandths of a GPU
2. `jobs`: jobs of equal tasks, machines, and a workload of both
3. `cluster`: the books of a cluster: which task runs where, and what is free
4. `arrivals`: workloads out of a seed, with their assumptions as numbers
5. `sim`: how any manager's run is written down
6. `outcome`: what came of a run, as numbers that can be compared
7. `readers`, `specimens`: traces of real clusters as workloads, with a tiny made one in each format
8. `packing`: six rules that pack GPUs, on a real trace
9. `views`: the film of a schedule, whoever made it, and charts

    from random import Random
    cell = workload.make(Random(7))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.workload import packing, readers, sim, specimens, views
    from k8sedu.workload.arrivals import Mix, make
    from k8sedu.workload.cluster import Cluster
    from k8sedu.workload.jobs import Job, Machine, Workload
    from k8sedu.workload.outcome import Outcome
    from k8sedu.workload.resources import Resources

__all__ = [
    "Cluster",
    "Job",
    "Machine",
    "Mix",
    "Outcome",
    "Resources",
    "Workload",
    "make",
    "packing",
    "readers",
    "sim",
    "specimens",
    "views",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Cluster": "cluster",
        "Job": "jobs",
        "Machine": "jobs",
        "Mix": "arrivals",
        "Outcome": "outcome",
        "Resources": "resources",
        "Workload": "jobs",
        "make": "arrivals",
        "packing": "packing",
        "readers": "readers",
        "sim": "sim",
        "specimens": "specimens",
        "views": "views",
    },
)
