"""Why share at all? The same frameworks on a cluster cut into fixed parts, and on one that they share by offers.

Before Mesos each framework had its own machines. When Hadoop is busy and Spark has nothing to do, Spark's machines stand idle. So four
frameworks with bursts of work at different times run twice: every framework on a quarter of the agents, and all of them on all agents.

Source: Hindman et al., NSDI 2011, section 6.1 and table 3: 96 nodes of 4 CPUs and 15 GB, four frameworks (a mix of Hadoop jobs, large
Hadoop jobs, Spark, Torque with MPI), 24 nodes each in the static case; sharing raised the use of CPU by 10 % and of memory by 17 %. Their
jobs are not published one by one, so ours are made; what can be compared is the direction, not the per cent.
Left out: frameworks whose tasks differ.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import Resources

NODE = Resources.of(cpu="4", memory="15Gi")
FRAMEWORKS = {
    "hadoop": Resources.of(cpu="1", memory="2Gi"), "large-hadoop": Resources.of(cpu="1", memory="4Gi"),
    "spark": Resources.of(cpu="1", memory="6Gi"), "torque": Resources.of(cpu="2", memory="2Gi"),
}  # fmt: skip
"""Framework → what one of its tasks needs."""


class Sharing(NamedTuple):
    """The same jobs twice: each framework kept to its own part of the agents, and all on all."""

    partitioned: Workload
    shared: Workload


def four_frameworks(random: Random, *, agents: int = 16, jobs: int = 20) -> Sharing:
    """Bursts of work of four frameworks, and the two ways to give them machines.

    >>> both = four_frameworks(Random(7))
    >>> len(both.shared.machines), both.partitioned.jobs[0].constraints == {"owner": both.partitioned.jobs[0].user}
    (16, True)
    """
    names = tuple(FRAMEWORKS)
    machines = [Machine(f"m{number:02d}", NODE, Frozen(owner=names[number % len(names)])) for number in range(agents)]
    free, arrival_ms = list[Job](), 0
    for number in range(jobs):
        arrival_ms += random.randrange(200, 1_800)
        user, tasks, duration_ms = random.choice(names), random.randrange(agents // 3, 5 * agents // 2), random.randrange(2_000, 7_000)
        free.append(Job(f"{user}-{number}", user, FRAMEWORKS[user], tasks=tasks, arrival_ms=arrival_ms, duration_ms=duration_ms))
    kept = [job._replace(constraints=Frozen(owner=job.user)) for job in free]
    return Sharing(Workload.of(machines, kept), Workload.of(machines, free))
