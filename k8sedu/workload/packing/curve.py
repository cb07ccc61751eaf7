"""The experiment: a workload stretched to so many per cent of the GPUs, and how much of it could be given away.

The pods of a trace come in random order. When they ask for less than is wanted, pods drawn from the same trace follow, with repetition;
when they ask for more, pods drawn at random stay away. Then all are placed, one after the other, and none leaves.

The curve says: when pods for x per cent of the GPUs have arrived, y per cent are given away. Below the point where the first pod finds no
room, y is x. Each point is the mean over the pods that arrive within half a per cent of x, as in the published results.

How near it comes, on the trace of 1,213 machines and 8,152 pods, as means over the seeds 42 to 51 at 130 % (at 100 % the gaps are alike):

    policy          here    published   gap
    random          87.62     87.47    +0.15
    dotprod         90.75     90.85    -0.09
    gpuclustering   91.23     91.88    -0.64
    gpupacking      91.28     92.00    -0.72
    bestfit         93.31     93.08    +0.23
    fgd             95.23     95.39    -0.16

Best fit differs by its whole numbers. For the two of GPU clustering and GPU packing no cause was found: without the filter on memory they
gain 0.1, with ties broken at random they lose 2 or 3. Their published runs scatter twice as much as those of the other rules (0.5 to 0.6
points, here 0.3), so chance plays a part there that the rules as written do not have.

Source: hkust-adsl/kubernetes-scheduler-simulator, `tuneUpPods`, `tuneDownPods` and the analysis of `expected_results`.
Left out: the order of the random numbers, which is Go's there and Python's here. So a seed means another order of pods, and single runs
differ; means over seeds can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from statistics import fmean, pstdev
from typing import NamedTuple

import numpy as np

from k8sedu.workload.jobs import Workload
from k8sedu.workload.packing.columns import GPU, Ints, Kinds, Machines, PackingError, kinds_of
from k8sedu.workload.packing.fragmentation import Descent, Usual, ratio, usual_pods
from k8sedu.workload.packing.packer import Packer
from k8sedu.workload.packing.policies import POLICIES, BestFit, DotProduct, GpuClustering, GpuPacking, Policy, RandomFit

STEP = 10
"""The curve has a point every so many per cent."""


class Curve(NamedTuple):
    """What came of one run.

    `allocation` is per cent of GPUs given away, by per cent of GPUs asked for: 10, 20, … and the last one. `fragmentation` is the part of
    the GPUs that were still free in the end which usual pods could not use. `refused` counts pods without room by the GPUs they wanted:
    "part", "1", "2", … or "none".
    """

    policy: str
    load: int
    seed: int
    allocation: dict[int, float]
    placed: int
    refused: dict[str, int]
    fragmentation: float


class Mean(NamedTuple):
    """Several runs of one policy: mean and standard deviation of `allocation`, both in per cent of the GPUs, by arrived per cent."""

    policy: str
    runs: int
    allocation: dict[int, float]
    deviation: dict[int, float]


def mean(curves: Iterable[Curve]) -> dict[str, Mean]:
    """The mean of the runs of each policy.

    >>> curves = [Curve("bestfit", 10, 1, {10: 9.0}, 5, {}, 0.5), Curve("bestfit", 10, 2, {10: 10.0}, 5, {}, 0.5)]
    >>> mean(curves)
    {'bestfit': Mean(policy='bestfit', runs=2, allocation={10: 9.5}, deviation={10: 0.5})}
    """
    by_policy: dict[str, list[Curve]] = {}
    for curve in curves:
        by_policy.setdefault(curve.policy, []).append(curve)
    return {policy: _mean(policy, runs) for policy, runs in by_policy.items()}


def _mean(policy: str, runs: list[Curve]) -> Mean:
    columns = {percent: [curve.allocation[percent] for curve in runs] for percent in runs[0].allocation}
    means = {percent: round(fmean(given), 3) for percent, given in columns.items()}
    return Mean(policy, len(runs), means, {percent: round(pstdev(given), 3) for percent, given in columns.items()})


class Experiment:
    """A workload that can be packed many times: its columns are made once.

    Args:
        workload: machines with GPUs, and pods.
        more: rules of one's own beside the six, by name: a class, called without arguments for each run.

    Raises:
        PackingError: there is no GPU, no pod asks for one, or a size does not fit the columns.
    """

    def __init__(self, workload: Workload, more: Mapping[str, Callable[[], Policy]] = {}) -> None:
        self.workload, self.more = workload, more
        machines = Machines(workload.machines)
        pods = sorted(workload.jobs, key=lambda job: job.name)
        self.kinds, self.kind_of = kinds_of(pods, machines)
        self.capacity = machines.gpu_milli
        if not self.capacity or not int(self.kinds.gpu[self.kind_of].sum()):
            raise PackingError("met a workload without GPUs, expected machines that have some and pods that ask for some")
        self.usual: Usual = usual_pods(self.kinds, self.kind_of)

    def policy(self, name: str, rng: Random) -> Policy:
        """A fresh policy of this name.

        Raises:
            PackingError: there is none of this name.
        """
        made: dict[str, Policy] = {
            "random": RandomFit(rng), "dotprod": DotProduct(), "gpuclustering": GpuClustering(), "gpupacking": GpuPacking(),
            "bestfit": BestFit(), "fgd": Descent(self.usual),
        }  # fmt: skip
        if name in made:
            return made[name]
        if name in self.more:
            return self.more[name]()
        raise PackingError(f"the policy is {name!r}, expected one of {', '.join((*POLICIES, *self.more))}")

    def run(
        self, policy: str, *, load: int, seed: int, order: Random, chance: Random, watch: Callable[[list[int]], Iterable[int]] = iter
    ) -> Curve:
        """Pack once.

        Args:
            policy: one of `POLICIES`, or of the further rules.
            load: what arrives in all, in per cent of the GPUs.
            seed: stands in the result; it decides nothing here.
            order: draws the order of the pods and who comes twice.
            chance: draws for the policy.
            watch: gives the pods on, one by one; a progress bar goes here.

        Raises:
            PackingError: no such policy, or no load.
        """
        if load <= 0:
            raise PackingError(f"the load is {load} per cent, expected more than 0")
        machines = Machines(self.workload.machines)
        packer = Packer(machines, self.kinds, self.policy(policy, chance))
        arriving = stretched(self.kind_of, self.kinds, target=self.capacity * load // 100, rng=order)
        refused: dict[str, int] = {}
        used = np.zeros(len(arriving), dtype=np.int64)
        for number, kind in enumerate(watch(arriving.tolist())):
            if packer.place(kind) is None:
                wanted = wanted_gpus(self.kinds, kind)
                refused[wanted] = refused.get(wanted, 0) + 1
            used[number] = packer.used_gpu
        arrived = np.cumsum(self.kinds.gpu[arriving])
        return Curve(
            policy=policy,
            load=load,
            seed=seed,
            allocation=points_of(arrived, used, capacity=self.capacity, load=load),
            placed=len(arriving) - sum(refused.values()),
            refused=dict(sorted(refused.items())),
            fragmentation=ratio(machines, self.usual),
        )


def stretched(kind_of: Ints, kinds: Kinds, *, target: int, rng: Random) -> Ints:
    """The pods in random order, filled up with repeated ones or thinned out until they ask for at most `target` thousandths of a GPU."""
    pods = kind_of.tolist()
    rng.shuffle(pods)
    wants = kinds.gpu.tolist()
    total = sum(wants[kind] for kind in pods)
    while total > target:
        total -= wants[pods.pop(rng.randrange(len(pods)))]
    once = kind_of.tolist()
    while True:
        kind = once[rng.randrange(len(once))]
        total += wants[kind]
        if total > target:
            return np.array(pods, dtype=np.int64)
        pods.append(kind)


def points_of(arrived: Ints, used: Ints, *, capacity: int, load: int) -> dict[int, float]:
    """The curve's points: the mean of what was given away while the arrived load, rounded, was so many per cent.

    >>> points_of(np.array([40, 100, 160, 200]), np.array([40, 100, 100, 140]), capacity=1000, load=20)
    {10: 10.0, 20: 14.0}
    """
    percent = np.round(arrived * 100 / capacity)
    points = {}
    for wanted in [*range(STEP, load + 1, STEP), *([load] if load % STEP else [])]:
        here = percent == wanted
        before = np.flatnonzero(percent <= wanted)
        given = used[here].mean() if here.any() else used[before[-1]] if len(before) else 0
        points[wanted] = round(float(given) * 100 / capacity, 3)
    return points


def wanted_gpus(kinds: Kinds, kind: int) -> str:
    """How many GPUs a kind wants, in a word."""
    count, each = int(kinds.gpus[kind]), int(kinds.each[kind])
    return "none" if not count else str(count) if each == GPU else "part"
