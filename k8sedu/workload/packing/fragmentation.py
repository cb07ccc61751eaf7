"""Fragmentation: what is free on GPUs, and of no use to the pods that are to come.

A GPU that is half free is worth nothing when everybody wants a whole one. So one asks: of the pods that usually come, with the share in
which they come, how much of what is free here could each *not* use? The mean of that is the machine's fragmentation. The policy places a
pod where it makes the least new fragmentation: fragmentation gradient descent (FGD).

The sum is kept as a whole number, in thousandths of a GPU times the number of pods counted, so that two equal fragmentations are equal to
the last digit: the points come out of a curve that is cut to whole numbers, and a difference of 0.0000001 would decide who wins.

Source: Weng et al., "Beware of Fragmentation", USENIX ATC 2023, sections 4 and 5; rounding, ties and the list of usual pods as in
hkust-adsl/kubernetes-scheduler-simulator (FGDScore, GetTypicalPods with a threshold of 95 %).
Left out: memory, which the measure does not look at; the filter does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from k8sedu.workload.packing.columns import GPU, Bools, Ints, Kinds, Machines
from k8sedu.workload.packing.policies import OUT, FirstBest, room

THRESHOLD = 0.95
"""The most frequent kinds count as usual that together are so many of all pods."""


class Usual(NamedTuple):
    """The pods that usually come: columns with one place each, `pods` of them in the trace; `may_run` is (usual × machines)."""

    cpu: Ints
    gpus: Ints
    each: Ints
    pods: Ints
    may_run: Bools


def usual_pods(kinds: Kinds, kind_of: Ints, *, threshold: float = THRESHOLD) -> Usual:
    """The most frequent kinds, until they are 95 % of all pods; kinds that differ in memory alone are one here.

    Of equally frequent ones the larger comes first.
    """
    counts: dict[tuple[int, int, int, bytes], int] = {}
    first: dict[tuple[int, int, int, bytes], int] = {}
    per_kind = np.bincount(kind_of, minlength=len(kinds.cpu))
    for kind, count in enumerate(per_kind):
        key = (int(kinds.cpu[kind]), int(kinds.each[kind]), int(kinds.gpus[kind]), kinds.may_run[kind].tobytes())
        counts[key] = counts.get(key, 0) + int(count)
        first.setdefault(key, kind)
    ranked = sorted(counts, key=lambda key: (counts[key], key), reverse=True)
    chosen, so_far, wanted = [], 0, threshold * len(kind_of)
    for key in ranked:
        if so_far >= wanted:
            break
        chosen.append(key)
        so_far += counts[key]
    places = [first[key] for key in chosen]
    return Usual(
        kinds.cpu[places], kinds.gpus[places], kinds.each[places], np.array([counts[key] for key in chosen]), kinds.may_run[places]
    )


class States(NamedTuple):
    """States of one machine, as the measure looks at them: a row per state, and a column per usual pod in the last two.

    `cpu` and `gpu` are what is free in all; `able` is on how many GPUs the usual pod finds enough; `lost` is what is free on the others.
    """

    cpu: Ints
    gpu: Ints
    able: Ints
    lost: Ints


def state(cpu: int, gpu: Ints, usual: Usual) -> States:
    """One state, from what is free in millicores and on each GPU."""
    usable = gpu >= usual.each[:, None]
    lost = np.where(usable, 0, gpu).sum(axis=1)
    return States(np.array([cpu]), gpu.sum(keepdims=True), usable.sum(axis=1)[None], lost[None])


def fragmentation(states: States, usual: Usual, may_run: Bools) -> Ints:
    """The fragmentation of each state, in thousandths of a GPU times the sum of `usual.pods`.

    A usual pod that cannot run here, or that wants no GPU, makes all that is free useless; one that can makes useless what it cannot use.
    """
    fits = (states.able >= usual.gpus) & (states.cpu[:, None] >= usual.cpu) & may_run & (usual.gpus > 0)
    useless = np.where(fits, states.lost, states.gpu[:, None])
    summed: Ints = useless @ usual.pods
    return summed


def ratio(machines: Machines, usual: Usual) -> float:
    """The fragmentation of all machines together, as a part of what is free on GPUs: 0 is nothing wasted, 1 is nothing usable."""
    amount = sum(
        int(fragmentation(state(int(machines.cpu[place]), machines.gpu[place], usual), usual, usual.may_run[:, place])[0])
        for place in range(len(machines.names))
    )
    free = int(machines.gpu.sum()) * int(usual.pods.sum())
    return amount / free if free else 0.0


class Descent(FirstBest):
    """FGD: the machine, and the GPU, where a pod makes least new fragmentation."""

    def __init__(self, usual: Usual) -> None:
        self.usual = usual
        self.known: dict[tuple[object, ...], tuple[Ints, Ints]] = {}

    def points(self, machines: Machines, kinds: Kinds, place: int) -> Ints:
        """50 where nothing changes, more where fragmentation falls, less where it grows."""
        return self._judge(machines, kinds, place)[0]

    def gpu(self, machines: Machines, kinds: Kinds, place: int, kind: int) -> int:
        """The GPU that gave the machine its points."""
        return int(self._judge(machines, kinds, place)[1][kind])

    def _judge(self, machines: Machines, kinds: Kinds, place: int) -> tuple[Ints, Ints]:
        """Points and GPU for every kind with room; machines in equal states are judged once."""
        may_run = kinds.may_run[:, place]
        key = (int(machines.cpu[place]), int(machines.memory[place]), machines.gpu[place].tobytes(), may_run.tobytes())
        if key not in self.known:
            self.known[key] = self._judged(machines, kinds, place)
        return self.known[key]

    def _judged(self, machines: Machines, kinds: Kinds, place: int) -> tuple[Ints, Ints]:
        now = state(int(machines.cpu[place]), machines.gpu[place], self.usual)
        may_run = self.usual.may_run[:, place]
        ways = _ways(machines.gpu[place], kinds, room(machines, kinds, place))
        before = fragmentation(now, self.usual, may_run)
        after = fragmentation(_after(now, machines.gpu[place], kinds, ways, self.usual), self.usual, may_run)
        gained = (before - after) / int(self.usual.pods.sum()) / GPU
        found = (100 / (1 + np.exp(-gained))).astype(np.int64)
        points, gpus = np.full(len(kinds.cpu), OUT, dtype=np.int64), np.zeros(len(kinds.cpu), dtype=np.int64)
        order = np.lexsort((-ways.gpu, found))  # what is written last stays: most points, and of equals the first GPU
        points[ways.kind[order]], gpus[ways.kind[order]] = found[order], ways.gpu[order]
        return points, gpus


class _Ways(NamedTuple):
    """Every way to place one pod on a machine: its kind, and the GPU of which it takes a part (0 where it takes whole ones or none)."""

    kind: Ints
    gpu: Ints


def _ways(free: Ints, kinds: Kinds, has_room: Bools) -> _Ways:
    """All ways; GPUs with equally much free are one choice, the first of them."""
    firsts = np.array(sorted({int(amount): place for place, amount in reversed(list(enumerate(free)))}.values()))
    part = (kinds.each > 0) & (kinds.each < GPU)
    whole, sharing = np.flatnonzero(has_room & ~part), np.flatnonzero(has_room & part)
    row, column = np.nonzero(free[firsts] >= kinds.each[sharing][:, None])
    return _Ways(np.concatenate((whole, sharing[row])), np.concatenate((np.zeros_like(whole), firsts[column])))


def _after(now: States, free: Ints, kinds: Kinds, ways: _Ways, usual: Usual) -> States:
    """The states that these ways lead to. Whole GPUs are lost to everybody; a shared one is lost to those who now want more of it."""
    each = kinds.each[ways.kind]
    part = ((each > 0) & (each < GPU))[:, None]
    had, has = free[ways.gpu][:, None], (free[ways.gpu] - each)[:, None]
    was_able, is_able = had >= usual.each, has >= usual.each
    gone = np.where(part, was_able.astype(np.int64) - is_able, kinds.gpus[ways.kind][:, None])
    newly_lost = np.where(part, np.where(is_able, 0, has) - np.where(was_able, 0, had), 0)
    return States(now.cpu - kinds.cpu[ways.kind], now.gpu - kinds.gpu[ways.kind], now.able - gone, now.lost + newly_lost)
