"""One pod after the other, each on the machine with most points.

The points of all machines for all kinds of pods are a matrix that is made once. A placement changes one machine, so it changes one column
of the matrix, and the next pod finds its row ready: all that is left to do is to look for the largest number in it. It gives exactly the
same placements as asking every machine for every pod, a hundred times sooner. Borg does the same and calls it score caching.

Left out: pods that leave.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from k8sedu.workload.packing.columns import GPU, Kinds, Machines
from k8sedu.workload.packing.policies import OUT, Policy, room


class Packer:
    """The machines, the kinds of pods, and a policy that chooses.

    >>> from k8sedu.workload import Job, Machine, Resources
    >>> from k8sedu.workload.packing.columns import kinds_of
    >>> from k8sedu.workload.packing.policies import BestFit
    >>> machines = Machines([Machine("large", Resources.of(cpu="64", gpu="8")), Machine("small", Resources.of(cpu="8", gpu="1"))])
    >>> kinds, kind_of = kinds_of([Job("train", "ann", Resources.of(cpu="4", gpu="1"), tasks=2)], machines)
    >>> packer = Packer(machines, kinds, BestFit())
    >>> [machines.names[packer.place(kind)] for kind in kind_of]
    ['small', 'large']
    """

    def __init__(self, machines: Machines, kinds: Kinds, policy: Policy) -> None:
        self.machines, self.kinds, self.policy = machines, kinds, policy
        self.points: NDArray[np.int16] = np.full((len(kinds.cpu), len(machines.names)), OUT, dtype=np.int16)
        self.used_gpu = 0
        self._fill()

    def place(self, kind: int) -> int | None:
        """Place one pod of this kind; the machine's place, or None where nobody has room. O(machines + kinds)."""
        row = self.points[kind]
        place = self.policy.choose(row)
        if row[place] == OUT:
            return None
        self._take(place, kind)
        self._judge(place)
        return place

    def check(self) -> None:
        """Assert that nothing is below zero, and that every remembered number is what it would be if it were computed now."""
        machines = self.machines
        assert min(machines.cpu.min(), machines.memory.min(), machines.gpu.min()) >= 0
        assert int(machines.gpu.sum()) == machines.gpu_milli - self.used_gpu
        remembered = self.points.copy()
        for place in range(len(machines.names)):
            self._judge(place)
        assert np.array_equal(remembered, self.points)

    def _fill(self) -> None:
        """All columns; machines that are equal, and there are few different ones, are judged once."""
        judged: dict[object, int] = {}
        for place in range(len(self.machines.names)):
            key = (self.machines.shape(place), self.kinds.may_run[:, place].tobytes())
            twin = judged.setdefault(key, place)
            if twin == place:
                self._judge(place)
            else:
                self.points[:, place] = self.points[:, twin]

    def _judge(self, place: int) -> None:
        has_room = room(self.machines, self.kinds, place)
        self.points[:, place] = np.where(has_room, self.policy.points(self.machines, self.kinds, place), OUT)

    def _take(self, place: int, kind: int) -> None:
        machines, kinds = self.machines, self.kinds
        count, each = kinds.gpu_wishes[kinds.wish[kind]]
        if each == GPU:
            whole = [number for number, free in enumerate(machines.gpu[place].tolist()) if free == GPU]
            machines.gpu[place, whole[:count]] = 0
        elif each:
            machines.gpu[place, self.policy.gpu(machines, kinds, place, kind)] -= each
        machines.cpu[place] -= kinds.cpu[kind]
        machines.memory[place] -= kinds.memory[kind]
        self.used_gpu += count * each
        self.policy.placed(place, kinds, kind)
