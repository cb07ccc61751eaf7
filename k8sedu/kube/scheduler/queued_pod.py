"""A pod that waits, and what is told of it: the records of the scheduling queue.

Source: kubernetes 1.35, pkg/scheduler/framework/types.go (QueuedPodInfo); plugins/queuesort/priority_sort.go.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from k8sedu.kube.objects.pod import Pod

QueueName = Literal["active", "backoff", "unschedulable"]


class QueuedPod:
    """A pod in the queue, and what has happened to it so far. Its owner is the queue, or whoever has popped it."""

    def __init__(self, pod: Pod, *, now_ms: int) -> None:
        self.pod = pod
        self.key = pod.key
        """`namespace/name`, which never changes."""
        self.timestamp_ms = now_ms
        """When it came into the queue; anew after each failure. Of equal priorities, the earlier is tried first."""
        self.added_ms = now_ms
        self.attempts = 0
        self.unschedulable_count = 0
        self.consecutive_errors_count = 0
        self.unschedulable_plugins: tuple[str, ...] = ()
        """Who has rejected it."""
        self.pending_plugins: tuple[str, ...] = ()
        """Who has asked it to wait, and will wake it at once."""
        self.gating_plugin = ""
        self.backoff_until_ms = 0

    @property
    def is_gated(self) -> bool:
        """Is it not to be looked at?"""
        return bool(self.gating_plugin)

    @property
    def plugins(self) -> tuple[str, ...]:
        """All who keep it."""
        return tuple(dict.fromkeys((*self.unschedulable_plugins, *self.pending_plugins)))

    @property
    def has_failed(self) -> bool:
        """Did something go wrong, rather than a plugin reject it?"""
        return not self.unschedulable_plugins and not self.pending_plugins

    def __repr__(self) -> str:
        return f"QueuedPod({self.key}, attempts={self.attempts})"


class Move(NamedTuple):
    """A pod changed from one queue to another, and why: the event's label."""

    pod: str
    event: str
    to: QueueName


class Entry(NamedTuple):
    """One line of the queue, as it is drawn: who waits where, since when, until when (backoff), and because of whom."""

    pod: str
    queue: QueueName
    priority: int
    since_ms: int
    until_ms: int
    attempts: int
    plugins: tuple[str, ...]
    gated_by: str


def priority_sort(queued: QueuedPod) -> tuple[int, int]:
    """The order of the plugin PrioritySort: priority, from high to low, then who came first."""
    return (-(queued.pod.spec.priority or 0), queued.timestamp_ms)


def entry_of(queued: QueuedPod, name: QueueName) -> Entry:
    """The line of a pod that waits in this queue."""
    return Entry(
        queued.key, name, queued.pod.spec.priority or 0, queued.timestamp_ms, queued.backoff_until_ms if name == "backoff" else 0,
        queued.attempts, queued.plugins, queued.gating_plugin,
    )  # fmt: skip
