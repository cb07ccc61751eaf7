"""A rolling update: the tasks of a service are replaced slot by slot, watched, and if too many fail the update pauses or goes back.

With *stop-first* the old task is told to stop, and the new one may run when it has ended; with *start-first* the new one runs beside the
old one, which is stopped after that. A new task that ends before it runs, or within the monitoring time after its start, is a failure. If
the share of failures among all slots exceeds the limit, the failure action is taken: **pause** leaves the service half and half, and only
a person goes on from there; **rollback** makes the former version the wish again, and another update, with the rollback's own settings,
leads there; **continue** looks away. A rollback is never rolled back: if it fails, it pauses.

An updater lives in the leader's memory. What must survive the leader is in the service: its version and its status. The next leader looks
for slots of another version and goes on.

Source: moby/swarmkit, manager/orchestrator/update/updater.go (Run, worker, updateTask, rollbackUpdate).
Left out: tasks that had ended and were not to be restarted when the update began.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from k8sedu.swarm.mode.restarts import Restarts
from k8sedu.swarm.mode.service import Service, Update
from k8sedu.swarm.mode.store import Change, Store
from k8sedu.swarm.mode.task import STATES, Task

Place = tuple[int, str]


class Worker(NamedTuple):
    """One of the slots that are being replaced now: its new task, and until when to wait after that has started."""

    place: Place
    task_id: str
    until_ms: int | None = None


class Updater:
    """The update of one service to its present version.

    Args:
        service: as it is wished now.
        places: the slots (or nodes) whose tasks are of another version.
        restarts: what starts the new tasks when the old ones have ended.
    """

    def __init__(self, service: Service, places: list[Place], restarts: Restarts) -> None:
        self.name, self.version, self.replicas = service.name, service.version, service.replicas
        self.is_rollback = service.is_rolling_back
        self.config: Update = service.rollback if self.is_rollback else service.update
        self.restarts = restarts
        self.queue = list(places)
        self.total = len(places)
        self.workers: list[Worker] = []
        self.started: dict[str, int | None] = {}
        """The new tasks → when they began to run."""
        self.failed: dict[str, None] = {}
        self.monitor_until_ms: int | None = None
        self.is_done = False

    def step(self, store: Store, new_id: Callable[[], str], *, now_ms: int) -> list[Change]:
        """Look at what has happened and do what follows: the objects that change."""
        self._note_starts(store, now_ms)
        stopped = self._judge(store, now_ms)
        if stopped is not None:
            self.is_done = True
            return [stopped]
        changes = self._advance(store, now_ms)
        changes += self._begin(store, new_id, now_ms)
        if not self.queue and not self.workers:
            changes += self._finish(store, now_ms)
        return changes

    def next_ms(self, now_ms: int) -> int | None:
        """When something will be due by the clock alone."""
        times = [worker.until_ms for worker in self.workers if worker.until_ms is not None]
        times += [self.monitor_until_ms] if self.monitor_until_ms is not None else []
        return min((time_ms for time_ms in times if time_ms > now_ms), default=None)

    # -- watching ------------------------------------------------------------------------------------------------------------------------

    def _note_starts(self, store: Store, now_ms: int) -> None:
        for task_id, since_ms in self.started.items():
            task = store.tasks.get(task_id)
            if since_ms is None and task is not None and STATES[task.state] >= STATES["running"]:
                self.started[task_id] = now_ms

    def _judge(self, store: Store, now_ms: int) -> Service | None:
        """The service with its update paused or rolled back, if too many have failed."""
        for task_id, since_ms in self.started.items():
            task = store.tasks.get(task_id)
            if task is None or not task.is_over or task_id in self.failed or _was_asked_to_stop(task):
                continue
            if since_ms is None or now_ms - since_ms <= self.config.monitor_ms:
                self.failed[task_id] = None
                if self.config.failure_action != "continue" and len(self.failed) > self.config.max_failure_ratio * self.total:
                    return self._stopped(store.services[self.name], task_id)
        return None

    def _stopped(self, service: Service, task_id: str) -> Service:
        kind = "rollback" if self.is_rollback else "update"
        if self.config.failure_action == "rollback" and not self.is_rollback and service.previous is not None:
            return service.rolled_back(f"update rolled back due to failure or early termination of task {task_id}")
        status = "rollback_paused" if self.is_rollback else "paused"
        return service._replace(status=status, message=f"{kind} paused due to failure or early termination of task {task_id}")

    # -- doing ---------------------------------------------------------------------------------------------------------------------------

    def _advance(self, store: Store, now_ms: int) -> list[Change]:
        """Workers whose new task runs: with start-first the old one is stopped now; then the delay."""
        changes: list[Change] = []
        still = []
        for worker in self.workers:
            task = store.tasks.get(worker.task_id)
            if worker.until_ms is None and task is not None and STATES[task.state] >= STATES["running"]:
                if task.state == "running":
                    changes += [_shut_down(old) for old in self._wanted(store, worker.place) if old.task_id != worker.task_id]
                worker = worker._replace(until_ms=now_ms + self.config.delay_ms)  # noqa: PLW2901  # the same worker, one step further
            if worker.until_ms is None or worker.until_ms > now_ms:
                still.append(worker)
        self.workers = still
        return changes

    def _begin(self, store: Store, new_id: Callable[[], str], now_ms: int) -> list[Change]:
        """Let free workers take the next slots."""
        changes: list[Change] = []
        service = store.services[self.name]
        while self.queue and len(self.workers) < (self.config.parallelism or self.total):
            if not service.status:
                service = service._replace(status="updating", message="update in progress")
                changes.append(service)
            place = self.queue.pop(0)
            old = self._wanted(store, place)
            clean = next((task for task in old if task.version == self.version), None)
            if clean is not None:  # the leader before us had begun with it
                changes += [_shut_down(task) for task in old if task is not clean]
                continue
            changes += self._replace(service, place, old, new_id(), now_ms)
        return changes

    def _replace(self, service: Service, place: Place, old: list[Task], task_id: str, now_ms: int) -> list[Change]:
        fresh = Task(task_id, service.name, service.version, service.spec, place[0], place[1], desired="ready", since_ms=now_ms)
        self.started[task_id] = None
        self.workers.append(Worker(place, task_id))
        if self.config.order == "start-first":
            self.restarts.delay(task_id, now_ms=now_ms)
            return [fresh]
        running = next((task.task_id for task in reversed(old) if not task.is_over), "")
        self.restarts.delay(task_id, now_ms=now_ms, after=running)
        return [fresh, *map(_shut_down, old)]

    def _finish(self, store: Store, now_ms: int) -> list[Change]:
        """Watch for one more monitoring time; then the update is complete."""
        if self.monitor_until_ms is None:
            self.monitor_until_ms = now_ms + (self.config.monitor_ms if self.total else 0)
        if now_ms < self.monitor_until_ms:
            return []
        self.is_done = True
        service = store.services[self.name]
        if self.is_rollback:
            return [service._replace(status="rollback_completed", message="rollback completed")]
        return [service._replace(status="completed", message="update completed")]

    def _wanted(self, store: Store, place: Place) -> list[Task]:
        return [task for task in store.tasks_of(self.name) if task.place == place and task.is_wanted]


def _was_asked_to_stop(task: Task) -> bool:
    """A task that ended because the managers wished it, as when its node is emptied, is no failure."""
    return task.state == "shutdown" and not task.is_wanted


def _shut_down(task: Task) -> Task:
    return task._replace(desired="shutdown")
