"""What a run of Borg depends on besides its workload and its seed, checked, and which faults it can have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.borg.borgmaster import REPLICAS
from k8sedu.borg.jobs import BorgJob
from k8sedu.borg.quota import Grant
from k8sedu.borg.reclamation import Estimation
from k8sedu.borg.scheduler import ALL_ON, Switches
from k8sedu.borg.scoring import SCORERS
from k8sedu.errors import K8sEduError
from k8sedu.sim.faults import Fault
from k8sedu.workload.jobs import Workload

MASTER, MASTERS, SCHEDULER = "master", "masters", "scheduler"
ORDERS = ("round robin", "fifo", "blocking")

OF_MACHINES = frozenset({"crash", "restart", "pause", "resume"})
OF_REPLICAS = frozenset({"crash", "restart", "partition", "heal"})


class BorgRunError(K8sEduError, ValueError):
    """A run that cannot be: a fault of something that is not there, an unknown order or scorer, no time."""


class Settings(NamedTuple):
    """Everything that a run depends on; times are in milliseconds."""

    duration_ms: int = 30_000
    faults: tuple[Fault, ...] = ()
    scorer: str = "hybrid"
    scorers: tuple[tuple[int, str], ...] = ()
    """(time, scorer): from then on another one."""
    order: str = "round robin"
    preemption: bool = True
    reclamation: bool = False
    estimation: Estimation = Estimation()
    """How reservations follow what tasks use; in the paper the first 300 s are left alone, which is longer than most runs here."""
    quota: tuple[Grant, ...] | None = None
    """Who may submit how much at which priority; None lets everybody in."""
    switches: Switches = ALL_ON
    extras: Mapping[str, Mapping[str, Any]] = {}
    ports: int = 0
    """How many ports a machine gives away; 0 leaves ports out of the picture."""
    crashes: Mapping[str, tuple[str, ...]] = {}
    avoid_crashed_pairs: bool = True
    poll_every_ms: int = 2_000
    missed_max: int = 3
    drain_every_ms: int = 10_000
    pass_every_ms: int = 500
    think_ms: int = 10
    fetch_every_ms: int = 0
    checkpoint_every_ms: int = 10_000

    def checked(self, workload: Workload) -> Settings:
        """The same settings, if the workload can be run with them.

        Raises:
            BorgRunError: see the class.
        """
        positive = ("duration_ms", "poll_every_ms", "pass_every_ms", "missed_max", "checkpoint_every_ms")
        for name in positive:
            if getattr(self, name) <= 0:
                raise BorgRunError(f"{name} is {getattr(self, name)}, expected more than 0")
        for name in ("drain_every_ms", "think_ms", "fetch_every_ms", "ports"):
            if getattr(self, name) < 0:
                raise BorgRunError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if self.order not in ORDERS:
            raise BorgRunError(f"the order is {self.order!r}, expected one of {', '.join(ORDERS)}")
        for scorer in (self.scorer, *(name for _, name in self.scorers)):
            if scorer not in SCORERS:
                raise BorgRunError(f"the scorer is {scorer!r}, expected one of {', '.join(SCORERS)}")
        _check_names(workload, self.extras, self.crashes)
        _check_faults(workload, self.faults, self.duration_ms)
        return self

    def borg_jobs(self, workload: Workload) -> dict[str, BorgJob]:
        """The jobs of which Borg knows more than the common words.

        Raises:
            BorgRunError: an extra that no job has.
        """
        known = {job.name: job for job in workload.jobs}
        try:
            return {name: BorgJob.of(known[name])._replace(**more).checked() for name, more in self.extras.items()}
        except ValueError as error:
            raise BorgRunError(f"the extras {dict(self.extras)!r} are not those of a Borg job: {error}") from error

    def plain(self) -> dict[str, Any]:
        """As values that a trace can keep."""
        faults = tuple(fault.format() for fault in self.faults)
        quota = None if self.quota is None else [list(grant) for grant in self.quota]
        values = {name: dict(value._asdict()) for name, value in (("switches", self.switches), ("estimation", self.estimation))}
        return {**self._asdict(), **values, "faults": faults, "quota": quota}


def planned(faults: Iterable[Fault | str]) -> tuple[Fault, ...]:
    """Faults as values, in the order of their time; those of one instant keep theirs."""
    read = (fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults)
    return tuple(sorted(read, key=lambda fault: fault.at_us))


def _check_names(workload: Workload, extras: Mapping[str, Any], crashes: Mapping[str, Iterable[str]]) -> None:
    jobs, machines = {job.name for job in workload.jobs}, {machine.name for machine in workload.machines}
    for name in (*extras, *crashes):
        if name not in jobs:
            raise BorgRunError(f"met the job {name!r}, expected one of the workload's {len(jobs)} jobs")
    for name in (machine for bad in crashes.values() for machine in bad):
        if name not in machines:
            raise BorgRunError(f"met the machine {name!r} in crashes, expected one of the workload's {len(machines)} machines")


def _check_faults(workload: Workload, faults: tuple[Fault, ...], duration_ms: int) -> None:
    machines = {machine.name for machine in workload.machines}
    for fault in faults:
        names = fault.names()
        of_machine = fault.kind in OF_MACHINES and set(names) <= machines
        of_replica = fault.kind in OF_REPLICAS and set(names) <= {*REPLICAS, *((MASTER, MASTERS, SCHEDULER) if len(names) == 1 else ())}
        if not (of_machine or of_replica):
            raise BorgRunError(
                f"met the fault {fault.format()!r}, expected 'crash', 'restart', 'pause' or 'resume' of a machine, or 'crash', 'restart', "
                f"'partition' or 'heal' of {', '.join(REPLICAS)}; 'crash' and 'restart' also of 'master', 'masters' or 'scheduler'"
            )
        if fault.at_us > duration_ms * 1_000:
            raise BorgRunError(f"{fault.format()!r} is after the end, expected a time up to {duration_ms} ms")
