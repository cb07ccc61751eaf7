"""A run made of single steps that somebody took by hand: what the laboratory of placement shows.

Left out: other hosts than these four; `simulate` takes any workload.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from k8sedu.swarm.sim import simulate
from k8sedu.trace import Trace
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import Resources

GAP_MS = 1_000
SIZES = {"small": ("1", "1Gi"), "large": ("3", "4Gi")}
HOSTS = (("m1", "4"), ("m2", "4"), ("m3", "8"), ("m4", "8"))
"""Name and cores; each core has two GiB."""


class Click(NamedTuple):
    """One thing that was done: `small`, `large`, or `crash` and `restart` of a host or the manager."""

    what: str
    target: str = ""


def by_hand(clicks: Sequence[Click], *, strategy: str = "spread", reschedules: bool = False, seed: int = 0) -> Trace:
    """The run in which this was done, a click a second.

    >>> [step.detail.machine for step in by_hand([Click("small"), Click("small")]).where("place")]
    ['m3', 'm4']
    """
    machines = [Machine(name, Resources.of(cpu=cores, memory=f"{2 * int(cores)}Gi")) for name, cores in HOSTS]
    jobs, faults = list[Job](), list[str]()
    for number, click in enumerate(clicks, start=1):
        at_ms = GAP_MS * number
        if click.what in SIZES:
            cpu, memory = SIZES[click.what]
            jobs.append(Job(f"{click.what}-{number}", click.what, Resources.of(cpu=cpu, memory=memory), arrival_ms=at_ms))
        else:
            faults.append(f"at {at_ms} {click.what} {click.target}")
    return simulate(
        Workload.of(machines, jobs), seed=seed, duration_ms=GAP_MS * (len(clicks) + 4), faults=faults, strategy=strategy, detect_ms=500,
        reschedule="on-node-failure" if reschedules else "",
    )  # fmt: skip
