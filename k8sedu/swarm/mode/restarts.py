"""When a task ends: is there to be another one, and when may it start?

A task that ended is never started again. A new one takes its slot, with the desired state *ready*: it is placed and its image is fetched
while the delay still runs, and only then is it told to run. The delay is what keeps a container that dies at once from dying a hundred
times a second.

Source: moby/swarmkit, manager/orchestrator/restart/restart.go (Restart, ShouldRestart, DelayStart; an old task is waited for one minute).
Left out: the backoff that grows with each failure.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.store import Store
from k8sedu.swarm.mode.task import STATES, Task

OLD_TASK_TIMEOUT_MS = 60_000


class Waiting(NamedTuple):
    """A task that is ready and may run later: not before `due_ms`, and not before another one has ended (for a minute at most)."""

    due_ms: int
    after: str = ""
    at_last_ms: int = 0


class Restarts:
    """The restarts that the leader has in mind.

    Args:
        history: (service, version, slot or node) → when its tasks were replaced.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Waiting] = {}
        self.history: dict[tuple[str, int, int, str], list[int]] = {}

    def replace(self, task: Task, service: Service, store: Store, *, new_id: str, now_ms: int) -> list[Task]:
        """Give up a task, and make another one for its slot if the policy says so. The old one is shut down in any case."""
        changes = [task._replace(desired="shutdown")]
        if not self.should_restart(task, service, now_ms=now_ms):
            return changes
        node = store.nodes.get(task.node)
        drained = node is not None and node.availability == "drain"
        dead = task.is_over or node is None or node.status == "down"
        delay_ms = 0 if drained else service.restart.delay_ms
        fresh = Task(new_id, service.name, service.version, service.spec, task.slot, desired="ready", since_ms=now_ms)
        if not task.slot:
            fresh = fresh._replace(node=task.node)
        self.delay(fresh.task_id, now_ms=now_ms, delay_ms=delay_ms, after="" if dead else task.task_id)
        self.history.setdefault((service.name, service.version, *task.place), []).append(now_ms)
        return [*changes, fresh]

    def should_restart(self, task: Task, service: Service, *, now_ms: int) -> bool:
        """What the policy says about a task that has ended.

        >>> from k8sedu.swarm.mode.service import Restart, Spec
        >>> once = Service("web", Spec("web:1"), restart=Restart(condition="on-failure"))
        >>> task = Task("t", "web", 1, once.spec, slot=1)
        >>> [Restarts().should_restart(task._replace(state=state), once, now_ms=0) for state in ("complete", "failed")]
        [False, True]
        """
        policy = service.restart
        if policy.condition == "none" or (policy.condition == "on-failure" and task.state == "complete"):
            return False
        if not policy.max_attempts:
            return True
        times = self.history.get((service.name, service.version, *task.place), [])
        recent = [time_ms for time_ms in times if not policy.window_ms or now_ms - time_ms <= policy.window_ms]
        return len(recent) < policy.max_attempts

    def delay(self, task_id: str, *, now_ms: int, delay_ms: int = 0, after: str = "") -> None:
        """Let a task become running after a time, and after another task has ended."""
        self.waiting[task_id] = Waiting(now_ms + delay_ms, after, now_ms + delay_ms + OLD_TASK_TIMEOUT_MS)

    def due(self, store: Store, *, now_ms: int) -> list[Task]:
        """The tasks that may run now; they are waited for no longer."""
        found = []
        for task_id, waiting in list(self.waiting.items()):
            task = store.tasks.get(task_id)
            if task is None:
                continue  # its batch is still on its way to the others
            if task.desired != "ready":
                del self.waiting[task_id]
            elif self._may_start(waiting, store, now_ms):
                found.append(task._replace(desired="running"))
        return found

    def _may_start(self, waiting: Waiting, store: Store, now_ms: int) -> bool:
        if now_ms < waiting.due_ms:
            return False
        old = store.tasks.get(waiting.after)
        gone = old is None or old.is_over or STATES[old.state] < STATES["assigned"]
        lost = old is not None and old.node in store.nodes and store.nodes[old.node].status == "down"
        return gone or lost or now_ms >= waiting.at_last_ms

    def next_ms(self, now_ms: int) -> int | None:
        """When something will be due by the clock alone."""
        times = [time_ms for each in self.waiting.values() for time_ms in (each.due_ms, each.at_last_ms) if time_ms > now_ms]
        return min(times, default=None)

    def resume(self, store: Store, *, now_ms: int) -> None:
        """A new leader takes over the tasks that are ready and not told to run: their delay begins anew."""
        for task in store.tasks.values():
            if task.desired == "ready" and not task.is_over:
                service = store.services[task.service]
                older = [other for other in store.tasks_of(task.service) if other.place == task.place and other.task_id != task.task_id]
                running = next((other.task_id for other in reversed(older) if not other.is_over), "")
                self.delay(task.task_id, now_ms=now_ms, delay_ms=service.restart.delay_ms, after=running)
