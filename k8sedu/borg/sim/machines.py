"""The machines in simulated time: borglets that carry out orders, tasks that end, machines that fail or cannot be reached.

What is here is the truth. The master learns of it by polls, later, and of some of it never: a task may finish while nobody leads, and a
machine behind a broken switch goes on with everything that it has.

Left out: how long packages take to install (in the paper 25 s, most of a task's start); an order takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import simpy

from k8sedu.borg.borglet import Borglet, Report, State
from k8sedu.workload.jobs import Job
from k8sedu.workload.resources import Resources

ORDER_US = 1_000
Told = Callable[[str, str, Mapping[str, Any]], None]


class Machines:
    """The borglets of a cell.

    Args:
        crashes: job → the machines on which its tasks crash, `crash_after_ms` after they were started there.
        told: is told (kind, machine, detail) of what happens on machines.
    """

    def __init__(
        self, env: simpy.Environment, names: Iterable[str], *, told: Told, crashes: Mapping[str, Iterable[str]], crash_after_ms: int = 500,
    ) -> None:  # fmt: skip
        self.env, self.told = env, told
        self.borglets = {name: Borglet(name) for name in names}
        self.working = dict.fromkeys(self.borglets, True)
        self.reachable = dict.fromkeys(self.borglets, True)
        self.crashes = {job: tuple(machines) for job, machines in crashes.items()}
        self.crash_after_us = crash_after_ms * 1_000
        self.ordered: dict[str, str] = {}
        """Tasks whose order to start is on its way → the machine."""
        self._lives: dict[tuple[str, str], int] = {}

    def answers(self, name: str) -> bool:
        """Whether a poll of this machine is answered."""
        return self.working[name] and self.reachable[name]

    def ask(self, name: str) -> Report | None:
        """A poll: the whole state, or nothing."""
        return self.borglets[name].report() if self.answers(name) else None

    # -- orders, which get lost where nobody answers -----------------------------------------------------------------------------------

    def start(self, task: str, job: Job, machine: str, used: Resources) -> None:
        """Order a task to be started."""
        self.ordered[task] = machine
        self._later(ORDER_US, lambda: self._start(task, job, machine, used))

    def stop(self, task: str, machine: str) -> None:
        """Order a task to be stopped."""
        self._later(ORDER_US, lambda: self.answers(machine) and self.borglets[machine].stop(task))

    def _start(self, task: str, job: Job, machine: str, used: Resources) -> None:
        self.ordered.pop(task, None)
        if not self.answers(machine):
            return
        borglet = self.borglets[machine]
        borglet.start(task, used)
        self._lives[machine, task] = life = self._lives.get((machine, task), 0) + 1
        if machine in self.crashes.get(job.name, ()):
            self._later(self.crash_after_us, lambda: self._end(task, machine, life, "failed"))
        elif job.duration_ms is not None:
            self._later(job.duration_ms * 1_000, lambda: self._end(task, machine, life, "finished"))

    def _end(self, task: str, machine: str, life: int, state: State) -> None:
        if self._lives.get((machine, task)) == life and task in self.borglets[machine]:
            self.borglets[machine].end(task, state)
            self.told("task_ended", machine, {"task": task, "state": state})

    # -- failures ----------------------------------------------------------------------------------------------------------------------

    def crash(self, name: str) -> bool:
        """A machine fails with everything on it. False if it was down."""
        if not self.working[name]:
            return False
        self.working[name] = False
        self.told("machine_crash", name, {"tasks": self.borglets[name].crash()})
        return True

    def restart(self, name: str) -> bool:
        """A machine is switched on again, empty. False if it was on."""
        if self.working[name]:
            return False
        self.working[name] = True
        self.told("machine_restart", name, {})
        return True

    def reach(self, name: str, *, on: bool) -> bool:
        """Cut a machine off, or connect it again; its tasks do not notice. False if nothing changes."""
        if self.reachable[name] == on:
            return False
        self.reachable[name] = on
        self.told("machine_reconnected" if on else "machine_cut_off", name, {"tasks": self.borglets[name].running})
        return True

    def _later(self, delay_us: int, action: Callable[[], Any]) -> None:
        self.env.timeout(delay_us).callbacks.append(lambda _: action())
