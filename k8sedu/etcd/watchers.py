"""Who watches this key? Answered without asking every watcher.

Watchers of one key are found by a dictionary. Watchers of ranges are sorted by where their range begins; beside each stands the furthest
end of it and all before, so that a search walks left only as long as a range can still reach the key. For the ranges of Kubernetes,
prefixes that do not overlap, that is one step.

Source: etcd 3.5, server/storage/mvcc/watcher_group.go, which uses an interval tree for the same question.
"""

from __future__ import annotations

from bisect import bisect_right

from k8sedu.etcd.api import Event, FilterType, WatchCreateRequest, WatchResponse
from k8sedu.etcd.ranges import Bounds


class Watcher:
    """One watch: what it is about, and from which revision on it must still be told.

    `group` is `synced` (it knows everything so far), `unsynced` (history is still to be sent) or `victim` (its stream was full when there
    was news).
    """

    __slots__ = (
        "bounds", "filters", "group", "kept", "min_revision", "request", "start_revision", "stream", "tells_progress", "watch_id",
    )  # fmt: skip

    def __init__(self, watch_id: int, stream: int, request: WatchCreateRequest, bounds: Bounds, *, start_revision: int, group: str) -> None:
        self.watch_id, self.stream, self.request, self.bounds = watch_id, stream, request, bounds
        self.start_revision = self.min_revision = start_revision
        self.filters: frozenset[FilterType] = frozenset(request.filters)
        self.group = group
        self.kept: WatchResponse | None = None
        """Of a victim: the news that did not fit."""
        self.tells_progress = True
        """Nothing was sent since the last notification of progress, so that the next one says something."""

    def wants(self, event: Event) -> bool:
        """Does the event pass its filters?"""
        return not self.filters or f"NO{event.type}" not in self.filters

    def covers(self, key: bytes) -> bool:
        """Is it about this key?"""
        first, end = self.bounds
        return first <= key and (end is None or key < end)


class Watchers:
    """All watchers that know everything so far; finding those of a key costs O(log n + found) where ranges do not overlap."""

    def __init__(self) -> None:
        self._of_key: dict[bytes, dict[tuple[int, int], Watcher]] = {}
        self._ranges: dict[tuple[int, int], Watcher] = {}
        self._sorted: list[Watcher] | None = None
        self._starts: list[bytes] = []
        self._reach: list[bytes | None] = []

    def __bool__(self) -> bool:
        return bool(self._of_key or self._ranges)

    def __len__(self) -> int:
        return len(self._ranges) + sum(map(len, self._of_key.values()))

    def add(self, watcher: Watcher) -> None:
        """Begin to tell it of changes."""
        first, end = watcher.bounds
        name = (watcher.stream, watcher.watch_id)
        if end == first + b"\0":
            self._of_key.setdefault(first, {})[name] = watcher
        else:
            self._ranges[name] = watcher
            self._sorted = None

    def discard(self, watcher: Watcher) -> None:
        """Tell it no longer."""
        first, end = watcher.bounds
        name = (watcher.stream, watcher.watch_id)
        if end == first + b"\0":
            found = self._of_key.get(first, {})
            found.pop(name, None)
            if not found:
                self._of_key.pop(first, None)
        elif self._ranges.pop(name, None) is not None:
            self._sorted = None

    def of(self, key: bytes) -> list[Watcher]:
        """The watchers of a key."""
        found = list(self._of_key[key].values()) if key in self._of_key else []
        ranges = self._sorted if self._sorted is not None else self._sort()
        for place in range(bisect_right(self._starts, key) - 1, -1, -1):
            furthest = self._reach[place]
            if furthest is not None and furthest <= key:
                break
            if ranges[place].covers(key):
                found.append(ranges[place])
        return found

    def _sort(self) -> list[Watcher]:
        found = sorted(self._ranges.values(), key=lambda watcher: (watcher.bounds[0], watcher.stream, watcher.watch_id))
        self._starts = [watcher.bounds[0] for watcher in found]
        self._reach = []
        furthest: bytes | None = b""
        for watcher in found:
            end = watcher.bounds[1]
            furthest = None if end is None or furthest is None else max(furthest, end)
            self._reach.append(furthest)
        self._sorted = found
        return found
