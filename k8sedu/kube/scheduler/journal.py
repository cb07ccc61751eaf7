"""What has happened to a table, for those who follow it; and changes on trial.

Source: none; kube-scheduler reaches the same with a generation per node and a list of nodes by generation (backend/cache/cache.go).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from k8sedu.kube.objects.pod import Pod
    from k8sedu.kube.scheduler.pods import PodInfo
    from k8sedu.kube.scheduler.table import NodeTable

Entry = tuple[str, tuple[Any, ...]]


class Journal:
    """Changes in their order; what every follower has read is forgotten. Nobody follows: nothing is written."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._first = 0
        self._followers: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._numbered = 0
        self.is_paused = False

    def __len__(self) -> int:
        return len(self._entries)

    def write(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Note a change: the method of the table that makes it, and its arguments."""
        if self._followers and not self.is_paused:
            self._entries.append((name, arguments))

    def follow(self, follower: object) -> int:
        """Begin to follow from now on; returns the follower's number."""
        self._numbered += 1
        self._followers[self._numbered] = (weakref.ref(follower), self._first + len(self._entries))
        return self._numbered

    def news(self, number: int) -> list[Entry]:
        """What this follower has not read yet. O(that, and the number of followers)."""
        reference, position = self._followers[number]
        found = self._entries[position - self._first :]
        self._followers[number] = (reference, self._first + len(self._entries))
        self._forget()
        return found

    def _forget(self) -> None:
        self._followers = {number: each for number, each in self._followers.items() if each[0]() is not None}
        oldest = min((position for _, position in self._followers.values()), default=self._first + len(self._entries))
        del self._entries[: oldest - self._first]
        self._first = oldest


class Trial:
    """Pods that come and go on trial: everything is undone in the end.

    Args:
        table: whose pods.
    """

    def __init__(self, table: NodeTable) -> None:
        self._table = table
        self._undo: list[Callable[[], object]] = []

    def add_pod(self, pod: Pod | PodInfo, node_name: str) -> None:
        """What if this pod were there? O(what it asks for)."""
        table = self._table
        table.add_pod(pod, node_name)
        key = next(reversed(table.infos_on(node_name))).key
        self._undo.append(lambda: table.remove_pod(key))

    def remove_pod(self, pod: Pod | PodInfo | str) -> None:
        """What if this pod were gone? O(what it asked for)."""
        table = self._table
        key = pod if isinstance(pod, str) else f"{pod.namespace or 'default'}/{pod.name}"
        node_name = table.where(key)
        info = table.remove_pod(key)
        self._undo.append(lambda: table.add_pod(info, node_name))

    def undo(self) -> None:
        """Back to how it was."""
        while self._undo:
            self._undo.pop()()


@contextmanager
def on_trial(table: NodeTable) -> Iterator[Trial]:
    """Changes of a table that are undone at the end; its followers hear nothing of them."""
    trial, was_paused = Trial(table), table.journal.is_paused
    table.journal.is_paused = True
    try:
        yield trial
    finally:
        trial.undo()
        table.journal.is_paused = was_paused
