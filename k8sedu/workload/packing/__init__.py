"""Packing thousands of machines: where should the next pod go, so that the last ones still find room?

The experiment of a well-known trace: pods arrive one after the other on machines with GPUs, none ever leaves, and what is counted is how
much of the GPUs could be given away when so much was asked for. Six rules of scoring answer differently, by up to eight per cent of a
cluster that costs millions.

Read in this order:

1. `columns`: machines and kinds of pods as columns of numbers
2. `policies`: random, best fit, dot product, GPU packing, GPU clustering
3. `fragmentation`: what is free and of no use to the pods that are to come, and the policy that keeps it small
4. `packer`: one pod after the other, with every score remembered
5. `curve`: a workload stretched to 130 % of the GPUs, and the curve that comes of it
6. `published`, `sim`, `views`: what others measured, runs over many seeds, and both as curves

These files use NumPy, and nothing else in `workload` does: a score for each machine and kind of pod is a matrix.

    from k8sedu.workload import packing, readers
    cell = readers.openb("nodes.csv", "pods.csv").workload
    curve = packing.run(cell, policy="bestfit", load=130, seed=42)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.workload.packing import published, views
    from k8sedu.workload.packing.curve import Curve, Mean, mean
    from k8sedu.workload.packing.packer import Packer
    from k8sedu.workload.packing.policies import POLICIES
    from k8sedu.workload.packing.sim import run, trials

__all__ = ["POLICIES", "Curve", "Mean", "Packer", "mean", "published", "run", "trials", "views"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Curve": "curve",
        "Mean": "curve",
        "POLICIES": "policies",
        "Packer": "packer",
        "mean": "curve",
        "published": "published",
        "run": "sim",
        "trials": "sim",
        "views": "views",
    },
)
