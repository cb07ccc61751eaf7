"""Machines and kinds of pods as columns: one array per property, one place per machine or kind.

A cell of a thousand machines is asked ten thousand times for its best machine. Python objects would be asked ten million times. As columns
the machines are asked all at once. Pods are even fewer than they look: eight thousand pods of a real cluster ask for only 151 different
amounts, and pods of one kind may stand wherever their likes may. So a pod is a kind, and a kind is a row.

Source: equivalence classes, Verma et al., Borg, EuroSys 2015, section 3.4.
Left out: more than eight GPUs in a machine; several pods of one kind sharing one GPU for a single request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.errors import K8sEduError
from k8sedu.workload.jobs import Job, Machine

Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

GPU = 1000
"""One GPU, in thousandths."""
GPUS = 8
"""At most so many in a machine."""
WEIGHT = 16
"""A thousandth of a GPU counts as much as so many millicores: the largest machine has 128,000 of these and 8,000 of those."""


class PackingError(K8sEduError, ValueError):
    """Machines or pods that cannot be packed, or an experiment that cannot be."""


class Kinds(NamedTuple):
    """The different requests; each column has one place per kind, in the order in which they first came.

    `gpus` is how many GPUs one pod wants, and `each` how many thousandths of each of them: 1 × 460, or 4 × 1000, or 0 × 0. Few pairs of
    the two occur: they are `gpu_wishes`, and `wish` says which of them a kind has. `weight` is CPU and GPU as one number. `may_run` is
    (kinds × machines): whether the machine has the attributes that the pod asks for.
    """

    cpu: Ints
    memory: Ints
    gpus: Ints
    each: Ints
    gpu_wishes: tuple[tuple[int, int], ...]
    wish: Ints
    weight: Ints
    may_run: Bools

    @property
    def gpu(self) -> Ints:
        """What one pod wants of all GPUs together."""
        return self.gpus * self.each


class Machines:
    """What is free on each machine, in columns; `gpu` is (machines × 8), 0 also where there is no GPU.

    Machines stand in the order of their names: where scores are equal the first one is taken, and then it does not matter how a file was
    sorted.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        ordered = sorted(machines, key=lambda machine: machine.name)
        self.names = [machine.name for machine in ordered]
        self.machines = ordered
        self.cpu: Ints = np.array([machine.capacity.cpu_millicores for machine in ordered], dtype=np.int64)
        self.memory: Ints = np.array([machine.capacity.memory_bytes for machine in ordered], dtype=np.int64)
        self.gpus: Ints = np.array([_gpus_of(machine) for machine in ordered], dtype=np.int64)
        self.gpu: Ints = np.where(np.arange(GPUS) < self.gpus[:, None], GPU, 0)

    @property
    def gpu_milli(self) -> int:
        """All GPUs of all machines, in thousandths."""
        return int(self.gpus.sum()) * GPU

    def shape(self, place: int) -> tuple[int, int, int]:
        """What is free on one machine, as far as sizes go: machines that were never used and are equal have one shape."""
        return int(self.cpu[place]), int(self.memory[place]), int(self.gpus[place])


def kinds_of(jobs: Sequence[Job], machines: Machines) -> tuple[Kinds, Ints]:
    """The kinds of these pods, and the kind of each of them; a job of several tasks is several pods of one kind.

    Raises:
        PackingError: a pod wants half of several GPUs, or more than eight.
    """
    numbers: dict[object, int] = {}
    firsts: list[Job] = []
    kinds: list[int] = []
    for job in jobs:
        number = numbers.setdefault((job.request, job.constraints), len(firsts))
        if number == len(firsts):
            firsts.append(job)
        kinds.extend([number] * job.tasks)
    return _columns(firsts, machines), np.array(kinds, dtype=np.int64)


def _columns(jobs: list[Job], machines: Machines) -> Kinds:
    wants = [_gpu_request(job) for job in jobs]
    wishes = tuple(dict.fromkeys(wants))
    return Kinds(
        cpu=np.array([job.request.cpu_millicores for job in jobs], dtype=np.int64),
        memory=np.array([job.request.memory_bytes for job in jobs], dtype=np.int64),
        gpus=np.array([count for count, _ in wants], dtype=np.int64),
        each=np.array([each for _, each in wants], dtype=np.int64),
        gpu_wishes=wishes,
        wish=np.array([wishes.index(want) for want in wants], dtype=np.int64),
        weight=np.array([job.request.cpu_millicores + WEIGHT * job.request.gpu_milli for job in jobs], dtype=np.int64),
        may_run=_may_run(jobs, machines),
    )


def _may_run(jobs: list[Job], machines: Machines) -> Bools:
    """(kinds × machines), asked once for each set of attributes, of which there are few."""
    alike: dict[object, list[int]] = {}
    for place, machine in enumerate(machines.machines):
        alike.setdefault(machine.attributes, []).append(place)
    allowed = np.zeros((len(jobs), len(machines.names)), dtype=bool, order="F")  # one machine is asked at a time
    for places in alike.values():
        machine = machines.machines[places[0]]
        allowed[:, places] = np.array([[job.may_run_on(machine)] for job in jobs])
    return allowed


def _gpu_request(job: Job) -> tuple[int, int]:
    wanted = job.request.gpu_milli
    if wanted < GPU:
        return (1, wanted) if wanted else (0, 0)
    if wanted % GPU or wanted > GPUS * GPU:
        raise PackingError(f"the job {job.name!r} wants {wanted} thousandths of a GPU, expected less than 1000, or 1 to {GPUS} whole GPUs")
    return wanted // GPU, GPU


def _gpus_of(machine: Machine) -> int:
    count, part = divmod(machine.capacity.gpu_milli, GPU)
    if part or count > GPUS:
        raise PackingError(f"the machine {machine.name!r} has {machine.capacity.gpu_milli / GPU:g} GPUs, expected 0 to {GPUS} whole ones")
    return count
