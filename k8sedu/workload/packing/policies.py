"""Five rules that give every machine points for a pod; who has most is taken, and of equals the first.

A rule looks at one machine and all kinds of pods at once, since a placement changes one machine: then only that machine's points change,
for every kind. Points are whole numbers from 0 to 100, as in Kubernetes. That they are *cut to whole numbers* is part of the rule: many
machines become equal, and the first of them is taken, which packs better than the exact number would.

- **random**: any machine with room.
- **bestfit**: where least is left over.
- **dotprod**: where what is asked for points least in the direction of what is free (the rule of Tetris, turned round).
- **gpupacking**: first GPUs that are shared already, then free GPUs of machines in use, then machines not in use.
- **gpuclustering**: beside pods that ask for GPUs in the same way.

Source: hkust-adsl/kubernetes-scheduler-simulator, plugins of the same names, with the settings of its published runs; Weng et al., "Beware
of Fragmentation", USENIX ATC 2023, section 6.
Left out: the points of Kubernetes' own plugins, which the published runs switch off.
"""

from __future__ import annotations

from random import Random
from typing import Protocol

import numpy as np

from k8sedu.workload.packing.columns import GPU, GPUS, WEIGHT, Bools, Ints, Kinds, Machines

MAX_CPU = 128_000
"""The largest machine has so many millicores: what a CPU's number is divided by."""
MAX_GPU = GPUS * GPU
"""The machine with most GPUs has so many thousandths."""
OUT = -1
"""The points of a machine that has no room."""


class Policy(Protocol):
    """What a rule must be able to say."""

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """The points of one machine for every kind, as if there were room."""

    def choose(self, points: Ints) -> int:
        """The machine to take; any, where none has room."""

    def gpu(self, machines: Machines, kinds: Kinds, place: int, kind: int) -> int:
        """Which GPU of the machine is shared with a pod that wants a part of one."""

    def placed(self, place: int, kinds: Kinds, kind: int) -> None:
        """A pod of this kind was placed here."""


def room(machines: Machines, kinds: Kinds, place: int) -> Bools:
    """For every kind, whether one machine has room: CPU, memory, enough GPUs with enough left, and the right attributes."""
    nth_emptiest = [MAX_GPU, *sorted(machines.gpu[place].tolist(), reverse=True)]  # who wants none always finds it
    granted = np.array([nth_emptiest[count] >= each for count, each in kinds.gpu_wishes])
    enough: Bools = granted[kinds.wish]
    enough &= kinds.cpu <= machines.cpu[place]
    enough &= kinds.memory <= machines.memory[place]
    enough &= kinds.may_run[:, place]
    return enough


class FirstBest:
    """What most rules share: the first machine with most points, and of its GPUs the fullest one that suffices."""

    def choose(self, points: Ints) -> int:
        """The first of the best."""
        return int(points.argmax())

    def gpu(self, machines: Machines, kinds: Kinds, place: int, kind: int) -> int:
        """The fullest GPU with room."""
        each = int(kinds.each[kind])
        return min((free, number) for number, free in enumerate(machines.gpu[place].tolist()) if free >= each)[1]

    def placed(self, place: int, kinds: Kinds, kind: int) -> None:
        """Nothing is remembered."""


class BestFit(FirstBest):
    """Where least is left: a half of the points for the CPU, a half for the GPUs.

    In whole numbers: a millicore is 1/128,000 of the largest machine and a thousandth of a GPU 16 times as much, half of the points are
    50, so one point is 2,560 of these. The original divides floating-point numbers, and one of 3,000 scores is a point lower there.
    """

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """100 minus what would be left over, in per cent of the largest machine."""
        free = int(machines.cpu[place]) + WEIGHT * sum(machines.gpu[place].tolist())
        points: Ints = (kinds.weight + (2 * MAX_CPU - free)) // (2 * MAX_CPU // 100)
        return points


class DotProduct(FirstBest):
    """Where the request, as an arrow, agrees least with what is free."""

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """100 minus the mean product of free and asked for, each as a part of the largest machine."""
        cpu = machines.cpu[place] / MAX_CPU * (kinds.cpu / MAX_CPU)
        gpu = machines.gpu[place].sum() / MAX_GPU * (kinds.gpu / MAX_GPU)
        points: Ints = (100 * (1 - (cpu + gpu) / 2)).astype(np.int64)
        return points


class GpuPacking(FirstBest):
    """Shared GPUs first, free GPUs of used machines next, unused machines last; pods without GPUs are equal everywhere."""

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """51 to 100 on shared GPUs, 33 to 50 on free ones, below that where nothing runs yet."""
        free, count = machines.gpu[place], int(machines.gpus[place])
        if np.count_nonzero(free == GPU) == count:
            points = np.full(len(kinds.cpu), max(33 - count, count), dtype=np.int64)
        else:
            fullest = np.where(free[:, None] >= kinds.each, free[:, None], GPU).min(axis=0)
            shared = np.maximum(100 - fullest * 100 // GPU // 10, 50)
            points = np.where(fullest == GPU, np.maximum(50 - kinds.gpus, 33), shared)
        return np.where(kinds.gpus > 0, points, 0)


class GpuClustering(FirstBest):
    """Beside pods that ask alike: a part of a GPU, one, two, four or eight."""

    def __init__(self) -> None:
        self.on: dict[int, set[int]] = {}

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """A quarter of 100 for how full the machine is, on one of four steps: other tags, none, also mine, only mine."""
        tags = self.on.get(place, set())
        full = 25 * (MAX_GPU - int(machines.gpu[place].sum())) // MAX_GPU
        mine = np.isin(tag_of(kinds), sorted(tags)) if tags else np.zeros(len(kinds.cpu), dtype=bool)
        step = np.where(mine, 75 if len(tags) == 1 else 50, 0 if tags else 25)
        points: Ints = np.where(kinds.gpus > 0, full + step, 0)
        return points

    def placed(self, place: int, kinds: Kinds, kind: int) -> None:
        """Remember how this pod asked."""
        if kinds.gpus[kind]:
            self.on.setdefault(place, set()).add(int(tag_of(kinds)[kind]))


class RandomFit(FirstBest):
    """Any machine with room, and any of its GPUs with room."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:  # noqa: ARG002 (every rule is asked the same)
        """Machines with room are equal."""
        return np.zeros(len(kinds.cpu), dtype=np.int64)

    def choose(self, points: Ints) -> int:
        """One of those with room, each as likely as the next."""
        places = np.flatnonzero(points != OUT)
        return int(places[self.rng.randrange(len(places))]) if len(places) else 0

    def gpu(self, machines: Machines, kinds: Kinds, place: int, kind: int) -> int:
        """One of the GPUs with room."""
        places = np.flatnonzero(machines.gpu[place] >= kinds.each[kind])
        return int(places[self.rng.randrange(len(places))])


def tag_of(kinds: Kinds) -> Ints:
    """How a kind asks for GPUs: 0 for a part of one, else how many."""
    return np.where(kinds.each == GPU, kinds.gpus, 0)


POLICIES = ("random", "dotprod", "gpuclustering", "gpupacking", "bestfit", "fgd")
"""The names of the rules, from the worst packing to the best as it was published."""
