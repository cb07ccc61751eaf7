"""A task: one container that is to run once, on one node. Its state only ever goes forwards; what failed is replaced, never revived.

Two states are kept. The *desired* one is the managers' wish, and only they change it: ready (make everything ready, but do not start),
running, shutdown. The *observed* one is what the node reports. Most of orchestration is comparing the two.

Source: moby/swarmkit, design/task_model.md and api/types.proto (TaskState, whose numbers leave room between the states).
Left out: the state "remove", with which a service is scaled down; here such a task is shut down.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.swarm.mode.service import Spec

STATES = {
    "new": 0,
    "pending": 64,
    "assigned": 192,
    "accepted": 256,
    "preparing": 320,
    "ready": 384,
    "starting": 448,
    "running": 512,
    "complete": 576,
    "shutdown": 640,
    "failed": 704,
    "rejected": 768,
    "orphaned": 832,
}
"""State → its number; a task that is above running will never run again."""


class Task(NamedTuple):
    """A task as the managers keep it: a copy of the service's spec of one version, a place, and the two states.

    `slot` is its place in a replicated service, from 1; a global service has none and its tasks are known by their node.

    >>> Task("t1", "web", 1, Spec("web:1"), slot=2).name
    'web.2'
    """

    task_id: str
    service: str
    version: int
    spec: Spec
    slot: int = 0
    node: str = ""
    state: str = "new"
    desired: str = "running"
    message: str = ""
    since_ms: int = 0
    """When it came into this state."""

    @property
    def name(self) -> str:
        """As `docker service ps` shows it: service and slot, or service and node."""
        return f"{self.service}.{self.slot or self.node}"

    @property
    def place(self) -> tuple[int, str]:
        """What a replacement takes over: the slot, or for global services the node."""
        return (self.slot, "") if self.slot else (0, self.node)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however it was."""
        return STATES[self.state] > STATES["running"]

    @property
    def is_wanted(self) -> bool:
        """Whether the managers still want it to run."""
        return STATES[self.desired] <= STATES["running"]

    @property
    def is_active(self) -> bool:
        """Whether it takes room on its node in the scheduler's books."""
        return STATES["assigned"] <= STATES[self.state] <= STATES["running"]
