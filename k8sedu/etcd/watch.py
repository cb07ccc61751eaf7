"""Watches: being told of every change, in order, from any revision that is not forgotten.

The second tree makes it possible: because records lie in the order of their revisions, "everything from revision 7 on" is a walk to the
right. A watcher that begins in the past is unsynced until that walk has caught up, then synced: from there on each transaction brings it
one response. If its stream is full it becomes a victim: its news is kept aside, and nobody else waits for it.

Three promises follow. A revision is never split: all events of a transaction come in one response (or in fragments that say so). None is
lost and none comes twice. And who was cut off goes on from the last revision it saw plus one; if that is compacted it is told so, with
the revision at which it can begin.

Source: etcd 3.5, server/storage/mvcc/watchable_store.go, watcher_group.go; server/etcdserver/api/v3rpc/watch.go.
Left out: goroutines and tickers. `notify` is called after each write, `sync` and `tick_progress` from time to time, by whoever has a clock.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from k8sedu.etcd.api import Event, Header, KeyValue, WatchCreateRequest, WatchResponse
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.ranges import bounds
from k8sedu.etcd.revision import Revision
from k8sedu.etcd.watchers import Watcher, Watchers

Change: TypeAlias = tuple[Revision, KeyValue]

STREAM_SIZE = 128
"""So many responses may wait for a slow reader."""
BATCH_REVISIONS = 1_000
"""History is sent in pieces of at most so many revisions."""
FRAGMENT_BYTES = 1_572_864
"""A response of more than this is cut when the watch asked for fragments."""

EMPTY_RANGE = "mvcc: watcher range is empty"
DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream"
COMPACTED = "etcdserver: mvcc: required revision has been compacted"


class WatchHub:
    """All watches on one store, by the stream (the connection) over which they are told.

    >>> store = Store()
    >>> hub = WatchHub(store)
    >>> hub.create(WatchCreateRequest("a")).created
    True
    >>> _ = store.put("a", "1"); hub.notify(store.revision)
    >>> [(event.type, event.kv.value) for response in hub.receive() for event in response.events]
    [('PUT', b'1')]
    """

    def __init__(self, store: Store, *, stream_size: int = STREAM_SIZE) -> None:
        self.store, self.stream_size = store, stream_size
        self.watchers: dict[tuple[int, int], Watcher] = {}
        """All watches by stream and watch ID."""
        self.synced = Watchers()
        self.waiting: defaultdict[int, deque[WatchResponse]] = defaultdict(deque)
        """Per stream what was sent and not yet received."""
        self._behind: dict[tuple[int, int], Watcher] = {}  # unsynced ones and victims

    # -- streams --------------------------------------------------------------------------------------------------------------------------

    def create(self, request: WatchCreateRequest, *, stream: int = 0) -> WatchResponse:
        """Begin a watch; the answer says under which ID its news will come, or why it cannot be."""
        now = self.store.revision
        first, end = bounds(request.key or b"\0", request.range_end)
        watch_id = request.watch_id or self._free_id(stream)
        reason = EMPTY_RANGE if end is not None and first >= end else DUPLICATE_ID if (stream, watch_id) in self.watchers else ""
        if request.start_revision < 0 and self.store.release.refuses_negative_start:
            reason = reason or COMPACTED
        if reason:
            return WatchResponse(Header(now), -1, created=True, canceled=True, cancel_reason=reason)
        start = request.start_revision or now + 1
        group = "synced" if start > now else "unsynced"
        watcher = Watcher(watch_id, stream, request, (first, end), start_revision=start, group=group)
        self.watchers[stream, watch_id] = watcher
        self._place(watcher, group)
        return WatchResponse(Header(now), watch_id, created=True)

    def cancel(self, watch_id: int, *, stream: int = 0) -> WatchResponse | None:
        """End a watch; None if there is none of that ID."""
        watcher = self.watchers.get((stream, watch_id))
        if watcher is None:
            return None
        self._remove(watcher)
        return WatchResponse(Header(self.store.revision), watch_id, canceled=True)

    def close(self, stream: int) -> None:
        """End all watches of a connection and forget what waits for it."""
        for watcher in [watcher for watcher in self.watchers.values() if watcher.stream == stream]:
            self._remove(watcher)
        self.waiting.pop(stream, None)

    def receive(self, stream: int = 0, *, most: int | None = None) -> list[WatchResponse]:
        """Take what has been sent over a stream."""
        queue = self.waiting.get(stream, deque())
        taken = [queue.popleft() for _ in range(len(queue) if most is None else min(most, len(queue)))]
        return [piece for response in taken for piece in self._fragments(response, stream)]

    def _free_id(self, stream: int) -> int:
        watch_id = 0
        while (stream, watch_id) in self.watchers:
            watch_id += 1
        return watch_id

    def _place(self, watcher: Watcher, group: str) -> None:
        name = (watcher.stream, watcher.watch_id)
        watcher.group = group
        if group == "synced":
            self._behind.pop(name, None)
            self.synced.add(watcher)
        else:
            self.synced.discard(watcher)
            self._behind[name] = watcher

    def _remove(self, watcher: Watcher) -> None:
        name = (watcher.stream, watcher.watch_id)
        self.watchers.pop(name, None)
        self._behind.pop(name, None)
        self.synced.discard(watcher)

    # -- news -----------------------------------------------------------------------------------------------------------------------------

    def notify(self, first: int) -> None:
        """Tell synced watchers of the transactions from this main revision to now."""
        if not self.synced:
            return
        for main in range(first, self.store.revision + 1):
            heard: dict[Watcher, list[Change]] = {}
            for change in self._changes_at(main):
                for watcher in self.synced.of(change[1].key):
                    heard.setdefault(watcher, []).append(change)
            for watcher, changes in heard.items():
                if watcher.min_revision <= main:
                    self._tell(watcher, self._events(watcher, changes), main, next_revision=main + 1, group="synced")

    def _changes_at(self, main: int) -> list[Change]:
        """What one transaction changed; the last one is still at hand."""
        news = self.store.news
        if news and news[0][0].main == main:
            return news
        return [(revision, record.kv) for revision, record in self.store.changes(main, main)]

    def sync(self) -> None:
        """Send history to unsynced watchers, and to victims what they missed."""
        for watcher in list(self._behind.values()):
            if watcher.kept is not None:
                if not self._has_room(watcher.stream):
                    continue
                self.waiting[watcher.stream].append(watcher.kept)
                watcher.kept = None
            self._catch_up(watcher)

    def _catch_up(self, watcher: Watcher) -> None:
        now = self.store.revision
        if watcher.min_revision < self.store.compact_revision:
            if self._has_room(watcher.stream):
                response = WatchResponse(Header(0), watcher.watch_id, canceled=True, compact_revision=self.store.compact_revision)
                self.waiting[watcher.stream].append(response)
                self._remove(watcher)
            return
        changes, next_revision = self._batch(watcher)
        group = "synced" if next_revision > now else "unsynced"
        self._tell(watcher, self._events(watcher, changes), now, next_revision=next_revision, group=group)

    def _batch(self, watcher: Watcher) -> tuple[list[Change], int]:
        """The next piece of history, and the revision at which the piece after it begins."""
        changes: list[Change] = []
        revisions = last = 0
        for revision, record in self.store.changes(max(watcher.min_revision, 0)):
            if not watcher.covers(record.kv.key):
                continue
            if revision.main != last:
                if revisions == BATCH_REVISIONS:
                    return changes, revision.main
                revisions, last = revisions + 1, revision.main
            changes.append((revision, record.kv))
        return changes, max(self.store.revision + 1, watcher.min_revision)

    def _events(self, watcher: Watcher, changes: Iterable[Change]) -> tuple[Event, ...]:
        wants_previous = watcher.request.prev_kv
        made = [self._event(revision, kv, wants_previous=wants_previous) for revision, kv in changes]
        return tuple(filter(watcher.wants, made) if watcher.filters else made)

    def _event(self, revision: Revision, kv: KeyValue, *, wants_previous: bool) -> Event:
        previous = None
        if wants_previous and kv.create_revision < kv.mod_revision and revision.main > self.store.compact_revision:
            previous = self.store.at(kv.key, revision.main - 1)
        return Event("PUT" if kv.version else "DELETE", kv, previous)

    def _tell(self, watcher: Watcher, events: tuple[Event, ...], revision: int, *, next_revision: int, group: str) -> None:
        """Send what is not filtered out, or keep it aside if the stream is full."""
        watcher.min_revision = next_revision
        if events:
            response = WatchResponse(Header(revision), watcher.watch_id, events=events)
            watcher.tells_progress = False
            queue = self.waiting[watcher.stream]
            if len(queue) < self.stream_size:
                queue.append(response)
            else:
                watcher.kept, group = response, "victim"
        if group != watcher.group:
            self._place(watcher, group)

    def _has_room(self, stream: int) -> bool:
        return len(self.waiting.get(stream, ())) < self.stream_size

    def _fragments(self, response: WatchResponse, stream: int) -> Iterator[WatchResponse]:
        """Cut a large response between events, if its watch asked for that."""
        watcher = self.watchers.get((stream, response.watch_id))
        if watcher is None or not watcher.request.fragment or not response.events:
            yield response
            return
        piece: list[Event] = []
        size = 0
        for event in response.events:
            event_size = len(event.kv.key) + len(event.kv.value) + (len(event.prev_kv.value) if event.prev_kv else 0) + 32
            if piece and size + event_size > FRAGMENT_BYTES:
                yield response._replace(events=tuple(piece), fragment=True)
                piece, size = [], 0
            piece.append(event)
            size += event_size
        yield response._replace(events=tuple(piece))

    # -- progress -------------------------------------------------------------------------------------------------------------------------

    def progress(self, stream: int = 0) -> None:
        """Answer "how far are you?" for a whole stream, if all its watches have caught up."""
        mine = [watcher for watcher in self.watchers.values() if watcher.stream == stream]
        if all(watcher.group == "synced" for watcher in mine):
            self.waiting[stream].append(WatchResponse(Header(self.store.revision), -1))

    def tick_progress(self) -> None:
        """Tell quiet watchers that asked for it how far the store is, so that they can go on from there after a break."""
        now = self.store.revision
        for watcher in self.watchers.values():
            if not watcher.request.progress_notify:
                continue
            is_due = watcher.tells_progress and watcher.group == "synced" and watcher.start_revision <= now + 1
            if is_due and self._has_room(watcher.stream):
                self.waiting[watcher.stream].append(WatchResponse(Header(now), watcher.watch_id))
            watcher.tells_progress = True

    def restored(self) -> None:
        """The store was replaced by a snapshot: everybody must look again, because the snapshot may have skipped revisions."""
        for watcher in self.watchers.values():
            if watcher.group == "synced":
                self._place(watcher, "unsynced")

    def check(self) -> None:
        """Assert that every watch is in exactly one group, and that synced ones were told of every change; O(watches x changes)."""
        for name, watcher in self.watchers.items():
            assert (watcher.group == "synced") == (name not in self._behind)
            untold = [revision for revision, record in self.store.changes(watcher.min_revision) if watcher.covers(record.kv.key)]
            assert watcher.group != "synced" or not untold, f"the synced watch {name} was not told of {untold[:3]}"
            assert (watcher.group == "victim") == (watcher.kept is not None)
        assert len(self.synced) + len(self._behind) == len(self.watchers)
