"""How a run of swarm mode is written down: the tasks of services under the names that every manager of this course uses.

A task of the common words is `web/0`: a job and an index. Swarm mode makes a *new* task whenever one ends, and during an update a slot has
two. So the first version of service `web` is the job `web`, its second the job `web@2`, and a task of slot 1 is `web/0` or `web@2/0`; a
second one under the same name (a node is emptied while another starts) becomes `web/0b`.

Left out: tasks that never got further than being wished for and were given up again; they leave no step.
"""

from __future__ import annotations

from typing import Any

from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.task import Task
from k8sedu.workload.jobs import Job
from k8sedu.workload.sim import Scribe, reasons_of

LETTERS = ("", "b", "c", "d", "e", "f", "g", "h")


class Ledger:
    """Which task of swarm mode stands under which name, and what of it was written down.

    Args:
        scribe: keeps the books of the machines.
        jobs: name → job, also of versions that may come.
        nodes: for the indices of global services.
    """

    def __init__(self, scribe: Scribe, jobs: dict[str, Job], nodes: list[str]) -> None:
        self.scribe, self.jobs, self.nodes = scribe, jobs, nodes
        self.names: dict[str, str] = {}
        """Task id → its name in the books, as long as it is queued or runs."""

    def job_of(self, service: str, version: int) -> Job:
        """The job of one version of a service."""
        return self.jobs[service if version == 1 else f"{service}@{version}"]

    def submitted(self, now_us: int, service: Service, order: str) -> None:
        """A service is new, or has a new version; tasks are made one by one afterwards."""
        job = self.job_of(service.name, service.version)
        detail = {"version": service.version, "image": service.spec.image, "order": order}
        self.scribe.submit(now_us, job._replace(tasks=0), **detail, replicas=service.replicas)

    def made(self, task: Task) -> None:
        """A task is wished for."""
        job = self.job_of(task.service, task.version)
        index = task.slot - 1 if task.slot else self.nodes.index(task.node)
        taken = [*self.names.values(), *self.scribe.queue]
        name = next(
            name for letter in LETTERS for name in [f"{job.name}/{index}{letter}"] if name not in taken and name not in self.scribe.cluster
        )
        self.names[task.task_id] = name
        self.scribe.enqueue(name, job)

    def assigned(self, now_us: int, task: Task, verdicts: dict[str, str]) -> bool:
        """A task has a node; False where that machine is down, which the managers do not know yet."""
        name = self.names.get(task.task_id, "")
        if name not in self.scribe.queue or not self.scribe.cluster.is_up(task.node):
            return False
        self._consider(name, verdicts, chosen=task.node)
        more = {"id": task.task_id, "message": task.message}
        self.scribe.place(now_us, name, self.job_of(task.service, task.version), task.node, **more)
        return True

    def refused(self, now_us: int, task: Task, verdicts: dict[str, str]) -> None:
        """No node can take a task now."""
        name = self.names.get(task.task_id, "")
        if name in self.scribe.queue:
            self._consider(name, verdicts)
            self.scribe.refuse(now_us, name, reasons_of(verdicts.values()))

    def ended(self, now_us: int, task: Task, state: str) -> None:
        """A container has ended: done, shut down, or failed."""
        name = self.names.pop(task.task_id, "")
        if name in self.scribe.cluster:
            if state == "failed":
                self.scribe.fail(now_us, name)
                self.scribe.withdraw(name)  # another task will take its slot, or none
            else:
                self.scribe.finish(now_us, name)

    def given_up(self, task: Task) -> None:
        """A task that never ran is not wanted any more."""
        name = self.names.get(task.task_id, "")
        if name in self.scribe.queue:
            self.scribe.withdraw(name)
            del self.names[task.task_id]

    def machine_down(self, now_us: int, node: str) -> None:
        """A machine is gone with what ran on it."""
        lost = self.scribe.machine_down(now_us, node, requeue=False)
        gone = {placed.task: None for placed in lost}
        self.names = {task_id: name for task_id, name in self.names.items() if name not in gone}

    def _consider(self, name: str, verdicts: dict[str, str], *, chosen: str = "") -> None:
        seen: dict[str, tuple[str, float | None]] = {node: (out, None) for node, out in verdicts.items() if node != chosen}
        self.scribe.consider(name, seen, chosen=chosen)


def with_versions(jobs: dict[str, Job], versions: dict[str, int]) -> dict[str, Job]:
    """The jobs of all versions that may come: `web`, `web@2`, `web@3`.

    >>> from k8sedu.workload.resources import Resources
    >>> list(with_versions({"web": Job("web", "ann", Resources())}, {"web": 2}))
    ['web', 'web@2', 'web@3']
    """
    more: dict[str, Any] = {
        f"{name}@{version}": jobs[name]._replace(name=f"{name}@{version}")
        for name, count in versions.items()
        for version in range(2, count + 2)
    }
    return {**jobs, **more}
