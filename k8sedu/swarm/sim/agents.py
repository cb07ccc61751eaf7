"""A node of swarm mode: it starts and stops containers as it was last told, says how they are, and calls every five seconds.

A node needs managers to be told something new, and for nothing else. While none leads it goes on with what it has, keeps its reports, and
looks for a leader; to whoever leads next it reports everything that it could not tell.

Source: moby/swarmkit, agent/agent.go, session.go (backoff) and manager/dispatcher (heartbeats of 5 s, give or take half a second).
Left out: pulling an image as bytes; preparing takes a time.
"""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

import simpy

from k8sedu.swarm.mode.manager import HEARTBEAT_MS, Manager
from k8sedu.swarm.mode.task import STATES, Task

EPSILON_MS = 500
BACKOFF_MS = (100, 1_000)
REPLY_US = (400, 1_500)


class Around(Protocol):
    """What a node sees of the world."""

    env: simpy.Environment
    manager: Manager | None
    chosen: dict[str, Any]

    def kick(self, delay_us: int = 0) -> None:
        """Let the leader look at what it was told."""

    def stopped(self, task: Task, state: str, message: str) -> None:
        """A container has ended, however it was."""

    def running(self, task: Task) -> None:
        """A container runs."""


class Container:
    """A container on a node, with the task that it stands for as the node was last told."""

    def __init__(self, task: Task, env: simpy.Environment) -> None:
        self.task = task
        self.news = env.event()
        self.runs = False


class Agent:
    """One node."""

    def __init__(self, name: str, around: Around, rng: Random) -> None:
        self.name, self.around, self.rng = name, around, rng
        self.is_up = True
        self.life = 1
        self.containers: dict[str, Container] = {}
        self.unsent: dict[str, tuple[str, str]] = {}
        self.over: dict[str, None] = {}
        """Tasks that have ended here: nothing that arrives late starts them again."""

    # -- calling -------------------------------------------------------------------------------------------------------------------------

    def call(self) -> Any:
        """Find a leader, then call again and again."""
        life, known = self.life, None
        while self.is_up and self.life == life:
            manager = self.around.manager
            if manager is None:
                known = None
                yield self._wait(self.rng.randint(*BACKOFF_MS) * 1_000)
                continue
            if manager is not known:
                known = manager
                yield self._wait(self.rng.randint(*BACKOFF_MS) * 1_000)
                if self.around.manager is not manager or self.life != life or not self.is_up:
                    continue
            manager.heartbeat(self.name, now_ms=self._now_ms)
            self._flush()
            self.around.kick()
            yield self._wait((HEARTBEAT_MS + self.rng.randint(-EPSILON_MS, EPSILON_MS)) * 1_000)

    def report(self, task_id: str, state: str, message: str) -> None:
        """Tell the leader, or keep it until there is one."""
        self.unsent[task_id] = (state, message)
        self._flush()

    def _flush(self) -> None:
        manager = self.around.manager
        if manager is None or not self.is_up:
            return
        for task_id, (state, message) in self.unsent.items():
            manager.report(task_id, state, message)
        if self.unsent:
            self.unsent = {}
            self.around.kick(self.rng.randint(*REPLY_US))

    # -- being told ----------------------------------------------------------------------------------------------------------------------

    def told(self, task: Task) -> None:
        """The managers want this of a task that is assigned here."""
        if not self.is_up or task.task_id in self.over or task.is_over:
            return
        container = self.containers.get(task.task_id)
        if container is None:
            if task.is_wanted:
                container = self.containers[task.task_id] = Container(task, self.around.env)
                self.around.env.process(self._live(container, self.life))
            else:
                self._end(task, "shutdown", "shutdown")
            return
        if container.task.desired != task.desired:
            container.task = task
            news, container.news = container.news, self.around.env.event()
            news.succeed()

    def crash(self) -> None:
        """The machine is gone with everything on it."""
        self.is_up = False
        self.life += 1
        for task_id in self.containers:
            self.over[task_id] = None
        self.containers.clear()
        self.unsent.clear()

    def restart(self, assigned: list[Task]) -> None:
        """The machine is back. What it was to run is dead, and it says so."""
        self.is_up = True
        self.life += 1
        for task in assigned:
            self.over[task.task_id] = None
            had_run = "failed" if STATES[task.state] >= STATES["starting"] else "rejected"
            state = had_run if task.is_wanted else "shutdown"
            self.unsent[task.task_id] = (state, "the node was restarted")
        self.around.env.process(self.call())

    # -- a container ---------------------------------------------------------------------------------------------------------------------

    def _live(self, container: Container, life: int) -> Any:
        """From accepted to its end, as far as the managers want it."""
        spec, chosen = container.task.spec, self.around.chosen
        for state, time_ms in (("accepted", 10), ("preparing", chosen["prepare_ms"]), ("ready", 0)):
            self._say(container, state)
            if not (yield from self._stay(container, life, time_ms)):
                return
        while container.task.desired == "ready":
            if not (yield from self._stay(container, life, None)):
                return
        self._say(container, "starting")
        if not (yield from self._stay(container, life, chosen["start_ms"])):
            return
        container.runs = True
        self._say(container, "running")
        self.around.running(container.task)
        ends = [(time_ms, state) for time_ms, state in ((spec.fails_after_ms, "failed"), (spec.runs_ms, "complete")) if time_ms is not None]
        time_ms, state = min(ends, default=(None, ""))
        if (yield from self._stay(container, life, time_ms)):
            message = "task: non-zero exit (1)" if state == "failed" else "finished"
            self._end(container.task, state, message)

    def _stay(self, container: Container, life: int, time_ms: int | None) -> Any:
        """Let time pass, or wait for news without end (`None`); False if the container has ended meanwhile."""
        env = self.around.env
        due_us = None if time_ms is None else int(env.now) + time_ms * 1_000
        while container.task.is_wanted:
            waits = [container.news] + ([env.timeout(max(0, due_us - int(env.now)))] if due_us is not None else [])
            asked = container.task.desired
            yield env.any_of(waits)
            if self.life != life:
                return False
            task = container.task
            is_due = int(env.now) >= due_us if due_us is not None else task.desired != asked
            if is_due and task.is_wanted:
                return True
        if self.life != life:
            return False
        if container.runs:
            spec = container.task.spec
            yield env.timeout(min(spec.stop_ms, spec.stop_grace_ms) * 1_000)
            if self.life != life:
                return False
        self._end(container.task, "shutdown", "shutdown")
        return False

    def _say(self, container: Container, state: str) -> None:
        container.task = container.task._replace(state=state)
        self.report(container.task.task_id, state, MESSAGES.get(state, state))

    def _end(self, task: Task, state: str, message: str) -> None:
        self.containers.pop(task.task_id, None)
        self.over[task.task_id] = None
        self.around.stopped(task, state, message)
        self.report(task.task_id, state, message)

    # -- its clock -----------------------------------------------------------------------------------------------------------------------

    @property
    def _now_ms(self) -> int:
        return int(self.around.env.now) // 1_000

    def _wait(self, delay_us: int) -> Any:
        return self.around.env.timeout(delay_us)


MESSAGES = {"running": "started"}
