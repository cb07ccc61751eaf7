"""kube-scheduler's own score as a rule of packing: LeastAllocated and MostAllocated, on the trace of a real cluster with GPUs.

The score is the plugin's, by its own formula over the same whole numbers: the mean over cpu and memory of what stays free (or is taken), in
per cent, cut. It knows nothing of GPUs, because the default profile scores cpu and memory alone: that is what the experiment shows. Whether
a pod fits, and which of a node's GPUs it shares, is decided as for the other rules (the fullest that suffices); Kubernetes itself gives
GPUs away whole.

Source: kubernetes 1.35, plugins/noderesources/{least_allocated,most_allocated}.go; the experiment: `k8sedu.workload.packing`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from k8sedu.kube.scheduler.plugins.allocation import Formula, Share, least_allocated, most_allocated, weighted_mean
from k8sedu.workload.packing.columns import Ints, Kinds, Machines
from k8sedu.workload.packing.policies import FirstBest, Policy


class Allocated(FirstBest):
    """A node's points by one of the two formulas; of equal nodes the first is taken.

    >>> from k8sedu.workload import Job, Machine, Resources
    >>> from k8sedu.workload.packing.columns import kinds_of
    >>> machines = Machines([Machine("n1", Resources.of(cpu="4", memory="8Gi"))])
    >>> kinds, _ = kinds_of([Job("web", "ann", Resources.of(cpu="1", memory="4Gi"))], machines)
    >>> Allocated(least_allocated).points(machines, kinds, 0).tolist(), Allocated(most_allocated).points(machines, kinds, 0).tolist()
    ([62], [37])
    """

    def __init__(self, formula: Formula) -> None:
        self.formula = formula

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """The points of one node for every kind of pod."""
        there = machines.machines[place].capacity
        cpu = _share(there.cpu_millicores, int(machines.cpu[place]), kinds.cpu)
        memory = _share(there.memory_bytes, int(machines.memory[place]), kinds.memory)
        return weighted_mean([cpu, memory], self.formula)


class LeastAllocated(Allocated):
    """Pods spread: the emptier node wins."""

    def __init__(self) -> None:
        super().__init__(least_allocated)


class MostAllocated(Allocated):
    """Pods are packed: the fuller node wins."""

    def __init__(self) -> None:
        super().__init__(most_allocated)


def _share(allocatable: int, free: int, asked: Ints) -> Share:
    """One resource of one node, with each kind of pod there."""
    return Share(np.full_like(asked, allocatable), allocatable - free + asked)


PACKERS: Mapping[str, type[Policy]] = {"kube-least-allocated": LeastAllocated, "kube-most-allocated": MostAllocated}
"""Names for `k8sedu.workload.packing.run(…, more=PACKERS)`."""
