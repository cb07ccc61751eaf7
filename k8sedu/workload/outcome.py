"""What came of a schedule: one row of numbers for each manager, so that they can be compared.

Everything is computed from the steps of a trace and from the workload in its parameters, never from frames: a long run that only counts can
be measured as well. Means over time weigh each state with how long it lasted.

- **utilisation**: asked for by running tasks, of what the machines have (machines that are down count as machines: they are paid for).
- **stranded**: free, but of no use: on a machine with 10 % of its memory and 60 % of its cores free, 50 % of the cores are stranded.
- **wait**: from the arrival of a job to the first placement of each of its tasks, by priority.
- **recovery**: from the failure of a machine, whenever the manager learns of it, to the next placement of each task that was lost.
- **fairness**: Jain's index over the users' mean dominant shares: 1 when all have the same, 1/n when one has everything.

Source: stranded resources, Verma et al., EuroSys 2015, section 3.2; dominant share, Ghodsi et al., NSDI 2011; Jain, Chiu, Hawe 1984.
Left out: what tasks really use. A request is taken as used.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.trace import Step, Trace
from k8sedu.workload.resources import NAMES


class OutcomeError(K8sEduError, ValueError):
    """A trace that is not of a schedule."""


class Outcome(NamedTuple):
    """The numbers of one run. Ratios are from 0 to 1, waits in milliseconds; `utilisation` and `stranded` are by resource."""

    system: str
    utilisation: dict[str, float]
    stranded: dict[str, float]
    wait_ms: dict[int, float]
    wait_ms_max: dict[int, float]
    placed: int
    pending: int
    finished: int
    preemptions: int
    lost: int
    recovered: int
    recovery_ms: float
    fairness: float


def outcome(trace: Trace) -> Outcome:
    """Measure one run; O(steps × machines that changed).

    Raises:
        OutcomeError: the trace has no workload in its parameters.
    """
    if "machines" not in trace.parameters or "jobs" not in trace.parameters:
        raise OutcomeError(f"the trace of {trace.system!r} has no workload in its parameters, expected a run of a cluster manager")
    books = _Books(trace)
    for step in trace:
        books.follow(step)
    return books.outcome(trace.system)


class _Books:
    """Follows a run step by step and sums what was, for as long as it was."""

    def __init__(self, trace: Trace) -> None:
        self.machines, self.jobs = trace.parameters.machines, trace.parameters.jobs
        self.names = [name for name in NAMES if any(machine.capacity.get(name) for machine in self.machines.values())]
        self.capacity = {name: sum(machine.capacity.get(name, 0) for machine in self.machines.values()) for name in self.names}
        self.used: dict[str, dict[str, int]] = {machine: dict.fromkeys(self.names, 0) for machine in self.machines}
        self.stranded_on = {machine: self._stranded(machine) for machine in self.machines}
        self.sum_used, self.sum_stranded = dict.fromkeys(self.names, 0), self._sum_stranded()
        self.area_used, self.area_stranded = dict.fromkeys(self.names, 0.0), dict.fromkeys(self.names, 0.0)
        self.by_user: dict[str, dict[str, int]] = {job.user: dict.fromkeys(self.names, 0) for job in self.jobs.values()}
        self.area_user: dict[str, float] = dict.fromkeys(self.by_user, 0.0)
        self.waits: dict[int, list[float]] = defaultdict(list)
        self.submitted: dict[str, int] = {}
        self.running: dict[str, str] = {}
        self.lost_at: dict[str, int] = {}
        self.recoveries: list[int] = []
        self.counts: dict[str, int] = defaultdict(int)
        self.first: dict[str, None] = {}
        self.now_us = 0

    def follow(self, step: Step) -> None:
        self._let_pass(step.time_us)
        self.counts[step.kind] += 1
        detail = step.detail
        if step.kind == "submit":
            self.submitted[detail.job] = detail.get("arrived_us", step.time_us)
        elif step.kind == "place":
            self._place(step.time_us, detail.task, detail.machine)
        elif step.kind in {"preempt", "finish", "fail", "delete"}:
            self._take_off(detail.task)
        elif step.kind == "lost":
            self._take_off(detail.task)
            self.lost_at[detail.task] = detail.get("since_us", step.time_us)

    def _let_pass(self, time_us: int) -> None:
        """Weigh the present state with the time until the next step."""
        lasted, self.now_us = time_us - self.now_us, time_us
        if not lasted:
            return
        for name in self.names:
            self.area_used[name] += lasted * self.sum_used[name] / self.capacity[name]
            self.area_stranded[name] += lasted * self.sum_stranded[name] / self.capacity[name]
        for user, used in self.by_user.items():
            self.area_user[user] += lasted * max(used[name] / self.capacity[name] for name in self.names)

    def _place(self, time_us: int, task: str, machine: str) -> None:
        job = self.jobs[task.rpartition("/")[0]]
        if task not in self.first:
            self.first[task] = None
            self.waits[job.priority].append((time_us - self.submitted[task.rpartition("/")[0]]) / 1000)
        if task in self.lost_at:
            self.recoveries.append(time_us - self.lost_at.pop(task))
        self.running[task] = machine
        self._book(task, machine, sign=1)

    def _take_off(self, task: str) -> None:
        machine = self.running.pop(task, None)
        if machine is not None:
            self._book(task, machine, sign=-1)

    def _book(self, task: str, machine: str, *, sign: int) -> None:
        job = self.jobs[task.rpartition("/")[0]]
        for name, amount in job.request.items():
            self.used[machine][name] += sign * amount
            self.sum_used[name] += sign * amount
            self.by_user[job.user][name] += sign * amount
        before, after = self.stranded_on[machine], self._stranded(machine)
        self.stranded_on[machine] = after
        for name in self.names:
            self.sum_stranded[name] += after[name] - before[name]

    def _stranded(self, machine: str) -> dict[str, float]:
        """What is free of each resource beyond the part that the scarcest one still allows."""
        capacity, used = self.machines[machine].capacity, self.used[machine]
        free = {name: max(0, capacity.get(name, 0) - used[name]) for name in self.names}
        scarcest = min((free[name] / capacity[name] for name in self.names if capacity.get(name)), default=0.0)
        return {name: free[name] - scarcest * capacity.get(name, 0) for name in self.names}

    def _sum_stranded(self) -> dict[str, float]:
        return {name: sum(on[name] for on in self.stranded_on.values()) for name in self.names}

    def outcome(self, system: str) -> Outcome:
        span = self.now_us or 1
        asked = sum(self.jobs[job].tasks for job in self.submitted)
        shares = [area / span for area in self.area_user.values()]
        return Outcome(
            system=system,
            utilisation={name: self.area_used[name] / span for name in self.names},
            stranded={name: self.area_stranded[name] / span for name in self.names},
            wait_ms={priority: sum(waits) / len(waits) for priority, waits in sorted(self.waits.items())},
            wait_ms_max={priority: max(waits) for priority, waits in sorted(self.waits.items())},
            placed=len(self.first),
            pending=asked - self.counts["finish"] - self.counts["delete"] - len(self.running),
            finished=self.counts["finish"],
            preemptions=self.counts["preempt"],
            lost=self.counts["lost"],
            recovered=len(self.recoveries),
            recovery_ms=sum(self.recoveries) / len(self.recoveries) / 1000 if self.recoveries else 0.0,
            fairness=jain(shares),
        )


def jain(shares: list[float]) -> float:
    """Jain's index of fairness: 1 when all have the same, 1/n when one has everything.

    >>> jain([0.2, 0.2]), jain([0.4, 0.0]), jain([])
    (1.0, 0.5, 1.0)
    """
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0
